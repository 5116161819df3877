// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * balloonsim: scenarios in a simulated host. Every file is read and checked
 * before the first one is run.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dom0-balloond/control_table.h"
#include "output_file.h"
#include "run.h"
#include "sim_options.h"

/* @return how many are bad; the others are in *scenarios */
static int read_all(const struct sim_options *options, struct scenario *scenarios)
{
	int bad = 0;

	for (int i = 0; i < options->n_files; i++)
		bad += scenario_read(&scenarios[i], options->files[i], stderr) != 0;
	return bad;
}

static bool csv_close(struct run *run, const struct output_file *file)
{
	bool bad = ferror(run->csv) != 0;

	bad |= fclose(run->csv) != 0;
	run->csv = NULL;
	if (bad)
		fprintf(stderr, "balloonsim: %s can't be written: %s\n", file->path, strerror(errno));
	return !bad;
}

static bool svg_write(const struct run *run, const struct output_file *file)
{
	int rc = plot_write(&run->story, file->temporary);

	if (rc)
		fprintf(stderr, "balloonsim: %s can't be written: %s\n", file->path,
			rc == -ENODATA ? "nothing happened that could be drawn" : strerror(-rc));
	return !rc;
}

static enum sim_exit run_one(const struct sim_options *options, const struct scenario *s)
{
	struct output_file svg = { 0 }, csv = { 0 };
	struct run run = { .verbose = options->verbose };
	bool written = true, ok = false;

	if (options->svg && !output_begin(&svg, options->svg))
		return SIM_EXIT_USAGE;
	if (options->csv && !output_begin(&csv, options->csv)) {
		output_end(&svg, false);
		return SIM_EXIT_USAGE;
	}
	if (csv.temporary) {
		run.csv = fopen(csv.temporary, "we");
		if (!run.csv) {
			perror("balloonsim");
			written = false;
			goto out;
		}
		output_csv_head(run.csv);
	}
	if (options->verbose)
		run.out = options->json ? stderr : stdout;
	ok = run_scenario(&run, s, options->seed);
	if (options->json)
		output_json(&run, stdout);
	else
		output_table(&run, stdout);
	if (run.csv)
		written &= csv_close(&run, &csv);
	if (svg.temporary)
		written &= svg_write(&run, &svg);
	run_free(&run);
out:
	written &= output_end(&csv, written);
	written &= output_end(&svg, written);
	return !written ? SIM_EXIT_USAGE : ok ? SIM_EXIT_HELD : SIM_EXIT_FAILED;
}

int main(int argc, char **argv)
{
	enum sim_exit status = SIM_EXIT_HELD;
	struct sim_options options;
	struct scenario *scenarios;
	int bad;

	if (!sim_options_parse(&options, argc, argv))
		return SIM_EXIT_USAGE;
	if (options.help || options.version) {
		if (options.help)
			sim_options_help(stdout);
		else
			printf("balloonsim %s\n", BALLAST_VERSION);
		return SIM_EXIT_HELD;
	}
	scenarios = calloc((size_t)options.n_files, sizeof(*scenarios));
	if (!scenarios)
		abort();
	bad = read_all(&options, scenarios);
	if (bad)
		status = SIM_EXIT_SCENARIO;
	output_signals();
	for (int i = 0; i < options.n_files && !bad && !options.check; i++) {
		enum sim_exit one = run_one(&options, &scenarios[i]);

		status = one > status ? one : status;
	}
	for (int i = 0; i < options.n_files; i++)
		scenario_free(&scenarios[i]);
	free(scenarios);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "balloonsim: standard output can't be written\n");
		return SIM_EXIT_USAGE;
	}
	return (int)status;
}
