// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * May this much be promised? Judged by what nobody can take from the others:
 * floors, and what stuck, held and driverless guests have. Reads facts and
 * policy only, so that a refusal comes at once and touches nothing (I5).
 */
#include <stddef.h>

#include "account.h"
#include "bounds.h"
#include "plan.h"

#define N_BLOCKERS_MAX	(sizeof(((struct admission *)0)->blockers) / sizeof(uint32_t))

/* Memory free without moving a page: all unused ceilings cut. */
static int64_t free_after_cuts_kib(const struct host *host)
{
	int64_t free_kib = host_pool_kib(host);

	for (uint32_t i = 0; i < host->n_doms; i++) {
		const struct dom *dom = &host->doms[i];
		int64_t kept_kib;

		if (!dom_is_guest(dom))
			continue;
		kept_kib = dom_is_driverless(dom) || dom_is_zero(dom) ?
			kib_max(dom->actual_kib, dom->target_kib) : dom->actual_kib;
		free_kib -= kib_min(dom_unused_kib(host, dom),
				    dom_unused_at_kib(dom, kept_kib));
	}
	return free_kib;
}

int64_t admission_stop_frees_kib(const struct dom *dom)
{
	return dom_guaranteed_kib(dom) + MAX_PAGES_SLACK_KIB;
}

/* The largest running guest not yet named; KIB_NONE: none of this size. */
static const struct dom *next_largest(const struct host *host, const struct dom *last,
				      int64_t at_least_kib)
{
	const struct dom *best = NULL;
	int64_t best_kib = 0;

	for (uint32_t i = 0; i < host->n_doms; i++) {
		const struct dom *dom = &host->doms[i];
		int64_t kib;

		if (!dom_is_guest(dom) || dom_is_zero(dom))
			continue;
		kib = admission_stop_frees_kib(dom);
		if (kib < at_least_kib || (best && kib <= best_kib))
			continue;
		if (last && (kib > admission_stop_frees_kib(last) ||
			     (kib == admission_stop_frees_kib(last) && dom->domid <= last->domid)))
			continue;
		best = dom;
		best_kib = kib;
	}
	return best;
}

/* Any one that suffices; if none does, the fewest that do together. */
static void name_blockers(const struct host *host, struct admission *out)
{
	const struct dom *dom = NULL;
	int64_t freed_kib = 0;

	while (out->n_blockers < N_BLOCKERS_MAX) {
		dom = next_largest(host, dom, out->shortfall_kib);
		if (!dom)
			break;
		out->blockers[out->n_blockers++] = dom->domid;
	}
	if (out->n_blockers)
		return;
	while (freed_kib < out->shortfall_kib && out->n_blockers < N_BLOCKERS_MAX) {
		dom = next_largest(host, dom, 0);
		if (!dom)
			break;
		out->blockers[out->n_blockers++] = dom->domid;
		freed_kib += admission_stop_frees_kib(dom);
	}
	out->need_all = true;
	if (freed_kib < out->shortfall_kib) {	/* not even all of them */
		out->n_blockers = 0;
		out->need_all = false;
	}
}

void admission_decide(const struct host *host, int64_t size_kib,
		      struct admission *out)
{
	int64_t fits_kib = host_pool_kib(host);

	for (uint32_t i = 0; i < host->n_doms; i++) {
		const struct dom *dom = &host->doms[i];

		if (dom_is_guest(dom))
			fits_kib += dom->actual_kib - admission_stop_frees_kib(dom);
	}
	out->verdict = ADMIT_REFUSED;
	out->shortfall_kib = out->lacks_kib = 0;
	out->fits_kib = kib_max(fits_kib, 0);
	out->leaves_kib = MECHANISM(admit_dying) ? host_leaves_kib(host) : 0;
	out->fits_later_kib = kib_max(fits_kib + out->leaves_kib, 0);
	out->n_blockers = 0;
	out->need_all = false;

	if (size_kib <= fits_kib) {
		out->verdict = size_kib <= free_after_cuts_kib(host) ?
			ADMIT_NOW : ADMIT_AFTER_SHRINK;
		return;
	}
	out->lacks_kib = size_kib - fits_kib;
	if (out->lacks_kib <= out->leaves_kib) {
		out->verdict = ADMIT_AFTER_DEATH;
		return;
	}
	out->shortfall_kib = out->lacks_kib - out->leaves_kib;
	name_blockers(host, out);
}
