/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The toolstack and the administrator of the simulated host: what xl, xlmem and
 * somebody with another program do to domains.
 */
#ifndef SIM_TOOL_H
#define SIM_TOOL_H

#include "sim_guest.h"
#include "world.h"

struct sim_vm {			/* a configuration file */
	char name[64];
	uint8_t uuid[16];	/* zero: a new one at each start */
	bool hvm;
	int64_t memory_kib, maxmem_kib;
	int64_t min_kib, max_kib;	/* KIB_NONE: not said */
	uint32_t weight;		/* 0: not said */
	int64_t overhead_kib;		/* what Xen takes for it; 0: what balloond reckons */
	struct sim_guest_config guest;
	uint64_t build_kib_ms;		/* speed of its build; 0: at once */
};

/* How a start ended. */
enum sim_start { SIM_STARTED, SIM_REFUSED, SIM_FAILED };
typedef void (*sim_started)(struct world *w, void *arg, enum sim_start how, struct sim_dom *dom,
			    const char *why);

/* xlmem create: reserve (wait_s at most), build, assign; and plain xl create. */
void sim_create(struct world *w, const struct sim_vm *vm, uint32_t wait_s,
		sim_started started, void *arg);
void sim_xl_create(struct world *w, const struct sim_vm *vm, sim_started started, void *arg);

void sim_destroy(struct world *w, struct sim_dom *dom);
/* It is dying for so long, and its pages come free meanwhile; 0: as Xen scrubs them. */
void sim_destroy_over(struct world *w, struct sim_dom *dom, uint64_t free_us);
void sim_rename(struct world *w, struct sim_dom *dom, const char *name);
void sim_pause(struct world *w, struct sim_dom *dom, bool paused);
void sim_mem_set(struct world *w, struct sim_dom *dom, int64_t kib);
void sim_mem_max(struct world *w, struct sim_dom *dom, int64_t kib);
/* dom0 of this size, and /tool; once, first. */
void sim_boot(struct world *w, int64_t dom0_kib);

/* Guests whose restore failed: they are gone for good. */
uint64_t sim_lost(const struct world *w);

/* What it remembers and was about to do; with the world. */
void sim_tool_free(struct world *w);

#endif
