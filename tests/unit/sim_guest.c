// SPDX-License-Identifier: GPL-2.0-or-later
/* Simulated guests without a daemon: the tests say what dom0 would. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lone_guest.h"

/* Once all is well nothing happens: no event, no write. */
static void sim_guest_rests(void **state)
{
	struct sim_guest *g = boot_ideal();
	struct report r;
	uint64_t events;

	(void)state;
	later(3 * SIM_S);
	assert_whole(g);
	assert_int_equal(g->memory.anon_kib, 100 * MIB);
	lease(g, 768);
	ask(g, 512);
	later(60 * SIM_S);
	assert_true(said(g, &r));
	assert_int_equal(r.epoch, 1);
	/* kernel, anon, watermarks, and 16 MiB in reserve */
	assert_in_range(r.need_kib, 180 * MIB, 190 * MIB);
	assert_int_equal(g->memory.cache_kib, 64 * MIB);	/* all there, nothing comes back */
	assert_int_equal(r.need_kib, r.want_kib);
	later(600 * SIM_S);
	events = w->stats.events;
	later(24 * 3600 * SIM_S);
	assert_int_equal(w->stats.events, events);
	assert_true(g->stats.reports <= 4);
	/* A promise makes no pressure: the tick that is due then sees it. */
	sim_guest_demand(w, g, 100 * MIB, 64 * MIB, 200 * MIB);
	later(5 * SIM_S);
	assert_true(said(g, &r));
	assert_in_range(r.need_kib, 380 * MIB, 390 * MIB);
	assert_int_equal(g->stats.moved_kib, 0);
	assert_int_equal(g->dom->tot_kib, 512 * MIB);
}

static void sim_guest_moves(void **state)
{
	struct sim_guest_config config = kind(SIM_ideal);
	struct sim_guest *g;

	(void)state;
	config.offset_kib = 20 * MIB;
	g = boot(&config);
	later(5 * SIM_S);
	lease(g, 900);
	ask(g, 800);
	later(200 * SIM_MS);
	assert_true(g->dom->tot_kib < 780 * MIB);	/* 268 MiB at 1 MiB/ms */
	later(100 * SIM_MS);
	assert_int_equal(g->dom->tot_kib, 780 * MIB);
	ask(g, 400);
	later(SIM_S);
	assert_int_equal(g->dom->tot_kib, 380 * MIB);
	assert_int_equal(g->stats.moved_kib, (268 + 400) * MIB);
	assert_int_equal(g->stats.reversals, 1);
	/* Never under its floor, 232 MiB for a memory map of 1 GiB. */
	ask(g, 64);
	later(SIM_S);
	assert_int_equal(g->dom->tot_kib, 232 * MIB);
	assert_int_equal(g->module.refused, 1);
	assert_whole(g);
}

/* A spike: the guest grows by itself, to what it needs or its lease allows. */
static void sim_guest_grows(void **state)
{
	struct sim_guest *g = boot_ideal();
	uint64_t reports;

	(void)state;
	later(5 * SIM_S);
	lease(g, 800);
	later(5 * SIM_S);
	reports = g->stats.reports;
	sim_guest_demand(w, g, 600 * MIB, 0, 0);
	later(250 * SIM_MS);
	assert_int_equal(g->memory.anon_kib, 600 * MIB);
	later(5 * SIM_S);
	assert_in_range(g->dom->tot_kib, 680 * MIB, 740 * MIB);
	assert_in_range(g->stats.reports - reports, 1, 8);
	assert_in_range(g->stats.unmet_kib_ms, 1, 250 * 300 * MIB);
	assert_int_equal(g->stats.oom_kills, 0);
	/* The rest of it is dom0's to give. */
	sim_guest_demand(w, g, 750 * MIB, 0, 0);
	later(SIM_S);
	assert_int_equal(g->dom->tot_kib, 800 * MIB);
	assert_true(g->module.verdict.urgent);
	lease(g, 1000);
	later(SIM_S);
	assert_int_equal(g->memory.anon_kib, 750 * MIB);
	assert_int_equal(g->stats.oom_kills, 0);
	assert_whole(g);
}

static void sim_guest_rated(void **state)
{
	struct sim_guest *g = boot_ideal();

	(void)state;
	later(5 * SIM_S);
	lease(g, 1000);
	sim_guest_rate(g, 100);
	sim_guest_demand(w, g, 600 * MIB, 64 * MIB, 0);
	later(2 * SIM_S);
	assert_in_range(g->memory.anon_kib, 290 * MIB, 300 * MIB);
	later(4 * SIM_S);
	assert_int_equal(g->memory.anon_kib, 600 * MIB);
	assert_int_equal(g->stats.demand_moved_kib, 500 * MIB);
}

static void sim_guest_swaps(void **state)
{
	struct sim_guest_config config = kind(SIM_ideal);
	struct sim_guest *g;

	(void)state;
	config.swap_kib = 512 * MIB;
	g = boot(&config);
	later(5 * SIM_S);
	lease(g, 512);
	sim_guest_demand(w, g, 600 * MIB, 0, 0);
	later(20 * SIM_S);
	assert_whole(g);
	assert_int_equal(g->stats.oom_kills, 0);
	assert_int_equal(g->memory.anon_kib + g->memory.swapped_kib, 600 * MIB);
	assert_true(g->memory.swapped_kib > 130 * MIB);
	assert_true(g->stats.swapout_kib > 130 * MIB && g->stats.swapin_kib > 0);
	/* Room comes: the disk's 100 MiB/s, and then it is over. */
	lease(g, 1000);
	later(10 * SIM_S);
	assert_int_equal(g->memory.swapped_kib, 0);
	assert_int_equal(g->memory.anon_kib, 600 * MIB);
	uint64_t unmet = g->stats.unmet_kib_ms, swapins = g->stats.swapin_kib;

	later(60 * SIM_S);
	assert_int_equal(g->stats.unmet_kib_ms, unmet);
	assert_int_equal(g->stats.swapin_kib, swapins);
}

/* An order below what is touched: followed step by step by swapping, nothing is killed. */
static void sim_guest_ordered(void **state)
{
	struct sim_guest_config config = kind(SIM_ideal);
	struct sim_guest *g, *bare;

	(void)state;
	config.cache_kib = 0;
	bare = boot(&config);
	config.swap_kib = 512 * MIB;
	g = boot(&config);
	later(5 * SIM_S);
	sim_guest_demand(w, g, 400 * MIB, 0, 0);
	sim_guest_demand(w, bare, 400 * MIB, 0, 0);
	later(5 * SIM_S);
	assert_int_equal(g->memory.swapped_kib, 0);
	lease(g, 300), lease(bare, 300);
	ask(g, 300), ask(bare, 300);
	later(SIM_S);
	assert_in_range(g->dom->tot_kib, 420 * MIB, 500 * MIB);
	for (int i = 0; i < 120 && g->dom->tot_kib > 301 * MIB; i++)
		later(SIM_S);
	assert_in_range(g->dom->tot_kib, 300 * MIB, 301 * MIB);
	assert_in_range(g->memory.swapped_kib, 160 * MIB, 200 * MIB);
	assert_in_range(w->now_us, 12 * SIM_S, 30 * SIM_S);
	/* Where nothing can be swapped the order stops before it costs a task. */
	later(60 * SIM_S);
	assert_true(bare->dom->tot_kib > 470 * MIB);
	assert_int_equal(g->stats.oom_kills + bare->stats.oom_kills, 0);
	assert_int_equal(bare->memory.anon_kib, 400 * MIB);
	assert_whole(g), assert_whole(bare);
}

static void sim_guest_killed(void **state)
{
	struct sim_guest_config stock = kind(SIM_driverless);
	struct sim_guest *g = boot(&stock), *directed = boot_ideal();

	(void)state;
	later(5 * SIM_S);
	sim_guest_demand(w, g, 600 * MIB, 0, 0);
	later(SIM_S);
	assert_int_equal(g->stats.oom_kills, 1);
	assert_int_equal(g->memory.anon_kib, 0);
	assert_whole(g);
	/* It waits for dom0, 10 s, and not in vain if that comes. */
	lease(directed, 512);
	later(SIM_S);
	sim_guest_demand(w, directed, 600 * MIB, 0, 0);
	later(8 * SIM_S);
	assert_int_equal(directed->stats.oom_kills, 0);
	lease(directed, 800);
	later(SIM_S);
	assert_int_equal(directed->memory.anon_kib, 600 * MIB);
	assert_true(directed->module.rescues > 0);
	lease(directed, (directed->dom->tot_kib + 1023) / MIB);
	sim_guest_demand(w, directed, 900 * MIB, 0, 0);
	later(30 * SIM_S);
	assert_int_equal(directed->stats.oom_kills, 1);
	later(600 * SIM_S);
	assert_int_equal(directed->stats.oom_kills, 1);
}

/* The stock thread: 2, 4, 8 s, an hour; awake at once for a target that differs. */
static void sim_guest_backs_off(void **state)
{
	struct sim_guest_config stock = kind(SIM_driverless);
	struct sim_guest *g = boot(&stock);

	(void)state;
	later(5 * SIM_S);
	sim_set_max(w, g->dom, 512 * MIB);
	ask(g, 600);
	later(14500 * SIM_MS);
	assert_int_equal(g->balloon.state, BALLOON_GAVE_UP);
	sim_set_max(w, g->dom, 1024 * MIB);
	later(3500 * SIM_S);
	assert_int_equal(g->dom->tot_kib, 512 * MIB);
	ask(g, 601);
	later(SIM_S);
	assert_int_equal(g->dom->tot_kib, 601 * MIB);
	sim_set_max(w, g->dom, 601 * MIB);
	ask(g, 700);
	later(5 * SIM_S);				/* failed at 0 and 2 s */
	sim_set_max(w, g->dom, 1024 * MIB);
	later(500 * SIM_MS);
	assert_int_equal(g->dom->tot_kib, 601 * MIB);
	later(2 * SIM_S);
	assert_int_equal(g->dom->tot_kib, 700 * MIB);
}

/* Asked for 128 of 512 MiB, a minute later each of them has: */
static void sim_guest_characters(void **state)
{
	static const struct {
		enum sim_character character;
		int64_t least_kib, most_kib;
	} rows[] = {
		{ SIM_ideal,		384 * MIB, 384 * MIB },
		{ SIM_slow,		384 * MIB, 384 * MIB },
		{ SIM_limited,		400 * MIB, 400 * MIB },
		{ SIM_stuck,		512 * MIB, 512 * MIB },
		{ SIM_intermittent,	384 * MIB, 384 * MIB },
		{ SIM_slowdrip,		512 * MIB - 48, 512 * MIB - 40 },
		{ SIM_leaking,		384 * MIB, 384 * MIB },
		{ SIM_overshooting,	384 * MIB, 384 * MIB },
		{ SIM_driverless,	384 * MIB, 384 * MIB },
		{ SIM_inert,		512 * MIB, 512 * MIB },
	};
	const size_t n = sizeof(rows) / sizeof(rows[0]);
	struct sim_guest *g[sizeof(rows) / sizeof(rows[0])];
	struct report r;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		struct sim_guest_config config = kind(rows[i].character);

		g[i] = boot(&config);
	}
	later(5 * SIM_S);
	for (size_t i = 0; i < n; i++) {
		lease(g[i], 600);
		ask(g[i], 384);
	}
	later(5 * SIM_S);
	assert_in_range(g[1]->dom->tot_kib, 460 * MIB, 465 * MIB);	/* 10 KiB/ms */
	later(55 * SIM_S);
	for (size_t i = 0; i < n; i++) {
		if (g[i]->dom->tot_kib < rows[i].least_kib || g[i]->dom->tot_kib > rows[i].most_kib)
			fail_msg("%s: %lld KiB", sim_character_name(rows[i].character),
				 (long long)g[i]->dom->tot_kib);
		assert_int_equal(said(g[i], &r), rows[i].character != SIM_driverless &&
						       rows[i].character != SIM_inert);
		assert_whole(g[i]);
	}
	/* And when they become another. */
	sim_guest_character(w, g[3], SIM_ideal);
	sim_guest_character(w, g[0], SIM_driverless);
	later(SIM_S);
	assert_int_equal(g[3]->dom->tot_kib, 384 * MIB);
	assert_false(said(g[0], &r));
}

/* 8 MiB too far, both ways, and back; where it can't, it stays where it was told. */
static void sim_guest_overshoots(void **state)
{
	struct sim_guest_config config = kind(SIM_overshooting);
	struct sim_guest *g = boot(&config);

	(void)state;
	later(5 * SIM_S);
	lease(g, 900);
	ask(g, 400);
	later(500 * SIM_MS);
	assert_int_equal(g->dom->tot_kib, 392 * MIB);
	later(2 * SIM_S);
	assert_int_equal(g->dom->tot_kib, 400 * MIB);
	ask(g, 416);				/* an eighth of the way */
	later(500 * SIM_MS);
	assert_int_equal(g->dom->tot_kib, 418 * MIB);
	later(2 * SIM_S);
	assert_int_equal(g->dom->tot_kib, 416 * MIB);
	lease(g, 600);				/* and 1 MiB of max_pages */
	ask(g, 600);
	later(800 * SIM_MS);
	assert_int_equal(g->dom->tot_kib, 601 * MIB);
	later(5 * SIM_S);
	assert_int_equal(g->dom->tot_kib, 600 * MIB);
	assert_int_equal(g->balloon.state, BALLOON_RESTS);
}

/* Somebody in it moves its balloon: within its lease, not under its need; dom0's word ends it. */
static void sim_guest_agent(void **state)
{
	struct sim_guest_config config = kind(SIM_agent);
	struct sim_guest *g = boot(&config);
	int64_t low = INT64_MAX, high = 0;

	(void)state;
	later(5 * SIM_S);
	lease(g, 700);
	ask(g, 512);
	for (int i = 0; i < 600; i++) {
		later(SIM_S);
		low = kib_min(low, g->dom->tot_kib);
		high = kib_max(high, g->dom->tot_kib);
		assert_whole(g);
	}
	assert_in_range(low, 232 * MIB, 300 * MIB);	/* its floor: 232 */
	assert_in_range(high, 600 * MIB, 701 * MIB);
	assert_int_equal(g->stats.oom_kills, 0);
	assert_int_equal(g->memory.anon_kib, 100 * MIB);
	assert_int_equal(sim_read_kib(w, 0, HOME KEY_TARGET, g->domid), 512 * MIB);
	ask(g, 500);
	later(SIM_S);
	assert_int_equal(g->dom->tot_kib, 500 * MIB);
}

static void sim_guest_drives(void **state)
{
	struct sim_guest_config bursty = kind(SIM_bursty), leaking = kind(SIM_leaking);
	struct sim_guest *a = boot(&bursty), *b = boot(&leaking);
	int64_t low = INT64_MAX, high = 0;

	(void)state;
	later(5 * SIM_S);
	lease(a, 1024);
	lease(b, 600);
	for (int i = 0; i < 200; i++) {
		later(SIM_S);
		low = kib_min(low, a->memory.anon_kib);
		high = kib_max(high, a->memory.anon_kib);
	}
	assert_int_equal(low, 100 * MIB);
	assert_int_equal(high, 200 * MIB);
	assert_in_range(b->memory.anon_kib, 150 * MIB, 152 * MIB);
	later(3600 * SIM_S);
	assert_true(b->stats.oom_kills > 0);
	assert_true(b->memory.work.anon_kib >= 100 * MIB);
}

static void sim_guest_lies(void **state)
{
	struct sim_guest_config config = kind(SIM_liar);
	struct sim_guest *g = boot(&config);
	int good = 0, bad = 0, high = 0;

	(void)state;
	later(5 * SIM_S);
	lease(g, 600);
	for (int i = 0; i < 1000; i++) {
		struct report r;

		later(SIM_S);
		if (!sim_read(w, HOME KEY_REPORT, g->domid))
			continue;
		if (said(g, &r))
			good++, high += r.need_kib > 1024 * (u64)MIB;
		else
			bad++;
		assert_true(g->dom->tot_kib <= g->dom->max_kib);
		assert_whole(g);
	}
	assert_true(good > 300 && bad > 30 && high > 100);
}

static void sim_guest_pauses(void **state)
{
	struct sim_guest *g = boot_ideal();
	uint64_t reports;

	(void)state;
	later(5 * SIM_S);
	lease(g, 600);
	ask(g, 600);
	later(20 * SIM_MS);
	sim_guest_paused(w, g, true);
	int64_t tot_kib = g->dom->tot_kib;

	assert_true(tot_kib < 600 * MIB);
	ask(g, 400);
	reports = g->stats.reports;
	later(60 * SIM_S);
	assert_int_equal(g->dom->tot_kib, tot_kib);
	assert_int_equal(g->stats.reports, reports);
	sim_guest_paused(w, g, false);
	later(SIM_S);
	assert_int_equal(g->dom->tot_kib, 400 * MIB);
}

static void sim_guest_saved(void **state)
{
	static const uint8_t uuid[16];
	struct sim_guest *g = boot_ideal();
	struct sim_dom *dom = g->dom;
	struct report before, after;

	(void)state;
	later(5 * SIM_S);
	lease(g, 600);
	later(5 * SIM_S);
	assert_true(said(g, &before));
	sim_guest_suspend(w, g);
	sim_dom_kill(w, dom, 0);
	later(60 * SIM_S);
	dom = sim_dom_new(w, "guest", uuid, false, 0);
	sim_set_max(w, dom, 1024 * MIB);
	sim_populate(w, dom, 512 * MIB);
	sim_write_number(w, 512 * MIB, HOME KEY_TARGET, dom->domid);
	g->domid = dom->domid, g->dom = dom;
	lease(g, 600);
	sim_guest_resume(w, g, dom);
	/* Nothing is new but that nobody knows it. */
	later(SIM_S);
	assert_true(said(g, &after));
	assert_int_equal(after.boot, before.boot);
	assert_int_equal(after.seq, before.seq + 1);
	assert_int_equal(after.epoch, 1);
	/* Alone: what it needs or its floor, if that is less than it was told. */
	sim_remove(w, HOME KEY_LEASE, dom->domid);
	later(600 * SIM_S);
	assert_in_range(dom->tot_kib, 215 * MIB, 240 * MIB);
	assert_whole(g);
	/* Its end, in the middle of it all. */
	sim_guest_demand(w, g, 400 * MIB, 0, 0);
	ask(g, 500);
	sim_dom_kill(w, dom, SIM_S);
	later(60 * SIM_S);
	assert_null(sim_dom_named(w, "guest"));
}

static void anything(struct sim_guest *g)
{
	struct sim_workload work = {
		.anon_kib = rnd_range(w, 0, 900 * MIB), .cold_kib = rnd_range(w, 0, 900 * MIB),
		.shared_kib = rnd_range(w, 0, 300 * MIB),
		.unpromised_kib = rnd_range(w, 0, 300 * MIB),
		.kernel_kib = rnd(w, 2) ? rnd_range(w, 0, 300 * MIB) : 0,
		.cache_kib = rnd_range(w, 0, 100 * MIB), .files_kib = rnd_range(w, 0, 500 * MIB),
		.scan_kib = rnd_range(w, 0, 500 * MIB),
	};

	for (int i = 0; i < SIM_CURVE_COUNT; i++)
		work.read_kib_ms[i] = rnd(w, 2) ? rnd_range(w, 0, 300) : 0;
	sim_guest_workload(w, g, &work);
}

static void act(struct sim_guest *g)
{
	switch (rnd(w, 8)) {
	case 0:
		lease(g, rnd_range(w, 200, 1024));
		break;
	case 1:
		ask(g, rnd_range(w, 64, 1024));
		break;
	case 2:
		sim_guest_demand(w, g, rnd_range(w, 0, 900 * MIB), rnd_range(w, 0, 300 * MIB),
				 rnd_range(w, 0, 100 * MIB));
		break;
	case 3:
		sim_guest_rate(g, rnd_range(w, 0, 200));
		break;
	case 4:
		sim_guest_character(w, g, (enum sim_character)rnd(w, SIM_CHARACTER_COUNT));
		break;
	case 5:
		sim_guest_paused(w, g, rnd(w, 2));
		break;
	case 6:
		anything(g);
		break;
	default:
		sim_set_max(w, g->dom, WHOLE(rnd_range(w, 0, 1024 * MIB)));
	}
}

/* Whatever happens to ten guests: their pages are whole. @return a sum of it all */
static uint64_t random_run(uint64_t seed)
{
	struct sim_guest *g[10];
	uint64_t sum = 0;

	lone_teardown(NULL);
	lone_setup(NULL);
	w->chance = seed;
	for (int i = 0; i < 10; i++) {
		struct sim_guest_config config = kind((enum sim_character)i);

		config.swap_kib = i & 1 ? 256 * MIB : 0;
		config.offset_kib = rnd_range(w, -1, 10) * MIB;
		g[i] = boot(&config);
	}
	for (int i = 0; i < 2000; i++) {
		struct sim_guest *it = g[rnd(w, 10)];

		act(it);
		later(rnd(w, 2 * SIM_S));
		assert_whole(it);
		sum = sum * 31 + (uint64_t)it->dom->tot_kib + it->stats.reports +
		      it->stats.unmet_kib_ms + w->stats.events;
	}
	return sum;
}

static void sim_guest_random(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed < 6; seed++)
		random_run(seed);
	assert_int_equal(random_run(7), random_run(7));
	assert_int_not_equal(random_run(7), random_run(8));
}

#define UNIT(f)	{ "unit:" #f, f, lone_setup, lone_teardown, NULL }

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT(sim_guest_rests),
		UNIT(sim_guest_moves),
		UNIT(sim_guest_grows),
		UNIT(sim_guest_rated),
		UNIT(sim_guest_swaps),
		UNIT(sim_guest_ordered),
		UNIT(sim_guest_killed),
		UNIT(sim_guest_backs_off),
		UNIT(sim_guest_characters),
		UNIT(sim_guest_overshoots),
		UNIT(sim_guest_agent),
		UNIT(sim_guest_drives),
		UNIT(sim_guest_lies),
		UNIT(sim_guest_pauses),
		UNIT(sim_guest_saved),
		UNIT(sim_guest_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
