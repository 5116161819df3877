// SPDX-License-Identifier: GPL-2.0-or-later
#include "build.h"

#include <stddef.h>

#include "apply.h"
#include "balloond.h"
#include "core/account.h"
#include "core/kib.h"
#include "core/plan.h"
#include "size.h"

/*
 * A restore populates up to 1 GiB/s: between two looks it must not reach the
 * limit. What is given is not more than a guest grows before its target follows.
 */
#define NEAR_KIB	(32 * KIB_PER_MIB)
#define ROOM_KIB	(256 * KIB_PER_MIB)

/*
 * Nothing came for so long: it isn't built any more but was created paused (xl
 * create -p), and what was lent goes back, but for a batch of the build, lest a
 * slow one dies of it. It gets it again when it moves.
 */
#define IDLE_MS		30000

#define LOOK_MS		20	/* while it is fresh */
#define FRESH_MS	30000
#define SLOW_LOOK_MS	250	/* created paused, or a build from a slow disk */
#define PATIENCE_MS	120000
#define EARLY_MS	(FRESH_MS / 2)

static bool is_built(const struct host *host, const struct dom *dom)
{
	/* Until the toolstack sets max_pages they are none, or all ones. */
	return dom->kind == DOM_BUILDING && dom->max_kib > 0 && dom->actual_kib > 0 &&
	       dom->max_kib <= host->total_kib;
}

static bool is_idle(const struct balloond *b, uint32_t i)
{
	return b->host.doms[i].kind == DOM_BUILDING &&
	       b->now_ms - b->vms[i].still_ms >= IDLE_MS;
}

/* Looks get rare: what is reserved for it is its before it gets near its limit. */
static bool is_early(const struct balloond *b, uint32_t i)
{
	return MECHANISM(build_early) && b->now_ms - b->vms[i].seen_ms >= EARLY_MS;
}

void build_over(struct balloond *b)
{
	for (uint32_t i = 0; i < b->host.n_doms; i++) {
		struct dom *dom = &b->host.doms[i];
		int64_t max_kib = b->vms[i].lent_over_kib;

		/* A restored guest may need it before its module has reported. */
		if (!max_kib || (dom->kind == DOM_BUILDING && !is_idle(b, i)) ||
		    (dom->kind == DOM_GUEST && !dom->has_report &&
		     b->now_ms - b->vms[i].seen_ms < FRESH_MS))
			continue;
		if (dom->kind == DOM_BUILDING)
			max_kib = kib_max(kib_max(max_kib, reservations_for_kib(&b->host, dom)),
					  dom->actual_kib + NEAR_KIB);
		else
			b->vms[i].lent_over_kib = 0;
		max_kib = kib_max(max_kib, dom->actual_kib + MAX_PAGES_SLACK_KIB);
		/* Of a guest that reports the plan takes it back. */
		if ((!dom->has_report || dom->kind == DOM_FIXED) && dom->kind != DOM_DYING &&
		    max_kib < dom->max_kib &&
		    !b->ops->set_max(b, dom->domid, max_kib))
			dom->max_kib = max_kib;
	}
}

void build_help(struct balloond *b)
{
	bool looked = false;

	for (uint32_t i = 0; i < b->host.n_doms; i++) {
		struct dom *dom = &b->host.doms[i];
		char a[SIZE_TEXT_MAX], c[SIZE_TEXT_MAX];
		int64_t own_kib, slack_kib, max_kib;
		bool near;

		if (!is_built(&b->host, dom))
			continue;
		own_kib = reservations_own_kib(&b->host, dom);
		near = !is_idle(b, i) && dom->max_kib - dom->actual_kib <= NEAR_KIB;
		if (!near && (own_kib < KIB_PER_MIB || !is_early(b, i)))
			continue;
		/* What a guest gave back since its tot_pages were read it may take again. */
		if (MECHANISM(lend_reread) && !looked && promise_reread(b))
			return;
		looked = true;
		/* Adds up all domains: only for the few that are built. */
		slack_kib = host_slack_kib(&b->host);
		max_kib = dom->actual_kib + (near ? kib_min(slack_kib / 2, ROOM_KIB) & -4LL : 0);
		/* What lies free for it beyond the limit that libxl gave it; who still waits has none. */
		if (MECHANISM(build_waiting))
			slack_kib += reservations_waiting_kib(&b->host);
		own_kib += kib_min(slack_kib, 0);
		max_kib = kib_max(max_kib, dom->max_kib + (own_kib & -4LL));
		if (max_kib < dom->max_kib + KIB_PER_MIB)
			continue;
		if (b->ops->set_max(b, dom->domid, max_kib))
			continue;
		log_debug("%s(%u): room while it is built, max_pages %s>%s MiB", dom->name,
			  dom->domid, size_text(dom->max_kib, a), size_text(max_kib, c));
		if (!b->vms[i].lent_over_kib)
			b->vms[i].lent_over_kib = dom->max_kib;
		dom->max_kib = max_kib;
	}
}

uint64_t build_due_ms(const struct balloond *b)
{
	uint64_t due_ms = UINT64_MAX;

	for (uint32_t i = 0; i < b->host.n_doms; i++) {
		uint64_t age_ms = b->now_ms - b->vms[i].seen_ms, at_ms;

		if (b->host.doms[i].kind != DOM_BUILDING || age_ms > PATIENCE_MS)
			continue;
		at_ms = b->now_ms + (age_ms < FRESH_MS ? LOOK_MS : SLOW_LOOK_MS);
		if (at_ms < due_ms)
			due_ms = at_ms;
	}
	return due_ms;
}
