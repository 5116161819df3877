// SPDX-License-Identifier: GPL-2.0-or-later
#include "levels.h"
#include "kib.h"

/* Products of a size and a sum of weights: 46 + 28 bits. */
typedef unsigned __int128 u128;

static void fix_at(struct level *l, int64_t share_kib, int64_t *rest_kib,
		   int64_t *weights)
{
	l->share_kib = share_kib;
	l->fixed = true;
	*rest_kib -= share_kib;
	*weights -= l->weight;
}

/*
 * One round at the level rest / weights: sum up by how much clamping would miss
 * the rest below and above. When the lows miss more, the true level is lower, so
 * all who are at their low here stay there; and the other way round. Equal: this
 * is the level.
 * @return whether anybody was fixed
 */
static bool fix_round(struct level *level, uint32_t n, int64_t *rest_kib,
		      int64_t *weights)
{
	u128 below = 0, above = 0;
	int64_t rest = *rest_kib, w = *weights;

	for (uint32_t i = 0; i < n; i++) {
		struct level *l = &level[i];
		u128 share = (u128)rest * l->weight;

		if (l->fixed)
			continue;
		if ((u128)l->low_kib * w > share)
			below += (u128)l->low_kib * w - share;
		else if ((u128)l->high_kib * w < share)
			above += share - (u128)l->high_kib * w;
	}
	if (!below && !above)
		return false;

	for (uint32_t i = 0; i < n; i++) {
		struct level *l = &level[i];
		u128 share = (u128)rest * l->weight;

		if (l->fixed)
			continue;
		if (below >= above && (u128)l->low_kib * w > share)
			fix_at(l, l->low_kib, rest_kib, weights);
		else if (above >= below && (u128)l->high_kib * w < share)
			fix_at(l, l->high_kib, rest_kib, weights);
	}
	return true;
}

int64_t levels_fill(struct level *level, uint32_t n, int64_t total_kib)
{
	int64_t low = 0, high = 0, weights = 0, rest, left;

	for (uint32_t i = 0; i < n; i++) {
		low += level[i].low_kib;
		high += level[i].high_kib;
		weights += level[i].weight;
		level[i].fixed = false;
	}
	if (total_kib >= high || total_kib <= low) {
		bool all = total_kib >= high;

		for (uint32_t i = 0; i < n; i++)
			level[i].share_kib = all ? level[i].high_kib : level[i].low_kib;
		return total_kib - (all ? high : low);
	}

	/*
	 * Without lows the level only rises and each round halves the rest or
	 * the weights, so rounds are as few as there are bits; 3 to 5 are usual.
	 */
	rest = kib_min(total_kib, LEVELS_TOTAL_MAX);
	while (weights > 0 && fix_round(level, n, &rest, &weights))
		;

	left = rest;
	for (uint32_t i = 0; i < n; i++) {
		struct level *l = &level[i];

		if (l->fixed)
			continue;
		l->share_kib = (int64_t)((uint64_t)rest * l->weight / (uint64_t)weights);
		left -= l->share_kib;
	}
	for (uint32_t i = 0; i < n && left > 0; i++) {
		if (level[i].fixed || level[i].share_kib >= level[i].high_kib)
			continue;
		level[i].share_kib++;
		left--;
	}
	return 0;
}
