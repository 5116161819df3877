/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * dom0 as a guest that comes first, where the administrator wants it balanced: what
 * it needs, from its own kernel, by the formula of the guests' module (goal.h).
 */
#ifndef BALLOOND_ZERO_H
#define BALLOOND_ZERO_H

#include <stdbool.h>
#include <stdint.h>

#include "guest-driver/goal.h"
#include "zero_proc.h"

struct balloond;
struct dom;
struct vm;
struct xen_dom;
struct pollfd;

/* While it swapped or stalled within so long it is not lowered (I10). */
#define ZERO_CALM_MS	10000

struct zero {
	bool open;		/* proc is */
	bool failed;		/* it can't be read, which was said */
	bool pressed;		/* the PSI trigger fired and nobody looked yet */
	struct zero_proc proc;
	int64_t max_kib;	/* Xen's max_pages of dom0 */
	struct goal_state goal;
	bool strains, urgent;
	int64_t swaps;		/* pages in and out, at the last look */
	int64_t used_kib;	/* by processes and kernel, at the last look or glance */
	bool grows;		/* that rose fast since */
	uint64_t looked_ms, tick_ms, glanced_ms;
	uint64_t strained_ms;	/* 0: never */
};

/*
 * Of domain 0, after its facts of Xen and the store were taken in: if it is to be
 * balanced and can be judged it becomes DOM_ZERO_BALANCED, else it is DOM_ZERO.
 */
void zero_refresh(struct balloond *b, struct dom *dom, struct vm *vm,
		  const struct xen_dom *xen);

/*
 * What its kernel said, into need, want, urgency and strain. Split off for tests:
 * `limit_kib` is what it can have at most.
 */
void zero_judge(struct zero *zero, const struct zero_facts *facts, uint64_t now_ms,
		int64_t limit_kib, struct dom *dom);

/*
 * `xl mem-set 0` lowers its max_pages as well: raised before a target that needs it,
 * to what its kernel can use; never lowered.
 */
int zero_make_room(struct balloond *b, const struct dom *dom, int64_t target_kib);

/* For the loop: at most one file to wait for; what it said is taken by zero_poll_done(). */
int zero_poll(const struct balloond *b, struct pollfd *fd);
void zero_poll_done(struct balloond *b, const struct pollfd *fd);

/*
 * Once a while between turns: three files, nothing else, and a turn if dom0 grew. A
 * dom0 without swap or cache is killed before the trigger has seen it stall.
 */
void zero_glance(struct balloond *b);
uint64_t zero_glance_ms(const struct balloond *b);	/* the next; UINT64_MAX: none */

/* When the next turn is due for dom0's sake. */
uint64_t zero_due_ms(const struct balloond *b);
void zero_finish(struct zero *zero);

#endif
