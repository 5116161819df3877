/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one way out of the daemon: everything that touches Xen or the store goes
 * through this table. Real (host_xen.c), dry-run (host_dry.c: reads are real,
 * writes are printed) and faked by tests and simulator.
 *
 * All return 0 or a negative errno; -ESRCH: the domain is gone.
 */
#ifndef BALLOOND_HOST_OPS_H
#define BALLOOND_HOST_OPS_H

#include "core/host.h"

/*
 * Free memory and the domains' pages can't be read at one instant. Before memory
 * is promised the lower of two readings around that of free counts for each
 * domain: what it gave back and may take again is not free. Before balloond is
 * blamed, the higher, and what lies free is raised to what may.
 *
 * READ_FIRST is the lower, too; with read_free and READ_LOWER at once after it, what
 * lies free is then lowered to what is certain (certain.h). @return 1: not certain
 * enough yet, all three again; -ESTALE: other domains than in the snapshot, nothing is
 * certain before the next
 */
enum read_how { READ_NOW, READ_FIRST, READ_LOWER, READ_HIGHER };

struct host_ops {
	/* Refresh host->free_kib, claims_kib, total_kib and every domain's
	   facts; new domains appear, dead ones go. Keeps history. */
	int (*snapshot)(void *ctx, struct host *host);

	/* Cheap re-reads while actions are applied. */
	int (*read_actual)(void *ctx, uint32_t domid, int64_t *actual_kib);
	int (*read_free)(void *ctx, int64_t *free_kib, int64_t *claims_kib);
	int (*read_actuals)(void *ctx, struct host *host, enum read_how how);

	int (*set_max)(void *ctx, uint32_t domid, int64_t max_kib);	/* max_pages */
	/* memory/target := target + offset, and set_pod_target on HVM and PVH */
	int (*set_target)(void *ctx, const struct dom *dom, int64_t target_kib);
	/* KIB_NONE: it has none any more */
	int (*set_lease)(void *ctx, const struct dom *dom, int64_t ceiling_kib);
};

#endif
