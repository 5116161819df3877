/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A simulated host of 2 GiB under balloond: dom0 with 512 MiB, a and b with 512 each,
 * which they need.
 */
#ifndef TWO_GUESTS_H
#define TWO_GUESTS_H

#include "balloond.h"
#include "tests/unit/puppet.h"

/* Whoever is asked for memory gives it in the next turn. */
#define TWO_GUESTS_CONF	"shrink_divisor = 1\nshrink_interval = 100\nheadroom_min = 0\n"

extern struct world *w;
extern struct puppet zero, a, b;

int two_guests_setup(const char *conf);	/* 0, or -1 */
int two_guests_teardown(void **state);

void pass(uint64_t us);
const struct balloond *daemon_now(void);
void no_breach(void);

#endif
