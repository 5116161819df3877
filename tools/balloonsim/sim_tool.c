// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim_tool.h"

#include <stdio.h>
#include <string.h>

#include "dom0-balloond/vm.h"
#include "sim_build.h"
#include "sim_job.h"
#include "sim_store.h"
#include "sim_xen.h"

#define CONSTANT_KIB	1024		/* LIBXL_MAXMEM_CONSTANT */
#define NO_LIMIT_KIB	(4LL * UINT32_MAX)

void sim_boot(struct world *w, int64_t dom0_kib)
{
	static const uint8_t uuid[16];
	struct sim_dom *dom = sim_dom_new(w, "Domain-0", uuid, false, 0);

	sim_set_max(w, dom, NO_LIMIT_KIB);
	sim_populate(w, dom, dom0_kib);
	dom->paused = false;
	dom->ran = true;
	sim_write(w, "Domain-0", "/local/domain/0/name");
	sim_write(w, "0", "/local/domain/0/domid");
	sim_write_number(w, dom->tot_kib, "/local/domain/0/memory/static-max");
	sim_write_number(w, dom->tot_kib, "/local/domain/0/memory/target");
	sim_write(w, "", "/vm");
	sim_write(w, "", "/tool");
}

/* --- its end ------------------------------------------------------------------ */

struct sweep {
	struct sim_job job;
	uint32_t domid;
	uint8_t uuid[16];
};

/* libxl removes the keys when it comes to it: before or after Xen has the pages. */
static void sweep(struct world *w, void *arg)
{
	struct sweep *s = arg;
	bool other = false;
	char uuid[37];

	sim_remove(w, "/local/domain/%u", s->domid);
	for (uint32_t i = 0; i < w->n_doms; i++)
		other |= !w->doms[i]->dying && !memcmp(w->doms[i]->uuid, s->uuid, sizeof(s->uuid));
	uuid_text(s->uuid, uuid);
	if (!other)
		sim_remove(w, "/vm/%s", uuid);
	job_end(w, s);
}

void sim_destroy_over(struct world *w, struct sim_dom *dom, uint64_t free_us)
{
	struct sweep *s;

	if (dom->dying || !dom->domid)
		return;
	if (!free_us)
		free_us = sim_scrub_us(dom->tot_kib);
	s = job_new(w, sizeof(*s));
	s->domid = dom->domid;
	memcpy(s->uuid, dom->uuid, sizeof(s->uuid));
	record_drop(w, dom->domid);
	sim_dom_kill(w, dom, free_us);
	world_at(w, w->now_us + rnd(w, 2 * free_us), sweep, s);
}

void sim_destroy(struct world *w, struct sim_dom *dom)
{
	sim_destroy_over(w, dom, 0);
}

/* --- orders to a running one --------------------------------------------------- */

void sim_pause(struct world *w, struct sim_dom *dom, bool paused)
{
	dom->paused = paused;
	if (dom->guest)
		sim_guest_paused(w, dom->guest, paused);
}

/* libxl_set_memory_target, enforced: the limit first, then the wish. */
void sim_mem_set(struct world *w, struct sim_dom *dom, int64_t kib)
{
	int64_t static_kib = sim_read_kib(w, -1, "/local/domain/%u/memory/static-max", dom->domid);

	if (static_kib < 0 || kib > static_kib) {
		world_note(w, "mem-set %s: more than its memory_static_max", dom->name);
		return;
	}
	sim_set_max(w, dom, kib + CONSTANT_KIB);
	sim_write_number(w, kib, "/local/domain/%u/memory/target", dom->domid);
}

/* libxl_domain_setmaxmem: Xen's limit alone. */
void sim_mem_max(struct world *w, struct sim_dom *dom, int64_t kib)
{
	int64_t target_kib = sim_read_kib(w, -1, "/local/domain/%u/memory/target", dom->domid);

	if (target_kib < 0 || kib < target_kib) {
		world_note(w, "mem-max %s: less than its memory/target", dom->name);
		return;
	}
	sim_set_max(w, dom, kib + CONSTANT_KIB);
}

/* Xen, xenstored and xl know it by the name; its uuid stays. */
void sim_rename(struct world *w, struct sim_dom *dom, const char *name)
{
	snprintf(dom->name, sizeof(dom->name), "%s", name);
	sim_write(w, name, "/local/domain/%u/name", dom->domid);
	record_rename(w, dom->domid, name);
}
