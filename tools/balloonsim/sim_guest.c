// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim_guest.h"

#include <stdlib.h>

#include "guest_parts.h"
#include "schema.h"
#include "sim_daemon.h"

#define SPEED_KIB_MS	1024	/* where none is said: what the stock thread does on a PC */
#define KERNEL_US	SIM_S	/* from the first instruction to the balloon driver */
#define SERVICES_US	SIM_S	/* from there to the module and the workload */
#define LEAST_US	100	/* two looks of one guest are so far apart */

static void wake(struct world *w, void *arg)
{
	struct sim_guest *g = arg;

	/* What it wanted earlier, or doesn't want any more, is still in the heap. */
	if (g->wake_us != w->now_us)
		return;
	g->wake_us = SIM_NEVER;
	guest_run(w, g);
}

static void schedule(struct world *w, struct sim_guest *g)
{
	uint64_t next_us = sooner(g->stage_us, g->character.next_us);

	next_us = sooner(next_us, g->balloon.next_us);
	next_us = sooner(next_us, sooner(g->memory.next_us, module_next_us(g)));
	if (next_us == SIM_NEVER)
		return;
	next_us = next_us > w->now_us + LEAST_US ? next_us : w->now_us + LEAST_US;
	if (g->wake_us <= next_us && g->wake_us > w->now_us)
		return;
	g->wake_us = next_us;
	world_at(w, next_us, wake, g);
}

static void target_fired(struct world *w, void *arg);

/* PoD: the balloon gives back what is only promised, before anything else. */
static uint64_t depod_us(const struct sim_guest *g)
{
	int64_t kib = kib_max(0, g->dom->pod_entries_kib - g->dom->pod_cache_kib);

	return (uint64_t)kib * SIM_MS / (uint64_t)g->config.speed_kib_ms;
}

static void services_up(struct world *w, struct sim_guest *g)
{
	if (character_balloons(g))
		g->dom->pod_entries_kib = g->dom->pod_cache_kib = 0;
	workload_demand(g, w->now_us, &g->first);
	g->stats.demand_moved_kib = 0;
	if (character_has_module(g))
		module_load(w, g);
	character_init(w, g);
}

static void stage_step(struct world *w, struct sim_guest *g)
{
	if (w->now_us < g->stage_us)
		return;
	if (g->stage == GUEST_LOADING) {
		g->stage = GUEST_BOOTING;
		g->stage_us = w->now_us + SERVICES_US + depod_us(g);
		balloon_up(g);
		target_fired(w, g);	/* as every watch when it is set */
	} else {
		g->stage = GUEST_UP;
		g->stage_us = SIM_NEVER;
		services_up(w, g);
	}
}

static void parts_step(struct world *w, struct sim_guest *g)
{
	uint64_t dt_us = w->now_us - g->last_us;
	unsigned int events;

	workload_account(g, dt_us);
	g->last_us = w->now_us;
	character_step(w, g);
	balloon_step(w, g);
	events = memory_step(g, w->now_us, dt_us);
	oom_step(w, g, events & GOAL_OOM);
	module_step(w, g, events & GOAL_RECLAIM);
	if (!g->domid && events)
		sim_daemon_pressed(w);
}

void guest_run(struct world *w, struct sim_guest *g)
{
	if (g->paused || !g->dom)
		return;
	stage_step(w, g);
	parts_step(w, g);
	schedule(w, g);
}

static void target_fired(struct world *w, void *arg)
{
	struct sim_guest *g = arg;
	int64_t said_kib;

	g->target_missed = g->paused;
	if (g->paused || !g->balloon.up)
		return;
	said_kib = sim_read_kib(w, -1, "/local/domain/%u/" KEY_TARGET, g->domid);
	if (said_kib < 0)
		return;
	parts_step(w, g);
	balloon_heard(g, said_kib);
	said_kib = WHOLE(said_kib - g->config.offset_kib);
	if (g->module.loaded)
		module_target(w, g, said_kib);
	else if (g->config.character != SIM_liar || rnd(w, 2))
		balloon_set(g, w->now_us, said_kib);
	guest_run(w, g);
}

static void lease_fired(struct world *w, void *arg)
{
	struct sim_guest *g = arg;

	g->lease_missed = g->paused;
	if (g->paused || !g->module.loaded)
		return;
	parts_step(w, g);
	module_lease(w, g);
	guest_run(w, g);
}

static void watches_set(struct world *w, struct sim_guest *g)
{
	sim_watch(w, target_fired, g, "/local/domain/%u/" KEY_TARGET, g->domid);
	sim_watch(w, lease_fired, g, "/local/domain/%u/" KEY_LEASE, g->domid);
}

static void watches_end(struct world *w, struct sim_guest *g)
{
	sim_unwatch(w, g, "/local/domain/%u/" KEY_TARGET, g->domid);
	sim_unwatch(w, g, "/local/domain/%u/" KEY_LEASE, g->domid);
}

static void enter(struct world *w, struct sim_guest *g, struct sim_dom *dom)
{
	g->dom = dom;
	g->domid = dom->domid;
	dom->guest = g;
	g->last_us = w->now_us;
	g->wake_us = SIM_NEVER;
	watches_set(w, g);
}

static void leave(struct world *w, struct sim_guest *g)
{
	world_forget(w, g);
	if (!g->dom)
		return;
	watches_end(w, g);
	g->dom->guest = NULL;
	g->dom = NULL;
}

struct sim_guest *sim_guest_boot(struct world *w, struct sim_dom *dom,
				 const struct sim_guest_config *config)
{
	struct sim_guest *g = calloc(1, sizeof(*g));

	if (!g)
		abort();
	g->config = *config;
	if (g->config.speed_kib_ms <= 0)
		g->config.speed_kib_ms = SPEED_KIB_MS;
	g->character.base_kib = config->anon_kib;
	g->first.anon_kib = config->anon_kib;
	g->first.cache_kib = config->cache_kib;
	g->character.next_us = SIM_NEVER;
	g->balloon.next_us = SIM_NEVER;
	g->stage_us = w->now_us + KERNEL_US;
	enter(w, g, dom);
	memory_init(g);
	guest_run(w, g);
	return g;
}

void sim_guest_end(struct world *w, struct sim_guest *g)
{
	leave(w, g);
	free(g);
}

void sim_guest_suspend(struct world *w, struct sim_guest *g)
{
	guest_run(w, g);
	if (!g->paused)
		g->away_us = w->now_us;
	leave(w, g);
}

/* It was away: what it did by the clock it does that much later. */
static void back(struct world *w, struct sim_guest *g)
{
	uint64_t since_us = g->memory.ramp_us > g->away_us ? g->memory.ramp_us : g->away_us;

	g->memory.ramp_us += w->now_us - since_us;
	g->last_us = w->now_us;
}

void sim_guest_resume(struct world *w, struct sim_guest *g, struct sim_dom *dom)
{
	enter(w, g, dom);
	g->paused = false;
	back(w, g);
	/* Every watch fires once after a restore. */
	target_fired(w, g);
	lease_fired(w, g);
	guest_run(w, g);
}

void sim_guest_paused(struct world *w, struct sim_guest *g, bool paused)
{
	if (g->paused == paused)
		return;
	if (paused) {
		guest_run(w, g);
		g->paused = true;
		g->away_us = w->now_us;
		return;
	}
	g->paused = false;
	back(w, g);
	if (g->target_missed)
		target_fired(w, g);
	if (g->lease_missed)
		lease_fired(w, g);
	guest_run(w, g);
}

void sim_guest_workload(struct world *w, struct sim_guest *g, const struct sim_workload *work)
{
	g->character.base_kib = work->anon_kib;
	g->first = *work;
	if (g->stage != GUEST_UP)
		return;
	guest_run(w, g);
	workload_demand(g, w->now_us, work);
	guest_run(w, g);
}

void sim_guest_demand(struct world *w, struct sim_guest *g, int64_t anon_kib, int64_t cache_kib,
		      int64_t untouched_kib)
{
	const struct sim_workload work = {
		.anon_kib = anon_kib, .cache_kib = cache_kib, .untouched_kib = untouched_kib,
	};

	sim_guest_workload(w, g, &work);
}

void sim_guest_rate(struct sim_guest *g, int64_t kib_ms)
{
	workload_rate(g, g->last_us, kib_ms);
}

void sim_guest_character(struct world *w, struct sim_guest *g, enum sim_character character)
{
	guest_run(w, g);
	g->config.character = character;
	if (g->stage == GUEST_LOADING)
		return;
	balloon_replan(g, w->now_us);
	if (g->stage != GUEST_UP)
		return;
	if (!character_has_module(g))
		module_unload(w, g);
	else if (!g->module.loaded)
		module_load(w, g);
	character_init(w, g);
	guest_run(w, g);
}

int64_t sim_guest_need_kib(const struct sim_guest *g)
{
	const struct guest_memory *m = &g->memory;

	return m->own_kib + m->work.kernel_kib + m->wanted_kib - m->cold_out_kib + m->reserve_kib;
}

uint64_t sim_guest_cache_mark(const struct sim_guest *g)
{
	return g->module.state.worth_kib + g->module.state.probes;
}

struct sim_meminfo sim_guest_meminfo(const struct sim_guest *g)
{
	const struct guest_memory *m = &g->memory;
	int64_t held_kib = m->anon_kib + m->swapped_kib;
	int64_t shared_kib = kib_min(m->work.shared_kib, held_kib);

	/* Of tmpfs the same part is swapped as of all: Cached has the rest of it. */
	return (struct sim_meminfo){
		.committed_kib = workload_committed_kib(m),
		.avail_kib = memory_avail_kib(g),
		.cached_kib = cache_all_kib(m) + (held_kib ? WHOLE(shared_kib / PAGE_KIB *
				m->anon_kib / held_kib * PAGE_KIB) : 0),
		.swapped_kib = m->swapped_kib,
	};
}

bool sim_guest_touched(const struct sim_guest *g)
{
	const struct guest_memory *m = &g->memory;

	return g->stage == GUEST_UP && m->wanted_kib == m->work.anon_kib &&
	       m->anon_kib + m->swapped_kib >= m->work.anon_kib &&
	       m->kernel_kib >= m->own_kib + m->work.kernel_kib;
}

const struct sim_guest_config *sim_guest_config_of(const struct sim_guest *g)
{
	return &g->config;
}

const struct sim_guest_stats *sim_guest_stats(const struct sim_guest *g)
{
	return &g->stats;
}
