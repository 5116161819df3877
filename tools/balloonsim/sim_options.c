// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim_options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define STRING(x) #x

#define OPTION_ROW(letter, name, argument, doc, test) { letter, STRING(name), argument, doc },
static const struct row {
	int letter;
	const char *name, *argument, *doc;
} rows[] = { SIM_OPTIONS(OPTION_ROW) };
#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

static bool seed(struct sim_options *options, const char *text)
{
	char *end;

	errno = 0;
	options->seed = strtoull(text, &end, 10);
	if (*text >= '0' && *text <= '9' && !*end && !errno)
		return true;
	fprintf(stderr, "balloonsim: seed \"%s\" is no whole number.\n", text);
	return false;
}

static bool take(struct sim_options *options, int letter, const char *argument)
{
	switch (letter) {
	case 's':
		return seed(options, argument);
	case 'g':
		options->svg = argument;
		return true;
	case 'o':
		options->csv = argument;
		return true;
	case 'j':
		options->json = true;
		return true;
	case 'n':
		options->check = true;
		return true;
	case 'v':
		options->verbose = true;
		return true;
	case 'h':
		options->help = true;
		return true;
	case 'V':
		options->version = true;
		return true;
	}
	return false;
}

bool sim_options_parse(struct sim_options *options, int argc, char **argv)
{
	struct option longs[N_ROWS + 1] = { 0 };
	char shorts[2 * N_ROWS + 1] = "", *at = shorts;
	int c;

	*options = (struct sim_options){ .seed = 1 };
	for (size_t i = 0; i < N_ROWS; i++) {
		longs[i].name = rows[i].name;
		longs[i].has_arg = rows[i].argument ? required_argument : no_argument;
		longs[i].val = rows[i].letter;
		*at++ = (char)rows[i].letter;
		if (rows[i].argument)
			*at++ = ':';
	}
	while ((c = getopt_long(argc, argv, shorts, longs, NULL)) != -1)
		if (!take(options, c, optarg))
			goto bad;
	options->files = argv + optind;
	options->n_files = argc - optind;
	if (options->help || options->version)
		return true;
	if (!options->n_files)
		fprintf(stderr, "balloonsim: no scenario file.\n");
	else if (options->n_files > 1 && (options->svg || options->csv))
		fprintf(stderr, "balloonsim: --svg and --csv take one scenario at a time.\n");
	else if (options->svg && options->csv && !strcmp(options->svg, options->csv))
		fprintf(stderr, "balloonsim: --svg and --csv want the same file.\n");
	else
		return true;
bad:
	fprintf(stderr, "Try balloonsim --help.\n");
	return false;
}

void sim_options_help(FILE *out)
{
	fprintf(out, "usage: balloonsim [OPTION]... SCENARIO...\n"
		"Runs balloond's own code and the guests' own policy in a simulated Xen host.\n\n");
	for (size_t i = 0; i < N_ROWS; i++) {
		char left[40];

		snprintf(left, sizeof(left), "-%c --%s%s%s", rows[i].letter, rows[i].name,
			 rows[i].argument ? " " : "", rows[i].argument ? rows[i].argument : "");
		fprintf(out, "  %-16s %s\n", left, rows[i].doc);
	}
	fprintf(out, "\nexit status:\n");
#define EXIT_LINE(status, name, meaning) fprintf(out, "  %d  %s\n", status, meaning);
	SIM_EXITS(EXIT_LINE)
	fprintf(out, "\nThe language of scenario files is in balloonsim(1).\n");
}
