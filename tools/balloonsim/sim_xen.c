// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim_xen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_xen.h"
#include "sim_daemon.h"
#include "sim_guest.h"
#include "sim_store.h"

#define DYING_PARTS	8	/* a dying domain's pages come back bit by bit */

/* host_xen.h's handle is the world; there is one at a time in a thread. */
static _Thread_local struct world *here;

void sim_xen_enter(struct world *w)
{
	here = w;
}

struct world *sim_xen_world(void)
{
	return here;
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

int64_t sim_xen_room_kib(const struct world *w)
{
	return w->free_kib - w->claims_kib - w->unused_kib;
}

/* What it may take beyond its claim: one of the two counts, as balloond has it. */
static int64_t unused_at_kib(const struct sim_dom *dom, int64_t max_kib)
{
	if (!dom->domid || dom->dying)
		return 0;
	return most(0, max_kib - dom->tot_kib - dom->claim_kib);
}

static int64_t unused_kib(const struct sim_dom *dom)
{
	return unused_at_kib(dom, dom->max_kib);
}

/* Every change of a domain goes through here: the sum stays right. */
static void set_sizes(struct world *w, struct sim_dom *dom, int64_t tot_kib, int64_t max_kib)
{
	w->unused_kib -= unused_kib(dom);
	w->free_kib -= tot_kib - dom->tot_kib;
	dom->tot_kib = tot_kib;
	dom->max_kib = max_kib;
	w->unused_kib += unused_kib(dom);
}

static void claim_set(struct world *w, struct sim_dom *dom, int64_t kib)
{
	w->unused_kib -= unused_kib(dom);
	w->claims_kib += kib - dom->claim_kib;
	dom->claim_kib = kib;
	w->unused_kib += unused_kib(dom);
}

struct sim_dom *sim_dom_new(struct world *w, const char *name, const uint8_t uuid[16],
			    bool hvm, int64_t overhead_kib)
{
	struct sim_dom *dom;

	if (w->free_kib - w->claims_kib < overhead_kib)
		return NULL;
	if (w->n_doms == w->doms_size) {
		w->doms_size = w->doms_size ? 2 * w->doms_size : 16;
		w->doms = reallocarray(w->doms, w->doms_size, sizeof(struct sim_dom *));
		if (!w->doms)
			abort();
	}
	dom = calloc(1, sizeof(*dom));
	if (!dom)
		abort();
	dom->domid = w->n_doms ? ++w->last_domid : 0;
	dom->hvm = hvm;
	dom->paused = true;
	dom->overhead_kib = overhead_kib;
	memcpy(dom->uuid, uuid, sizeof(dom->uuid));
	snprintf(dom->name, sizeof(dom->name), "%s", name);
	w->free_kib -= overhead_kib;
	w->round_taken_kib += overhead_kib;
	w->doms[w->n_doms++] = dom;
	return dom;
}

void sim_dom_drop(struct world *w, struct sim_dom *dom)
{
	uint32_t i = 0;

	if (dom->guest)
		sim_guest_end(w, dom->guest);
	world_forget(w, dom);
	claim_set(w, dom, 0);
	set_sizes(w, dom, 0, 0);
	w->free_kib += dom->overhead_kib;
	while (w->doms[i] != dom)
		i++;
	memmove(w->doms + i, w->doms + i + 1, (--w->n_doms - i) * sizeof(struct sim_dom *));
	free(dom);
}

static void dying(struct world *w, void *arg)
{
	struct sim_dom *dom = arg;
	int64_t part_kib = (dom->tot_kib / 2) & ~3LL;

	if (dom->tot_kib > 4096) {
		set_sizes(w, dom, dom->tot_kib - part_kib, dom->max_kib);
		return;
	}
	sim_dom_drop(w, dom);
	sim_fire(w, "@releaseDomain");
}

void sim_dom_kill(struct world *w, struct sim_dom *dom, uint64_t free_us)
{
	if (dom->dying)
		return;
	if (dom->guest)
		sim_guest_end(w, dom->guest);
	dom->guest = NULL;
	world_forget(w, dom);
	w->unused_kib -= unused_kib(dom);
	dom->dying = true;
	claim_set(w, dom, 0);
	sim_fire(w, "@releaseDomain");
	/* Halved again and again: it is gone after so many of the parts. */
	for (uint64_t i = 1; i <= 4 * DYING_PARTS; i++)
		world_at(w, w->now_us + free_us * i / (4 * DYING_PARTS), dying, dom);
}

struct sim_dom *sim_dom_find(struct world *w, uint32_t domid)
{
	uint32_t low = 0, high = w->n_doms;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (w->doms[mid]->domid == domid)
			return w->doms[mid];
		if (w->doms[mid]->domid < domid)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

struct sim_dom *sim_dom_named(struct world *w, const char *name)
{
	for (uint32_t i = 0; i < w->n_doms; i++)
		if (!w->doms[i]->dying && !strcmp(w->doms[i]->name, name))
			return w->doms[i];
	return NULL;
}

int64_t sim_populate(struct world *w, struct sim_dom *dom, int64_t kib)
{
	/* Its own claim is for it; the others' are not. */
	int64_t free_kib = w->free_kib - (w->claims_kib - dom->claim_kib);
	int64_t room_kib = sim_xen_room_kib(w);

	kib = least(kib, least(dom->max_kib - dom->tot_kib, free_kib)) & ~3LL;
	if (kib <= 0 || dom->dying)
		return 0;
	claim_set(w, dom, most(0, dom->claim_kib - kib));
	set_sizes(w, dom, dom->tot_kib + kib, dom->max_kib);
	w->round_taken_kib += most(0, room_kib - sim_xen_room_kib(w));
	return kib;
}

void sim_release(struct world *w, struct sim_dom *dom, int64_t kib)
{
	set_sizes(w, dom, dom->tot_kib - least(kib, dom->tot_kib), dom->max_kib);
}

void sim_set_max(struct world *w, struct sim_dom *dom, int64_t max_kib)
{
	int64_t room_kib = sim_xen_room_kib(w);

	w->round_foreign |= w->in_daemon;
	if (w->in_daemon && max_kib < dom->max_kib)
		dom->found_kib = most(dom->found_kib, dom->max_kib);
	set_sizes(w, dom, dom->tot_kib, max_kib);
	w->round_taken_kib += most(0, room_kib - sim_xen_room_kib(w));
}

bool sim_claim(struct world *w, struct sim_dom *dom, int64_t kib)
{
	int64_t room_kib = sim_xen_room_kib(w);

	if (kib && w->free_kib - (w->claims_kib - dom->claim_kib) < kib - dom->tot_kib)
		return false;
	claim_set(w, dom, kib ? most(0, kib - dom->tot_kib) : 0);
	w->round_taken_kib += most(0, room_kib - sim_xen_room_kib(w));
	return true;
}

/* --- what balloond sees ----------------------------------------------------- */

static struct world *call(void)
{
	sim_daemon_call(here);
	if (here->on_call)
		here->on_call(here);
	world_elapse(here, here->costs.hypercall_us);
	return here;
}

int xen_open(struct xen **out)
{
	*out = (struct xen *)here;
	return 0;
}

void xen_close(struct xen *xen)
{
	(void)xen;
}

static void fill(struct xen_dom *out, const struct sim_dom *dom)
{
	*out = (struct xen_dom){
		.domid = dom->domid, .hvm = dom->hvm, .paused = dom->paused,
		.dying = dom->dying, .ran = dom->ran, .reboots = dom->reboots, .actual_kib = dom->tot_kib,
		.max_kib = dom->max_kib, .claim_kib = dom->claim_kib,
	};
	memcpy(out->uuid, dom->uuid, sizeof(out->uuid));
}

int xen_list(struct xen *xen, struct xen_dom *out, uint32_t max)
{
	struct world *w = call();
	uint32_t n = w->n_doms < max ? w->n_doms : max;

	(void)xen;
	for (uint32_t i = 0; i < n; i++)
		fill(&out[i], w->doms[i]);
	return (int)n;
}

int xen_dom(struct xen *xen, uint32_t domid, struct xen_dom *out)
{
	struct sim_dom *dom = sim_dom_find(call(), domid);

	(void)xen;
	if (!dom)
		return -ESRCH;
	fill(out, dom);
	return 0;
}

int xen_memory(struct xen *xen, int64_t *total_kib, int64_t *free_kib, int64_t *claims_kib)
{
	struct world *w = call();

	(void)xen;
	*total_kib = w->total_kib;
	*free_kib = w->free_kib;
	*claims_kib = w->claims_kib;
	return 0;
}

int xen_pinned_nodes(struct xen *xen, uint32_t domid, uint64_t *nodes)
{
	struct sim_dom *dom;

	(void)xen;
	*nodes = 0;
	if (here->n_nodes < 2)
		return 0;
	dom = sim_dom_find(call(), domid);
	if (!dom)
		return -ESRCH;
	*nodes = dom->pinned_nodes;
	return 0;
}

int xen_command_line(struct xen *xen, char *line, uint32_t size)
{
	(void)xen;
	snprintf(line, size, "dom0_mem=512M");
	return 0;
}

void sim_xen_round(struct world *w)
{
	w->round_own_kib = w->round_taken_kib = 0;
	w->round_foreign = false;
	for (uint32_t i = 0; i < w->n_doms; i++)
		w->doms[i]->found_kib = 0;
}

/*
 * I1, of the truth: promised ceilings are there. Others may act between two of its
 * calls: what they took since it began to look is no fault of its; nor is a limit
 * that it cut and put back over an HVM guest that grew meanwhile; nor is a cut of a
 * limit that somebody lowered further since it looked; nor is what several guests hide
 * from all readings by moving it all the time (certain.h).
 */
static void raise_check(struct world *w, const struct sim_dom *dom)
{
	if (w->round_own_kib < 0 && sim_xen_room_kib(w) < -w->round_taken_kib - w->blur_kib)
		world_breach(w, "I1: %s(%u): ceilings promise %lld KiB, %lld KiB are free",
			     dom->name, dom->domid, (long long)w->unused_kib,
			     (long long)(w->free_kib - w->claims_kib));
}

/* What balloond orders must be possible: nothing is forgiven that Xen would forgive. */
int xen_set_max(struct xen *xen, uint32_t domid, int64_t max_kib)
{
	struct world *w = call();
	struct sim_dom *dom = sim_dom_find(w, domid);
	int64_t unused_before;

	(void)xen;
	if (!dom || dom->dying)
		return -ESRCH;
	if (max_kib < 0 || max_kib & 3)
		world_breach(w, "%s(%u): max_pages %lld KiB", dom->name, domid, (long long)max_kib);
	if (dom->hvm && max_kib < dom->tot_kib)
		world_note(w, "%s(%u): max_pages under tot_pages of an HVM", dom->name, domid);
	unused_before = unused_at_kib(dom, most(dom->max_kib, dom->found_kib));
	dom->found_kib = 0;
	set_sizes(w, dom, dom->tot_kib, max_kib);
	w->stats.max_writes++;
	w->round_own_kib -= unused_kib(dom) - unused_before;
	if (unused_kib(dom) > unused_before)
		raise_check(w, dom);
	return 0;
}

int xen_set_pod_target(struct xen *xen, uint32_t domid, int64_t target_kib)
{
	struct world *w = call();

	(void)xen, (void)target_kib;
	return sim_dom_find(w, domid) ? 0 : -ESRCH;
}

int xen_pod(struct xen *xen, uint32_t domid, int64_t *entries_kib, int64_t *cache_kib)
{
	struct sim_dom *dom = sim_dom_find(call(), domid);

	(void)xen;
	if (!dom)
		return -ESRCH;
	*entries_kib = dom->pod_entries_kib;
	*cache_kib = dom->pod_cache_kib;
	return 0;
}
