// SPDX-License-Identifier: GPL-2.0-or-later
/* dom0 as a guest that comes first (I10): single plans and turns, then loops; MiB. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/account.h"
#include "core/bounds.h"
#include "tests/unit/toy_host.h"

static struct toy toy;
static struct dom *zero, *a, *b;

/* A host without pool and headroom: dom0, and guests that need what they have. */
static void host(int64_t total, int64_t zero_mib, int64_t zero_need, int64_t a_mib, int64_t b_mib)
{
	toy_init(&toy, total);
	toy.host.config.free_min_kib = 0;
	toy.host.config.headroom_min_kib = 0;
	toy.host.config.hysteresis_kib = 0;
	zero = toy_zero(&toy, zero_mib, 1024, zero_need);
	zero->floor_kib = 100 * MIB;
	a = toy_add(&toy, TOY_IDEAL, a_mib, 1024, a_mib);
	b = b_mib ? toy_add(&toy, TOY_IDEAL, b_mib, 1024, b_mib) : NULL;
	a->floor_kib = 200 * MIB;
	if (b)
		b->floor_kib = 200 * MIB;
}

static void plan(void)
{
	char why[160];

	progress_update(&toy.host, toy.now_ms);
	plan_compute(&toy.host, toy.now_ms);
	if (host_check(&toy.host, CHECK_PLAN, why, sizeof(why)))
		fail_msg("%s", why);
}

static void targets(int64_t of_zero, int64_t of_a, int64_t of_b)
{
	plan();
	assert_int_equal(zero->plan_target_kib / MIB, of_zero);
	assert_int_equal(a->plan_target_kib / MIB, of_a);
	if (b)
		assert_int_equal(b->plan_target_kib / MIB, of_b);
	assert_int_equal(zero->plan_ceiling_kib, zero->plan_target_kib);
}

/* After the floors comes its need, whole, and then everybody's share. */
static void zero_before_needs(void **state)
{
	(void)state;
	host(400 + 500 + 500 + 3, 400, 400, 500, 500);
	targets(400, 500, 500);
	assert_false(toy.host.scarce);
	toy_needs(&toy, zero, 600, 600);
	targets(600, 400, 400);
	assert_int_equal(zero->reason, REASON_NEED);
	assert_int_equal(a->reason, REASON_FAIR_SHARE);
	/* Not at the price of a floor. */
	toy_needs(&toy, zero, 1024, 1024);
	targets(1000, 200, 200);
	assert_int_equal(zero->reason, REASON_FAIR_SHARE);
}

/* What it needs of what it has stays, even where the floors don't fit. */
static void zero_keeps_its_need(void **state)
{
	(void)state;
	host(500 + 200 + 2, 500, 500, 200, 0);
	a->floor_kib = 400 * MIB;
	targets(500, 200, 0);
	assert_true(toy.host.overcommitted);
	toy_needs(&toy, zero, 300, 300);
	targets(300, 400, 0);
	/* Its floor is what it has at least, whatever it says that it needs. */
	toy_needs(&toy, zero, 50, 50);
	toy_needs(&toy, a, 1024, 1024);
	targets(100, 600, 0);
}

/* While it swaps or stalls nothing of it is to be had; but an order stands. */
static void zero_not_while_it_strains(void **state)
{
	(void)state;
	host(500 + 200 + 2, 500, 200, 200, 0);
	toy_needs(&toy, a, 600, 600);
	targets(200, 500, 0);
	zero->strained = true;
	targets(500, 200, 0);
	assert_true(toy.host.scarce);
	zero->pin_kib = 150 * MIB;
	targets(150, 550, 0);
	zero->pin_kib = 50 * MIB;
	targets(100, 600, 0);
	zero->strained = false;
	zero->pin_kib = KIB_NONE;
	targets(200, 500, 0);
}

/* All of what is free goes to it before anybody stalls a moment less. */
static void zero_wishes_first(void **state)
{
	(void)state;
	host(400 + 300 + 300 + 50 + 3, 400, 450, 300, 300);
	toy_needs(&toy, a, 1024, 1024);
	toy_needs(&toy, b, 250, 250);
	assert_true(a->urgent);
	toy_turn(&toy);
	assert_int_equal(zero->target_kib, 450 * MIB);
	assert_int_equal(a->max_kib, 301 * MIB);
	assert_true(toy.host.pressing);
}

/* The guests pay at once: orders of this turn, to the page. */
static void zero_is_paid_at_once(void **state)
{
	(void)state;
	host(400 + 500 + 500 + 3, 400, 600, 500, 500);
	toy_turn(&toy);
	assert_true(toy.host.pressing);
	assert_int_equal(a->target_kib, 400 * MIB);
	assert_int_equal(b->target_kib, 400 * MIB);
	assert_int_equal(a->lease_kib, 400 * MIB);
	/* Raised only by what is free (I4): the slack above a's ceiling. */
	assert_int_equal(zero->target_kib, 401 * MIB);
	toy_run(&toy, 1000);
	assert_int_equal(zero->actual_kib, 600 * MIB);
}

/* It gives in steps, who ever waits; and in the end to the page. */
static void zero_gives_lazily(void **state)
{
	struct reservation *r;

	(void)state;
	host(800 + 200 + 2, 800, 400, 200, 0);
	toy_needs(&toy, a, 600, 600);
	toy_turn(&toy);
	assert_int_equal(zero->target_kib, 800 * MIB);
	toy.now_ms += 2000;
	toy_turn(&toy);
	assert_true(toy.host.pressing);
	assert_int_equal(zero->target_kib, (800 - 400 / 8) * MIB);
	toy_run(&toy, 60000);
	assert_int_equal(a->actual_kib, 600 * MIB);
	assert_int_equal(zero->actual_kib, 400 * MIB);
	toy.host.config.hysteresis_kib = 64 * MIB;
	toy_needs(&toy, zero, 370, 370);
	toy_run(&toy, 60000);
	assert_int_equal(zero->actual_kib, 400 * MIB);
	r = toy_reserve(&toy, 30);
	toy_run(&toy, 60000);
	assert_int_equal(r->state, RESERVATION_GRANTED);
	assert_int_equal(zero->actual_kib, 370 * MIB);
}

/* Somebody else took what it was growing into: the others' ceilings pay. */
static void zero_in_a_deficit(void **state)
{
	(void)state;
	host(400 + 300 + 300 + 3, 400, 600, 300, 0);
	toy_turn(&toy);
	assert_int_equal(zero->target_kib, 600 * MIB);
	toy.host.free_kib -= 250 * MIB;
	toy_turn(&toy);
	assert_int_equal(zero->target_kib, 600 * MIB);
	/* But what it doesn't need any more is given up unused. */
	toy_needs(&toy, zero, 450, 450);
	toy_turn(&toy);
	assert_int_equal(zero->target_kib, 450 * MIB);
}

static void zero_surplus(void **state)
{
	(void)state;
	host(4096, 400, 400, 300, 0);
	targets(400, 300, 0);
	assert_int_equal(a->plan_ceiling_kib, 1024 * MIB);
	toy.host.config.surplus = SURPLUS_GUESTS;
	targets(400, 1024, 0);
	toy.host.config.surplus = SURPLUS_DOM0;
	targets(1024, 300, 0);
	assert_int_equal(a->plan_ceiling_kib, 1024 * MIB);
}

/* A start takes what it doesn't need, no more, and stopping dom0 is no advice. */
static void zero_admission(void **state)
{
	struct admission admission;

	(void)state;
	host(800 + 300 + 2, 800, 500, 300, 0);
	plan();
	admission_decide(&toy.host, 400 * MIB, &admission);
	assert_int_equal(admission.verdict, ADMIT_AFTER_SHRINK);
	admission_decide(&toy.host, 401 * MIB, &admission);
	assert_int_equal(admission.verdict, ADMIT_REFUSED);
	assert_int_equal(admission.fits_kib, 400 * MIB);
	assert_int_equal(admission.n_blockers, 1);
	assert_int_equal(admission.blockers[0], a->domid);
	zero->pin_kib = 600 * MIB;
	assert_int_equal(dom_guaranteed_kib(zero), 600 * MIB);
}

/* From below its maximum up under load, and back; never under its floor. */
static void zero_there_and_back(void **state)
{
	int64_t least_kib = INT64_MAX;
	uint32_t writes;

	(void)state;
	toy_init(&toy, 2048);
	zero = toy_zero(&toy, 400, 1024, 300);
	a = toy_add(&toy, TOY_IDEAL, 700, 1024, 400);
	b = toy_add(&toy, TOY_IDEAL, 800, 1024, 400);
	toy_run(&toy, 120000);
	toy_needs(&toy, a, 700, 700);
	toy_needs(&toy, b, 700, 700);
	toy_run(&toy, 10000);
	toy_needs(&toy, zero, 900, 900);
	toy_run(&toy, 3000);
	assert_int_equal(zero->actual_kib, 900 * MIB);
	toy_needs(&toy, zero, 100, 100);
	for (int i = 0; i < 120; i++) {
		toy_run(&toy, 1000);
		if (zero->actual_kib < least_kib)
			least_kib = zero->actual_kib;
	}
	assert_true(least_kib >= zero->floor_kib);
	assert_true(a->actual_kib >= 700 * MIB && b->actual_kib >= 700 * MIB);
	/* I9: then nothing moves. */
	writes = toy.writes;
	toy_run(&toy, 3600000);
	assert_int_equal(toy.writes, writes);
}

/* On its way down when balloond starts: what it leaves is promised, not given back to it. */
static void zero_isnt_followed(void **state)
{
	struct action out[8];
	uint32_t n;

	(void)state;
	host(400 + 500 + 500 + 2, 400, 300, 500, 500);
	zero->target_kib = zero->pin_kib = 326 * MIB;
	zero->max_kib = zero->target_kib + MAX_PAGES_SLACK_KIB;
	assert_int_equal(host_slack_kib(&toy.host), 0);
	plan();
	n = actions_free(&toy.host, toy.now_ms, out, 8);
	for (uint32_t i = 0; i < n; i++)
		assert_true(out[i].domid != zero->domid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zero_before_needs), cmocka_unit_test(zero_keeps_its_need),
		cmocka_unit_test(zero_not_while_it_strains), cmocka_unit_test(zero_wishes_first),
		cmocka_unit_test(zero_is_paid_at_once), cmocka_unit_test(zero_gives_lazily),
		cmocka_unit_test(zero_in_a_deficit), cmocka_unit_test(zero_surplus),
		cmocka_unit_test(zero_admission), cmocka_unit_test(zero_isnt_followed),
		cmocka_unit_test(zero_there_and_back),
	};

	return cmocka_run_group_tests_name("core_zero", tests, NULL, NULL);
}
