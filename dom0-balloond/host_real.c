// SPDX-License-Identifier: GPL-2.0-or-later
/* The one way out, for real; its context is the daemon. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "balloond.h"
#include "host_xen.h"
#include "snapshot.h"
#include "store.h"

/* The daemon's own numbers, which the policy doesn't carry. */
static struct vm *vm_of(struct balloond *b, uint32_t domid)
{
	int i = balloond_find(b, domid);

	return i < 0 ? NULL : &b->vms[i];
}

static int real_snapshot(void *ctx, struct host *host)
{
	(void)host;	/* it is the daemon's own */
	return snapshot_take(ctx);
}

static int real_read_actual(void *ctx, uint32_t domid, int64_t *actual_kib)
{
	struct balloond *b = ctx;
	struct xen_dom dom;
	int rc = xen_dom(b->xen, domid, &dom);

	if (!rc)
		*actual_kib = dom.actual_kib;
	return rc;
}

static int real_read_free(void *ctx, int64_t *free_kib, int64_t *claims_kib)
{
	struct balloond *b = ctx;
	int64_t total_kib;
	int rc = xen_memory(b->xen, &total_kib, free_kib, claims_kib);

	if (!rc)
		*claims_kib -= *claims_kib < b->claims_counted_kib ? *claims_kib
								   : b->claims_counted_kib;
	return rc;
}

static int real_read_actuals(void *ctx, struct host *host, enum read_how how)
{
	(void)host;	/* it is the daemon's own */
	return snapshot_actuals(ctx, how);
}

static int real_set_max(void *ctx, uint32_t domid, int64_t max_kib)
{
	struct balloond *b = ctx;

	return xen_set_max(b->xen, domid, max_kib);
}

static int real_set_target(void *ctx, const struct dom *dom, int64_t target_kib)
{
	struct balloond *b = ctx;
	struct vm *vm = vm_of(b, dom->domid);
	int64_t raw_kib = target_kib + dom->offset_kib, found_kib;
	char text[24];
	int rc;

	if (!vm)
		return -ESRCH;
	snprintf(text, sizeof(text), "%" PRId64, raw_kib);
	rc = store_write_domain(b->store, dom->domid, KEY_TARGET, text,
				MECHANISM(target_stale) ? vm->raw_target_kib : -1,
				&found_kib);
	if (rc == -ESTALE) {
		/* Somebody was faster: that is an order, seen in the next turn. */
		vm->stale |= VM_STALE(TARGET);
		b->turn_wanted = true;
	}
	if (rc)
		return rc;
	vm->raw_target_kib = raw_kib;
	vm->ordered = false;
	/* libxl pairs them too: until promised pages are there, decrease_reservation
	   refills the cache and tot_pages doesn't fall. */
	return dom->hvm ? xen_set_pod_target(b->xen, dom->domid, raw_kib + MAX_PAGES_SLACK_KIB) : 0;
}

static int real_set_lease(void *ctx, const struct dom *dom, int64_t ceiling_kib)
{
	struct balloond *b = ctx;
	struct vm *vm = vm_of(b, dom->domid);
	struct lease lease = { .version = SCHEMA_VERSION, .ceiling_kib = (u64)ceiling_kib };
	char text[SCHEMA_RECORD_MAX];
	int64_t found_kib;
	int r;

	if (!vm)
		return -ESRCH;
	if (ceiling_kib == KIB_NONE)
		return store_remove(b->store, "/local/domain/%u/" KEY_LEASE, dom->domid);
	/* One that its report, perhaps a dead module's, doesn't echo yet. */
	if (!vm->epoch) {
		vm->epoch = vm->report.epoch;
		vm_epoch_next(vm);
	}
	lease.epoch = vm->epoch;
	r = lease_format(&lease, text, sizeof(text));
	if (r < 0)
		return r;
	return store_write_domain(b->store, dom->domid, KEY_LEASE, text, -1, &found_kib);
}

const struct host_ops host_real = {
	.snapshot = real_snapshot,
	.read_actual = real_read_actual,
	.read_free = real_read_free,
	.read_actuals = real_read_actuals,
	.set_max = real_set_max,
	.set_target = real_set_target,
	.set_lease = real_set_lease,
};
