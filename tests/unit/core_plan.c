// SPDX-License-Identifier: GPL-2.0-or-later
/* Where everyone should come to rest: single plans, in MiB. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/account.h"
#include "core/progress.h"
#include "tests/unit/toy_host.h"

static struct toy toy;

/* A host without pool and headroom, to show one level at a time. */
static void bare(int64_t total_mib)
{
	toy_init(&toy, total_mib);
	toy.host.config.free_min_kib = 0;
	toy.host.config.headroom_min_kib = 0;
	toy.host.config.hysteresis_kib = 0;
}

static struct dom *vm(int64_t floor, int64_t actual, int64_t high, int64_t need, int64_t want)
{
	struct dom *dom = toy_add(&toy, TOY_IDEAL, actual, high, need);

	dom->floor_kib = floor * MIB;
	dom->want_kib = want * MIB;
	return dom;
}

static void plan(void)
{
	char why[160];

	progress_update(&toy.host, toy.now_ms);
	plan_compute(&toy.host, toy.now_ms);
	if (host_check(&toy.host, CHECK_PLAN, why, sizeof(why)))
		fail_msg("%s", why);
}

static void targets(int64_t a, int64_t b, int64_t c)
{
	const int64_t mib[] = { a, b, c };

	plan();
	for (uint32_t i = 0; i < toy.host.n_doms && i < 3; i++)
		assert_int_equal(toy.doms[i].plan_target_kib / MIB, mib[i]);
}

/* The slack above each ceiling is the host's, too: 1 MiB a guest. */
static void plan_equal_guests(void **state)
{
	(void)state;
	bare(700 + 400 + 900 + 200 + 3);
	toy.host.config.free_min_kib = 100 * MIB;
	vm(256, 700, 1024, 1024, 1024);
	vm(256, 400, 1024, 1024, 1024);
	vm(256, 900, 1024, 1024, 1024);
	targets(700, 700, 700);
	assert_true(toy.host.scarce);
	assert_int_equal(toy.doms[1].reason, REASON_FAIR_SHARE);
}

/*
 * Ranges of 512 and 3584 with 4024 to hand out: squeezed gives each the same
 * fraction of its range; max-min fills the small one first, because a size limit
 * is no entitlement.
 */
static void plan_ranges(void **state)
{
	(void)state;
	bare(2 * 512 + 4024 + 2);
	vm(512, 512, 1024, 1024, 1024);
	vm(512, 512, 4096, 4096, 4096);
	targets(1024, 512 + 4024 - 512, 0);
}

static void plan_surplus_to_guests(void **state)
{
	(void)state;
	bare(8192);
	vm(256, 300, 1024, 300, 300);
	vm(256, 256, 256, 256, 256);
	targets(300, 256, 0);
	assert_int_equal(toy.doms[0].plan_ceiling_kib, 1024 * MIB);	/* leased */
	toy.host.config.surplus = SURPLUS_GUESTS;
	targets(1024, 256, 0);
	assert_int_equal(toy.doms[0].reason, REASON_SURPLUS);
}

/* Who is within hysteresis of what it was given doesn't get the same once more. */
static void plan_surplus_once(void **state)
{
	struct dom *a, *b;

	(void)state;
	bare(640 + 168 + 40 + 2);
	a = vm(168, 640, 2048, 640, 640);
	b = vm(168, 168, 512, 168, 168);
	toy.host.config.surplus = SURPLUS_GUESTS;
	toy.host.config.hysteresis_kib = 4 * MIB;
	targets(660, 188, 0);
	a->target_kib = 660 * MIB;
	b->target_kib = 188 * MIB;
	targets(660, 188, 0);
}

/* Shares 2:1 above the floors, and what one can't use goes to the other. */
static void plan_shares(void **state)
{
	static const int64_t cases[][4] = {	/* growth, high of a; a, b */
		{ 0, 2000, 1000, 1000 },	{ 90, 2000, 1060, 1030 },
		{ 150, 2000, 1100, 1050 },	{ 270, 1100, 1100, 1170 },
		{ 500, 1000, 1000, 1500 },	{ 18, 1000, 1000, 1018 },
		{ 900, 2000, 1600, 1300 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bare(2000 + cases[i][0] + 2);
		vm(1000, 1000, cases[i][1], 9999, 9999)->weight = 512;
		vm(1000, 1000, 2000, 9999, 9999);
		targets(cases[i][2], cases[i][3], 0);
	}
}

/* Needs before anybody's headroom, headroom before wants. */
static void plan_level_order(void **state)
{
	struct dom *a, *b;

	(void)state;
	bare(1000 + 2);
	a = vm(200, 500, 2000, 500, 2000);
	b = vm(200, 500, 2000, 400, 400);
	toy.host.config.headroom_min_kib = 40 * MIB;
	targets(520, 400, 0);
	assert_int_equal(a->plan_ceiling_kib, 560 * MIB);
	assert_int_equal(b->plan_ceiling_kib, 440 * MIB);
	assert_int_equal(a->reason, REASON_WANT);
	assert_int_equal(b->reason, REASON_NEED);

	toy_needs(&toy, b, 460, 460);
	targets(500, 460, 0);
	assert_int_equal(a->plan_ceiling_kib, 520 * MIB);
	toy_needs(&toy, b, 500, 500);
	targets(500, 500, 0);
	assert_int_equal(a->plan_ceiling_kib, 500 * MIB);
	assert_false(toy.host.scarce);
	toy_needs(&toy, b, 504, 504);
	targets(500, 500, 0);
	assert_true(toy.host.scarce);
}

/* A burst earns headroom that halves every five minutes. */
static void plan_headroom_follows_bursts(void **state)
{
	struct dom *a;

	(void)state;
	bare(4096);
	toy.host.config.headroom_min_kib = 32 * MIB;
	a = vm(200, 300, 4096, 300, 300);
	vm(200, 300, 4096, 300, 9999);	/* takes all that's left */
	plan();
	a->actual_kib += 256 * MIB;
	toy.host.free_kib -= 256 * MIB;
	toy_needs(&toy, a, 556, 556);
	toy.now_ms += 100;
	plan();
	assert_int_equal(a->plan_ceiling_kib - a->plan_target_kib, 256 * MIB);
	toy.now_ms += 299000;
	plan();
	assert_int_equal(a->plan_ceiling_kib - a->plan_target_kib, 256 * MIB);
	toy.now_ms += 1000;
	plan();
	assert_int_equal(a->plan_ceiling_kib - a->plan_target_kib, 128 * MIB);
	toy.now_ms += 600000;
	plan();
	assert_int_equal(a->plan_ceiling_kib - a->plan_target_kib, 32 * MIB);
}

static void plan_overcommitted(void **state)
{
	(void)state;
	bare(600 + 3);
	vm(400, 300, 1024, 500, 500)->weight = 512;
	vm(400, 200, 1024, 500, 500);
	vm(50, 100, 1024, 50, 50);
	targets(350, 200, 50);
	assert_true(toy.host.overcommitted);
	assert_int_equal(toy.doms[0].reason, REASON_OVERCOMMITTED);
}

/* Whose memory counts how. */
static void plan_who_counts(void **state)
{
	struct dom *a, *other;

	(void)state;
	for (enum dom_kind kind = DOM_FIXED; kind <= DOM_DYING; kind++) {
		static const int64_t usable[] = {
			[DOM_FIXED] = 1023 - 500, [DOM_BUILDING] = 1023 - 500,
			[DOM_ZERO] = 1023 - 400, [DOM_DYING] = 1023 - 400,
		};

		bare(1024);
		a = vm(100, 200, 1024, 9999, 9999);
		other = vm(100, 400, 1024, 9999, 9999);
		other->kind = kind;
		other->max_kib = 500 * MIB;
		plan();
		assert_int_equal(toy.host.usable_kib, usable[kind] * MIB);
		assert_int_equal(a->plan_target_kib, usable[kind] * MIB);
		assert_int_equal(other->plan_target_kib, 400 * MIB);
		assert_int_equal(other->reason, REASON_FIXED);
	}
}

/* Held at what they have: neither donor nor in need. */
static void plan_who_is_held(void **state)
{
	static const enum reason reasons[] = { REASON_FIXED, REASON_SILENT, REASON_SILENT,
					       REASON_STUCK };

	(void)state;
	for (int k = 0; k < 4; k++) {
		struct dom *held;

		bare(1024 + 2);
		held = vm(100, 500, 1024, 100, 100);
		vm(100, 400, 1024, 900, 900);
		held->paused = k == 0;
		if (k == 1)
			held->unechoed_ms = toy.now_ms - 10000;
		if (k == 2)
			held->has_report = false;
		if (k == 3)
			held->progress = PROGRESS_STUCK;
		targets(500, 524, 0);
		assert_int_equal(held->reason, reasons[k]);
		/* Below its fair share a stuck one still counts as in need. */
		toy_needs(&toy, held, 900, 900);
		targets(k == 3 ? 512 : 500, k == 3 ? 512 : 524, 0);
	}
}

/* A stuck guest is capped: what is leased out goes to the others. */
static void plan_stuck_is_capped(void **state)
{
	struct dom *stuck;

	(void)state;
	bare(8192);
	stuck = vm(100, 500, 1024, 100, 100);
	vm(100, 400, 1024, 400, 400);
	stuck->progress = PROGRESS_STUCK;
	targets(500, 400, 0);
	assert_int_equal(stuck->plan_ceiling_kib, 500 * MIB);
	assert_int_equal(toy.doms[1].plan_ceiling_kib, 1024 * MIB);
}

/* Silence is judged after ten seconds without an echo, not before. */
static void plan_silence_takes_time(void **state)
{
	struct dom *dom;

	(void)state;
	bare(1024);
	dom = vm(100, 500, 1024, 100, 100);
	dom->unechoed_ms = toy.now_ms - 9999;
	plan();
	assert_int_equal(dom->progress, PROGRESS_SETTLED);
	toy.now_ms += 1;
	plan();
	assert_int_equal(dom->progress, PROGRESS_SILENT);
	dom->unechoed_ms = 0;
	plan();
	assert_int_equal(dom->progress, PROGRESS_SETTLED);
}

/* What a guest says is bounded: its limit, its floor, its size. */
static void plan_word_is_bounded(void **state)
{
	struct dom *a;

	(void)state;
	bare(4096);
	a = vm(200, 500, 1024, 900, 900);
	vm(200, 500, 8192, 8192, 8192);
	a->limit_kib = 600 * MIB;		/* its share goes to the other */
	targets(600, 4096 - 2 - 600, 0);
	assert_int_equal(a->plan_ceiling_kib, 600 * MIB);
	a->limit_kib = 1;			/* not under its floor */
	targets(200, 4096 - 2 - 200, 0);
	a->limit_kib = 1LL << 40;
	a->need_kib = a->want_kib = 1LL << 40;
	targets(1024, 4096 - 2 - 1024, 0);
	/* Its own floor is a hint, up to the table's value. */
	a->history.need_kib = a->history.want_kib = 0;
	a->need_kib = a->want_kib = 0;
	a->guest_floor_kib = 1LL << 40;
	targets(232, 4096 - 2 - 232, 0);
	a->policy_max_kib = 220 * MIB;
	targets(220, 4096 - 2 - 220, 0);
}

static void plan_offset_and_pin(void **state)
{
	struct dom *a;

	(void)state;
	bare(4096);
	a = vm(200, 500, 1024, 2048, 2048);
	a->limit_kib = 1092 * MIB;
	a->offset_kib = -68 * MIB;	/* a shim: tot_pages above what it is set to */
	targets(1024 + 68, 0, 0);
	a->offset_kib = 0;
	targets(1024, 0, 0);
	a->pin_kib = 300 * MIB;
	targets(300, 0, 0);
	assert_int_equal(a->reason, REASON_PINNED);
	a->pin_kib = 64 * MIB;
	targets(200, 0, 0);
	a->pin_kib = 9999 * MIB;
	targets(1024, 0, 0);
}

/* All reservations come before needs; what is built of one isn't counted twice. */
static void plan_reservations(void **state)
{
	struct reservation *r;
	struct dom *built;

	(void)state;
	bare(1024 + 1);
	vm(100, 500, 1024, 9999, 9999);
	r = toy_reserve(&toy, 300);
	for (int granted = 0; granted < 2; granted++) {
		r->state = granted ? RESERVATION_GRANTED : RESERVATION_WAITING;
		targets(724, 0, 0);
	}
	assert_int_equal(host_slack_kib(&toy.host), 224 * MIB);

	built = vm(0, 0, 300, 0, 0);
	built->kind = DOM_BUILDING;
	r->state = RESERVATION_ASSIGNED;
	r->domid = built->domid;
	built->max_kib = 1LL << 50;	/* Xen's default until the toolstack sets it */
	targets(724, 0, 0);
	for (int64_t mib = 0; mib <= 300; mib += 100) {
		built->max_kib = 300 * MIB;
		toy.host.free_kib = (1024 + 1 - 500 - mib) * MIB;
		built->actual_kib = mib * MIB;
		targets(724, mib, 0);
	}
	built->kind = DOM_GUEST;	/* done: balanced as it is */
	built->actual_kib -= 100 * MIB;
	built->max_kib -= 100 * MIB;
	assert_int_equal(reservations_unbuilt_kib(&toy.host), 0);
	toy.host.n_doms--;		/* it failed: its memory and its promise are back */
	toy.host.free_kib = (1024 + 1 - 500) * MIB;
	targets(724, 0, 0);
}

/* Nobody comes down for a start that gets what a dying guest leaves. */
static void plan_after_death(void **state)
{
	struct dom *dying;

	(void)state;
	bare(1024 + 1);
	vm(100, 500, 1024, 9999, 9999);
	dying = vm(0, 400, 1024, 0, 0);
	dying->kind = DOM_DYING;
	dying->leaves_kib = 400 * MIB;
	toy_reserve(&toy, 350);
	targets(1024 - 400, 400, 0);
	toy.host.reservations[0].size_kib = 450 * MIB;	/* for the rest they do */
	targets(1024 - 450, 400, 0);
	dying->leaves_kib = 0;		/* it hangs */
	targets(1024 - 400 - 450, 400, 0);
}

static void plan_grants(void **state)
{
	struct reservation *big, *small;

	(void)state;
	bare(1024 + 1);
	vm(100, 500, 1024, 100, 100);
	big = toy_reserve(&toy, 600);
	small = toy_reserve(&toy, 100);
	assert_int_equal(reservations_grant(&toy.host), 1);
	assert_int_equal(small->state, RESERVATION_GRANTED);
	toy.host.free_kib += 175 * MIB;
	assert_int_equal(reservations_grant(&toy.host), 0);
	toy.host.free_kib += 1 * MIB;
	assert_int_equal(reservations_grant(&toy.host), 1);
	assert_int_equal(big->state, RESERVATION_GRANTED);

	/* Each would fit, both don't: the older one goes. */
	big->state = small->state = RESERVATION_WAITING;
	big->size_kib = small->size_kib = 400 * MIB;
	assert_int_equal(reservations_grant(&toy.host), 1);
	assert_int_equal(big->state, RESERVATION_GRANTED);
}

static uint64_t seed;
static int64_t rnd(int64_t below)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (int64_t)((seed >> 24) % (uint64_t)below);
}

/*
 * Random hosts, any state at all: the checker finds nothing, and nobody is under
 * min(its need, its fair share), whatever the others say.
 */
static void plan_random_hosts(void **state)
{
	uint32_t scarce = 0, overcommitted = 0, plenty = 0;

	(void)state;
	for (int run = 0; run < 4000; run++) {
		uint64_t run_seed = seed = 88172645463325252ULL + (uint64_t)run;
		int n = 1 + (int)rnd(20);
		bool excused = false;
		char why[160];

		toy_init(&toy, 1 << 20);
		for (int i = 0; i < n; i++) {
			int64_t high = 64 + rnd(2000);
			struct dom *dom = toy_add(&toy, rnd(8) ? TOY_IDEAL : TOY_STOCK,
						  rnd(high + 1), high, rnd(high * 2));

			dom->want_kib = dom->need_kib + rnd(500 * MIB);
			dom->floor_kib = rnd(3) ? rnd(dom->floor_kib + 1) : rnd(high * MIB);
			dom->floor_explicit = rnd(2);
			dom->guest_floor_kib = rnd(high * MIB);
			dom->weight = 1 + (uint32_t)rnd(rnd(4) ? 512 : WEIGHT_MAX);
			dom->pin_kib = rnd(8) ? KIB_NONE : rnd(high * MIB);
			dom->paused = !rnd(10);
			dom->kind = rnd(12) ? DOM_GUEST : DOM_FIXED + (int)rnd(4);
			dom->max_kib += rnd(3) ? rnd(200 * MIB) & ~3LL : 0;
			dom->target_kib = rnd(10) ? rnd(high * MIB) & ~3LL : KIB_NONE;
			dom->limit_kib = rnd(4) ? dom->static_max_kib : rnd(high * MIB);
			dom->progress = rnd(8) ? PROGRESS_SETTLED : PROGRESS_STUCK;
			excused |= dom->progress == PROGRESS_STUCK;
		}
		toy.host.free_kib = rnd(1500 * MIB) & ~3LL;
		if (rnd(2))
			toy_reserve(&toy, rnd(1000));
		toy.host.config.surplus = rnd(2) ? SURPLUS_FREE : SURPLUS_GUESTS;

		plan_compute(&toy.host, toy.now_ms);
		if (host_check(&toy.host, CHECK_PLAN, why, sizeof(why)))
			fail_msg("seed %llu: %s", (unsigned long long)run_seed, why);
		scarce += toy.host.scarce && !toy.host.overcommitted;
		overcommitted += toy.host.overcommitted;
		plenty += !toy.host.scarce;
		for (int i = 0; i < n && !toy.host.overcommitted && !excused; i++) {
			struct dom *dom = &toy.doms[i];
			int64_t least = dom->bounds.need_kib < dom->fair_kib ?
					dom->bounds.need_kib : dom->fair_kib;

			if (dom->kind == DOM_GUEST && dom->plan_target_kib < least - 8)
				fail_msg("seed %llu: dom %u at %lld under its share %lld",
					 (unsigned long long)run_seed, dom->domid,
					 (long long)dom->plan_target_kib, (long long)least);
		}
	}
	print_message("# %u plenty, %u scarce, %u overcommitted\n", plenty, scarce,
		      overcommitted);
	assert_true(plenty > 400 && scarce > 400 && overcommitted > 200);
}

/* Each breach, planted, is found: the checker isn't blind. */
static void check_finds_breaches(void **state)
{
	static const char *const expected[] = {
		"I2: target above ceiling, dom 1", "I2: target under floor, dom 1",
		"I2: ceiling above its limit, dom 1", "I1: planned ceilings exceed the host",
		"I3: room beyond its need while another lacks, dom 1",
		"I7: more than its fair share, dom 1",
		"I3: planned under what it is held at, dom 1",
		"I2: bounds out of order, dom 1", "I2: bounds out of order, dom 1",
		"I2: bounds out of order, dom 1", "I2: bounds out of order, dom 1",
		"I2: limit above static-max, dom 1",
	};

	(void)state;
	for (int k = 0; k < 12; k++) {
		struct dom *a, *b;
		char why[160] = "";

		bare(1000 + 2);
		a = vm(100, 500, 2000, 900, 900);
		b = vm(100, 500, 2000, 900, 900);
		plan();
		if (k == 0)
			a->plan_target_kib += 100 * MIB;
		if (k == 1)
			a->plan_target_kib = 99 * MIB;
		if (k == 2)
			a->plan_ceiling_kib = 2001 * MIB;
		if (k == 3)
			a->plan_ceiling_kib += 4;
		if (k == 4) {
			b->plan_ceiling_kib = b->plan_target_kib = 300 * MIB;
			a->bounds.need_kib = 500 * MIB;
			a->plan_ceiling_kib = 600 * MIB;
		}
		if (k == 5) {
			a->plan_target_kib = a->plan_ceiling_kib = 501 * MIB;
			b->plan_target_kib = b->plan_ceiling_kib = 499 * MIB;
		}
		if (k == 6)
			a->bounds.held_kib = 501 * MIB;
		if (k == 7)
			a->bounds.floor_kib = a->bounds.need_kib + 4;
		if (k == 8)
			a->bounds.need_kib = a->bounds.want_kib + 4;
		if (k == 9)
			a->bounds.want_kib = a->bounds.high_kib + 4;
		if (k == 10)
			a->bounds.floor_kib = -4;
		if (k == 11)
			a->bounds.high_kib = 2001 * MIB;
		assert_true(host_check(&toy.host, CHECK_PLAN, why, sizeof(why)) >= 1);
		why[strlen(expected[k])] = '\0';
		assert_string_equal(why, expected[k]);
	}
}

static void check_finds_applied_breaches(void **state)
{
	struct dom *a;
	char why[20];

	(void)state;
	bare(1000 + 2);
	a = vm(100, 500, 2000, 500, 500);
	vm(100, 500, 2000, 500, 500);
	plan();
	assert_int_equal(host_check(&toy.host, CHECK_APPLIED, why, sizeof(why)), 0);
	a->max_kib += 8;
	assert_int_equal(host_check(&toy.host, CHECK_APPLIED, why, sizeof(why)), 1);
	assert_string_equal(why, "I1: unused ceilings");	/* cut to the buffer */
	a->max_kib -= 8;
	a->target_kib = 502 * MIB;
	assert_int_equal(host_check(&toy.host, CHECK_APPLIED, NULL, 0), 1);
	a->target_kib = 99 * MIB;
	assert_int_equal(host_check(&toy.host, CHECK_APPLIED, NULL, 0), 1);
	a->target_kib = 100 * MIB;
	assert_int_equal(host_check(&toy.host, CHECK_APPLIED, NULL, 0), 0);
	a->target_kib = KIB_NONE;
	assert_int_equal(host_check(&toy.host, CHECK_APPLIED, why, 0), 0);
	a->hvm = true;
	a->has_lease = true;
	a->max_kib = a->actual_kib - 4;
	assert_int_equal(host_check(&toy.host, CHECK_APPLIED, why, sizeof(why)), 1);
	assert_string_equal(why, "I4: max_pages of HV");
}

/* A guest of which the store says nothing keeps what it has. */
static void plan_nothing_said(void **state)
{
	struct dom *a;

	(void)state;
	bare(2000);
	a = vm(0, 300, 1024, 900, 900);
	a->static_max_kib = a->target_kib = KIB_NONE;
	a->policy_max_kib = a->limit_kib = 0;
	targets(300, 0, 0);
	assert_int_equal(a->plan_ceiling_kib, 300 * MIB);
	assert_int_equal(a->floor_kib, 0);
}

/*
 * It was told to have 600 and made itself small; then its report is gone. It has
 * 200, and that is all that the others and a start must do without.
 */
static void plan_report_dropped(void **state)
{
	struct admission fits;
	struct dom *a;

	(void)state;
	bare(1000 + 2);
	a = vm(100, 200, 1000, 1000, 1000);
	vm(100, 700, 1000, 700, 700);
	a->target_kib = 600 * MIB;
	plan();
	a->has_report = false;
	targets(200, 700, 0);
	admission_decide(&toy.host, 0, &fits);
	assert_int_equal(fits.fits_kib, (1000 - 200 - 100) * MIB);
}

/*
 * The third can't have more than 150: the others share what it leaves. Of who is
 * stuck at 400 of its due 425 no probe asks more.
 */
static void plan_fair_caps(void **state)
{
	(void)state;
	bare(1000 + 3);
	vm(100, 400, 1000, 1000, 1000)->progress = PROGRESS_STUCK;
	vm(100, 400, 1000, 1000, 1000);
	vm(100, 150, 150, 1000, 1000);
	plan_compute(&toy.host, toy.now_ms);
	assert_true(toy.host.scarce);
	assert_int_equal(toy.doms[0].fair_kib / MIB, 425);
	assert_int_equal(toy.doms[2].fair_kib / MIB, 150);
	assert_true(progress_probe_kib(&toy.host, &toy.doms[0]) >= 400 * MIB);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plan_equal_guests),
		cmocka_unit_test(plan_ranges),
		cmocka_unit_test(plan_surplus_to_guests),
		cmocka_unit_test(plan_surplus_once),
		cmocka_unit_test(plan_shares),
		cmocka_unit_test(plan_level_order),
		cmocka_unit_test(plan_headroom_follows_bursts),
		cmocka_unit_test(plan_overcommitted),
		cmocka_unit_test(plan_who_counts),
		cmocka_unit_test(plan_who_is_held),
		cmocka_unit_test(plan_stuck_is_capped),
		cmocka_unit_test(plan_silence_takes_time),
		cmocka_unit_test(plan_word_is_bounded),
		cmocka_unit_test(plan_offset_and_pin),
		cmocka_unit_test(plan_reservations),
		cmocka_unit_test(plan_after_death),
		cmocka_unit_test(plan_grants),
		cmocka_unit_test(plan_random_hosts),
		cmocka_unit_test(check_finds_breaches),
		cmocka_unit_test(check_finds_applied_breaches),
		cmocka_unit_test(plan_nothing_said),
		cmocka_unit_test(plan_report_dropped),
		cmocka_unit_test(plan_fair_caps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
