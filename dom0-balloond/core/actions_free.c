// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The first half of a turn: follow-ups, cuts, shrinks. Everything is judged by
 * what is applied now: a host at rest, with every guest inside a ceiling that
 * leaves it room, yields no action, however far its ceilings are from the plan's.
 */
#include <stddef.h>

#include "account.h"
#include "actions.h"
#include "bounds.h"
#include "progress.h"

/* A lazy shrink ends within this many steps, however long its tail. */
#define SHRINK_STEPS		20

/*
 * The lease as an order to come down, even under its need; KIB_NONE: none. Not
 * for a guest pinned under its need: that was about where to rest, not about
 * what it needs to live. A probe of a stuck guest is one, lest its need hold it there.
 */
static int64_t order_kib(const struct host *host, const struct dom *dom)
{
	if (!MECHANISM(orders) || dom_is_held(dom) || dom_is_driverless(dom) || dom_is_zero(dom) ||
	    (dom->pin_kib != KIB_NONE && dom->pin_kib < dom->history.need_kib))
		return KIB_NONE;
	if (dom->progress == PROGRESS_STUCK) {
		if (!MECHANISM(probe_orders) || !dom->history.probing)
			return KIB_NONE;
		/* Its share may have risen since it was asked (I8). */
		return MECHANISM(probe_fair) ? kib_max(dom->target_kib, progress_probe_kib(host, dom)) :
					       dom->target_kib;
	}
	if (dom->plan_ceiling_kib >= dom->actual_kib)
		return KIB_NONE;
	if (host->pressing)
		return dom->plan_ceiling_kib;
	/* Going under its need, be it for its limit: that would hold it where it is. */
	if ((dom->history.shrinking || dom_above_limit(dom)) && dom->target_kib <
	    kib_max(dom->bounds.need_kib, MECHANISM(limit_orders) ? dom->history.need_kib : 0))
		return kib_max(dom->target_kib, dom->plan_ceiling_kib);
	return KIB_NONE;
}

/*
 * How low the ceiling may be cut in this turn. On HVM max_pages stay above
 * tot_pages, so that the cut follows a shrinking guest turn by turn; on PV Xen
 * then refuses growth, and what the guest frees is free at once.
 */
static int64_t cut_goal_kib(const struct host *host, const struct dom *dom)
{
	if ((!dom->hvm || !MECHANISM(hvm_above)) && dom->progress != PROGRESS_STUCK &&
	    order_kib(host, dom) != KIB_NONE)
		return dom->plan_ceiling_kib;
	return kib_max(dom->plan_ceiling_kib, dom->actual_kib);
}

static int64_t cut_gain_kib(const struct host *host, const struct dom *dom)
{
	if (!dom_is_guest(dom))
		return 0;
	return kib_max(0, dom_unused_kib(host, dom) -
			  dom_unused_at_kib(dom, kib_max(dom->plan_ceiling_kib,
							 dom->actual_kib)));
}

/*
 * Raises that the slack doesn't cover are covered by cuts; where those don't
 * suffice for needs or a waiting reservation, donors must move now. The slack
 * counts waiting reservations as taken.
 */
static void weigh(struct host *host)
{
	int64_t slack_kib = host_slack_kib(host), comes_kib = host_comes_kib(host);
	int64_t all_kib = 0, needs_kib = 0, cuts_kib = 0;

	for (uint32_t i = 0; i < host->n_doms; i++) {
		const struct dom *dom = &host->doms[i];
		enum wish wish = action_wish(host, dom);

		cuts_kib += cut_gain_kib(host, dom);
		if (wish == WISH_NONE)
			continue;
		if (wish >= WISH_NEED)
			needs_kib += raise_cost_kib(host, dom, need_part_kib(dom));
		all_kib += raise_cost_kib(host, dom, kib_max(dom->plan_ceiling_kib,
							     need_part_kib(dom)));
	}
	host->short_kib = all_kib - slack_kib - comes_kib;
	host->pressing = MECHANISM(pressing) && needs_kib > slack_kib + cuts_kib + comes_kib;
	host->deficit_kib = -(slack_kib + cuts_kib + reservations_waiting_kib(host));
}

/*
 * It rests a little above its target, and its ceiling can't be cut below what it has
 * (HVM, stock guests). Some balloons move in MiB: asked for one more it gets there.
 * One that doesn't is then far enough from its target to be found stuck.
 */
static bool rests_above(const struct dom *dom)
{
	return MECHANISM(missed) && !dom->history.shrinking &&
	       dom->actual_kib > dom->plan_target_kib &&
	       dom->actual_kib <= dom->target_kib + ARRIVED_KIB &&
	       kib_min(dom->actual_kib, dom_ceiling_kib(dom)) > dom->plan_ceiling_kib;
}

/* Lazy or at once, whether this guest is to come down now, and how far. */
static bool shrink_goal(const struct host *host, struct dom *dom, uint64_t now_ms,
			int64_t *goal_kib)
{
	struct dom_history *h = &dom->history;
	int64_t plan_kib = dom->plan_target_kib;
	int64_t gap_kib = dom->target_kib - plan_kib, base_kib, step_kib;

	if (dom->target_kib == KIB_NONE || dom_is_held(dom))
		return false;
	if (MECHANISM(driverless_keeps) && dom_is_driverless(dom) && !dom->floor_explicit &&
	    dom->pin_kib == KIB_NONE)
		return false;
	if (dom->progress == PROGRESS_STUCK) {
		*goal_kib = progress_probe_kib(host, dom);
		return MECHANISM(probe) && !h->probing && now_ms >= h->retry_ms &&
		       progress_asks(host, dom);
	}
	*goal_kib = plan_kib;
	/* dom0 comes down in steps that it can take back, whoever waits. */
	if (host->pressing && !(MECHANISM(zero_lazy) && dom_is_zero(dom))) {
		/* To the page: a start may wait for the last of them. */
		if (gap_kib <= 0 && rests_above(dom))
			*goal_kib = kib_max(plan_kib - ARRIVED_KIB, dom->bounds.floor_kib);
		return *goal_kib < dom->target_kib;
	}
	if (dom->reason == REASON_PINNED)
		return gap_kib > (dom_above_limit(dom) ? 0 : ARRIVED_KIB);
	if (gap_kib <= shrink_least_kib(host, dom))
		return false;
	/* One step at a time, and none before the last was taken. */
	if (now_ms - h->shrink_ms < host->config.shrink_interval_ms ||
	    (MECHANISM(one_step) && h->shrinking &&
	     dom->actual_kib > dom->target_kib + ARRIVED_KIB))
		return false;

	base_kib = kib_min(dom->target_kib, kib_max(dom->actual_kib, plan_kib));
	gap_kib = base_kib - plan_kib;
	if (now_ms - h->shrink_ms > 3ULL * host->config.shrink_interval_ms ||
	    gap_kib > h->shrink_from_kib)
		h->shrink_from_kib = gap_kib;
	step_kib = !MECHANISM(lazy) ? gap_kib :
		   kib_max(gap_kib / host->config.shrink_divisor,
			   h->shrink_from_kib / SHRINK_STEPS);
	step_kib = kib_max(step_kib, ARRIVED_KIB);
	*goal_kib = kib_max(plan_kib, kib_down(base_kib - step_kib, KIB_PER_PAGE));
	return true;
}

/*
 * It grew by itself, or didn't come down: target := actual, and at once where
 * the plan would rest it if that is higher (one write instead of two).
 */
static bool follow_goal(const struct host *host, const struct dom *dom, int64_t *goal_kib)
{
	/* dom0 is never restored, and grows by its target alone. */
	if (!MECHANISM(follow) || !dom_is_guest(dom) || (MECHANISM(zero_unfollowed) && dom_is_zero(dom)) ||
	    dom_is_driverless(dom) || dom->paused || dom->history.shrinking || dom->target_kib == KIB_NONE ||
	    dom->actual_kib <= dom->target_kib + ARRIVED_KIB)
		return false;
	*goal_kib = dom->actual_kib;
	if (MECHANISM(follow_ahead) && host->deficit_kib <= 0)	/* else its ceiling may go to actual */
		*goal_kib = kib_max(*goal_kib, kib_min(dom->plan_target_kib,
						       dom_ceiling_kib(dom)));
	*goal_kib = kib_down(*goal_kib, KIB_PER_PAGE);
	return true;
}

/* What the lease should say under this ceiling; KIB_NONE: leave it alone. */
static int64_t lease_goal_kib(const struct host *host, const struct dom *dom,
			      int64_t ceiling_kib)
{
	int64_t order = order_kib(host, dom);

	if (dom_is_driverless(dom) || dom_is_held(dom) || dom_is_zero(dom))
		return KIB_NONE;
	if (order != KIB_NONE)
		return kib_min(ceiling_kib, order);
	/* PV that was cut and is still coming down: its lease says where to. */
	return ceiling_kib >= dom->actual_kib ? ceiling_kib : KIB_NONE;
}

/*
 * It came down under its need by an order, which is over: its ceiling comes after
 * it, or its need would pull it up again, and the next order down.
 */
static bool came_down(const struct dom *dom)
{
	return MECHANISM(order_kept) && dom->has_lease &&
	       dom->lease_kib < dom_ceiling_kib(dom) && dom->lease_kib < dom->bounds.need_kib;
}

/*
 * Cuts down to the plan as far as raises lack memory. In a deficit (somebody
 * acted behind our back) what the plan promises isn't there yet: then unused
 * ceilings go below the plan too, until what is promised is free.
 */
static void add_cuts(struct host *host, struct list *list)
{
	int64_t deficit_kib = host->deficit_kib;

	for (uint32_t i = 0; i < host->n_doms; i++) {
		struct dom *dom = &host->doms[i];
		int64_t goal_kib, lease_kib, ceiling_kib = dom_ceiling_kib(dom);
		struct action *a;

		if (!dom_is_guest(dom))
			continue;
		dom->cut_kib = ceiling_kib;
		goal_kib = cut_goal_kib(host, dom);
		/* Unused and not missed, it stays; beyond its limit it doesn't. */
		if (goal_kib >= ceiling_kib ||
		    (MECHANISM(lazy_cuts) && !came_down(dom) &&
		     host->short_kib <= 0 && order_kib(host, dom) == KIB_NONE &&
		     (ceiling_kib <= dom->bounds.high_kib || dom_is_driverless(dom))))
			goal_kib = ceiling_kib;
		if (MECHANISM(deficit) && deficit_kib > 0 && goal_kib > dom->actual_kib &&
		    !dom_is_driverless(dom) && !dom_is_zero(dom)) {
			int64_t more_kib = kib_min(kib_up(deficit_kib, KIB_PER_PAGE),
						   goal_kib - dom->actual_kib);

			goal_kib -= more_kib;
			deficit_kib -= more_kib;
		}
		lease_kib = lease_goal_kib(host, dom, goal_kib);
		if (goal_kib == ceiling_kib && (lease_kib == KIB_NONE ||
		    (dom->has_lease && lease_kib == dom->lease_kib)))
			continue;
		a = list_add(list, ACTION_CUT, dom);
		if (!a)
			return;
		if (goal_kib < ceiling_kib)
			host->short_kib -= cut_gain_kib(host, dom);
		a->ceiling_kib = dom->cut_kib = goal_kib;
		a->lease_kib = lease_kib == KIB_NONE ? goal_kib : lease_kib;
	}
}

uint32_t actions_free(struct host *host, uint64_t now_ms,
		      struct action *out, uint32_t max)
{
	struct list list = { out, 0, max };
	struct action *a;
	int64_t goal_kib;

	weigh(host);
	for (uint32_t i = 0; i < host->n_doms; i++) {
		struct dom *dom = &host->doms[i];
		int64_t shrink_kib;

		/* Not where it is asked down anyway, by another target than it has. */
		if (!follow_goal(host, dom, &goal_kib) ||
		    (host->pressing && shrink_goal(host, dom, now_ms, &shrink_kib) &&
		     shrink_kib != dom->target_kib))
			continue;
		a = list_add(&list, ACTION_FOLLOW, dom);
		if (!a)
			break;
		a->target_kib = goal_kib;
		note_target(dom, goal_kib, now_ms);
		dom->history.shrink_ms = now_ms;
	}
	add_cuts(host, &list);
	for (uint32_t i = 0; i < host->n_doms; i++) {
		struct dom *dom = &host->doms[i];
		int64_t most_kib = kib_max(dom->cut_kib, dom->actual_kib);

		if (!dom_is_guest(dom))
			continue;
		/* A target above the ceiling would only make it fail and back off. */
		if (!shrink_goal(host, dom, now_ms, &goal_kib))
			goal_kib = dom->target_kib;
		if (MECHANISM(target_inside) && !dom_is_driverless(dom))
			goal_kib = kib_min(goal_kib, most_kib);
		if (goal_kib == dom->target_kib)
			continue;
		a = list_add(&list, ACTION_SHRINK, dom);
		if (!a)
			break;
		a->target_kib = goal_kib;
		note_target(dom, goal_kib, now_ms);
		dom->history.shrink_ms = now_ms;
	}
	return list.n;
}

