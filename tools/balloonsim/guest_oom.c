// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The last resort, as guest-driver/survive.c: before anything is killed the
 * module takes what the lease allows, or waits, bounded, for what dom0 is taking
 * from others. Without the module something is killed at once.
 */
#include "guest_parts.h"

#define ENOUGH_KIB	2048
#define OWN_US		(200 * SIM_MS)
#define DOM0_US		SIM_S
#define DOM0_TOTAL_US	(10 * SIM_S)
#define APART_US	(30 * SIM_S)
#define POLL_US		(10 * SIM_MS)

static bool dom0_may_help(const struct sim_guest *g)
{
	const struct guest_module *mod = &g->module;

	return mod->directed && mod->verdict.urgent && mod->dom0_seen_ms > g->oom.vain_ms;
}

static void killed(struct world *w, struct sim_guest *g)
{
	if (w->on_killed)
		w->on_killed(w, g);
	workload_kill(g, w->now_us);
	world_note(w, "%s(%u): out of memory, killed", g->dom->name, g->domid);
}

static void called(struct world *w, struct sim_guest *g)
{
	struct guest_oom *oom = &g->oom;

	if (!g->module.loaded) {
		killed(w, g);
		return;
	}
	if (w->now_us - oom->last_us > APART_US)
		oom->waited_us = 0;
	oom->since_us = w->now_us;
	oom->before_kib = g->dom->tot_kib;
	module_react(w, g, GOAL_OOM);
	oom->hope = dom0_may_help(g) && oom->waited_us < DOM0_TOTAL_US;
	oom->limit_us = oom->hope ? DOM0_US : OWN_US;
	if (!oom->hope && g->balloon.target_kib <= oom->before_kib)
		oom->limit_us = 0;
	oom->waits = true;
}

static void ended(struct world *w, struct sim_guest *g, uint64_t passed_us)
{
	struct guest_oom *oom = &g->oom;

	oom->waits = false;
	oom->last_us = w->now_us;
	if (g->dom->tot_kib > oom->before_kib) {
		oom->waited_us = 0;
		g->module.rescues++;
	} else if (oom->hope) {
		oom->waited_us += passed_us;
		if (oom->waited_us >= DOM0_TOTAL_US)
			oom->vain_ms = w->now_us / SIM_MS;
	} else {
		killed(w, g);
	}
}

void oom_step(struct world *w, struct sim_guest *g, bool out_of_memory)
{
	struct guest_oom *oom = &g->oom;
	uint64_t passed_us;

	if (oom->waits) {
		passed_us = w->now_us - oom->since_us;
		if (!out_of_memory && g->dom->tot_kib > oom->before_kib)
			ended(w, g, passed_us);
		else if (!g->module.loaded || !out_of_memory)
			oom->waits = false;
		else if (g->dom->tot_kib >= oom->before_kib + ENOUGH_KIB ||
			 passed_us >= oom->limit_us)
			ended(w, g, passed_us);
	}
	if (out_of_memory && !oom->waits && g->memory.wish_kib > g->memory.work.shared_kib)
		called(w, g);
	if (oom->waits && !oom->limit_us)
		ended(w, g, 0);
	if (oom->waits)
		g->memory.next_us = sooner(g->memory.next_us, w->now_us + POLL_US);
}
