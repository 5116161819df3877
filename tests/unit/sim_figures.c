// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Figures of the daemon in the simulated host, each with its bound: what noise
 * turns round, what moves for what was asked, what is written when nothing
 * changes, and what liars get.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "balloond.h"
#include "core/kib.h"
#include "core/plan.h"
#include "tests/unit/puppet.h"
#include "tools/balloonsim/sim_daemon.h"
#include "tools/balloonsim/sim_xen.h"

#define GUESTS	20

static struct world *w;
static struct puppet zero, guests[GUESTS];

/* Guests with what they need, of 1 GiB at most. */
static void host(int64_t total_mib, int n, int64_t each_mib)
{
	w = world_new(7, total_mib * MIB);
	puppet_add(w, &zero, "Domain-0", false, 256, 256);
	for (int i = 0; i < n; i++) {
		char name[8];

		snprintf(name, sizeof(name), "g%d", i);
		puppet_add(w, &guests[i], name, i & 1, each_mib, 1024);
		sim_set_max(w, guests[i].dom, (each_mib + 1) * MIB);
		guests[i].speed_kib_ms = 512;
		guests[i].floor_kib = floor_default_kib(1024 * MIB);
	}
	assert_true(sim_daemon_start(w, NULL));
	world_run(w, 60 * SIM_S);
}

static int end(void **state)
{
	(void)state;
	world_free(w);
	return 0;
}

static const struct balloond *daemon_now(void)
{
	assert_int_equal(w->stats.breaches, 0);
	assert_non_null(sim_daemon_state(w));
	return sim_daemon_state(w);
}

static const struct dom *seen(const struct puppet *p)
{
	int i = balloond_find(daemon_now(), p->dom->domid);

	assert_true(i >= 0);
	return &daemon_now()->host.doms[i];
}

/* Demand that swings by 5 % around a constant, plenty and scarce. */
static void figure_noise(void **state)
{
	(void)state;
	for (int scarce = 0; scarce < 2; scarce++) {
		uint64_t reversals = 0, writes = 0;
		int64_t need[8], moved_kib = 0;

		host(scarce ? 2600 : 6000, 8, scarce ? 280 : 400);
		for (int i = 0; i < 8; i++)
			need[i] = 250 + 50 * i;
		for (int s = 0; s < 1320; s++) {
			if (s == 120) {	/* the noise is known by now */
				for (int i = 0; i < 8; i++) {
					reversals -= seen(&guests[i])->history.reversals;
					moved_kib -= guests[i].moved_kib;
				}
				writes = w->stats.writes + w->stats.max_writes;
			}
			for (int i = 0; i < 8; i++)
				puppet_need(w, &guests[i],
					    need[i] * rnd_range(w, 950, 1050) / 1000);
			world_run(w, w->now_us + SIM_S);
		}
		for (int i = 0; i < 8; i++) {
			reversals += seen(&guests[i])->history.reversals;
			moved_kib += guests[i].moved_kib;
		}
		writes = w->stats.writes + w->stats.max_writes - writes;
		print_message("# +-5 %% noise for 20 min, 8 guests, %s: %llu reversals, %llu "
			      "writes, %lld MiB moved\n", scarce ? "scarce" : "plenty",
			      (unsigned long long)reversals, (unsigned long long)writes,
			      (long long)(moved_kib / MIB));
		assert_int_equal(reversals, 0);
		if (!scarce)
			end(state);
	}
}

/* Demand that jumps every minute: what moves for it, up and down. */
static void figure_moved(void **state)
{
	int64_t asked_kib = 0, moved_kib = 0;
	long permille;

	(void)state;
	host(8000, 10, 400);
	for (int i = 0; i < 10; i++)
		moved_kib -= guests[i].moved_kib;
	for (int minute = 0; minute < 120; minute++) {
		struct puppet *p = &guests[rnd(w, 10)];
		int64_t mib = rnd_range(w, 260, 900);

		asked_kib += llabs(mib * MIB - p->need_kib);
		puppet_need(w, p, mib);
		world_run(w, w->now_us + 60 * SIM_S);
	}
	for (int i = 0; i < 10; i++)
		moved_kib += guests[i].moved_kib;
	permille = (long)(1000 * moved_kib / asked_kib);
	print_message("# demand changed by %lld MiB, %lld MiB moved: %ld.%03ld a byte\n",
		      (long long)(asked_kib / MIB), (long long)(moved_kib / MIB),
		      permille / 1000, permille % 1000);
	daemon_now();
	assert_in_range(permille, 500, 1200);
}

/* Nothing changes for six hours: nothing is written, in plenty and in scarcity. */
static void figure_constant(void **state)
{
	for (int scarce = 0; scarce < 2; scarce++) {
		uint64_t writes, actions;
		const struct counters *c;

		host(scarce ? 6000 : 12000, GUESTS, scarce ? 250 : 400);
		for (int i = 0; scarce && i < GUESTS; i++)
			puppet_need(w, &guests[i], 400);
		world_run(w, 3600 * SIM_S);
		assert_int_equal(daemon_now()->host.scarce, scarce);
		c = &daemon_now()->counters;
		writes = w->stats.writes + w->stats.max_writes;
		actions = c->actions_cut + c->actions_raise + c->actions_follow +
			  c->actions_shrink + c->actions_target;
		world_run(w, w->now_us + 6 * 3600 * SIM_S);
		writes = w->stats.writes + w->stats.max_writes - writes;
		print_message("# 6 h at constant demand, %d guests, %s: %llu writes\n", GUESTS,
			      scarce ? "scarce" : "plenty", (unsigned long long)writes);
		assert_int_equal(writes, 0);
		assert_int_equal(c->actions_cut + c->actions_raise + c->actions_follow +
				 c->actions_shrink + c->actions_target, actions);
		if (!scarce)
			end(state);
	}
}

static char answer[4096];
static void answered(struct world *world, void *arg, const char *json)
{
	(void)world, (void)arg;
	snprintf(answer, sizeof(answer), "%s", json ? json : "dead");
}

/*
 * All but one say that they need everything, and take it: the honest one gets its
 * need, or its fair share; and a start that the floors allow is granted.
 */
static void figure_liars(void **state)
{
	struct admission fits;

	(void)state;
	host(4096, 12, 300);
	for (int i = 1; i < 12; i++) {
		guests[i].said_kib = 1LL << 39;
		guests[i].need_kib = 1LL << 39;
		puppet_say(w, &guests[i]);
		puppet_look(w, &guests[i]);
	}
	world_run(w, w->now_us + 60 * SIM_S);
	for (int mib = 250; mib <= 900; mib += 50) {
		const struct puppet *p = &guests[0];
		int64_t least_kib;

		puppet_need(w, &guests[0], mib);
		world_run(w, w->now_us + 60 * SIM_S);
		least_kib = kib_min(p->need_kib, seen(p)->fair_kib) - MIB;
		if (p->dom->tot_kib < least_kib)
			fail_msg("needs %d MiB, has %lld, fair share %lld", mib,
				 (long long)(p->dom->tot_kib / MIB),
				 (long long)(seen(p)->fair_kib / MIB));
	}
	print_message("# 11 liars: an honest guest has its need up to %lld MiB, its fair share\n",
		      (long long)(seen(&guests[0])->fair_kib / MIB));

	admission_decide(&daemon_now()->host, 0, &fits);
	sim_ask(w, answered, NULL, "{\"command\":\"reserve\",\"size_kib\":%lld,\"wait_s\":30}",
		(long long)fits.fits_kib & ~3LL);
	world_run(w, w->now_us + 31 * SIM_S);
	print_message("# 11 liars: a start of %lld MiB, all that the floors allow: %s\n",
		      (long long)(fits.fits_kib / MIB),
		      strstr(answer, "\"granted\"") ? "granted" : answer);
	assert_non_null(strstr(answer, "\"granted\""));
	daemon_now();
}

#define TEST(name) cmocka_unit_test_teardown(name, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(figure_noise), TEST(figure_moved), TEST(figure_constant), TEST(figure_liars),
	};

	return cmocka_run_group_tests_name("sim_figures", tests, NULL, NULL);
}
