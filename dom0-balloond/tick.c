// SPDX-License-Identifier: GPL-2.0-or-later
#include "tick.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "apply.h"
#include "balloond.h"
#include "build.h"
#include "core/account.h"
#include "core/plan.h"
#include "recall.h"
#include "report.h"
#include "settle.h"
#include "size.h"

#define ACTIONS_MAX	256	/* a turn; the rest waits for the next */
#define SOON_MS		250
#define AGAIN_MS	1000

const char *reason_text(enum reason reason)
{
	static const char *const text[REASON_COUNT] = {
		[REASON_NONE] = "none", [REASON_FLOOR] = "only its floor",
		[REASON_OVERCOMMITTED] = "floors don't fit", [REASON_NEED] = "its need",
		[REASON_FAIR_SHARE] = "fair share", [REASON_WANT] = "its want",
		[REASON_SURPLUS] = "surplus", [REASON_PINNED] = "an operator's order",
		[REASON_FIXED] = "not balanced", [REASON_STUCK] = "stuck at what it has",
		[REASON_SILENT] = "no report: as it is", [REASON_HYSTERESIS] = "small change waits",
	};

	return (unsigned int)reason < REASON_COUNT ? text[reason] : "?";
}

const char *free_state_text(enum free_state state)
{
	static const char *const text[] = {
		[FREE_AMPLE] = "ample", [FREE_TIGHT] = "tight", [FREE_LOW] = "low",
		[FREE_EMPTY] = "empty",
	};

	return text[state];
}

/* What is done about it is in the turns' lines; here, when it began and ended. */
static void log_free_state(struct balloond *b)
{
	char a[SIZE_TEXT_MAX], c[SIZE_TEXT_MAX];

	if (free_state_update(&b->host))
		log_at(b->host.free_state >= FREE_LOW ? XTL_WARN : XTL_INFO,
		       "free memory is %s: %s MiB, %s are the pool", free_state_text(b->host.free_state),
		       size_text(b->host.free_kib - b->host.claims_kib, a),
		       size_text(b->host.config.free_min_kib, c));
}

/* One line with every number used: `grep 'turn='` tells the whole story. */
static void log_turn(const struct balloond *b, const struct applied *applied)
{
	const struct host *host = &b->host;
	char a[SIZE_TEXT_MAX], c[SIZE_TEXT_MAX], d[SIZE_TEXT_MAX], e[SIZE_TEXT_MAX];

	if (!applied->n)
		return;
	log_info("turn=%llu free=%s slack=%s usable=%s reserved=%s %s%s:%s",
		 (unsigned long long)b->counters.turns, size_text(host->free_kib, a),
		 size_text(host_slack_kib(host), c), size_text(host->usable_kib, d),
		 size_text(reservations_unbuilt_kib(host), e),
		 host->overcommitted ? "overcommitted" : host->scarce ? "scarce" : "plenty",
		 host->pressing ? ",pressing" : "", applied->text);
}

static bool plan_holds(struct balloond *b)
{
	char why[256] = "";
	uint32_t n = host_check(&b->host, CHECK_PLAN, why, sizeof(why));

	if (!n)
		return true;
	b->counters.plan_breaches += n;
	log_error("plan not applied, %u breaches: %s (a fault of balloond: please report)", n, why);
	return false;
}

/* What guests have and what lies free: no act of balloond or a guest changes it. */
static int64_t ground_kib(const struct host *host)
{
	int64_t sum_kib = host->free_kib - host->claims_kib;

	for (uint32_t i = 0; i < host->n_doms; i++)
		if (dom_is_guest(&host->doms[i]))
			sum_kib += host->doms[i].actual_kib;
	return sum_kib;
}

/* What only waits is promised to nobody yet: needs go before it. */
static int64_t unpromised_kib(const struct host *host)
{
	return host_slack_kib(host) + reservations_waiting_kib(host);
}

/*
 * Foreign acts may leave a deficit; what balloond did must not make one. A turn
 * counts what guests gave back meanwhile as unused and not yet as free, and a
 * toolstack may have claimed or built meanwhile: look again before any blame.
 */
static void applied_check(struct balloond *b, const struct applied *applied,
			  int64_t slack_before_kib, int64_t ground_before_kib)
{
	int64_t least_kib = slack_before_kib < 0 ? slack_before_kib : 0;
	char why[256] = "";
	uint32_t n;

	if (!applied->n || unpromised_kib(&b->host) >= least_kib || blame_reread(b))
		return;
	if (ground_kib(&b->host) < ground_before_kib)
		least_kib -= ground_before_kib - ground_kib(&b->host);
	if (unpromised_kib(&b->host) >= least_kib)
		return;
	n = host_check(&b->host, CHECK_APPLIED, why, sizeof(why));
	if (!n)
		return;
	b->counters.applied_breaches += n;
	log_error("applied values are wrong in %u places: %s", n, why);
}

/*
 * Its module would go on alone without one, and balloon below what the toolstack gave
 * it. The toolstack's later orders are followed, as Xen's limit was by the toolstack.
 */
static void lease_fixed(struct balloond *b, struct dom *dom)
{
	int64_t lease_kib = dom_fixed_lease_kib(dom);

	if (!MECHANISM(lease_fixed) || !dom->has_report)
		return;
	if (!dom->has_lease || dom->lease_kib > lease_kib ||
	    dom->lease_kib < kib_min(dom->target_kib, dom_ceiling_kib(dom)))
		lease_write(b, dom, lease_kib);
}

/*
 * Made fixed while it ran, by a setting or a device: it keeps what it has, and no
 * lease in which it could grow where nobody follows it.
 */
static void leave_alone(struct balloond *b, struct dom *dom, struct vm *vm)
{
	if (vm->left_alone || !dom->has_lease || !dom_fixed_lent(dom, vm->ordered)) {
		vm->left_alone = true;
		lease_fixed(b, dom);
		return;
	}
	vm->left_alone = !settle_one(b, dom, vm);
}

static void fixed_update(struct balloond *b)
{
	for (uint32_t i = 0; i < b->host.n_doms; i++) {
		struct dom *dom = &b->host.doms[i];
		struct vm *vm = &b->vms[i];

		if (dom->kind == DOM_GUEST)
			vm->left_alone = false;
		if (dom->kind == DOM_FIXED && vm->known && !vm->frozen_by)
			leave_alone(b, dom, vm);
		/* Followed, or balanced by now: it is no order to the next balloond. */
		if (vm->ordered && (dom->kind == DOM_GUEST ||
				    dom->actual_kib <= dom->target_kib + MAX_PAGES_SLACK_KIB))
			vm_target_known(b, dom, vm);
	}
}

/* A guest learns that dom0 listens before its module would go on alone. */
static void leases_first(struct balloond *b)
{
	for (uint32_t i = 0; i < b->host.n_doms; i++) {
		struct dom *dom = &b->host.doms[i];
		int64_t lease_kib = dom_ceiling_kib(dom);

		if (!MECHANISM(lease_first) || dom->kind != DOM_GUEST || dom->has_lease)
			continue;
		/* While it was built it may have been lent more than its own size. */
		if (MECHANISM(lease_bounded))
			lease_kib = kib_min(lease_kib, kib_max(dom->bounds.high_kib, dom->actual_kib));
		/* What it says may be a dead module's, from before we were stopped. */
		if (!lease_write(b, dom, lease_kib) && dom->has_report && MECHANISM(settle_epoch))
			dom->unechoed_ms = b->now_ms;
	}
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* What a domain does while it is built or dies is not said in the store: look. */
static uint64_t building_due_ms(const struct balloond *b)
{
	uint64_t due_ms = build_due_ms(b);

	for (uint32_t i = 0; i < b->host.n_doms; i++)
		if ((b->host.doms[i].kind == DOM_DYING || !b->vms[i].pod_settled) &&
		    b->now_ms - b->vms[i].seen_ms < 120000)
			due_ms = least(due_ms, b->now_ms + SOON_MS);
	return due_ms;
}

/* An offset is measured once nothing moved for a while. */
static uint64_t offset_due_ms(const struct balloond *b)
{
	for (uint32_t i = 0; i < b->host.n_doms; i++)
		if (b->host.doms[i].kind == DOM_GUEST && !b->vms[i].offset_known &&
		    b->now_ms - b->vms[i].seen_ms < 60000)
			return b->now_ms + 1000;
	return UINT64_MAX;
}

int balloond_look(struct balloond *b)
{
	int rc = b->ops->snapshot(b, &b->host);

	b->looked_ms = b->now_ms;
	if (rc)
		return rc;
	promises_update(b);
	if (b->vm_ended)
		absent_bound(b);
	return 0;
}

int tick(struct balloond *b)
{
	struct action actions[ACTIONS_MAX];
	struct applied applied = { 0 };
	struct host *host = &b->host;
	int64_t slack_kib, slack_before_kib, ground_before_kib;
	uint32_t n;
	int rc;

	b->turn_wanted = false;
	b->turn_due_ms = b->now_ms + AUDIT_MS;
	rc = balloond_look(b);
	if (rc) {	/* for want of memory, perhaps: just when somebody waits for it */
		b->turn_due_ms = b->now_ms + AGAIN_MS;
		return rc;
	}
	b->counters.turns++;
	log_free_state(b);
	build_over(b);
	fixed_update(b);
	progress_update(host, b->now_ms);
	plan_compute(host, b->now_ms);
	slack_before_kib = unpromised_kib(host);
	ground_before_kib = ground_kib(host);

	if (plan_holds(b)) {
		leases_first(b);
		n = actions_free(host, b->now_ms, actions, ACTIONS_MAX);
		actions_apply(b, actions, n, &applied);
		if (!promise_reread(b)) {
			slack_kib = host_slack_kib(host);
			n = actions_give(host, slack_kib, b->now_ms, actions, ACTIONS_MAX);
			actions_apply(b, actions, n, &applied);
		}
		applied_check(b, &applied, slack_before_kib, ground_before_kib);
		build_help(b);
	}
	/* After what was read to blame nobody: a grant is a promise. */
	if (!reservations_waiting_kib(host) || !promise_reread(b))
		promises_grant(b);
	log_turn(b, &applied);

	b->turn_due_ms = least(b->turn_due_ms, turn_due_ms(host, b->now_ms));
	b->turn_due_ms = least(b->turn_due_ms, promises_due_ms(b));
	b->turn_due_ms = least(b->turn_due_ms, report_due_ms(b));
	b->turn_due_ms = least(b->turn_due_ms, building_due_ms(b));
	b->turn_due_ms = least(b->turn_due_ms, offset_due_ms(b));
	b->turn_due_ms = least(b->turn_due_ms, zero_due_ms(b));
	if (b->turn_due_ms < b->now_ms + TURN_GAP_MS)
		b->turn_due_ms = b->now_ms + TURN_GAP_MS;
	return 0;
}
