// SPDX-License-Identifier: GPL-2.0-or-later
/* The steps of single turns: which, in what order, how far. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/toy_host.h"

static struct toy toy;
static struct action out[64];
static uint32_t n_free, n_give;

/* A host at rest after its first turn, without pool and headroom. */
static void bare(int64_t total_mib)
{
	toy_init(&toy, total_mib);
	toy.host.config.free_min_kib = 0;
	toy.host.config.headroom_min_kib = 0;
}

static struct dom *vm(int64_t actual, int64_t high, int64_t need)
{
	struct dom *dom = toy_add(&toy, TOY_IDEAL, actual, high, need);

	dom->floor_kib = 100 * MIB;
	dom->has_lease = true;
	dom->lease_kib = dom->actual_kib;
	return dom;
}

/* Decide one turn, apply nothing. */
static void decide(void)
{
	progress_update(&toy.host, toy.now_ms);
	plan_compute(&toy.host, toy.now_ms);
	n_free = actions_free(&toy.host, toy.now_ms, out, 64);
	n_give = actions_give(&toy.host, host_slack_kib(&toy.host), toy.now_ms,
			      out + n_free, 64 - n_free);
}

static void action_is(uint32_t at, enum action_type type, const struct dom *dom,
		      int64_t ceiling_mib, int64_t target_mib)
{
	assert_true(at < n_free + n_give);
	assert_int_equal(out[at].type, type);
	assert_int_equal(out[at].domid, dom->domid);
	if (type == ACTION_CUT || type == ACTION_RAISE)
		assert_int_equal(out[at].ceiling_kib / MIB, ceiling_mib);
	if (type != ACTION_CUT)
		assert_int_equal(out[at].target_kib / MIB, target_mib);
}

/* What is free goes to the urgent one first, whole; then by weight. */
static void actions_urgent_first(void **state)
{
	struct dom *calm, *urgent, *donor;

	(void)state;
	bare(2000);
	calm = vm(400, 1024, 500);
	urgent = vm(400, 1024, 480);
	donor = vm(1000, 1024, 300);
	calm->urgent = false;
	toy.host.free_kib = (90 + 3) * MIB;
	toy.host.total_kib = (1890 + 3) * MIB;
	decide();
	assert_true(toy.host.pressing);
	assert_int_equal(n_free, 2);
	action_is(0, ACTION_CUT, donor, 1000, 0);	/* HVM: the lease orders */
	assert_true(out[0].lease_kib < 1000 * MIB);
	action_is(1, ACTION_SHRINK, donor, 0, 300);
	assert_int_equal(n_give, 2);
	action_is(2, ACTION_RAISE, urgent, 480, 480);
	action_is(3, ACTION_RAISE, calm, 410, 410);
}

/* Needs don't wait for a reservation that waits; headroom does. */
static void actions_reservation_waits(void **state)
{
	struct dom *a, *b;

	(void)state;
	bare(1000);
	a = vm(300, 1024, 340);
	b = vm(300, 1024, 100);
	toy.host.free_kib = (50 + 2) * MIB;
	toy.host.total_kib = (650 + 2) * MIB;
	toy_reserve(&toy, 200);
	decide();
	assert_true(toy.host.pressing);
	action_is(n_free, ACTION_RAISE, a, 340, 340);
	assert_int_equal(n_give, 1);
	assert_int_equal(out[n_free - 1].domid, b->domid);

	toy_needs(&toy, a, 300, 300);	/* only room is wished by now */
	a->history.need_kib = 300 * MIB;
	toy.host.config.headroom_min_kib = 40 * MIB;
	decide();
	assert_int_equal(n_give, 0);
}

/* One write where it rests, at once; but not past a ceiling, nor in a shrink. */
static void actions_follow(void **state)
{
	struct dom *a;

	(void)state;
	bare(1000);
	a = vm(300, 900, 300);
	decide();
	a->max_kib = 401 * MIB;
	a->lease_kib = 400 * MIB;
	a->actual_kib = 350 * MIB;
	toy.host.free_kib -= 50 * MIB;
	toy_needs(&toy, a, 390, 390);
	decide();
	action_is(0, ACTION_FOLLOW, a, 0, 390);
	a->history.shrinking = false;
	a->target_kib = 349 * MIB;		/* within a MiB: no window open */
	decide();
	assert_int_not_equal(out[0].type, ACTION_FOLLOW);
}

static void actions_lazy_steps(void **state)
{
	struct dom *a;
	uint64_t due;

	(void)state;
	bare(2000);
	a = vm(900, 1024, 100);
	decide();
	assert_int_equal(n_free, 0);		/* not in its first interval */
	due = turn_due_ms(&toy.host, toy.now_ms);
	assert_int_equal(due, toy.now_ms + 2000);
	toy.now_ms = due - 1;
	decide();
	assert_int_equal(n_free, 0);
	toy.now_ms = due;
	decide();
	assert_int_equal(n_free, 1);
	action_is(0, ACTION_SHRINK, a, 0, 800);
	a->target_kib = 800 * MIB;
	toy.now_ms += 2000;			/* it hasn't come: no further step */
	decide();
	assert_int_equal(n_free, 0);
	a->actual_kib = 800 * MIB;
	decide();
	action_is(0, ACTION_SHRINK, a, 0, 712);
	a->actual_kib = a->target_kib = 103 * MIB;
	toy.now_ms += 2000;			/* within hysteresis: left there */
	decide();
	assert_int_equal(n_free, 0);
	assert_int_equal(a->reason, REASON_HYSTERESIS);
}

/* What nobody lacks isn't cut; what lies beyond its limit is. */
static void actions_cuts(void **state)
{
	struct dom *a, *b;

	(void)state;
	bare(2000);
	a = vm(300, 500, 300);
	b = vm(300, 500, 300);
	a->max_kib = 501 * MIB;
	a->lease_kib = 500 * MIB;
	b->max_kib = 501 * MIB;
	b->lease_kib = 500 * MIB;
	decide();
	assert_int_equal(n_free + n_give, 0);
	a->max_kib = 601 * MIB;
	decide();
	action_is(0, ACTION_CUT, a, 500, 0);
	a->max_kib = 501 * MIB;
	a->lease_kib = 400 * MIB;		/* its lease says something else */
	decide();
	action_is(0, ACTION_CUT, a, 500, 0);
	assert_int_equal(out[0].lease_kib, 500 * MIB);
	assert_int_equal(n_free, 1);
}

/* The stock balloon thread wakes up only for another target. */
static void actions_wake_stock(void **state)
{
	struct dom *stock;

	(void)state;
	bare(2000);
	stock = toy_add(&toy, TOY_STOCK, 300, 1024, 0);
	stock->target_kib = 400 * MIB;
	decide();
	assert_int_equal(n_free, 0);
	assert_int_equal(n_give, 1);
	action_is(0, ACTION_RAISE, stock, 400, 399);
	assert_int_equal(out[0].target_kib, 400 * MIB - 4);
}

/* An order of somebody else is watched like one of ours. */
static void actions_foreign_order(void **state)
{
	struct dom *a;

	(void)state;
	bare(2000);
	a = vm(500, 1024, 500);
	decide();
	a->target_kib = a->pin_kib = 200 * MIB;
	decide();
	assert_int_equal(n_free, 0);		/* no follow-up undoes it */
	assert_true(a->history.shrinking);
	toy_needs(&toy, a, 150, 150);		/* and it isn't its need that holds it */
	toy.now_ms += 5000;
	decide();
	assert_int_equal(a->progress, PROGRESS_STUCK);
	action_is(0, ACTION_FOLLOW, a, 0, 500);
	assert_int_equal(turn_due_ms(&toy.host, toy.now_ms), a->history.retry_ms);
	assert_int_equal(a->history.retry_ms, toy.now_ms + 10000);
}

/* On its way down to a lease, it isn't called back up by a target above that. */
static void actions_no_target_above_order(void **state)
{
	struct dom *a;

	(void)state;
	bare(1700);
	a = vm(850, 1400, 1300);
	vm(850, 1400, 1300);
	decide();
	a->max_kib = 816 * MIB;
	a->lease_kib = a->target_kib = 815 * MIB;
	decide();
	assert_true(a->plan_target_kib > 840 * MIB);
	for (uint32_t k = 0; k < n_free + n_give; k++)
		if (out[k].domid == a->domid)
			assert_true(out[k].target_kib <= out[k].ceiling_kib);
}

/* Stuck a slack above its ceiling it is not given another one: so it would grow on. */
static void actions_stuck_grows_no_further(void **state)
{
	struct dom *a;

	(void)state;
	bare(1100);
	a = vm(500, 1024, 100);
	decide();
	a->target_kib = 100 * MIB;
	decide();
	toy.now_ms += 5000;
	decide();
	assert_int_equal(a->progress, PROGRESS_STUCK);
	a->max_kib = a->actual_kib;
	decide();
	for (uint32_t k = 0; k < n_free + n_give; k++)
		assert_int_not_equal(out[k].type, ACTION_RAISE);
}

/* Time in which it can't move isn't held against it. */
static void actions_paused(void **state)
{
	struct dom *a;

	(void)state;
	bare(1000);
	a = vm(600, 1024, 100);
	vm(300, 1024, 900);
	decide();
	assert_true(a->history.shrinking);
	a->target_kib = a->plan_target_kib;
	a->paused = true;
	toy.now_ms += 60000;
	decide();
	a->paused = false;
	toy.now_ms += 4000;
	decide();
	assert_int_not_equal(a->progress, PROGRESS_STUCK);
	toy.now_ms += 1000;
	decide();
	assert_int_equal(a->progress, PROGRESS_STUCK);
}

/* A guest that grows while nobody waits for its memory may. */
static void actions_growth_ends_lazy_shrink(void **state)
{
	struct dom *a;

	(void)state;
	bare(2000);
	a = vm(900, 1024, 100);
	a->max_kib = 1025 * MIB;
	a->lease_kib = 1024 * MIB;
	decide();
	toy.now_ms += 2000;
	decide();
	a->target_kib = out[0].target_kib;
	a->actual_kib = 950 * MIB;
	toy.now_ms += 100;
	decide();
	assert_int_equal(a->progress, PROGRESS_SETTLED);
	action_is(0, ACTION_FOLLOW, a, 0, 950);
}

/* Ten minutes without a verdict, and the back-off starts anew. */
static void actions_backoff_forgets(void **state)
{
	struct dom *a;

	(void)state;
	bare(2000);
	a = vm(500, 1024, 500);
	decide();
	a->history.stuck_count = 5;
	a->history.stuck_ms = toy.now_ms;
	toy.now_ms += 599999;
	decide();
	assert_int_equal(a->history.stuck_count, 5);
	toy.now_ms += 1;
	decide();
	assert_int_equal(a->history.stuck_count, 0);
}

/* A small fall counts when it has lasted; a large one at once. */
static void actions_demand_falls(void **state)
{
	struct dom *a;

	(void)state;
	bare(2000);
	a = vm(500, 1024, 500);
	decide();
	toy_needs(&toy, a, 460, 460);
	for (int i = 0; i < 3; i++) {
		decide();
		assert_int_equal(a->bounds.need_kib, 500 * MIB);
		toy.now_ms += 10000;
	}
	decide();
	toy.now_ms += 30000;
	decide();
	assert_int_equal(a->bounds.need_kib, 460 * MIB);
	toy_needs(&toy, a, 400, 400);
	decide();
	assert_int_equal(a->bounds.need_kib, 400 * MIB);
}

/* More than a minute to go at its rate: slow, and said so, but no less a donor. */
static void actions_slow(void **state)
{
	struct dom *a;

	(void)state;
	bare(2000);
	a = vm(1500, 1600, 100);
	vm(300, 1600, 1600);
	decide();
	a->target_kib = 100 * MIB;
	for (int mib = 6; mib <= 60; mib *= 10) {
		toy.now_ms += 1000;
		a->actual_kib -= mib * MIB;
		decide();
		assert_int_equal(a->progress, mib < 10 ? PROGRESS_SLOW : PROGRESS_MOVING);
	}
}

/* a has 600 MiB that b needs, and doesn't move: found stuck. */
static void stuck_donor(struct dom **a, struct dom **b)
{
	bare(1000);
	*a = vm(600, 1024, 560);
	*b = vm(398, 1024, 398);
	(*a)->has_lease = (*b)->has_lease = true;
	(*b)->weight = 1024;
	toy_needs(&toy, *b, 900, 900);
	decide();
	(*a)->target_kib = (*a)->plan_target_kib;
	toy.now_ms += 5000;
	decide();
	assert_int_equal((*a)->progress, PROGRESS_STUCK);
}

/* A probe that failed while the guest was paused left its target: asked again all the same. */
static void actions_stuck_target_left(void **state)
{
	struct dom *a, *b;

	(void)state;
	stuck_donor(&a, &b);
	a->target_kib = (600 - 32) * MIB;
	toy.now_ms = a->history.retry_ms;
	toy.host.reservations[toy.host.n_reservations++] = (struct reservation){
		.id = 1, .size_kib = 100 * MIB, .domid = KIB_NONE };
	decide();
	assert_true(toy.host.pressing);
	action_is(0, ACTION_FOLLOW, a, 0, 600);
	a->target_kib = 600 * MIB;
	decide();
	assert_true(a->history.probing);
}

/* A stuck one: asked again for a little, by an order; forgiven as it moves. */
static void actions_stuck_again(void **state)
{
	struct dom *a, *b;

	(void)state;
	stuck_donor(&a, &b);
	a->target_kib = 600 * MIB;
	a->lease_kib = 600 * MIB;
	toy.now_ms = a->history.retry_ms - 1;
	decide();
	assert_false(a->history.probing);
	toy.now_ms++;
	decide();
	assert_true(a->history.probing);
	action_is(n_free - 1, ACTION_SHRINK, a, 0, 600 - 32);
	a->target_kib = (600 - 32) * MIB;
	decide();		/* its need would hold it there */
	action_is(0, ACTION_CUT, a, 600, 0);
	assert_int_equal(out[0].lease_kib, (600 - 32) * MIB);

	for (int k = 0; k < 2; k++) {
		toy.now_ms += 5000;
		decide();
		assert_int_equal(a->progress, PROGRESS_STUCK);
		assert_false(a->history.shrinking);
		a->target_kib = a->actual_kib;
		if (k == 0)	/* it comes down by itself */
			a->actual_kib -= 5 * MIB;
		else		/* or nothing is asked of it any more */
			toy_needs(&toy, b, 100, 100);
		if (k == 1)
			toy_needs(&toy, a, 700, 700);
		decide();
		assert_int_equal(a->progress, k ? PROGRESS_STUCK : PROGRESS_SETTLED);
		if (k == 1) {
			toy.now_ms = a->history.retry_ms;
			decide();
			assert_int_equal(a->progress, PROGRESS_SETTLED);
			break;
		}
		toy.now_ms += 10;
		a->target_kib = a->plan_target_kib;
		a->history.shrinking = true;
		a->history.from_ms = toy.now_ms;
		a->history.from_kib = a->actual_kib;
	}
}

/* A probe was given, and now its share is more: it isn't ordered below that. */
static void actions_probe_fair(void **state)
{
	struct dom *a, *b;

	(void)state;
	stuck_donor(&a, &b);
	toy.now_ms = a->history.retry_ms;
	a->target_kib = a->lease_kib = 600 * MIB;
	decide();
	assert_true(a->history.probing);
	a->target_kib = (600 - 32) * MIB;
	toy_needs(&toy, a, 590, 590);
	b->weight = 1;
	decide();
	assert_true(toy.host.scarce && a->fair_kib > 590 * MIB);
	action_is(0, ACTION_CUT, a, 600, 0);
	assert_int_equal(out[0].lease_kib, 590 * MIB);
}

/* Pinned under its need, which holds it: nothing is written until it says that it needs less. */
static void actions_pinned_needs(void **state)
{
	struct dom *a;

	(void)state;
	bare(1000);
	a = vm(600, 1024, 600);
	a->pin_kib = 300 * MIB;
	decide();
	action_is(n_free - 1, ACTION_SHRINK, a, 0, 300);
	a->target_kib = 300 * MIB;
	toy.now_ms += 5000;
	decide();
	assert_int_equal(a->progress, PROGRESS_STUCK);
	action_is(0, ACTION_FOLLOW, a, 0, 600);
	a->target_kib = 600 * MIB;
	toy.now_ms = a->history.retry_ms + 1;
	decide();
	assert_int_equal(a->progress, PROGRESS_STUCK);
	assert_false(a->history.probing);
	assert_int_equal(turn_due_ms(&toy.host, toy.now_ms), UINT64_MAX);

	toy_needs(&toy, a, 400, 400);
	decide();
	assert_true(a->history.probing);
	action_is(n_free - 1, ACTION_SHRINK, a, 0, 600 - 32);
}

/* Down under its need by an order: what it gave isn't leased to it again. */
static void actions_order_kept(void **state)
{
	struct dom *stock, *a;

	(void)state;
	bare(700);
	stock = toy_add(&toy, TOY_STOCK, 398, 1024, 0);
	stock->target_kib = 400 * MIB;	/* 2 MiB more are planned, and not worth a raise */
	a = vm(298, 1024, 500);
	a->max_kib = 301 * MIB;
	decide();
	assert_int_equal(n_free + n_give, 1);
	action_is(0, ACTION_CUT, a, 298, 0);
	assert_int_equal(out[0].lease_kib, 298 * MIB);
}

/* The floors don't fit: a stock guest on its way up isn't turned round. */
static void actions_stock_keeps(void **state)
{
	struct dom *stock, *a;

	(void)state;
	bare(700);
	stock = toy_add(&toy, TOY_STOCK, 200, 1024, 0);
	stock->target_kib = 400 * MIB;
	stock->max_kib = 401 * MIB;
	a = vm(450, 1024, 450);
	a->floor_kib = 500 * MIB;
	decide();
	toy.now_ms += 3000;
	decide();
	assert_true(toy.host.overcommitted);
	for (uint32_t i = 0; i < n_free + n_give; i++)
		if (out[i].domid == stock->domid)
			assert_int_equal(out[i].target_kib, 400 * MIB);
}

/* Somebody took what was promised: ceilings that nobody uses go, planned or not. */
static void actions_deficit(void **state)
{
	struct dom *a;

	(void)state;
	bare(1000);
	a = vm(300, 1024, 380);
	a->weight = WEIGHT_MAX;
	a->max_kib = 381 * MIB;
	a->lease_kib = 380 * MIB;
	vm(600, 1024, 600);
	decide();
	toy.host.free_kib = 20 * MIB;
	decide();
	assert_true(a->plan_ceiling_kib > 379 * MIB);
	assert_int_equal(toy.host.deficit_kib / MIB, 62);
	action_is(0, ACTION_CUT, a, 318, 0);
}

/* A target above the ceiling would only make the balloon fail and back off. */
static void actions_target_inside(void **state)
{
	struct dom *a;

	(void)state;
	bare(700);
	a = vm(300, 1024, 300);
	vm(400, 1024, 400);
	a->target_kib = 380 * MIB;	/* somebody lowered max_pages to 320 */
	a->max_kib = 321 * MIB;
	a->lease_kib = 320 * MIB;
	toy.host.free_kib = 21 * MIB;
	decide();
	assert_true(a->cut_kib <= 320 * MIB);
	action_is(n_free - 1, ACTION_SHRINK, a, 0, a->cut_kib / MIB);
}

/* A guest above its plan gets room; it comes down in its own time. */
static void actions_raise_only(void **state)
{
	struct dom *a;

	(void)state;
	bare(2000);
	a = vm(500, 1024, 300);
	decide();
	assert_true(a->plan_target_kib < 400 * MIB);
	assert_int_equal(n_give, 1);
	action_is(n_free, ACTION_RAISE, a, 1024, 500);
}

/* A list too short for all: the rest waits, nothing is written past its end. */
static void actions_short_list(void **state)
{
	(void)state;
	bare(2000);
	for (int i = 0; i < 4; i++)
		vm(300, 1024, 100 + 300 * (i % 2));
	progress_update(&toy.host, toy.now_ms);
	plan_compute(&toy.host, toy.now_ms);
	memset(out, 0x5a, sizeof(out));
	assert_int_equal(actions_give(&toy.host, 800 * MIB, toy.now_ms, out, 1), 1);
	assert_int_equal(out[1].domid, 0x5a5a5a5a);
	assert_int_equal(actions_give(&toy.host, 800 * MIB, toy.now_ms, out, 0), 0);
	assert_int_equal(actions_free(&toy.host, toy.now_ms, out, 0), 0);
	toy.doms[0].target_kib = 250 * MIB;	/* to follow; to cut */
	toy.doms[1].max_kib = 1500 * MIB;
	for (uint32_t max = 0; max < 3; max++)
		assert_int_equal(actions_free(&toy.host, toy.now_ms, out, max), max);
	assert_int_equal(out[2].domid, 0x5a5a5a5a);
}

/* A guest without a target isn't asked to shrink or followed; it is given one. */
static void actions_no_target(void **state)
{
	struct dom *a;

	(void)state;
	bare(2000);
	a = vm(500, 1024, 300);
	a->target_kib = KIB_NONE;
	decide();
	assert_int_equal(n_free, 0);
	action_is(0, ACTION_RAISE, a, 1024, a->plan_target_kib / MIB);
	a->max_kib = 1025 * MIB;
	a->lease_kib = 1024 * MIB;
	decide();
	action_is(n_free, ACTION_TARGET, a, 0, a->plan_target_kib / MIB);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(actions_urgent_first),
		cmocka_unit_test(actions_reservation_waits),
		cmocka_unit_test(actions_follow),
		cmocka_unit_test(actions_lazy_steps),
		cmocka_unit_test(actions_cuts),
		cmocka_unit_test(actions_wake_stock),
		cmocka_unit_test(actions_foreign_order),
		cmocka_unit_test(actions_no_target_above_order),
		cmocka_unit_test(actions_stuck_grows_no_further),
		cmocka_unit_test(actions_paused),
		cmocka_unit_test(actions_growth_ends_lazy_shrink),
		cmocka_unit_test(actions_backoff_forgets),
		cmocka_unit_test(actions_demand_falls),
		cmocka_unit_test(actions_slow),
		cmocka_unit_test(actions_stuck_target_left),
		cmocka_unit_test(actions_stuck_again),
		cmocka_unit_test(actions_probe_fair),
		cmocka_unit_test(actions_pinned_needs),
		cmocka_unit_test(actions_order_kept),
		cmocka_unit_test(actions_stock_keeps),
		cmocka_unit_test(actions_deficit),
		cmocka_unit_test(actions_target_inside),
		cmocka_unit_test(actions_raise_only),
		cmocka_unit_test(actions_short_list),
		cmocka_unit_test(actions_no_target),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
