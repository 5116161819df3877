// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * balloonsim-generate WHAT: what balloonsim's tables say, as parts of its manual
 * (scdoc) or as the shell's completion. Not installed.
 */
#include <stdio.h>
#include <string.h>

#include "scenario.h"
#include "sim_guest.h"
#include "sim_options.h"

#define STRING(x) #x

/* scdoc takes these for markup. */
static void put(const char *text)
{
	for (; *text; text++) {
		if (strchr("_*\\<>#~", *text))
			putchar('\\');
		putchar(*text);
	}
}

static void item(const char *name, const char *meaning)
{
	putchar('*');
	put(name);
	printf("*\n\t");
	put(meaning);
	printf("\n\n");
}

static void option(char letter, const char *name, const char *argument, const char *doc)
{
	printf("*-%c*, *--%s*", letter, name);
	if (argument)
		printf(" _%s_", argument);
	printf("\n\t");
	put(doc);
	printf(".\n\n");
}

static void options(void)
{
#define OPTION_LINE(letter, name, argument, doc, test) \
	option(letter, STRING(name), argument, doc);
	SIM_OPTIONS(OPTION_LINE)
}

static void exits(void)
{
#define EXIT_LINE(status, name, meaning) item(#status, meaning);
	SIM_EXITS(EXIT_LINE)
}

static void steps(void)
{
#define STEP_LINE(op, word, least, most, words, usage, meaning) item(usage, meaning);
	SCN_STEPS(STEP_LINE)
}

static void characters(void)
{
#define CHARACTER_LINE(name, meaning) item(#name, meaning);
	SIM_CHARACTERS(CHARACTER_LINE)
}

static void curves(void)
{
	SIM_CURVES(CHARACTER_LINE)
}

static const char *const kinds[] = { [VALUE_GAUGE] = "", [VALUE_COUNTER] = " (counter)" };

static void value(const char *name, enum value_kind kind, const char *meaning)
{
	char text[200];

	snprintf(text, sizeof(text), "%s%s", meaning, kinds[kind]);
	item(name, text);
}

static void guest_values(void)
{
#define VALUE_LINE(name, kind, meaning) value(#name, VALUE_##kind, meaning);
	GUEST_VALUES(VALUE_LINE)
}

static void host_values(void)
{
	HOST_VALUES(VALUE_LINE)
}

static void completion(void)
{
	printf("# SPDX-License-Identifier: GPL-2.0-or-later\n"
	       "# bash completion of balloonsim, made from its tables.\n\n"
	       "_balloonsim()\n{\n\tlocal word=${COMP_WORDS[COMP_CWORD]}\n\n"
	       "\tif [[ $word == -* ]]; then\n\t\tmapfile -t COMPREPLY < <(compgen -W \"");
#define WORD_LINE(letter, name, argument, doc, test) printf("--%s ", STRING(name));
	SIM_OPTIONS(WORD_LINE)
	printf("\" -- \"$word\")\n\telse\n"
	       "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
	       "\tfi\n}\ncomplete -o filenames -F _balloonsim balloonsim\n");
}

int main(int argc, char **argv)
{
	static const struct {
		const char *what;
		void (*print)(void);
	} parts[] = {
		{ "options", options }, { "exits", exits }, { "steps", steps },
		{ "characters", characters }, { "curves", curves },
		{ "guest_values", guest_values },
		{ "host_values", host_values }, { "completion", completion },
	};

	for (size_t i = 0; argc == 2 && i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (!strcmp(argv[1], parts[i].what)) {
			parts[i].print();
			return 0;
		}
	}
	fprintf(stderr, "balloonsim-generate WHAT; see tools/balloonsim/generate.c\n");
	return 2;
}
