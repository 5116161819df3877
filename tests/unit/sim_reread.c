// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The daemon reads again before it gives: guests, domains being built and toolstacks go
 * on while its turn does. Each test fails without its mechanism (tests/mutants).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "apply.h"
#include "balloond.h"
#include "tests/unit/two_guests.h"
#include "tools/balloonsim/sim_daemon.h"
#include "tools/balloonsim/sim_store.h"
#include "tools/balloonsim/sim_tool.h"
#include "tools/balloonsim/sim_xen.h"

/* No pool to hide it. */
#define CONF	TWO_GUESTS_CONF "free_min = 0\n"

static int setup(void **state)
{
	(void)state;
	return two_guests_setup(CONF);
}

/* Nothing else lies free that could hide it. */
static void zero_takes(int64_t mib)
{
	sim_set_max(w, zero.dom, 960 * MIB);
	sim_populate(w, zero.dom, mib * MIB);
}

/* Gives back and takes again, as fast as Xen lets it, below its ceiling. */
static void flutter(struct world *world, void *arg)
{
	struct puppet *p = arg;

	if (p->dom->tot_kib > 480 * MIB)
		sim_release(world, p->dom, 4 * MIB);
	else
		sim_populate(world, p->dom, 512 * MIB - p->dom->tot_kib);
	world_at(world, world->now_us + 37, flutter, arg);
}

/* Not twice in one turn. */
static void breathe(struct world *world, void *arg)
{
	struct puppet *p = arg;

	if (p->dom->tot_kib > 480 * MIB)
		sim_release(world, p->dom, 32 * MIB);
	else
		sim_populate(world, p->dom, 512 * MIB - p->dom->tot_kib);
	world_at(world, world->now_us + 1237, breathe, arg);
}

/* ... and what is lent to a domain that is being built is counted anew, too. */
static void sim_lend_reread(void **state)
{
	struct sim_dom *built;

	(void)state;
	zero_takes(400);
	built = sim_dom_new(w, "built", (const uint8_t[16]){ 7 }, true, 0);
	assert_non_null(built);
	sim_set_max(w, built, 17 * MIB);
	sim_populate(w, built, 16 * MIB);
	sim_fire(w, "@introduceDomain");
	pass(5 * SIM_S);
	world_at(w, w->now_us, breathe, &a);
	for (int i = 0; i < 400; i++) {
		w->costs.hypercall_us = 2 + (uint64_t)i % 10;
		puppet_need(w, &b, i & 1 ? 512 : 1000);
		sim_set_max(w, built, built->tot_kib + MIB);
		sim_populate(w, built, 4);
		pass(100 * SIM_MS + 13);
	}
	no_breach();
}

/* What a guest gave back between two looks may be taken again. */
static void sim_reread(void **state)
{
	(void)state;
	zero_takes(440);
	pass(5 * SIM_S);
	world_at(w, w->now_us, flutter, &a);
	for (int i = 0; i < 400; i++) {
		w->costs.hypercall_us = 2 + (uint64_t)i % 10;
		puppet_need(w, &b, i & 1 ? 512 : 1000);
		pass(100 * SIM_MS + 13);
	}
	no_breach();
}

static int nth;

/* Raised when the turn's list was read, while its guest comes down. */
static void others_raise(struct world *world)
{
	if (++nth == 2)
		sim_set_max(world, a.dom, a.dom->tot_kib + 60 * MIB);
	else if (nth == 3)
		sim_release(world, a.dom, 16 * MIB);
}

static void sim_foreign_raised(void **state)
{
	(void)state;
	zero_takes(440);
	pass(5 * SIM_S);
	puppet_need(w, &a, 300);
	puppet_need(w, &b, 900);
	pass(95 * SIM_MS);
	nth = 0;
	w->on_call = others_raise;
	pass(SIM_S);
	assert_true(nth > 3);
	no_breach();
}

static void a_is_fixed(void **state)
{
	two_guests_teardown(state);
	assert_int_equal(two_guests_setup(CONF "vms = [ \"a fixed=1\" ]\n"), 0);
	sim_set_max(w, a.dom, 513 * MIB);
	zero_takes(440);
}

/* Nobody plans for a fixed guest, but what its limit promises counts as well. */
static void others_raise_fixed(struct world *world)
{
	if (++nth == 2)
		sim_set_max(world, a.dom, a.dom->tot_kib + 60 * MIB);
}

static void sim_fixed_raised(void **state)
{
	a_is_fixed(state);
	puppet_need(w, &b, 900);
	pass(30 * SIM_S);		/* b has all there is */
	assert_int_equal(daemon_now()->host.doms[1].kind, DOM_FIXED);
	nth = 0;
	w->on_call = others_raise_fixed;
	sim_release(w, zero.dom, 64 * MIB);
	puppet_need(w, &b, 920);
	for (int ms = 0; ms < 1000; ms++) {
		pass(SIM_MS);
		assert_true(sim_xen_room_kib(w) >= 0);
	}
	assert_true(nth > 2);
	assert_int_equal(a.dom->max_kib, 572 * MIB);
}

/* Gives and takes 4 MiB between any two readings, twice if it likes. */
static void wiggle(struct world *world, void *arg)
{
	struct puppet *p = arg;

	if (p->dom->tot_kib > 510 * MIB)
		sim_release(world, p->dom, 4 * MIB);
	else
		sim_populate(world, p->dom, 512 * MIB - p->dom->tot_kib);
	world_at(world, world->now_us + 1 + rnd(world, 20), wiggle, arg);
}

/* In no order of readings it isn't seen twice: what free memory and pages sum up to is. */
static void sim_wiggle(void **state)
{
	(void)state;
	zero_takes(440);
	pass(5 * SIM_S);
	world_at(w, w->now_us, wiggle, &a);
	for (int i = 0; i < 2000; i++) {
		w->costs.hypercall_us = 2 + (uint64_t)i % 10;
		puppet_need(w, &b, i & 1 ? 512 : 1000);
		pass(100 * SIM_MS + 13);
	}
	assert_true(daemon_now()->counters.actions_raise > 1000);
	no_breach();
}

/* Its pages are there at every other call, and free at those between. */
static void alternate(struct world *world)
{
	if (a.dom->tot_kib > 510 * MIB)
		sim_release(world, a.dom, 4 * MIB);
	else
		sim_populate(world, a.dom, 4 * MIB);
}

static struct sim_dom *came;

/*
 * A turn's calls: all domains and free memory; a cut of c and what it left; domains,
 * free, domains; and before the raise free, domains, and all three again. Whenever free
 * memory is read 4 MiB of a's are there, and in a's own hands at all others.
 */
static void others_come(struct world *world)
{
	static const char calls[] = "DF" "cc" "DFD" "FDDFD";

	if (nth < (int)sizeof(calls) - 1 && calls[nth++] == 'F')
		sim_release(world, a.dom, 4 * MIB);
	else
		sim_populate(world, a.dom, 512 * MIB - a.dom->tot_kib);
	if (nth == 7)
		came = sim_dom_new(world, "came", (const uint8_t[16]){ 9 }, true, 0);
}

/*
 * b waits for what c is asked for, and gets what lies free. How much that is for sure
 * another list doesn't say: then it gets it in the next turn.
 */
static void sim_certain_whole(void **state)
{
	struct puppet c;

	a_is_fixed(state);
	sim_release(w, zero.dom, 129 * MIB);
	puppet_add(w, &c, "c", false, 128, 128);
	pass(20 * SIM_S);
	for (int i = 0; i < 10; i++) {
		puppet_kind(w, &c, PUPPET_ideal);
		puppet_need(w, &c, 128);
		puppet_need(w, &b, 512);
		pass(SIM_S);
		sim_populate(w, zero.dom, 60 * MIB);	/* b's ceiling goes */
		pass(30 * SIM_S);
		puppet_kind(w, &c, PUPPET_stuck);
		puppet_need(w, &c, 72);
		sim_release(w, zero.dom, 60 * MIB);
		came = NULL;
		nth = 0;
		w->on_call = others_come;
		puppet_need(w, &b, 1000);
		for (int k = 0; !came && k < 1000; k++)
			pass(SIM_MS / 10);
		assert_non_null(came);
		pass(SIM_MS);
		w->on_call = NULL;
		pass(SIM_S);
		assert_true(b.dom->tot_kib > 560 * MIB);
		sim_dom_kill(w, came, 0);
	}
	no_breach();
}

/* A domain comes, and goes, and comes... */
static void churn(struct world *world, void *arg)
{
	static uint8_t nth_uuid;

	if (came) {
		sim_dom_kill(world, came, 0);
		came = NULL;
	} else {
		came = sim_dom_new(world, "came", (const uint8_t[16]){ 77, ++nth_uuid }, true, 0);
	}
	world_at(world, world->now_us + *(const uint64_t *)arg, churn, arg);
}

static char granted[256];

static void replied(struct world *world, void *arg, const char *json)
{
	(void)world, (void)arg;
	snprintf(granted, sizeof(granted), "%s", json ? json : "dead");
}

/* Guests and starts aren't kept waiting by domains that come or go in every turn. */
static void sim_certain_bounded(void **state)
{
	static uint64_t each_us[] = { 10000, 2000 };

	for (int i = 0; i < 2; i++) {
		two_guests_teardown(state);
		assert_int_equal(two_guests_setup(CONF), 0);
		w->costs.hypercall_us = 500;
		pass(5 * SIM_S);
		came = NULL;
		world_at(w, w->now_us, churn, &each_us[i]);
		pass(SIM_S);
		puppet_need(w, &b, 800);
		pass(SIM_S);
		assert_int_equal(b.dom->tot_kib, 800 * MIB);
		granted[0] = '\0';
		sim_ask(w, replied, NULL,
			"{\"command\":\"reserve\",\"size_kib\":%lld,\"wait_s\":5}",
			(long long)(300 * MIB));
		puppet_need(w, &b, 600);
		pass(3 * SIM_S);
		assert_non_null(strstr(granted, "\"granted\""));
		assert_true(daemon_now()->counters.turns_stale >= 20);
		no_breach();
	}
}

/* What balloond sees of free memory and all pages, more than there is. */
static int64_t seen_twice_kib(void)
{
	const struct host *host = &daemon_now()->host;
	int64_t sum_kib = host->free_kib - w->free_kib;

	for (uint32_t i = 0; i < host->n_doms; i++)
		sum_kib += host->doms[i].actual_kib - w->doms[i]->tot_kib;
	return sum_kib;
}

/* Read while nothing of it is free, or all of it: no blame for what wasn't seen. */
static void sim_wiggle_blame(void **state)
{
	(void)state;
	pass(60 * SIM_S);
	w->on_call = alternate;
	assert_int_equal(blame_reread((struct balloond *)daemon_now()), 0);
	assert_int_equal(seen_twice_kib(), 0);
	sim_populate(w, a.dom, 512 * MIB - a.dom->tot_kib);
	sim_release(w, a.dom, 4 * MIB);		/* next it takes: T high, free low, T high */
	assert_int_equal(promise_reread((struct balloond *)daemon_now()), 0);
	assert_true(seen_twice_kib() <= 0);
	w->on_call = NULL;
}

/* Xen itself took 100 MiB for a while, on an idle host. */
static void sim_xen_gives_back(void **state)
{
	(void)state;
	pass(5 * SIM_S);
	w->free_kib -= 100 * MIB;
	pass(60 * SIM_S);
	w->free_kib += 100 * MIB;
	pass(75 * SIM_S);
	assert_int_equal(daemon_now()->host.free_kib, w->free_kib);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, two_guests_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(sim_reread), TEST(sim_foreign_raised), TEST(sim_fixed_raised), TEST(sim_wiggle),
		TEST(sim_wiggle_blame), TEST(sim_certain_whole), TEST(sim_certain_bounded),
		TEST(sim_lend_reread), TEST(sim_xen_gives_back),
	};

	return cmocka_run_group_tests_name("sim_reread", tests, NULL, NULL);
}
