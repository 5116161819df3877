/* SPDX-License-Identifier: GPL-2.0-only */
/* What goal.c and cache.c share. */
#ifndef SELFBALLOON_GOAL_PARTS_H
#define SELFBALLOON_GOAL_PARTS_H

#include "goal.h"

#define MIB(n)	((u64)(n) << 10)

/* What comes back so slowly is noise: two or three reads a second of a disk. */
#define BACK_KIB	MIB(1)
#define BACK_MS		100000

static inline u64 u64_min(u64 a, u64 b)
{
	return a < b ? a : b;
}

static inline u64 u64_max(u64 a, u64 b)
{
	return a > b ? a : b;
}

/* a - b, but never under 0 */
static inline u64 u64_sub(u64 a, u64 b)
{
	return a > b ? a - b : 0;
}

/* With that much free what comes back finds room. */
static inline u64 enough_free(const struct goal_input *in)
{
	return 2 * in->reserve_kib + MIB(4);
}

/* state->worth_kib: the cache that is worth memory beyond @need. */
void cache_begin(struct goal_state *state, const struct goal_input *in);
void cache_update(struct goal_state *state, const struct goal_input *in, u64 need);

#endif
