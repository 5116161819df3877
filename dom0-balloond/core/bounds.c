// SPDX-License-Identifier: GPL-2.0-or-later
#include "account.h"
#include "bounds.h"
#include "demand.h"
#include "plan.h"

static bool has_limit(const struct dom *dom)
{
	return dom->policy_max_kib > 0 && dom->policy_max_kib < dom->static_max_kib;
}

/*
 * memory/target counts in the same units as static-max, so a guest whose
 * tot_pages exceed its target by a constant may exceed static-max by it too.
 */
static int64_t high_kib(const struct dom *dom)
{
	int64_t high = dom_static_max_kib(dom);

	if (high == KIB_NONE)
		high = kib_max(dom->actual_kib, dom->target_kib);
	if (has_limit(dom))
		high = kib_min(high, dom->policy_max_kib);
	return kib_down(kib_max(high, 0), KIB_PER_PAGE);
}

static int64_t hold_kib(const struct dom *dom)
{
	int64_t hold = dom->history.hold_kib;

	if (dom->pin_kib != KIB_NONE)
		hold = dom->pin_kib;
	else if (!hold)		/* not seen in an earlier turn */
		hold = dom->target_kib != KIB_NONE ? dom->target_kib : dom->actual_kib;
	return kib_up(hold, KIB_PER_PAGE);
}

/*
 * A stock guest obeys every target, to death: it keeps what it was given, which
 * is its floor too. Only a minimum that the administrator set for this very VM
 * makes it a donor.
 */
static void bounds_driverless(struct dom *dom, struct dom_bounds *b)
{
	int64_t hold = hold_kib(dom);

	if (dom->pin_kib != KIB_NONE)
		hold = kib_clamp(hold, b->floor_kib, b->high_kib);
	if (MECHANISM(driverless) && (!dom->floor_explicit || b->floor_kib > hold))
		b->floor_kib = hold;
	b->need_kib = b->want_kib = hold;
	b->high_kib = kib_max(b->high_kib, hold);
	/* An order under way from outside: its pages come when they come. */
	b->held_kib = 0;
	if (!dom->floor_explicit || dom->progress == PROGRESS_STUCK)
		b->held_kib = kib_min(dom->actual_kib, b->high_kib);
}

/*
 * I10: what dom0 needs of what it has is nobody else's, and while it strains
 * nothing is, whatever it says it needs. An operator's order stands.
 */
static int64_t zero_held_kib(const struct dom *dom, const struct dom_bounds *b)
{
	if (MECHANISM(zero_calm) && dom->strained && dom->pin_kib == KIB_NONE)
		return dom->target_kib;
	return MECHANISM(zero_kept) ? kib_min(dom->target_kib, b->need_kib) : 0;
}

/* The guest's own floor is honoured up to the table's value: a lie gets no more. */
static int64_t hint_kib(const struct dom *dom)
{
	int64_t hint = dom->guest_floor_kib;

	if (MECHANISM(hint_bounded))
		hint = kib_min(hint, floor_default_kib(dom->static_max_kib));
	return kib_up(hint, KIB_PER_PAGE);
}

static int64_t stays_kib(const struct dom *dom, int64_t hint)
{
	return MECHANISM(own_floor) ? kib_min(hint, dom->actual_kib) : 0;
}

int64_t dom_stays_kib(const struct dom *dom)
{
	return dom->has_report ? stays_kib(dom, hint_kib(dom)) : 0;
}

static void bounds_reporting(struct dom *dom, struct dom_bounds *b)
{
	const struct dom_history *h = &dom->history;
	int64_t hint = hint_kib(dom), most_kib;

	/* Trusted downwards only: a lie hurts the liar. */
	if (MECHANISM(limit) && dom->limit_kib > 0)
		b->high_kib = kib_max(b->floor_kib, kib_min(b->high_kib,
					kib_down(dom->limit_kib, KIB_PER_PAGE)));
	if (MECHANISM(pins) && dom->pin_kib != KIB_NONE) {
		b->need_kib = kib_clamp(kib_up(dom->pin_kib, KIB_PER_PAGE),
					b->floor_kib, b->high_kib);
		b->want_kib = b->need_kib;
	} else {
		most_kib = kib_min(b->high_kib, demand_taken_kib(dom));
		b->need_kib = kib_clamp(kib_max(kib_up(h->need_kib, KIB_PER_PAGE), hint),
					b->floor_kib, most_kib);
		b->want_kib = kib_clamp(kib_up(h->want_kib, KIB_PER_PAGE),
					b->need_kib, most_kib);
	}
	/* A maximum or an operator's order under it is tried all the same. */
	b->held_kib = kib_min(stays_kib(dom, hint), b->need_kib);
	if (MECHANISM(stuck_held) && dom->progress == PROGRESS_STUCK)
		b->held_kib = dom->actual_kib;
	if (dom_is_zero(dom))
		b->held_kib = kib_max(b->held_kib, zero_held_kib(dom, b));
	b->high_kib = kib_max(b->high_kib, b->held_kib);
}

void bounds_update(struct dom *dom, uint64_t now_ms)
{
	struct dom_bounds *b = &dom->bounds;

	demand_update(dom, now_ms);
	b->high_kib = high_kib(dom);
	b->floor_kib = MECHANISM(floors) ?
		kib_clamp(kib_up(dom->floor_kib, KIB_PER_PAGE), 0, b->high_kib) : 0;

	if (dom_is_held(dom)) {
		b->held_kib = b->need_kib = b->want_kib = dom->actual_kib;
		b->high_kib = dom->actual_kib;
		b->floor_kib = kib_min(b->floor_kib, dom->actual_kib);
	} else if (dom_is_driverless(dom)) {
		bounds_driverless(dom, b);
	} else {
		bounds_reporting(dom, b);
	}
}

int64_t dom_guaranteed_kib(const struct dom *dom)
{
	int64_t floor = MECHANISM(admit_floors) ? kib_up(dom->floor_kib, KIB_PER_PAGE) : 0;

	if (MECHANISM(admit_held) && dom_is_held(dom))
		return dom->actual_kib;
	if (MECHANISM(admit_zero) && dom_is_zero(dom))
		floor = kib_max(floor, dom->pin_kib != KIB_NONE ? dom->pin_kib :
						       kib_up(dom->history.need_kib, KIB_PER_PAGE));
	if (MECHANISM(admit_stuck) && dom->progress == PROGRESS_STUCK)
		return kib_max(floor, dom->actual_kib);
	if (MECHANISM(admit_driverless) && dom_is_driverless(dom)) {
		int64_t hold = hold_kib(dom);

		if (dom->floor_explicit)
			return kib_min(floor, hold);
		return kib_max(hold, dom->actual_kib);
	}
	return kib_min(kib_max(floor, dom_stays_kib(dom)), high_kib(dom));
}

/* What it has above its static-max may be an offset that isn't known yet. */
bool dom_above_limit(const struct dom *dom)
{
	int64_t least = high_kib(dom) + KIB_PER_PAGE;

	return MECHANISM(limit_met) && dom_is_guest(dom) && !dom_is_driverless(dom) &&
	       (dom->target_kib >= least || (has_limit(dom) && dom->actual_kib >= least));
}

int64_t dom_hysteresis_kib(const struct host_config *config, const struct dom *dom)
{
	return MECHANISM(hysteresis) ? kib_max(config->hysteresis_kib, dom->target_kib / 32) : 0;
}
