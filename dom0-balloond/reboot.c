// SPDX-License-Identifier: GPL-2.0-or-later
#include "reboot.h"

#include "balloond.h"
#include "core/kib.h"
#include "core/plan.h"

/* What Xen has for a domain beside its pages comes back too: see vmcfg_need_kib(). */
#define DOMAIN_KIB	(4 * KIB_PER_MIB)
#define P2M_DIVISOR	128

/*
 * As libxl builds it again: with what its target is by now. What lies between that
 * and what it holds is nobody's promise, and kept only if it is there.
 */
static int64_t size_kib(const struct host *host, const struct dom *dom)
{
	int64_t size = dom->actual_kib + MAX_PAGES_SLACK_KIB + DOMAIN_KIB;
	int64_t more = kib_max(0, dom->target_kib - dom->actual_kib);

	if (dom->hvm)
		size += kib_max(dom->static_max_kib, 0) / P2M_DIVISOR;
	return size + kib_min(more, kib_max(0, host_slack_kib(host)));
}

static void keep(struct balloond *b, const struct dom *dom)
{
	struct promise_request request = {
		.name = dom->name, .purpose = REBOOT_PURPOSE, .owner = OWNER_TOKEN,
		.size_kib = size_kib(&b->host, dom), .expire_s = REBOOT_KEEP_S,
	};
	int r = promise_add(b, &request);

	if (r < 0) {
		log_warn("%s(%u) reboots, and its memory can't be kept for it", dom->name,
			 dom->domid);
		return;
	}
	/* It has it, and as its pages go they become the reservation's. */
	b->host.reservations[r].state = RESERVATION_GRANTED;
	b->host.reservations[r].from = dom->domid;
	b->promises[r].granted_ms = b->now_ms;
	b->promises[r].answer_due = false;
	log_info("%s(%u) reboots: its memory is kept for it for %d s", dom->name, dom->domid,
		 REBOOT_KEEP_S);
}

void reboots_keep(struct balloond *b)
{
	for (uint32_t i = 0; i < b->host.n_doms; i++) {
		const struct dom *dom = &b->host.doms[i];
		struct vm *vm = &b->vms[i];

		if (!vm->reboots || vm->reboot_seen)
			continue;
		vm->reboot_seen = true;
		if (MECHANISM(reboot) && dom->domid && dom->name[0] && !b->options.dry_run &&
		    promise_find(b, -1, dom->name) < 0)
			keep(b, dom);
	}
}
