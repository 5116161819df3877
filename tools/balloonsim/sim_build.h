/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libxl builds a domain: its keys, its limit, its claim, its pages bit by bit, and
 * at last its kernel runs.
 */
#ifndef SIM_BUILD_H
#define SIM_BUILD_H

#include "sim_tool.h"

struct sim_build {
	int64_t target_kib;	/* its memory/target, and max_pages less 1 MiB */
	int64_t pages_kib;	/* populated before it runs */
	bool claim;		/* a start does, a restore doesn't */
	uint64_t kib_ms;	/* so fast; 0: at once */
	struct sim_guest *guest;	/* saved, to go on in it; NULL: a kernel boots */
	/*
	 * Called once when pages_kib are there, NULL: nothing more comes. Sets guest and
	 * pages_kib as they are by then; false: nothing will come, it fails.
	 */
	bool (*rest)(struct world *w, void *arg, struct sim_build *build);
};

/* dom is NULL when it failed: `why` as libxl says it. */
typedef void (*sim_built)(struct world *w, void *arg, struct sim_dom *dom, const char *why);

void sim_build(struct world *w, const struct sim_vm *vm, const struct sim_build *build,
	       sim_built built, void *arg);

/* What xl create orders for this configuration. */
struct sim_build sim_build_new(const struct sim_vm *vm);

/* Memory of Xen's own that the domain takes, as `xlmem create` counts it. */
int64_t sim_overhead_kib(const struct sim_vm *vm);

/* Pages of so much go back to Xen in this time. */
uint64_t sim_scrub_us(int64_t kib);

#endif
