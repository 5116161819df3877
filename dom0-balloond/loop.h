/* SPDX-License-Identifier: GPL-2.0-or-later */
/* poll(2) over xenstore, control clients, signals; the turn's timer. */
#ifndef BALLOOND_LOOP_H
#define BALLOOND_LOOP_H

#include <stddef.h>
#include <stdint.h>

struct balloond;

uint64_t clock_ms(void);	/* CLOCK_MONOTONIC */

/* Until SIGTERM or SIGINT. @return exit status */
int loop_run(struct balloond *b, int signal_fd);

/* Read the configuration again; on error the old one stays and `why` says why. */
int balloond_reload(struct balloond *b, char *why, size_t size);

/* Watches that belong to no domain. */
int watches_set(struct balloond *b);

#endif
