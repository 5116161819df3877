// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where a guest's pages are, and what its kernel does when there are too few:
 * cache goes first, then swap at the speed of a disk, then the workload is killed.
 */
#include "guest_parts.h"

#define DISK_KIB_MS	100	/* swap, both ways together; reading files as well */
#define STEP_MAX_US	SIM_S	/* while nothing changes any more: thrashing, waiting */
#define SLACK_KIB	1024	/* what kswapd frees beyond the high watermark */

static int64_t root(int64_t n)
{
	int64_t r = 0;

	for (int64_t bit = 1LL << 24; bit; bit >>= 1)
		if ((r + bit) * (r + bit) <= n)
			r += bit;
	return r;
}

/*
 * As mm/page_alloc.c: min_free_kbytes is the root of 16 times the memory, low and
 * high lie 1/4 and 1/2 above; totalreserve_pages adds what lower zones keep.
 * `hidden` is mostly the array of struct page for the whole memory map.
 */
void memory_init(struct sim_guest *g)
{
	struct guest_memory *m = &g->memory;
	int64_t ram_kib = g->dom->tot_kib;
	int64_t marks_kib = g->config.marks_kib ? g->config.marks_kib : ram_kib;

	m->kernel_kib = m->own_kib = WHOLE(kib_min(g->config.kernel_kib, ram_kib));
	m->hidden_kib = g->config.hidden_kib ? kib_min(g->config.hidden_kib, m->kernel_kib) :
			WHOLE(kib_min(g->config.static_max_kib / 64, m->kernel_kib / 2));
	m->min_kib = WHOLE(kib_min(kib_max(root(16 * marks_kib), 128), 262144));
	m->low_kib = WHOLE(m->min_kib + m->min_kib / 4);
	m->reserve_kib = WHOLE(m->min_kib + m->min_kib / 2 + marks_kib / 256);
	m->step_us = MEMORY_STEP_US;
	m->next_us = SIM_NEVER;
}

int64_t memory_free_kib(const struct sim_guest *g)
{
	const struct guest_memory *m = &g->memory;

	return g->dom->tot_kib - m->kernel_kib - m->anon_kib - cache_all_kib(m);
}

int64_t memory_avail_kib(const struct sim_guest *g)
{
	const struct guest_memory *m = &g->memory;
	int64_t cache_kib = cache_all_kib(m);

	return WHOLE(kib_max(0, memory_free_kib(g) - m->reserve_kib + cache_kib -
				kib_min(cache_kib / 2, m->low_kib)));
}

static int64_t short_kib(const struct guest_memory *m)
{
	return m->wish_kib - m->anon_kib - m->swapped_kib;
}

static int64_t swap_free_kib(const struct sim_guest *g)
{
	return kib_max(0, g->config.swap_kib - g->memory.swapped_kib);
}

static int64_t kernel_short_kib(const struct guest_memory *m)
{
	return m->own_kib + m->work.kernel_kib - m->kernel_kib;
}

/* Swapped, and used: it comes back. */
static int64_t hot_out_kib(const struct guest_memory *m)
{
	return m->swapped_kib - m->cold_out_kib;
}

static int64_t cold_in_kib(const struct guest_memory *m)
{
	return kib_min(kib_max(0, workload_cold_kib(m) - m->cold_out_kib), m->anon_kib);
}

/* The least recently used first: what is cold. */
static int64_t swap_out(struct sim_guest *g, int64_t kib, int64_t *disk_kib)
{
	struct guest_memory *m = &g->memory;

	kib = kib_min(kib, kib_min(m->anon_kib, kib_min(swap_free_kib(g), *disk_kib)));
	kib = WHOLE(kib_max(kib, 0));
	m->cold_out_kib += kib_min(kib, cold_in_kib(m));
	m->anon_kib -= kib;
	m->swapped_kib += kib;
	*disk_kib -= kib;
	g->stats.swapout_kib += (uint64_t)kib;
	return kib;
}

/* Clean cache first: it costs nothing to drop. @return KiB made free */
static int64_t reclaim(struct sim_guest *g, int64_t kib, int64_t *disk_kib)
{
	struct guest_memory *m = &g->memory;
	int64_t cache_kib = kib_min(WHOLE(kib + PAGE_KIB - 1), cache_spare_kib(m));

	cache_drop(m, cache_kib);
	return cache_kib + swap_out(g, kib - cache_kib, disk_kib);
}

/* New pages of the kernel and the workload, down to the lowest watermark. */
static unsigned int touch(struct sim_guest *g, int64_t *disk_kib)
{
	struct guest_memory *m = &g->memory;
	int64_t kernel_kib = kernel_short_kib(m), want_kib = kernel_kib + kib_max(0, short_kib(m));
	int64_t room_kib = memory_free_kib(g) - m->min_kib;
	unsigned int events = 0;

	if (want_kib <= 0)
		return 0;
	if (want_kib > room_kib) {
		events |= GOAL_RECLAIM;
		room_kib += reclaim(g, want_kib - room_kib, disk_kib);
	}
	kernel_kib = kib_max(0, kib_min(kernel_kib, WHOLE(room_kib)));
	m->kernel_kib += kernel_kib;
	m->anon_kib += kib_max(0, kib_min(short_kib(m), room_kib - kernel_kib));
	if (want_kib > room_kib && !cache_spare_kib(m) && !swap_free_kib(g))
		events |= GOAL_OOM;
	return events;
}

static bool gives(const struct sim_guest *g)
{
	return g->balloon.up && g->balloon.state != BALLOON_RESTS &&
	       g->balloon.target_kib < g->dom->tot_kib;
}

/* What guest-driver/squeeze.c allocates, to let go of it at once. */
static int64_t squeeze_kib(const struct guest_memory *m)
{
	return m->reserve_kib + SQUEEZE_TAKE_KIB;
}

/* Room for pages that come back from a disk: they push out no others, and what is made
 * free for the balloon is gone before a disk has answered. */
static int64_t room_to_fill(const struct sim_guest *g)
{
	return kib_max(0, memory_free_kib(g) - g->memory.reserve_kib -
			  (gives(g) ? squeeze_kib(&g->memory) : 0));
}

/* Every page that comes in pushes another out: cold ones, else nothing moves but the disk. */
static int64_t swap_exchange(struct sim_guest *g, int64_t *disk_kib)
{
	struct guest_memory *m = &g->memory;
	int64_t kib = WHOLE(kib_max(0, kib_min(*disk_kib / 2, kib_min(hot_out_kib(m), m->anon_kib))));

	m->cold_out_kib += kib_min(kib, cold_in_kib(m));
	g->stats.swapout_kib += (uint64_t)kib;
	*disk_kib -= 2 * kib;
	return kib;
}

/* What is used is swapped in as far as it fits. */
static unsigned int swap_in(struct sim_guest *g, int64_t *disk_kib)
{
	struct guest_memory *m = &g->memory;
	int64_t kib = WHOLE(kib_min(hot_out_kib(m), kib_min(room_to_fill(g), *disk_kib)));

	if (!hot_out_kib(m))
		return 0;
	m->swapped_kib -= kib;
	m->anon_kib += kib;
	*disk_kib -= kib;
	if (!kib)
		kib = swap_exchange(g, disk_kib);
	g->stats.swapin_kib += (uint64_t)kib;
	m->swapped_in_pages += (uint64_t)kib / PAGE_KIB;
	return hot_out_kib(m) ? GOAL_RECLAIM : 0;
}

static bool kswapd_wakes(const struct sim_guest *g)
{
	int64_t free_kib = memory_free_kib(g);

	if (!cache_spare_kib(&g->memory) && (!swap_free_kib(g) || !g->memory.anon_kib))
		return false;
	return free_kib < g->memory.low_kib;
}

static unsigned int kswapd(struct sim_guest *g, int64_t *disk_kib)
{
	if (!kswapd_wakes(g))
		return 0;
	reclaim(g, g->memory.reserve_kib + SLACK_KIB - memory_free_kib(g), disk_kib);
	return GOAL_RECLAIM;
}

static bool is_busy(const struct sim_guest *g)
{
	const struct guest_memory *m = &g->memory;

	return m->wanted_kib != m->work.anon_kib || m->wish_kib != m->wanted_kib ||
	       short_kib(m) > 0 || kernel_short_kib(m) > 0 || hot_out_kib(m) ||
	       kswapd_wakes(g) || cache_busy(m);
}

/*
 * Steps get longer while nothing changes, as when it thrashes for an hour, and
 * are short again with the first page that moves.
 */
static void pace(struct sim_guest *g, uint64_t now_us, const struct guest_memory *before)
{
	struct guest_memory *m = &g->memory;

	if (m->anon_kib != before->anon_kib || m->swapped_kib != before->swapped_kib ||
	    m->cache_kib != before->cache_kib || m->wish_kib != before->wish_kib ||
	    m->scan_kib != before->scan_kib || m->kernel_kib != before->kernel_kib)
		m->step_us = MEMORY_STEP_US;
	else if (now_us >= before->next_us)
		m->step_us = sooner(2 * m->step_us, STEP_MAX_US);
	m->next_us = is_busy(g) ? now_us + m->step_us : SIM_NEVER;
}

unsigned int memory_step(struct sim_guest *g, uint64_t now_us, uint64_t dt_us)
{
	struct guest_memory *m = &g->memory, before = *m;
	int64_t time_kib = WHOLE(DISK_KIB_MS * (int64_t)sooner(dt_us, STEP_MAX_US) / 1000);
	int64_t disk_kib = time_kib;
	unsigned int events;

	workload_step(m, now_us);
	events = touch(g, &disk_kib);
	/* Before the working set comes back, or that would take all of the disk's time. */
	events |= kswapd(g, &disk_kib);
	events |= swap_in(g, &disk_kib);
	events |= cache_step(g, room_to_fill(g), time_kib, dt_us);
	pace(g, now_us, &before);
	return events;
}

/* The balloon takes no more than MemAvailable: free pages and clean cache; kswapd swaps. */
int64_t memory_give(struct sim_guest *g, int64_t kib)
{
	struct guest_memory *m = &g->memory;
	int64_t free_kib = memory_free_kib(g) - m->min_kib, drop_kib;

	kib = kib_min(kib, memory_avail_kib(g));
	drop_kib = kib_max(0, kib_min(kib - free_kib, cache_all_kib(m)));
	cache_drop(m, drop_kib);
	return WHOLE(kib_max(0, kib_min(kib, free_kib + drop_kib)));
}

/* Its pages come from what is free above the low watermark, and from reclaim. */
void memory_squeeze(struct sim_guest *g, uint64_t ms)
{
	int64_t disk_kib = DISK_KIB_MS * (int64_t)ms;

	reclaim(g, kib_max(0, g->memory.low_kib + squeeze_kib(&g->memory) - memory_free_kib(g)),
		&disk_kib);
}
