/* SPDX-License-Identifier: GPL-2.0-or-later */
/* poll(2) over xenstore, control clients, signals; the turn's timer. */
#ifndef BALLOOND_LOOP_H
#define BALLOOND_LOOP_H

#include <stddef.h>

struct balloond;

/* Until SIGTERM or SIGINT. @return exit status */
int loop_run(struct balloond *b, int signal_fd);

/* Read the configuration again; on error the old one stays and `why` says why. */
int balloond_reload(struct balloond *b, char *why, size_t size);

#endif
