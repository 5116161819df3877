// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How other memory managers get memory out of guests that don't all obey, asked
 * of this one: the rows of tests/behaviours.h on freeing and stalls.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/progress.h"
#include "tests/unit/toy_host.h"

#define S	1000ULL

static struct toy toy;

static struct dom *vm(enum toy_character character, int64_t floor, int64_t actual,
		      int64_t high, int64_t need)
{
	struct dom *dom = toy_add(&toy, character, actual, high, need);

	dom->floor_kib = floor * MIB;
	return dom;
}

static void assert_near(int64_t kib, int64_t mib, int64_t within_mib)
{
	if (kib < (mib - within_mib) * MIB || kib > (mib + within_mib) * MIB)
		fail_msg("%lld MiB, expected %lld +- %lld", (long long)(kib / MIB),
			 (long long)mib, (long long)within_mib);
}

/* Run until it is so; @return after how many ms. */
static uint64_t until(bool (*so)(const void *), const void *arg, uint64_t at_most_ms)
{
	uint64_t from_ms = toy.now_ms;

	while (!so(arg)) {
		toy_run(&toy, 10);
		if (toy.now_ms - from_ms > at_most_ms)
			fail_msg("not in %llu ms", (unsigned long long)at_most_ms);
	}
	return toy.now_ms - from_ms;
}

static bool is_stuck(const void *dom)
{
	return ((const struct dom *)dom)->progress == PROGRESS_STUCK;
}

static bool is_granted(const void *r)
{
	return ((const struct reservation *)r)->state == RESERVATION_GRANTED;
}

/* Lower limits that nobody knows, above the floors: found out, and others pay. */
static void case_hidden_limit(void **state)
{
	struct dom *limited, *good, *spare;
	struct reservation *r;

	(void)state;
	toy_init(&toy, 1800);
	limited = vm(TOY_LIMITED, 200, 600, 1024, 200);
	toy_guest(&toy, limited)->limit_kib = 550 * MIB;
	good = vm(TOY_IDEAL, 200, 600, 1024, 600);
	spare = vm(TOY_IDEAL, 200, 500, 1024, 500);
	toy_run(&toy, 10);
	r = toy_reserve(&toy, 700);
	assert_in_range(until(is_stuck, limited, 7 * S), 5000, 6000);
	until(is_granted, r, 3 * S);
	assert_near(limited->actual_kib, 550, 1);
	assert_int_equal(good->progress, PROGRESS_SETTLED);
	assert_near(good->actual_kib, spare->actual_kib / MIB, 2);
}

/*
 * No memory is free, one donor is stuck, and a guest on its way up can't get on:
 * that is no fault of its own, and it pays for the start instead.
 */
static void case_acceptor_pays(void **state)
{
	struct dom *stuck, *acceptor;
	struct reservation *r;

	(void)state;
	toy_init(&toy, 32 + 600 + 500 + 2);
	stuck = vm(TOY_STUCK, 100, 600, 1024, 100);
	acceptor = vm(TOY_IDEAL, 100, 500, 1024, 900);
	/* An operator's order that can't be met now. */
	acceptor->target_kib = acceptor->pin_kib = 900 * MIB;
	acceptor->max_kib = 901 * MIB;
	until(is_stuck, stuck, 10 * S);
	toy_run(&toy, 20 * S);
	assert_int_equal(acceptor->progress, PROGRESS_SETTLED);
	assert_near(acceptor->actual_kib, 500, 2);
	r = toy_reserve(&toy, 300);
	while (r->state == RESERVATION_WAITING) {
		assert_true(acceptor->progress != PROGRESS_STUCK);
		toy_run(&toy, 10);
		assert_true(toy.now_ms < 1060000);
	}
	assert_near(acceptor->actual_kib, 200, 2);
}

/* It says that it needs more, has room to grow, and doesn't. */
static void case_cannot_grow(void **state)
{
	struct dom *full, *needy;

	(void)state;
	toy_init(&toy, 32 + 1200 + 2);
	full = vm(TOY_FULL, 100, 300, 1024, 900);
	toy_guest(&toy, full)->limit_kib = 300 * MIB;
	needy = vm(TOY_IDEAL, 100, 300, 1024, 1000);
	toy_run(&toy, 60 * S);
	assert_near(full->actual_kib, 300, 2);
	assert_near(needy->actual_kib, 1200 - 300, 40);
}

/* Whatever the guests take that Xen lets them take: what was granted lies free. */
static void case_drift(void **state)
{
	struct reservation *r;

	(void)state;
	for (int stock = 0; stock < 2; stock++) {
		toy_init(&toy, 32 + 1500 + 3);
		vm(TOY_IDEAL, 100, 500, 1024, 400);
		vm(TOY_IDEAL, 100, 500, 1024, 900);
		vm(stock ? TOY_STOCK : TOY_STUCK, 100, 500, 1024, 100);
		toy_run(&toy, 2 * S);
		r = toy_reserve(&toy, 450);
		until(is_granted, r, 10 * S);
		for (int k = 0; k < 100; k++) {
			for (uint32_t i = 0; i < toy.host.n_doms; i++) {
				struct dom *dom = &toy.doms[i];
				int64_t more_kib = dom->max_kib - dom->actual_kib;

				if (more_kib <= 0)
					continue;
				dom->actual_kib += more_kib;
				toy.host.free_kib -= more_kib;
			}
			assert_true(toy.host.free_kib >= r->size_kib + 32 * MIB);
			toy_run(&toy, 300);
		}
	}
}

/*
 * A balloon that moves in MiB rests a little above every target: it has arrived,
 * is not stuck, and the start that needs the last pages is granted. One that
 * stops there for good is planned around.
 */
static void case_nearly_there(void **state)
{
	(void)state;
	for (int kind = 0; kind < 4; kind++) {
		struct dom *a, *b;
		struct reservation *r;

		toy_init(&toy, 32 + 1200 + 2);
		a = vm(kind < 2 ? TOY_STOCK : TOY_LIMITED, 100, 600, 1024, 600);
		b = vm(TOY_IDEAL, 100, 600, 1024, 600);
		a->floor_explicit = true;
		a->hvm = kind & 1;
		b->hvm = !a->hvm;
		if (kind < 2)
			toy_guest(&toy, a)->grain_kib = MIB;
		toy_guest(&toy, a)->limit_kib = 500 * MIB + 300;
		toy_run(&toy, 2 * S);
		r = toy_reserve(&toy, 200);
		r->size_kib -= 500;
		until(is_granted, r, kind == 3 ? 7 * S : 1 * S);
		toy_run(&toy, 30 * S);
		assert_int_equal(a->history.stuck_count, kind == 3);
		assert_near(b->actual_kib, 500, 2);
	}
}

/* More came free than was asked for: it is given out, though all are at their targets. */
static void case_too_much_freed(void **state)
{
	struct dom *a, *b, *other;
	struct reservation *r;

	(void)state;
	toy_init(&toy, 32 + 1800 + 3);
	toy.host.config.surplus = SURPLUS_GUESTS;
	toy.host.config.headroom_min_kib = 0;
	a = vm(TOY_IDEAL, 100, 600, 1024, 400);
	b = vm(TOY_IDEAL, 100, 600, 1024, 400);
	other = vm(TOY_IDEAL, 100, 600, 600, 600);
	toy_run(&toy, 2 * S);
	r = toy_reserve(&toy, 200);
	until(is_granted, r, 10 * S);
	toy_run(&toy, 60 * S);
	assert_near(a->actual_kib, 500, 34);
	toy_destroy(&toy, other);
	toy_run(&toy, 60 * S);
	a = &toy.doms[0];
	b = &toy.doms[1];
	assert_near(toy.host.free_kib, 32 + 200 + 2, 34);
	assert_near(a->actual_kib + b->actual_kib, 1600, 34);
}

/* A page in five seconds; 19 s of stillness and one of movement. */
static void case_slow_drip(void **state)
{
	static const enum toy_character kinds[] = { TOY_DRIP, TOY_NAPPING };

	(void)state;
	for (int k = 0; k < 2; k++) {
		struct dom *bad;
		uint64_t stuck_ms = 0;
		uint32_t count;

		toy_init(&toy, 2048);
		bad = vm(kinds[k], 100, 1500, 2048, 100);
		toy_guest(&toy, bad)->speed_kib = 8;	/* 8 MiB in its second */
		vm(TOY_IDEAL, 100, 400, 2048, 1900);
		assert_in_range(until(is_stuck, bad, 22 * S), 5000, 22000);
		/* What it is asked again: ever less often, and never for good. */
		for (int minute = 0; minute < 30; minute++)
			for (int step = 0; step < 600; step++) {
				toy_run(&toy, 100);
				stuck_ms += bad->progress == PROGRESS_STUCK ? 100 : 0;
			}
		assert_true(stuck_ms >= 24 * 60 * S);
		count = bad->history.stuck_count;
		assert_in_range(count, 4, 9);
	}
}

/*
 * Stuck, tried again, forgiven, stuck: in half an hour of it what the others have
 * only grows, by what it gives.
 */
static void case_others_calm(void **state)
{
	static const enum toy_character kinds[] = { TOY_STUCK, TOY_LIMITED, TOY_DRIP, TOY_NAPPING };

	(void)state;
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		struct dom *bad, *good, *needy;

		toy_init(&toy, 2048);
		bad = vm(kinds[k], 100, 900, 2048, 100);
		toy_guest(&toy, bad)->limit_kib = 700 * MIB;
		toy_guest(&toy, bad)->speed_kib = 8;
		good = vm(TOY_IDEAL, 100, 600, 2048, 800);
		needy = vm(TOY_IDEAL, 100, 300, 2048, 1500);
		until(is_stuck, bad, 60 * S);	/* from then on it is planned around */
		toy_run(&toy, 5 * S);
		for (int step = 0; step < 18000; step++) {
			int64_t a_kib = good->target_kib, b_kib = needy->target_kib;

			toy_run(&toy, 100);
			assert_true(good->target_kib >= a_kib && needy->target_kib >= b_kib);
		}
		assert_true(bad->history.stuck_count >= 2);
	}
}

/* A page is missing, a hundred times: no patience is used up. Then it is there. */
static void case_one_page_short(void **state)
{
	struct dom *stock;
	struct reservation *r;

	(void)state;
	toy_init(&toy, 32 + 400 + 500 + 1);
	stock = vm(TOY_STOCK, 500, 500, 500, 500);
	r = toy_reserve(&toy, 400);
	toy.host.free_kib -= 4;
	toy.host.total_kib -= 4;
	for (int k = 0; k < 100; k++) {
		toy.dirty = true;
		toy_run(&toy, 10);
		assert_int_equal(r->state, RESERVATION_WAITING);
	}
	toy.host.free_kib += 4;
	toy.host.total_kib += 4;
	toy_turn(&toy);
	assert_int_equal(r->state, RESERVATION_GRANTED);
	assert_int_equal(stock->actual_kib, 500 * MIB);
}

/* Nothing a ms after the order is no stall; nothing for 5 s is: all is taken back. */
static void case_stall(void **state)
{
	struct dom *bad;

	(void)state;
	toy_init(&toy, 32 + 1000 + 400 + 2);
	bad = vm(TOY_STUCK, 100, 1000, 1024, 100);
	vm(TOY_IDEAL, 100, 400, 1024, 400);
	toy_run(&toy, 100);
	toy_reserve(&toy, 500);
	toy_turn(&toy);
	assert_true(bad->target_kib < 600 * MIB);
	toy.now_ms++;
	toy_turn(&toy);
	assert_int_equal(bad->progress, PROGRESS_MOVING);
	assert_in_range(until(is_stuck, bad, 6 * S), 4900, 5100);
	assert_near(bad->target_kib, 1000, 1);
	/* Nothing is asked for 10 s, then little. */
	toy_run(&toy, 9800);
	assert_near(bad->target_kib, 1000, 1);
	toy_run(&toy, 400);
	assert_int_equal(bad->target_kib, 1000 * MIB - PROBE_KIB);
	assert_true(bad->history.probing);
}

/*
 * Orders are absolute: the same again is none, one that follows goes on from the
 * last target, one against a growth starts from what the guest has.
 */
static void case_order_upon_order(void **state)
{
	struct dom *a, *b;
	uint32_t writes;

	(void)state;
	toy_init(&toy, 32 + 2000 + 2);
	a = vm(TOY_IDEAL, 100, 1500, 2048, 500);
	b = vm(TOY_IDEAL, 100, 500, 2048, 500);
	toy_guest(&toy, a)->speed_kib = 32;
	toy_run(&toy, 100);
	toy_needs(&toy, b, 1000, 1000);
	toy_turn(&toy);
	assert_int_equal(a->target_kib, a->plan_target_kib);
	writes = toy.writes;
	for (int k = 0; k < 5; k++)	/* it has not moved: nothing is added to the order */
		toy_turn(&toy);
	assert_int_equal(toy.writes, writes);
	assert_true(a->target_kib >= 500 * MIB);
	toy_run(&toy, 60 * S);
	assert_near(b->actual_kib, 1000, 1);

	/* On its way up by 400, and the memory is wanted elsewhere. */
	toy_init(&toy, 32 + 1800 + 2);
	toy.host.config.headroom_min_kib = 0;
	a = vm(TOY_IDEAL, 100, 800, 2048, 800);
	b = vm(TOY_IDEAL, 100, 500, 2048, 500);
	toy_guest(&toy, a)->speed_kib = 16;
	toy_run(&toy, 2 * S);
	toy_needs(&toy, a, 1200, 1200);
	toy_run(&toy, 2 * S);
	assert_true(a->actual_kib < 900 * MIB && a->target_kib > 1100 * MIB);
	toy_needs(&toy, a, 700, 700);
	toy_run(&toy, 2010);
	assert_true(a->target_kib < a->actual_kib + 1 * MIB);
	assert_true(a->target_kib >= 700 * MIB);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(case_hidden_limit),
		cmocka_unit_test(case_acceptor_pays),
		cmocka_unit_test(case_cannot_grow),
		cmocka_unit_test(case_drift),
		cmocka_unit_test(case_nearly_there),
		cmocka_unit_test(case_too_much_freed),
		cmocka_unit_test(case_slow_drip),
		cmocka_unit_test(case_others_calm),
		cmocka_unit_test(case_one_page_short),
		cmocka_unit_test(case_stall),
		cmocka_unit_test(case_order_upon_order),
	};

	toy_trace = argc > 2;
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests_name("case_freeing", tests, NULL, NULL);
}
