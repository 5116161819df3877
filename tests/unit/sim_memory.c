// SPDX-License-Identifier: GPL-2.0-or-later
/* What simulated guests' memory is made of: cold, shared, the kernel's, cached. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lone_guest.h"

static struct sim_guest *boot_swap(int64_t mib)
{
	struct sim_guest_config config = kind(SIM_ideal);

	config.swap_kib = mib * MIB;
	config.cache_kib = 0;
	return boot(&config);
}

/* Of 400 MiB 100 are used: taken down below all of it the guest swaps what is cold, once. */
static void memory_cold(void **state)
{
	struct sim_workload work = { .anon_kib = 400 * MIB, .cold_kib = 300 * MIB };
	struct sim_guest *g = boot_swap(512), *hot = boot_swap(512);
	struct sim_guest_stats before;

	(void)state;
	later(5 * SIM_S);
	sim_guest_workload(w, g, &work);
	sim_guest_demand(w, hot, 400 * MIB, 0, 0);
	later(5 * SIM_S);
	lease(g, 300), lease(hot, 300);
	ask(g, 300), ask(hot, 300);
	later(120 * SIM_S);
	assert_whole(g), assert_whole(hot);
	assert_int_equal(g->dom->tot_kib, 300 * MIB);
	assert_int_equal(hot->dom->tot_kib, 300 * MIB);
	assert_in_range(g->memory.swapped_kib, 160 * MIB, 200 * MIB);
	assert_int_equal(g->memory.swapped_kib, g->memory.cold_out_kib);
	before = g->stats;
	assert_int_equal(before.swapin_kib, 0);
	assert_int_equal(before.unmet_kib_ms, 0);
	assert_true(hot->stats.swapin_kib > 100 * MIB);
	assert_true(hot->stats.unmet_kib_ms > 0);
	assert_true(sim_guest_need_kib(g) < sim_guest_need_kib(hot) - 150 * MIB);
	/* There is room again: nobody misses it, nothing comes back. */
	lease(g, 700), ask(g, 600), lease(hot, 700), ask(hot, 600);
	later(60 * SIM_S);
	assert_int_equal(g->dom->tot_kib, 600 * MIB);
	assert_int_equal(g->stats.swapin_kib, 0);
	assert_int_equal(g->memory.swapped_kib, g->memory.cold_out_kib);
	assert_int_equal(hot->memory.swapped_kib, 0);
	/* Until it is used. */
	work.cold_kib = 0;
	sim_guest_workload(w, g, &work);
	later(60 * SIM_S);
	assert_int_equal(g->memory.swapped_kib, 0);
	assert_in_range(g->stats.swapin_kib, 160 * MIB, 200 * MIB);
	assert_whole(g);
}

/* What is used comes in for what is cold, though nothing is free. */
static void memory_exchange(void **state)
{
	struct sim_workload work = { .anon_kib = 600 * MIB };
	struct sim_guest *g = boot_swap(512);
	uint64_t swapped_in;

	(void)state;
	later(5 * SIM_S);
	lease(g, 512);
	sim_guest_workload(w, g, &work);
	later(60 * SIM_S);
	assert_true(g->memory.swapped_kib > 130 * MIB);
	work.cold_kib = 300 * MIB;
	sim_guest_workload(w, g, &work);
	later(60 * SIM_S);
	assert_int_equal(g->memory.swapped_kib, g->memory.cold_out_kib);
	assert_true(g->memory.swapped_kib > 130 * MIB);
	swapped_in = g->stats.swapin_kib;
	later(60 * SIM_S);
	assert_int_equal(g->stats.swapin_kib, swapped_in);
	assert_whole(g);
}

/* tmpfs: promised, counted as cache, available to nobody, and there after a kill. */
static void memory_shared(void **state)
{
	struct sim_workload work = { .anon_kib = 300 * MIB, .shared_kib = 200 * MIB };
	struct sim_guest_config stock = kind(SIM_driverless);
	struct sim_guest *g = boot(&stock);
	struct sim_meminfo info;

	(void)state;
	later(5 * SIM_S);
	sim_guest_workload(w, g, &work);
	later(5 * SIM_S);
	info = sim_guest_meminfo(g);
	assert_int_equal(info.committed_kib, 300 * MIB);
	assert_int_equal(info.cached_kib, 200 * MIB);
	assert_true(info.avail_kib < 150 * MIB);
	/* No swap: the programs die, what they shared doesn't; and nothing else can die. */
	work.anon_kib = 800 * MIB;
	sim_guest_workload(w, g, &work);
	later(5 * SIM_S);
	assert_int_equal(g->stats.oom_kills, 1);
	assert_int_equal(g->memory.anon_kib, 200 * MIB);
	assert_int_equal(sim_guest_meminfo(g).committed_kib, 200 * MIB);
	work = (struct sim_workload){ .anon_kib = 200 * MIB, .shared_kib = 200 * MIB,
				      .kernel_kib = 600 * MIB };
	sim_guest_workload(w, g, &work);
	later(60 * SIM_S);
	assert_int_equal(g->stats.oom_kills, 1);
	assert_int_equal(g->memory.anon_kib, 200 * MIB);
	assert_false(sim_guest_touched(g));
	assert_whole(g);
}

/* Committed_AS above what is there, and below it: the need that is reported. */
static void memory_committed(void **state)
{
	static const struct {
		struct sim_workload work;
		int64_t committed_mib, need_mib;
	} rows[] = {
		{ { .anon_kib = 200 * MIB }, 200, 284 },
		{ { .anon_kib = 100 * MIB, .untouched_kib = 100 * MIB }, 200, 284 },
		{ { .anon_kib = 100 * MIB, .kernel_kib = 100 * MIB }, 100, 284 },
		{ { .anon_kib = 200 * MIB, .unpromised_kib = 100 * MIB }, 100, 284 },
		{ { .anon_kib = 200 * MIB, .shared_kib = 100 * MIB }, 200, 284 },
	};
	struct report r;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sim_guest *g = boot_swap(0);

		later(5 * SIM_S);
		lease(g, 512);
		sim_guest_workload(w, g, &rows[i].work);
		later(30 * SIM_S);
		assert_true(said(g, &r));
		assert_int_equal(r.committed_kib, rows[i].committed_mib * MIB);
		if (llabs((int64_t)r.need_kib - rows[i].need_mib * MIB) > 5 * MIB)
			fail_msg("row %zu: need %llu MiB", i, (unsigned long long)r.need_kib / MIB);
		assert_whole(g);
		sim_dom_kill(w, g->dom, SIM_MS);
		later(SIM_S);
	}
}

/* Reads of 100 MiB, 10 KiB a ms, with so much cached: KiB that miss in 10 s. */
static void memory_misses(void **state)
{
	static const struct {
		enum sim_curve curve;
		int64_t quarter, half;
	} rows[] = {
		{ SIM_even,	75 * MIB, 50 * MIB },
		{ SIM_skewed,	(100 * 9 / 16) * MIB, 25 * MIB },
		{ SIM_loop,	100 * MIB, 100 * MIB },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sim_workload work = { .files_kib = 100 * MIB };
		struct guest_memory *m;
		struct sim_guest *g = boot_swap(0);

		work.read_kib_ms[rows[i].curve] = 10;	/* KiB a ms */
		later(5 * SIM_S);
		sim_guest_workload(w, g, &work);
		m = &g->memory;
		for (int half = 0; half < 2; half++) {
			int64_t wanted_kib = half ? rows[i].half : rows[i].quarter, is_kib;

			m->cache_kib = (half ? 50 : 25) * MIB;
			is_kib = (int64_t)g->stats.missed_kib;
			/* No room: what comes in pushes as much out. */
			for (int s = 0; s < 10; s++)
				cache_step(g, 0, 1000 * MIB, SIM_S);
			is_kib = (int64_t)g->stats.missed_kib - is_kib;
			if (llabs(is_kib - wanted_kib) > wanted_kib / 32)
				fail_msg("%s: %lld KiB, not %lld", sim_curve_name(rows[i].curve),
					 (long long)is_kib, (long long)wanted_kib);
		}
		/* With room it is cached once, and then nothing is read or refaults. */
		later(3600 * SIM_S);
		assert_in_range(m->cache_kib, 99 * MIB, 100 * MIB);
		m->cache_kib = 100 * MIB;
		uint64_t missed = g->stats.missed_kib, refaults = m->refault_pages;

		later(600 * SIM_S);
		assert_int_equal(g->stats.missed_kib, missed);
		assert_int_equal(m->refault_pages, refaults);
		assert_int_equal(m->seen_kib, 100 * MIB);
		assert_whole(g);
		sim_dom_kill(w, g->dom, SIM_MS);
		later(SIM_S);
	}
}

/* What was never read before doesn't refault; what was dropped does. */
static void memory_refaults(void **state)
{
	struct sim_workload work = { .files_kib = 100 * MIB };
	struct sim_guest *g = boot_swap(0);

	(void)state;
	work.read_kib_ms[SIM_loop] = 10;	/* KiB a ms */
	later(5 * SIM_S);
	sim_guest_workload(w, g, &work);
	later(30 * SIM_S);
	assert_int_equal(g->memory.cache_kib, 100 * MIB);
	assert_int_equal(g->memory.refault_pages, 0);
	assert_int_equal(g->stats.missed_kib, 100 * MIB);
	cache_drop(&g->memory, 40 * MIB);
	sim_guest_workload(w, g, &work);
	later(30 * SIM_S);
	assert_int_equal(g->memory.cache_kib, 100 * MIB);
	assert_int_equal(g->memory.refault_pages * PAGE_KIB, 40 * MIB);
}

/* A scan fills what is free, pays nothing, is no reason to want more, and goes first. */
static void memory_scan(void **state)
{
	struct sim_workload work = { .anon_kib = 100 * MIB, .cache_kib = 32 * MIB,
				     .scan_kib = 2000 * MIB };
	struct sim_guest *g = boot_swap(0);
	struct report before, r;

	(void)state;
	later(5 * SIM_S);
	lease(g, 512), ask(g, 512);
	sim_guest_demand(w, g, 100 * MIB, 32 * MIB, 0);
	later(60 * SIM_S);
	assert_true(said(g, &before));
	work.read_kib_ms[SIM_scan] = 50;
	sim_guest_workload(w, g, &work);
	later(60 * SIM_S);
	assert_in_range(g->memory.scan_kib, 280 * MIB, 316 * MIB);
	assert_int_equal(g->memory.cache_kib, 32 * MIB);
	assert_true(g->module.state.pressed_ms > 60000);	/* kswapd runs all the time */
	assert_int_equal(g->stats.missed_kib, 0);
	assert_int_equal(g->memory.refault_pages * PAGE_KIB, 32 * MIB);
	assert_true(said(g, &r));
	assert_int_equal(r.need_kib, before.need_kib);
	assert_int_equal(r.want_kib, before.want_kib);
	/* The balloon takes it before what is read again. */
	ask(g, 320);
	later(SIM_S);
	assert_int_equal(g->dom->tot_kib, 320 * MIB);
	assert_int_equal(g->memory.cache_kib, 32 * MIB);
	assert_in_range(g->memory.scan_kib, 90 * MIB, 130 * MIB);
	/* So does a workload. Over, it lies there and nothing more happens. */
	work.anon_kib = 150 * MIB;
	work.read_kib_ms[SIM_scan] = 0;
	sim_guest_workload(w, g, &work);
	later(60 * SIM_S);
	assert_int_equal(g->memory.anon_kib, 150 * MIB);
	assert_int_equal(g->memory.cache_kib, 32 * MIB);
	assert_int_equal(g->stats.oom_kills, 0);
	assert_int_equal(g->memory.next_us, SIM_NEVER);
	assert_whole(g);
}

#define UNIT(f)	{ "unit:sim_" #f, f, lone_setup, lone_teardown, NULL }

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(memory_cold),
		UNIT(memory_exchange),
		UNIT(memory_shared),
		UNIT(memory_committed),
		UNIT(memory_misses),
		UNIT(memory_refaults),
		UNIT(memory_scan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
