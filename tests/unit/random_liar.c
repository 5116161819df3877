// SPDX-License-Identifier: GPL-2.0-or-later
#include "random_run.h"

#include <inttypes.h>
#include <stdlib.h>

#include "core/kib.h"
#include "schema.h"
#include "tools/balloonsim/sim_daemon.h"
#include "tools/balloonsim/sim_store.h"

/* STYLES(S): S(name, meaning); of a simulated kernel sim_guest.h's own liar. */
#define STYLES(S)								\
	S(greedy, "says that it needs all and takes all, and obeys")		\
	S(stubborn, "... and never gives a page back")				\
	S(modest, "says that it needs nothing and takes all")			\
	S(dropper, "greedy; its report is gone when it is told to give")	\
	S(sleeper, "wants all, takes little, drops its report, wakes up")	\
	S(wiggler, "greedy; gives and takes between any two of balloond's readings")	\
	S(chaos, "says anything, does anything, any time")
#define STYLE_ENUM(name, meaning) STYLE_##name,
enum style { STYLES(STYLE_ENUM) STYLE_COUNT };

#define ALL_KIB		(1LL << 39)
#define WIGGLE_KIB	(4 * MIB)

static void says(struct slot *s, int64_t said_kib, int64_t need_kib, enum puppet_kind kind)
{
	s->p.said_kib = said_kib;
	s->p.need_kib = need_kib;
	s->p.kind = kind;
	puppet_say(s->run->w, &s->p);
	puppet_look(s->run->w, &s->p);
}

static void report_away(struct slot *s)
{
	s->p.kind = PUPPET_stock;
	sim_remove(s->run->w, "/local/domain/%u/" KEY_REPORT, s->dom->domid);
}

static void chaos(struct slot *s)
{
	static const int64_t words[] = { 0, ALL_KIB, SCHEMA_KIB_MAX, 4 };
	struct world *w = s->run->w;
	int64_t word_kib = rnd(w, 2) ? words[rnd(w, 4)] : rnd_range(w, 0, 2 * s->max_kib);

	if (!rnd(w, 5))
		report_away(s);
	else
		says(s, word_kib, rnd(w, 2) ? ALL_KIB : rnd_range(w, 0, s->max_kib),
		     rnd(w, 4) ? PUPPET_ideal : rnd(w, PUPPET_KIND_COUNT));
	if (rnd(w, 4) == 0) {
		s->p.epoch += rnd(w, 3);
		puppet_say(w, &s->p);
	}
}

static bool is_told_to_give(struct slot *s)
{
	return puppet_target_kib(s->run->w, &s->p) < s->dom->tot_kib - MIB;
}

static void step(struct world *w, void *arg)
{
	struct slot *s = arg;
	uint64_t next_us = 100 * SIM_MS + rnd(w, 3000) * SIM_MS;

	if (s->state != SLOT_RUNS)
		return;
	switch (s->style % STYLE_COUNT) {
	case STYLE_greedy:
	case STYLE_wiggler:
		says(s, ALL_KIB, ALL_KIB, PUPPET_ideal);
		next_us = 30 * SIM_S;
		break;
	case STYLE_stubborn:
		says(s, ALL_KIB, ALL_KIB, PUPPET_stuck);
		next_us = 30 * SIM_S;
		break;
	case STYLE_modest:
		says(s, 0, ALL_KIB, PUPPET_ideal);
		next_us = 30 * SIM_S;
		break;
	case STYLE_dropper:
		if (s->p.kind != PUPPET_stock && is_told_to_give(s))
			report_away(s);
		else
			says(s, ALL_KIB, ALL_KIB, PUPPET_ideal);
		next_us = 50 * SIM_MS + rnd(w, 1000) * SIM_MS;
		break;
	case STYLE_sleeper:
		if (rnd(w, 2))
			says(s, ALL_KIB, s->p.floor_kib, PUPPET_ideal);
		else
			report_away(s);
		next_us = rnd(w, 60 * SIM_S);
		break;
	default:
		chaos(s);
	}
	world_at(w, w->now_us + next_us, step, s);
}

/* Only in puppets: a simulated kernel's pages are its workload's. */
static bool wiggles(const struct slot *s)
{
	return s->liar && s->style % STYLE_COUNT == STYLE_wiggler && !s->run->real && slot_dom(s);
}

void liar_call(struct world *w)
{
	struct run *r = w->user;
	int n = 0;

	for (int i = 0; i < SLOTS; i++) {
		struct slot *s = &r->slots[i];

		if (!wiggles(s))
			continue;
		n++;
		if (rnd(w, 2))
			sim_release(w, s->dom, s->dom->tot_kib > WIGGLE_KIB ? WIGGLE_KIB : 0);
		else
			sim_populate(w, s->dom, WIGGLE_KIB);
	}
	w->blur_kib = n > 1 ? n * WIGGLE_KIB : 0;	/* one alone promises nothing twice */
}

int64_t liar_wiggle_kib(struct run *r)
{
	int64_t sum_kib = 0;

	for (int i = 0; i < SLOTS; i++)
		sum_kib += wiggles(&r->slots[i]) ? 2 * WIGGLE_KIB : 0;
	return sum_kib;
}

void liar_begin(struct run *r, struct slot *s)
{
	world_at(r->w, r->w->now_us + rnd(r->w, 5 * SIM_S), step, s);
}

/*
 * What a plan may fall short of a share by: it is made of whole pages, and rounded
 * by a KiB a guest.
 */
#define PLAN_KIB	(4 + SLOTS)
/* A raise of less than a MiB waits, unless it fills the need (RAISE_MIN_KIB). */
#define RAISE_KIB	MIB
/* Xen gives a guest no more than max_pages: a MiB that no ceiling counts. */
#define SLACK_KIB	MIB

static bool is_honest_guest(struct run *r, const struct dom *dom, struct slot **s)
{
	*s = dom->kind == DOM_GUEST ? slot_of(r, dom->domid) : NULL;
	return *s && slot_is_honest(*s) && r->w->now_us - (*s)->honest_us >= FOREIGN_US &&
	       dom->has_report && dom->pin_kib == KIB_NONE && !dom->paused &&
	       dom->progress != PROGRESS_SILENT;
}

/* At every instant: nobody honest is planned or ordered below min(need, fair share). */
void liar_turn(struct run *r)
{
	const struct balloond *b = sim_daemon_state(r->w);
	struct fair f = { 0 };
	int64_t short_kib = PLAN_KIB + liar_wiggle_kib(r);
	bool done = false;
	struct slot *s;

	for (uint32_t i = 0; i < b->host.n_doms; i++) {
		const struct dom *dom = &b->host.doms[i];
		int64_t due, was_kib;
		bool order;

		s = slot_of(r, dom->domid);
		if (!s)
			continue;
		/*
		 * An order of an earlier turn, when more was held, stands until it can be raised;
		 * so does one of a turn in which balloond was killed.
		 */
		was_kib = s->lease_kib;
		s->lease_kib = dom->has_lease ? dom->lease_kib : KIB_NONE;
		if (done || !is_honest_guest(r, dom, &s))
			continue;
		order = dom->has_lease && b->counters.turns > 1 && dom->lease_kib != was_kib &&
			dom->lease_kib < kib_min(dom->need_kib, dom->actual_kib);
		if (dom->plan_target_kib >= dom->need_kib && !order)
			continue;
		if (!f.n)
			fair_of_plan(r, b, &f);
		done = !f.fits;
		if (done)
			continue;
		due = fair_due_kib(&f, dom->domid, dom->need_kib);
		if (dom->plan_target_kib < due - short_kib ||
		    (order && dom->lease_kib < kib_min(due, dom->actual_kib) - short_kib))
			fair_show(r, b, &f);
		if (dom->plan_target_kib < due - short_kib)
			random_fail(r, "%s is planned at %" PRId64 " KiB, due are %" PRId64, s->name,
				 dom->plan_target_kib, due);
		if (order && dom->lease_kib < kib_min(due, dom->actual_kib) - short_kib)
			random_fail(r, "%s is ordered to %" PRId64 " KiB, due are %" PRId64, s->name,
				 dom->lease_kib, due);
	}
}

/* The host had its time, the liars lie on: who is honest has what is due. */
void liar_rest(struct run *r)
{
	const struct balloond *b = sim_daemon_state(r->w);
	struct fair f;

	fair_of_host(r, b, &f);
	for (uint32_t i = 0; f.fits && i < b->host.n_doms; i++) {
		const struct dom *dom = &b->host.doms[i];
		const struct sim_dom *its;
		struct slot *s;
		int64_t due;

		if (!is_honest_guest(r, dom, &s))
			continue;
		its = slot_dom(s);
		due = fair_due_kib(&f, dom->domid, slot_need_kib(s));
		r->counts->honest++;
		r->counts->short_of += due < slot_need_kib(s);
		if (its->tot_kib >= due - PLAN_KIB - RAISE_KIB)
			continue;
		fair_show(r, b, &f);
		random_fail(r, "%s has %" PRId64 " KiB of need %" PRId64 ", due are %" PRId64,
			    s->name, its->tot_kib, slot_need_kib(s), due);
	}
}
