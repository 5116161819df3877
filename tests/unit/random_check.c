// SPDX-License-Identifier: GPL-2.0-or-later
#include "random_run.h"

#include <inttypes.h>

#include "core/account.h"
#include "core/bounds.h"
#include "core/kib.h"
#include "core/plan.h"
#include "tick.h"
#include "tools/balloonsim/sim_client.h"
#include "tools/balloonsim/sim_daemon.h"
#include "tools/balloonsim/sim_guest.h"
#include "tools/balloonsim/sim_store.h"

#define AGAIN_US	(30 * SIM_S)
#define LATE_US		(AUDIT_MS * SIM_MS + SIM_S)

static void count(struct run *r)
{
	const struct balloond *b = sim_daemon_state(r->w);

	if (!b)
		return;
#define ADD(to, name) (r->counts->to += b->counters.name - r->last.name)
	ADD(follow, actions_follow);
	ADD(cut, actions_cut);
	ADD(shrink, actions_shrink);
	ADD(raise, actions_raise);
	ADD(target, actions_target);
	ADD(put_off, raises_put_off);
	ADD(pins, foreign_targets);
#undef ADD
	r->last = b->counters;
	for (uint32_t i = 0; i < b->host.n_doms; i++) {
		r->counts->stuck += b->host.doms[i].progress == PROGRESS_STUCK;
		r->counts->silent += b->host.doms[i].progress == PROGRESS_SILENT;
	}
}

static void check_kept(struct run *r)
{
	const struct balloond *b = sim_daemon_state(r->w);

	for (uint32_t i = 0; b && b->counters.turns && i < 16; i++) {
		if (r->kept[i].until_us <= r->w->now_us)
			continue;
		r->counts->kept++;
		if (promise_find(b, r->kept[i].id, NULL) < 0)
			random_fail(r, "reservation %u is gone before its time", r->kept[i].id);
	}
}

void check_always(struct run *r)
{
	const struct world *w = r->w;
	int64_t sum_kib = w->free_kib;

	r->counts->checks++;
	for (uint32_t i = 0; i < w->n_doms; i++)
		sum_kib += w->doms[i]->tot_kib + w->doms[i]->overhead_kib;
	if (sum_kib != w->total_kib || w->free_kib < 0)
		random_fail(r, "pages are lost: %" PRId64 " of %" PRId64 " KiB", sum_kib, w->total_kib);
	if (w->stats.breaches)
		random_fail(r, "%s", w->stats.first_breach);
	check_kept(r);
	count(r);
}

/*
 * Two minutes later: nobody honest is under min(need, fair share), whatever the
 * others say or hold (I8), and no turn is late.
 */
void check_rest(struct run *r)
{
	struct world *w = r->w;
	const struct balloond *b;

	if (w->in_daemon)
		return;
	if (w->store->stopped) {
		sim_store_start(w, false);
		r->up_us = w->now_us;
	}
	random_daemon_up(r);
	world_run(w, w->now_us + REST_US);
	/* A promise that ends by itself is an event, too. */
	for (int k = 0; k < 5 && w->now_us - r->promised_us < AGAIN_US; k++)
		world_run(w, w->now_us + AGAIN_US);
	random_daemon_up(r);	/* killed at one of its calls */
	b = sim_daemon_state(w);
	if (!b || r->failed)
		return;
	fair_held(r);
	if (w->now_us - r->up_us > LATE_US && w->now_us - r->turn_us > LATE_US)
		random_fail(r, "no turn since %.3f s", (double)r->turn_us / SIM_S);
	/* Somebody took what was promised: it comes back as they come down. */
	if (!b->host.overcommitted && b->host.deficit_kib <= 0 && w->now_us - r->up_us >= REST_US)
		liar_rest(r);
}

/*
 * Nothing is written at rest (I9) but, where memory is short, what asks whether a
 * guest is there (a lease), and whether one that couldn't come down by now can:
 * target and lease down, and both back. Neither comes twice in two minutes.
 */
static uint64_t probes(const struct run *r)
{
	const struct balloond *b = sim_daemon_state(r->w);
	uint64_t n = 0;

	for (uint32_t i = 0; b && b->host.scarce && i < b->host.n_doms; i++)
		n += b->host.doms[i].kind != DOM_GUEST ? 0 :
		     b->host.doms[i].progress == PROGRESS_STUCK ? 6 : 1;
	return n;
}

/* Changes when somebody tries with less cache, or wants more of it: each, and dom0. */
static void cache_marks(const struct run *r, uint64_t marks[SLOTS + 1])
{
	const struct balloond *b = sim_daemon_state(r->w);

	for (int i = 0; i < SLOTS; i++) {
		const struct sim_dom *dom = slot_dom(&r->slots[i]);

		marks[i] = dom && dom->guest ? sim_guest_cache_mark(dom->guest) : 0;
	}
	marks[SLOTS] = b ? b->zero.goal.worth_kib + b->zero.goal.probes : 0;
}

/*
 * That takes a few steps down and up (I9): at most so many writes a guest and two minutes,
 * if it happened in these or the two before.
 */
static uint64_t cache_probes(const struct run *r, const uint64_t before[SLOTS + 1])
{
	uint64_t now[SLOTS + 1], n = 0;

	cache_marks(r, now);
	for (int i = 0; i <= SLOTS; i++)
		n += now[i] != before[i] ? 24 : 0;
	return n;
}

/* All well again: everything comes to rest, and nothing is written any more. */
void check_calm(struct run *r)
{
	struct world *w = r->w;
	uint64_t writes, marks[SLOTS + 1];
	bool waits = false;
	uint32_t n = 0;

	if (r->world == RANDOM_liars) {		/* they lie on, and then they are gone */
		check_rest(r);
		for (int i = 0; i < SLOTS; i++)
			if (r->slots[i].liar)
				slot_destroy(r, &r->slots[i]);
	}
	if (r->failed)
		return;
	r->calm = true;
	for (int i = 0; i < SLOTS; i++) {
		if (!slot_dom(&r->slots[i]))
			continue;
		n++;
		slot_well(&r->slots[i]);
	}
	sim_daemon_kill(w);
	check_rest(r);
	if (sim_daemon_runs(w) && r->balanced)
		random_ask(r, "{\"command\":\"set\",\"domain\":0,\"auto\":true}");
	if (sim_daemon_runs(w))
		for (int i = 0; i < SLOTS; i++)
			if (slot_dom(&r->slots[i]))
				random_ask(r, "{\"command\":\"set\",\"domain\":%u,\"auto\":true}",
					slot_dom(&r->slots[i])->domid);
	/* Headroom that a burst earned has its half-lives; the stuck their retries. */
	world_run(w, w->now_us + 3480 * SIM_S);
	cache_marks(r, marks);
	world_run(w, w->now_us + 120 * SIM_S);
	check_always(r);
	writes = w->stats.writes + w->stats.max_writes;
	world_run(w, w->now_us + 120 * SIM_S);
	for (int i = 0; i < SLOTS; i++)
		waits |= r->slots[i].away || r->slots[i].state == SLOT_ASKED;
	writes = w->stats.writes + w->stats.max_writes - writes;
	if (!waits && writes > probes(r) + cache_probes(r, marks))
		random_fail(r, "%" PRIu64 " writes in two minutes at rest, of %u guests", writes, n);
	r->counts->calm += !waits && n;
	check_rest(r);
	check_always(r);
}

/* --- as it happens ------------------------------------------------------------------ */

static int64_t spare_kib(const struct run *r, const struct balloond *b)
{
	return sim_xen_room_kib(r->w) - b->host.config.free_min_kib -
	       reservations_unbuilt_kib(&b->host) - fair_zero_kib(r, b);
}

/*
 * I11: what a turn saw a guest hold it has followed, or it is on its way down. What
 * grew since is followed by the next turn, ten seconds later at the latest.
 */
static void check_followed(struct run *r, const struct balloond *b)
{
	for (uint32_t i = 0; i < b->host.n_doms; i++) {
		const struct dom *dom = &b->host.doms[i];
		const struct slot *s = slot_of(r, dom->domid);
		int64_t seen_kib;

		if (dom->kind != DOM_GUEST || !s || !slot_is_honest(s) || !dom->has_report ||
		    dom->pin_kib != KIB_NONE || dom->progress != PROGRESS_SETTLED ||
		    dom->history.shrinking)
			continue;
		r->counts->followed++;
		/* Not what it grew by while this turn was under way. */
		seen_kib = kib_min(dom->history.seen_kib, dom->actual_kib);
		if (seen_kib > dom->target_kib + MAX_PAGES_SLACK_KIB)
			random_fail(r, "%s was seen with %" PRId64 " KiB, its target is %" PRId64
				    " (I11)", s->name, seen_kib, dom->target_kib);
	}
}

static void spare_note(struct run *r, const struct balloond *b)
{
	int64_t now_kib = spare_kib(r, b);

	if (r->w->now_us - r->spare_at > SIM_S) {
		r->spare_kib[1] = r->spare_kib[0];
		r->spare_kib[0] = now_kib;
		r->spare_at = r->w->now_us;
	}
	r->spare_kib[0] = kib_min(r->spare_kib[0], now_kib);
}

/* I10: dom0 isn't lowered under what it needs or its floor, nor while it swaps. */
static void check_zero(struct run *r, const struct balloond *b)
{
	const struct dom *dom = &b->host.doms[0];
	/* What an emptied xenstored says of it is no order of balloond's. */
	int64_t was_kib = r->up_us > r->zero_turn_us ? KIB_NONE : r->zero_target_kib;

	r->zero_target_kib = KIB_NONE;
	r->zero_turn_us = r->w->now_us;
	if (!r->balanced || !b->host.n_doms || dom->kind != DOM_ZERO_BALANCED)
		return;
	if (dom->pin_kib == KIB_NONE)
		r->zero_target_kib = dom->target_kib + dom->offset_kib;	/* as written */
	if (was_kib == KIB_NONE || r->zero_target_kib == KIB_NONE)
		return;
	r->counts->zero++;
	if (r->zero_target_kib >= was_kib)
		return;
	r->counts->lowered++;
	if (dom->strained || dom->target_kib < kib_max(kib_down(dom->need_kib, KIB_PER_PAGE), ZERO_MIN_MIB * MIB) ||
	    dom->target_kib < sim_guest_need_kib(r->zero.dom->guest))
		random_fail(r, "dom0 is lowered from %" PRId64 " to %" PRId64 " KiB, it needs %" PRId64 " or %" PRId64
			    "%s (I10)", was_kib, dom->target_kib, dom->need_kib,
			    sim_guest_need_kib(r->zero.dom->guest),
			    dom->strained ? " and swaps" : "");
}

void check_turn(struct world *w)
{
	struct run *r = w->user;
	const struct balloond *b = sim_daemon_state(w);
	int64_t promised_kib = reservations_unbuilt_kib(&b->host);

	if (promised_kib != r->promised_kib)
		r->promised_us = w->now_us;
	r->promised_kib = promised_kib;
	fair_held(r);
	spare_note(r, b);
	r->turn_us = w->now_us;
	check_followed(r, b);
	check_zero(r, b);
	if (r->world == RANDOM_liars)
		liar_turn(r);
}

/*
 * A start that the facts allow, whatever anybody says, and for which others have to
 * come down.
 */
void check_start_asked(struct run *r, struct slot *s)
{
	const struct balloond *b = sim_daemon_state(r->w);
	int64_t size_kib = s->mem_kib + MAX_PAGES_SLACK_KIB;

	s->fits_kib = b ? fair_start_kib(r, b) : 0;
	s->squeezes = b && size_kib <= s->fits_kib &&
		      size_kib > r->w->free_kib - r->w->claims_kib -
				 b->host.config.free_min_kib - reservations_unbuilt_kib(&b->host);
}

void check_start_granted(struct run *r, const struct slot *s)
{
	r->counts->granted++;
	r->counts->fitted += s->mem_kib + MAX_PAGES_SLACK_KIB <= s->fits_kib;
	r->counts->squeezed += s->squeezes;
}

/* A start is refused because of what is held and promised, not of what is said. */
void check_start_refused(struct run *r, const struct slot *s)
{
	const struct balloond *b = sim_daemon_state(r->w);
	int64_t fits_kib, size_kib = s->mem_kib + MAX_PAGES_SLACK_KIB;

	r->counts->refused++;
	if (r->world != RANDOM_liars || !b)
		return;
	fits_kib = kib_min(s->fits_kib, fair_start_kib(r, b));
	r->counts->fitting += size_kib <= fits_kib;
	if (size_kib <= fits_kib - 2 * MIB && r->w->now_us - r->up_us >= FOREIGN_US)
		random_fail(r, "%s of %" PRId64 " MiB was refused, %" PRId64 " fit", s->name,
			 size_kib / MIB, fits_kib / MIB);
}

/*
 * A workload was killed for want of memory that lay free and was promised to nobody,
 * of a guest that did all it should and may have more.
 */
void check_killed(struct world *w, struct sim_guest *guest)
{
	struct run *r = w->user;
	const struct balloond *b = sim_daemon_state(w);
	struct slot *s = NULL;
	const struct dom *dom;
	int64_t need_kib = sim_guest_need_kib(guest), least_kib, lacks_kib;
	int k;

	r->counts->killed++;
	for (int i = 0; i < SLOTS; i++)
		if (slot_dom(&r->slots[i]) && slot_dom(&r->slots[i])->guest == guest)
			s = &r->slots[i];
	if (!s || !b || !slot_is_honest(s) || w->now_us - s->honest_us < FOREIGN_US ||
	    w->now_us - r->up_us < FOREIGN_US || w->now_us - r->foreign_us < FOREIGN_US)
		return;
	k = balloond_find(b, slot_dom(s)->domid);
	if (k < 0 || b->host.doms[k].kind != DOM_GUEST)
		return;
	dom = &b->host.doms[k];
	lacks_kib = need_kib - slot_dom(s)->tot_kib;
	/* Not what has just come from others: it goes out with the next turn. */
	least_kib = kib_min(spare_kib(r, b), kib_min(r->spare_kib[0], r->spare_kib[1]));
	if (dom->pin_kib == KIB_NONE && need_kib < dom->bounds.high_kib - 16 * MIB &&
	    lacks_kib < least_kib - 16 * MIB)
		random_fail(r, "%s was out of memory: it lacks %" PRId64 " MiB, %" PRId64 " lie free",
			 s->name, lacks_kib / MIB, least_kib / MIB);
}
