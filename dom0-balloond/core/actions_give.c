// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The second half of a turn: what is free goes out, the most urgent first, never
 * more than there is (I4).
 */
#include <stddef.h>

#include "account.h"
#include "actions.h"
#include "bounds.h"
#include "levels.h"

static struct level levels[HOST_DOMS_MAX];
static int64_t granted[HOST_DOMS_MAX];
static enum wish wishes[HOST_DOMS_MAX];		/* of this turn, before anything is given */

/* Share out `total` among those with this wish, by weight; what is left. */
static int64_t pour_wish(const struct host *host, enum wish wish, bool needs,
			 int64_t total_kib)
{
	uint32_t n = 0;

	if (total_kib <= 0)
		return total_kib;
	for (uint32_t i = 0; i < host->n_doms; i++) {
		const struct dom *dom = &host->doms[i];
		enum wish its = wishes[i];
		int64_t goal_kib = needs ? need_part_kib(dom)
					 : kib_max(dom->plan_ceiling_kib, need_part_kib(dom));

		levels[n].low_kib = 0;
		levels[n].high_kib = 0;
		if (its == wish || (!needs && its != WISH_NONE))
			levels[n].high_kib = kib_max(0, raise_cost_kib(host, dom, goal_kib) -
							granted[i]);
		levels[n++].weight = dom_weight(dom);
	}
	total_kib = levels_fill(levels, n, total_kib);
	for (uint32_t i = 0; i < n; i++)
		granted[i] += levels[i].share_kib;
	return total_kib;
}

/* The ceiling that this much slack buys, not above the plan's. */
static int64_t bought_kib(const struct host *host, const struct dom *dom, int64_t cost_kib)
{
	int64_t goal_kib = kib_max(dom->plan_ceiling_kib, need_part_kib(dom));
	int64_t ceiling_kib = dom->actual_kib + dom_unused_kib(host, dom) + cost_kib -
			      MAX_PAGES_SLACK_KIB;

	return kib_down(kib_min(goal_kib, ceiling_kib), KIB_PER_PAGE);
}

static bool raise_is_due(const struct dom *dom, enum wish wish, int64_t ceiling_kib)
{
	int64_t rise_kib = ceiling_kib - dom_ceiling_kib(dom);

	/* Under what it has it would be an order, not a raise. */
	if (rise_kib < KIB_PER_PAGE || ceiling_kib < dom->actual_kib)
		return false;
	if (ceiling_kib >= dom->plan_ceiling_kib)
		return true;
	if (wish >= WISH_NEED)
		return rise_kib >= RAISE_MIN_KIB || ceiling_kib >= need_part_kib(dom);
	return rise_kib >= ROOM_MIN_KIB;
}

/* What a stock guest has above what it was told to have is on its way out. */
static int64_t target_goal_kib(const struct dom *dom)
{
	if (dom_is_driverless(dom))
		return kib_min(dom->plan_target_kib, dom->bounds.need_kib);
	return dom->plan_target_kib;
}

static void add_raise(struct list *list, struct dom *dom, int64_t ceiling_kib,
		      uint64_t now_ms)
{
	struct action *a = list_add(list, ACTION_RAISE, dom);
	int64_t target_kib = kib_min(target_goal_kib(dom), ceiling_kib);

	if (!a)
		return;
	/* A guest above its plan comes down in its own time. */
	if (MECHANISM(raise_only) && dom->target_kib != KIB_NONE && target_kib < dom->target_kib)
		target_kib = kib_min(dom->target_kib, ceiling_kib);
	/* The stock balloon thread sleeps until its target changes. */
	if (MECHANISM(wake) && dom_is_driverless(dom) && target_kib == dom->target_kib)
		target_kib += target_kib < KIB_PER_PAGE ? KIB_PER_PAGE : -KIB_PER_PAGE;
	a->ceiling_kib = a->lease_kib = ceiling_kib;
	a->target_kib = target_kib;
	if (target_kib != dom->target_kib)
		note_target(dom, target_kib, now_ms);
}

static void add_target(const struct host *host, struct list *list, struct dom *dom,
		       uint64_t now_ms)
{
	int64_t most_kib = dom_ceiling_kib(dom), goal_kib, rise_kib;
	struct action *a;

	/* Above its ceiling it is on its way down, but not under its floor. */
	if (dom_is_driverless(dom) || dom->progress == PROGRESS_STUCK)
		most_kib = kib_max(most_kib, dom->actual_kib);
	else
		most_kib = kib_max(most_kib, kib_min(dom->actual_kib, dom->bounds.floor_kib));
	goal_kib = kib_min(target_goal_kib(dom), most_kib);
	rise_kib = goal_kib - dom->target_kib;

	if (!dom_is_guest(dom) || dom_is_held(dom))
		return;
	/* Nobody waits, and a stuck one doesn't rest, under its floor. */
	if (dom->target_kib >= dom->bounds.floor_kib &&
	    (dom->progress == PROGRESS_STUCK ||
	     rise_kib <= dom_hysteresis_kib(&host->config, dom)))
		return;
	if (dom->target_kib != KIB_NONE && rise_kib <= 0)
		return;
	a = list_add(list, ACTION_TARGET, dom);
	if (!a)
		return;
	a->target_kib = goal_kib;
	note_target(dom, goal_kib, now_ms);
}

uint32_t actions_give(struct host *host, int64_t slack_kib, uint64_t now_ms,
		      struct action *out, uint32_t max)
{
	static const enum wish order[] = { WISH_FIRST, WISH_URGENT, WISH_NEED, WISH_ROOM };
	struct list list = { out, 0, max };
	int64_t waiting_kib = reservations_waiting_kib(host);
	int64_t left_kib = MECHANISM(give_free) ? slack_kib + waiting_kib : host->total_kib;

	for (uint32_t i = 0; i < host->n_doms; i++) {
		granted[i] = 0;
		wishes[i] = action_wish(host, &host->doms[i]);
	}
	/* Needs before reservations that wait; wants and headroom after them. */
	left_kib = pour_wish(host, WISH_FIRST, true, left_kib);
	left_kib = pour_wish(host, WISH_URGENT, true, left_kib);
	left_kib = pour_wish(host, WISH_NEED, true, left_kib);
	if (MECHANISM(waiting_first))
		left_kib -= waiting_kib;
	pour_wish(host, WISH_ROOM, false, left_kib);

	for (unsigned int k = 0; k < sizeof(order) / sizeof(order[0]); k++) {
		for (uint32_t i = 0; i < host->n_doms; i++) {
			struct dom *dom = &host->doms[i];
			int64_t ceiling_kib;

			if (wishes[i] != order[k])
				continue;
			ceiling_kib = bought_kib(host, dom, granted[i]);
			if (raise_is_due(dom, wishes[i], ceiling_kib))
				add_raise(&list, dom, ceiling_kib, now_ms);
			else
				add_target(host, &list, dom, now_ms);
		}
	}
	for (uint32_t i = 0; i < host->n_doms; i++)
		if (wishes[i] == WISH_NONE)
			add_target(host, &list, &host->doms[i], now_ms);
	return list.n;
}
