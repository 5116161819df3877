// SPDX-License-Identifier: GPL-2.0-or-later
/* May a start be promised, and if not, why: what admission answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/toy_host.h"

static struct toy toy;

/* 1000 MiB and three guests of 300 with floors of 100, 200, 150; 97 free. */
static void three_guests(void)
{
	static const int64_t floors[] = { 100, 200, 150 };

	toy_init(&toy, 1000);
	toy.host.config.free_min_kib = 0;
	for (int i = 0; i < 3; i++)
		toy_add(&toy, TOY_IDEAL, 300, 1024, 9999)->floor_kib = floors[i] * MIB;
}

static struct admission answer;

static void ask(int64_t mib, enum admission_verdict verdict, int64_t fits_mib)
{
	struct dom before[3];

	memcpy(before, toy.doms, sizeof(before));
	admission_decide(&toy.host, mib * MIB, &answer);
	assert_memory_equal(before, toy.doms, sizeof(before));	/* I5 */
	assert_int_equal(answer.verdict, verdict);
	assert_int_equal(answer.fits_kib, fits_mib * MIB);
}

static void admission_by_floors(void **state)
{
	(void)state;
	three_guests();
	ask(97, ADMIT_NOW, 547);
	ask(98, ADMIT_AFTER_SHRINK, 547);
	ask(547, ADMIT_AFTER_SHRINK, 547);	/* exactly: no page to spare */
	ask(548, ADMIT_REFUSED, 547);
	assert_int_equal(answer.shortfall_kib, 1 * MIB);

	/* Unused ceilings are cut without asking anybody. */
	toy.doms[0].max_kib += 50 * MIB;
	ask(97, ADMIT_NOW, 547);
	/* Promises and claims come first. */
	toy_reserve(&toy, 40);
	toy.host.claims_kib = 7 * MIB;
	ask(50, ADMIT_NOW, 500);
	ask(51, ADMIT_AFTER_SHRINK, 500);
	toy.host.config.free_min_kib = 32 * MIB;
	ask(19, ADMIT_AFTER_SHRINK, 468);
}

/* Who can't or mustn't come down counts with what it has. */
static void admission_by_what_is_held(void **state)
{
	(void)state;
	three_guests();
	toy.doms[0].progress = PROGRESS_STUCK;
	ask(0, ADMIT_NOW, 347);
	toy.doms[1].paused = true;
	ask(0, ADMIT_NOW, 247);
	toy.doms[2].has_report = false;
	ask(0, ADMIT_NOW, 97);
	toy.doms[2].floor_explicit = true;	/* the administrator said how far */
	ask(0, ADMIT_NOW, 247);
	toy.doms[2].target_kib = 350 * MIB;	/* still growing to its target */
	toy.doms[2].max_kib = 351 * MIB;
	toy.doms[2].floor_explicit = false;
	toy.doms[0].progress = PROGRESS_SETTLED;
	ask(47, ADMIT_NOW, 247);
	ask(48, ADMIT_AFTER_SHRINK, 247);
	toy.doms[0].progress = PROGRESS_STUCK;
	ask(47, ADMIT_NOW, 47);
	ask(48, ADMIT_REFUSED, 47);
	toy.doms[2].kind = DOM_FIXED;
	toy.doms[2].max_kib = 301 * MIB;
	ask(0, ADMIT_NOW, 97);
	toy.doms[2].kind = DOM_DYING;		/* its pages aren't free yet */
	ask(98, ADMIT_NOW, 98);
	ask(99, ADMIT_REFUSED, 98);
}

/*
 * An administrator's minimum under a guest's own floor, which the guest keeps: neither
 * promised, nor waited for. What it says counts as the table's value at most.
 */
static void admission_own_floor(void **state)
{
	struct reservation *r;

	(void)state;
	three_guests();
	for (int i = 0; i < 3; i++)
		toy.doms[i].floor_explicit = true;
	toy.doms[0].guest_floor_kib = 180 * MIB;
	toy.doms[1].guest_floor_kib = 180 * MIB;	/* its minimum is above that */
	ask(467, ADMIT_AFTER_SHRINK, 467);
	ask(468, ADMIT_REFUSED, 467);
	toy.doms[0].guest_floor_kib = 9999 * MIB;	/* 232 by the table */
	ask(415, ADMIT_AFTER_SHRINK, 415);
	ask(416, ADMIT_REFUSED, 415);
	toy.doms[0].policy_max_kib = 200 * MIB;		/* it may be asked for more than that */
	ask(447, ADMIT_AFTER_SHRINK, 447);
	toy.doms[0].policy_max_kib = 1024 * MIB;
	toy.doms[0].actual_kib -= 90 * MIB;		/* what it never had it isn't promised */
	toy.host.free_kib += 90 * MIB;
	ask(437, ADMIT_AFTER_SHRINK, 437);

	/* What was admitted comes at once: nobody is asked for what it won't give. */
	three_guests();
	toy.doms[0].guest_floor_kib = 180 * MIB;
	toy.guests[0].character = TOY_LIMITED;
	toy.guests[0].limit_kib = 180 * MIB;
	toy_run(&toy, 10);
	r = toy_reserve(&toy, 467);
	toy_run(&toy, 3000);
	assert_int_equal(r->state, RESERVATION_GRANTED);
	assert_int_equal(toy.doms[0].progress, PROGRESS_SETTLED);
}

/* What a dying guest leaves will do, as long as any of it comes free. */
static void admission_after_death(void **state)
{
	struct reservation *r;

	(void)state;
	three_guests();
	for (int i = 0; i < 2; i++)
		toy.doms[i].progress = PROGRESS_STUCK;
	toy.doms[2].kind = DOM_DYING;
	toy.doms[2].leaves_kib = 300 * MIB;
	ask(98, ADMIT_NOW, 98);
	ask(99, ADMIT_AFTER_DEATH, 98);
	assert_int_equal(answer.lacks_kib, 1 * MIB);
	ask(398, ADMIT_AFTER_DEATH, 98);
	ask(399, ADMIT_REFUSED, 98);
	assert_int_equal(answer.lacks_kib, 301 * MIB);
	assert_int_equal(answer.shortfall_kib, 1 * MIB);
	assert_int_equal(answer.fits_later_kib, 398 * MIB);
	/* Who waits for it already, and who reboots and gets it, come first. */
	r = toy_reserve(&toy, 200);
	ask(199, ADMIT_REFUSED, 0);
	assert_int_equal(answer.shortfall_kib, 1 * MIB);
	assert_int_equal(answer.fits_later_kib, 198 * MIB);
	r->state = RESERVATION_GRANTED;
	r->from = toy.doms[2].domid;
	ask(99, ADMIT_REFUSED, 98);
}

static void blockers(int64_t mib, uint32_t n, bool all, uint32_t a, uint32_t b)
{
	admission_decide(&toy.host, mib * MIB, &answer);
	assert_int_equal(answer.verdict, ADMIT_REFUSED);
	assert_int_equal(answer.n_blockers, n);
	assert_int_equal(answer.need_all, all);
	if (n > 0)
		assert_int_equal(answer.blockers[0], a);
	if (n > 1)
		assert_int_equal(answer.blockers[1], b);
}

/* Any one that would do; else the fewest that do together; else nobody. */
static void admission_names_blockers(void **state)
{
	(void)state;
	three_guests();
	blockers(547 + 101, 3, false, 2, 3);
	blockers(547 + 102, 2, false, 2, 3);
	blockers(547 + 151, 2, false, 2, 3);
	blockers(547 + 152, 1, false, 2, 0);
	blockers(547 + 201, 1, false, 2, 0);
	blockers(547 + 202, 2, true, 2, 3);
	blockers(547 + 352, 2, true, 2, 3);
	blockers(547 + 353, 3, true, 2, 3);
	blockers(1000, 3, true, 2, 3);
	blockers(1001, 0, false, 0, 0);
	/* A tie: each is named, and once. */
	for (int i = 0; i < 3; i++)
		toy.doms[i].floor_kib = 150 * MIB;
	blockers(547 + 101, 3, false, 1, 2);
}

/* Not more names than the answer holds: the largest, any of which would do. */
static void admission_many_blockers(void **state)
{
	(void)state;
	toy_init(&toy, 20 * 101 + 10);
	for (int i = 0; i < 20; i++)
		toy_add(&toy, TOY_STOCK, 100, 100, 0);
	admission_decide(&toy.host, 50 * MIB, &answer);
	assert_int_equal(answer.n_blockers, 16);
	assert_false(answer.need_all);
	admission_decide(&toy.host, 1800 * MIB, &answer);	/* 16 together are not enough */
	assert_int_equal(answer.n_blockers, 0);
}

static void admission_overcommitted(void **state)
{
	(void)state;
	three_guests();
	for (int i = 0; i < 3; i++)
		toy.doms[i].floor_kib = 400 * MIB;
	ask(0, ADMIT_REFUSED, 0);
	assert_int_equal(answer.shortfall_kib, 203 * MIB);
	ask(10, ADMIT_REFUSED, 0);
	assert_int_equal(answer.shortfall_kib, 213 * MIB);
}

static void admission_empty_host(void **state)
{
	(void)state;
	toy_init(&toy, 1000);
	ask(968, ADMIT_NOW, 968);
	ask(969, ADMIT_REFUSED, 968);
	assert_int_equal(answer.n_blockers, 0);
}

static int64_t range(int64_t min_mib, int64_t max_mib)
{
	struct dom before[3];
	int64_t size_kib;

	memcpy(before, toy.doms, sizeof(before));
	size_kib = admission_range_kib(&toy.host, min_mib * MIB, max_mib * MIB, toy.now_ms);
	assert_memory_equal(before, toy.doms, sizeof(before));	/* I5 */
	return size_kib;
}

/* As fair as if it ran already: a fourth of what lies above all floors. */
static void admission_range(void **state)
{
	(void)state;
	three_guests();
	assert_int_equal(range(47, 1000), (47 + 125) * MIB);
	assert_int_equal(range(47, 100), 100 * MIB);		/* no more than asked */
	assert_int_equal(range(547, 1000), 547 * MIB);		/* its least, exactly */
	toy.doms[0].weight = 512;				/* two of five shares */
	assert_int_equal(range(47, 1000), (47 + 100) * MIB);
	/* Who needs no more than its floor leaves its share to the others. */
	toy.doms[0].need_kib = toy.doms[0].want_kib = 100 * MIB;
	assert_int_equal(range(46, 1000), (46 + 167) * MIB);
	assert_int_equal(range(46, 400), (46 + 167) * MIB);
	toy.doms[1].need_kib = toy.doms[1].want_kib = 0;
	toy.doms[2].need_kib = toy.doms[2].want_kib = 0;
	assert_int_equal(range(46, 1000), 547 * MIB);		/* all there is */
	/* What a stuck one holds is nobody's. */
	toy.doms[0].progress = PROGRESS_STUCK;
	assert_int_equal(range(46, 1000), 347 * MIB);
	toy.doms[1].kind = DOM_FIXED;
	assert_int_equal(range(46, 1000), 247 * MIB);
	assert_int_equal(admission_round_kib(1500, 1200), 1200);
	assert_int_equal(admission_round_kib(2500, 1200), 2048);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(admission_by_floors),
		cmocka_unit_test(admission_by_what_is_held),
		cmocka_unit_test(admission_own_floor),
		cmocka_unit_test(admission_after_death),
		cmocka_unit_test(admission_names_blockers),
		cmocka_unit_test(admission_many_blockers),
		cmocka_unit_test(admission_overcommitted),
		cmocka_unit_test(admission_empty_host),
		cmocka_unit_test(admission_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
