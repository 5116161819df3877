// SPDX-License-Identifier: GPL-2.0-or-later
/* What runs in a guest: how much memory it wants, promises itself, and lets go. */
#include "guest_parts.h"

#define PIECE_KIB	1024	/* what a program promises itself ahead of touching it */

static uint64_t distance(int64_t a, int64_t b)
{
	return (uint64_t)(a > b ? a - b : b - a);
}

/* One that touches at a rate has mapped all of it before it begins: tests/xen/labload.c. */
int64_t workload_committed_kib(const struct guest_memory *m)
{
	int64_t kib = kib_max(m->wish_kib, m->rate_kib_ms ? m->work.anon_kib : 0);

	return kib - kib_min(kib, m->work.unpromised_kib) + m->work.untouched_kib;
}

int64_t workload_cold_kib(const struct guest_memory *m)
{
	return kib_min(m->work.cold_kib, m->wish_kib);
}

static struct sim_workload whole(const struct sim_workload *work)
{
	struct sim_workload w = *work;

	w.anon_kib = WHOLE(w.anon_kib);
	w.cold_kib = WHOLE(kib_min(w.cold_kib, w.anon_kib));
	w.shared_kib = WHOLE(kib_min(w.shared_kib, w.anon_kib));
	w.unpromised_kib = WHOLE(kib_min(w.unpromised_kib, w.anon_kib));
	w.untouched_kib = WHOLE(w.untouched_kib);
	w.kernel_kib = WHOLE(w.kernel_kib);
	w.cache_kib = WHOLE(w.cache_kib);
	w.files_kib = WHOLE(w.files_kib);
	w.scan_kib = WHOLE(w.scan_kib);
	return w;
}

/* Of what is swapped already, the same part is cold as of all. */
static void cool(struct guest_memory *m)
{
	if (m->wish_kib)
		m->cold_out_kib = kib_max(m->cold_out_kib, WHOLE(m->swapped_kib / PAGE_KIB *
					  workload_cold_kib(m) / m->wish_kib * PAGE_KIB));
}

void workload_demand(struct sim_guest *g, uint64_t now_us, const struct sim_workload *work)
{
	struct guest_memory *m = &g->memory;
	const struct sim_workload old = m->work;

	m->work = whole(work);
	/* Untouched memory that is touched now was demanded before. */
	g->stats.demand_moved_kib +=
		distance(m->work.anon_kib + m->work.untouched_kib,
			 old.anon_kib + old.untouched_kib) +
		distance(m->work.cache_kib + m->work.files_kib, old.cache_kib + old.files_kib) +
		distance(m->work.kernel_kib, old.kernel_kib);
	m->ramp_kib = m->wanted_kib;
	m->ramp_us = now_us;
	if (m->work.cold_kib > old.cold_kib)
		cool(m);
	m->step_us = MEMORY_STEP_US;
	m->next_us = now_us;
}

void workload_account(struct sim_guest *g, uint64_t dt_us)
{
	struct guest_memory *m = &g->memory;
	int64_t unmet_kib = m->wanted_kib - m->anon_kib - m->cold_out_kib;

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

	m->wanted_kib = m->work.anon_kib;
	if (m->rate_kib_ms && m->wanted_kib > m->ramp_kib)
		m->wanted_kib = kib_min(m->wanted_kib, m->ramp_kib + passed_kib);
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
	/* No more of it is cold than there is, nor hot. */
	m->cold_out_kib = kib_min(m->cold_out_kib, kib_min(workload_cold_kib(m), m->swapped_kib));
	m->cold_out_kib = kib_max(m->cold_out_kib, m->swapped_kib - m->wish_kib +
						   workload_cold_kib(m));
	m->kernel_kib = kib_min(m->kernel_kib, m->own_kib + m->work.kernel_kib);
	m->cache_kib = kib_min(m->cache_kib, m->work.cache_kib + m->work.files_kib);
	m->seen_kib = kib_min(m->seen_kib, m->work.files_kib);
}

/* What it asks for by now; the kernel finds it pages, memory_step(). */
void workload_step(struct guest_memory *m, uint64_t now_us)
{
	wish_update(m, now_us);
	surplus_free(m);
}

/*
 * The workload is dead until someone wants something again. What it shared stays, and so
 * does what its kernel has.
 */
void workload_kill(struct sim_guest *g, uint64_t now_us)
{
	struct guest_memory *m = &g->memory;
	struct sim_workload left = m->work;
	int64_t kept_kib = kib_min(left.shared_kib, m->anon_kib + m->swapped_kib);

	g->stats.oom_kills++;
	m->anon_kib = kib_min(m->anon_kib, kept_kib);
	m->swapped_kib = kept_kib - m->anon_kib;
	m->wanted_kib = m->wish_kib = kept_kib;
	left.anon_kib = left.shared_kib = kept_kib;
	left.unpromised_kib = left.untouched_kib = 0;
	workload_demand(g, now_us, &left);
}

void workload_rate(struct sim_guest *g, uint64_t now_us, int64_t kib_ms)
{
	struct guest_memory *m = &g->memory;

	m->ramp_kib = m->wanted_kib;
	m->ramp_us = now_us;
	m->rate_kib_ms = kib_ms;
}
