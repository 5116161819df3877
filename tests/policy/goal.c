// SPDX-License-Identifier: GPL-2.0-or-later
/* The guest's policy, as the module runs it, in user space. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "guest-driver/foreign.h"
#include "tests/policy/guest.h"

static void table(void **unused)
{
	static const struct {
		u64 committed, asked, ceiling, tot, need, goal;
		bool refused;
		u64 max;	/* Xen's limit; 0: as the lease */
	} rows[] = {
		{  10, 200, 320, 200, 164, 200, false, 0 },
		{ 300, 200, 320, 200, 454, 320, false, 0 },
		{ 300, 200, 480, 200, 454, 454, false, 0 },
		{  10,  64, 320, 200, 164, 168, true, 0 },
		{ 100,  64, 320, 300, 254, 254, true, 0 },
		{ 100, 200, 200, 300, 254, 200, false, 0 },	/* an order */
		{ 100,  64,  65, 300, 254, 168, true, 0 },
		{ 100,  64,  65, 120, 254, 120, true, 0 },
		{ 100,  64, 320, 300, 254, 254, true, 65 },	/* xl mem-set */
		{ 100,  64, 320, 200, 254, 200, true, 65 },
		{  10, 500, 320, 200, 164, 320, false, 0 },	/* never above the lease */
		{  10, 200, 180, 200, 164, 180, false, 0 },	/* also downwards */
		{  10, 100, 320, 120, 164, 164, true, 0 },
		{   0, 100, 320, 120, 154, 154, true, 0 },	/* no growth just to the floor */
	};
	size_t i;

	(void)unused;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct goal_input in = guest(rows[i].committed, rows[i].asked,
					     rows[i].ceiling, rows[i].tot);
		struct goal_state state = { 0 };
		struct goal_verdict v;

		if (rows[i].max)
			in.max_kib = MIB(rows[i].max) + 1024;
		v = decide(&state, &in);
		print_message("# row %zu\n", i);
		assert_int_equal(v.need_kib, MIB(rows[i].need));
		assert_int_equal(v.goal_kib, MIB(rows[i].goal));
		assert_int_equal(v.refused, rows[i].refused);
		assert_int_equal(goal_hold(&config, &state, &in), v.goal_kib);
		assert_true(v.want_kib >= v.need_kib);
	}
}

static void floor_steps(void **unused)
{
	static const u64 steps[] = { 128, 512, 2048, 8192 };
	u64 last = 0, n;
	size_t i;

	(void)unused;
	assert_int_equal(goal_floor(MIB(512)), MIB(168));
	assert_int_equal(goal_floor(MIB(1024)), MIB(232));
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		assert_true(goal_floor(MIB(steps[i])) - goal_floor(MIB(steps[i]) - 1) <= 1);
	for (n = 0; n < MIB(65536); n += 4321) {
		assert_true(goal_floor(n) >= last);
		last = goal_floor(n);
	}
}

static void floor_raised(void **unused)
{
	struct goal_config cfg = config;
	struct goal_input in = guest(10, 64, 320, 300);
	struct goal_state state = { 0 };
	struct goal_verdict v;

	(void)unused;
	cfg.min_usable_kib = MIB(280);
	goal_decide(&cfg, &state, &in, &v);
	assert_int_equal(v.floor_kib, MIB(280));
	assert_int_equal(v.goal_kib, MIB(280));
	cfg.min_usable_kib = MIB(4096);		/* more than it can ever have */
	goal_decide(&cfg, &state, &in, &v);
	assert_int_equal(v.floor_kib, MIB(512));
	assert_int_equal(v.goal_kib, MIB(300));
}

static void alone_steps(void **unused)
{
	struct goal_input in = guest(10, 320, 0, 320);
	struct goal_state state = { 0 };
	struct goal_verdict v;
	int i;

	(void)unused;
	in.directed = false;
	in.max_kib = MIB(321);
	assert_int_equal(decide(&state, &in).goal_kib, MIB(320));
	in.events = GOAL_TICK;
	v = decide(&state, &in);	/* 320 - (320 - 168) / 8 */
	assert_int_equal(v.goal_kib, MIB(301));
	for (i = 0; i < 200; i++) {
		in.tot_kib = v.goal_kib;
		v = decide(&state, &in);
	}
	assert_in_range(v.goal_kib, MIB(168), MIB(168) + 8);	/* its floor */

	in.committed_kib = MIB(100);	/* up: the whole gap at once */
	in.tot_kib = v.goal_kib;
	assert_int_equal(decide(&state, &in).goal_kib, MIB(254));
	in.committed_kib = MIB(500);	/* but never above what was allowed */
	in.events = GOAL_RECLAIM;
	assert_int_equal(decide(&state, &in).goal_kib, MIB(320));
}

/* The next kernel takes every page for memory: all of them, and at once. */
static void kexec(void **unused)
{
	struct goal_input in = guest(100, 254, 300, 254);
	struct goal_state state = { 0 };
	struct goal_verdict v;

	(void)unused;
	assert_false(decide(&state, &in).urgent);
	in.now_ms += 1000;
	in.whole = true;
	v = decide(&state, &in);
	assert_int_equal(v.goal_kib, MIB(300));
	assert_true(v.need_kib >= MIB(512) && v.urgent);
	in.tot_kib = in.ceiling_kib = MIB(512);
	in.max_kib = MIB(513);
	in.now_ms += 1000;
	assert_int_equal(decide(&state, &in).goal_kib, MIB(512));
}

/* A balloond that is started again finds what it left. */
static void alone_waits(void **unused)
{
	struct goal_input in = guest(10, 320, 320, 320);
	struct goal_state state = { 0 };

	(void)unused;
	in.events = GOAL_TICK;
	assert_int_equal(decide(&state, &in).goal_kib, MIB(320));
	in.directed = false;		/* settled: no lease, memory/target as it was */
	in.ceiling_kib = 0;
	in.max_kib = MIB(321);
	for (int i = 0; i < 9; i++) {
		in.now_ms += 1000;
		assert_int_equal(decide(&state, &in).goal_kib, MIB(320));
	}
	in.now_ms += 1000;
	assert_int_equal(decide(&state, &in).goal_kib, MIB(301));
}

/* Alone, an order to shrink gives only what isn't in use. */
static void alone_survives(void **unused)
{
	struct goal_input in = guest(100, 64, 0, 320);
	struct goal_state state = { 0 };

	(void)unused;
	in.directed = false;
	in.max_kib = MIB(65);
	assert_int_equal(decide(&state, &in).goal_kib, MIB(254));
	in.tot_kib = MIB(254);
	assert_int_equal(decide(&state, &in).goal_kib, MIB(254));
	in.committed_kib = MIB(200);	/* nothing to grow into */
	assert_int_equal(decide(&state, &in).goal_kib, MIB(254));
}

/* An order under the need takes cache and swap, not what can't be evicted. */
static void order_spares(void **unused)
{
	struct goal_input in = guest(200, 180, 180, 300);
	struct goal_state state = { 0 };

	(void)unused;
	in.avail_kib = MIB(50);
	in.tot_kib = MIB(256);		/* of which 16 + 256 / 16 stay available */
	assert_int_equal(decide(&state, &in).goal_kib, MIB(256 - 18));
	in.swap_kib = MIB(20);
	assert_int_equal(decide(&state, &in).goal_kib, MIB(256 - 28));
	in.swap_kib = MIB(200);
	assert_int_equal(decide(&state, &in).goal_kib, MIB(180));
	in.swap_kib = 0;
	in.avail_kib = MIB(1);
	assert_int_equal(decide(&state, &in).goal_kib, MIB(256));
	in.avail_kib = MIB(90);		/* large watermarks: twice those */
	in.reserve_kib = MIB(40);
	assert_int_equal(decide(&state, &in).goal_kib, MIB(256 - 10));
}

/* What squeeze.c holds for a moment changes nothing that is decided or held. */
static void squeezed_is_no_need(void **unused)
{
	struct goal_input in = guest(200, 180, 180, 300), with;
	struct goal_state state = { 0 };
	struct goal_verdict before;

	(void)unused;
	in.avail_kib = MIB(50);
	before = decide(&state, &in);
	with = in;
	with.squeezed_kib = MIB(20);
	with.kernel_kib += MIB(20);
	with.avail_kib -= MIB(20);
	with.now_ms += 100;
	assert_int_equal(goal_hold(&config, &state, &with), before.goal_kib);
	assert_int_equal(decide(&state, &with).need_kib, before.need_kib);
	assert_int_equal(decide(&state, &with).goal_kib, before.goal_kib);
	/* Down to the last page: no pressure that makes it ask for more. */
	in.avail_kib = MIB(18);
	with.avail_kib = 0;
	with.events = GOAL_RECLAIM;
	assert_false(decide(&state, &with).need_kib > before.need_kib);
	assert_true(goal_hold(&config, &state, &with) >= goal_hold(&config, &state, &in));
}

/*
 * Two orders at once: the probe makes 500 of the first and then 600 of the second, the
 * kernel's balloon stores them the other way round. Neither is anybody's order.
 */
static void targets_race(void **unused)
{
	struct foreign f = { .set_pages = 400 };

	(void)unused;
	assert_false(foreign_target(&f, 400, false, 0, 1000));
	assert_false(foreign_target(&f, 500, false, 2, 1010));	/* the probe remembers 600 */
	assert_false(foreign_target(&f, 600, true, 2, 1020));
	assert_false(foreign_target(&f, 600, false, 2, 1030));
	assert_true(foreign_target(&f, 700, false, 2, 1040));	/* it hasn't run for this */
	assert_false(foreign_target(&f, 700, false, 2, 1050));	/* once */
}

/* memory/target changed, and the probe didn't run: whatever is there then is foreign. */
static void target_past_probe(void **unused)
{
	struct foreign f = { .set_pages = 400 };

	(void)unused;
	foreign_told(&f, 1600, 1, 1000);
	assert_false(foreign_target(&f, 400, false, 1, 1200));	/* the first is no change */
	foreign_told(&f, 1600, 1, 1300);
	assert_false(foreign_target(&f, 400, false, 1, 1500));
	foreign_told(&f, 2000, 1, 2000);
	assert_false(foreign_target(&f, 400, false, 1, 2050));	/* it may come yet */
	assert_true(foreign_target(&f, 400, false, 1, 2101));
	assert_false(foreign_target(&f, 400, false, 1, 2300));
	foreign_told(&f, 2400, 1, 3000);
	assert_false(foreign_target(&f, 600, true, 2, 3050));	/* there it is */
	assert_false(foreign_target(&f, 600, false, 2, 3200));
}

/*
 * Cache is wanted and not needed, what the kernel calls active as a first guess; tmpfs,
 * and what can't be evicted, is no cache. The rest is in cache.c.
 */
static void cache_is_no_need(void **unused)
{
	struct goal_input in = guest(100, 200, 480, 300);
	struct goal_state state = { 0 }, without = { 0 };
	u64 need = decide(&without, &in).need_kib;
	struct goal_verdict v;

	(void)unused;
	in.cache_kib = MIB(120);
	v = decide(&state, &in);
	assert_int_equal(v.need_kib, need);
	assert_int_equal(v.want_kib, need + MIB(120));
	in.anon_kib = MIB(150);			/* 50 more than was promised: tmpfs */
	v = decide(&state, &in);
	assert_int_equal(v.need_kib, need + MIB(50));
	in.kernel_kib += MIB(30);		/* locked file pages and the like */
	v = decide(&state, &in);
	assert_int_equal(v.need_kib, need + MIB(80));
	assert_int_equal(v.want_kib, v.need_kib + MIB(120));
}

/* Saved in the middle of a spike: restored with room for its size and no more, it
 * asks for no more, whether it still believes in the old lease or is alone. */
static void restored_in_spike(void **unused)
{
	struct goal_state state = { 0 };
	struct goal_input in = guest(300, 200, 480, 250);

	(void)unused;
	in.events = GOAL_RECLAIM;
	in.avail_kib = MIB(2);
	assert_int_equal(decide(&state, &in).goal_kib, MIB(454));
	in.asked_kib = MIB(250);
	in.max_kib = MIB(251);
	assert_int_equal(goal_hold(&config, &state, &in), MIB(251));
	in.directed = false;
	in.ceiling_kib = 0;
	assert_int_equal(goal_hold(&config, &state, &in), MIB(250));
	in.events = 0;
	assert_true(decide(&state, &in).goal_kib <= MIB(251));
}

/* A target that arrives before the first decision is obeyed as one after it. */
static void first_target(void **unused)
{
	struct goal_state state = { 0 };
	struct goal_input in = guest(10, 200, 0, 300);

	(void)unused;
	in.directed = false;
	in.max_kib = 0;
	assert_int_equal(goal_hold(&config, &state, &in), MIB(200));
	assert_int_equal(decide(&state, &in).goal_kib, MIB(200));
}

static void disabled_obeys(void **unused)
{
	struct goal_config cfg = config;
	struct goal_input in = guest(300, 200, 480, 250);
	struct goal_state state = { 0 };
	struct goal_verdict v;

	(void)unused;
	cfg.enabled = false;
	in.events = GOAL_TICK | GOAL_RECLAIM;
	goal_decide(&cfg, &state, &in, &v);
	assert_int_equal(v.goal_kib, MIB(200));
	assert_false(v.urgent);
	in.asked_kib = MIB(64);
	goal_decide(&cfg, &state, &in, &v);
	assert_int_equal(v.goal_kib, MIB(168));
	in.directed = false;
	goal_decide(&cfg, &state, &in, &v);
	assert_int_equal(v.goal_kib, MIB(168));
}

static void urgency(void **unused)
{
	struct goal_input in = guest(300, 200, 200, 200);
	struct goal_state state = { 0 };

	(void)unused;
	assert_false(decide(&state, &in).urgent);	/* promised, not used */
	in.events = GOAL_RECLAIM;
	assert_true(decide(&state, &in).urgent);
	in.events = 0;
	in.now_ms += 1000;
	assert_true(decide(&state, &in).urgent);
	in.now_ms += 2000;
	assert_false(decide(&state, &in).urgent);
	in.avail_kib = MIB(1);
	assert_true(decide(&state, &in).urgent);
	in.room_kib = MIB(200);				/* dom0 can't help */
	assert_false(decide(&state, &in).urgent);
	in.room_kib = MIB(512);
	in.ceiling_kib = MIB(480);
	in.max_kib = MIB(481);
	assert_false(decide(&state, &in).urgent);
}

/* A spike that comes in pieces is met in a few round trips, not in one a piece. */
static void spike_asks_ahead(void **unused)
{
	struct goal_input in = guest(10, 200, 200, 200);
	struct goal_state state = { 0 };
	struct goal_verdict v = decide(&state, &in);
	u64 calm = v.need_kib;
	unsigned int trips = 0;

	(void)unused;
	in.room_kib = in.static_max_kib = MIB(1024);
	in.events = GOAL_RECLAIM;
	for (in.committed_kib = MIB(50); in.committed_kib < MIB(310);
	     in.committed_kib += MIB(8)) {
		in.now_ms += 20;
		in.anon_kib = in.committed_kib - MIB(4);
		v = decide(&state, &in);
		assert_true(v.need_kib <= calm + 2 * (in.committed_kib - MIB(10)));
		if (v.need_kib <= in.ceiling_kib)
			continue;
		in.ceiling_kib = in.tot_kib = v.need_kib;
		in.max_kib = in.ceiling_kib + 1024;
		trips++;
	}
	assert_in_range(trips, 1, 6);
	in.events = 0;			/* it holds what it has: the rest goes back */
	in.now_ms += 2000;
	decide(&state, &in);
	in.now_ms += 2000;
	decide(&state, &in);
	in.now_ms += 2000;
	assert_int_equal(decide(&state, &in).need_kib, calm + in.committed_kib - MIB(10));
}

/* One that is promised at once needs that; of what rises beyond it, as much again. */
static void spike_told_whole(void **unused)
{
	struct goal_input in = guest(10, 200, 200, 200);
	struct goal_state state = { 0 };
	u64 calm = decide(&state, &in).need_kib;

	(void)unused;
	in.room_kib = in.static_max_kib = MIB(1024);
	in.events = GOAL_RECLAIM;
	in.committed_kib += MIB(300);
	for (u64 touched = MIB(40); touched <= MIB(300); touched += MIB(10)) {
		in.now_ms += 20;
		in.anon_kib = MIB(10) + touched;
		assert_int_equal(decide(&state, &in).need_kib, calm + MIB(300));
	}
	for (u64 more = 20; more <= 60; more += 20) {
		in.now_ms += 20;
		in.committed_kib += MIB(20);
		in.anon_kib += MIB(20);
		assert_int_equal(decide(&state, &in).need_kib, calm + MIB(300 + 2 * more));
	}
	/* What was promised and not touched, for long or again and again, tells nothing of it. */
	for (unsigned int forks = 0; forks < 2; forks++) {
		state = (struct goal_state){ 0 };
		in = guest(300, 200, 200, 200);
		in.anon_kib = MIB(10);
		for (u64 end = in.now_ms + 40000; in.now_ms <= end; in.now_ms += 500) {
			in.committed_kib = MIB(forks && in.now_ms % 1000 ? 10 : 300);
			calm = decide(&state, &in).need_kib;
		}
		in.room_kib = in.static_max_kib = MIB(1024);
		in.events = GOAL_RECLAIM;
		in.committed_kib += MIB(forks ? 0 : 50);	/* or of that a part is touched */
		in.anon_kib += MIB(46);
		assert_true(decide(&state, &in).need_kib >= calm + MIB(46 + 40));
	}
}

/* Memory is short: the pressure stays, what was asked ahead goes. */
static void growth_ends(void **unused)
{
	struct goal_input in = guest(10, 160, 160, 160);
	struct goal_state state = { 0 };
	u64 need = decide(&state, &in).need_kib, stopped;

	(void)unused;
	in.room_kib = in.static_max_kib = MIB(1024);
	in.avail_kib = MIB(2);
	in.events = GOAL_RECLAIM;
	for (in.committed_kib = MIB(50); in.committed_kib <= MIB(250);
	     in.committed_kib += MIB(10)) {
		in.now_ms += 50;
		in.anon_kib = in.committed_kib - MIB(4);
		decide(&state, &in);
	}
	in.committed_kib -= MIB(10);
	need += in.committed_kib - MIB(10);
	assert_true(decide(&state, &in).need_kib >= need + MIB(32));
	for (stopped = in.now_ms; in.now_ms < stopped + 60000; in.now_ms += 100) {
		u64 now = decide(&state, &in).need_kib;

		if (in.now_ms > stopped + 1500)
			assert_in_range(now, need, need + MIB(2));
		/* Tasks come and go meanwhile. */
		in.committed_kib += in.now_ms / 100 % 2 ? MIB(2) : -MIB(2);
	}
	in.committed_kib += MIB(30);	/* and it asks ahead again when it grows */
	in.anon_kib += MIB(30);
	assert_true(decide(&state, &in).need_kib > need + MIB(40));
}

static void report_rate(void **unused)
{
	struct goal_verdict v = {
		.need_kib = MIB(200), .want_kib = MIB(220), .floor_kib = MIB(168),
		.limit_kib = MIB(512),
	};
	struct goal_said said = { 0 };

	(void)unused;
	assert_int_equal(goal_report_due(&said, &v, 1, 5000), 0);
	said = (struct goal_said) {
		.any = true, .at_ms = 5000, .epoch = 1, .need_kib = v.need_kib,
		.want_kib = v.want_kib, .floor_kib = v.floor_kib, .limit_kib = v.limit_kib,
	};
	assert_true(goal_report_due(&said, &v, 1, 5100) == GOAL_NEVER);
	v.need_kib += MIB(4);
	v.want_kib += MIB(4);
	assert_true(goal_report_due(&said, &v, 1, 5100) == GOAL_NEVER);
	v.need_kib += 4;
	assert_int_equal(goal_report_due(&said, &v, 1, 5100), 900);
	assert_int_equal(goal_report_due(&said, &v, 1, 6000), 0);
	v.urgent = true;
	assert_int_equal(goal_report_due(&said, &v, 1, 5040), 60);
	assert_int_equal(goal_report_due(&said, &v, 1, 5100), 0);
	v = (struct goal_verdict) {
		.need_kib = said.need_kib, .want_kib = said.want_kib,
		.floor_kib = said.floor_kib, .limit_kib = said.limit_kib,
	};
	assert_int_equal(goal_report_due(&said, &v, 2, 9000), 0);	/* new epoch */
}

/* The table of growths_update(). */
static void growth_is_said(void **unused)
{
	static const struct {
		u64 asked_kib, tot_kib;
		u64 growths;
	} rows[] = {
		{ MIB(200), MIB(200), 0 }, { MIB(200), MIB(200) + 900, 0 },
		{ MIB(200), MIB(201) + 500, 1 }, { MIB(200), MIB(202) + 400, 1 },
		{ MIB(201) + 500, MIB(202) + 400, 1 }, { MIB(180), MIB(202) + 400, 1 },
		{ MIB(180), MIB(190), 1 }, { MIB(180), MIB(191) + 500, 2 },
	};
	struct goal_input in = guest(100, 200, 300, 200);
	struct goal_state state = { 0 };
	struct goal_said said = { 0 };

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct goal_verdict v;

		in.asked_kib = rows[i].asked_kib;
		in.tot_kib = rows[i].tot_kib;
		v = decide(&state, &in);
		assert_int_equal(v.growths, rows[i].growths);
		/* Need is what it was. */
		assert_int_equal(goal_report_due(&said, &v, 1, in.now_ms + 2000) == 0,
				 v.growths != said.growths || !said.any);
		said = goal_say(&v, 1, in.now_ms);
	}
}

/*
 * Whatever the numbers: never above lease and Xen's limit but for what is held,
 * never under floor and need but for what isn't.
 */
static void properties(void **unused)
{
	const char *env = getenv("SEED");
	unsigned int seed = env ? atoi(env) : 1;
	struct goal_state state = { 0 };
	struct goal_input in = { 0 };
	u64 worth = ~0ULL;	/* the first guess is the kernel's */
	int i;

	(void)unused;
	print_message("# SEED=%u\n", seed);
	srand(seed);
	for (i = 0; i < 200000; i++) {
		struct goal_verdict v;
		u64 least;

		in.now_ms += rand() % 3000;
		in.events = rand() % 8;
		in.static_max_kib = MIB(rand() % 2048);
		in.room_kib = rand() % 4 ? in.static_max_kib : 0;
		in.max_kib = rand() % 4 ? MIB(rand() % 2048) : 0;
		in.tot_kib = MIB(rand() % 2048);
		in.hidden_kib = MIB(rand() % 64);
		in.committed_kib = MIB(rand() % 4096);
		in.anon_kib = MIB(rand() % 2048);
		in.kernel_kib = MIB(rand() % 512);
		in.reserve_kib = MIB(rand() % 64);
		in.avail_kib = MIB(rand() % 256);
		in.free_kib = MIB(rand() % 128);
		in.cache_kib = MIB(rand() % 1024);
		in.refault_kib += (u64)rand() % MIB(128);
		in.asked_kib = MIB(rand() % 2048);
		in.directed = rand() % 2;
		in.ceiling_kib = MIB(rand() % 2048);
		goal_decide(&config, &state, &in, &v);

		if (in.directed && v.goal_kib > in.tot_kib)
			assert_true(v.goal_kib <= in.ceiling_kib);
		if (!in.directed && v.goal_kib > in.tot_kib)
			assert_true(v.goal_kib <= in.asked_kib);
		if (in.max_kib && v.goal_kib > in.tot_kib)
			assert_true(v.goal_kib <= in.max_kib);
		least = v.need_kib > v.floor_kib ? v.need_kib : v.floor_kib;
		if (in.directed && in.ceiling_kib && in.ceiling_kib < in.tot_kib)
			least = v.floor_kib;
		assert_true(v.goal_kib >= (least < in.tot_kib ? least : in.tot_kib));
		/* An order under the need leaves something available. */
		if (in.directed && v.goal_kib < in.tot_kib && v.goal_kib < v.need_kib)
			assert_true(in.tot_kib - v.goal_kib + MIB(16) + in.tot_kib / 16 <
				    in.avail_kib + 4);
		assert_true(v.want_kib >= v.need_kib);
		/* For cache it asks for no more than a step ahead, or had before. */
		assert_true(state.worth_kib <= worth || state.worth_kib <= state.proven_kib ||
			    v.want_kib <= in.tot_kib + MIB(32) ||
			    v.want_kib <= in.tot_kib + in.tot_kib / 8);
		worth = state.worth_kib;
		assert_true(!v.urgent || v.need_kib > v.reach_kib);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ "policy:goal-table", table, NULL, NULL, NULL },
		{ "policy:floor-steps", floor_steps, NULL, NULL, NULL },
		{ "policy:floor-raised", floor_raised, NULL, NULL, NULL },
		{ "policy:alone-steps", alone_steps, NULL, NULL, NULL },
		{ "policy:kexec", kexec, NULL, NULL, NULL },
		{ "policy:alone-waits", alone_waits, NULL, NULL, NULL },
		{ "policy:alone-survives", alone_survives, NULL, NULL, NULL },
		{ "policy:order-spares", order_spares, NULL, NULL, NULL },
		{ "policy:squeezed-is-no-need", squeezed_is_no_need, NULL, NULL, NULL },
		{ "policy:targets-race", targets_race, NULL, NULL, NULL },
		{ "policy:target-past-probe", target_past_probe, NULL, NULL, NULL },
		{ "policy:cache-is-no-need", cache_is_no_need, NULL, NULL, NULL },
		{ "policy:first-target", first_target, NULL, NULL, NULL },
		{ "policy:restored-in-spike", restored_in_spike, NULL, NULL, NULL },
		{ "policy:disabled-obeys", disabled_obeys, NULL, NULL, NULL },
		{ "policy:urgency", urgency, NULL, NULL, NULL },
		{ "policy:spike-asks-ahead", spike_asks_ahead, NULL, NULL, NULL },
		{ "policy:spike-told-whole", spike_told_whole, NULL, NULL, NULL },
		{ "policy:growth-ends", growth_ends, NULL, NULL, NULL },
		{ "policy:growth-is-said", growth_is_said, NULL, NULL, NULL },
		{ "policy:report-rate", report_rate, NULL, NULL, NULL },
		{ "policy:properties", properties, NULL, NULL, NULL },
	};

	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
