// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What other memory managers share out, asked of this one: the rows of
 * tests/behaviours.h on policy, accounting, demand and shares. MiB throughout; a
 * guest's ceiling costs 1 MiB of slack, so n guests have n MiB less to share.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/toy_host.h"

#define S	1000ULL

static struct toy toy;
static struct action out[3 * TOY_MAX];

static void bare(int64_t total_mib)
{
	toy_init(&toy, total_mib);
	toy.host.config.free_min_kib = 0;
	toy.host.config.headroom_min_kib = 0;
}

static struct dom *vm(int64_t floor, int64_t actual, int64_t high, int64_t need)
{
	struct dom *dom = toy_add(&toy, TOY_IDEAL, actual, high, need);

	dom->floor_kib = floor * MIB;
	dom->has_lease = true;
	dom->lease_kib = dom->actual_kib;
	return dom;
}

static uint32_t decide(void)
{
	char why[160];
	uint32_t n;

	progress_update(&toy.host, toy.now_ms);
	plan_compute(&toy.host, toy.now_ms);
	if (host_check(&toy.host, CHECK_PLAN, why, sizeof(why)))
		fail_msg("%s", why);
	n = actions_free(&toy.host, toy.now_ms, out, 3 * TOY_MAX);
	return n + actions_give(&toy.host, host_slack_kib(&toy.host), toy.now_ms, out + n,
				3 * TOY_MAX - n);
}

static void targets(int64_t a, int64_t b)
{
	decide();
	assert_int_equal(toy.doms[0].plan_target_kib / MIB, a);
	assert_int_equal(toy.doms[1].plan_target_kib / MIB, b);
}

static void assert_near(int64_t kib, int64_t mib, int64_t within_mib)
{
	if (kib < (mib - within_mib) * MIB || kib > (mib + within_mib) * MIB)
		fail_msg("%lld MiB, expected %lld +- %lld", (long long)(kib / MIB),
			 (long long)mib, (long long)within_mib);
}

/* 700, 400 and 900 with 200 free and a pool of 100, whether they need it or not. */
static void case_equal_guests(void **state)
{
	(void)state;
	for (int idle = 0; idle < 2; idle++) {
		struct dom *d[3];

		bare(700 + 400 + 900 + 200 + 3);
		toy.host.config.free_min_kib = 100 * MIB;
		toy.host.config.surplus = SURPLUS_GUESTS;
		d[0] = vm(256, 700, 1024, idle ? 256 : 1024);
		d[1] = vm(256, 400, 1024, idle ? 256 : 1024);
		d[2] = vm(256, 900, 1024, idle ? 256 : 1024);
		for (int step = 0; step < 6000; step++) {
			toy_run(&toy, 10);
			/* 400 grows at once by what lies free, then by what 900 gave. */
			assert_true(toy.host.free_kib >= 100 * MIB);
			assert_near(d[0]->actual_kib, 700, 22);
		}
		for (int i = 0; i < 3; i++)
			assert_near(d[i]->actual_kib, 700, idle ? 22 : 1);
		assert_near(toy.host.free_kib, 100 + 3, idle ? 22 : 1);
	}
}

/* Nothing to give and nobody to give it to; and no guests at all. */
static void case_nothing_to_give(void **state)
{
	(void)state;
	for (enum surplus surplus = SURPLUS_FREE; surplus <= SURPLUS_DOM0; surplus++) {
		bare(3 * 257);
		toy.host.config.surplus = surplus;
		for (int i = 0; i < 3; i++)
			vm(256, 256, 256, 256)->weight = 0;	/* nobody set it */
		assert_int_equal(decide(), 0);
		targets(256, 256);
		toy.host.n_doms = 0;
		assert_int_equal(decide(), 0);
	}
}

/* What was reserved is had exactly; as a running guest it shares like the others. */
static void case_start_joins(void **state)
{
	struct reservation *r;
	struct dom *d[2], *young;

	(void)state;
	bare(1800 + 3);
	d[0] = vm(232, 900, 1024, 900);
	d[1] = vm(232, 900, 1024, 900);
	toy_run(&toy, 2 * S);
	r = toy_reserve(&toy, 401);
	toy_run(&toy, 3 * S);
	assert_int_equal(r->state, RESERVATION_GRANTED);
	assert_near(toy.host.free_kib, 401 + 2, 1);

	young = toy_build(&toy, 400);
	r->state = RESERVATION_ASSIGNED;
	r->domid = young->domid;
	toy_run(&toy, 3 * S);
	assert_int_equal(young->kind, DOM_GUEST);
	toy.host.n_reservations = 0;
	young->has_report = true;
	young->static_max_kib = young->policy_max_kib = 1024 * MIB;
	young->floor_kib = 232 * MIB;
	toy_needs(&toy, young, 900, 900);
	toy_run(&toy, 5 * S);
	for (int i = 0; i < 2; i++)
		assert_near(d[i]->actual_kib, 600, 1);
	assert_near(young->actual_kib, 600, 1);
}

static uint64_t seed = 42;
static int64_t rnd(int64_t below)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (int64_t)((seed >> 24) % (uint64_t)below);
}

/* Scarcity hands out all there is but for less than a page and 1 KiB a guest. */
static void case_rounding(void **state)
{
	(void)state;
	for (int run = 0; run < 500; run++) {
		int n = 2 + (int)rnd(20);
		int64_t sum_kib = 0;

		bare(100000);
		for (int i = 0; i < n; i++)
			vm(1 + rnd(60), 100, 1024, 1024)->weight = 1 + (uint32_t)rnd(900);
		toy.host.free_kib = (n * (1 + rnd(800)) * MIB + rnd(MIB)) & ~3LL;
		decide();
		assert_true(toy.host.scarce);
		for (int i = 0; i < n; i++)
			sum_kib += toy.doms[i].plan_target_kib;
		assert_true(sum_kib <= toy.host.usable_kib);
		assert_true(sum_kib > toy.host.usable_kib - 5 * n);
	}
}

/* A request of 400: two donors give it between them and not much more. */
static void case_request_of_400(void **state)
{
	struct admission answer;
	struct dom *a, *b, *mute;
	int64_t before_kib;

	(void)state;
	bare(700 + 900 + 300 + 3);
	toy.host.config.surplus = SURPLUS_GUESTS;
	a = vm(680, 800, 1024, 300);
	b = vm(680, 800, 1024, 300);
	mute = toy_add(&toy, TOY_STOCK, 300, 1024, 0);
	admission_decide(&toy.host, 400 * MIB, &answer);
	assert_int_equal(answer.verdict, ADMIT_REFUSED);	/* nobody is asked */

	a->floor_kib = b->floor_kib = 500 * MIB;
	toy_run(&toy, 2 * S);
	admission_decide(&toy.host, 400 * MIB, &answer);
	assert_int_equal(answer.verdict, ADMIT_AFTER_SHRINK);
	before_kib = toy.host.free_kib;
	toy_reserve(&toy, 400);
	toy_run(&toy, 5 * S);
	assert_int_equal(toy.reservations[0].state, RESERVATION_GRANTED);
	assert_true(toy.host.free_kib - before_kib >= 400 * MIB);
	assert_true(toy.host.free_kib - before_kib <= 421 * MIB);
	assert_near(a->actual_kib, b->actual_kib / MIB, 1);
	assert_int_equal(mute->actual_kib, 300 * MIB);
}

/* 4096 to give: who needs more gets more, who can't take it leaves it to the others. */
static void case_plenty(void **state)
{
	static const int64_t expected[] = { 2248, 2548, 512, 400 };
	uint32_t n, orders[8] = { 0 };

	(void)state;
	bare(300 + 600 + 512 + 200 + 4096 + 4);
	toy.host.config.surplus = SURPLUS_GUESTS;
	vm(100, 300, 8192, 300);
	vm(100, 600, 8192, 600);
	vm(100, 512, 512, 512);
	vm(100, 200, 400, 200);
	n = decide();
	for (int i = 0; i < 4; i++)
		assert_int_equal(toy.doms[i].plan_target_kib / MIB, expected[i]);
	for (uint32_t k = 0; k < n; k++)
		orders[out[k].domid]++;
	assert_int_equal(n, 3);
	for (int i = 1; i <= 4; i++)	/* nobody is told twice */
		assert_int_equal(orders[i], i == 3 ? 0 : 1);
}

/* Needs don't fit: who has less than its share gives nothing, and the pool is kept. */
static void case_small_ones_keep(void **state)
{
	struct dom *small, *big, *new;
	int64_t least_kib;

	(void)state;
	bare(300 + 900 + 100 + 50 + 3);
	toy.host.config.free_min_kib = 50 * MIB;
	small = vm(100, 300, 1024, 1000);
	big = vm(100, 900, 1024, 1000);
	new = vm(100, 100, 1024, 1000);
	least_kib = small->actual_kib;
	for (int step = 0; step < 1000; step++) {
		toy_run(&toy, 10);
		assert_true(toy.host.free_kib >= 50 * MIB);	/* donors before acceptors */
		assert_true(small->actual_kib >= least_kib);
		least_kib = small->actual_kib;
	}
	assert_near(small->actual_kib, 433, 1);
	assert_near(big->actual_kib, 433, 1);
	assert_near(new->actual_kib, 433, 1);
}

/* Small changes are not worth a move; a need is. */
static void case_small_changes(void **state)
{
	struct dom *d[4];
	uint32_t actions;

	(void)state;
	bare(4 * 1024 + 4);
	for (int i = 0; i < 4; i++)
		d[i] = vm(232, 1024, 2048, 1024);
	toy_run(&toy, 30 * S);
	actions = toy.actions;
	for (int i = 0; i < 4; i++)	/* 120 MiB in all, 1/34 of each */
		toy_needs(&toy, d[i], 1024 - 30, 1024 - 30);
	toy_run(&toy, 300 * S);
	assert_int_equal(toy.actions, actions);
	toy_needs(&toy, d[0], 1024 + 16, 1024 + 16);	/* and 16 more are met from them */
	toy_run(&toy, 1 * S);
	assert_int_equal(d[0]->actual_kib, 1040 * MIB);
}

/* Shares 2:1 above equal minima, at once and whatever way led there. */
static void case_shares(void **state)
{
	static const int64_t cases[][3] = {
		{ 0, 1000, 1000 }, { 90, 1060, 1030 }, { 150, 1100, 1050 },
		{ 180, 1120, 1060 }, { 270, 1180, 1090 }, { 600, 1400, 1200 },
		{ 900, 1600, 1300 }, { 600, 1400, 1200 }, { 270, 1180, 1090 },
	};
	int64_t given = 0;

	(void)state;
	bare(2000 + 2);
	vm(1000, 1000, 2000, 2000)->weight = 2000;
	vm(1000, 1000, 2000, 2000)->weight = 1000;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		toy.host.free_kib += (cases[i][0] - given) * MIB;
		toy.host.total_kib += (cases[i][0] - given) * MIB;
		given = cases[i][0];
		targets(cases[i][1], cases[i][2]);
	}
	toy.doms[0].static_max_kib = toy.doms[0].policy_max_kib = 1000 * MIB;
	for (int more = 18; more <= 500; more += 241) {	/* one that is full leaves it all */
		toy.host.free_kib += (more - given) * MIB;
		given = more;
		targets(1000, 1000 + more);
	}
}

/* One at 1007 that lacks 293, one of 1000 that lacks nothing; both may have 1300. */
static void case_pressed_first(void **state)
{
	static const int64_t cases[][3] = {
		{ 11, 1018, 1000 }, { 80, 1087, 1000 }, { 200, 1207, 1000 },
		{ 593, 1300, 1300 }, { 393, 1300, 1100 }, { 193, 1200, 1000 },
		{ 0, 1007, 1000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bare(2007 + cases[i][0] + 2);
		toy.host.config.surplus = SURPLUS_GUESTS;
		vm(1000, 1007, 1300, 1300)->urgent = true;
		vm(1000, 1000, 1300, 488);
		targets(cases[i][1], cases[i][2]);
	}
}

/* GiB of a guest and what is unused of it, its need being what it uses and 10 %. */
static void case_used_and_a_tenth(void **state)
{
	struct dom *a;

	(void)state;
	bare(4096 + 400 + 1);
	a = vm(1024, 4096, 8192, 2253);			/* 4/2: a first step */
	decide();
	toy.now_ms += 2000;
	decide();
	assert_int_equal(out[0].type, ACTION_SHRINK);
	assert_int_equal(out[0].target_kib / MIB, 3865);

	bare(4096 + 80 + 1);
	a = vm(1024, 4096, 8192, 4070);			/* 4/0.3: left there */
	decide();
	toy.now_ms += 2000;
	for (uint32_t k = decide(); k-- > 0;)
		assert_int_not_equal(out[k].type, ACTION_SHRINK);
	assert_int_equal(a->plan_target_kib, 4096 * MIB);

	bare(4096 + 1700 + 1);
	a = vm(1024, 4096, 8192, 4403);			/* 4/0.1, plenty: at once */
	assert_int_equal(decide(), 1);
	assert_int_equal(out[0].type, ACTION_RAISE);
	assert_int_equal(a->plan_target_kib, 4403 * MIB);
	assert_int_equal(a->plan_ceiling_kib, (4096 + 1700) * MIB);

	bare(8182 + 1);
	vm(1024, 8182, 8192, 8100);			/* within a fraction: nothing */
	decide();
	toy.now_ms += 2000;
	assert_int_equal(decide(), 0);
}

/* At its minimum and idle, it gives nothing; under it, it is lifted to it. */
static void case_minimum(void **state)
{
	struct dom *at, *under, *greedy;

	(void)state;
	bare(1024 + 512 + 2000 + 3);
	at = vm(1024, 1024, 4096, 100);
	under = vm(1024, 512, 4096, 100);
	greedy = vm(100, 2000, 4096, 4096);
	for (int step = 0; step < 500; step++) {
		toy_run(&toy, 10);
		assert_true(at->actual_kib >= 1024 * MIB);
		assert_true(at->target_kib >= 1024 * MIB);
	}
	assert_near(under->actual_kib, 1024, 1);
	assert_near(greedy->actual_kib, 1488, 1);
}

/* A start's memory comes evenly from those who listen. */
static void case_even_pressure(void **state)
{
	struct dom *d[3], *mute;

	(void)state;
	bare(3 * 600 + 500 + 4);
	for (int i = 0; i < 3; i++)
		d[i] = vm(100, 600, 1024, 600);
	mute = toy_add(&toy, TOY_STOCK, 500, 1024, 100);
	toy_run(&toy, 2 * S);
	toy_reserve(&toy, 300);
	toy_run(&toy, 5 * S);
	assert_int_equal(toy.reservations[0].state, RESERVATION_GRANTED);
	for (int i = 0; i < 3; i++)
		assert_near(d[i]->actual_kib, 500, 1);
	assert_int_equal(mute->actual_kib, 500 * MIB);
	assert_int_equal(mute->target_kib, 500 * MIB);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(case_equal_guests),
		cmocka_unit_test(case_nothing_to_give),
		cmocka_unit_test(case_start_joins),
		cmocka_unit_test(case_rounding),
		cmocka_unit_test(case_request_of_400),
		cmocka_unit_test(case_plenty),
		cmocka_unit_test(case_small_ones_keep),
		cmocka_unit_test(case_small_changes),
		cmocka_unit_test(case_shares),
		cmocka_unit_test(case_pressed_first),
		cmocka_unit_test(case_used_and_a_tenth),
		cmocka_unit_test(case_minimum),
		cmocka_unit_test(case_even_pressure),
	};

	return cmocka_run_group_tests_name("case_policy", tests, NULL, NULL);
}
