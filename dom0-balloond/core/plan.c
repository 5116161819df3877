// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where everyone should come to rest: memory is poured over the guests level by
 * level, each level full before the next begins.
 *
 *	1 floors	what admission promised
 *	2 needs		dom0's, where it is balanced; then max-min by weight of
 *			what lies above the floors
 *	3 headroom	ceiling above target, so that a burst asks nobody
 *	4 wants		cache that pays for itself
 *	5 held		what lies within hysteresis stays where it is
 *	6 surplus	to guests (setting), or leased out as further ceiling: an
 *			unused ceiling costs nothing and is revoked by one hypercall
 */
#include "account.h"
#include "bounds.h"
#include "levels.h"
#include "plan.h"

/* Ceilings end at whole 4 MiB, lest they follow every page of demand. */
#define CEILING_STEP_KIB	(4 * KIB_PER_MIB)

/* Scratch, as large as a host can be: no allocation, and no second caller. */
static struct level levels[HOST_DOMS_MAX];
static int64_t headroom[HOST_DOMS_MAX];
static int64_t hold[HOST_DOMS_MAX];	/* what level 5 gave */

/*
 * One level: gap(dom) more for everyone, `total` in all. Adds the share to
 * *part(dom). @return what is left
 */
enum part { PART_TARGET, PART_HEADROOM, PART_CEILING };

static int64_t level_pour(struct host *host, enum part part,
			  int64_t (*gap)(const struct host *, const struct dom *,
					 int64_t headroom_kib),
			  int64_t total_kib)
{
	int64_t left_kib;
	uint32_t n = 0;

	if (total_kib <= 0)
		return total_kib;
	for (uint32_t i = 0; i < host->n_doms; i++) {
		const struct dom *dom = &host->doms[i];

		if (!dom_is_guest(dom))
			continue;
		levels[n].low_kib = 0;
		levels[n].high_kib = kib_max(0, gap(host, dom, headroom[i]));
		levels[n++].weight = dom_weight(dom);
	}
	left_kib = levels_fill(levels, n, total_kib);
	n = 0;
	for (uint32_t i = 0; i < host->n_doms; i++) {
		struct dom *dom = &host->doms[i];

		if (!dom_is_guest(dom))
			continue;
		if (part == PART_TARGET)
			dom->plan_target_kib += levels[n++].share_kib;
		else if (part == PART_CEILING)
			dom->plan_ceiling_kib += levels[n++].share_kib;
		else
			headroom[i] = levels[n++].share_kib;
	}
	return left_kib;
}

/*
 * Level 1. What a stuck or held guest has can't be had, and nobody is asked to
 * go below its floor. When the floors don't fit, those who are under theirs
 * share by weight what there is.
 */
static int64_t pour_floors(struct host *host)
{
	int64_t left_kib, floors_kib = 0;
	uint32_t n = 0;

	for (uint32_t i = 0; i < host->n_doms; i++) {
		const struct dom_bounds *b = &host->doms[i].bounds;

		if (!dom_is_guest(&host->doms[i]))
			continue;
		levels[n].low_kib = bounds_least_kib(&host->doms[i]);
		levels[n].high_kib = kib_max(b->floor_kib, b->held_kib);
		levels[n].weight = dom_weight(&host->doms[i]);
		floors_kib += levels[n++].high_kib;
	}
	left_kib = levels_fill(levels, n, host->usable_kib);
	host->overcommitted = MECHANISM(overcommit) && host->usable_kib < floors_kib;

	n = 0;
	for (uint32_t i = 0; i < host->n_doms; i++)
		if (dom_is_guest(&host->doms[i]))
			host->doms[i].plan_target_kib = levels[n++].share_kib;
	return left_kib;
}

/* A balanced dom0 first: when it stalls, so does every guest that has a disk. */
static int64_t pour_zero(struct host *host, int64_t total_kib)
{
	for (uint32_t i = 0; MECHANISM(zero_first) && i < host->n_doms; i++) {
		struct dom *dom = &host->doms[i];
		int64_t more_kib = kib_min(total_kib, dom->bounds.need_kib - dom->plan_target_kib);

		if (!dom_is_zero(dom) || more_kib <= 0)
			continue;
		dom->plan_target_kib += more_kib;
		total_kib -= more_kib;
	}
	return total_kib;
}

/*
 * Level 2: one common (allocation - floor) / weight for all who are neither at
 * their need nor held above it.
 */
static int64_t pour_needs(struct host *host, int64_t total_kib)
{
	int64_t left_kib, short_kib = 0;
	uint32_t n = 0;

	for (uint32_t i = 0; i < host->n_doms; i++) {
		const struct dom *dom = &host->doms[i];
		const struct dom_bounds *b = &dom->bounds;

		if (!dom_is_guest(dom))
			continue;
		levels[n].low_kib = dom->plan_target_kib - b->floor_kib;
		levels[n].high_kib = kib_max(b->need_kib, dom->plan_target_kib) -
				     b->floor_kib;
		levels[n].weight = dom_weight(dom);
		total_kib += levels[n++].low_kib;
	}
	left_kib = levels_fill(levels, n, total_kib);

	n = 0;
	for (uint32_t i = 0; i < host->n_doms; i++) {
		struct dom *dom = &host->doms[i];

		if (!dom_is_guest(dom))
			continue;
		dom->plan_target_kib = dom->bounds.floor_kib + levels[n++].share_kib;
		short_kib += kib_max(0, dom->bounds.need_kib - dom->plan_target_kib);
	}
	host->scarce = short_kib > 0;
	return left_kib;
}

/* Rests where it was put, or where it is stuck: gets nothing beyond that. */
static bool rests(const struct dom *dom)
{
	return dom->pin_kib != KIB_NONE || dom_is_driverless(dom) ||
	       dom_is_held(dom) ||
	       (MECHANISM(stuck_capped) && dom->progress == PROGRESS_STUCK);
}

static int64_t gap_headroom(const struct host *host, const struct dom *dom,
			    int64_t headroom_kib)
{
	(void)headroom_kib;
	if (!MECHANISM(headroom) || dom_is_driverless(dom) || dom_is_held(dom) || dom_is_zero(dom))
		return 0;
	return kib_min(dom->bounds.high_kib - dom->plan_target_kib,
		       kib_max(host->config.headroom_min_kib, dom->history.growth_kib));
}

static int64_t gap_want(const struct host *host, const struct dom *dom,
			int64_t headroom_kib)
{
	(void)host, (void)headroom_kib;
	return MECHANISM(wants) ? dom->bounds.want_kib - dom->plan_target_kib : 0;
}

static int64_t gap_hold(const struct host *host, const struct dom *dom,
			int64_t headroom_kib)
{
	int64_t gap = kib_min(dom->target_kib, dom->bounds.high_kib) -
		      dom->plan_target_kib;

	(void)headroom_kib;
	if (!MECHANISM(hold) || rests(dom) || dom->history.shrinking ||
	    gap > dom_hysteresis_kib(&host->config, dom))
		return 0;
	return gap;
}

static int64_t gap_surplus(const struct host *host, const struct dom *dom)
{
	if (rests(dom) || dom_is_zero(dom) != (host->config.surplus == SURPLUS_DOM0))
		return 0;
	return dom->bounds.high_kib - dom->plan_target_kib;
}

/*
 * Level 6, to the guests. What was held counts as theirs already: or who is held
 * would get a share on top of it, and in the next turn another share than in this.
 */
static int64_t pour_surplus(struct host *host, int64_t total_kib)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < host->n_doms; i++) {
		const struct dom *dom = &host->doms[i];

		if (!dom_is_guest(dom))
			continue;
		levels[n].low_kib = MECHANISM(hold_counts) ? hold[i] : 0;
		levels[n].high_kib = levels[n].low_kib + kib_max(0, gap_surplus(host, dom));
		levels[n].weight = dom_weight(dom);
		total_kib += levels[n++].low_kib;
	}
	total_kib = levels_fill(levels, n, total_kib);
	n = 0;
	for (uint32_t i = 0; i < host->n_doms; i++) {
		struct dom *dom = &host->doms[i];

		if (!dom_is_guest(dom))
			continue;
		dom->plan_target_kib += levels[n].share_kib - levels[n].low_kib;
		n++;
	}
	return total_kib;
}

static int64_t gap_lease(const struct host *host, const struct dom *dom,
			 int64_t headroom_kib)
{
	(void)host, (void)headroom_kib;
	if (!MECHANISM(lease) || rests(dom) || dom_is_zero(dom))
		return 0;
	return dom->bounds.high_kib - dom->plan_ceiling_kib;
}

/* What the guests share in all, less the slack above every ceiling. */
static int64_t usable_kib(const struct host *host)
{
	int64_t usable = host_pool_kib(host);

	for (uint32_t i = 0; i < host->n_doms; i++)
		if (dom_is_guest(&host->doms[i]))
			usable += host->doms[i].actual_kib - MAX_PAGES_SLACK_KIB;
	return usable;
}

/* Its size is settled before anything is shared out. */
static bool is_settled(const struct dom *dom)
{
	return dom_is_held(dom) || (dom_is_driverless(dom) &&
				    dom->bounds.floor_kib >= dom->bounds.need_kib);
}

/*
 * For explain and for probing the stuck: what max-min promises a guest whatever
 * the others say they need. In scarcity what some can't take, at their size or
 * their max, is the others': without that a guest stuck on less than it is due
 * was asked for more. In plenty nobody acts by it, and no level is poured.
 */
static void fair_shares(struct host *host)
{
	int64_t pool_kib = host->usable_kib, weights = 0;
	uint32_t n = 0;

	for (uint32_t i = 0; i < host->n_doms; i++) {
		const struct dom *dom = &host->doms[i];
		const struct dom_bounds *b = &dom->bounds;

		if (!dom_is_guest(dom))
			continue;
		if (is_settled(dom)) {
			pool_kib -= kib_max(b->floor_kib, b->held_kib);
			continue;
		}
		pool_kib -= b->floor_kib;
		weights += dom_weight(dom);
		levels[n].low_kib = 0;
		levels[n].high_kib = kib_max(0, b->high_kib - b->floor_kib);
		levels[n++].weight = dom_weight(dom);
	}
	pool_kib = kib_clamp(pool_kib, 0, LEVELS_TOTAL_MAX);
	if (MECHANISM(fair_caps) && host->scarce)
		levels_fill(levels, n, pool_kib);
	else
		for (uint32_t k = 0; k < n; k++)
			levels[k].share_kib = pool_kib * levels[k].weight / weights;
	n = 0;
	for (uint32_t i = 0; i < host->n_doms; i++) {
		struct dom *dom = &host->doms[i];

		if (!dom_is_guest(dom))
			dom->fair_kib = dom->actual_kib;
		else if (is_settled(dom))
			dom->fair_kib = dom->bounds.need_kib;
		else
			dom->fair_kib = dom->bounds.floor_kib + levels[n++].share_kib;
	}
}

static enum reason reason_of(const struct host *host, const struct dom *dom)
{
	const struct dom_bounds *b = &dom->bounds;
	int64_t target_kib = dom->plan_target_kib;

	if (!dom_is_guest(dom))
		return REASON_FIXED;
	if (dom_is_held(dom))
		return dom->paused ? REASON_FIXED : REASON_SILENT;
	if (dom->progress == PROGRESS_STUCK && target_kib <= b->held_kib)
		return REASON_STUCK;
	if (host->overcommitted && target_kib < b->floor_kib)
		return REASON_OVERCOMMITTED;
	if (target_kib < b->need_kib)
		return target_kib <= b->floor_kib ? REASON_FLOOR : REASON_FAIR_SHARE;
	if (dom->pin_kib != KIB_NONE)
		return REASON_PINNED;
	if (dom_is_driverless(dom))
		return REASON_SILENT;
	if (target_kib <= b->need_kib)
		return b->need_kib <= b->floor_kib ? REASON_FLOOR : REASON_NEED;
	if (target_kib <= b->want_kib)
		return REASON_WANT;
	return target_kib == dom->target_kib ? REASON_HYSTERESIS : REASON_SURPLUS;
}

/* Whole pages; ceilings in steps where that leaves the headroom alone. */
static void finish(struct host *host)
{
	for (uint32_t i = 0; i < host->n_doms; i++) {
		struct dom *dom = &host->doms[i];
		int64_t stepped;

		if (!dom_is_guest(dom))
			continue;
		dom->plan_target_kib = kib_down(dom->plan_target_kib, KIB_PER_PAGE);
		dom->plan_ceiling_kib = kib_down(dom->plan_ceiling_kib, KIB_PER_PAGE);
		stepped = kib_down(dom->plan_ceiling_kib, CEILING_STEP_KIB);
		if (stepped >= dom->plan_target_kib + headroom[i] &&
		    dom->plan_ceiling_kib < dom->bounds.high_kib)
			dom->plan_ceiling_kib = stepped;
		dom->reason = reason_of(host, dom);
	}
}

void plan_compute(struct host *host, uint64_t now_ms)
{
	bool handed_out = MECHANISM(surplus) && host->config.surplus != SURPLUS_FREE;
	int64_t left_kib;

	for (uint32_t i = 0; i < host->n_doms; i++) {
		struct dom *dom = &host->doms[i];

		headroom[i] = 0;
		dom->plan_target_kib = dom->actual_kib;
		dom->plan_ceiling_kib = dom_ceiling_kib(dom);
		dom->reason = REASON_FIXED;
		if (dom_is_guest(dom))
			bounds_update(dom, now_ms);
	}
	host->usable_kib = usable_kib(host);

	host->scarce = false;
	left_kib = pour_floors(host);
	if (host->overcommitted)
		host->scarce = true;
	else if (MECHANISM(needs))
		left_kib = pour_needs(host, pour_zero(host, left_kib));
	fair_shares(host);
	left_kib = level_pour(host, PART_HEADROOM, gap_headroom, left_kib);
	left_kib = level_pour(host, PART_TARGET, gap_want, left_kib);
	for (uint32_t i = 0; handed_out && i < host->n_doms; i++)
		hold[i] = -host->doms[i].plan_target_kib;
	left_kib = level_pour(host, PART_TARGET, gap_hold, left_kib);
	for (uint32_t i = 0; handed_out && i < host->n_doms; i++)
		hold[i] += host->doms[i].plan_target_kib;
	if (handed_out)
		left_kib = pour_surplus(host, left_kib);

	/* Wants may have filled what was room to grow. */
	for (uint32_t i = 0; i < host->n_doms; i++) {
		struct dom *dom = &host->doms[i];
		int64_t room_kib;

		if (!dom_is_guest(dom))
			continue;
		room_kib = dom->bounds.high_kib - dom->plan_target_kib;
		if (MECHANISM(headroom_fits) && headroom[i] > room_kib) {
			left_kib += headroom[i] - kib_max(room_kib, 0);
			headroom[i] = kib_max(room_kib, 0);
		}
		dom->plan_ceiling_kib = dom->plan_target_kib + headroom[i];
	}
	level_pour(host, PART_CEILING, gap_lease, left_kib);
	finish(host);
}
