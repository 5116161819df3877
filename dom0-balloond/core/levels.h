/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Weighted max-min with bounds: pour `total` over the entries so that
 *	share = clamp(level * weight, low, high)
 * for one common level, and the shares add up to the total exactly. Nobody can
 * get more without taking from somebody who has less per weight.
 *
 *	weights 1 1 1, highs 100 20 100, total 150  ->  65 20 65
 *	weights 2 1,   highs 100 100,    total 90   ->  60 30
 *	weights 1 1,   lows 50 0,        total 60   ->  50 10
 */
#ifndef BALLOOND_CORE_LEVELS_H
#define BALLOOND_CORE_LEVELS_H

#include <stdbool.h>
#include <stdint.h>

/* Totals above this (64 PiB) are cut: total * weight must fit 63 bits. */
#define LEVELS_TOTAL_MAX	(1LL << 46)

struct level {
	int64_t low_kib, high_kib;	/* 0 <= low <= high */
	uint32_t weight;		/* >= 1 */
	uint32_t open;			/* scratch: of the array, not of this entry */
	int64_t share_kib;		/* the answer */
};

/*
 * Shares differ from the exact real-valued ones by less than 1 KiB each; what
 * rounding leaves goes to the first entries, 1 KiB each.
 * @return what is left when all are at `high`; negative: what the lows lack;
 *	   else 0
 */
int64_t levels_fill(struct level *level, uint32_t n, int64_t total_kib);

#endif
