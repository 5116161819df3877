// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The invariants, as one piece of code for every user of the plan. It shares
 * with the plan what floor, need and high mean (bounds.c), nothing else.
 */
#include <stddef.h>

#include "account.h"
#include "bounds.h"
#include "plan.h"

/* Plans are whole pages, shares are exact to 1 KiB. */
#define ROUNDING_KIB	(KIB_PER_PAGE + 1)

typedef __int128 i128;

struct check {
	const struct host *host;
	char *why;
	uint32_t size, breaches;
};

static void put(struct check *c, uint32_t *at, const char *text)
{
	while (*text && *at + 1 < c->size)
		c->why[(*at)++] = *text++;
}

static void put_number(struct check *c, uint32_t *at, int64_t v)
{
	char digits[24], *p = digits + sizeof(digits) - 1;
	uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;

	*p = '\0';
	do {
		*--p = (char)('0' + u % 10);
		u /= 10;
	} while (u);
	if (v < 0)
		*--p = '-';
	put(c, at, p);
}

/* "I2 dom 5: floor above target (262144 > 131072)"; the first one is kept. */
static void breach(struct check *c, const char *what, const struct dom *dom,
		   int64_t a, int64_t b)
{
	uint32_t at = 0;

	if (c->breaches++ || !c->why || !c->size)
		return;
	put(c, &at, what);
	if (dom) {
		put(c, &at, ", dom ");
		put_number(c, &at, dom->domid);
	}
	put(c, &at, " (");
	put_number(c, &at, a);
	put(c, &at, ", ");
	put_number(c, &at, b);
	put(c, &at, ")");
	c->why[at] = '\0';
}

static void check_plan_sum(struct check *c)
{
	int64_t pool_kib = host_pool_kib(c->host) + host_comes_kib(c->host), sum_kib = 0, held_kib = 0;

	for (uint32_t i = 0; i < c->host->n_doms; i++) {
		const struct dom *dom = &c->host->doms[i];

		if (!dom_is_guest(dom))
			continue;
		sum_kib += dom->plan_ceiling_kib + MAX_PAGES_SLACK_KIB - dom->actual_kib;
		held_kib += bounds_least_kib(dom) + MAX_PAGES_SLACK_KIB - dom->actual_kib;
	}
	/* A deficit from outside is no breach while nothing is given beyond it. */
	if (sum_kib > kib_max(pool_kib, held_kib))
		breach(c, "I1: planned ceilings exceed the host", NULL, sum_kib, pool_kib);
}

static void check_plan_dom(struct check *c, const struct dom *dom)
{
	const struct dom_bounds *b = &dom->bounds;

	if (b->floor_kib > b->need_kib || b->need_kib > b->want_kib ||
	    kib_max(b->want_kib, b->held_kib) > b->high_kib || b->floor_kib < 0)
		breach(c, "I2: bounds out of order", dom, b->floor_kib, b->high_kib);
	if (!c->host->overcommitted && dom->plan_target_kib < b->floor_kib)
		breach(c, "I2: target under floor", dom, dom->plan_target_kib, b->floor_kib);
	if (dom->plan_target_kib < kib_down(bounds_least_kib(dom), KIB_PER_PAGE))
		breach(c, "I3: planned under what it is held at", dom,
		       dom->plan_target_kib, bounds_least_kib(dom));
	if (dom->plan_target_kib > dom->plan_ceiling_kib)
		breach(c, "I2: target above ceiling", dom, dom->plan_target_kib,
		       dom->plan_ceiling_kib);
	if (dom->plan_ceiling_kib > b->high_kib)
		breach(c, "I2: ceiling above its limit", dom, dom->plan_ceiling_kib,
		       b->high_kib);
	if (dom_static_max_kib(dom) != KIB_NONE && !dom_is_driverless(dom) &&
	    b->high_kib > kib_max(dom_static_max_kib(dom), b->held_kib))
		breach(c, "I2: limit above static-max", dom, b->high_kib,
		       dom->static_max_kib);
}

/*
 * I10: dom0 is not lowered below what it needs, nor while it strains; and while
 * it lacks, nobody is planned above its floor.
 */
static void check_plan_zero(struct check *c, const struct dom *zero)
{
	const struct dom_bounds *b = &zero->bounds;
	int64_t least_kib = kib_min(zero->target_kib, kib_max(b->floor_kib, b->need_kib));

	if (zero->strained && zero->pin_kib == KIB_NONE)
		least_kib = zero->target_kib;
	if (zero->plan_target_kib < kib_down(least_kib, KIB_PER_PAGE))
		breach(c, "I10: dom0 lowered", zero, zero->plan_target_kib, least_kib);
	if (zero->plan_ceiling_kib != zero->plan_target_kib)
		breach(c, "I10: dom0's ceiling isn't its target", zero, zero->plan_ceiling_kib,
		       zero->plan_target_kib);
	if (c->host->overcommitted || zero->plan_target_kib + ROUNDING_KIB >= b->need_kib)
		return;
	for (uint32_t i = 0; i < c->host->n_doms; i++) {
		const struct dom *dom = &c->host->doms[i];

		if (dom_is_guest(dom) && dom != zero && dom->plan_target_kib > ROUNDING_KIB +
		    kib_max(dom->bounds.floor_kib, dom->bounds.held_kib))
			breach(c, "I10: above its floor while dom0 lacks", dom,
			       dom->plan_target_kib, dom->bounds.floor_kib);
	}
}

/*
 * I3 and I7: who is short gets as much above its floor, by weight, as anybody
 * else who isn't full or held, and then nobody gets more than its need.
 */
static void check_plan_fair(struct check *c)
{
	const struct dom *least = NULL;
	int64_t least_kib = 0, least_weight = 1;

	for (uint32_t i = 0; i < c->host->n_doms; i++) {
		const struct dom *dom = &c->host->doms[i];
		int64_t got_kib = dom->plan_target_kib - dom->bounds.floor_kib;

		if (!dom_is_guest(dom) || dom_is_zero(dom) ||
		    dom->plan_target_kib >= dom->bounds.need_kib)
			continue;
		if (!least || (i128)got_kib * least_weight < (i128)least_kib * dom->weight) {
			least = dom;
			least_kib = got_kib;
			least_weight = dom->weight;
		}
	}
	if (!least)
		return;

	for (uint32_t i = 0; i < c->host->n_doms; i++) {
		const struct dom *dom = &c->host->doms[i];
		int64_t most_kib = kib_max(dom->bounds.need_kib, dom->bounds.held_kib);
		int64_t got_kib = dom->plan_target_kib - dom->bounds.floor_kib;

		if (!dom_is_guest(dom))
			continue;
		if (dom->plan_ceiling_kib > most_kib)
			breach(c, "I3: room beyond its need while another lacks", dom,
			       dom->plan_ceiling_kib, least->domid);
		/* Held above its share: nobody can take that away; dom0's comes first. */
		if (dom->plan_target_kib <= dom->bounds.held_kib || dom_is_zero(dom))
			continue;
		if ((i128)(got_kib - ROUNDING_KIB) * least_weight >
		    (i128)(least_kib + ROUNDING_KIB) * dom->weight)
			breach(c, "I7: more than its fair share", dom, got_kib,
			       least->domid);
	}
}

static void check_plan(struct check *c)
{
	for (uint32_t i = 0; i < c->host->n_doms; i++) {
		if (dom_is_guest(&c->host->doms[i]))
			check_plan_dom(c, &c->host->doms[i]);
		if (dom_is_zero(&c->host->doms[i]))
			check_plan_zero(c, &c->host->doms[i]);
	}
	check_plan_sum(c);
	if (!c->host->overcommitted)
		check_plan_fair(c);
}

/*
 * Over what is applied, after the cuts of a turn: a deficit is foreign unless
 * ceilings that nobody uses make it. The waiting reservations are no promise yet.
 */
static void check_applied(struct check *c)
{
	int64_t slack_kib = host_slack_kib(c->host) + reservations_waiting_kib(c->host);

	for (uint32_t i = 0; i < c->host->n_doms; i++) {
		const struct dom *dom = &c->host->doms[i];
		int64_t ceiling_kib = dom_ceiling_kib(dom);

		if (!dom_is_guest(dom) || dom_is_driverless(dom))
			continue;
		/* What dom0 is growing into isn't taken back from it. */
		if (slack_kib < 0 && !dom_is_zero(dom) &&
		    ceiling_kib >= dom->actual_kib + KIB_PER_PAGE)
			breach(c, "I1: unused ceilings in a deficit", dom, ceiling_kib,
			       slack_kib);
		if (dom->hvm && dom->max_kib < dom->actual_kib && dom->has_lease)
			breach(c, "I4: max_pages of HVM under its memory", dom,
			       dom->max_kib, dom->actual_kib);
		/* Foreign orders to those who can't move stand until they can. */
		if (dom->target_kib == KIB_NONE || dom_is_held(dom))
			continue;
		if (dom->target_kib > kib_max(ceiling_kib, dom->actual_kib))
			breach(c, "I2: target above ceiling", dom, dom->target_kib,
			       ceiling_kib);
		if (dom->target_kib + KIB_PER_PAGE < kib_min(dom->bounds.floor_kib,
							     dom->actual_kib))
			breach(c, "I2: target under floor", dom, dom->target_kib,
			       dom->bounds.floor_kib);
	}
}

uint32_t host_check(const struct host *host, enum check_what what,
		    char *why, uint32_t size)
{
	struct check c = { host, why, size, 0 };

	if (why && size)
		why[0] = '\0';
	if (what == CHECK_PLAN)
		check_plan(&c);
	else
		check_applied(&c);
	return c.breaches;
}
