// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Random hosts, random events, the toy's Xen and the checker as judges after
 * every single step. A failure names its seed; CORE_SEED=n runs that one alone,
 * and prints every action.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "tests/unit/toy_events.h"

#define RUNS_MAX	400
#define SECONDS_MAX	5	/* CORE_SECONDS=n: longer */
#define EVENTS		40

static struct toy toy;
static uint64_t seed, state64;

static int64_t rnd(int64_t below)
{
	state64 = state64 * 6364136223846793005ULL + 1442695040888963407ULL;
	return (int64_t)((state64 >> 24) % (uint64_t)below);
}

static struct toy_chance chance = { .rnd = rnd };

/* All well again; then everything comes to rest and stays there. */
static void settle(void)
{
	uint32_t actions;

	for (uint32_t i = 0; i < toy.host.n_doms; i++) {
		struct dom *dom = &toy.doms[i];

		dom->paused = false;
		dom->unechoed_ms = 0;
		if (toy.guests[i].character != TOY_STOCK && dom->kind == DOM_GUEST) {
			toy.guests[i].character = TOY_IDEAL;
			dom->has_report = true;
		}
		if (dom->pin_kib < toy.guests[i].need_kib || dom->pin_kib < dom->guest_floor_kib)
			dom->pin_kib = KIB_NONE;	/* asked for again and again, with pauses */
	}
	toy.dirty = true;
	toy_run(&toy, 1900000);
	actions = toy.actions;
	toy_run(&toy, 60000);
	if (toy.actions != actions)
		fail_msg("seed %llu: %u actions at rest", (unsigned long long)seed,
			 toy.actions - actions);
	for (uint32_t i = 0; i < toy.host.n_doms; i++)
		if (toy.doms[i].progress == PROGRESS_STUCK)
			fail_msg("seed %llu: dom %u was never forgiven",
				 (unsigned long long)seed, toy.doms[i].domid);
}

static void one_run(void)
{
	state64 = seed * 0x9e3779b97f4a7c15ULL;
	toy_init(&toy, 600 + rnd(3000));
	toy.host.config.surplus = rnd(3) ? SURPLUS_FREE : SURPLUS_GUESTS;
	for (int i = 0; i < EVENTS; i++) {
		toy_event(&toy, &chance, i < 6 ? TOY_EVENT_ADD : (enum toy_event)rnd(TOY_EVENT_COUNT));
		toy_run(&toy, (uint64_t)(10 + rnd(rnd(3) ? 1000 : 12000)));
	}
	settle();
}

static void random_events(void **state)
{
	const char *only = getenv("CORE_SEED");
	const char *longer = getenv("CORE_SECONDS");
	time_t end = time(NULL) + (longer ? atoi(longer) : SECONDS_MAX);
	uint32_t runs = 0;

	(void)state;
	toy_trace = only != NULL;
	for (seed = only ? strtoull(only, NULL, 10) : 1; runs < (longer ? UINT32_MAX : RUNS_MAX); seed++, runs++) {
		if (runs && (only || time(NULL) >= end))
			break;
		toy_seed = seed;
		one_run();
	}
	print_message("# %u runs;", runs);
	for (int i = 0; i < TOY_EVENT_COUNT; i++)
		print_message(" %s %u,", toy_event_names[i], chance.counts[i]);
	print_message(" admitted %u, refused %u, started %u\n", chance.admitted,
		      chance.refused, chance.granted);
	if (!only)
		assert_true(chance.granted && chance.refused && chance.admitted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
