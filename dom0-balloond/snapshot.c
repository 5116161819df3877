// SPDX-License-Identifier: GPL-2.0-or-later
#include "snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "balloond.h"
#include "certain.h"
#include "core/kib.h"
#include "host_xen.h"

#define FIRST_CAPACITY	64
#define STALE_TURNS	10	/* in a row nothing is promised; 100 ms and more */

/* Two sets of each array: a turn's list is merged from the old into the new. */
struct snapshot {
	uint32_t capacity;
	struct xen_dom *list, *first;	/* the last reading; READ_FIRST's */
	int n_first;
	struct certain certain;
	uint64_t certain_ms;	/* since when its sums are noted */
	uint64_t stale_turn;	/* the last in which domains came or went, */
	uint32_t stale_turns;	/* and how many there were in a row */
	struct dom *doms[2];
	struct vm *vms[2];
	int now;		/* which set is in use */
};

static void *grow(void *array, uint32_t n, size_t size)
{
	return reallocarray(array, n, size);
}

static int reserve(struct balloond *b, uint32_t capacity)
{
	struct snapshot *s = b->snapshot;
	void *p;

	bool whole = true;

/* What could grow has moved, whatever becomes of the rest. */
#define GROW(array)							\
	do {								\
		p = grow(array, capacity, sizeof(*(array)));		\
		whole = whole && p;					\
		(array) = p ? p : (array);				\
	} while (0)
	GROW(s->list);
	GROW(s->first);
	for (int k = 0; k < 2; k++) {
		GROW(s->doms[k]);
		GROW(s->vms[k]);
	}
#undef GROW
	if (whole)
		s->capacity = capacity;
	b->host.doms = s->doms[s->now];
	b->vms = s->vms[s->now];
	return whole ? 0 : -ENOMEM;
}

int snapshot_init(struct balloond *b)
{
	b->snapshot = calloc(1, sizeof(*b->snapshot));
	b->host.reservations = calloc(HOST_RESERVATIONS_MAX, sizeof(*b->host.reservations));
	b->promises = calloc(HOST_RESERVATIONS_MAX, sizeof(*b->promises));
	if (!b->snapshot || !b->host.reservations || !b->promises)
		return -ENOMEM;
	return reserve(b, FIRST_CAPACITY);
}

void snapshot_finish(struct balloond *b)
{
	struct snapshot *s = b->snapshot;

	for (int k = 0; s && k < 2; k++) {
		free(s->doms[k]);
		free(s->vms[k]);
	}
	free(s ? s->list : NULL);
	free(s ? s->first : NULL);
	free(s);
	free(b->host.reservations);
	free(b->promises);
}

static int list_all(struct balloond *b)
{
	struct snapshot *s = b->snapshot;

	for (;;) {
		int n = xen_list(b->xen, s->list, s->capacity), rc;

		if (n < (int)s->capacity || s->capacity >= HOST_DOMS_MAX)
			return n;
		rc = reserve(b, s->capacity < HOST_DOMS_MAX / 2 ? s->capacity * 2 : HOST_DOMS_MAX);
		if (rc)
			return rc;
	}
}

/* Domids are used again: only with the same uuid is it the same domain. */
static bool same(const struct dom *dom, const struct xen_dom *xen)
{
	return dom->domid == xen->domid && !memcmp(dom->uuid, xen->uuid, sizeof(dom->uuid));
}

/* Of n in the list one may go on with its uuid: where it migrated to on this host. */
static void gone(struct balloond *b, uint32_t i, uint32_t n)
{
	const struct dom *dom = &b->host.doms[i];
	bool goes_on = false;

	for (uint32_t k = 0; MECHANISM(offset_shared) && k < n; k++)
		goes_on |= !memcmp(b->snapshot->list[k].uuid, dom->uuid, sizeof(dom->uuid));
	log_debug("%s(%u): gone", dom->name, dom->domid);
	vm_gone(b, dom, &b->vms[i], goes_on);
}

/* Nobody came, nobody went: most turns. */
static bool unchanged(const struct balloond *b, uint32_t n)
{
	uint32_t i = 0;

	while (i < n && i < b->host.n_doms && same(&b->host.doms[i], &b->snapshot->list[i]))
		i++;
	return i == n && n == b->host.n_doms;
}

static void merge(struct balloond *b, uint32_t n)
{
	struct snapshot *s = b->snapshot;
	struct dom *doms = s->doms[!s->now];
	struct vm *vms = s->vms[!s->now];
	uint32_t old = 0;

	if (unchanged(b, n))
		return;
	certain_forget(&s->certain);
	for (uint32_t i = 0; i < n; i++) {
		const struct xen_dom *xen = &s->list[i];

		while (old < b->host.n_doms && (b->host.doms[old].domid < xen->domid ||
		       (b->host.doms[old].domid == xen->domid &&
			!same(&b->host.doms[old], xen))))
			gone(b, old++, n);
		if (old < b->host.n_doms && same(&b->host.doms[old], xen)) {
			doms[i] = b->host.doms[old];
			vms[i] = b->vms[old++];
		} else {
			vm_init(&vms[i], &doms[i], xen, b->now_ms);
		}
	}
	while (old < b->host.n_doms)
		gone(b, old++, n);
	s->now = !s->now;
	b->host.doms = doms;
	b->vms = vms;
	b->host.n_doms = n;
}

/* libxl claims what it is about to build, and sets max_pages: one of the two counts. */
static int64_t claims_counted_kib(const struct host *host, const struct xen_dom *list)
{
	int64_t sum_kib = 0;

	for (uint32_t i = 0; i < host->n_doms; i++) {
		int64_t unused_kib = list[i].max_kib - list[i].actual_kib;

		if (!MECHANISM(claim_once) || host->doms[i].kind != DOM_BUILDING || unused_kib <= 0 ||
		    list[i].max_kib > host->total_kib)
			continue;
		sum_kib += list[i].claim_kib < unused_kib ? list[i].claim_kib : unused_kib;
	}
	return sum_kib;
}

static int64_t sum_kib(const struct xen_dom *list, uint32_t n)
{
	int64_t sum = 0;

	for (uint32_t i = 0; i < n; i++)
		sum += list[i].actual_kib;
	return sum;
}

int snapshot_take(struct balloond *b)
{
	struct snapshot *s = b->snapshot;
	int n, rc;

	/* Xen's own memory grows and shrinks too: nothing is doubted for ever. */
	if (MECHANISM(certain_ages) && b->now_ms - s->certain_ms >= CERTAIN_MS) {
		certain_forget(&s->certain);
		s->certain_ms = b->now_ms;
	}
	n = list_all(b);
	if (n < 0)
		return n;
	rc = xen_memory(b->xen, &b->host.total_kib, &b->host.free_kib, &b->host.claims_kib);
	if (rc)
		return rc;
	merge(b, (uint32_t)n);
	b->host.free_kib -= certain_doubt_kib(&s->certain, b->host.free_kib +
					      sum_kib(s->list, (uint32_t)n));
	for (uint32_t i = 0; i < b->host.n_doms; i++)
		vm_refresh(b, i, &s->list[i]);
	b->claims_counted_kib = claims_counted_kib(&b->host, s->list);
	b->host.claims_kib -= b->host.claims_kib < b->claims_counted_kib ? b->host.claims_kib
									 : b->claims_counted_kib;
	b->host.config = b->settings.host;
	return 0;
}

static bool both_whole(const struct balloond *b, int n)
{
	const struct snapshot *s = b->snapshot;

	if (n != s->n_first || (uint32_t)n != b->host.n_doms)
		return false;
	for (int i = 0; i < n; i++)
		if (s->list[i].domid != s->first[i].domid || !same(&b->host.doms[i], &s->list[i]))
			return false;
	return true;
}

/* @return was that so for so many turns that those who wait must be served anyhow? */
static bool stale_too_long(struct balloond *b)
{
	struct snapshot *s = b->snapshot;

	if (s->stale_turn != b->counters.turns) {
		if (s->stale_turn + 1 != b->counters.turns || s->stale_turns == STALE_TURNS)
			s->stale_turns = 0;
		s->stale_turn = b->counters.turns;
		s->stale_turns++;
		b->counters.turns_stale++;
	}
	return MECHANISM(certain_bounded) && s->stale_turns == STALE_TURNS;
}

/*
 * The three readings of a promise; the lower ones are in host.doms. Who came or went
 * since the turn's list was read changed the sum by what Xen itself takes for it: nobody
 * can say what is free for sure, and the next turn comes at once. Where they come and
 * go all the time, in every tenth turn what was read counts, as far as it goes.
 * @return 1: again; -ESTALE: nothing can be promised in this turn
 */
static int free_doubted(struct balloond *b, int n)
{
	struct snapshot *s = b->snapshot;
	int64_t lower_kib = 0, higher_kib = 0;

	if (!both_whole(b, n)) {
		b->turn_wanted = true;
		return MECHANISM(certain_whole) && !stale_too_long(b) ? -ESTALE : 0;
	}
	for (int i = 0; i < n; i++) {
		lower_kib += b->host.doms[i].actual_kib;
		higher_kib += kib_max(s->list[i].actual_kib, s->first[i].actual_kib);
	}
	certain_note(&s->certain, b->host.free_kib + higher_kib);
	b->host.free_kib -= certain_doubt_kib(&s->certain, b->host.free_kib + lower_kib);
	return MECHANISM(certain) && s->certain.n < CERTAIN_LEAST;
}

/*
 * What others' limits promise that they raised since the turn's list was read: taken
 * note of and answered in the next turn, and given to nobody in this one.
 */
static int64_t raised_kib(const struct balloond *b, int n)
{
	int64_t sum_kib = 0;

	for (int k = 0; MECHANISM(foreign_raised) && k < n; k++) {
		const struct xen_dom *xen = &b->snapshot->list[k];
		int i = balloond_find(b, xen->domid);
		const struct dom *dom = i < 0 ? NULL : &b->host.doms[i];

		if (dom && same(dom, xen) && xen->max_kib > dom->max_kib &&
		    (dom->kind == DOM_GUEST || (MECHANISM(fixed_raised) && dom->kind == DOM_FIXED)))
			sum_kib += kib_max(0, xen->max_kib - dom->actual_kib) -
				   kib_max(0, dom->max_kib - dom->actual_kib);
	}
	return sum_kib;
}

static void free_unseen(struct balloond *b)
{
	int64_t higher_kib = b->host.free_kib;

	for (uint32_t i = 0; i < b->host.n_doms; i++)
		higher_kib += b->host.doms[i].actual_kib;
	b->host.free_kib += certain_unseen_kib(&b->snapshot->certain, higher_kib);
}

int snapshot_actuals(struct balloond *b, enum read_how how)
{
	struct snapshot *s = b->snapshot;
	/* Never grows the arrays, into which the caller points; who is new waits. */
	int n = xen_list(b->xen, s->list, s->capacity);

	for (int k = 0, i; k < n; k++) {
		int64_t now_kib = s->list[k].actual_kib, *actual_kib;

		i = balloond_find(b, s->list[k].domid);
		if (i < 0 || !same(&b->host.doms[i], &s->list[k]))
			continue;
		actual_kib = &b->host.doms[i].actual_kib;
		if (how == READ_NOW || (how == READ_HIGHER ? now_kib > *actual_kib
							   : now_kib < *actual_kib))
			*actual_kib = now_kib;
	}
	if (n < 0)
		return n;
	if (how == READ_FIRST) {
		memcpy(s->first, s->list, (size_t)n * sizeof(*s->first));
		s->n_first = n;
	} else if (how == READ_LOWER) {
		int again = free_doubted(b, n);

		b->host.free_kib -= raised_kib(b, n);
		return again;
	} else if (how == READ_HIGHER) {
		free_unseen(b);
	}
	return 0;
}

void snapshot_forget(struct balloond *b)
{
	for (uint32_t i = 0; i < b->host.n_doms; i++) {
		b->vms[i].watched = false;
		b->vms[i].known = false;
	}
}

int balloond_find(const struct balloond *b, uint32_t domid)
{
	uint32_t low = 0, high = b->host.n_doms;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (b->host.doms[mid].domid == domid)
			return (int)mid;
		if (b->host.doms[mid].domid < domid)
			low = mid + 1;
		else
			high = mid;
	}
	return -1;
}
