/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypervisor, through libxenctrl; no other file includes xenctrl.h, whose
 * calls change between Xen releases. Sizes in KiB, errors are negative errno;
 * -ESRCH: no such domain.
 */
#ifndef BALLOOND_HOST_XEN_H
#define BALLOOND_HOST_XEN_H

#include <stdbool.h>
#include <stdint.h>

struct xen;

struct xen_dom {
	uint32_t domid;
	uint8_t uuid[16];
	bool hvm;		/* HVM or PVH */
	bool paused;		/* or shut down: it can't follow a target */
	bool dying;
	bool reboots;		/* shut down, and wants to come back */
	bool xenstore;		/* runs xenstored */
	bool ran;		/* has used a processor: its build is over */
	uint64_t cpu_ns;	/* that its vcpus used in all */
	int64_t actual_kib, max_kib;
	int64_t claim_kib;	/* its outstanding claim */
};

/* @return 0; -ENODEV: not a Xen host's dom0; -EACCES: no rights; others */
int xen_open(struct xen **out);
void xen_close(struct xen *xen);

/* Every domain, by domid. @return how many, at most `max` */
int xen_list(struct xen *xen, struct xen_dom *out, uint32_t max);
int xen_dom(struct xen *xen, uint32_t domid, struct xen_dom *out);
int xen_memory(struct xen *xen, int64_t *total_kib, int64_t *free_kib, int64_t *claims_kib);

/*
 * The NUMA nodes on which alone its vcpus may run, a bit each, by hard affinity;
 * 0: on every node that has processors. Costs a call a vcpu, and none on a host
 * in which xen_memory() saw one node only.
 */
int xen_pinned_nodes(struct xen *xen, uint32_t domid, uint64_t *nodes);

/* What the boot loader gave Xen. */
int xen_command_line(struct xen *xen, char *line, uint32_t size);

int xen_set_max(struct xen *xen, uint32_t domid, int64_t max_kib);

/* Populate-on-demand of HVM and PVH: pages promised, pages there for them. */
int xen_set_pod_target(struct xen *xen, uint32_t domid, int64_t target_kib);
int xen_pod(struct xen *xen, uint32_t domid, int64_t *entries_kib, int64_t *cache_kib);

#endif
