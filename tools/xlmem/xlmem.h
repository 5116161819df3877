/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What every command of xlmem shares: its arguments and its exit status. */
#ifndef XLMEM_H
#define XLMEM_H

#include <stdbool.h>

#include "commands.h"
#include "control_table.h"

/* Exit statuses; those of a refusal stand in CONTROL_ERRORS. */
enum status {
	STATUS_DONE = 0,
#define STATUS_ROW(code, status, meaning)	STATUS_##code = status,
	CONTROL_ERRORS(STATUS_ROW)
#undef STATUS_ROW
	STATUS_no_daemon = 4,
	STATUS_daemon_lost = 7,
};

enum option_id {
#define OPTION_ROW(name, argument, summary, test)	OPTION_##name,
	XLMEM_OPTIONS(OPTION_ROW)
#undef OPTION_ROW
	OPTION_COUNT,
};

struct args {
	bool json;
	const char *option[OPTION_COUNT];	/* NULL: absent; "": no argument */
	int n;
	char **word;		/* n words, then NULL */
};

#define COMMAND_ROW(name, least, most, words, options, summary, test)	\
	enum status cmd_##name(const struct args *args);
XLMEM_COMMANDS(COMMAND_ROW)
#undef COMMAND_ROW

/* Say what went wrong, in JSON when asked, and hand the status through. */
enum status complain(const struct args *args, enum status status,
		     const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A note beside the answer, on standard error. */
void warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
