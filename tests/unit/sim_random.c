// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Random hosts and random events over the daemon's own code. A failure is shrunk
 * to the fewest events that still fail, and printed with what replays it:
 *	WORLD='*liars' SEED=n KEEP=3,17,40 build/san/tests/unit/sim_random
 * EVENTS=n: so many in all (make soak-sim: 10^6).
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/random_host.h"

#define EVENTS_RUN	60
#define EVENTS_CHECK	25000	/* under a minute under the sanitizers */

/* A daemon that is killed at one of its calls leaves its memory behind. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0";
}

static struct random_case kase;
static struct random_counts counts;

/* The words of a failure without its numbers: shrinking mustn't end at another. */
static void words_of(const char *why, char *words, size_t size)
{
	size_t at = 0;

	for (; *why && at + 1 < size; why++)
		if ((*why < '0' || *why > '9') && *why != '.')
			words[at++] = *why;
	words[at] = '\0';
}

static bool still_fails(const char *words)
{
	struct random_counts ignored = { 0 };
	char why[512], its[512];

	if (random_case_run(&kase, &ignored, why, sizeof(why), false))
		return false;
	words_of(why, its, sizeof(its));
	return !strcmp(its, words);
}

/* Leave out halves, quarters, ... single events, as long as it still fails. */
static void shrink(const char *words)
{
	for (uint32_t part = kase.n / 2; part >= 1; part /= 2) {
		bool again = true;

		while (again) {
			again = false;
			for (uint32_t from = 0; from < kase.n; from += part) {
				bool was[RANDOM_EVENTS_MAX], any = false;

				for (uint32_t i = from; i < from + part && i < kase.n; i++) {
					was[i] = kase.events[i].drop;
					any |= !was[i];
					kase.events[i].drop = true;
				}
				if (!any)
					continue;
				if (still_fails(words)) {
					again = part == 1;
					continue;
				}
				for (uint32_t i = from; i < from + part && i < kase.n; i++)
					kase.events[i].drop = was[i];
			}
		}
	}
}

static void show(const char *failed)
{
	struct random_counts ignored = { 0 };
	const char *comma = "";
	char why[512], words[512];

	words_of(failed, words, sizeof(words));
	shrink(words);
	random_case_run(&kase, &ignored, why, sizeof(why), false);
	print_message("# shrunk: %s\n# WORLD='*%s' SEED=%" PRIu64 " KEEP=", why,
		      random_world_names[kase.world], kase.seed);
	for (uint32_t i = 0; i < kase.n; i++) {
		if (kase.events[i].drop)
			continue;
		print_message("%s%u", comma, i);
		comma = ",";
	}
	print_message("\n");
	for (uint32_t i = 0; i < kase.n; i++) {
		const struct random_event *e = &kase.events[i];

		if (!e->drop)
			print_message("#   %3u %-12s %u %u %u, then %" PRIu64 " ms\n", i,
				      random_event_names[e->kind], e->a, e->b, e->c,
				      e->after_us / 1000);
	}
}

static void only(const char *list)
{
	for (uint32_t i = 0; i < kase.n; i++)
		kase.events[i].drop = true;
	while (*list) {
		char *end;
		unsigned long i = strtoul(list, &end, 10);

		assert_true(end != list && i < kase.n);
		kase.events[i].drop = false;
		list = *end ? end + 1 : end;
	}
}

#define COUNT(what, least)							\
	do {									\
		print_message(" " #what " %" PRIu64, counts.what);		\
		poor |= counts.what < (least) * counts.total / 1000;		\
	} while (0)

/* Trivial runs show: every kind of event and of action has its minimum. */
static bool histogram(enum random_world world)
{
	bool liars = world == RANDOM_liars, guests = world == RANDOM_guests;
	bool poor = false;

	print_message("# %s: events:", random_world_names[world]);
	for (int k = 0; k < EVENT_COUNT; k++) {
		if (!random_event_often[k][world])
			continue;
		print_message(" %s %" PRIu64, random_event_names[k], counts.events[k]);
		poor |= counts.events[k] < counts.total / 500;
	}
	print_message("\n# %s: actions:", random_world_names[world]);
	COUNT(follow, 20);
	COUNT(cut, 100);
	COUNT(shrink, 100);
	COUNT(raise, 100);
	COUNT(target, 20);
	COUNT(put_off, 0);
	print_message("\n# %s: seen:", random_world_names[world]);
	COUNT(granted, 10);
	COUNT(refused, 1);
	COUNT(ran, 10);
	COUNT(restarts, 10);
	COUNT(stuck, 10);
	COUNT(silent, liars ? 0 : 1);
	COUNT(pins, liars ? 0 : 2);
	COUNT(kept, 50);
	COUNT(amid, 1);
	COUNT(honest, 10);
	COUNT(short_of, liars ? 5 : 0);
	COUNT(zero, guests ? 1000 : 0);
	COUNT(lowered, guests ? 5 : 0);
	COUNT(followed, 1000);
	COUNT(fitted, 50);
	COUNT(squeezed, 1);
	COUNT(fitting, 0);
	COUNT(calm, 5);
	COUNT(back, guests ? 20 : 0);
	COUNT(stayed, 0);
	COUNT(lost, 0);
	COUNT(killed, 0);
	print_message("\n# %s: %" PRIu64 " hosts, %" PRIu64 " random events, %" PRIu64 " turns, %"
		      PRIu64 " calls of balloond, %" PRIu64 " simulated events\n",
		      random_world_names[world], counts.runs, counts.total, counts.turns,
		      counts.calls, counts.heap_events);
	return !poor;
}

/* Of all the events that are asked for, this part of 100. */
static void random_events(enum random_world world, uint64_t part)
{
	const char *seed = getenv("SEED"), *list = getenv("KEEP"), *many = getenv("EVENTS");
	uint64_t events = (many ? strtoull(many, NULL, 10) : EVENTS_CHECK) * part / 100;
	uint64_t s = seed ? strtoull(seed, NULL, 10) : 1, violations = 0;
	char why[512];

	memset(&counts, 0, sizeof(counts));
	for (; !violations && counts.total < events; s++) {
		random_case_make(&kase, world, s, EVENTS_RUN);
		if (list)
			only(list);
		if (!random_case_run(&kase, &counts, why, sizeof(why), seed && list)) {
			print_message("# SEED=%" PRIu64 ": %s\n", s, why);
			violations++;
			if (!list)
				show(why);
		}
		if (seed)
			break;
	}
	if (!seed)
		assert_true(histogram(world) || violations);
	print_message("# %s: events=%" PRIu64 " violations=%" PRIu64 "\n",
		      random_world_names[world], counts.total, violations);
	assert_int_equal(violations, 0);
}

#define WORLD_TEST(name, meaning)						\
	static void sim_random_##name(void **state)				\
	{									\
		(void)state;							\
		random_events(RANDOM_##name, parts[RANDOM_##name]);		\
	}
static const uint64_t parts[] = {
	[RANDOM_puppets] = 60, [RANDOM_guests] = 20, [RANDOM_liars] = 20,
};
RANDOM_WORLDS(WORLD_TEST)

#define WORLD_ROW(name, meaning)	cmocka_unit_test(sim_random_##name),

int main(void)
{
	const struct CMUnitTest tests[] = { RANDOM_WORLDS(WORLD_ROW) };

	if (getenv("WORLD"))
		cmocka_set_test_filter(getenv("WORLD"));
	return cmocka_run_group_tests_name("sim_random", tests, NULL, NULL);
}
