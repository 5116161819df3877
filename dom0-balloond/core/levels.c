// SPDX-License-Identifier: GPL-2.0-or-later
#include "levels.h"
#include "kib.h"

/* Products of a size and a sum of weights: 46 + 28 bits. */
typedef __int128 s128;

/* max(0, v) without a branch: which way it goes is as good as random here. */
static s128 above_zero(s128 v)
{
	return v & ~(v >> 127);
}

/*
 * One round at the level rest / weights: sum up by how much clamping would miss
 * the rest below and above. When the lows miss more, the true level is lower, so
 * all who are at their low here stay there; and the other way round. Equal: this
 * is the level. level[k].open, k < *n_open, are those not fixed yet, in order.
 * @return whether anybody was fixed
 */
static bool fix_round(struct level *level, uint32_t *n_open, int64_t *rest_kib,
		      int64_t *weights)
{
	s128 below = 0, above = 0;
	int64_t rest = *rest_kib, w = *weights;
	uint32_t n = 0;

	for (uint32_t k = 0; k < *n_open; k++) {
		const struct level *l = &level[level[k].open];
		s128 share = (s128)rest * l->weight;

		below += above_zero((s128)l->low_kib * w - share);
		above += above_zero(share - (s128)l->high_kib * w);
	}
	if (!below && !above)
		return false;

	for (uint32_t k = 0; k < *n_open; k++) {
		struct level *l = &level[level[k].open];
		s128 share = (s128)rest * l->weight;
		bool low = below >= above && (s128)l->low_kib * w > share;
		bool fixed = low || (above >= below && (s128)l->high_kib * w < share);

		l->share_kib = low ? l->low_kib : l->high_kib;
		*rest_kib -= fixed ? l->share_kib : 0;
		*weights -= fixed ? l->weight : 0;
		level[n].open = level[k].open;
		n += !fixed;
	}
	*n_open = n;
	return true;
}

int64_t levels_fill(struct level *level, uint32_t n, int64_t total_kib)
{
	int64_t low = 0, high = 0, weights = 0, rest, left;
	uint32_t n_open = n;

	for (uint32_t i = 0; i < n; i++) {
		low += level[i].low_kib;
		high += level[i].high_kib;
		weights += level[i].weight;
		level[i].open = i;
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
	while (weights > 0 && fix_round(level, &n_open, &rest, &weights))
		;

	left = rest;
	for (uint32_t k = 0; k < n_open; k++) {
		struct level *l = &level[level[k].open];

		l->share_kib = (int64_t)((uint64_t)rest * l->weight / (uint64_t)weights);
		left -= l->share_kib;
	}
	for (uint32_t k = 0; k < n_open && left > 0; k++) {
		struct level *l = &level[level[k].open];

		if (l->share_kib >= l->high_kib)
			continue;
		l->share_kib++;
		left--;
	}
	return 0;
}
