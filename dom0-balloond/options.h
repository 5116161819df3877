/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line: one table from which getopt's, --help and the manual come. */
#ifndef BALLOOND_OPTIONS_H
#define BALLOOND_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

/* OPTIONS(O): O(letter or 0, long name, argument or NULL, doc, test) */
#define OPTIONS(O)								\
	O('f', foreground, NULL,						\
	  "stay in the foreground, log to standard error", "cli:daemon_foreground") \
	O('c', config, "FILE",							\
	  "read FILE instead of " CONFIG_FILE, "cli:daemon_check")		\
	O('n', check, NULL,							\
	  "check the configuration and exit", "cli:daemon_check")		\
	O(0, dry-run, NULL,							\
	  "read the real host, print what would be written", "cli:dry_run")	\
	O(0, settle, NULL,							\
	  "put every guest at its target as it is now (max_pages := tot_pages + slack, " \
	  "target := actual), so that plain xl save works without balloond; exit", \
	  "xen:save")								\
	O(0, help-config, NULL,							\
	  "print every configuration key with its default", "cli:daemon_help")	\
	O('v', verbose, NULL, "also log what is usually not of interest", "cli:daemon_help") \
	O('h', help, NULL, "print this", "cli:daemon_help")			\
	O('V', version, NULL, "print the version", "cli:daemon_help")

/* EXITS(E): E(status, name, meaning) */
#define EXITS(E)								\
	E(0, DONE, "done")							\
	E(1, FAILED, "it went wrong; the message says how")			\
	E(2, USAGE, "bad option")						\
	E(3, CONFIG, "the configuration is refused")				\
	E(4, NO_XEN, "this is not dom0 of a Xen host")				\
	E(5, NO_RIGHTS, "not allowed: run it as root")				\
	E(6, NO_STORE, "xenstored doesn't answer")				\
	E(7, RUNNING, "another balloond runs already")

#define EXIT_ENUM(status, name, meaning) EXIT_##name = status,
enum exit_status { EXITS(EXIT_ENUM) };

struct options {
	const char *config_file;
	bool config_given;	/* then it must exist */
	bool foreground, check, dry_run, settle, help, help_config, version, verbose;
};

/* @return false: bad, and said so on standard error */
bool options_parse(struct options *options, int argc, char **argv);
void options_help(FILE *out);

#endif
