// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A start that takes a size between min and max: how much is fair? As much as
 * the plan would give a guest with the floor min, the need max and the default
 * weight: floors first, then max-min by weight of what lies above them.
 */
#include "account.h"
#include "bounds.h"
#include "levels.h"
#include "plan.h"

/* Scratch, as large as a host can be and one more. */
static struct level levels[HOST_DOMS_MAX + 1];

/* The bounds that the next turn will plan with; this one's stay as they are (I5). */
static struct dom_bounds bounds_now(const struct dom *dom, uint64_t now_ms)
{
	struct dom copy = *dom;

	bounds_update(&copy, now_ms);
	return copy.bounds;
}

int64_t admission_range_kib(const struct host *host, int64_t min_kib, int64_t max_kib,
			    uint64_t now_ms)
{
	int64_t above_kib = host_pool_kib(host) - min_kib, size_kib;
	struct admission admission;
	uint32_t n = 0;

	for (uint32_t i = 0; i < host->n_doms; i++) {
		const struct dom *dom = &host->doms[i];
		struct dom_bounds b;

		if (!dom_is_guest(dom))
			continue;
		b = bounds_now(dom, now_ms);
		above_kib += dom->actual_kib - MAX_PAGES_SLACK_KIB - b.floor_kib;
		levels[n].low_kib = kib_max(b.held_kib - b.floor_kib, 0);
		levels[n].high_kib = kib_max(b.need_kib - b.floor_kib, levels[n].low_kib);
		if (dom_is_zero(dom))	/* its need goes before every guest's */
			levels[n].low_kib = levels[n].high_kib;
		levels[n++].weight = dom_weight(dom);
	}
	levels[n] = (struct level){ .high_kib = max_kib - min_kib, .weight = WEIGHT_DEFAULT };
	levels_fill(levels, n + 1, above_kib);
	size_kib = max_kib;
	if (MECHANISM(range_fair))
		size_kib = min_kib + levels[n].share_kib;
	admission_decide(host, 0, &admission);
	size_kib = kib_min(size_kib, admission.fits_kib);
	return admission_round_kib(kib_max(size_kib, min_kib), min_kib);
}

int64_t admission_round_kib(int64_t size_kib, int64_t min_kib)
{
	return kib_max(kib_down(size_kib, KIB_PER_MIB), min_kib);
}
