// SPDX-License-Identifier: GPL-2.0-or-later
#include "settle.h"

#include <errno.h>
#include <string.h>

#include "apply.h"
#include "balloond.h"
#include "core/account.h"

void settle_start(struct balloond *b)
{
	for (uint32_t i = 0; i < b->host.n_doms; i++) {
		struct dom *dom = &b->host.doms[i];

		if (dom->kind != DOM_GUEST)
			continue;
		/* A stock guest above its target is on its way down, as it was told. */
		if (MECHANISM(settle_start) && dom->has_report &&
		    dom->actual_kib > dom->target_kib + MAX_PAGES_SLACK_KIB) {
			log_info("%s(%u): holds %lld KiB, target was %lld: followed", dom->name,
				 dom->domid, (long long)dom->actual_kib,
				 (long long)dom->target_kib);
			target_write(b, dom, dom->actual_kib);
		}
		/* A new epoch: the guest answers if its module is alive. */
		if (MECHANISM(settle_epoch) && dom->has_lease) {
			vm_epoch_next(&b->vms[i]);
			if (dom->has_report)
				dom->unechoed_ms = b->now_ms;
			lease_write(b, dom, dom->lease_kib);
		}
	}
}

int settle_one(struct balloond *b, struct dom *dom, const struct vm *vm)
{
	int64_t keeps_kib = vm->ordered ? kib_max(dom->actual_kib, dom->target_kib) : dom->actual_kib;
	int rc;

	/* Lowered below that by somebody: it stays, a raise isn't ours to give now. */
	keeps_kib = kib_min(keeps_kib, dom_ceiling_kib(dom));
	rc = ceiling_cut(b, dom, keeps_kib, kib_max(keeps_kib, dom->actual_kib));
	if (!rc && dom->target_kib != dom->actual_kib && !vm->ordered)
		rc = target_write(b, dom, dom->actual_kib);
	return rc;
}

/* Without the module it grows only to its target: leave it alone. */
static bool is_bounded(const struct dom *dom)
{
	return !dom->has_report && dom->actual_kib <= dom->target_kib + MAX_PAGES_SLACK_KIB;
}

int settle_stop(struct balloond *b)
{
	int failed = 0;

	for (uint32_t i = 0; i < b->host.n_doms; i++) {
		struct dom *dom = &b->host.doms[i];
		const struct vm *vm = &b->vms[i];
		int rc = 0;

		if (!MECHANISM(settle_stop) || !dom->has_lease || !vm->known)
			continue;
		/* Also those that were made fixed while they held a lease. */
		if (dom->kind == DOM_GUEST ||
		    (dom->kind == DOM_FIXED && dom_fixed_lent(dom, vm->ordered) &&
		     !vm->frozen_by && !vm->left_alone))
			rc = is_bounded(dom) ? 0 : settle_one(b, dom, vm);
		/* Whoever reads a lease obeys it, and not what the toolstack says now. */
		if (!rc && MECHANISM(settle_lease) && dom->kind != DOM_DYING)
			rc = lease_end(b, dom);
		if (!rc || rc == -ESRCH)
			continue;
		log_error("%s(%u): not settled: %s", dom->name, dom->domid, strerror(-rc));
		failed++;
	}
	return failed;
}
