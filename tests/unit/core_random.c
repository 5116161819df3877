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

#include "tests/unit/toy_host.h"

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

enum event {
	EVENT_NEED, EVENT_SPIKE, EVENT_ADD, EVENT_BUILD, EVENT_DESTROY, EVENT_RESERVE,
	EVENT_START, EVENT_RELEASE, EVENT_CHARACTER, EVENT_PAUSE, EVENT_MEM_SET,
	EVENT_AUTO, EVENT_MAX, EVENT_POLICY, EVENT_RESTART, EVENT_REPORT_GONE,
	EVENT_COUNT,
};

static const char *const names[] = {
	"need", "spike", "add", "build", "destroy", "reserve", "start", "release",
	"character", "pause", "mem-set", "auto", "max", "policy", "restart",
	"report-gone",
};
static uint32_t counts[EVENT_COUNT], admitted, refused, granted;

static void drop_reservation(uint32_t at)
{
	for (toy.host.n_reservations--; at < toy.host.n_reservations; at++)
		toy.reservations[at] = toy.reservations[at + 1];
}

/* Admission first, as the daemon does; sometimes it is built at once. */
static void reserve(void)
{
	struct admission answer;
	int64_t mib = rnd(600);

	admission_decide(&toy.host, mib * MIB, &answer);
	if (answer.verdict == ADMIT_REFUSED) {
		refused++;
		assert_true(answer.shortfall_kib > 0);
		assert_true(answer.fits_kib < mib * MIB || !mib);
		return;
	}
	admitted++;
	if (toy.host.n_reservations < 8)
		toy_reserve(&toy, mib);
}

static void start(void)
{
	for (uint32_t i = 0; i < toy.host.n_reservations; i++) {
		struct reservation *r = &toy.reservations[i];
		struct dom *dom;

		if (r->state != RESERVATION_GRANTED || r->size_kib < 8 * MIB)
			continue;
		granted++;
		dom = toy_build(&toy, r->size_kib / MIB - 2);
		r->state = RESERVATION_ASSIGNED;
		r->domid = dom->domid;
		return;
	}
}

static void event(enum event what)
{
	struct dom *dom = toy.host.n_doms ? &toy.doms[rnd(toy.host.n_doms)] : NULL;
	struct toy_guest *g = dom ? toy_guest(&toy, dom) : NULL;
	int64_t free_mib = toy.host.free_kib / MIB;

	counts[what]++;
	toy.dirty = true;
	if (what == EVENT_ADD && toy.host.n_doms < 12 && free_mib > 80) {
		int64_t mib = 40 + rnd(free_mib - 40 < 600 ? free_mib - 40 : 600);

		toy_add(&toy, (enum toy_character)rnd(TOY_DEAF + 1), mib, mib + rnd(1000),
			rnd(mib + 100));
	}
	if (what == EVENT_BUILD && toy.host.n_doms < 12)	/* behind our back */
		toy_build(&toy, 20 + rnd(200));
	if (what == EVENT_RESERVE)
		reserve();
	if (what == EVENT_START && toy.host.n_doms < 12)
		start();
	if (what == EVENT_RELEASE && toy.host.n_reservations)
		drop_reservation((uint32_t)rnd(toy.host.n_reservations));
	if (what == EVENT_RESTART)
		for (uint32_t i = 0; i < toy.host.n_doms; i++) {
			toy.doms[i].history = (struct dom_history){ 0 };
			toy.doms[i].progress = PROGRESS_SETTLED;
		}
	if (!dom || dom->kind != DOM_GUEST)
		return;
	if (what == EVENT_NEED)
		toy_needs(&toy, dom, rnd(dom->static_max_kib / MIB + 1), rnd(2000));
	if (what == EVENT_SPIKE)
		toy_needs(&toy, dom, dom->actual_kib / MIB + rnd(400), 0);
	if (what == EVENT_DESTROY && !rnd(3))
		toy_destroy(&toy, dom);
	if (what == EVENT_CHARACTER && dom->has_report) {
		g->character = rnd(2) ? TOY_IDEAL : (enum toy_character)rnd(TOY_DEAF + 1);
		if (g->character == TOY_STOCK)
			g->character = TOY_IDEAL;
		g->limit_kib = rnd(dom->static_max_kib);
		dom->unechoed_ms = g->character == TOY_DEAF ? toy.now_ms : 0;
	}
	if (what == EVENT_PAUSE)
		dom->paused = !dom->paused;
	if (what == EVENT_MEM_SET) {
		dom->pin_kib = dom->target_kib = rnd(dom->static_max_kib) & ~3LL;
		if (!dom->hvm || dom->pin_kib > dom->actual_kib)
			dom->max_kib = dom->pin_kib + MAX_PAGES_SLACK_KIB;
	}
	if (what == EVENT_AUTO)
		dom->pin_kib = KIB_NONE;
	if (what == EVENT_MAX)
		dom->max_kib = dom->actual_kib + MAX_PAGES_SLACK_KIB +
			       (rnd(300 * MIB) & ~3LL);
	if (what == EVENT_POLICY) {
		dom->weight = 1 + (uint32_t)rnd(1024);
		dom->floor_kib = rnd(dom->static_max_kib / 2);
		dom->floor_explicit = rnd(2);
	}
	if (what == EVENT_REPORT_GONE && g->character != TOY_STOCK)
		dom->has_report = !dom->has_report;
}

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
		if (dom->pin_kib != KIB_NONE && dom->pin_kib < toy.guests[i].need_kib)
			dom->pin_kib = KIB_NONE;
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
		event(i < 6 ? EVENT_ADD : (enum event)rnd(EVENT_COUNT));
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
	for (int i = 0; i < EVENT_COUNT; i++)
		print_message(" %s %u,", names[i], counts[i]);
	print_message(" admitted %u, refused %u, started %u\n", admitted, refused, granted);
	if (!only)
		assert_true(granted && refused && admitted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
