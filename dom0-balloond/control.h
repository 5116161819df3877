/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control socket: many clients, one JSON object a line, bounded in every
 * direction. What the commands do is in command.c.
 */
#ifndef BALLOOND_CONTROL_H
#define BALLOOND_CONTROL_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "control_table.h"

struct balloond;
struct json;

#define CONTROL_CLIENTS_MAX	64
#define CONTROL_READERS_MAX	48		/* of those, such as may change nothing */
#define CONTROL_OUT_MAX		(16u << 20)	/* 4096 domains take 2 MiB */
#define CONTROL_SLOW_MS		10000		/* unread answers: dropped */

int control_open(struct balloond *b);
void control_close(struct balloond *b);

/* For the loop: fill pollfds (CONTROL_CLIENTS_MAX + 1 at most), then serve them. */
uint32_t control_poll(struct balloond *b, struct pollfd *fds);
/* Are there lines to run, of whoever sent more than one? Then don't sleep. */
bool control_waiting(const struct balloond *b);
void control_serve(struct balloond *b, const struct pollfd *fds, uint32_t n);

/*
 * An answer to a client whose request was put off (reserve). @return false: there was
 * no memory for it, and the client is hung up on
 */
bool control_send(struct balloond *b, uint32_t client, struct json *answer, bool last);

#endif
