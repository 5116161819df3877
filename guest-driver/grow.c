// SPDX-License-Identifier: GPL-2.0-only
/*
 * Committed_AS rises without an event, but memory can't be used up without
 * reclaim beginning: kswapd wakes at the low watermark, long before anything
 * fails. Trace points say so, and of the wire before that; their handlers only queue
 * work.
 */
#include "selfballoon.h"

#include <linux/jiffies.h>
#include <linux/mmzone.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <linux/vmstat.h>

/* Direct reclaim may begin thousands of times a second. */
#define QUIET_JIFFIES	(HZ / 100 ? HZ / 100 : 1)

/* Of reclaim for tasks, and of that for an order. */
static unsigned long last_jiffies[2];
static bool sprung;		/* the wire: kswapd was woken for nothing */

/*
 * While squeeze carries an order out reclaim is its work, and nobody stalls: then it is
 * only time to look at the goal again.
 */
static void reclaim_seen(bool squeezed)
{
	unsigned long now = jiffies;

	if (time_before(now, READ_ONCE(last_jiffies[squeezed]) + QUIET_JIFFIES))
		return;
	WRITE_ONCE(last_jiffies[squeezed], now);
	react_soon(squeezed ? 0 : GOAL_RECLAIM);
}

/* Does kswapd find enough free for those who woke it, single pages (pgdat_balanced())? */
static bool suffices(int nid, int zid)
{
	int i;

	for (i = 0; i <= zid; i++) {
		struct zone *zone = &NODE_DATA(nid)->node_zones[i];

		if (managed_zone(zone) && zone_page_state(zone, NR_FREE_PAGES) >
		    zone->_watermark[WMARK_HIGH] + zone->lowmem_reserve[zid] +
		    zone->nr_reserved_highatomic)
			return true;
	}
	return false;
}

/*
 * Nobody knows for whom: while squeeze runs, half a second at most, a task that really
 * lacks memory reclaims itself.
 */
static void kswapd_woke(void *data, int nid, int zid, int order)
{
	/* Where it woke without a call, as it does from its nap. */
	tripwire_spring(-1);
	/* Woken by the wire alone, it finds enough. */
	if (!xchg(&sprung, false) || !suffices(nid, zid))
		reclaim_seen(squeeze_runs());
}

/*
 * In the task that wants a page, before kswapd runs; without any flags it has stolen a
 * page block instead (rmqueue() in mm/page_alloc.c).
 */
static void kswapd_wakes(void *data, int nid, int zid, int order, gfp_t gfp)
{
	unsigned long wire = tripwire_pages();
	bool stolen = !gfp && !order, goes;

	if (!tripwire_spring(stolen ? zid : -1))
		return;
	WRITE_ONCE(sprung, !stolen);
	/*
	 * Memory goes, as when kswapd wakes; other reasons (see tripwire.c) say nothing. To the
	 * balloon perhaps; a task's spike may begin while it still shrinks.
	 */
	goes = global_zone_page_state(NR_FREE_PAGES) < estimate_reserve() + wire &&
	       !squeeze_runs();
	react_soon(goes ? GOAL_RECLAIM : 0);
}

static void direct_reclaim_began(void *data, int order, gfp_t gfp)
{
	tripwire_spring(-1);
	reclaim_seen(squeeze_is_current());
}

static struct hook {
	const char *name;
	void *handler;
	struct tracepoint *point;
} hooks[] = {
	{ "mm_vmscan_wakeup_kswapd", kswapd_wakes },
	{ "mm_vmscan_kswapd_wake", kswapd_woke },
	{ "mm_vmscan_direct_reclaim_begin", direct_reclaim_began },
};

static void hook_find(struct tracepoint *point, void *data)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(hooks); i++)
		if (!strcmp(point->name, hooks[i].name))
			hooks[i].point = point;
}

/* Without a hook the others and the tick remain: slower, not wrong. */
int grow_init(void)
{
	bool all = true;
	size_t i;

	last_jiffies[0] = last_jiffies[1] = jiffies - QUIET_JIFFIES;
	for_each_kernel_tracepoint(hook_find, NULL);
	for (i = 0; i < ARRAY_SIZE(hooks); i++) {
		if (hooks[i].point &&
		    !tracepoint_probe_register(hooks[i].point, hooks[i].handler, NULL))
			continue;
		hooks[i].point = NULL;
		all = false;
		pr_notice("no trace point %s: growth begins later\n",
			  hooks[i].name);
	}
	if (all)
		tripwire_enable();
	return 0;
}

void grow_exit(void)
{
	size_t i;

	tripwire_disable();
	for (i = 0; i < ARRAY_SIZE(hooks); i++)
		if (hooks[i].point)
			tracepoint_probe_unregister(hooks[i].point,
						    hooks[i].handler, NULL);
	tracepoint_synchronize_unregister();
}
