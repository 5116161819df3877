/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line: one table from which getopt's, --help, the manual and the completion come. */
#ifndef SIM_OPTIONS_H
#define SIM_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* SIM_OPTIONS(O): O(letter or 0, long name, argument or NULL, doc, test) */
#define SIM_OPTIONS(O)								\
	O('s', seed, "N",							\
	  "the chance that everything random comes from; 1 unless said", "sim:seed")	\
	O('j', json, NULL,							\
	  "one JSON object a scenario: figures of every VM and the host, counters, breaches", \
	  "sim:json")								\
	O('g', svg, "FILE",							\
	  "draw who has the memory over time, and who needs how much", "sim:svg")	\
	O('o', csv, "FILE",							\
	  "write every sample of every VM as a line", "sim:csv")		\
	O('n', check, NULL,							\
	  "check the scenario files and exit", "sim:check")			\
	O('v', verbose, NULL,							\
	  "say what happens as it happens, balloond's log too", "sim:verbose")	\
	O('h', help, NULL, "print this", "sim:help")				\
	O('V', version, NULL, "print the version", "sim:help")

/* SIM_EXITS(E): E(status, name, meaning) */
#define SIM_EXITS(E)								\
	E(0, HELD, "every expectation holds, no invariant broke")		\
	E(1, FAILED, "an expectation doesn't hold, a step failed or an invariant broke") \
	E(2, USAGE, "bad option, or an output file can't be written")		\
	E(3, SCENARIO, "a scenario file is refused; nothing was run")

#define SIM_EXIT_ENUM(status, name, meaning) SIM_EXIT_##name = status,
enum sim_exit { SIM_EXITS(SIM_EXIT_ENUM) };

struct sim_options {
	uint64_t seed;
	const char *svg, *csv;		/* NULL: not asked for */
	bool json, check, help, version, verbose;
	char **files;
	int n_files;
};

/* @return false: bad, and said so on standard error */
bool sim_options_parse(struct sim_options *options, int argc, char **argv);
void sim_options_help(FILE *out);

#endif
