/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long a domain has done next to nothing, and who could be closed for a start. */
#ifndef BALLOOND_IDLE_H
#define BALLOOND_IDLE_H

#include <stdbool.h>
#include <stdint.h>

struct balloond;
struct vm;

/*
 * Taken in with Xen's other facts in turns and audits, never for its own sake:
 * what it used of a vcpu since the last look that is a second or more ago.
 */
void idle_update(struct vm *vm, uint64_t cpu_ns, uint64_t now_ms);

/* Seconds since it last used more than 1 % of a vcpu, as far as this balloond saw. */
int64_t idle_s(const struct vm *vm, uint64_t now_ms);

#define IDLE_NAMES_MAX	16

/* Guests to close so that `short_kib` more fits. */
struct idle_set {
	uint32_t n;			/* 0: closing idle ones doesn't suffice */
	uint32_t dom[IDLE_NAMES_MAX];	/* indices of host.doms */
};

/*
 * The fewest that suffice together and, of the last one's size, the smallest.
 * `marked`: only those that may be shut down for it (idle_shutdown).
 */
void idle_choose(const struct balloond *b, int64_t short_kib, bool marked,
		 struct idle_set *out);

#endif
