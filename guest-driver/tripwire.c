// SPDX-License-Identifier: GPL-2.0-only
/*
 * A notice before memory is short. kswapd wakes at the low watermark and reclaims while
 * the balloon only begins to grow: a spike within a full lease swapped out 1 (PV, 6.1) to
 * 1054 pages (PVH, 6.12), with 300 MiB to be had from Xen. What 6.12 hides from it is in
 * DESIGN.md.
 *
 * The kernel boosts its watermarks itself when page blocks are stolen (boost_watermark()
 * in mm/page_alloc.c), and wakes kswapd when free memory falls below. As long as this
 * guest may grow inside its lease, and so much lies free that nobody notices, they are
 * boosted the same way. Whoever falls below them first springs the wire before kswapd
 * runs: the watermarks are what they were, kswapd finds enough free and sleeps on, and
 * the balloon has that much memory's time to begin. MiB, guests of 512:
 *
 *	free	may grow by	| wire
 *	 64	300		| armed, springs at 16 above the low watermark
 *	 24	300		| at about 10
 *	 12	300		| not armed, but stays if it was
 *	 64	  0		| disarmed: a notice would help nobody
 *
 * While it is armed every task that enters the allocator's slow path springs it, however
 * much is free (dirty limits, high orders): so it rests a while after that.
 */
#include "selfballoon.h"

#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/pageblock-flags.h>
#include <linux/preempt.h>
#include <linux/vmstat.h>
#include <linux/wait.h>

#define LEAST_KIB	8192
#define MOST_KIB	(128 * 1024)	/* of the least */
#define REST_MS		200

static unsigned long raised[MAX_NR_ZONES];	/* pages; written by tripwire_arm() only */
static enum { UNARMED, ARMED, SPRINGS } wire;
static bool enabled;
static u64 sprung_ms;

static struct pglist_data *node(void)
{
	return NODE_DATA(first_online_node);
}

/* How far watermarks are raised in all, at least; twice that at most. */
static unsigned long least_pages(void)
{
	return clamp(totalram_pages() / 64, KIB_TO_PAGES(LEAST_KIB), KIB_TO_PAGES(MOST_KIB));
}

static unsigned long boosted_pages(void)
{
	unsigned long sum = 0;
	int i;

	for (i = 0; i < MAX_NR_ZONES; i++)
		sum += READ_ONCE(node()->node_zones[i].watermark_boost);
	return sum;
}

unsigned long tripwire_pages(void)
{
	return READ_ONCE(wire) != UNARMED ? min(boosted_pages(), 2 * least_pages()) : 0;
}

static void take_back(int stolen_zid)
{
	int i;

	for (i = 0; i < MAX_NR_ZONES; i++) {
		struct zone *zone = &node()->node_zones[i];
		unsigned long boost = READ_ONCE(zone->watermark_boost), left;

		do {
			left = boost - min(boost, raised[i]);
			if (i == stolen_zid)
				left = max(left, min(boost, pageblock_nr_pages));
		} while (!try_cmpxchg(&zone->watermark_boost, &boost, left));
	}
}

/*
 * From a probe in the page allocator, so without zone->lock, which sleeps on PREEMPT_RT.
 * Against the kernel's own boost one of the two may be lost; kswapd takes back what stays.
 * @stolen_zid: the kernel has boosted that zone, which its own bound hides under ours; -1:
 * none
 */
bool tripwire_spring(int stolen_zid)
{
	bool springs;

	if (READ_ONCE(wire) != ARMED)
		return false;
	/* Until all is taken back no other task can: kswapd would reclaim for it. */
	preempt_disable();
	springs = cmpxchg(&wire, ARMED, SPRINGS) == ARMED;
	if (springs) {
		WRITE_ONCE(sprung_ms, now_ms());
		take_back(stolen_zid);
		/* Pairs with tripwire_arm(): raised[] may be written again. */
		smp_store_release(&wire, UNARMED);
	}
	preempt_enable();
	return springs;
}

/* What it may grow by without asking anybody, pages. */
static unsigned long may_grow(void)
{
	unsigned long flags;
	u64 kib = 0;

	raw_spin_lock_irqsave(&sb.lock, flags);
	if (sb.directed && sb.verdict.reach_kib > sb.tot_kib)
		kib = sb.verdict.reach_kib - sb.tot_kib;
	raw_spin_unlock_irqrestore(&sb.lock, flags);
	return READ_ONCE(selfballooning) ? KIB_TO_PAGES(kib) : 0;
}

void tripwire_check(void)
{
	if (READ_ONCE(wire) == ARMED && (!READ_ONCE(enabled) || may_grow() < least_pages()))
		tripwire_spring(-1);
}

static bool rests(void)
{
	/* First: somebody may set it later than what the clock says here. */
	u64 since_ms = READ_ONCE(sprung_ms);

	return now_ms() - since_ms < REST_MS;
}

static bool kswapd_sleeps(void)
{
	/* A guess, without a barrier: who wakes it just now springs the wire. */
	return waitqueue_active(&node()->kswapd_wait);
}

static void raise(unsigned long pages)
{
	unsigned long flags, managed = 0;
	int i;

	for (i = 0; i < MAX_NR_ZONES; i++)
		managed += zone_managed_pages(&node()->node_zones[i]);
	for (i = 0; i < MAX_NR_ZONES; i++) {
		struct zone *zone = &node()->node_zones[i];

		raised[i] = mult_frac(pages, zone_managed_pages(zone), max(managed, 1UL));
		spin_lock_irqsave(&zone->lock, flags);
		zone->watermark_boost += raised[i];
		spin_unlock_irqrestore(&zone->lock, flags);
	}
}

/*
 * A guest with several nodes goes without: which of them is short says little there. Not
 * while kswapd is awake either, or has given up, when who falls below wakes nobody. What
 * the kernel resets (memory hotplug, min_free_kbytes) or lowers to its own bound is raised
 * anew.
 */
unsigned int tripwire_arm(void)
{
	unsigned long free = global_zone_page_state(NR_FREE_PAGES), reserve = estimate_reserve();
	unsigned long least = least_pages(), pages = free > reserve ? (free - reserve) / 2 : 0;

	if (READ_ONCE(wire) == ARMED) {
		if (boosted_pages() + MAX_NR_ZONES >= least)	/* each is rounded down */
			return 0;
		tripwire_spring(-1);
	}
	if (!READ_ONCE(enabled) || num_online_nodes() > 1 || kswapd_hopeless(node()) ||
	    may_grow() < least || pages < least)
		return 0;
	if (rests() || !kswapd_sleeps())
		return REST_MS;
	/* Pairs with tripwire_spring(): it has read raised[]. */
	if (smp_load_acquire(&wire) != UNARMED)
		return REST_MS;
	raise(min(pages, 2 * least));
	/* Pairs with its cmpxchg(): raised[] is written. */
	smp_store_release(&wire, ARMED);
	/* Pairs with tripwire_disable(): it sees that, or this finds it of no use. */
	smp_mb();
	/* Woken by what was raised, or asked by the guard, before anybody could spring it? */
	if (!kswapd_sleeps() || rests()) {
		tripwire_spring(-1);
		return REST_MS;
	}
	tripwire_check();
	return 0;
}

/*
 * What the kernel computes of its watermarks once and keeps, it computes of these too:
 * totalreserve_pages at each look at vm.lowmem_reserve_ratio (need was 14 MiB more from
 * then on), the processors' lists and when zones are counted exactly as processors come
 * and go. It doesn't find them raised: REST_MS is time enough. It does where it computes
 * just while they are raised, some microseconds, or probes don't fire
 * (kernel.ftrace_enabled=0): until it computes the next time.
 */
static int guard_entry(struct kprobe *probe, struct pt_regs *regs)
{
	WRITE_ONCE(sprung_ms, now_ms());
	smp_mb();	/* pairs with tripwire_arm(): it sees that, or this finds it armed */
	if (tripwire_spring(-1))
		react_soon(0);
	return 0;
}

static struct kprobe guards[] = {
	{ .symbol_name = "calculate_totalreserve_pages", .pre_handler = guard_entry },
	{ .symbol_name = "zone_set_pageset_high_and_batch", .pre_handler = guard_entry },
	{ .symbol_name = "refresh_zone_stat_thresholds", .pre_handler = guard_entry },
};

static struct kprobe *guard_list[] = { &guards[0], &guards[1], &guards[2] };

/* Somebody hears it spring. */
void tripwire_enable(void)
{
	int r = register_kprobes(guard_list, ARRAY_SIZE(guard_list));

	if (r)
		pr_notice("no kprobe on the watermarks' users (%d): growth begins later\n", r);
	else
		WRITE_ONCE(enabled, true);
}

void tripwire_disable(void)
{
	if (!READ_ONCE(enabled))
		return;
	WRITE_ONCE(enabled, false);
	smp_mb();	/* pairs with tripwire_arm(): who arms it after this takes it back */
	tripwire_check();
	unregister_kprobes(guard_list, ARRAY_SIZE(guard_list));
}
