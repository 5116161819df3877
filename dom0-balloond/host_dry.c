// SPDX-License-Identifier: GPL-2.0-or-later
/* --dry-run: reads are real, writes are printed on standard output. */
#include <inttypes.h>
#include <stdio.h>

#include "balloond.h"

static int dry_snapshot(void *ctx, struct host *host)
{
	return host_real.snapshot(ctx, host);
}

static int dry_read_actual(void *ctx, uint32_t domid, int64_t *actual_kib)
{
	return host_real.read_actual(ctx, domid, actual_kib);
}

static int dry_read_free(void *ctx, int64_t *free_kib, int64_t *claims_kib)
{
	return host_real.read_free(ctx, free_kib, claims_kib);
}

static int dry_read_actuals(void *ctx, struct host *host, enum read_how how)
{
	return host_real.read_actuals(ctx, host, how);
}

static int dry_set_max(void *ctx, uint32_t domid, int64_t max_kib)
{
	(void)ctx;
	printf("domain %u: max_pages := %" PRId64 " KiB\n", domid, max_kib);
	return 0;
}

static int dry_set_target(void *ctx, const struct dom *dom, int64_t target_kib)
{
	(void)ctx;
	printf("domain %u (%s): memory/target := %" PRId64 "\n", dom->domid, dom->name,
	       target_kib + dom->offset_kib);
	return 0;
}

static int dry_set_lease(void *ctx, const struct dom *dom, int64_t ceiling_kib)
{
	(void)ctx;
	if (ceiling_kib == KIB_NONE)
		printf("domain %u (%s): no lease\n", dom->domid, dom->name);
	else
		printf("domain %u (%s): lease := %" PRId64 " KiB\n", dom->domid, dom->name,
		       ceiling_kib);
	return 0;
}

const struct host_ops host_dry = {
	.snapshot = dry_snapshot,
	.read_actual = dry_read_actual,
	.read_free = dry_read_free,
	.read_actuals = dry_read_actuals,
	.set_max = dry_set_max,
	.set_target = dry_set_target,
	.set_lease = dry_set_lease,
};
