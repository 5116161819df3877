// SPDX-License-Identifier: GPL-2.0-or-later
/* xlmem: memory of a Xen host's domains, in xl's manner. */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <yajl/yajl_gen.h>

#include "xlmem.h"

static struct command {
	char name[24];
	int least, most;
	const char *words, *options, *summary;
	enum status (*run)(const struct args *args);
} commands[] = {
#define COMMAND_ROW(name, least, most, words, options, summary, test)	\
	{ #name, least, most, words, options, summary, cmd_##name },
	XLMEM_COMMANDS(COMMAND_ROW)
#undef COMMAND_ROW
};

static struct {
	char name[16];
	const char *argument, *summary;
} options[OPTION_COUNT] = {
#define OPTION_ROW(name, argument, summary, test)	{ #name, argument, summary },
	XLMEM_OPTIONS(OPTION_ROW)
#undef OPTION_ROW
};

#define N_COMMANDS	(sizeof(commands) / sizeof(commands[0]))

static void names_dash(void)
{
	size_t i;

	for (i = 0; i < N_COMMANDS; i++)
		name_dashes(commands[i].name);
	for (i = 0; i < OPTION_COUNT; i++)
		name_dashes(options[i].name);
}

enum status complain(const struct args *args, enum status status,
		     const char *format, ...)
{
	char message[2048];
	va_list list;

	va_start(list, format);
	vsnprintf(message, sizeof(message), format, list);
	va_end(list);
	if (args->json) {
		static const char *const names[] = {
#define CODE_ROW(code, status, meaning)	[status] = #code,
			CONTROL_ERRORS(CODE_ROW)
#undef CODE_ROW
			[STATUS_no_daemon] = "no_daemon",
			[STATUS_daemon_lost] = "daemon_lost",
		};
		yajl_gen gen = yajl_gen_alloc(NULL);
		const unsigned char *text;
		size_t len;

#define PUT(s)	yajl_gen_string(gen, (const unsigned char *)(s), strlen(s))
		yajl_gen_map_open(gen);
		PUT("ok");
		yajl_gen_bool(gen, 0);
		PUT("error");
		yajl_gen_map_open(gen);
		PUT("code");
		PUT(names[status]);
		PUT("message");
		PUT(message);
		yajl_gen_map_close(gen);
		yajl_gen_map_close(gen);
#undef PUT
		if (yajl_gen_get_buf(gen, &text, &len) == yajl_gen_status_ok)
			printf("%.*s\n", (int)len, (const char *)text);
		yajl_gen_free(gen);
	} else {
		fprintf(stderr, "xlmem: %s\n", message);
	}
	return status;
}

void warn(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	fputs("xlmem: ", stderr);
	vfprintf(stderr, format, list);
	fputc('\n', stderr);
	va_end(list);
}

/* Every command takes --json and --help; the others as its row says. */
static bool takes_option(const struct command *command, enum option_id option)
{
	const char *name = options[option].name, *found = command->options;
	size_t len = strlen(name);

	if (option == OPTION_json || option == OPTION_help)
		return true;
	for (; (found = strstr(found, name)); found += len)
		if ((found == command->options || found[-1] == ' ') &&
		    (!found[len] || found[len] == ' '))
			return true;
	return false;
}

static void help_command(const struct command *command)
{
	int i;

	printf("Usage: xlmem %s [options] %s\n\n%s\n\nOptions:\n", command->name,
	       command->words, command->summary);
	for (i = 0; i < OPTION_COUNT; i++)
		if (takes_option(command, i))
			printf("  --%-8s %-8s %s\n", options[i].name,
			       options[i].argument, options[i].summary);
}

static void help_all(void)
{
	size_t i;

	printf("Usage: xlmem COMMAND [options] [arguments]\n"
	       "       xlmem --help | --version\n\n"
	       "Memory of this Xen host's domains, shared by balloond.\n\nCommands:\n");
	for (i = 0; i < N_COMMANDS; i++)
		printf("  %-15s %s\n", commands[i].name, commands[i].summary);
	printf("\nA DOMAIN is a name, an id or a uuid. A SIZE is in MiB, or has a suffix b, k, m, g\n"
	       "or t. `xlmem COMMAND --help` tells a command's options; xlmem(1) tells it all.\n");
}

static const struct command *command_find(const char *name)
{
	size_t i;

	for (i = 0; i < N_COMMANDS; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static enum status no_command(const char *name)
{
	return complain(&(struct args){ 0 }, STATUS_usage,
			"no command %s: `xlmem help` lists them", name);
}

/* What is one too many, or lacks; `taken`: the last option that took a word, or OPTION_COUNT. */
static enum status wrong_words(const struct command *command, const struct args *args,
			       enum option_id taken)
{
	const char *word = command->words;
	char what[256];
	int n;

	if (args->n > command->most) {
		snprintf(what, sizeof(what), "takes no \"%s\"", args->word[command->most]);
	} else {
		for (int i = 0; i < args->n; i++)
			word += strcspn(word, " ") + 1;
		n = snprintf(what, sizeof(what), "lacks %.*s", (int)strcspn(word, " "), word);
		if (taken != OPTION_COUNT)
			snprintf(what + n, sizeof(what) - (size_t)n, ": \"%s\" is --%s's %s",
				 args->option[taken], options[taken].name, options[taken].argument);
	}
	return complain(args, STATUS_usage, "%s %s; usage: xlmem %s [options]%s%s", command->name,
			what, command->name, command->words[0] ? " " : "", command->words);
}

/*
 * Options may stand anywhere, except where the words end in xl's own
 * arguments: there ours come first, and what follows the first word is xl's.
 */
static enum status parse(const struct command *command, int argc, char **argv,
			 struct args *args)
{
	struct option list[OPTION_COUNT + 1] = { 0 };
	bool passes_on = strstr(command->words, "[XL-ARGUMENT...]") != NULL;
	enum option_id taken = OPTION_COUNT;
	int i, n = 0, found;

	for (i = 0; i < OPTION_COUNT; i++) {
		if (!takes_option(command, i))
			continue;
		list[n++] = (struct option){ options[i].name,
			options[i].argument[0] ? required_argument : no_argument,
			NULL, 256 + i };
	}
	opterr = 0;
	while ((found = getopt_long(argc, argv, passes_on ? "+:" : ":", list,
				    NULL)) >= 256) {
		args->option[found - 256] = optarg ? optarg : "";
		if (optarg)
			taken = found - 256;
	}
	args->json = args->option[OPTION_json] != NULL;
	args->word = argv + optind;
	args->n = argc - optind;

	if (args->option[OPTION_help])
		return STATUS_DONE;
	if (found == ':')
		return complain(args, STATUS_usage, "%s wants an argument: see `xlmem %s --help`",
				argv[optind - 1], command->name);
	if (found == '?')
		return complain(args, STATUS_usage, "%s has no option %s: see `xlmem %s --help`",
				command->name, argv[optind - 1], command->name);
	if (args->n < command->least || args->n > command->most)
		return wrong_words(command, args, taken);
	return STATUS_DONE;
}

int main(int argc, char **argv)
{
	const struct command *command;
	struct args args = { 0 };
	enum status status;

	names_dash();
	if (argc < 2 || !strcmp(argv[1], "help") || !strcmp(argv[1], "--help") ||
	    !strcmp(argv[1], "-h")) {
		command = argc > 2 ? command_find(argv[2]) : NULL;
		if (command)
			help_command(command);
		else if (argc > 2)
			return no_command(argv[2]);
		else
			help_all();
		return argc < 2 ? STATUS_usage : STATUS_DONE;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		printf("xlmem " BALLAST_VERSION "\n");
		return STATUS_DONE;
	}
	command = command_find(argv[1]);
	if (!command)
		return no_command(argv[1]);
	status = parse(command, argc - 1, argv + 1, &args);
	if (args.option[OPTION_help]) {
		help_command(command);
		return STATUS_DONE;
	}
	if (status == STATUS_DONE)
		status = command->run(&args);
	if (fflush(stdout) && status == STATUS_DONE)
		status = complain(&(struct args){ 0 }, STATUS_failed,
				  "can't write the answer: %s", strerror(errno));
	return status;
}
