// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the tables say: at build time as part of the manual (scdoc) or as the
 * shell's completion; for tests the fields that answers must have.
 */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "control_table.h"

static struct {
	char name[24];
	const char *words, *options, *summary;
} commands[] = {
#define COMMAND_ROW(name, least, most, words, options, summary, test)	\
	{ #name, words, options, summary },
	XLMEM_COMMANDS(COMMAND_ROW)
};

static struct {
	char name[16];
	const char *argument, *summary;
} options[] = {
#define OPTION_ROW(name, argument, summary, test)	{ #name, argument, summary },
	XLMEM_OPTIONS(OPTION_ROW)
};

static const struct {
	const char *title, *field;
} columns[] = {
#define COLUMN_ROW(title, field, cell)	{ #title, #field },
	DOMAIN_COLUMNS(COLUMN_ROW)
};

struct field {
	const char *name, *type, *meaning;
};

#define FIELD_ROW(name, type, meaning, test)	{ #name, type, meaning },
static const struct field fields[] = { CONTROL_DOMAIN_FIELDS(FIELD_ROW) };
static const struct field host_fields[] = { CONTROL_HOST_FIELDS(FIELD_ROW) };
static const struct field reservation_fields[] = { CONTROL_RESERVATION_FIELDS(FIELD_ROW) };

static const struct {
	int status;
	const char *meaning;
} statuses[] = {
	{ 0, "done" },
#define ERROR_ROW(code, status, meaning)	{ status, meaning },
	CONTROL_ERRORS(ERROR_ROW)
	{ 4, "no daemon" },
	{ 7, "the daemon went away before it answered" },
};

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

/* scdoc takes _, * and the like for markup. */
static void escaped(const char *text)
{
	for (; *text; text++) {
		if (strchr("_*\\<>#~", *text))
			putchar('\\');
		putchar(*text);
	}
}

static void column_of(const char *field)
{
	for (size_t i = 0; i < COUNT(columns); i++)
		if (!strcmp(columns[i].field, field))
			printf(" (%s)", columns[i].title);
}

static void manual(void)
{
	size_t i, k;

	printf("# COMMANDS\n");
	for (i = 0; i < COUNT(commands); i++) {
		printf("\n*%s*%s", commands[i].name, commands[i].words[0] ? " " : "");
		escaped(commands[i].words);
		printf("\n\t");
		escaped(commands[i].summary);
		printf("\n");
		for (k = 0; k < COUNT(options); k++) {
			if (!strstr(commands[i].options, options[k].name))
				continue;
			printf("\n\t*--%s*%s%s\n\t\t", options[k].name,
			       options[k].argument[0] ? " " : "", options[k].argument);
			escaped(options[k].summary);
			printf("\n");
		}
	}
	printf("\nEvery command takes *--json* (print the daemon's answer, one JSON object a line)\n"
	       "and *--help*.\n");

	printf("\n# FIELDS OF A DOMAIN\n\nWith their column in *xlmem list*, where they have one. Sizes are KiB in JSON,\n"
	       "MiB in tables.\n");
	for (i = 0; i < COUNT(fields); i++) {
		printf("\n*");
		escaped(fields[i].name);
		printf("*");
		column_of(fields[i].name);
		printf("\n\t");
		escaped(fields[i].meaning);
		printf("\n");
	}

	printf("\n# EXIT STATUS\n");
	for (k = 0; k < 10; k++)
		for (i = 0; i < COUNT(statuses); i++)
			if (statuses[i].status == (int)k) {
				printf("\n*%zu*\n\t", k);
				escaped(statuses[i].meaning);
				printf("\n");
			}
}

/* What each of a command's words is, in the order of the words. */
static void kinds_of(const char *words)
{
	char list[128], *rest = list;

	snprintf(list, sizeof(list), "%s", words);
	for (char *word; (word = strsep(&rest, " "));)
		printf(" %s", !strcmp(word, "DOMAIN") ? "domain" :
		       !strcmp(word, "CFG") || !strcmp(word, "FILE") ? "file" : "none");
}

static void completion(void)
{
	size_t i, k;

	printf("# SPDX-License-Identifier: GPL-2.0-or-later\n"
	       "# bash completion of xlmem, made from its tables.\n\n"
	       "_xlmem()\n{\n"
	       "\tlocal word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} i n=0\n"
	       "\tlocal -a kinds\n\n"
	       "\tif [[ $COMP_CWORD -eq 1 ]]; then\n\t\tmapfile -t COMPREPLY < <(compgen -W \"");
	for (i = 0; i < COUNT(commands); i++)
		printf("%s%s", i ? " " : "", commands[i].name);
	printf(" help --version\" -- \"$word\")\n\t\treturn\n\tfi\n"
	       "\tcase $command in\n");
	for (i = 0; i < COUNT(commands); i++) {
		printf("\t%s) kinds=(", commands[i].name);
		kinds_of(commands[i].words);
		printf(" ); set -- --json --help");
		for (k = 0; k < COUNT(options); k++)
			if (strstr(commands[i].options, options[k].name))
				printf(" --%s", options[k].name);
		printf(" ;;\n");
	}
	printf("\t*) return ;;\n\tesac\n"
	       "\tfor ((i = 2; i < COMP_CWORD; i++)); do\n"
	       "\t\tcase ${COMP_WORDS[i]} in\n\t\t");
	for (i = k = 0; k < COUNT(options); k++)
		if (options[k].argument[0])
			printf("%s--%s", i++ ? " | " : "", options[k].name);
	printf(") i=$((i + 1)) ;;\n\t\t-*) ;;\n\t\t*) n=$((n + 1)) ;;\n\t\tesac\n\tdone\n"
	       "\t[[ $i -eq $COMP_CWORD ]] || return 0\n"
	       "\tif [[ $word == -* ]]; then\n"
	       "\t\tmapfile -t COMPREPLY < <(compgen -W \"$*\" -- \"$word\")\n"
	       "\telif [[ ${kinds[n]-} == domain ]]; then\n"
	       "\t\tmapfile -t COMPREPLY < <(compgen -W \"$(xlmem list 2>/dev/null |\n"
	       "\t\t\tawk '/^$/ { exit } NR > 1 { print $1 }')\" -- \"$word\")\n"
	       "\telif [[ ${kinds[n]-} == file ]]; then\n"
	       "\t\tcompopt -o filenames 2>/dev/null || :\n"
	       "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
	       "\tfi\n}\ncomplete -F _xlmem xlmem\n");
}

static void list_fields(const char *object, const struct field *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		printf("%s %s %s\n", object, list[i].name, list[i].type);
}

int main(int argc, char **argv)
{
	for (size_t i = 0; i < COUNT(commands); i++)
		name_dashes(commands[i].name);
	for (size_t i = 0; i < COUNT(options); i++)
		name_dashes(options[i].name);
	if (argc == 2 && !strcmp(argv[1], "manual")) {
		manual();
	} else if (argc == 2 && !strcmp(argv[1], "completion")) {
		completion();
	} else if (argc == 2 && !strcmp(argv[1], "fields")) {
		list_fields("domain", fields, COUNT(fields));
		list_fields("host", host_fields, COUNT(host_fields));
		list_fields("reservation", reservation_fields, COUNT(reservation_fields));
	} else {
		fprintf(stderr, "usage: generate manual|completion|fields\n");
		return 2;
	}
	return 0;
}
