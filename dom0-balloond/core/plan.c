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
#include <stddef.h>

#include "account.h"
#include "bounds.h"
#include "levels.h"
#include "plan.h"

/* Ceilings end at whole 4 MiB, lest they follow every page of demand. */
#define CEILING_STEP_KIB	(4 * KIB_PER_MIB)

/*
 * What the levels look at of a guest, close together: they go over all of them a
 * dozen times, and struct dom is seven times as large.
 */
struct seat {
	struct dom *dom;
	struct dom_bounds bounds;
	int64_t burst_kib;	/* the headroom that it should have; 0: none */
	int64_t stay_kib;	/* where it is, if it may stay there; 0: nowhere */
	int64_t hysteresis_kib;
	uint32_t weight;
	bool settled;		/* its size is known before anything is shared out */
	bool stuck;
	bool rests;		/* where it was put or is stuck: gets nothing beyond */
	bool zero;

	int64_t target_kib, ceiling_kib;	/* so far */
	int64_t headroom_kib, held_kib;		/* what levels 3 and 5 gave */
};

/* Scratch, as large as a host can be: no allocation, and no second caller. */
static struct seat seats[HOST_DOMS_MAX];
static struct level levels[HOST_DOMS_MAX];	/* of the same guests */
static struct seat *zero;			/* a balanced dom0's, or NULL */
static uint32_t n_seats;

static void seat_take(const struct host *host, struct seat *s, struct dom *dom)
{
	bool held = dom_is_held(dom), driverless = dom_is_driverless(dom);

	s->dom = dom;
	s->bounds = dom->bounds;
	s->weight = dom_weight(dom);
	s->zero = dom_is_zero(dom);
	s->stuck = dom->progress == PROGRESS_STUCK;
	s->rests = held || driverless || dom->pin_kib != KIB_NONE ||
		   (MECHANISM(stuck_capped) && s->stuck);
	s->settled = held || (driverless && dom->bounds.floor_kib >= dom->bounds.need_kib);
	s->hysteresis_kib = dom_hysteresis_kib(&host->config, dom);
	s->stay_kib = 0;
	if (MECHANISM(hold) && !s->rests && !dom->history.shrinking)
		s->stay_kib = kib_min(dom->target_kib, dom->bounds.high_kib);
	s->burst_kib = 0;
	if (MECHANISM(headroom) && !driverless && !held && !s->zero)
		s->burst_kib = kib_max(host->config.headroom_min_kib, dom->history.growth_kib);
	s->headroom_kib = s->held_kib = 0;
}

/*
 * Who takes part, with fresh bounds; the others stay as they are. What the guests
 * share in all, less the slack above every ceiling, is the host's usable_kib.
 */
static void seats_take(struct host *host, uint64_t now_ms)
{
	host->usable_kib = host_pool_kib(host) + host_comes_kib(host);
	n_seats = 0;
	zero = NULL;
	for (uint32_t i = 0; i < host->n_doms; i++) {
		struct dom *dom = &host->doms[i];

		if (dom_is_guest(dom)) {
			bounds_update(dom, now_ms);
			host->usable_kib += dom->actual_kib - MAX_PAGES_SLACK_KIB;
			seat_take(host, &seats[n_seats], dom);
			if (dom_is_zero(dom))
				zero = &seats[n_seats];
			n_seats++;
			continue;
		}
		dom->plan_target_kib = dom->fair_kib = dom->actual_kib;
		dom->plan_ceiling_kib = dom_ceiling_kib(dom);
		dom->reason = REASON_FIXED;
	}
}

/*
 * One level: gap(seat) more for everyone, `total` in all; take(seat, share) notes
 * what it got. @return what is left
 */
static inline __attribute__((always_inline))
int64_t level_pour(int64_t (*gap)(const struct seat *),
		   void (*take)(struct seat *, int64_t share_kib), int64_t total_kib)
{
	int64_t gaps_kib = 0;

	if (total_kib <= 0)
		return total_kib;
	for (uint32_t i = 0; i < n_seats; i++) {
		levels[i].low_kib = 0;
		levels[i].high_kib = kib_max(0, gap(&seats[i]));
		levels[i].weight = seats[i].weight;
		gaps_kib += levels[i].high_kib;
	}
	if (gaps_kib > total_kib)
		levels_fill(levels, n_seats, total_kib);
	for (uint32_t i = 0; i < n_seats; i++)
		take(&seats[i], gaps_kib > total_kib ? levels[i].share_kib
						     : levels[i].high_kib);
	return kib_max(0, total_kib - gaps_kib);
}

/*
 * Level 1. What a stuck or held guest has can't be had, and nobody is asked to
 * go below its floor. When the floors don't fit, those who are under theirs
 * share by weight what there is.
 */
static int64_t pour_floors(struct host *host)
{
	int64_t floors_kib = 0;

	for (uint32_t i = 0; i < n_seats; i++) {
		struct seat *s = &seats[i];

		s->target_kib = kib_max(s->bounds.floor_kib, s->bounds.held_kib);
		floors_kib += s->target_kib;
	}
	host->overcommitted = MECHANISM(overcommit) && host->usable_kib < floors_kib;
	if (host->usable_kib >= floors_kib)
		return host->usable_kib - floors_kib;

	for (uint32_t i = 0; i < n_seats; i++) {
		levels[i].low_kib = bounds_least_kib(seats[i].dom);
		levels[i].high_kib = seats[i].target_kib;
		levels[i].weight = seats[i].weight;
	}
	floors_kib = levels_fill(levels, n_seats, host->usable_kib);
	for (uint32_t i = 0; i < n_seats; i++)
		seats[i].target_kib = levels[i].share_kib;
	return floors_kib;
}

/* A balanced dom0 first: when it stalls, so does every guest that has a disk. */
static int64_t pour_zero(int64_t total_kib)
{
	int64_t more_kib = 0;

	if (MECHANISM(zero_first) && zero)
		more_kib = kib_max(0, kib_min(total_kib, zero->bounds.need_kib - zero->target_kib));
	if (more_kib)
		zero->target_kib += more_kib;
	return total_kib - more_kib;
}

/*
 * Level 2: one common (allocation - floor) / weight for all who are neither at
 * their need nor held above it.
 */
static int64_t pour_needs(struct host *host, int64_t total_kib)
{
	int64_t left_kib, short_kib = 0;

	for (uint32_t i = 0; i < n_seats; i++) {
		const struct seat *s = &seats[i];

		levels[i].low_kib = s->target_kib - s->bounds.floor_kib;
		levels[i].high_kib = kib_max(s->bounds.need_kib, s->target_kib) -
				     s->bounds.floor_kib;
		levels[i].weight = s->weight;
		total_kib += levels[i].low_kib;
	}
	left_kib = levels_fill(levels, n_seats, total_kib);
	for (uint32_t i = 0; i < n_seats; i++) {
		struct seat *s = &seats[i];

		s->target_kib = s->bounds.floor_kib + levels[i].share_kib;
		short_kib += kib_max(0, s->bounds.need_kib - s->target_kib);
	}
	host->scarce = short_kib > 0;
	return left_kib;
}

static int64_t gap_headroom(const struct seat *s)
{
	return kib_min(s->bounds.high_kib - s->target_kib, s->burst_kib);
}

static void take_headroom(struct seat *s, int64_t share_kib)
{
	s->headroom_kib = share_kib;
}

static int64_t gap_want(const struct seat *s)
{
	return MECHANISM(wants) ? s->bounds.want_kib - s->target_kib : 0;
}

static void take_target(struct seat *s, int64_t share_kib)
{
	s->target_kib += share_kib;
}

static int64_t gap_hold(const struct seat *s)
{
	int64_t gap_kib = s->stay_kib - s->target_kib;

	return gap_kib > s->hysteresis_kib ? 0 : gap_kib;
}

static void take_hold(struct seat *s, int64_t share_kib)
{
	s->target_kib += share_kib;
	s->held_kib = share_kib;
}

static int64_t gap_surplus(const struct host *host, const struct seat *s)
{
	if (s->rests || s->zero != (host->config.surplus == SURPLUS_DOM0))
		return 0;
	return s->bounds.high_kib - s->target_kib;
}

/*
 * Level 6, to the guests. What was held counts as theirs already: or who is held
 * would get a share on top of it, and in the next turn another share than in this.
 */
static int64_t pour_surplus(const struct host *host, int64_t total_kib)
{
	for (uint32_t i = 0; i < n_seats; i++) {
		const struct seat *s = &seats[i];

		levels[i].low_kib = MECHANISM(hold_counts) ? s->held_kib : 0;
		levels[i].high_kib = levels[i].low_kib + kib_max(0, gap_surplus(host, s));
		levels[i].weight = s->weight;
		total_kib += levels[i].low_kib;
	}
	total_kib = levels_fill(levels, n_seats, total_kib);
	for (uint32_t i = 0; i < n_seats; i++)
		seats[i].target_kib += levels[i].share_kib - levels[i].low_kib;
	return total_kib;
}

static int64_t gap_lease(const struct seat *s)
{
	return !MECHANISM(lease) || s->rests || s->zero ? 0 : s->bounds.high_kib - s->ceiling_kib;
}

static void take_lease(struct seat *s, int64_t share_kib)
{
	s->ceiling_kib += share_kib;
}

/* Wants may have filled what was room to grow. @return what is left with that */
static int64_t headroom_fit(int64_t left_kib)
{
	for (uint32_t i = 0; i < n_seats; i++) {
		struct seat *s = &seats[i];
		int64_t room_kib = kib_max(0, s->bounds.high_kib - s->target_kib);

		if (MECHANISM(headroom_fits) && s->headroom_kib > room_kib) {
			left_kib += s->headroom_kib - room_kib;
			s->headroom_kib = room_kib;
		}
		s->ceiling_kib = s->target_kib + s->headroom_kib;
	}
	return left_kib;
}

/*
 * For explain and for probing the stuck: what max-min promises a guest whatever
 * the others say they need. In scarcity what some can't take, at their size or
 * their max, is the others': without that a guest stuck on less than it is due
 * was asked for more. In plenty nobody acts by it, and no level is poured.
 */
static void fair_shares(const struct host *host)
{
	int64_t pool_kib = host->usable_kib, weights = 0;
	bool caps = MECHANISM(fair_caps) && host->scarce;
	uint32_t n = 0;

	for (uint32_t i = 0; i < n_seats; i++) {
		const struct seat *s = &seats[i];
		const struct dom_bounds *b = &s->bounds;

		pool_kib -= s->settled ? kib_max(b->floor_kib, b->held_kib) : b->floor_kib;
		if (s->settled)
			continue;
		weights += s->weight;
		/* A floor of its own is no more the others' than one by policy. */
		levels[n].low_kib = s->stuck || s->zero ? 0 : kib_max(0, b->held_kib - b->floor_kib);
		levels[n].high_kib = kib_max(0, b->high_kib - b->floor_kib);
		levels[n++].weight = s->weight;
	}
	pool_kib = kib_clamp(pool_kib, 0, LEVELS_TOTAL_MAX);
	if (caps)
		levels_fill(levels, n, pool_kib);
	n = 0;
	for (uint32_t i = 0; i < n_seats; i++) {
		const struct seat *s = &seats[i];

		if (s->settled)
			s->dom->fair_kib = s->bounds.need_kib;
		else
			s->dom->fair_kib = s->bounds.floor_kib +
				(caps ? levels[n++].share_kib : pool_kib * s->weight / weights);
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
static void seats_leave(const struct host *host)
{
	for (uint32_t i = 0; i < n_seats; i++) {
		const struct seat *s = &seats[i];
		struct dom *dom = s->dom;
		int64_t stepped;

		dom->plan_target_kib = kib_down(s->target_kib, KIB_PER_PAGE);
		dom->plan_ceiling_kib = kib_down(s->ceiling_kib, KIB_PER_PAGE);
		stepped = kib_down(dom->plan_ceiling_kib, CEILING_STEP_KIB);
		if (stepped >= dom->plan_target_kib + s->headroom_kib &&
		    dom->plan_ceiling_kib < s->bounds.high_kib)
			dom->plan_ceiling_kib = stepped;
		dom->reason = reason_of(host, dom);
	}
}

void plan_compute(struct host *host, uint64_t now_ms)
{
	int64_t left_kib;

	seats_take(host, now_ms);
	host->scarce = false;
	left_kib = pour_floors(host);
	if (host->overcommitted)
		host->scarce = true;
	else if (MECHANISM(needs))
		left_kib = pour_needs(host, pour_zero(left_kib));
	fair_shares(host);
	left_kib = level_pour(gap_headroom, take_headroom, left_kib);
	left_kib = level_pour(gap_want, take_target, left_kib);
	left_kib = level_pour(gap_hold, take_hold, left_kib);
	if (MECHANISM(surplus) && host->config.surplus != SURPLUS_FREE)
		left_kib = pour_surplus(host, left_kib);
	left_kib = headroom_fit(left_kib);
	level_pour(gap_lease, take_lease, left_kib);
	seats_leave(host);
}
