// SPDX-License-Identifier: GPL-2.0-or-later
#include "apply.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "balloond.h"
#include "core/account.h"
#include "report.h"
#include "size.h"
#include "tick.h"

#define FAILED_LOG_MS	10000

__attribute__((format(printf, 2, 3)))
static void note(struct applied *applied, const char *format, ...)
{
	size_t left = sizeof(applied->text) - applied->at;
	va_list args;
	int n;

	applied->n++;
	va_start(args, format);
	n = vsnprintf(applied->text + applied->at, left, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= left) {	/* a big host in a big turn */
		strcpy(applied->text + sizeof(applied->text) - 5, " ...");
		applied->at = sizeof(applied->text) - 1;
	} else {
		applied->at += (uint32_t)n;
	}
}

int free_reread(struct balloond *b)
{
	return b->ops->read_free(b, &b->host.free_kib, &b->host.claims_kib);
}

int promise_reread(struct balloond *b)
{
	int rc;

	if (!MECHANISM(reread))
		return free_reread(b);
	do {
		rc = b->ops->read_actuals(b, &b->host, READ_FIRST);
		if (!rc)
			rc = free_reread(b);
		if (!rc)
			rc = b->ops->read_actuals(b, &b->host, READ_LOWER);
	} while (rc > 0);
	return rc;
}

int blame_reread(struct balloond *b)
{
	int rc = b->ops->read_actuals(b, &b->host, READ_NOW);

	if (!rc)
		rc = free_reread(b);
	return rc ? rc : b->ops->read_actuals(b, &b->host, READ_HIGHER);
}

int lease_write(struct balloond *b, struct dom *dom, int64_t ceiling_kib)
{
	int rc = b->ops->set_lease(b, dom, ceiling_kib);

	if (rc)
		return rc;
	dom->has_lease = true;
	dom->lease_kib = ceiling_kib;
	return 0;
}

int lease_end(struct balloond *b, struct dom *dom)
{
	int rc = b->ops->set_lease(b, dom, KIB_NONE);

	if (!rc)
		dom->has_lease = false;
	return rc;
}

static int max_write(struct balloond *b, struct dom *dom, int64_t ceiling_kib)
{
	int64_t max_kib = ceiling_kib + MAX_PAGES_SLACK_KIB;
	int rc = b->ops->set_max(b, dom->domid, max_kib);

	if (!rc)
		dom->max_kib = max_kib;
	return rc;
}

int target_write(struct balloond *b, struct dom *dom, int64_t target_kib)
{
	int rc = dom_is_zero(dom) ? zero_make_room(b, dom, target_kib) : 0;

	if (!rc)
		rc = b->ops->set_target(b, dom, target_kib);
	if (!rc)
		dom->target_kib = target_kib;
	if (!rc && dom_is_zero(dom))
		dom->max_kib = target_kib + MAX_PAGES_SLACK_KIB;
	return rc;
}

/*
 * The guest hears first, then Xen refuses growth, and only what is read after
 * that is known not to be used. A guest that grew in between keeps what it has:
 * its lease says so, and getting it back takes a target. A lease under what it
 * is known to have is an order to come down, and stands.
 */
int ceiling_cut(struct balloond *b, struct dom *dom, int64_t ceiling_kib, int64_t lease_kib)
{
	int64_t had_kib = dom_ceiling_kib(dom), least_kib;
	bool order = lease_kib < dom->actual_kib;
	int rc = 0;

	if (dom_is_zero(dom))	/* no lease, and max_pages that aren't ours */
		return target_write(b, dom, ceiling_kib);
	if (!dom->has_lease || dom->lease_kib != lease_kib)
		rc = lease_write(b, dom, lease_kib);
	if (!rc && dom->max_kib != ceiling_kib + MAX_PAGES_SLACK_KIB)
		rc = max_write(b, dom, ceiling_kib);
	if (!rc && MECHANISM(cut_read))
		rc = b->ops->read_actual(b, dom->domid, &dom->actual_kib);
	if (rc || dom->actual_kib <= ceiling_kib)
		return rc;
	/* Back over its memory on HVM; but a cut never ends as a raise. */
	least_kib = kib_max(kib_min(had_kib, dom->actual_kib),
			    dom->actual_kib - MAX_PAGES_SLACK_KIB);
	if (dom->hvm && dom_ceiling_kib(dom) < least_kib)
		rc = max_write(b, dom, least_kib);
	return rc || order || !MECHANISM(cut_republish) ? rc :
	       lease_write(b, dom, dom->actual_kib);
}

static int64_t unused_kib(const struct dom *dom, int64_t max_kib)
{
	return max_kib > dom->actual_kib ? max_kib - dom->actual_kib : 0;
}

/*
 * What only waits is promised to nobody yet: actions_give() puts needs before it.
 * Raises change one limit each: the sum over all domains is kept from one to the next.
 */
static int64_t to_give_kib(const struct balloond *b, struct applied *applied)
{
	const int64_t free_kib = b->host.free_kib - b->host.claims_kib;

	if (applied->taken_kib == KIB_NONE)
		applied->taken_kib = free_kib - host_slack_kib(&b->host) -
				     reservations_waiting_kib(&b->host);
	return free_kib - applied->taken_kib;
}

/* @return 1: put off, because too little is free by now */
static int ceiling_raise(struct balloond *b, struct dom *dom, const struct action *action,
			 struct applied *applied)
{
	int64_t more_kib, ceiling_kib = action->ceiling_kib;
	int rc;

	rc = free_reread(b);
	/* Somebody raised just before may be using it already: look at all again. */
	if (!rc && to_give_kib(b, applied) < unused_kib(dom, ceiling_kib + MAX_PAGES_SLACK_KIB)) {
		applied->taken_kib = KIB_NONE;
		rc = b->ops->read_actuals(b, &b->host, READ_NOW);
		if (!rc)
			rc = promise_reread(b);
	}
	if (rc)
		return rc;
	/* After a foreign cut: on HVM max_pages go no lower than tot_pages. */
	if (dom->hvm && ceiling_kib < dom->actual_kib)
		ceiling_kib = dom->actual_kib;
	more_kib = unused_kib(dom, ceiling_kib + MAX_PAGES_SLACK_KIB) -
		   unused_kib(dom, dom->max_kib);
	if (MECHANISM(put_off) && more_kib > 0 && to_give_kib(b, applied) < more_kib) {
		b->counters.raises_put_off++;
		b->turn_wanted = true;
		return 1;
	}
	rc = dom_is_zero(dom) ? target_write(b, dom, ceiling_kib) : max_write(b, dom, ceiling_kib);
	if (!rc && applied->taken_kib != KIB_NONE)
		applied->taken_kib += more_kib;
	if (!rc && !dom_is_zero(dom))
		rc = lease_write(b, dom, action->ceiling_kib);
	if (!rc && action->target_kib != dom->target_kib)
		rc = target_write(b, dom, action->target_kib);
	return rc;
}

static void apply_one(struct balloond *b, struct dom *dom, const struct action *action,
		      struct applied *applied)
{
	static const char *const words[] = {
		[ACTION_FOLLOW] = "follow", [ACTION_CUT] = "cut", [ACTION_SHRINK] = "shrink",
		[ACTION_RAISE] = "raise", [ACTION_TARGET] = "target",
	};
	uint64_t *const counts[] = {
		[ACTION_FOLLOW] = &b->counters.actions_follow,
		[ACTION_CUT] = &b->counters.actions_cut,
		[ACTION_SHRINK] = &b->counters.actions_shrink,
		[ACTION_RAISE] = &b->counters.actions_raise,
		[ACTION_TARGET] = &b->counters.actions_target,
	};
	char t0[SIZE_TEXT_MAX], t1[SIZE_TEXT_MAX], c0[SIZE_TEXT_MAX], c1[SIZE_TEXT_MAX];
	char held[SIZE_TEXT_MAX], need[SIZE_TEXT_MAX], floor[SIZE_TEXT_MAX];
	int64_t target_kib = dom->target_kib, max_kib = dom->max_kib;
	int rc;

	if (action->type == ACTION_CUT || action->type == ACTION_SHRINK)
		report_probe(b, (uint32_t)(dom - b->host.doms));
	if (action->type == ACTION_CUT)
		rc = ceiling_cut(b, dom, action->ceiling_kib, action->lease_kib);
	else if (action->type == ACTION_RAISE)
		rc = ceiling_raise(b, dom, action, applied);
	else
		rc = target_write(b, dom, action->target_kib);
	if (rc > 0)
		return;
	if (rc == -ESRCH || rc == -ESTALE)	/* gone, or an operator was faster */
		return;
	if (rc) {
		b->counters.actions_failed++;
		int k = balloond_find(b, dom->domid);

		if (k >= 0 && log_allowed(&b->vms[k].act_limit, b->now_ms, FAILED_LOG_MS))
			log_error("%s(%u): %s failed: %s", dom->name, dom->domid,
				  words[action->type], strerror(-rc));
		return;
	}
	++*counts[action->type];
	note(applied, " %s/%u %s target=%s>%s ceiling=%s>%s actual=%s need=%s floor=%s (%s);",
	     dom->name, dom->domid, words[action->type], size_text(target_kib, t0),
	     size_text(dom->target_kib, t1), size_text(max_kib - MAX_PAGES_SLACK_KIB, c0),
	     size_text(dom->max_kib - MAX_PAGES_SLACK_KIB, c1), size_text(dom->actual_kib, held),
	     size_text(dom->has_report ? dom->need_kib : KIB_NONE, need),
	     size_text(dom->floor_kib, floor), reason_text(action->reason));
}

void actions_apply(struct balloond *b, const struct action *actions, uint32_t n,
		   struct applied *applied)
{
	applied->taken_kib = KIB_NONE;
	for (uint32_t i = 0; i < n; i++) {
		int k = balloond_find(b, actions[i].domid);

		if (k >= 0)
			apply_one(b, &b->host.doms[k], &actions[i], applied);
	}
}
