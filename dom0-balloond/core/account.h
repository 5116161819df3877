/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What counts against Xen's free memory (I1), and who is balanced at all. */
#ifndef BALLOOND_CORE_ACCOUNT_H
#define BALLOOND_CORE_ACCOUNT_H

#include "host.h"
#include "kib.h"

/* A balanced dom0: its need goes before every guest's, its ceiling is its target. */
static inline bool dom_is_zero(const struct dom *dom)
{
	return dom->kind == DOM_ZERO_BALANCED;
}

/* A guest that takes part in the levels, be it only with what it holds; dom0 too. */
static inline bool dom_is_guest(const struct dom *dom)
{
	return dom->kind == DOM_GUEST || dom_is_zero(dom);
}

/* Can't move, or nobody knows whether it can: held at what it has. */
static inline bool dom_is_held(const struct dom *dom)
{
	return MECHANISM(held) && dom_is_guest(dom) &&
	       (dom->paused || dom->progress == PROGRESS_SILENT);
}

/* Without our driver: keeps what it was given, obeys every target to death. */
static inline bool dom_is_driverless(const struct dom *dom)
{
	return dom_is_guest(dom) && !dom->has_report;
}

/* At least 1, whatever the caller left there. */
static inline uint32_t dom_weight(const struct dom *dom)
{
	return MECHANISM(weights) && dom->weight ? dom->weight : 1;
}

/* max_pages as a ceiling; negative before anybody set max_pages. */
static inline int64_t dom_ceiling_kib(const struct dom *dom)
{
	return dom->max_kib - MAX_PAGES_SLACK_KIB;
}

/* What a domain may still take from Xen without asking anybody. */
int64_t dom_unused_kib(const struct host *host, const struct dom *dom);

/* The same if its max_pages were ceiling + slack. */
static inline int64_t dom_unused_at_kib(const struct dom *dom, int64_t ceiling_kib)
{
	return kib_max(0, ceiling_kib + MAX_PAGES_SLACK_KIB - dom->actual_kib);
}

/* A fixed guest's lease: up to its target, and no order to come down. */
int64_t dom_fixed_lease_kib(const struct dom *dom);

/*
 * A fixed guest that was lent more than that, as it wasn't fixed yet. Not one that the
 * toolstack ordered to come down: then its lease is just old.
 */
bool dom_fixed_lent(const struct dom *dom, bool ordered);

/* NULL if there is none. */
const struct dom *host_find(const struct host *host, int64_t domid);

/* The waiting reservations alone, in full, and what is kept. */
int64_t reservations_waiting_kib(const struct host *host);

/*
 * What dying domains leave, but for what a reboot gets of it; and of that, what
 * waiting reservations get: nobody need come down for it.
 */
int64_t host_leaves_kib(const struct host *host);
int64_t host_comes_kib(const struct host *host);

/*
 * free - claims - free_min - unbuilt reservations - what domains that aren't
 * guests may still take: shared by host_slack_kib(), plan and admission.
 */
int64_t host_pool_kib(const struct host *host);

#endif
