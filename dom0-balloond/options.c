// SPDX-License-Identifier: GPL-2.0-or-later
#include "options.h"

#include <getopt.h>
#include <string.h>

#include "config.h"

#define STRING(x) #x

struct row {
	int letter;
	const char *name, *argument, *doc;
};

#define OPTION_ROW(letter, name, argument, doc, test) { letter, STRING(name), argument, doc },
static const struct row rows[] = { OPTIONS(OPTION_ROW) };
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

#define LONG_ONLY 256	/* + row: the value of an option without a letter */

static bool take(struct options *options, const char *name, const char *argument)
{
	const struct { const char *name; bool *flag; } flags[] = {
		{ "foreground", &options->foreground }, { "check", &options->check },
		{ "dry-run", &options->dry_run }, { "settle", &options->settle },
		{ "help", &options->help }, { "help-config", &options->help_config },
		{ "version", &options->version }, { "verbose", &options->verbose },
	};

	if (!strcmp(name, "config")) {
		options->config_file = argument;
		options->config_given = true;
		return true;
	}
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (!strcmp(name, flags[i].name)) {
			*flags[i].flag = true;
			return true;
		}
	}
	return false;
}

bool options_parse(struct options *options, int argc, char **argv)
{
	struct option longs[N_ROWS + 1] = { 0 };
	char shorts[2 * N_ROWS + 1] = "", *at = shorts;
	int c;

	*options = (struct options){ .config_file = CONFIG_FILE };
	for (size_t i = 0; i < N_ROWS; i++) {
		longs[i].name = rows[i].name;
		longs[i].has_arg = rows[i].argument ? required_argument : no_argument;
		longs[i].val = LONG_ONLY + (int)i;
		if (rows[i].letter) {
			*at++ = (char)rows[i].letter;
			if (rows[i].argument)
				*at++ = ':';
		}
	}
	while ((c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		const struct row *row = NULL;

		for (size_t i = 0; i < N_ROWS; i++)
			if (c == rows[i].letter || c == LONG_ONLY + (int)i)
				row = &rows[i];
		if (c == '?' || !row || !take(options, row->name, optarg)) {
			fprintf(stderr, "Try balloond --help.\n");
			return false;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "balloond: \"%s\": takes no arguments. Try balloond --help.\n",
			argv[optind]);
		return false;
	}
	return true;
}

void options_help(FILE *out)
{
	fprintf(out, "usage: balloond [OPTION]...\n"
		"Moves memory between the guests of this Xen host to where it is needed.\n"
		"Without -f it goes to the background once ready, and logs to syslog.\n\n");
	for (size_t i = 0; i < N_ROWS; i++) {
		char left[40];

		snprintf(left, sizeof(left), "%c%c --%s%s%s", rows[i].letter ? '-' : ' ',
			 rows[i].letter ? rows[i].letter : ' ', rows[i].name,
			 rows[i].argument ? " " : "", rows[i].argument ? rows[i].argument : "");
		fprintf(out, "  %-20s %s\n", left, rows[i].doc);
	}
	fprintf(out, "\nexit status:\n");
#define EXIT_LINE(status, name, meaning) fprintf(out, "  %d  %s\n", status, meaning);
	EXITS(EXIT_LINE)
	fprintf(out, "\nSIGHUP reads the configuration again, SIGTERM settles the guests and ends.\n"
		"%s is the configuration; see balloond.conf(5), xlmem(1).\n", CONFIG_FILE);
}
