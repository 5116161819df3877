// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's numbers, read without a lock and without sleeping: this runs in
 * the out-of-memory path and in a probe.
 */
#include "selfballoon.h"

#include <linux/memcontrol.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/sched/task.h>
#include <linux/swap.h>
#include <linux/vmstat.h>

/* totalreserve_pages is not exported; it is the sum of this over the nodes. */
unsigned long estimate_reserve(void)
{
	unsigned long sum = 0;
	int nid;

	for_each_online_node(nid)
		sum += NODE_DATA(nid)->totalreserve_pages;
	return sum;
}

/*
 * Free pages on the processors' own lists, which NR_FREE_PAGES lacks: up to
 * 30 MiB after a large free. From 6.7 on they go back over half a minute, which
 * would look like a need that falls.
 */
static unsigned long listed_pages(void)
{
	unsigned long sum = 0;
	int nid, i, cpu;

	for_each_online_node(nid) {
		for (i = 0; i < MAX_NR_ZONES; i++) {
			struct zone *zone = &NODE_DATA(nid)->node_zones[i];

			if (!populated_zone(zone))
				continue;
			for_each_online_cpu(cpu)
				sum += READ_ONCE(per_cpu_ptr(zone->per_cpu_pageset, cpu)->count);
		}
	}
	return sum;
}

static unsigned long reclaimable_pages(void)
{
	return global_node_page_state_pages(NR_SLAB_RECLAIMABLE_B) +
	       global_node_page_state(NR_KERNEL_MISC_RECLAIMABLE);
}

/*
 * What is in use and on no list of evictable pages: slab, page tables, stacks,
 * vmalloc, drivers, huge pages, zram's pool. Taken as the rest, because nobody
 * counts all of them. To it comes what can't be evicted and was never promised
 * to a process: the unevictable list without mlock(), which is ramfs.
 */
static unsigned long kernel_pages(unsigned long reclaimable)
{
	long rest = totalram_pages() - global_zone_page_state(NR_FREE_PAGES) -
		    listed_pages() - reclaimable -
		    global_node_page_state(NR_ISOLATED_ANON) -
		    global_node_page_state(NR_ISOLATED_FILE);
	long fixed = global_node_page_state(NR_UNEVICTABLE) -
		     global_zone_page_state(NR_MLOCK);
	enum lru_list lru;

	for_each_lru(lru)
		rest -= global_node_page_state(NR_LRU_BASE + lru);
	return max(rest, 0L) + max(fixed, 0L);
}

/*
 * In swap and not in memory, too. total_swap_pages is not exported: the most that was free
 * since the module was loaded. After a swapoff that is too much, and need is what it would be
 * without idle_update(); what was out at loading is missing, and held for untouched.
 */
static u64 swapped_kib(u64 free_kib)
{
	static u64 most_kib;
	u64 used_kib, both_kib = 0;

	WRITE_ONCE(most_kib, max(READ_ONCE(most_kib), free_kib));
	used_kib = READ_ONCE(most_kib) - free_kib;
#ifdef CONFIG_SWAP
	both_kib = PAGES_TO_KIB(global_node_page_state(NR_SWAPCACHE));
#endif
	return used_kib - min(used_kib, both_kib);
}

/*
 * The multi-generational LRU doesn't count what was near. Whether it is on nobody exports,
 * but every control group's lists know: here the root's, where the idle task is.
 */
static bool lru_gen_on(void)
{
	bool on = false;
#ifdef CONFIG_LRU_GEN
	int nid = first_online_node;

	if (mem_cgroup_disabled())
		return READ_ONCE(NODE_DATA(nid)->__lruvec.lrugen.enabled);
#ifdef CONFIG_MEMCG
	rcu_read_lock();
	on = READ_ONCE(mem_cgroup_from_task(&init_task)->nodeinfo[nid]->lruvec.lrugen.enabled);
	rcu_read_unlock();
#endif
#endif
	return on;
}

/*
 * si_mem_available() takes the low watermarks off the cache and off what slab can be
 * reclaimed, or half of each: so much of that is only the wire. @return pages
 */
static unsigned long wired_pages(unsigned long reclaimable)
{
	unsigned long file = (global_node_page_state(NR_ACTIVE_FILE) +
			      global_node_page_state(NR_INACTIVE_FILE)) / 2;
	unsigned long wire = tripwire_pages(), low = wire;
	int i;

	if (!wire)
		return 0;
	for (i = 0; i < MAX_NR_ZONES; i++)
		low += NODE_DATA(first_online_node)->node_zones[i]._watermark[WMARK_LOW];
	reclaimable /= 2;
	return min(file, low) - min(file, low - wire) +
	       min(reclaimable, low) - min(reclaimable, low - wire);
}

void estimate_gather(struct goal_input *in)
{
	unsigned long reclaimable = reclaimable_pages();

	in->committed_kib = PAGES_TO_KIB(vm_memory_committed());
	/* What is locked is on neither list. */
	in->anon_kib = PAGES_TO_KIB(global_node_page_state(NR_ACTIVE_ANON) +
				    global_node_page_state(NR_INACTIVE_ANON) +
				    global_node_page_state(NR_ISOLATED_ANON) +
				    global_zone_page_state(NR_MLOCK));
	in->reserve_kib = PAGES_TO_KIB(estimate_reserve());
	in->kernel_kib = PAGES_TO_KIB(kernel_pages(reclaimable)) +
			 goal_unreclaimable(PAGES_TO_KIB(reclaimable), in->reserve_kib);
	in->avail_kib = PAGES_TO_KIB(si_mem_available() + wired_pages(reclaimable));
	in->swap_kib = PAGES_TO_KIB(max(get_nr_swap_pages(), 0L));
	in->swapped_kib = swapped_kib(in->swap_kib);
	in->free_kib = PAGES_TO_KIB(global_zone_page_state(NR_FREE_PAGES));
	in->cache_kib = PAGES_TO_KIB(global_node_page_state(NR_ACTIVE_FILE));
	in->refault_kib = PAGES_TO_KIB(global_node_page_state(WORKINGSET_REFAULT_FILE));
	in->near_kib = lru_gen_on() ? in->refault_kib :
			PAGES_TO_KIB(global_node_page_state(WORKINGSET_ACTIVATE_FILE));
	in->swapback_kib = PAGES_TO_KIB(global_node_page_state(WORKINGSET_REFAULT_ANON));
	in->squeezed_kib = PAGES_TO_KIB(squeeze_pages());
}

/*
 * Watermarks are boosted when page blocks are stolen, by up to 1.5 times the high
 * mark, and kswapd takes the boost back. Where nothing is reclaimable it has given
 * up, the boost stays, and a guest is killed with that much free: seen on PVH, 48 of
 * 77 MiB. @return the pages that became usable
 */
unsigned long estimate_unboost(void)
{
	unsigned long flags, sum = 0;
	int nid, i;

	for_each_online_node(nid) {
		for (i = 0; i < MAX_NR_ZONES; i++) {
			struct zone *zone = &NODE_DATA(nid)->node_zones[i];

			if (!READ_ONCE(zone->watermark_boost))
				continue;
			spin_lock_irqsave(&zone->lock, flags);
			sum += zone->watermark_boost;
			zone->watermark_boost = 0;
			spin_unlock_irqrestore(&zone->lock, flags);
		}
	}
	tripwire_spring(-1);
	return sum;
}

/* all_vm_events() sums the same but takes the processors' hotplug lock. */
u64 estimate_swapins(void)
{
	u64 sum = 0;
#ifdef CONFIG_SWAP
	int cpu;

	for_each_possible_cpu(cpu)
		sum += per_cpu(vm_event_states, cpu).event[PSWPIN];
#endif
	return sum;
}

u64 estimate_refaults(void)
{
	return (u64)global_node_page_state(WORKINGSET_REFAULT_ANON) +
	       global_node_page_state(WORKINGSET_REFAULT_FILE);
}
