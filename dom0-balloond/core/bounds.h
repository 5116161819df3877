/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between what bounds each guest may be planned: policy, Xen's facts and the
 * guest's word brought into one order,
 *	floor <= need <= want <= high, and held <= high, all whole pages.
 * Fills dom->bounds for guests; the levels and the checker read nothing else.
 */
#ifndef BALLOOND_CORE_BOUNDS_H
#define BALLOOND_CORE_BOUNDS_H

#include "host.h"
#include "kib.h"

void bounds_update(struct dom *dom, uint64_t now_ms);

/* The size limit of the memory map in tot_pages; KIB_NONE: not known. */
static inline int64_t dom_static_max_kib(const struct dom *dom)
{
	return dom->static_max_kib > 0 ? dom->static_max_kib - dom->offset_kib
				       : KIB_NONE;
}

/* Never planned below this: what it is held at, nor under its floor. */
static inline int64_t bounds_least_kib(const struct dom *dom)
{
	return kib_max(dom->bounds.held_kib, kib_min(dom->actual_kib, dom->bounds.floor_kib));
}

/* What admission counts for a guest: nobody can take that from it. */
int64_t dom_guaranteed_kib(const struct dom *dom);

/*
 * Under a lower minimum of the administrator's a guest still goes no lower than this by
 * itself: nobody is promised that, nor waits for it, nor asks for it. Of its own word.
 */
int64_t dom_stays_kib(const struct dom *dom);

/* Its target or its memory lies above the maximum set for it, be it by a page. */
bool dom_above_limit(const struct dom *dom);

/* Changes of target smaller than this wait: 4 MiB (setting) or 1/32. */
int64_t dom_hysteresis_kib(const struct host_config *config, const struct dom *dom);

#endif
