/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hypervisor that is a file. It knows what memory management needs of Xen:
 * how many pages there are, how many each domain has and may have. xenstored and
 * balloond see it through preload.c; the tests change it by the program
 * fake-xen, which also plays the toolstack and the guests' balloons.
 */
#ifndef FAKE_XEN_H
#define FAKE_XEN_H

#include <stdbool.h>
#include <stdint.h>

#define FAKE_XEN_ENV	"FAKE_XEN"	/* path of the file */
#define FAKE_DOMS	1024
#define FAKE_NODE_CPUS	2
#define FAKE_SLACK_KIB	1024		/* libxl: max_pages is maxmem and this */

struct fake_dom {
	bool used, pvh, paused, dying;
	bool obeys;			/* has a balloon that moves */
	bool reports;			/* has a driver that reports */
	uint32_t domid;
	uint8_t uuid[16];
	char name[64];
	int64_t static_kib;
	uint64_t tot_pages, max_pages;
	int64_t offset_kib;		/* memory/target minus tot_pages at rest */
	uint64_t cpu_ns;		/* used since it ran */
	uint32_t busy_percent;		/* of a vcpu, from now on */
	uint64_t step_pages;		/* its balloon moves so many a tick; 0: as any */
	int64_t need_kib, want_kib;
	uint64_t epoch, seq;		/* of its last report */
	int64_t said_need_kib, said_want_kib;	/* in it */
	uint32_t cpus_left_out;		/* of hard affinity, a bit each */
};

struct fake_xen {
	uint64_t total_pages, claimed_pages;
	uint64_t changes;		/* hypercalls that changed anything */
	bool refuses;			/* setmaxmem: EPERM */
	uint64_t rob_pages;		/* claimed by somebody at the next raise */
	uint32_t n_nodes;		/* FAKE_NODE_CPUS each; 0: one */
	struct fake_dom dom[FAKE_DOMS];
};

/* Map the file, made `create` bytes-wise empty or found; NULL: errno says why. */
struct fake_xen *fake_open(bool create);

/* Around everything that reads or changes more than one number. */
void fake_lock(void);
void fake_unlock(void);

struct fake_dom *fake_find(struct fake_xen *xen, uint32_t domid);
uint64_t fake_free_pages(const struct fake_xen *xen);

/*
 * Populate or give back until tot_pages is `pages`, as far as max_pages and free
 * memory allow.
 */
void fake_move(struct fake_xen *xen, struct fake_dom *dom, uint64_t pages);

#endif
