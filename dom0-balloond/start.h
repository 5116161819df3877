/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From an empty struct to a daemon that knows its host, and back. */
#ifndef BALLOOND_START_H
#define BALLOOND_START_H

struct balloond;

/* Each failure is one sentence in the log. @return an exit status */
int start(struct balloond *b);
void finish(struct balloond *b);

#endif
