/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running xl beside us: it keeps the terminal, we keep the connection. */
#ifndef XLMEM_CHILD_H
#define XLMEM_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* $XLMEM_XL, else xl from the path; $XLMEM_BALLOOND, else balloond. */
const char *child_xl(void);
const char *child_balloond(void);

/*
 * Start argv. Until child_wait() has its end, Ctrl-C reaches the child alone,
 * so that its failure can be cleared up after it.
 * @return its pid, or a negative errno
 */
pid_t child_start(char *const *argv);

/*
 * Wait at most `wait_ms`, -1: to the end.
 * @return true: it ended; *exit_status is as a shell has it (128 + signal)
 */
bool child_wait(pid_t pid, int wait_ms, int *exit_status);

/* Start it and wait for its end; its exit status, 127: can't be started. */
int child_run(char *const *argv);

/*
 * Its standard output, at most `most` bytes, NUL-terminated, to be freed. NULL: it
 * failed, or said more.
 */
char *child_output(char *const *argv, size_t most);

/* xl, its command and `n` words, then NULL, and room for CHILD_MORE; to be freed. */
#define CHILD_MORE	4
char **child_argv(const char *command, char *const *words, int n);

#endif
