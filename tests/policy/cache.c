// SPDX-License-Identifier: GPL-2.0-or-later
/* What the guest wants for its cache: as much as comes back when it is dropped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "guest-driver/goal.h"

#define MIB(n)	((u64)(n) << 10)
#define TICK_MS	5000
#define HOUR	(3600 * 1000ULL / TICK_MS)	/* ticks */

static const struct goal_config config = {
	.enabled = true,
	.downhysteresis = 8,
	.uphysteresis = 1,
	.reserved_kib = MIB(38),
};

static struct goal_state state;
static struct goal_input in;

/* A guest that needs 200 MiB and has so much; its memory is full of cache. */
static struct goal_verdict begin(u64 tot_kib, u64 cache_kib)
{
	struct goal_verdict v;

	state = (struct goal_state){ 0 };
	in = (struct goal_input) {
		.now_ms = 100000,
		.tot_kib = tot_kib,
		.hidden_kib = MIB(40),
		.static_max_kib = MIB(1024),
		.room_kib = MIB(1024),
		.max_kib = MIB(1025),
		.committed_kib = MIB(46),
		.anon_kib = MIB(46),
		.kernel_kib = MIB(60),
		.reserve_kib = MIB(16),
		.avail_kib = MIB(180),
		.free_kib = MIB(18),
		.cache_kib = cache_kib,
		.refault_kib = 12345,
		.asked_kib = tot_kib,
		.directed = true,
		.ceiling_kib = MIB(1024),
	};
	goal_decide(&config, &state, &in, &v);
	assert_int_equal(v.need_kib, MIB(200));
	assert_int_equal(v.want_kib, MIB(200) + cache_kib);
	return v;
}

/* Of it a larger cache would have kept so much. */
static u64 tick_near(u64 came_kib, u64 near_kib)
{
	struct goal_verdict v;

	in.now_ms += TICK_MS;
	in.events = GOAL_TICK;
	in.refault_kib += came_kib;
	in.near_kib += near_kib;
	goal_decide(&config, &state, &in, &v);
	assert_true(v.want_kib >= v.need_kib);
	return v.want_kib;
}

static u64 tick(u64 came_kib)
{
	return tick_near(came_kib, came_kib);
}

/* cache.c's own. */
static void table(void **unused)
{
	static const struct {
		u64 tot, worth, came_kib, free;
		int ticks;		/* without anything, before that */
		bool shrank;		/* at the last of them */
		u64 wanted;
	} rows[] = {
		{ 300,  40, MIB(6),  18,  1, false,  46 },
		{ 300, 120, MIB(60), 18,  1, false, 137 },
		{ 300, 160, MIB(60), 18,  1, false, 160 },
		{ 300,  40, 512,     18,  1, false,  40 },
		{ 300,  40, MIB(6),  50,  1, false,  40 },
		{ 300,  40, MIB(6),  18,  1, true,   40 },
		{ 300,  40, 0,       18, 11, false,  24 },	/* the twelfth tick: a minute */
		{ 300, 240, 0,       18, 11, false, 210 },
		{ 300,  10, 0,       18, 11, false,   0 },
		{ 300,  40, 0,       18, 10, false,  40 },
		{ 200,   0, MIB(90), 18,  1, false,  32 },	/* has its need and nothing more */
		{ 180,   0, MIB(90), 18,  1, false,  12 },	/* and has less */
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin(MIB(rows[i].tot) + (rows[i].shrank ? MIB(50) : 0), MIB(rows[i].worth));
		in.free_kib = MIB(rows[i].free);
		for (int n = 0; n < rows[i].ticks; n++) {
			if (n == rows[i].ticks - 1)
				in.tot_kib = MIB(rows[i].tot);
			tick(0);
		}
		if (rows[i].shrank)
			in.now_ms -= TICK_MS - 3000;
		print_message("# row %zu\n", i);
		assert_int_equal((tick(rows[i].came_kib) - MIB(200)) >> 10, rows[i].wanted);
	}
}

/* Room for cache; what the guest needs is used, but for its reserve. */
static u64 room(void)
{
	u64 used = MIB(200) - config.reserved_kib;

	return in.tot_kib > used ? in.tot_kib - used : 0;
}

/*
 * A file that is read from end to end, over and over, in a guest that is given what it
 * wants: nothing of it stays until all of it does.
 */
static u64 reread(u64 file_kib)
{
	u64 miss_kib = file_kib > room() ? MIB(20) : 0;

	in.free_kib = file_kib > room() ? MIB(18) : MIB(18) + room() - file_kib;
	in.tot_kib = tick_near(miss_kib, 0);
	return miss_kib;
}

static void reuse_climbs(void **unused)
{
	u64 file_kib = MIB(300), ticks = 0, missed = 0, probes;

	(void)unused;
	begin(MIB(220), 0);
	while (reread(file_kib)) {
		assert_in_range(ticks, 0, 30);
		ticks++;
	}
	print_message("# %d MiB wanted after %d ticks\n", (int)(in.tot_kib >> 10), (int)ticks);
	assert_in_range(in.tot_kib, MIB(200 - 38 + 300), MIB(200 - 38 + 300) * 9 / 8);

	/* Then it is left alone, but for a look every ten minutes, later every 80. */
	for (ticks = 0; ticks < HOUR; ticks++)
		missed += reread(file_kib) > 0;
	probes = state.probes;
	assert_in_range(probes, 2, 7);
	assert_in_range(state.squeals, 1, probes);
	for (ticks = 0; ticks < 24 * HOUR; ticks++)
		missed += reread(file_kib) > 0;
	print_message("# probes: %d in the first hour, %d in 24 more, missed for %d s\n",
		      (int)probes, (int)(state.probes - probes), (int)missed * TICK_MS / 1000);
	assert_in_range(state.probes - probes, 24 * 60 / 90, 24 * 60 / 40);
	assert_in_range(missed, 1, 25 * HOUR / 100);

	/* Nobody reads any more: it all goes back. */
	for (ticks = 0; ticks < 24 * HOUR && in.tot_kib > MIB(200); ticks++)
		in.tot_kib = tick(0);
	print_message("# given back in %d min\n", (int)ticks * TICK_MS / 60000);
	assert_int_equal(in.tot_kib, MIB(200));
	assert_in_range(ticks, 1, 2 * HOUR);
}

/*
 * A file that is larger than the guest can be, over and over: it grows for it, to what it
 * can have, and gives that up; again after 10, 20, 40, 80, 80 minutes.
 */
static void vain(void **unused)
{
	const u64 most = MIB(512);
	u64 before = MIB(240), ticks, grown = 0, climbs = 0, last = 0, minutes[8] = { 0 };

	(void)unused;
	begin(MIB(240), MIB(40));
	for (ticks = 0; ticks < 5 * HOUR; ticks++) {
		u64 futile = state.futile, want = tick_near(MIB(20), MIB(2));

		in.tot_kib = want < most ? want : most;
		grown += in.tot_kib > MIB(300);
		if (state.futile > futile) {
			assert_in_range(want, MIB(200), before);	/* and less was tried */
			before = want;
			minutes[climbs++] = (ticks - last) * TICK_MS / 60000;
			last = ticks;
		}
	}
	print_message("# grew in vain %d times, %d s\n", (int)climbs, (int)grown * TICK_MS / 1000);
	assert_in_range(climbs, 5, 7);
	for (int n = 1; n < 6; n++) {
		u64 pause = n < 4 ? 10 << (n - 1) : 80;

		assert_in_range(minutes[n], pause, pause + 3);
	}
	assert_in_range(grown * TICK_MS, 1, 10 * 60000);

	/* It ends; another begins of which a larger cache would keep something, and is heard at once. */
	for (ticks = 0; ticks < HOUR / 60; ticks++)
		tick(0);
	assert_true(in.now_ms < state.far_ms);
	before = tick(0);
	assert_int_equal(tick(MIB(20)), before + MIB(20));
}

/* What comes back is kept by what it grows, or would be by more: not in vain. */
static void not_vain(void **unused)
{
	bool fitted = false;

	(void)unused;
	for (int part = 4; part <= 7; part += 3) {
		begin(MIB(240), MIB(40));
		for (u64 ticks = 0; ticks < HOUR; ticks++) {
			u64 want = tick_near(MIB(20), MIB(20) / (u64)part);

			in.tot_kib = want < MIB(512) ? want : MIB(512);
		}
		assert_int_equal(state.futile, 0);
		assert_int_equal(in.tot_kib, MIB(512));
	}
	/* All of a file once a minute, which would fit: nothing of it is near until it does. */
	begin(MIB(220), 0);
	for (u64 minutes = 0; minutes < 20; minutes++) {
		u64 miss_kib = room() < MIB(300) ? MIB(300) : 0;

		fitted |= !miss_kib;
		in.free_kib = miss_kib ? MIB(18) : MIB(18) + room() - MIB(300);
		in.tot_kib = tick_near(miss_kib, 0);
		for (u64 ticks = 1; ticks < HOUR / 60; ticks++)
			in.tot_kib = tick(0);
	}
	assert_int_equal(state.futile, 0);
	assert_true(fitted);
	/* While it grows, slowly, nothing is decided. */
	begin(MIB(240), MIB(40));
	for (u64 ticks = 0; ticks < HOUR / 12; ticks++) {
		tick_near(MIB(20), 0);
		in.tot_kib += ticks % 2 ? MIB(10) : 0;
		assert_int_equal(state.futile, 0);
	}
}

/* Read once: what the kernel has called active is given up, step by step. */
static void scan(void **unused)
{
	u64 want, last = MIB(320);
	int ticks;

	(void)unused;
	begin(MIB(320), MIB(120));
	for (ticks = 0; (want = tick(0)) > MIB(200); ticks++) {
		assert_true(want <= last);
		assert_in_range(ticks, 0, HOUR / 2);
		last = want;
	}
	for (ticks = 0; ticks < (int)(24 * HOUR); ticks++)
		assert_int_equal(tick(0), MIB(200));
	assert_in_range(state.probes, 5, 9);
	assert_int_equal(state.squeals, 0);
}

/* A probe that makes it squeal: as before, at once, and left alone for longer. */
static void squeal(void **unused)
{
	static const u64 minutes[] = { 10, 20, 40, 80, 80, 80 };
	u64 ticks;

	(void)unused;
	begin(MIB(300), MIB(40));
	for (ticks = 0; tick(0) == MIB(240); ticks++)
		;
	assert_int_equal(ticks, 11);
	assert_int_equal(tick(MIB(2)), MIB(240));
	assert_int_equal(tick(MIB(40)), MIB(240));	/* what it takes to fill it again */
	assert_int_equal(state.squeals, 1);
	for (int n = 0; n < 6; n++) {
		for (ticks = 2; tick(0) == MIB(240); ticks++)
			assert_in_range(ticks, 0, HOUR * 2);
		assert_int_equal(ticks, HOUR / 60 * minutes[n]);
		assert_int_equal(tick(MIB(2)), MIB(240));
		tick(0);
	}
}

/* Idle, or with a few reads a minute: nothing changes. */
static void idle(void **unused)
{
	(void)unused;
	begin(MIB(300), 0);
	for (u64 ticks = 0; ticks < 24 * HOUR; ticks++)
		assert_int_equal(tick(0), MIB(200));
	assert_int_equal(state.probes, 0);
	srand(1);
	for (u64 ticks = 0; ticks < 24 * HOUR; ticks++)
		assert_int_equal(tick((u64)rand() % 17 * 4), MIB(200));
}

/*
 * dom0 takes a third of the guest: that its cache comes back meanwhile is no reason to
 * want more than before. If it goes on, it is.
 */
static void own_doing(void **unused)
{
	u64 want;

	(void)unused;
	want = begin(MIB(300), MIB(80)).want_kib;
	for (int n = 0; n < 5; n++) {
		in.tot_kib -= MIB(20);
		assert_int_equal(tick(MIB(20)), want);
	}
	in.now_ms -= 1000;
	assert_int_equal(tick(MIB(20)), want);
	assert_int_equal(tick(MIB(20)), want);	/* it has asked for that already */
	in.tot_kib = MIB(290);
	assert_int_equal(tick(MIB(20)), want + MIB(20));
}

/* Nor where dom0 takes it just after a squeal; and for no longer than without one. */
static void own_doing_squealed(void **unused)
{
	u64 want;

	(void)unused;
	want = begin(MIB(500), MIB(80)).want_kib;
	while (tick(0) == want)
		;
	assert_int_equal(tick(MIB(2)), want);
	for (int n = 0; n < 5; n++) {
		in.tot_kib -= MIB(20);
		assert_int_equal(tick(MIB(20)), want);
	}
	assert_int_equal(state.squeals, 1);
	in.tot_kib -= MIB(20);
	assert_int_equal(tick(MIB(20)), want + MIB(20));
}

/* A large guest, of whose memory half is cache. */
static void begin_large(void)
{
	struct goal_verdict v;

	begin(MIB(300), MIB(40));
	state = (struct goal_state){ 0 };
	in.tot_kib = in.asked_kib = MIB(65536);
	in.static_max_kib = in.room_kib = in.max_kib = in.ceiling_kib = MIB(131072);
	in.committed_kib = in.anon_kib = MIB(20000);
	in.avail_kib = MIB(40000);
	in.cache_kib = MIB(32768);
	in.events = 0;
	goal_decide(&config, &state, &in, &v);
}

/* A few reads a second of what isn't there are no reason to keep half of a large guest. */
static void trickle(void **unused)
{
	static const u64 interval_ms[] = { 190, 1000, 5000, 60000, 600000, 3600000 };

	(void)unused;
	begin_large();
	for (u64 ticks = 0; ticks < 24 * HOUR; ticks++)
		tick(100);	/* 20 KiB/s */
	assert_true(state.worth_kib < MIB(1024));

	/* As much as what is noise, whatever the interval. */
	for (size_t i = 0; i < sizeof(interval_ms) / sizeof(interval_ms[0]); i++) {
		u64 passed_ms = 0, came_kib = 0;

		begin(MIB(300), MIB(80));
		while (passed_ms < 48 * 3600000ULL) {
			u64 came = 8 * (passed_ms += interval_ms[i]) / 1000 - came_kib;

			came_kib += came;
			in.now_ms += interval_ms[i] - TICK_MS;
			tick(came);
		}
		print_message("# looked at every %d ms: %d MiB\n", (int)interval_ms[i],
			      (int)(state.worth_kib >> 10));
		assert_int_equal(state.worth_kib, 0);
	}
}

/* On a disk of 2 MiB/s, 600 KiB/s of refaults are no noise, however large the cache. */
static void slow_disk(void **unused)
{
	(void)unused;
	begin_large();
	for (u64 ticks = 0; ticks < 24 * HOUR; ticks++)
		tick(3000);
	print_message("# %d MiB\n", (int)(state.worth_kib >> 10));
	assert_true(state.worth_kib >= MIB(30000));
}

/* One try takes a quarter at most: its answer comes after it. */
static void quarter(void **unused)
{
	(void)unused;
	begin_large();
	state.worth_kib = MIB(3600);
	while (!state.probes)
		tick(0);
	assert_int_equal(state.worth_kib, MIB(3600) - MIB(900));
}

/* A small cache beside a large need: dom0 acts on three tries at once. */
static void together(void **unused)
{
	(void)unused;
	begin(MIB(300), MIB(40));
	in.committed_kib = in.anon_kib = MIB(6046);
	in.avail_kib = MIB(1000);
	in.tot_kib = MIB(6200 + 800);
	tick(0);
	state.worth_kib = MIB(800);
	while (state.probes < 3)
		tick(0);
	assert_int_equal(state.proven_kib, MIB(800));
	in.tot_kib = tick(0);
	for (int n = 0; n < 3; n++)
		assert_true(tick(0) < MIB(6200 + 400));
	assert_int_equal(tick(MIB(20)), MIB(6200 + 800));
	assert_int_equal(state.squeals, 1);

	/* The fourth isn't carried out yet when cache is missed: the third was borne. */
	in.tot_kib = MIB(6200 + 800);
	while (state.probes < 6)
		tick(0);
	in.tot_kib = MIB(6200 + 350);
	while (state.probes < 7)
		tick(0);
	assert_int_equal(tick(MIB(20)), MIB(6200 + 350));
}

/*
 * dom0 takes a little every few seconds, for long: what comes back is heard in between, or,
 * with more of a pause, never. Either way less isn't tried.
 */
static void squeeze(void **unused)
{
	(void)unused;
	for (int pause = 1; pause <= 2; pause++) {
		begin_large();
		in.tot_kib = MIB(30000);
		tick(0);
		for (int n = 0; n < 720; n++) {
			if (n % pause == 0)
				in.tot_kib -= MIB(3);
			tick(MIB(50));
		}
		assert_int_equal(state.probes, 0);
		assert_int_equal(state.worth_kib, MIB(32768));
		for (int n = 0; n < 11; n++)
			tick(0);
		assert_int_equal(state.probes, 0);
		tick(0);
		assert_int_equal(state.probes, 1);
	}
}

/* It shrinks all the time, as it has a job every minute: cache that nobody reads goes back. */
static void job(void **unused)
{
	static const int periods[] = { 2, 4, 10, 13 };

	(void)unused;
	for (size_t i = 0; i < sizeof(periods) / sizeof(periods[0]); i++) {
		begin_large();
		for (u64 ticks = 0; ticks < HOUR; ticks++) {
			in.tot_kib = MIB(65536) + MIB(200) * (ticks % periods[i] == 0);
			tick(0);
		}
		print_message("# every %d s: %d MiB\n", periods[i] * TICK_MS / 1000,
			      (int)(state.worth_kib >> 10));
		assert_int_equal(state.worth_kib, 0);
	}
}

/* While it has little available there is nothing to try. */
static void no_probe_when_tight(void **unused)
{
	(void)unused;
	begin(MIB(300), MIB(80));
	in.avail_kib = MIB(36);
	for (u64 ticks = 0; ticks < HOUR; ticks++)
		assert_int_equal(tick(0), MIB(280));
	in.avail_kib = MIB(40);
	assert_int_equal(tick(0), MIB(280) - MIB(280) / 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ "policy:cache-table", table, NULL, NULL, NULL },
		{ "policy:cache-reuse-climbs", reuse_climbs, NULL, NULL, NULL },
		{ "policy:cache-vain", vain, NULL, NULL, NULL },
		{ "policy:cache-not-vain", not_vain, NULL, NULL, NULL },
		{ "policy:cache-scan", scan, NULL, NULL, NULL },
		{ "policy:cache-squeal", squeal, NULL, NULL, NULL },
		{ "policy:cache-idle", idle, NULL, NULL, NULL },
		{ "policy:cache-own-doing", own_doing, NULL, NULL, NULL },
		{ "policy:cache-own-squealed", own_doing_squealed, NULL, NULL, NULL },
		{ "policy:cache-trickle", trickle, NULL, NULL, NULL },
		{ "policy:cache-slow-disk", slow_disk, NULL, NULL, NULL },
		{ "policy:cache-quarter", quarter, NULL, NULL, NULL },
		{ "policy:cache-together", together, NULL, NULL, NULL },
		{ "policy:cache-squeeze", squeeze, NULL, NULL, NULL },
		{ "policy:cache-job", job, NULL, NULL, NULL },
		{ "policy:cache-tight", no_probe_when_tight, NULL, NULL, NULL },
	};

	return cmocka_run_group_tests_name("cache", tests, NULL, NULL);
}
