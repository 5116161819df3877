// SPDX-License-Identifier: GPL-2.0-only
/*
 * Carries out an order below what is in use: dom0's lease is under what the guest
 * has, because others need it more.
 *
 * The kernel's balloon takes no more than MemAvailable, which leaves out what is
 * kept for emergencies, and kswapd swaps out no more than up to the high watermarks,
 * which may be less than that. Guests of 390 MiB, ordered to 265, 256 MiB of swap on a
 * disk, high watermarks of 975 pages and a reserve of 1375 on PVH, 6.12:
 *
 *			without			with this
 *	PVH, 6.12	stops at 315 to 330	there in 6 s
 *	PV, 6.1		there in 26 s		there in 6 s
 *
 * There it had 2 MiB available, and the balloon takes less than the reserve for a
 * failed try: four of them, and it gives up for an hour.
 *
 * So as long as the balloon stands still above such a goal, allocate what must become
 * available and let go of it at once: reclaim does what it does for any task that
 * wants memory. Then wake the balloon. goal.c sees to it that the goal leaves enough.
 */
#include "selfballoon.h"

#include <linux/gfp.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/mm.h>

#define LOOK_MS		100	/* is it standing still? */
#define BATCH_MS	500	/* no longer than that: tasks want memory, too */
#define TAKE_KIB	4096	/* for the balloon: two of its batches */
/*
 * Less often when less comes free: a slow disk, or zram, where pages that can't be
 * compressed take as much as they leave. At last every 6.4 s.
 */
#define VAIN_MAX	6U
#define PEACE_MS	10000	/* none so soon after the kernel was about to kill */

/* As the kernel's balloon: no emergency reserves, no killing, give up early. */
#define GFP_SQUEEZE	(GFP_HIGHUSER | __GFP_NOWARN | __GFP_NORETRY | __GFP_NOMEMALLOC)

static struct task_struct *squeezing;
static unsigned long held;		/* pages */
static u64 last_kib, peace_ms;
static unsigned int vain;		/* batches in a row */

bool squeeze_runs(void)
{
	return READ_ONCE(squeezing);
}

unsigned long squeeze_pages(void)
{
	return READ_ONCE(held);
}

bool squeeze_is_current(void)
{
	return READ_ONCE(squeezing) == current;
}

/* Under oom_lock. @return pages that will be free in a moment, once in PEACE_MS */
unsigned long squeeze_cease(void)
{
	u64 now = now_ms();
	bool first = now >= READ_ONCE(peace_ms);

	WRITE_ONCE(peace_ms, now + PEACE_MS);
	return first ? READ_ONCE(held) : 0;
}

/* @return whether all of @pages could be had */
static bool squeeze(unsigned long pages)
{
	unsigned long end = jiffies + msecs_to_jiffies(BATCH_MS);
	struct page *page, *next;
	LIST_HEAD(list);
	bool all;

	WRITE_ONCE(squeezing, current);
	while (held < pages && time_before(jiffies, end) &&
	       now_ms() >= READ_ONCE(peace_ms)) {
		page = alloc_page(GFP_SQUEEZE);
		if (!page)
			break;
		list_add(&page->lru, &list);
		WRITE_ONCE(held, held + 1);
	}
	all = held >= pages;
	list_for_each_entry_safe(page, next, &list, lru) {
		WRITE_ONCE(held, held - 1);
		__free_page(page);
	}
	/* Only now: kswapd may wake once more for it. */
	WRITE_ONCE(squeezing, NULL);
	return all;
}

/* An order that isn't carried out yet. */
static bool order_open(u64 tot_kib)
{
	unsigned long flags;
	bool open;

	raw_spin_lock_irqsave(&sb.lock, flags);
	open = sb.directed && sb.ceiling_kib < tot_kib &&
	       sb.verdict.goal_kib + TAKE_KIB / 4 < tot_kib;
	raw_spin_unlock_irqrestore(&sb.lock, flags);
	return open && READ_ONCE(selfballooning);
}

static void squeeze_fn(struct work_struct *work)
{
	u64 tot_kib = balloon_tot_kib();

	if (tot_kib != last_kib) {
		vain = 0;
	} else if (order_open(tot_kib)) {
		vain = squeeze(estimate_reserve() + KIB_TO_PAGES(TAKE_KIB)) ? 0 :
		       min(vain + 1, VAIN_MAX);
		balloon_ask(true);
	}
	last_kib = tot_kib;
	squeeze_check();
}

static DECLARE_DELAYED_WORK(squeeze_work, squeeze_fn);

/*
 * Not on react's queue: reclaim may wait for a disk. Freezable as that one is. It goes
 * on by itself until the order is carried out; reclaim makes react() look at the goal.
 */
void squeeze_check(void)
{
	if (order_open(balloon_tot_kib()))
		queue_delayed_work(system_freezable_wq, &squeeze_work,
				   msecs_to_jiffies(LOOK_MS << vain));
}

int squeeze_init(void)
{
	return 0;
}

void squeeze_exit(void)
{
	cancel_delayed_work_sync(&squeeze_work);
}
