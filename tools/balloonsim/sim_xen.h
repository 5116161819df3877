/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The simulated hypervisor. balloond sees it through host_xen.h; the toolstack
 * and the guests through these.
 */
#ifndef SIM_XEN_H
#define SIM_XEN_H

#include "world.h"

struct sim_dom {
	uint32_t domid;
	uint8_t uuid[16];
	char name[64];
	bool hvm, paused, dying, ran, reboots;
	int64_t tot_kib, max_kib;	/* tot_pages, max_pages */
	int64_t found_kib;		/* max_pages before others lowered them amid a turn */
	int64_t claim_kib;
	int64_t overhead_kib;		/* of Xen's own for it, out of free memory */
	int64_t pod_entries_kib, pod_cache_kib;
	uint64_t pinned_nodes;		/* by hard affinity; 0: to none */
	struct sim_guest *guest;	/* NULL: nothing runs in it */
};

/* A new domain of this name, paused, with max_pages 0. Costs its overhead; NULL: none free. */
struct sim_dom *sim_dom_new(struct world *w, const char *name, const uint8_t uuid[16],
			    bool hvm, int64_t overhead_kib);
/* It is dying from now on; its pages and it are gone after free_us. */
void sim_dom_kill(struct world *w, struct sim_dom *dom, uint64_t free_us);
/* It was never there. */
void sim_dom_drop(struct world *w, struct sim_dom *dom);
struct sim_dom *sim_dom_find(struct world *w, uint32_t domid);
struct sim_dom *sim_dom_named(struct world *w, const char *name);	/* not a dying one */

/* As far as max_pages, others' claims and free memory allow. @return KiB populated */
int64_t sim_populate(struct world *w, struct sim_dom *dom, int64_t kib);
void sim_release(struct world *w, struct sim_dom *dom, int64_t kib);

/* A toolstack's call; balloond's is xen_set_max(). */
void sim_set_max(struct world *w, struct sim_dom *dom, int64_t max_kib);
/* @return false: not enough is free */
bool sim_claim(struct world *w, struct sim_dom *dom, int64_t kib);

/* Whose Xen host_xen.h means from now on, in this thread. */
void sim_xen_enter(struct world *w);
/* balloond begins to look and to act: from here on it is judged by what it makes of it. */
void sim_xen_round(struct world *w);
/* free - claims - what all may still take: I1 without free_min and reservations */
int64_t sim_xen_room_kib(const struct world *w);
struct world *sim_xen_world(void);

#endif
