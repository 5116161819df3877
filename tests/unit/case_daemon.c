// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rows of tests/behaviours.h that need the daemon whole, in the simulated host:
 * domains that die, deadlines.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "schema.h"
#include "tests/unit/puppet.h"
#include "tools/balloonsim/sim_daemon.h"
#include "tools/balloonsim/sim_store.h"
#include "tools/balloonsim/sim_xen.h"

#define CONF	"shrink_divisor = 1\nshrink_interval = 100\nheadroom_min = 0\n"

static struct world *w;
static struct puppet zero, a, b;
static char answer[4096];
static int64_t free_then_kib;

static int setup(void **state)
{
	(void)state;
	w = world_new(1, 2048 * MIB);
	puppet_add(w, &zero, "Domain-0", false, 512, 512);
	puppet_add(w, &a, "a", true, 512, 1024);
	puppet_add(w, &b, "b", false, 512, 1024);
	a.speed_kib_ms = b.speed_kib_ms = 1024;
	answer[0] = '\0';
	return sim_daemon_start(w, CONF) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	if (w->stats.breaches)
		print_error("%s\n", w->stats.first_breach);
	assert_int_equal(w->stats.breaches, 0);
	world_free(w);
	return 0;
}

static void pass(uint64_t us)
{
	world_run(w, w->now_us + us);
}

static void replied(struct world *world, void *arg, const char *json)
{
	(void)arg;
	free_then_kib = world->free_kib;
	snprintf(answer, sizeof(answer), "%s", json ? json : "dead");
}

static void reserve(int64_t mib, const char *more)
{
	sim_ask(w, replied, NULL, "{\"command\":\"reserve\",\"size_kib\":%lld%s}",
		(long long)(mib * MIB), more);
}

static void come_free(struct world *world, void *arg)
{
	struct puppet *p = arg;

	sim_release(world, p->dom, 400 * MIB);
}

/* What has come free when the time is over was in time. */
static void case_last_moment(void **state)
{
	int granted = 0;

	for (uint64_t early_ms = 0; early_ms <= 120; early_ms += 4) {
		teardown(state);
		setup(state);
		pass(5 * SIM_S);
		a.said_kib = b.said_kib = 100 * MIB;
		puppet_kind(w, &a, PUPPET_stuck);
		puppet_kind(w, &b, PUPPET_stuck);
		pass(SIM_S);
		reserve(800, ",\"wait_s\":4");
		world_at(w, w->now_us + 4 * SIM_S - early_ms * SIM_MS, come_free, &b);
		pass(6 * SIM_S);
		assert_string_not_equal(answer, "");
		if (strstr(answer, "\"refused\"") && free_then_kib >= (800 + 32 + 3) * MIB)
			fail_msg("refused with %lld MiB free, %llu ms early: %s",
				 (long long)(free_then_kib / MIB),
				 (unsigned long long)early_ms, answer);
		granted += strstr(answer, "\"granted\"") != NULL;
	}
	assert_in_range(granted, 25, 31);
}

static void die(struct world *world, void *arg)
{
	puppet_end(world, arg, SIM_S);
}

/* It dies at any instant of a turn that gives it orders: nothing of it comes back. */
static void case_dies_meanwhile(void **state)
{
	for (uint64_t us = 0; us < 1500; us += 15) {
		uint32_t domid = a.dom->domid;

		w->costs.hypercall_us = 20;
		pass(5 * SIM_S);
		puppet_need(w, &a, 300);
		puppet_need(w, &b, 1000);
		world_at(w, w->now_us + us, die, &a);
		pass(5 * SIM_S);
		assert_null(sim_read(w, "/local/domain/%u/" KEY_TARGET, domid));
		assert_null(sim_read(w, "/local/domain/%u/" KEY_LEASE, domid));
		assert_int_equal(b.dom->tot_kib, 1000 * MIB);	/* and the turns go on */
		teardown(state);
		setup(state);
	}
}

/* Under their own floors they won't go, whatever minimum is set: said at once, not after a wait. */
static void case_own_floor(void **state)
{
	(void)state;
	a.floor_kib = b.floor_kib = 232 * MIB;
	a.said_kib = b.said_kib = a.need_kib = b.need_kib = 100 * MIB;
	puppet_say(w, &a), puppet_say(w, &b);
	pass(5 * SIM_S);
	for (int i = 1; i <= 2; i++)
		sim_ask(w, replied, NULL, "{\"command\":\"set\",\"domain\":%d,\"min_kib\":%lld}", i,
			(long long)(64 * MIB));
	pass(SIM_S);
	reserve(1200, ",\"wait_s\":60");
	pass(10 * SIM_MS);
	assert_non_null(strstr(answer, "\"refused\""));
	reserve(1000, ",\"wait_s\":60");
	pass(5 * SIM_S);
	assert_non_null(strstr(answer, "\"granted\""));
}

/* A guest of 190 MiB, saved with a target of 160, comes back; little else is free. */
static struct sim_dom *restore_begin(void)
{
	struct sim_dom *back;

	puppet_need(w, &a, 1000);
	puppet_need(w, &b, 1000);
	pass(5 * SIM_S);
	reserve(200, ",\"name\":\"back\",\"wait_s\":60");
	pass(10 * SIM_S);
	assert_non_null(strstr(answer, "\"granted\""));
	back = sim_dom_new(w, "back", (const uint8_t[16]){ 7 }, false, 0);
	assert_non_null(back);
	sim_set_max(w, back, 161 * MIB);
	sim_write(w, "back", "/local/domain/%u/name", back->domid);
	sim_fire(w, "@introduceDomain");
	return back;
}

static void restore_to(struct sim_dom *back, int64_t mib, uint64_t ms)
{
	while (back->tot_kib < mib * MIB) {
		assert_int_equal(sim_populate(w, back, 10 * MIB), 10 * MIB);
		pass(ms * SIM_MS);
	}
}

/* What was asked for is its. */
static void case_restored_larger(void **state)
{
	(void)state;
	restore_to(restore_begin(), 190, 100);
}

/* ... whatever another start waits for. */
static void case_restored_beside(void **state)
{
	struct sim_dom *back = restore_begin();

	(void)state;
	puppet_kind(w, &a, PUPPET_stuck);
	puppet_kind(w, &b, PUPPET_stuck);
	reserve(300, ",\"wait_s\":60");
	restore_to(back, 190, 100);
}

/* ... and however long it takes: looks are rare by the time when it gets there. */
static void case_restored_slowly(void **state)
{
	struct sim_dom *back = restore_begin();

	(void)state;
	restore_to(back, 120, 12000);
	restore_to(back, 190, 10);
}

/* ... or stands still: a disk that hangs. */
static void case_restored_later(void **state)
{
	struct sim_dom *back = restore_begin();
	uint64_t writes;

	(void)state;
	restore_to(back, 140, 100);
	pass(20 * SIM_S);
	writes = w->stats.max_writes;
	pass(40 * SIM_S);
	assert_int_equal(w->stats.max_writes, writes);	/* nor is it taken and given */
	restore_to(back, 190, 10);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(case_last_moment), TEST(case_dies_meanwhile), TEST(case_own_floor),
		TEST(case_restored_larger), TEST(case_restored_beside), TEST(case_restored_slowly),
		TEST(case_restored_later),
	};

	return cmocka_run_group_tests_name("case_daemon", tests, NULL, NULL);
}
