// SPDX-License-Identifier: GPL-2.0-or-later
/* What runs in a guest: how much memory it wants, promises itself, and lets go. */
#include "guest_parts.h"

#define PIECE_KIB	1024	/* what a program promises itself ahead of touching it */

static uint64_t distance(int64_t a, int64_t b)
{
	return (uint64_t)(a > b ? a - b : b - a);
}

void workload_demand(struct sim_guest *g, uint64_t now_us, int64_t anon_kib, int64_t cache_kib,
		     int64_t untouched_kib)
{
	struct guest_memory *m = &g->memory;

	/* Untouched memory that is touched now was demanded before. */
	g->stats.demand_moved_kib +=
		distance(anon_kib + untouched_kib, m->demand_kib + m->untouched_kib) +
		distance(cache_kib, m->cache_wish_kib);
	m->ramp_kib = m->wanted_kib;
	m->ramp_us = now_us;
	m->demand_kib = WHOLE(anon_kib);
	m->cache_wish_kib = WHOLE(cache_kib);
	m->untouched_kib = WHOLE(untouched_kib);
	m->step_us = MEMORY_STEP_US;
	m->next_us = now_us;
}

void workload_account(struct sim_guest *g, uint64_t dt_us)
{
	struct guest_memory *m = &g->memory;
	int64_t unmet_kib = m->wanted_kib - m->anon_kib;

	if (unmet_kib <= 0)
		return;
	m->unmet_carry += (uint64_t)unmet_kib * dt_us;
	g->stats.unmet_kib_ms += m->unmet_carry / 1000;
	m->unmet_carry %= 1000;
}

/*
 * What the workload wants by now, and how much of it is promised: one that takes
 * memory piece by piece waits for the last before it asks for the next.
 */
static void wish_update(struct guest_memory *m, uint64_t now_us)
{
	int64_t passed_kib = WHOLE(m->rate_kib_ms * (int64_t)(now_us - m->ramp_us) / 1000);
	int64_t piece_kib = PIECE_KIB + m->rate_kib_ms * (int64_t)(MEMORY_STEP_US / SIM_MS);

	m->wanted_kib = m->demand_kib;
	if (m->rate_kib_ms && m->demand_kib > m->ramp_kib)
		m->wanted_kib = kib_min(m->demand_kib, m->ramp_kib + passed_kib);
	m->wish_kib = m->wanted_kib;
	if (m->rate_kib_ms)
		m->wish_kib = kib_min(m->wish_kib,
				      WHOLE(m->anon_kib + m->swapped_kib + piece_kib));
}

/* What it no longer wants is freed where it lies. */
static void surplus_free(struct guest_memory *m)
{
	int64_t held_kib = m->anon_kib + m->swapped_kib;
	int64_t cut_kib = held_kib - m->wish_kib;
	int64_t swap_kib;

	if (cut_kib > 0) {
		swap_kib = WHOLE(m->swapped_kib / PAGE_KIB * cut_kib / held_kib * PAGE_KIB);
		swap_kib = kib_max(swap_kib, cut_kib - m->anon_kib);
		m->swapped_kib -= swap_kib;
		m->anon_kib -= cut_kib - swap_kib;
	}
	m->cache_kib = kib_min(m->cache_kib, m->cache_wish_kib);
}

/* What it asks for by now; the kernel finds it pages, memory_step(). */
void workload_step(struct guest_memory *m, uint64_t now_us)
{
	wish_update(m, now_us);
	surplus_free(m);
}

/* The workload is dead until someone wants something again. */
void workload_kill(struct sim_guest *g, uint64_t now_us)
{
	struct guest_memory *m = &g->memory;

	g->stats.oom_kills++;
	m->anon_kib = m->swapped_kib = 0;
	m->wanted_kib = m->wish_kib = 0;
	workload_demand(g, now_us, 0, m->cache_wish_kib, 0);
}

void workload_rate(struct sim_guest *g, uint64_t now_us, int64_t kib_ms)
{
	struct guest_memory *m = &g->memory;

	m->ramp_kib = m->wanted_kib;
	m->ramp_us = now_us;
	m->rate_kib_ms = kib_ms;
}
