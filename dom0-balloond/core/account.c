// SPDX-License-Identifier: GPL-2.0-or-later
#include <stddef.h>

#include "account.h"
#include "plan.h"

int64_t dom_fixed_lease_kib(const struct dom *dom)
{
	return kib_max(kib_min(dom->target_kib, dom_ceiling_kib(dom)), dom->actual_kib);
}

bool dom_fixed_lent(const struct dom *dom, bool ordered)
{
	return dom->history.known || (!ordered && dom->lease_kib > dom_fixed_lease_kib(dom));
}

const struct dom *host_find(const struct host *host, int64_t domid)
{
	uint32_t low = 0, high = host->n_doms;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (host->doms[mid].domid < domid)
			low = mid + 1;
		else
			high = mid;
	}
	if (low < host->n_doms && host->doms[low].domid == domid)
		return &host->doms[low];
	return NULL;
}

/*
 * dom0 counts at its actual size. A dying domain can't allocate, though its
 * max_pages stay while its pages go. A domain just created has no max_pages yet
 * (Xen's default is "all"): until the toolstack sets them its reservation counts.
 */
int64_t dom_unused_kib(const struct host *host, const struct dom *dom)
{
	if (dom->kind == DOM_ZERO || dom->kind == DOM_DYING)
		return 0;
	if (MECHANISM(unset_max) && dom->kind == DOM_BUILDING &&
	    dom->max_kib > host->total_kib)
		return 0;
	return kib_max(0, dom->max_kib - dom->actual_kib);
}

/*
 * While a domain is built its part is taken over by max_pages - tot_pages, and
 * then by tot_pages. If it vanished, its reservation counts in full again until
 * the owner ends it.
 */
static int64_t reservation_unbuilt_kib(const struct host *host,
				       const struct reservation *r)
{
	const struct dom *dom;
	int64_t built_kib;

	if (r->from && r->state == RESERVATION_GRANTED) {
		dom = host_find(host, r->from);
		if (dom)	/* what it still holds isn't free yet */
			return dom->kind == DOM_DYING ? kib_max(0, r->size_kib - dom->actual_kib) : 0;
	}
	if (!MECHANISM(takeover) || r->state != RESERVATION_ASSIGNED)
		return r->size_kib;
	dom = host_find(host, r->domid);
	if (!dom)
		return r->size_kib;
	if (dom_is_guest(dom))	/* built: from here on it is balanced as it is */
		return 0;
	built_kib = dom->actual_kib;
	if (dom->max_kib <= host->total_kib)
		built_kib = kib_max(built_kib, dom->max_kib);
	return kib_max(0, r->size_kib - built_kib);
}

int64_t reservations_unbuilt_kib(const struct host *host)
{
	int64_t sum_kib = host->kept_kib;

	for (uint32_t i = 0; MECHANISM(reserved) && i < host->n_reservations; i++)
		sum_kib += reservation_unbuilt_kib(host, &host->reservations[i]);
	return sum_kib;
}

int64_t reservations_own_kib(const struct host *host, const struct dom *dom)
{
	int64_t sum_kib = 0;

	for (uint32_t i = 0; MECHANISM(build_own) && i < host->n_reservations; i++)
		if (host->reservations[i].state == RESERVATION_ASSIGNED &&
		    host->reservations[i].domid == dom->domid)
			sum_kib += reservation_unbuilt_kib(host, &host->reservations[i]);
	return sum_kib;
}

int64_t reservations_for_kib(const struct host *host, const struct dom *dom)
{
	int64_t most_kib = 0;

	for (uint32_t i = 0; i < host->n_reservations; i++)
		if (host->reservations[i].state == RESERVATION_ASSIGNED &&
		    host->reservations[i].domid == dom->domid)
			most_kib = kib_max(most_kib, host->reservations[i].size_kib);
	return most_kib;
}

int64_t reservations_waiting_kib(const struct host *host)
{
	int64_t sum_kib = host->kept_kib;

	for (uint32_t i = 0; i < host->n_reservations; i++)
		if (host->reservations[i].state == RESERVATION_WAITING)
			sum_kib += host->reservations[i].size_kib;
	return sum_kib;
}

static bool is_rebooting(const struct host *host, const struct dom *dom)
{
	for (uint32_t i = 0; i < host->n_reservations; i++)
		if (host->reservations[i].from == dom->domid)
			return true;
	return false;
}

int64_t host_leaves_kib(const struct host *host)
{
	int64_t sum_kib = 0;

	for (uint32_t i = 0; i < host->n_doms; i++)
		if (host->doms[i].kind == DOM_DYING && !is_rebooting(host, &host->doms[i]))
			sum_kib += host->doms[i].leaves_kib;
	return sum_kib;
}

int64_t host_comes_kib(const struct host *host)
{
	int64_t waiting_kib = reservations_waiting_kib(host) - host->kept_kib;

	return MECHANISM(comes) && waiting_kib ? kib_min(waiting_kib, host_leaves_kib(host)) : 0;
}

int64_t host_pool_kib(const struct host *host)
{
	int64_t pool_kib = host->free_kib - reservations_unbuilt_kib(host);

	if (MECHANISM(claims))
		pool_kib -= host->claims_kib;
	if (MECHANISM(free_min))
		pool_kib -= host->config.free_min_kib;
	for (uint32_t i = 0; i < host->n_doms; i++)
		if (!dom_is_guest(&host->doms[i]))
			pool_kib -= dom_unused_kib(host, &host->doms[i]);
	return pool_kib;
}

int64_t host_slack_kib(const struct host *host)
{
	int64_t slack_kib = host_pool_kib(host);

	for (uint32_t i = 0; i < host->n_doms; i++)
		if (dom_is_guest(&host->doms[i]))
			slack_kib -= dom_unused_kib(host, &host->doms[i]);
	return slack_kib;
}

/*
 * A small one behind a large one may go first: all of them were admitted, so
 * none loses what is planned for it.
 */
uint32_t reservations_grant(struct host *host)
{
	int64_t free_kib = host_slack_kib(host) + reservations_waiting_kib(host);
	uint32_t granted = 0;

	for (uint32_t i = 0; i < host->n_reservations; i++) {
		struct reservation *r = &host->reservations[i];

		if (r->state != RESERVATION_WAITING ||
		    (MECHANISM(grant_free) && r->size_kib > free_kib))
			continue;
		r->state = RESERVATION_GRANTED;
		free_kib -= r->size_kib;
		granted++;
	}
	return granted;
}
