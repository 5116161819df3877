/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Carrying actions out, in the order that never promises what isn't free (I4). */
#ifndef BALLOOND_APPLY_H
#define BALLOOND_APPLY_H

#include "core/plan.h"

struct balloond;

/* What a turn did, in words, for its line in the log. */
struct applied {
	uint32_t n;
	uint32_t at;
	char text[3072];
	int64_t taken_kib;	/* of free memory, by what is promised; KIB_NONE: sum it up */
};

void actions_apply(struct balloond *b, const struct action *actions, uint32_t n,
		   struct applied *applied);

/* Free memory and claims again, from Xen; with everybody's pages, on the safe side
   for a promise, or for the checker (host_ops.h). */
int free_reread(struct balloond *b);
int promise_reread(struct balloond *b);
int blame_reread(struct balloond *b);

/* Each keeps dom's fields true; negative errno when Xen or the store refused. */
int lease_write(struct balloond *b, struct dom *dom, int64_t ceiling_kib);
int lease_end(struct balloond *b, struct dom *dom);
int ceiling_cut(struct balloond *b, struct dom *dom, int64_t ceiling_kib, int64_t lease_kib);
int target_write(struct balloond *b, struct dom *dom, int64_t target_kib);

#endif
