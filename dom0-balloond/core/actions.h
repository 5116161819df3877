/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the two halves of a turn, actions_free.c and actions_give.c. */
#ifndef BALLOOND_CORE_ACTIONS_H
#define BALLOOND_CORE_ACTIONS_H

#include "plan.h"

/* Smaller raises wait, unless they fill a need. */
#define RAISE_MIN_KIB		KIB_PER_MIB
/* Ceilings beyond needs move by no less than this. */
#define ROOM_MIN_KIB		(4 * KIB_PER_MIB)

/* What a guest wishes of the slack, the most urgent last. */
enum wish {
	WISH_NONE,
	WISH_ROOM,	/* wants, headroom */
	WISH_NEED,	/* part of its need lies above its ceiling */
	WISH_URGENT,	/* the same, and it stalls until then */
	WISH_FIRST,	/* dom0's need: with it every guest's disks stall */
};
enum wish action_wish(const struct host *host, const struct dom *dom);

/* What a guest may hold above its plan's target before it is asked to come down. */
int64_t shrink_least_kib(const struct host *host, const struct dom *dom);

/* The part of a guest's plan that nothing but another's need may take. */
int64_t need_part_kib(const struct dom *dom);

/* What a raise to this ceiling takes from the slack. */
int64_t raise_cost_kib(const struct host *host, const struct dom *dom, int64_t ceiling_kib);

struct list {
	struct action *out;
	uint32_t n, max;
};

/* A new action with the domain's present values; NULL: the list is full. */
struct action *list_add(struct list *list, enum action_type type, const struct dom *dom);

/* Remember an order as given; what it asks is judged by progress.c. */
void note_target(struct dom *dom, int64_t target_kib, uint64_t now_ms);

#endif
