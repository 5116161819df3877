/* SPDX-License-Identifier: GPL-2.0-or-later */
/* poll(2) over xenstore, control clients, signals; the turn's timer. */
#ifndef BALLOOND_LOOP_H
#define BALLOOND_LOOP_H

struct balloond;

/* Until SIGTERM or SIGINT. @return exit status */
int loop_run(struct balloond *b, int signal_fd);

#endif
