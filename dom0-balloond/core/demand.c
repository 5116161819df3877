// SPDX-License-Identifier: GPL-2.0-or-later
#include "demand.h"
#include "kib.h"

/* A fall below 9/10 is no noise of +-5 %: 0.95 / 1.05 is 0.905. */
#define FALL_DIVISOR		10

/*
 * Report, turn and the guest's own growth take some 100 ms; two turns seen
 * within this time are one burst.
 */
#define BURST_MS		500
#define GROWTH_HALF_LIFE_MS	300000

static void demand_hold(int64_t *held_kib, int64_t *top_kib, int64_t word_kib,
			bool lasted)
{
	if (!MECHANISM(noise) || word_kib >= *held_kib ||
	    word_kib < *held_kib - *held_kib / FALL_DIVISOR) {
		*held_kib = word_kib;
		*top_kib = word_kib;
		return;
	}
	*top_kib = kib_max(*top_kib, word_kib);
	if (lasted) {
		*held_kib = *top_kib;
		*top_kib = word_kib;
	}
}

static void taken_update(struct dom *dom, uint64_t now_ms)
{
	struct dom_history *h = &dom->history;
	int64_t least_kib = dom->actual_kib + UNTAKEN_ROOM_KIB;
	int64_t ceiling_kib = dom->max_kib - MAX_PAGES_SLACK_KIB;

	if (dom->has_lease)
		ceiling_kib = kib_min(ceiling_kib, dom->lease_kib);
	/* What dom0 needs is kept for it, taken or not (I10). */
	if (dom->kind == DOM_ZERO_BALANCED || dom->paused || dom->need_kib < least_kib ||
	    dom->actual_kib < h->took_kib - KIB_PER_MIB ||
	    dom->actual_kib > h->took_kib + KIB_PER_MIB) {
		h->untaken = false;
		h->took_kib = dom->actual_kib;
		h->took_ms = now_ms;
	} else if (ceiling_kib < least_kib) {	/* without room nothing can be said */
		h->took_ms = now_ms;
	} else if (now_ms - h->took_ms >= UNTAKEN_MS) {
		h->untaken = MECHANISM(untaken);
	}
}

int64_t demand_taken_kib(const struct dom *dom)
{
	return dom->history.untaken ? dom->actual_kib + UNTAKEN_ROOM_KIB : INT64_MAX;
}

void demand_update(struct dom *dom, uint64_t now_ms)
{
	struct dom_history *h = &dom->history;
	bool lasted = now_ms - h->demand_ms >= DEMAND_HOLD_MS;

	if (!dom->has_report) {
		/*
		 * What an operator or the toolstack gave it; see bounds.c. Who only took
		 * its report away has what it has, or it could claim a target that it
		 * doesn't fill and be the others' loss (I8).
		 */
		if (MECHANISM(dropped) && h->reported)
			h->hold_kib = dom->actual_kib;
		else if (dom->target_kib == KIB_NONE)
			h->hold_kib = kib_max(h->hold_kib, dom->actual_kib);
		else
			h->hold_kib = kib_max(h->hold_kib, dom->target_kib);
		return;
	}
	h->hold_kib = 0;
	h->reported = true;
	taken_update(dom, now_ms);
	demand_hold(&h->need_kib, &h->need_top_kib, dom->need_kib, lasted);
	demand_hold(&h->want_kib, &h->want_top_kib,
		    kib_max(dom->want_kib, dom->need_kib), lasted);
	if (lasted)
		h->demand_ms = now_ms;
}

void growth_update(struct dom *dom, int64_t headroom_min_kib, uint64_t now_ms)
{
	struct dom_history *h = &dom->history;
	bool own = dom->actual_kib <= dom->need_kib + KIB_PER_MIB ||
		   dom->actual_kib > dom->target_kib + KIB_PER_MIB;

	/*
	 * Growth into what it needs, or past its target. Filling up with cache
	 * after a raise is no burst.
	 */
	if (MECHANISM(growth) && dom->has_report && own && dom->actual_kib > h->seen_kib) {
		if (now_ms - h->growth_from_ms > BURST_MS) {
			h->growth_from_kib = h->seen_kib;
			h->growth_from_ms = now_ms;
		}
		if (dom->actual_kib - h->growth_from_kib > h->growth_kib) {
			h->growth_kib = dom->actual_kib - h->growth_from_kib;
			h->growth_ms = now_ms;
		}
	}
	while (MECHANISM(growth_fades) && h->growth_kib &&
	       now_ms - h->growth_ms >= GROWTH_HALF_LIFE_MS) {
		h->growth_kib /= 2;
		h->growth_ms += GROWTH_HALF_LIFE_MS;
		if (h->growth_kib <= headroom_min_kib)
			h->growth_kib = 0;	/* no better than the minimum */
	}
}
