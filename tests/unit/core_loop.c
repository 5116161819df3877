// SPDX-License-Identifier: GPL-2.0-or-later
/* The core in a closed loop with a toy host: what guests and owners experience. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/toy_host.h"

#define S	1000ULL

static struct toy toy;

static void assert_near(int64_t kib, int64_t mib, int64_t within_mib)
{
	if (kib < (mib - within_mib) * MIB || kib > (mib + within_mib) * MIB)
		fail_msg("%lld MiB, expected %lld +- %lld", (long long)(kib / MIB),
			 (long long)mib, (long long)within_mib);
}

/* From here on nothing may be written or moved. */
static void assert_calm(uint64_t ms)
{
	uint32_t actions = toy.actions;
	int64_t moved_kib = toy.moved_kib;

	toy_run(&toy, ms);
	if (toy.actions != actions)
		fail_msg("%u actions though nothing changed", toy.actions - actions);
	assert_int_equal(toy.moved_kib, moved_kib);
}

/* A spike beyond what lies free is met from the others; it ends and flows back. */
static void loop_spike_and_back(void **state)
{
	struct dom *a, *b, *c;

	(void)state;
	toy_init(&toy, 1280);
	a = toy_add(&toy, TOY_IDEAL, 400, 1024, 200);
	b = toy_add(&toy, TOY_IDEAL, 400, 1024, 200);
	c = toy_add(&toy, TOY_IDEAL, 400, 1024, 380);
	toy_run(&toy, 2 * S);

	toy_needs(&toy, c, 700, 700);
	toy_run(&toy, 3 * S);
	assert_near(c->actual_kib, 700, 2);
	assert_true(a->actual_kib >= a->floor_kib && b->actual_kib >= b->floor_kib);
	assert_true(a->actual_kib >= 200 * MIB);
	assert_true(toy_guest(&toy, c)->lost_need_ms < 1500);

	toy_needs(&toy, c, 380, 380);
	toy_run(&toy, 60 * S);
	assert_near(c->actual_kib, 380, 16);
	assert_calm(300 * S);
}

/* However large the spike was, a minute later it is back. */
static void loop_large_spike_flows_back(void **state)
{
	struct dom *a;

	(void)state;
	toy_init(&toy, 65536);
	a = toy_add(&toy, TOY_IDEAL, 30000, 32768, 30000);
	toy_add(&toy, TOY_IDEAL, 4000, 32768, 4000);
	toy_run(&toy, 5 * S);
	toy_guest(&toy, a)->speed_kib = 4096;
	toy_needs(&toy, a, 2000, 2000);
	toy_run(&toy, 60 * S);
	assert_near(a->actual_kib, 2000, 2000 / 32 + 4);
	assert_calm(300 * S);
}

/* Needs beyond the host: equal above the floors by weight, then calm. */
static void loop_scarcity_is_fair(void **state)
{
	struct dom *d[3];

	(void)state;
	toy_init(&toy, 1280);
	for (int i = 0; i < 3; i++)
		d[i] = toy_add(&toy, TOY_IDEAL, 400, 1024, 200);
	d[2]->weight = 512;
	toy_run(&toy, 5 * S);
	toy_needs(&toy, d[0], 900, 900);	/* first and lucky? */
	toy_run(&toy, 5 * S);
	toy_needs(&toy, d[1], 900, 900);
	toy_needs(&toy, d[2], 1000, 1000);
	toy_run(&toy, 20 * S);
	assert_near(d[0]->actual_kib, d[1]->actual_kib / MIB, 2);
	assert_near(d[2]->actual_kib - d[2]->floor_kib,
		    2 * (d[0]->actual_kib - d[0]->floor_kib) / MIB, 4);
	assert_near(toy.host.free_kib, 32 + 3, 4);
	assert_calm(300 * S);
}

static void loop_stuck_donor(void **state)
{
	static const enum toy_character kinds[] = {
		TOY_STUCK, TOY_DRIP, TOY_LIMITED, TOY_DEAF,
	};

	(void)state;
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		struct dom *bad, *good, *needy;
		uint32_t actions;

		toy_init(&toy, 1280);
		bad = toy_add(&toy, kinds[k], 500, 1024, 100);
		toy_guest(&toy, bad)->limit_kib = 450 * MIB;
		good = toy_add(&toy, TOY_IDEAL, 400, 1024, 200);
		needy = toy_add(&toy, TOY_IDEAL, 300, 1024, 280);
		toy_run(&toy, 5 * S);
		toy_needs(&toy, needy, 900, 900);
		good->need_kib = good->want_kib = toy_guest(&toy, good)->need_kib = 500 * MIB;
		toy_run(&toy, 9 * S);

		assert_int_equal(bad->progress, PROGRESS_STUCK);
		assert_true(bad->target_kib >= bad->actual_kib - MIB);
		assert_int_equal(bad->reason, REASON_STUCK);
		/* The others share what there is, fairly. */
		assert_near(needy->actual_kib, good->actual_kib / MIB, 8);
		assert_near(toy.host.free_kib, 32 + 3, 6);

		/* Retried with back-off, and the others don't swing with it. */
		actions = toy.actions;
		toy_run(&toy, 630 * S);
		assert_true(toy.actions - actions >= 4);
		assert_true(toy.actions - actions <= 4 * 7);
		assert_near(needy->actual_kib, good->actual_kib / MIB, 8);

		/* Forgiven once it moves. */
		toy_guest(&toy, bad)->character = TOY_IDEAL;
		toy_run(&toy, 660 * S);
		assert_int_equal(bad->progress, PROGRESS_SETTLED);
		assert_near(bad->actual_kib, bad->floor_kib / MIB, 8);
		assert_calm(30 * S);
	}
}

/* Moves one second of twenty: ends as uncooperative, with ever longer pauses. */
static void loop_napping_donor(void **state)
{
	struct dom *bad, *needy;

	(void)state;
	toy_init(&toy, 2048);
	bad = toy_add(&toy, TOY_NAPPING, 1500, 2048, 100);
	toy_guest(&toy, bad)->speed_kib = 16;
	needy = toy_add(&toy, TOY_IDEAL, 400, 2048, 300);
	toy_run(&toy, 2 * S);
	toy_needs(&toy, needy, 1600, 1600);
	toy_run(&toy, 120 * S);
	assert_true(bad->history.stuck_count >= 3);
	assert_int_equal(bad->progress, PROGRESS_STUCK);
}

/* Stalls shorter than the window are never a verdict. */
static void loop_short_stalls(void **state)
{
	struct dom *bad, *needy;

	(void)state;
	toy_init(&toy, 2048);
	bad = toy_add(&toy, TOY_IDEAL, 1500, 2048, 100);
	toy_guest(&toy, bad)->speed_kib = 16;
	needy = toy_add(&toy, TOY_IDEAL, 400, 2048, 300);
	toy_run(&toy, 2 * S);
	toy_needs(&toy, needy, 1600, 1600);
	for (int i = 0; i < 12; i++) {
		toy_guest(&toy, bad)->speed_kib = 0;
		toy_run(&toy, 4500);
		assert_true(bad->progress != PROGRESS_STUCK);
		toy_guest(&toy, bad)->speed_kib = 64;
		toy_run(&toy, 1 * S);
		assert_true(bad->progress != PROGRESS_STUCK);
	}
	assert_int_equal(bad->history.stuck_count, 0);
}

/* A start waits for donors, is granted, and nobody gets under its floor. */
static void loop_start(void **state)
{
	struct reservation *r;
	struct admission answer;
	struct dom *d[3];
	uint32_t actions;

	(void)state;
	toy_init(&toy, 1280);
	for (int i = 0; i < 3; i++)
		d[i] = toy_add(&toy, TOY_IDEAL, 400, 1024, 380);
	toy_run(&toy, 20 * S);

	/* What doesn't fit is refused, and nothing moves. */
	actions = toy.actions;
	admission_decide(&toy.host, 700 * MIB, &answer);
	assert_int_equal(answer.verdict, ADMIT_REFUSED);
	toy_run(&toy, 30 * S);
	assert_int_equal(toy.actions, actions);

	/* What fits exactly goes through, however much they need. */
	admission_decide(&toy.host, answer.fits_kib, &answer);
	assert_int_equal(answer.verdict, ADMIT_AFTER_SHRINK);
	r = toy_reserve(&toy, answer.fits_kib / MIB);
	toy_run(&toy, 3 * S);
	assert_int_equal(r->state, RESERVATION_GRANTED);
	for (int i = 0; i < 3; i++)
		assert_true(d[i]->actual_kib >= d[i]->floor_kib);

	/* It ends unused: what they need comes back. */
	toy.host.n_reservations = 0;
	toy.dirty = true;
	toy_run(&toy, 10 * S);
	for (int i = 0; i < 3; i++)
		assert_near(d[i]->actual_kib, 380, 16);
	assert_calm(60 * S);
}

/* +-5 % in what the guests say turns nobody round. */
static void loop_noise(void **state)
{
	static const int needs[] = { 300, 500, 350, 900 };

	(void)state;
	for (int scarce = 0; scarce < 2; scarce++) {
		uint32_t reversals = 0, actions = 0;

		toy_init(&toy, scarce ? 1400 : 2300);
		srand(7);
		for (int i = 0; i < 4; i++)
			toy_add(&toy, TOY_IDEAL, 310, 1500, needs[i]);
		for (int s = 0; s < 1200; s++) {
			if (s == 240) {	/* the noise is known by now */
				for (int i = 0; i < 4; i++)
					toy.doms[i].history.reversals = 0;
				actions = toy.actions;
			}
			for (int i = 0; i < 4; i++) {
				int64_t mib = needs[i] * (950 + rand() % 101) / 1000;

				toy_needs(&toy, &toy.doms[i], mib, mib);
			}
			toy_run(&toy, 500);
		}
		for (int i = 0; i < 4; i++)
			reversals += toy.doms[i].history.reversals;
		print_message("# noise, %s: %u reversals, %u actions\n",
			      scarce ? "scarce" : "plenty", reversals, toy.actions - actions);
		assert_int_equal(reversals, 0);
	}
}

/* Stock guests without our driver are left as they are, to the byte. */
static void loop_stock_untouched(void **state)
{
	struct dom *stock, *needy;

	(void)state;
	toy_init(&toy, 1280);
	stock = toy_add(&toy, TOY_STOCK, 600, 1024, 100);
	needy = toy_add(&toy, TOY_IDEAL, 500, 1024, 300);
	toy_run(&toy, 5 * S);
	toy_needs(&toy, needy, 1000, 1000);
	toy_run(&toy, 60 * S);
	assert_int_equal(stock->actual_kib, 600 * MIB);
	assert_int_equal(stock->target_kib, 600 * MIB);
	assert_int_equal(stock->max_kib, 600 * MIB + MAX_PAGES_SLACK_KIB);
	assert_int_equal(stock->progress, PROGRESS_DRIVERLESS);

	/* Unless the administrator set a minimum for it. */
	stock->floor_explicit = true;
	stock->floor_kib = 400 * MIB;
	stock->weight = 64;
	toy.dirty = true;
	toy_run(&toy, 20 * S);
	assert_true(stock->actual_kib < 600 * MIB && stock->actual_kib >= 400 * MIB);
	toy_needs(&toy, needy, 300, 300);
	toy_run(&toy, 90 * S);
	assert_near(stock->actual_kib, 600, 20);
	assert_calm(60 * S);
}

/* An operator's order holds, also under what the guest needs. */
static void loop_pin(void **state)
{
	struct dom *a;

	(void)state;
	toy_init(&toy, 1280);
	a = toy_add(&toy, TOY_IDEAL, 600, 1024, 300);
	toy_add(&toy, TOY_IDEAL, 400, 1024, 300);
	toy_run(&toy, 60 * S);
	/* xl mem-set: target and max_pages. */
	a->pin_kib = a->target_kib = 400 * MIB;
	a->max_kib = 401 * MIB;
	toy.dirty = true;
	a->hvm = false;
	toy_run(&toy, 10 * S);
	assert_int_equal(a->actual_kib, 400 * MIB);
	assert_int_equal(a->target_kib, 400 * MIB);
	assert_int_equal(a->reason, REASON_PINNED);
	assert_calm(60 * S);

	/* Far under its need: the guest won't, lives, and is left at that. */
	a->pin_kib = 64 * MIB;
	a->target_kib = 64 * MIB;
	toy.dirty = true;
	toy_run(&toy, 12 * S);
	assert_int_equal(a->actual_kib, 300 * MIB);
	assert_true(a->target_kib >= 299 * MIB);
	a->pin_kib = KIB_NONE;
	toy.dirty = true;
	toy_run(&toy, 700 * S);
	assert_calm(60 * S);
}

/* A host full of liars can't push an honest guest under its fair share. */
static void loop_liars(void **state)
{
	struct dom *honest;

	(void)state;
	toy_init(&toy, 4096);
	honest = toy_add(&toy, TOY_IDEAL, 300, 1024, 280);
	for (int i = 0; i < 10; i++)
		toy_add(&toy, TOY_IDEAL, 300, 1024, 1 << 20);
	toy_run(&toy, 10 * S);
	toy_needs(&toy, honest, 600, 600);
	toy_run(&toy, 10 * S);
	assert_true(honest->fair_kib > 300 * MIB);
	assert_true(honest->actual_kib >= honest->fair_kib - MIB);
	toy_needs(&toy, honest, 330, 330);
	toy_run(&toy, 30 * S);
	assert_true(honest->actual_kib >= 330 * MIB);
}

/* A maximum that an administrator sets is no noise: met to the page, needed or not. */
static void loop_limit_met(void **state)
{
	static const struct { int64_t need_mib, max_kib; } rows[] = {
		{ 505, 509 * MIB }, { 505, 512 * MIB - 4 }, { 511, 509 * MIB },
		{ 300, 309 * MIB }, { 500, 350 * MIB + 8 }, { 1000, 509 * MIB },
	};

	(void)state;
	for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++)
		for (int other = 0; other < 2; other++) {
			struct dom *dom;

			toy_init(&toy, 2048);
			if (other)	/* PV and HVM */
				toy_add(&toy, TOY_IDEAL, 100, 100, 100);
			dom = toy_add(&toy, TOY_IDEAL, 512, 1024, 512);
			toy_run(&toy, 2 * S);
			toy_needs(&toy, dom, rows[k].need_mib, rows[k].need_mib);
			dom->policy_max_kib = rows[k].max_kib;
			toy_run(&toy, 90 * S);
			if (dom->target_kib > rows[k].max_kib || dom->actual_kib > rows[k].max_kib ||
			    dom->max_kib > rows[k].max_kib + MAX_PAGES_SLACK_KIB)
				fail_msg("row %zu: target %lld, actual %lld, limit %lld KiB", k,
					 (long long)dom->target_kib, (long long)dom->actual_kib,
					 (long long)rows[k].max_kib);
			assert_calm(300 * S);
		}
}

/* On its own floor, above the administrator's, and found stuck there: nothing is asked. */
static void loop_own_floor(void **state)
{
	struct dom *dom, *needy;

	(void)state;
	toy_init(&toy, 32 + 600 + 2);
	dom = toy_add(&toy, TOY_IDEAL, 180, 1024, 100);
	needy = toy_add(&toy, TOY_IDEAL, 400, 1024, 1000);
	needy->weight = 16 * WEIGHT_DEFAULT;
	dom->floor_kib = 100 * MIB;
	dom->guest_floor_kib = 180 * MIB;
	toy_run(&toy, 5 * S);
	assert_near(needy->actual_kib, 600 - 180, 1);
	dom->progress = PROGRESS_STUCK;
	dom->history.retry_ms = toy.now_ms + 60 * S;
	assert_calm(1200 * S);
	assert_int_equal(dom->progress, PROGRESS_SETTLED);
	assert_int_equal(dom->actual_kib, 180 * MIB);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loop_spike_and_back),
		cmocka_unit_test(loop_large_spike_flows_back),
		cmocka_unit_test(loop_scarcity_is_fair),
		cmocka_unit_test(loop_stuck_donor),
		cmocka_unit_test(loop_napping_donor),
		cmocka_unit_test(loop_short_stalls),
		cmocka_unit_test(loop_start),
		cmocka_unit_test(loop_noise),
		cmocka_unit_test(loop_stock_untouched),
		cmocka_unit_test(loop_pin),
		cmocka_unit_test(loop_limit_met),
		cmocka_unit_test(loop_own_floor),
		cmocka_unit_test(loop_liars),
	};

	toy_trace = argc > 2;
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
