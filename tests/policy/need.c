// SPDX-License-Identifier: GPL-2.0-or-later
/* What a guest needs: what counts, how it falls, when it is looked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/policy/guest.h"

/* Up at once; down after the whole need stayed lower for a window. */
static void need_falls_late(void **unused)
{
	struct goal_input in = guest(300, 460, 480, 460);
	struct goal_state state = { 0 };
	u64 start = in.now_ms;

	(void)unused;
	assert_int_equal(decide(&state, &in).need_kib, MIB(454));
	in.committed_kib = in.anon_kib = MIB(10);
	for (in.now_ms += 100; in.now_ms < start + 2000; in.now_ms += 100)
		assert_int_equal(decide(&state, &in).need_kib, MIB(454));
	for (; in.now_ms <= start + 4000; in.now_ms += 100)
		decide(&state, &in);
	assert_int_equal(decide(&state, &in).need_kib, MIB(164));
	in.committed_kib = MIB(12);
	assert_int_equal(decide(&state, &in).need_kib, MIB(166));
}

/* A guest that needs 454 MiB for its work, and 164 when that is over. */
static struct goal_verdict works(struct goal_state *state, struct goal_input *in, bool does)
{
	struct goal_verdict v;

	in->committed_kib = in->anon_kib = MIB(does ? 300 : 10);
	v = decide(state, in);
	v.goal_kib = in->tot_kib;	/* else it grows, and looks for that */
	return v;
}

/* goal.c's table: sooner while dom0 has less for it than it needs. */
static void need_yields(void **unused)
{
	static const struct {
		u64 ceiling;
		bool directed;
		u64 back_ms;		/* its work begins again; 0: not */
		u64 looks_ms, falls_ms;	/* 0: not in 10 s */
	} rows[] = {
		{ 480, true,  0,   1000, 2000 },
		{ 320, true,  0,    100,  500 },
		{ 320, true,  400,  100,    0 },
		{ 320, true,  250,  100,    0 },
		{ 320, false, 0,   1000, 2000 },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct goal_input in = guest(300, 320, rows[i].ceiling, 320);
		struct goal_state state = { 0 };
		u64 start = in.now_ms + 5000, fell = 0, next;

		print_message("# row %zu\n", i);
		in.directed = rows[i].directed;
		assert_int_equal(works(&state, &in, true).need_kib, MIB(454));
		for (in.now_ms = start; in.now_ms < start + 10000 && !fell; in.now_ms += next) {
			u64 ms = in.now_ms - start;
			bool does = rows[i].back_ms && ms >= rows[i].back_ms;
			struct goal_verdict v = works(&state, &in, does);

			next = goal_look_ms(&state, &in, &v, 5000);
			if (!ms)
				assert_int_equal(next, rows[i].looks_ms);
			if (v.need_kib < MIB(454))
				fell = ms;
		}
		assert_int_equal(fell, rows[i].falls_ms);
	}
}

/* Every 3 s half of it this, half of it that, for a minute, and noise. @return falls */
static unsigned int swings(struct goal_state *state, struct goal_input *in, u64 high_mib, u64 low_mib)
{
	u64 start = in->now_ms, need = 0;
	unsigned int falls = 0;

	for (; in->now_ms < start + 60000; in->now_ms += 100) {
		struct goal_verdict v;

		in->committed_kib = MIB((in->now_ms - start) % 3000 < 1500 ? high_mib : low_mib) +
				    in->now_ms / 100 % 3 * 64;
		in->anon_kib = in->committed_kib;
		v = decide(state, in);
		falls += v.need_kib + MIB(4) < need;
		need = v.need_kib;
	}
	return falls;
}

/* Work with pauses, under an order: the first is believed, and then none a minute long. */
static void need_lulls(void **unused)
{
	struct goal_input in = guest(300, 320, 320, 320);
	struct goal_state state = { 0 };
	unsigned int falls = 0;
	u64 start = in.now_ms, need = MIB(454);

	(void)unused;
	assert_int_equal(works(&state, &in, true).need_kib, MIB(454));
	for (; in.now_ms < start + 61000; in.now_ms += 100) {
		struct goal_verdict v = works(&state, &in, (in.now_ms - start) % 3000 < 1500);

		falls += v.need_kib < need;
		need = v.need_kib;
	}
	assert_int_equal(falls, 1);
	/* It is over for good: as late as anybody's. */
	while (works(&state, &in, true).need_kib < MIB(454))
		in.now_ms += 100;
	for (start = in.now_ms; works(&state, &in, false).need_kib == MIB(454); in.now_ms += 100)
		assert_in_range(in.now_ms - start, 0, 2000);
	assert_int_equal(in.now_ms - start, 2000);
	/* And long after its last lull at once again; a fall of 4 MiB is none. */
	in.now_ms += 120000;
	assert_int_equal(works(&state, &in, true).need_kib, MIB(454));
	for (start = in.now_ms; in.now_ms < start + 5000; in.now_ms += 100) {
		in.committed_kib = in.anon_kib = MIB(296);
		decide(&state, &in);
	}
	assert_int_equal(works(&state, &in, true).need_kib, MIB(454));
	for (start = in.now_ms; works(&state, &in, false).need_kib == MIB(454); in.now_ms += 100)
		assert_in_range(in.now_ms - start, 0, 500);
	/* A tenth of what it needs comes and goes: the same. */
	state = (struct goal_state){ 0 };
	assert_int_equal(swings(&state, &in, 300, 255), 1);
	/* After one large fall a smaller one that comes back is still a lull. */
	state = (struct goal_state){ 0 };
	works(&state, &in, true);
	assert_in_range(swings(&state, &in, 200, 130), 1, 3);
	/* Three steps down, each no more than noise, and up at once: the same. */
	state = (struct goal_state){ 0 };
	in = guest(3000, 1500, 1500, 1500);
	in.room_kib = in.static_max_kib = MIB(4096);
	need = decide(&state, &in).need_kib;
	falls = 0;
	for (start = in.now_ms; in.now_ms < start + 60000; in.now_ms += 100) {
		u64 step = (in.now_ms - start) % 3000 / 700, now;

		in.committed_kib = in.anon_kib = MIB(3000 - 43 * step % (4 * 43));
		now = decide(&state, &in).need_kib;
		falls += now > need + MIB(64);
		need = now;
	}
	assert_in_range(falls, 0, 2);
}

/* From 300 MiB to 255 and back, and 5 s later it works. */
static void lull_of_45(struct goal_state *state, struct goal_input *in)
{
	u64 start = in->now_ms;

	*state = (struct goal_state){ 0 };
	works(state, in, true);
	in->committed_kib = in->anon_kib = MIB(255);
	for (; in->now_ms < start + 1000; in->now_ms += 100)
		decide(state, in);
	works(state, in, true);
	in->now_ms += 5000;
	works(state, in, true);
}

/*
 * In a lull's minute, after 1.0 to 1.4 s of drift: a fall of more than twice the lull takes
 * 0.5 s, any other 2 s, and after a drift up to 0.45 more.
 */
static void need_falls_deep(void **unused)
{
	static const struct {
		u64 drift_kib;		/* in 100 ms */
		u64 to_mib, least_ms, most_ms;
	} rows[] = {
		{    0,  10,  500,  500 },
		{   64,  10,  500,  500 },
		{ 2048,  10,  500,  500 },
		{ 4096,  10,  500,  500 },
		{    0, 200,  500,  500 },
		{    0, 220, 2000, 2000 },
		{   64, 220, 2000, 2450 },
	};
	struct goal_input in = guest(300, 320, 320, 320);
	struct goal_state state;

	(void)unused;
	for (size_t i = 0; i < 5 * sizeof(rows) / sizeof(rows[0]); i++) {
		u64 drifts_ms = 1000 + i % 5 * 100, start;

		print_message("# row %zu, drift of %u ms\n", i / 5, (unsigned int)drifts_ms);
		lull_of_45(&state, &in);
		for (start = in.now_ms; in.now_ms < start + drifts_ms; in.now_ms += 100) {
			in.committed_kib = MIB(300) - 64 -
					   (in.now_ms - start) / 100 * rows[i / 5].drift_kib;
			in.anon_kib = in.committed_kib;
			decide(&state, &in);
		}
		assert_in_range(state.need_kib, MIB(380), MIB(454));
		in.committed_kib = in.anon_kib = MIB(rows[i / 5].to_mib);
		start = in.now_ms;
		while (decide(&state, &in).need_kib > MIB(154 + rows[i / 5].to_mib)) {
			in.now_ms += 50;
			assert_true(in.now_ms < start + 5000 && in.now_ms < state.lulls_ms);
		}
		assert_in_range(in.now_ms - start, rows[i / 5].least_ms, rows[i / 5].most_ms);
	}
}

/* When it looks without an event: only while others wait more often. */
static void looks(void **unused)
{
	static const struct {
		u64 committed, asked, ceiling, tot, looks_ms;
	} rows[] = {
		{ 300, 454, 480, 454, 5000 },	/* at rest */
		{ 300, 453, 480, 454, 5000 },	/* target a little below, the lease not */
		{ 300, 200, 480, 454, 5000 },	/* xl mem-set */
		{ 300, 320, 320, 320,  500 },	/* less than it needs */
		{ 600, 512, 512, 512, 5000 },	/* more isn't to be had */
		{ 600, 480, 480, 480,  500 },	/* but that is */
	};
	struct goal_input in;
	struct goal_state state;
	struct goal_verdict v;

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		in = guest(rows[i].committed, rows[i].asked, rows[i].ceiling, rows[i].tot);
		state = (struct goal_state){ 0 };
		v = decide(&state, &in);
		v.goal_kib = in.tot_kib;
		print_message("# row %zu\n", i);
		assert_int_equal(goal_look_ms(&state, &in, &v, 5000), rows[i].looks_ms);
		assert_int_equal(goal_look_ms(&state, &in, &v, 200), 200);
	}
	in = guest(300, 320, 320, 320);
	state = (struct goal_state){ 0 };
	v = decide(&state, &in);
	v.goal_kib = in.tot_kib;
	state.lulls_ms = in.now_ms + 1000;
	state.lull_kib = MIB(10);
	in.committed_kib = in.anon_kib = MIB(297);	/* noise, while others wait */
	decide(&state, &in);
	assert_int_equal(goal_look_ms(&state, &in, &v, 5000), 500);
	in.committed_kib = in.anon_kib = MIB(10);	/* and more than lately was a lull */
	decide(&state, &in);
	assert_int_equal(goal_look_ms(&state, &in, &v, 5000), 100);
	in = guest(300, 454, 480, 454);
	state = (struct goal_state){ 0 };
	v = decide(&state, &in);
	state.ask_kib = MIB(500);		/* a spike goes on */
	assert_int_equal(goal_look_ms(&state, &in, &v, 5000), 1000);
	v.goal_kib = in.tot_kib + 1025;		/* it grows */
	assert_int_equal(goal_look_ms(&state, &in, &v, 5000), 100);
	v.goal_kib = in.tot_kib;
	v.urgent = true;
	assert_int_equal(goal_look_ms(&state, &in, &v, 5000), 100);
}

/* As MemAvailable: half of it isn't, up to the watermarks. */
static void slab(void **unused)
{
	(void)unused;
	assert_int_equal(goal_unreclaimable(0, MIB(5)), 0);
	assert_int_equal(goal_unreclaimable(MIB(8), MIB(5)), MIB(4));
	assert_int_equal(goal_unreclaimable(MIB(400), MIB(5)), MIB(5));
}

/* What is promised and untouched counts for one window to two. MiB. */
static void idle_promises(void **unused)
{
	static const struct { u64 s, committed, held, swapped, counts; } rows[] = {
		{  0,  50,  50,  0,  50 },
		{  1, 370,  50,  0, 370 },	/* at once: it will be touched */
		{ 10, 370, 210,  0, 370 },
		{ 20, 370, 210,  0, 210 },	/* the rest wasn't */
		{ 21, 370, 210, 50, 260 },	/* what is touched counts at once */
		{ 22, 370, 200, 60, 260 },	/* also when it is swapped out */
		{ 23, 470, 200, 60, 360 },	/* and what is promised anew */
		{ 32, 260, 200, 60, 360 },	/* late, as any fall */
		{ 35, 260, 200, 60, 260 },
		{ 36, 370, 200, 60, 260 },	/* the old promise again, which was never touched */
		{ 37, 470, 200, 60, 360 },	/* and what is more than that */
		{ 50, 370, 400,  0, 400 },	/* taken without a promise */
	};
	struct goal_input in = guest(50, 200, 480, 470);
	struct goal_state state = { 0 };

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		in.now_ms = 100000 + rows[i].s * 1000;
		in.committed_kib = MIB(rows[i].committed);
		in.anon_kib = MIB(rows[i].held);
		in.swapped_kib = MIB(rows[i].swapped);
		decide(&state, &in);
		in.now_ms += 2000 * (rows[i].s == 20);	/* a fall is late */
		assert_int_equal(decide(&state, &in).need_kib, MIB(154 + rows[i].counts));
	}
}

/* A parent of 100 MiB whose four children a second touch 20 more. @return need after s */
static u64 forks(struct goal_state *state, struct goal_input *in, unsigned int s, u64 held)
{
	u64 end = in->now_ms + s * 1000;

	for (; in->now_ms < end; in->now_ms += 500) {
		bool children = in->now_ms % 1000;

		in->committed_kib = MIB(children ? 500 : 100);
		in->anon_kib = MIB(children ? held : 100);
		decide(state, in);
	}
	in->committed_kib = MIB(500);
	in->anon_kib = MIB(held);
	return decide(state, in).need_kib - MIB(154);
}

/* What each generation promises anew and none touches. */
static void forked_promises(void **unused)
{
	struct goal_input in = guest(100, 200, 480, 470);
	struct goal_state state = { 0 };

	(void)unused;
	assert_int_equal(forks(&state, &in, 8, 120), MIB(500));	/* it may yet be touched */
	assert_int_equal(forks(&state, &in, 30, 120), MIB(120));
	assert_int_equal(forks(&state, &in, 1, 300), MIB(300));	/* is: at once */
	assert_int_equal(forks(&state, &in, 60, 120), MIB(300));	/* and remembered */
	in.committed_kib = MIB(280);				/* no more than that: believed whole */
	for (int i = 0; i < 3; i++, in.now_ms += 1000)
		decide(&state, &in);
	assert_int_equal(decide(&state, &in).need_kib, MIB(154 + 280));
	for (int i = 0; i < 7; i++) {				/* a little less, every 5 minutes */
		forks(&state, &in, 1, 290 - i);
		assert_in_range(forks(&state, &in, 299, 120), MIB(290 - i), MIB(300));
	}
	assert_int_equal(forks(&state, &in, 600, 120), MIB(120));	/* for minutes */
	in.committed_kib = MIB(700);				/* that much is new */
	assert_int_equal(decide(&state, &in).need_kib, MIB(154 + 320));

	/* What can't be touched, for want of memory, isn't taken for untouched. */
	state = (struct goal_state){ 0 };
	in.avail_kib = MIB(2);
	assert_int_equal(forks(&state, &in, 60, 120), MIB(500));
}

/* Pressure with all that the formula asks for: more, until it lies unused. */
static void pressure_teaches(void **unused)
{
	struct goal_input in = guest(10, 164, 480, 164);
	struct goal_state state = { 0 };
	struct goal_verdict v;

	(void)unused;
	in.avail_kib = MIB(2);
	in.events = GOAL_RECLAIM;
	v = decide(&state, &in);
	assert_int_equal(v.need_kib, MIB(164) + MIB(164) / 8);
	assert_true(v.goal_kib == v.need_kib);

	in.events = 0;			/* granted and used: kept, ever longer */
	in.tot_kib = v.goal_kib;
	in.now_ms += 4500;
	assert_int_equal(decide(&state, &in).need_kib, v.need_kib);
	in.now_ms += 4500;
	in.avail_kib = MIB(60);
	assert_int_equal(decide(&state, &in).need_kib, v.need_kib);
	in.now_ms += 4500;		/* unused: dropped as a whole */
	decide(&state, &in);
	in.now_ms += 3000;
	assert_int_equal(decide(&state, &in).need_kib, MIB(164));

	in.avail_kib = MIB(60);		/* reclaim of cache is no pressure */
	in.events = GOAL_RECLAIM;
	in.tot_kib = MIB(164);
	assert_int_equal(decide(&state, &in).need_kib, MIB(164));
	in.events = GOAL_OOM;			/* nor OOM with that much left */
	assert_int_equal(decide(&state, &in).need_kib, MIB(164));
	in.avail_kib = MIB(2);
	assert_true(decide(&state, &in).need_kib > MIB(164));
}

/* A second more, in which so much comes back from swap. @return what it then needs */
static u64 swapped_back(struct goal_state *state, struct goal_input *in, u64 kib)
{
	in->now_ms += 1000;
	in->swapback_kib += kib;
	return decide(state, in).need_kib;
}

static void swapping_teaches(void **unused)
{
	struct goal_input in = guest(10, 164, 480, 164);
	struct goal_state state = { 0 };

	(void)unused;
	in.avail_kib = MIB(30);		/* page cache, more than enough */
	in.free_kib = MIB(10);
	in.swapback_kib = MIB(500);	/* before there was a driver */
	in.now_ms = 1000000;
	assert_int_equal(decide(&state, &in).need_kib, MIB(164));
	for (int i = 0; i < 1000; i++)	/* noise */
		assert_int_equal(swapped_back(&state, &in, 8), MIB(164));
	in.free_kib = MIB(60);		/* it fits */
	assert_int_equal(swapped_back(&state, &in, MIB(40)), MIB(164));
	in.free_kib = MIB(10);
	in.tot_kib = MIB(150);		/* short, as it says */
	assert_int_equal(swapped_back(&state, &in, MIB(40)), MIB(164));
	in.tot_kib = MIB(164);
	assert_int_equal(swapped_back(&state, &in, MIB(2)), MIB(164) + MIB(164) / 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ "policy:need-falls-late", need_falls_late, NULL, NULL, NULL },
		{ "policy:need-yields", need_yields, NULL, NULL, NULL },
		{ "policy:need-lulls", need_lulls, NULL, NULL, NULL },
		{ "policy:need-falls-deep", need_falls_deep, NULL, NULL, NULL },
		{ "policy:looks", looks, NULL, NULL, NULL },
		{ "policy:slab", slab, NULL, NULL, NULL },
		{ "policy:idle-promises", idle_promises, NULL, NULL, NULL },
		{ "policy:forked-promises", forked_promises, NULL, NULL, NULL },
		{ "policy:pressure-teaches", pressure_teaches, NULL, NULL, NULL },
		{ "policy:swapping-teaches", swapping_teaches, NULL, NULL, NULL },
	};

	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
