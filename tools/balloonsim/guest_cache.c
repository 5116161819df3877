// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The page cache: what is read again and again, which pays by what doesn't miss, and
 * what was read once, which only lies there until somebody wants the memory.
 */
#include "guest_parts.h"

#define CORE_KIB	4096		/* pages of running programs: not dropped */
#define MILLION		1000000LL
#define AGAIN_US	(60 * (int64_t)SIM_S)

int64_t cache_all_kib(const struct guest_memory *m)
{
	return m->cache_kib + m->scan_kib;
}

int64_t cache_spare_kib(const struct guest_memory *m)
{
	return m->scan_kib + kib_max(0, m->cache_kib - CORE_KIB);
}

/* The inactive list first. */
void cache_drop(struct guest_memory *m, int64_t kib)
{
	int64_t scan_kib = kib_min(kib, m->scan_kib);

	m->scan_kib -= scan_kib;
	m->cache_kib -= kib - scan_kib;
}

/* Of the files that are being read, what isn't cached. */
static int64_t lack_kib(const struct guest_memory *m)
{
	return kib_min(m->work.files_kib, m->work.cache_kib + m->work.files_kib - m->cache_kib);
}

/*
 * How fast reads miss, millionths of KiB/ms. Half of the files cached: of the reads miss
 * 1/2 (even), 1/4 (skewed), all (loop).
 */
static int64_t miss_rate(const struct guest_memory *m)
{
	const int64_t *rate = m->work.read_kib_ms;
	int64_t lack = lack_kib(m), part;

	if (lack <= 0)
		return 0;
	part = lack * MILLION / m->work.files_kib;
	return rate[SIM_even] * part + rate[SIM_skewed] * (part * part / MILLION) +
	       rate[SIM_loop] * MILLION;
}

/*
 * Of what comes back, what the kernel calls near: what a loop reads would be there only if
 * all of it were, and that is seen when less lacks than is there.
 */
static int64_t near_kib(const struct guest_memory *m, int64_t kib)
{
	int64_t all = miss_rate(m), loop = m->work.read_kib_ms[SIM_loop] * MILLION;

	if (lack_kib(m) <= m->cache_kib || all <= 0)
		return kib;
	return WHOLE(kib * ((all - loop) / 1000) / kib_max(all / 1000, 1));
}

/* Whole pages of what has come together; the rest is kept. */
static int64_t pages_of(uint64_t *carry, int64_t kib_us, int64_t most_kib)
{
	int64_t kib;

	*carry += (uint64_t)kib_us;
	kib = WHOLE((int64_t)(*carry / 1000));
	*carry -= (uint64_t)kib * 1000;
	return kib_min(kib, WHOLE(most_kib));	/* a slower disk is waited for */
}

/* What misses comes in, at the cost of what was read once, or of its own kind. */
static unsigned int misses(struct sim_guest *g, int64_t room_kib, int64_t disk_kib, int64_t dt_us)
{
	struct guest_memory *m = &g->memory;
	int64_t kib = pages_of(&m->miss_carry, miss_rate(m) * dt_us / MILLION, disk_kib);
	int64_t scan_kib = kib_min(kib_max(0, kib - room_kib), m->scan_kib);
	int64_t kept_kib, fresh_kib;

	cache_drop(m, scan_kib);
	room_kib = WHOLE(kib_max(0, room_kib + scan_kib));
	if (kib <= room_kib)	/* what stays doesn't miss again */
		kib = kib_min(kib, lack_kib(m));
	if (kib <= 0)
		return 0;
	kept_kib = kib_min(kib, kib_min(room_kib, lack_kib(m)));
	fresh_kib = kib_min(kib, m->work.files_kib - m->seen_kib);
	m->near_pages += (uint64_t)near_kib(m, kib - fresh_kib) / PAGE_KIB;
	m->cache_kib += kept_kib;
	m->seen_kib += fresh_kib;
	m->refault_pages += (uint64_t)(kib - fresh_kib) / PAGE_KIB;
	g->stats.missed_kib += (uint64_t)kib;
	return kept_kib < kib ? GOAL_RECLAIM : 0;
}

static unsigned int scan(struct sim_guest *g, int64_t room_kib, int64_t disk_kib, int64_t dt_us)
{
	struct guest_memory *m = &g->memory;
	int64_t kib = pages_of(&m->scan_carry, m->work.read_kib_ms[SIM_scan] * dt_us, disk_kib);
	int64_t grow_kib = kib_min(kib, m->work.scan_kib - m->scan_kib);

	if (grow_kib <= 0)
		return 0;
	m->scan_kib += kib_min(grow_kib, WHOLE(room_kib));
	return room_kib < grow_kib ? GOAL_RECLAIM : 0;
}

bool cache_busy(const struct guest_memory *m)
{
	return m->cache_kib < m->work.cache_kib || miss_rate(m) > 0 ||
	       (m->work.read_kib_ms[SIM_scan] && m->scan_kib < m->work.scan_kib);
}

/* What pays is read at once, as fast as the disk is; without room once a minute, anew. */
static void again(struct guest_memory *m, int64_t room_kib, int64_t disk_kib, int64_t dt_us)
{
	int64_t lack_kib = kib_max(0, m->work.cache_kib - m->cache_kib);
	int64_t kib = WHOLE(kib_min(lack_kib, kib_min(kib_max(0, room_kib), disk_kib)));

	m->cache_kib += kib;
	if (room_kib - kib < PAGE_KIB)
		kib += pages_of(&m->again_carry, (lack_kib - kib) * 1000 * dt_us / AGAIN_US, disk_kib);
	m->refault_pages += (uint64_t)kib / PAGE_KIB;
	m->near_pages += (uint64_t)kib / PAGE_KIB;
}

unsigned int cache_step(struct sim_guest *g, int64_t room_kib, int64_t disk_kib, uint64_t dt_us)
{
	struct guest_memory *m = &g->memory;
	int64_t before_kib = cache_all_kib(m), us = (int64_t)sooner(dt_us, SIM_S);
	unsigned int events;

	again(m, room_kib, disk_kib, us);
	events = misses(g, room_kib - (cache_all_kib(m) - before_kib), disk_kib, us);
	return events | scan(g, room_kib - (cache_all_kib(m) - before_kib), disk_kib, us);
}
