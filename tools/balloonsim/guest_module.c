// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * xen-selfballoon in a simulated guest: what guest-driver/ does around goal.c
 * (react.c, balloon.c, estimate.c, lease.c), with the same times. One thing is
 * left out: it doesn't look every interval once a look would change nothing.
 */
#include <string.h>

#include "guest_parts.h"
#include "record.h"

/* Of guest-driver/react.c. */
#define KICK_MS		1000

/* Of guest-driver/squeeze.c. */
#define LOOK_MS		100
#define BATCH_MS	500

#define INTERVAL_MS	5000	/* tunables.h */
#define CALM_MS		2000	/* goal.c */

static uint64_t ms(const struct world *w)
{
	return w->now_us / SIM_MS;
}

/* As balloon_gather() and estimate_gather() do. */
static struct goal_input gather(const struct world *w, const struct sim_guest *g,
				unsigned int events)
{
	const struct guest_module *mod = &g->module;
	const struct guest_memory *m = &g->memory;
	int64_t room_kib = mod->static_max_kib - g->config.offset_kib;

	return (struct goal_input){
		.now_ms = ms(w),
		.events = events,
		.tot_kib = (u64)g->dom->tot_kib,
		.hidden_kib = (u64)m->hidden_kib,
		.static_max_kib = (u64)mod->static_max_kib,
		.room_kib = (u64)kib_max(g->dom->tot_kib, WHOLE(room_kib)),
		.max_kib = (u64)kib_max(g->dom->max_kib, 0),
		/* A promise is counted when it is made: before a page of it is there. */
		.committed_kib = (u64)workload_committed_kib(m),
		.anon_kib = (u64)m->anon_kib,
		.kernel_kib = (u64)(m->kernel_kib - m->hidden_kib),
		.reserve_kib = (u64)m->reserve_kib,
		.avail_kib = (u64)memory_avail_kib(g),
		.swap_kib = (u64)kib_max(0, g->config.swap_kib - m->swapped_kib),
		.swapped_kib = (u64)m->swapped_kib,
		.free_kib = (u64)kib_max(0, memory_free_kib(g)),
		.cache_kib = (u64)m->cache_kib,
		.refault_kib = m->refault_pages * PAGE_KIB,
		.near_kib = m->near_pages * PAGE_KIB,
		.swapback_kib = m->swapped_in_pages * PAGE_KIB,
		.asked_kib = (u64)kib_max(mod->asked_kib, 0),
		.directed = mod->directed,
		.ceiling_kib = (u64)mod->ceiling_kib,
	};
}

/* balloon_ask() */
static void ask(struct world *w, struct sim_guest *g, bool kick)
{
	struct guest_module *mod = &g->module;
	int64_t goal_kib = (int64_t)mod->verdict.goal_kib, tot_kib = g->dom->tot_kib;
	int64_t target_kib = g->balloon.target_kib;

	if (kick && goal_kib != tot_kib && tot_kib == mod->ask_seen_kib && goal_kib == target_kib)
		balloon_set(g, w->now_us, goal_kib + (goal_kib < tot_kib ? PAGE_KIB : -PAGE_KIB));
	else if (goal_kib != target_kib && (goal_kib != target_kib + PAGE_KIB || kick))
		balloon_set(g, w->now_us, goal_kib);
	mod->ask_seen_kib = tot_kib;
}

static bool order_open(const struct sim_guest *g)
{
	const struct guest_module *mod = &g->module;

	return MECHANISM(guest_squeeze) && mod->directed && mod->ceiling_kib < g->dom->tot_kib &&
	       (int64_t)mod->verdict.goal_kib + SQUEEZE_TAKE_KIB / 4 < g->dom->tot_kib;
}

/* squeeze_check() */
static void squeeze_check(const struct world *w, struct sim_guest *g)
{
	if (g->module.squeeze_us == SIM_NEVER && order_open(g))
		g->module.squeeze_us = w->now_us + LOOK_MS * SIM_MS;
}

/* squeeze_fn(), which ends in no time */
static void squeeze(struct world *w, struct sim_guest *g)
{
	struct guest_module *mod = &g->module;

	mod->squeeze_us = SIM_NEVER;
	if (order_open(g) && g->dom->tot_kib == mod->squeeze_seen_kib) {
		memory_squeeze(g, BATCH_MS);
		ask(w, g, true);
	}
	mod->squeeze_seen_kib = g->dom->tot_kib;
	squeeze_check(w, g);
}

static bool kick_due(const struct world *w, struct guest_module *mod,
		     const struct goal_input *in)
{
	uint64_t key = in->max_kib * 31 + in->ceiling_kib;

	if (key == mod->kick_key && !(in->events & GOAL_OOM) &&
	    w->now_us - mod->kick_us < KICK_MS * SIM_MS)
		return false;
	mod->kick_key = key;
	mod->kick_us = w->now_us;
	return true;
}

/* Would the next tick decide the same? Times alone don't count. */
static bool same_state(const struct goal_state *a, const struct goal_state *b)
{
	return a->need_kib == b->need_kib && a->fall.peak_kib == b->fall.peak_kib &&
	       a->deep.peak_kib == b->deep.peak_kib &&
	       a->calm_kib == b->calm_kib && a->grown_kib == b->grown_kib &&
	       a->ask_kib == b->ask_kib && a->ahead_kib == b->ahead_kib &&
	       a->extra_kib == b->extra_kib && a->worth_kib == b->worth_kib &&
	       a->idle_kib == b->idle_kib && a->idle_least_kib == b->idle_least_kib &&
	       a->back_kib == b->back_kib && a->held_kib == b->held_kib &&
	       a->own_kib == b->own_kib && a->urgent == b->urgent;
}

/* The tick that tries with less cache. */
static uint64_t probe_us(const struct world *w, const struct guest_module *mod)
{
	uint64_t from_us = mod->tick_us, interval_us = INTERVAL_MS * SIM_MS;
	uint64_t due_us = mod->state.probe_ms * SIM_MS;

	if (!mod->state.worth_kib)
		return SIM_NEVER;
	if (due_us <= w->now_us)
		return from_us + interval_us;
	return from_us + (due_us - from_us + interval_us - 1) / interval_us * interval_us;
}

static void next_look(const struct world *w, struct guest_module *mod,
		      const struct goal_input *in, const struct goal_state *before)
{
	const struct goal_verdict *v = &mod->verdict;
	const struct goal_state *s = &mod->state;
	bool same = same_state(before, s);
	bool calm = !s->pressed_ms || in->now_ms - s->pressed_ms >= CALM_MS;
	uint64_t next_ms = goal_look_ms(s, in, v, INTERVAL_MS);

	/* In vain: only the kick, once a second, can change anything. */
	if (next_ms == GOAL_LOOK_FAST_MS && same && mod->seen.tot_kib == in->tot_kib)
		next_ms = KICK_MS;
	mod->at_rest = next_ms == INTERVAL_MS && same && calm && !goal_waits(s, in) && !s->extra_kib &&
		       s->idle_kib == s->idle_least_kib &&
		       v->goal_kib <= in->tot_kib && (in->events & GOAL_TICK);
	mod->next_us = mod->at_rest ? probe_us(w, mod) : w->now_us + next_ms * SIM_MS;
}

void module_react(struct world *w, struct sim_guest *g, unsigned int events)
{
	struct guest_module *mod = &g->module;
	struct goal_state before = mod->state;
	struct goal_input in;
	bool kick;

	if (w->now_us - mod->tick_us >= INTERVAL_MS * SIM_MS) {
		/* Those left out would have come at their times. */
		mod->tick_us = w->now_us - (mod->at_rest ? (w->now_us - mod->tick_us) %
					    (INTERVAL_MS * SIM_MS) : 0);
		events |= GOAL_TICK;
	}
	in = gather(w, g, events);
	goal_decide(&mod->cfg, &mod->state, &in, &mod->verdict);
	kick = kick_due(w, mod, &in) && mod->verdict.goal_kib > in.tot_kib;
	next_look(w, mod, &in, &before);
	mod->seen = in;
	ask(w, g, kick);
	squeeze_check(w, g);
	report_schedule(w, g, goal_report_due(&mod->said, &mod->verdict, mod->epoch, ms(w)));
}

/* react_foreign(): the thread never sees a killing target. */
static void foreign(struct world *w, struct sim_guest *g, int64_t asked_kib)
{
	struct guest_module *mod = &g->module;
	struct goal_input in;

	mod->asked_kib = kib_max(asked_kib, 0);
	in = gather(w, g, 0);
	mod->verdict.goal_kib = goal_hold(&mod->cfg, &mod->state, &in);
	if (in.asked_kib < in.tot_kib && in.asked_kib < mod->verdict.floor_kib)
		mod->refused++;
	balloon_set(g, w->now_us, (int64_t)mod->verdict.goal_kib);
}

void module_asked(struct world *w, struct sim_guest *g, int64_t asked_kib)
{
	foreign(w, g, asked_kib);
	module_react(w, g, 0);
}

/* What was written, and then the module's own watch. */
void module_target(struct world *w, struct sim_guest *g, int64_t asked_kib)
{
	struct guest_module *mod = &g->module;

	foreign(w, g, asked_kib);
	mod->static_max_kib = sim_read_kib(w, mod->static_max_kib,
					   "/local/domain/%u/" KEY_STATIC_MAX, g->domid);
	mod->dom0_seen_ms = ms(w);
	module_react(w, g, 0);
	report_check(w, g);
}

static void lease_read(struct world *w, struct sim_guest *g)
{
	struct guest_module *mod = &g->module;
	const char *text = sim_read(w, "/local/domain/%u/" KEY_LEASE, g->domid);
	struct lease lease = { 0 };

	mod->directed = text && !lease_parse(text, strlen(text), &lease);
	mod->ceiling_kib = mod->directed ? (int64_t)lease.ceiling_kib : 0;
	mod->epoch = mod->directed ? lease.epoch : 0;
	if (mod->directed)
		mod->dom0_seen_ms = ms(w);
}

void module_lease(struct world *w, struct sim_guest *g)
{
	lease_read(w, g);
	module_react(w, g, 0);
	report_check(w, g);
}

void module_load(struct world *w, struct sim_guest *g)
{
	int64_t ram_kib = g->dom->tot_kib - g->memory.hidden_kib;

	g->module = (struct guest_module){
		.loaded = true,
		.cfg = {
			.enabled = true, .downhysteresis = 8, .uphysteresis = 1,
			.reserved_kib = g->config.reserved_kib ? (u64)g->config.reserved_kib :
					goal_reserved((u64)ram_kib) >> 10 << 10,
		},
		.static_max_kib = sim_read_kib(w, g->config.static_max_kib,
					       "/local/domain/%u/" KEY_STATIC_MAX, g->domid),
		.asked_kib = g->balloon.target_kib,
		.boot = 1 + rnd(w, UINT64_MAX),
		.tick_us = w->now_us,
		.next_us = w->now_us,
		.report_us = SIM_NEVER,
		.squeeze_us = SIM_NEVER,
	};
	lease_read(w, g);
	module_react(w, g, 0);
}

/* What was held back from an order stays, nor does it grow by that: balloon_exit(). */
void module_unload(struct world *w, struct sim_guest *g)
{
	struct guest_module *mod = &g->module;
	int64_t held_kib = kib_min((int64_t)mod->verdict.goal_kib, g->dom->tot_kib);

	if (!mod->loaded)
		return;
	mod->loaded = false;
	balloon_set(g, w->now_us, kib_max(held_kib, mod->asked_kib));
	if (mod->said.any)
		report_remove(w, g);
}

/* Anything a look would see, since the last one. */
static bool changed(const struct world *w, const struct sim_guest *g)
{
	const struct goal_input *seen = &g->module.seen;
	struct goal_input in = gather(w, g, 0);

	return in.tot_kib != seen->tot_kib || in.max_kib != seen->max_kib ||
	       in.committed_kib != seen->committed_kib || in.anon_kib != seen->anon_kib ||
	       in.kernel_kib != seen->kernel_kib ||
	       in.refault_kib != seen->refault_kib || in.swap_kib != seen->swap_kib ||
	       in.swapback_kib != seen->swapback_kib ||
	       in.asked_kib != seen->asked_kib || in.static_max_kib != seen->static_max_kib;
}

void module_step(struct world *w, struct sim_guest *g, unsigned int events)
{
	struct guest_module *mod = &g->module;
	uint64_t interval_us = INTERVAL_MS * SIM_MS;

	if (!mod->loaded)
		return;
	if (events || w->now_us >= mod->next_us)
		module_react(w, g, events);
	if (w->now_us >= mod->squeeze_us)
		squeeze(w, g);
	if (w->now_us >= mod->report_us)
		report_work(w, g);
	/* The tick that would have come by itself will see it. */
	if (mod->at_rest && changed(w, g))
		mod->next_us = sooner(mod->next_us, w->now_us + interval_us -
				      (w->now_us - mod->tick_us) % interval_us);
}

uint64_t module_next_us(const struct sim_guest *g)
{
	const struct guest_module *mod = &g->module;

	return mod->loaded ? sooner(sooner(mod->next_us, mod->report_us), mod->squeeze_us) :
			     SIM_NEVER;
}
