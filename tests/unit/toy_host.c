// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/account.h"
#include "tests/unit/toy_host.h"

#define STEP_MS		10
#define AUDIT_MS	10000

static int64_t lower(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t higher(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

void toy_init(struct toy *toy, int64_t total_mib)
{
	memset(toy, 0, sizeof(*toy));
	toy->host.config = (struct host_config){
		.free_min_kib = 32 * MIB, .headroom_min_kib = 32 * MIB,
		.hysteresis_kib = 4 * MIB, .shrink_divisor = 8,
		.shrink_interval_ms = 2000, .surplus = SURPLUS_FREE,
	};
	toy->host.total_kib = toy->host.free_kib = total_mib * MIB;
	toy->host.doms = toy->doms;
	toy->host.reservations = toy->reservations;
	toy->now_ms = 1000000;
	toy->dirty = true;
}

struct toy_guest *toy_guest(struct toy *toy, const struct dom *dom)
{
	return &toy->guests[dom - toy->doms];
}

struct dom *toy_add(struct toy *toy, enum toy_character character,
		    int64_t actual_mib, int64_t static_max_mib, int64_t need_mib)
{
	struct dom *dom = &toy->doms[toy->host.n_doms];
	struct toy_guest *g = toy_guest(toy, dom);

	assert_true(toy->host.n_doms < TOY_MAX);
	toy->host.n_doms++;
	*dom = (struct dom){
		.domid = ++toy->next_domid, .kind = DOM_GUEST, .hvm = toy->next_domid % 2,
		.actual_kib = actual_mib * MIB,
		.max_kib = actual_mib * MIB + MAX_PAGES_SLACK_KIB,
		.static_max_kib = static_max_mib * MIB, .target_kib = actual_mib * MIB,
		.floor_kib = floor_default_kib(static_max_mib * MIB),
		.policy_max_kib = static_max_mib * MIB,
		.weight = WEIGHT_DEFAULT, .pin_kib = KIB_NONE,
		.has_report = character != TOY_STOCK,
	};
	snprintf(dom->name, sizeof(dom->name), "guest%u", dom->domid);
	*g = (struct toy_guest){ .character = character, .speed_kib = 512 };
	toy->host.free_kib -= dom->actual_kib;
	toy_needs(toy, dom, need_mib, need_mib);
	toy->dirty = true;
	return dom;
}

struct dom *toy_build(struct toy *toy, int64_t size_mib)
{
	struct dom *dom = toy_add(toy, TOY_STOCK, 0, size_mib, size_mib);

	dom->kind = DOM_BUILDING;
	dom->target_kib = size_mib * MIB;
	dom->max_kib = size_mib * MIB;
	return dom;
}

struct dom *toy_zero(struct toy *toy, int64_t actual_mib, int64_t max_mib, int64_t need_mib)
{
	struct dom *dom = toy_add(toy, TOY_IDEAL, actual_mib, max_mib, need_mib);

	assert_int_equal(toy->host.n_doms, 1);
	dom->domid = 0;
	dom->kind = DOM_ZERO_BALANCED;
	dom->hvm = false;
	return dom;
}

void toy_destroy(struct toy *toy, struct dom *dom)
{
	dom->kind = DOM_DYING;
	toy->dirty = true;
}

void toy_needs(struct toy *toy, struct dom *dom, int64_t need_mib, int64_t want_mib)
{
	struct toy_guest *g = toy_guest(toy, dom);

	dom->need_kib = need_mib * MIB;
	g->need_kib = lower(dom->need_kib, dom->static_max_kib);	/* it may lie */
	g->want_kib = dom->want_kib = want_mib * MIB;
	dom->limit_kib = dom->static_max_kib;
	dom->urgent = dom->has_report && dom->actual_kib < g->need_kib;
	toy->dirty = true;
}

struct reservation *toy_reserve(struct toy *toy, int64_t size_mib)
{
	struct reservation *r = &toy->reservations[toy->host.n_reservations];

	*r = (struct reservation){
		.id = ++toy->host.n_reservations, .state = RESERVATION_WAITING,
		.size_kib = size_mib * MIB, .domid = KIB_NONE,
	};
	toy->dirty = true;
	return r;
}

void toy_check_pages(const struct toy *toy)
{
	int64_t sum_kib = toy->host.free_kib;

	for (uint32_t i = 0; i < toy->host.n_doms; i++)
		sum_kib += toy->doms[i].actual_kib;
	assert_int_equal(sum_kib, toy->host.total_kib);
	assert_true(toy->host.free_kib >= 0);
}

/* One that builds takes its memory, one that dies gives it back. */
static void domain_step(struct toy *toy, struct dom *dom)
{
	struct toy_guest *g = toy_guest(toy, dom);
	int64_t part_kib = g->speed_kib * STEP_MS;
	uint32_t at = (uint32_t)(dom - toy->doms);

	if (dom->kind == DOM_BUILDING) {
		part_kib = lower(part_kib, lower(dom->target_kib - dom->actual_kib,
						 toy->host.free_kib));
		dom->actual_kib += part_kib;
		toy->host.free_kib -= part_kib;
		if (dom->actual_kib == dom->target_kib) {
			dom->kind = DOM_GUEST;
			toy->dirty = true;
		}
	} else if (dom->kind == DOM_DYING) {
		part_kib = lower(part_kib, dom->actual_kib);
		dom->actual_kib -= part_kib;
		toy->host.free_kib += part_kib;
		if (dom->actual_kib)
			return;
		toy->host.n_doms--;
		memmove(dom, dom + 1, (toy->host.n_doms - at) * sizeof(*dom));
		memmove(g, g + 1, (toy->host.n_doms - at) * sizeof(*g));
		toy->dirty = true;
	}
}

/* The guest's half in one expression; then as far as it gets in STEP_MS. */
static void guest_step(struct toy *toy, struct dom *dom)
{
	struct toy_guest *g = toy_guest(toy, dom);
	int64_t goal_kib = dom->target_kib, room_kib, move_kib;

	if (dom->paused || g->character == TOY_DEAF)
		return;
	if (dom->has_report && !dom_is_zero(dom))
		goal_kib = lower(higher(goal_kib, g->need_kib),
				 dom->has_lease ? dom->lease_kib : dom->static_max_kib);
	if (dom->has_report)	/* it goes no lower by itself */
		goal_kib = higher(goal_kib, lower(dom->guest_floor_kib, dom->actual_kib));
	if (g->grain_kib)
		goal_kib = (goal_kib + g->grain_kib - 1) / g->grain_kib * g->grain_kib;
	if (g->character == TOY_STUCK)
		goal_kib = higher(goal_kib, dom->actual_kib);
	if (g->character == TOY_LIMITED && goal_kib < dom->actual_kib)
		goal_kib = higher(goal_kib, lower(g->limit_kib, dom->actual_kib));

	if (g->character == TOY_FULL && goal_kib > dom->actual_kib)
		goal_kib = lower(goal_kib, higher(g->limit_kib, dom->actual_kib));

	move_kib = goal_kib - dom->actual_kib;
	room_kib = g->speed_kib * STEP_MS;
	if (move_kib < 0 && g->character == TOY_DRIP)
		room_kib = toy->now_ms % 5000 < STEP_MS ? 4 : 0;
	if (move_kib < 0 && g->character == TOY_NAPPING && toy->now_ms % 20000 < 19000)
		room_kib = 0;
	move_kib = higher(lower(move_kib, room_kib), -room_kib) & ~3LL;
	if (move_kib > 0)	/* Xen refuses the rest */
		move_kib = lower(move_kib, higher(0, lower(toy->host.free_kib,
						dom->max_kib - dom->actual_kib)));
	dom->actual_kib += move_kib;
	toy->host.free_kib -= move_kib;
	toy->moved_kib += move_kib < 0 ? -move_kib : move_kib;

	if (g->need_kib > dom->actual_kib)
		g->lost_need_ms += STEP_MS;
	if (dom->has_report && dom->urgent != (dom->actual_kib < g->need_kib)) {
		dom->urgent = !dom->urgent;
		toy->dirty = true;
	}
}

static struct dom *find(struct toy *toy, uint32_t domid)
{
	for (uint32_t i = 0; i < toy->host.n_doms; i++)
		if (toy->doms[i].domid == domid)
			return &toy->doms[i];
	fail_msg("action for domain %u, which isn't there", domid);
	return NULL;
}

bool toy_trace;
uint64_t toy_seed;
static const char *const types[] = { "follow", "cut", "shrink", "raise", "target" };

/* It has no lease and nobody's max_pages: its target is all that is written. */
static void zero_apply(struct toy *toy, struct dom *dom, const struct action *a)
{
	int64_t target_kib = a->type == ACTION_CUT ? a->ceiling_kib : a->target_kib;
	int64_t slack_kib = host_slack_kib(&toy->host) + reservations_waiting_kib(&toy->host);

	if (a->type == ACTION_RAISE)
		assert_int_equal(a->target_kib, a->ceiling_kib);
	/* I10, after every single step. */
	if (target_kib < dom->target_kib) {
		assert_true(target_kib >= lower(dom->bounds.need_kib, dom->target_kib));
		assert_true(!dom->strained || dom->pin_kib != KIB_NONE);
	}
	dom->target_kib = target_kib;
	dom->max_kib = target_kib + MAX_PAGES_SLACK_KIB;
	toy->writes++;
	assert_true(host_slack_kib(&toy->host) + reservations_waiting_kib(&toy->host) >=
		    lower(slack_kib, 0));
}

static void apply(struct toy *toy, const struct action *a)
{
	struct dom *dom = find(toy, a->domid);
	int64_t before_kib = host_slack_kib(&toy->host), after_kib;

	if (toy_trace)
		print_message("# %llu %s dom %u actual %lld target %lld -> %lld ceiling %lld -> %lld lease %lld reason %d%s\n",
			      (unsigned long long)toy->now_ms, types[a->type], a->domid,
			      (long long)dom->actual_kib, (long long)dom->target_kib,
			      (long long)a->target_kib,
			      (long long)(dom->max_kib - MAX_PAGES_SLACK_KIB),
			      (long long)a->ceiling_kib, (long long)a->lease_kib, a->reason,
			      toy->host.pressing ? " pressing" : "");
	toy->actions++;
	assert_true(dom_is_guest(dom));
	/* Whole pages, or as many from somebody else's order, which may be any number. */
	if (a->type != ACTION_CUT && a->target_kib % 4)
		assert_int_equal((a->target_kib - dom->target_kib) % 4, 0);
	if (dom_is_zero(dom)) {
		zero_apply(toy, dom, a);
		return;
	}

	if (a->type == ACTION_CUT || a->type == ACTION_RAISE) {
		int64_t max_kib = a->ceiling_kib + MAX_PAGES_SLACK_KIB;

		assert_int_equal(a->ceiling_kib % 4, 0);
		if (dom->hvm && max_kib != dom->max_kib)
			assert_true(max_kib >= dom->actual_kib + MAX_PAGES_SLACK_KIB);
		assert_true(a->type == ACTION_CUT ? max_kib <= dom->max_kib
						  : max_kib > dom->max_kib);
		dom->max_kib = max_kib;
		if (dom->has_report) {
			dom->has_lease = true;
			dom->lease_kib = a->lease_kib;
		}
		toy->writes++;
	}
	if (a->type != ACTION_CUT) {
		if (dom->target_kib != a->target_kib)
			toy->writes++;
		dom->target_kib = a->target_kib;
	}
	/* I1, after every single step: no act of ours makes or widens a deficit. */
	after_kib = host_slack_kib(&toy->host) + reservations_waiting_kib(&toy->host);
	before_kib += reservations_waiting_kib(&toy->host);
	if (after_kib < lower(before_kib, 0))
		fail_msg("seed %llu: I1: %s of dom %u takes slack from %lld to %lld",
			 (unsigned long long)toy_seed,
			 types[a->type], a->domid, (long long)before_kib,
			 (long long)after_kib);
}

static void check(struct toy *toy, enum check_what what)
{
	char why[160];

	if (host_check(&toy->host, what, why, sizeof(why)))
		fail_msg("seed %llu, %llu ms, %s: %s", (unsigned long long)toy_seed,
			 (unsigned long long)toy->now_ms,
			 what == CHECK_PLAN ? "plan" : "applied", why);
}

void toy_turn(struct toy *toy)
{
	static struct action actions[3 * TOY_MAX];
	uint32_t n;

	toy->turns++;
	toy->dirty = false;
	progress_update(&toy->host, toy->now_ms);
	plan_compute(&toy->host, toy->now_ms);
	check(toy, CHECK_PLAN);
	n = actions_free(&toy->host, toy->now_ms, actions, 3 * TOY_MAX);
	for (uint32_t i = 0; i < n; i++)
		apply(toy, &actions[i]);
	n = actions_give(&toy->host, host_slack_kib(&toy->host), toy->now_ms,
			 actions, 3 * TOY_MAX);
	for (uint32_t i = 0; i < n; i++)
		apply(toy, &actions[i]);
	check(toy, CHECK_APPLIED);
	reservations_grant(&toy->host);
	toy->due_ms = turn_due_ms(&toy->host, toy->now_ms);
	assert_true(toy->due_ms > toy->now_ms);
	if (toy->due_ms > toy->now_ms + AUDIT_MS)
		toy->due_ms = toy->now_ms + AUDIT_MS;
}

void toy_run(struct toy *toy, uint64_t ms)
{
	for (uint64_t end_ms = toy->now_ms + ms; toy->now_ms < end_ms;
	     toy->now_ms += STEP_MS) {
		if (toy->dirty || toy->now_ms >= toy->due_ms)
			toy_turn(toy);
		for (uint32_t i = toy->host.n_doms; i-- > 0;) {
			if (dom_is_guest(&toy->doms[i]))
				guest_step(toy, &toy->doms[i]);
			else
				domain_step(toy, &toy->doms[i]);
		}
	}
	toy_check_pages(toy);
}
