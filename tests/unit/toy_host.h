/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A host in a hundred lines for tests of the policy core: a Xen that keeps
 * count and rejects illegal orders, guests of several characters, and the turn
 * as the daemon takes it, with the checker after every step.
 */
#ifndef TESTS_TOY_HOST_H
#define TESTS_TOY_HOST_H

#include "core/plan.h"

#define TOY_MAX	64
#define MIB	KIB_PER_MIB

enum toy_character {
	TOY_IDEAL,	/* our driver: max(target, need) inside the lease */
	TOY_STOCK,	/* no driver: obeys the target alone */
	TOY_STUCK,	/* our driver, never gives a page back */
	TOY_LIMITED,	/* doesn't come under limit_kib, doesn't say so */
	TOY_DRIP,	/* one page in five seconds */
	TOY_NAPPING,	/* stalls 19 s of every 20 */
	TOY_FULL,	/* doesn't get above limit_kib, doesn't say so */
	TOY_DEAF,	/* stopped reading its lease: silent, doesn't move */
};

struct toy_guest {
	enum toy_character character;
	int64_t need_kib, want_kib;	/* what it says */
	int64_t limit_kib;		/* hidden */
	int64_t speed_kib;		/* per ms */
	int64_t grain_kib;		/* its balloon moves in these, rounding up */
	int64_t lost_need_ms;		/* time spent under its need */
};

struct toy {
	struct host host;
	struct dom doms[TOY_MAX];
	struct toy_guest guests[TOY_MAX];
	struct reservation reservations[8];
	uint64_t now_ms, due_ms;
	uint32_t next_domid;
	bool dirty;		/* an event: a turn is due */

	/* Counted */
	uint32_t turns, actions, writes;
	int64_t moved_kib;

};

extern bool toy_trace;	/* print every action */
extern uint64_t toy_seed;	/* said when a check fails */

void toy_init(struct toy *toy, int64_t total_mib);

/* A guest of this size, floor by table, target and max_pages as libxl sets them. */
struct dom *toy_add(struct toy *toy, enum toy_character character,
		    int64_t actual_mib, int64_t static_max_mib, int64_t need_mib);
/* A domain that a toolstack begins to build; it takes its memory by and by. */
struct dom *toy_build(struct toy *toy, int64_t size_mib);
/* It is destroyed: its pages come back by and by, then it is gone. */
void toy_destroy(struct toy *toy, struct dom *dom);
/* dom0, balanced; first of all, since domains are sorted. */
struct dom *toy_zero(struct toy *toy, int64_t actual_mib, int64_t max_mib, int64_t need_mib);
struct toy_guest *toy_guest(struct toy *toy, const struct dom *dom);
void toy_needs(struct toy *toy, struct dom *dom, int64_t need_mib, int64_t want_mib);
struct reservation *toy_reserve(struct toy *toy, int64_t size_mib);

/* Let time pass; turns are taken as they fall due, and every 10 s. */
void toy_run(struct toy *toy, uint64_t ms);
void toy_turn(struct toy *toy);

/* No page is moved or made up. */
void toy_check_pages(const struct toy *toy);

#endif
