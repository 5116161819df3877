// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The policy: the input is a host in any state that the readers let through, and
 * what happens to it. The toy host's turn is the property: the checker over every
 * plan, I1 after every single step, I1 and I2 over what was applied.
 */
#include <stdlib.h>

#include "tests/fuzz/fuzz.h"
#include "tests/unit/toy_events.h"

#define DOMS_MAX	12
#define EVENTS_MAX	48
#define MS_MAX		60000	/* of virtual time, for all of them */

static struct toy toy;
static struct toy_chance chance = { .rnd = fuzz_rnd };

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t pages(int64_t kib)
{
	return kib & ~3LL;
}

/* The daemon's own words (policy.c, report.c): within static-max, in order. */
static void policy_set(struct dom *dom)
{
	dom->policy_max_kib = least(fuzz_kib(), dom->static_max_kib);
	dom->floor_kib = least(fuzz_kib(), dom->policy_max_kib);
	dom->floor_explicit = fuzz_rnd(2);
	dom->weight = 1 + (uint32_t)fuzz_rnd(WEIGHT_MAX);
	if (!fuzz_rnd(4)) {
		dom->pin_kib = least(fuzz_kib(), dom->static_max_kib);
		if (dom->pin_kib < dom->floor_kib)
			dom->pin_kib = dom->floor_kib;
	}
}

static void report_set(struct dom *dom)
{
	int64_t high_kib = dom->static_max_kib;

	dom->has_report = fuzz_rnd(4);
	dom->need_kib = least(fuzz_kib(), high_kib);
	dom->want_kib = least(dom->need_kib + fuzz_kib(), high_kib);
	dom->guest_floor_kib = least(fuzz_kib(), high_kib);
	dom->limit_kib = least(fuzz_kib(), high_kib);
	dom->urgent = fuzz_rnd(2);
	if (!fuzz_rnd(4))
		dom->unechoed_ms = 1 + (uint64_t)fuzz_rnd((int64_t)toy.now_ms);
}

static void dom_add(void)
{
	int64_t free_mib = toy.host.free_kib / MIB, mib = fuzz_rnd(least(free_mib, 4095) + 1);
	enum toy_character character = (enum toy_character)fuzz_rnd(TOY_DEAF + 1);
	int64_t high_mib = mib + fuzz_rnd(2048), need_mib = fuzz_rnd(4096), odd = fuzz_rnd(64);
	struct dom *dom = toy_add(&toy, character, mib, high_mib, need_mib);

	policy_set(dom);
	report_set(dom);
	if (odd & 1)
		dom->static_max_kib = fuzz_kib();
	if (odd & 2)
		dom->target_kib = fuzz_kib();
	if (odd & 4)	/* as libxl or nobody set it; an HVM's is never under what it has */
		dom->max_kib = pages(fuzz_kib()) + (dom->hvm ? dom->max_kib : 0);
	if (odd & 8)
		dom->kind = (enum dom_kind)fuzz_rnd(DOM_DYING + 1);
	if (dom->kind == DOM_BUILDING)	/* the toy builds it up to that; Xen not past max_pages */
		dom->target_kib = pages(least(dom->target_kib, dom->max_kib));
	if (odd & 16)
		dom->paused = fuzz_rnd(2);
	if (odd & 32) {
		dom->has_lease = fuzz_rnd(2);
		dom->lease_kib = fuzz_kib();
	}
	if (odd & 1) {
		policy_set(dom);
		report_set(dom);
	}
}

/* dom0 that is balanced: the daemon sees to it that its words fit each other (zero.c). */
static void zero_add(void)
{
	int64_t mib = fuzz_rnd(least(toy.host.free_kib / MIB, 4095) + 1);
	int64_t high_mib = mib + fuzz_rnd(2048);
	struct dom *dom = toy_zero(&toy, mib, high_mib, fuzz_rnd(high_mib + 1));

	dom->floor_kib = least(fuzz_kib(), dom->static_max_kib);
	dom->floor_explicit = fuzz_rnd(2);
	dom->strained = fuzz_rnd(2);
}

static void host_make(void)
{
	struct host_config *config = &toy.host.config;
	int64_t n;

	toy_init(&toy, 1 + fuzz_rnd(16384));
	if (fuzz_rnd(2)) {
		config->free_min_kib = least(fuzz_kib(), 1 << 30);
		config->headroom_min_kib = least(fuzz_kib(), 1 << 30);
		config->hysteresis_kib = least(fuzz_kib(), 1 << 30);
		config->shrink_divisor = 1 + (uint32_t)fuzz_rnd(64);
		config->shrink_interval_ms = 100 + (uint32_t)fuzz_rnd(600000);
		config->surplus = (enum surplus)fuzz_rnd(SURPLUS_DOM0 + 1);
	}
	n = fuzz_rnd(2 * DOMS_MAX);
	if (n >= DOMS_MAX)
		zero_add();
	for (n %= DOMS_MAX; n > 0; n--)
		dom_add();
	toy.host.claims_kib = fuzz_rnd(8) ? 0 : fuzz_rnd(toy.host.free_kib + 1);
	for (n = fuzz_rnd(4); n > 0; n--)
		toy_reserve(&toy, 0)->size_kib = fuzz_kib();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t left_ms = MS_MAX;

	toy_trace = getenv("FUZZ_TRACE");	/* to see what a crash is about */
	fuzz_begin(data, size);
	host_make();
	toy_turn(&toy);
	for (int i = 0; i < EVENTS_MAX && !fuzz_over() && left_ms; i++) {
		uint64_t ms = 10 + (uint64_t)fuzz_rnd(fuzz_rnd(3) ? 1000 : 12000);

		toy_event(&toy, &chance, (enum toy_event)fuzz_rnd(TOY_EVENT_COUNT));
		ms = ms < left_ms ? ms : left_ms;
		toy_run(&toy, ms);
		left_ms -= ms;
	}
	return 0;
}
