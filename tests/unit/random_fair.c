// SPDX-License-Identifier: GPL-2.0-or-later
#include "random_run.h"

#include <stdio.h>

#include "core/account.h"
#include "core/kib.h"
#include "core/plan.h"

void fair_held(struct run *r)
{
	for (int i = 0; i < SLOTS; i++) {
		struct slot *s = &r->slots[i];
		const struct sim_dom *dom = slot_dom(s);

		if (!dom)
			continue;
		if (r->w->now_us - s->held_at > HELD_US) {
			s->held_kib[1] = r->w->now_us - s->held_at > 2 * HELD_US ? 0 : s->held_kib[0];
			s->held_kib[0] = 0;
			s->held_at = r->w->now_us;
		}
		s->held_kib[0] = kib_max(s->held_kib[0], dom->tot_kib);
	}
}

int64_t fair_held_kib(const struct slot *s)
{
	return kib_max(kib_max(s->held_kib[0], s->held_kib[1]), slot_dom(s)->tot_kib);
}

/* Comes down when it is told to: nothing that it holds counts against others. */
static bool gives(struct run *r, const struct slot *s, const struct dom *dom)
{
	return s && slot_is_honest(s) && r->w->now_us - s->honest_us >= FOREIGN_US &&
	       dom->has_report && dom->progress != PROGRESS_STUCK &&
	       dom->progress != PROGRESS_SILENT && dom->progress != PROGRESS_SLOW;
}

/*
 * Of what it holds, what nobody can take: Xen says so. An honest kernel gives all
 * but its need, which may lie where nothing can be swapped; a puppet all. Who has
 * no driver keeps what it was given; who only took its report away doesn't, unless
 * balloond was restarted since and can't tell.
 */
static int64_t low_kib(struct run *r, const struct slot *s, const struct dom *dom,
		       int64_t held_kib)
{
	if (gives(r, s, dom))
		return r->real ? kib_min(held_kib, dom->need_kib) : 0;
	if (!dom->has_report && !dom->history.reported)
		return kib_max(held_kib, dom->history.hold_kib);
	return held_kib;
}

static void add(struct run *r, struct fair *f, const struct slot *s, const struct dom *dom,
		int64_t held_kib)
{
	struct fair_guest *g = &f->guests[f->n];
	int64_t high_kib = dom->static_max_kib - dom->offset_kib;

	if (f->n == SLOTS + 2)
		return;
	if (dom->policy_max_kib > 0)
		high_kib = kib_min(high_kib, dom->policy_max_kib);
	*g = (struct fair_guest){
		.domid = dom->domid, .weight = dom->weight ? dom->weight : 1,
		.low_kib = low_kib(r, s, dom, held_kib),
	};
	g->cap_kib = high_kib;
	g->high_kib = kib_max(high_kib, g->low_kib);
	g->floor_kib = kib_min(dom->floor_kib, g->high_kib);
	f->n++;
}

static double poured(struct fair *f, double level)
{
	double sum = 0;

	for (uint32_t i = 0; i < f->n; i++) {
		struct fair_guest *g = &f->guests[i];
		double share = (double)g->floor_kib + level * g->weight;

		if (share > (double)g->high_kib)
			share = (double)g->high_kib;
		/* What it holds beyond that is not its due, but not the others' either. */
		g->share_kib = (int64_t)share;
		sum += share > (double)g->low_kib ? share : (double)g->low_kib;
	}
	return sum;
}

/* One level for all, found by halving. */
static void pour(struct fair *f, int64_t usable_kib)
{
	double low = 0, high = (double)usable_kib;

	f->fits = poured(f, 0) <= (double)usable_kib;
	for (int k = 0; f->fits && k < 60; k++) {
		double mid = (low + high) / 2;

		if (poured(f, mid) <= (double)usable_kib)
			low = mid;
		else
			high = mid;
	}
	poured(f, low);
}

/* A balanced dom0 comes first: what it may still take is its own. */
int64_t fair_zero_kib(const struct run *r, const struct balloond *b)
{
	const struct dom *dom = &b->host.doms[0];

	if (!r->balanced || !b->host.n_doms || dom->kind != DOM_ZERO_BALANCED)
		return 0;
	return kib_max(0, dom->target_kib - r->w->doms[0]->tot_kib) + MAX_PAGES_SLACK_KIB;
}

/* What there is without the guests' own: free and promised to nobody. */
static int64_t pool_kib(struct run *r, const struct balloond *b)
{
	const struct world *w = r->w;
	int64_t pool = w->free_kib - w->claims_kib - b->host.config.free_min_kib -
		       reservations_unbuilt_kib(&b->host) - liar_wiggle_kib(r) -
		       fair_zero_kib(r, b);

	for (uint32_t i = 1; i < w->n_doms; i++) {
		const struct sim_dom *dom = w->doms[i];
		int k = balloond_find(b, dom->domid);

		if (!dom->dying && (k < 0 || b->host.doms[k].kind != DOM_GUEST))
			pool -= kib_max(0, dom->max_kib - dom->tot_kib - dom->claim_kib);
	}
	return pool;
}

static const struct dom *guest_of(const struct balloond *b, const struct sim_dom *dom)
{
	int k = dom->dying ? -1 : balloond_find(b, dom->domid);

	return k < 0 || b->host.doms[k].kind != DOM_GUEST ? NULL : &b->host.doms[k];
}

void fair_of_host(struct run *r, const struct balloond *b, struct fair *f)
{
	int64_t usable_kib = pool_kib(r, b);

	f->n = 0;
	for (uint32_t i = 1; i < r->w->n_doms; i++) {
		const struct sim_dom *dom = r->w->doms[i];
		const struct dom *known = guest_of(b, dom);
		const struct slot *s = slot_of(r, dom->domid);

		if (!known)
			continue;
		usable_kib += dom->tot_kib - MAX_PAGES_SLACK_KIB;
		add(r, f, s, known, s ? fair_held_kib(s) : dom->tot_kib);
	}
	pour(f, usable_kib);
}

void fair_of_plan(struct run *r, const struct balloond *b, struct fair *f)
{
	f->n = 0;
	for (uint32_t i = 0; i < b->host.n_doms; i++) {
		const struct dom *dom = &b->host.doms[i];

		if (dom->kind == DOM_GUEST)
			add(r, f, slot_of(r, dom->domid), dom, dom->history.seen_kib);
	}
	pour(f, b->host.usable_kib);
}

void fair_show(const struct run *r, const struct balloond *b, const struct fair *f)
{
	for (uint32_t i = 0; r->trace && i < f->n; i++) {
		const struct fair_guest *g = &f->guests[i];
		int k = balloond_find(b, g->domid);
		const struct dom *dom = k < 0 ? NULL : &b->host.doms[k];

		printf("#   %2u: floor %lld low %lld high %lld weight %u share %lld", g->domid,
		       (long long)g->floor_kib / MIB, (long long)g->low_kib / MIB,
		       (long long)g->high_kib / MIB, g->weight, (long long)g->share_kib / MIB);
		if (dom)
			printf(" | actual %lld target %lld plan %lld fair %lld need %lld report %d "
			       "progress %d", (long long)dom->actual_kib / MIB,
			       (long long)dom->target_kib / MIB, (long long)dom->plan_target_kib / MIB,
			       (long long)dom->fair_kib / MIB, (long long)dom->bounds.need_kib / MIB,
			       dom->has_report, dom->progress);
		printf("\n");
	}
}

int64_t fair_due_kib(const struct fair *f, uint32_t domid, int64_t need_kib)
{
	for (uint32_t i = 0; i < f->n; i++)
		if (f->guests[i].domid == domid)
			return kib_min(kib_min(need_kib, f->guests[i].cap_kib),
				       f->guests[i].share_kib);
	return 0;
}

int64_t fair_start_kib(struct run *r, const struct balloond *b)
{
	int64_t fits_kib = pool_kib(r, b);

	for (uint32_t i = 1; i < r->w->n_doms; i++) {
		const struct sim_dom *dom = r->w->doms[i];
		const struct dom *known = guest_of(b, dom);
		const struct slot *s = slot_of(r, dom->domid);

		if (known)
			fits_kib += dom->tot_kib - MAX_PAGES_SLACK_KIB -
				    kib_max(known->floor_kib,
					    low_kib(r, s, known, s ? fair_held_kib(s) : dom->tot_kib));
	}
	return fits_kib;
}
