// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The simulated host under the real daemon, with puppets for guests.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "balloond.h"
#include "host_xen.h"
#include "tests/unit/puppet.h"
#include "tools/balloonsim/sim_daemon.h"
#include "tools/balloonsim/sim_store.h"
#include "tools/balloonsim/sim_xen.h"

struct fixture {
	struct world *w;
	struct puppet zero, a, b;
};

/* 2 GiB; dom0, a and b with 512 each, which they need. */
static int setup(void **state)
{
	static struct fixture f;

	f.w = world_new(1, 2048 * MIB);
	puppet_add(f.w, &f.zero, "Domain-0", false, 512, 512);
	puppet_add(f.w, &f.a, "a", false, 512, 1024);
	puppet_add(f.w, &f.b, "b", false, 512, 1024);
	if (!sim_daemon_start(f.w, "shrink_divisor = 1\nshrink_interval = 100\n"))
		return -1;
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	world_free(f->w);
	return 0;
}

static void sim_world_moves(void **state)
{
	struct fixture *f = *state;

	world_run(f->w, 20 * SIM_S);
	puppet_need(f->w, &f->b, 200);
	world_run(f->w, 40 * SIM_S);
	assert_in_range(f->b.dom->tot_kib, 200 * MIB, 240 * MIB);
	puppet_need(f->w, &f->a, 900);
	world_run(f->w, 60 * SIM_S);
	assert_in_range(f->a.dom->tot_kib, 900 * MIB, 1024 * MIB);
	assert_int_equal(f->w->stats.breaches, 0);
	/* At constant demand nothing is written. */
	uint64_t writes = f->w->stats.writes + f->w->stats.max_writes;

	world_run(f->w, 3600 * SIM_S);
	assert_int_equal(f->w->stats.writes + f->w->stats.max_writes, writes);
}

/* Killed at each of its calls in turn, and started again, it gets where it was going. */
static void sim_world_killed(void **state)
{
	struct fixture *f = *state;
	uint64_t at = 1;

	for (; at < 200; at++) {
		puppet_need(f->w, &f->a, at & 1 ? 900 : 300);
		puppet_need(f->w, &f->b, at & 1 ? 300 : 900);
		sim_daemon_kill_at(f->w, at);
		world_run(f->w, f->w->now_us + 2 * SIM_S);
		sim_daemon_kill(f->w);
		assert_true(sim_daemon_start(f->w, "shrink_divisor = 1\nshrink_interval = 100\n"));
		world_run(f->w, f->w->now_us + 20 * SIM_S);
		assert_in_range((at & 1 ? f->a : f->b).dom->tot_kib, 900 * MIB, 1024 * MIB);
		assert_in_range((at & 1 ? f->b : f->a).dom->tot_kib, 300 * MIB, 340 * MIB);
	}
	assert_int_equal(f->w->stats.breaches, 0);
}

struct reply {
	int n;
	char text[4096];
};

static void replied(struct world *w, void *arg, const char *json)
{
	struct reply *reply = arg;

	(void)w;
	reply->n++;
	snprintf(reply->text, sizeof(reply->text), "%s", json ? json : "dead");
}

static void sim_world_asks(void **state)
{
	struct fixture *f = *state;
	struct reply no = { 0 }, yes = { 0 };

	world_run(f->w, 5 * SIM_S);
	sim_ask(f->w, replied, &no, "{\"command\":\"reserve\",\"size_kib\":%lld}", 1500 * 1024LL);
	sim_ask(f->w, replied, &yes, "{\"command\":\"reserve\",\"size_kib\":%lld}", 300 * 1024LL);
	world_run(f->w, 10 * SIM_S);
	assert_int_equal(no.n, 1);
	assert_non_null(strstr(no.text, "\"refused\""));
	assert_int_equal(yes.n, 1);
	assert_non_null(strstr(yes.text, "\"granted\""));
	yes.n = 0;
	sim_ask(f->w, replied, &yes, "{\"command\":\"reserve\",\"size_kib\":1024}");
	sim_daemon_kill(f->w);
	assert_int_equal(yes.n, 1);
	assert_string_equal(yes.text, "dead");
}

/* xenstored goes and comes back. */
static void sim_world_store_lost(void **state)
{
	struct fixture *f = *state;

	world_run(f->w, 5 * SIM_S);
	sim_store_stop(f->w);
	world_run(f->w, 10 * SIM_S);
	puppet_need(f->w, &f->b, 200);
	sim_store_start(f->w, false);
	world_run(f->w, 40 * SIM_S);
	assert_int_equal(sim_daemon_state(f->w)->counters.store_reconnects, 1);
	assert_in_range(f->b.dom->tot_kib, 200 * MIB, 240 * MIB);
}

/* The same seed is the same run, to the last call. */
static void sim_world_deterministic(void **state)
{
	struct fixture *f = *state;
	struct sim_stats first;

	for (int run = 0; run < 2; run++) {
		puppet_need(f->w, &f->b, 200 + rnd_range(f->w, 0, 100));
		world_run(f->w, 100 * SIM_S);
		if (run)
			assert_memory_equal(&first, &f->w->stats, sizeof(first));
		first = f->w->stats;
		teardown(state);
		setup(state);
	}
}

/*
 * The judge of I1: in a deficit a cut of what somebody lowered further since balloond
 * looked is none of its faults; a raise beyond what it found is.
 */
static void sim_world_lowered_amid(void **state)
{
	struct fixture *f = *state;
	struct xen *xen;
	uint32_t domid = f->a.dom->domid;

	sim_daemon_stop(f->w);
	sim_set_max(f->w, f->a.dom, 1024 * MIB);
	sim_set_max(f->w, f->b.dom, 1500 * MIB);
	assert_true(sim_xen_room_kib(f->w) < 0);
	for (int i = 0; i < 2; i++) {
		sim_xen_enter(f->w);
		assert_int_equal(xen_open(&xen), 0);
		sim_xen_round(f->w);
		f->w->in_daemon = true;
		sim_set_max(f->w, f->a.dom, 600 * MIB);
		assert_int_equal(xen_set_max(xen, domid, 1000 * MIB), 0);
		assert_int_equal(f->w->stats.breaches, 0);
		if (i)	/* what it wrote is what it finds now */
			assert_int_equal(xen_set_max(xen, domid, 1100 * MIB), 0);
		f->w->in_daemon = false;
	}
	assert_int_equal(f->w->stats.breaches, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(sim_world_moves), TEST(sim_world_killed), TEST(sim_world_asks),
		TEST(sim_world_store_lost), TEST(sim_world_deterministic),
		TEST(sim_world_lowered_amid),
	};

	return cmocka_run_group_tests_name("sim_world", tests, NULL, NULL);
}
