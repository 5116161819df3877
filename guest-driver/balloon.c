// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's own balloon driver: the only file that reads balloon_stats or
 * calls balloon_set_new_target().
 *
 * Units. balloon_stats and Xen's tot_pages differ by a constant (on PVH, the
 * pages that the kernel never saw as RAM), as do tot_pages and MemTotal. Both
 * are taken while the balloon rests: in the middle of a batch the three counts
 * are up to 512 pages apart.
 *
 * Foreign targets. The stock watch on memory/target sets the target and wakes a
 * thread that obeys at full speed. A probe at the entry of
 * balloon_set_new_target() replaces the argument before it is stored, so the
 * thread never sees a target that would kill the guest; whoever calls it (the
 * watch, or root through target_kb). Without kprobes the watch of lease.c comes
 * right after and the overshoot is what the thread did in between.
 */
#include "selfballoon.h"

#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/sched.h>

#include <xen/interface/xen.h>
#include <xen/interface/memory.h>
#include <xen/balloon.h>
#include <asm/xen/hypercall.h>

/* 52 bits of physical address: any target beyond it asks for all there is. The stock
 * driver takes up to 2^62 pages, and that many would be 0 KiB in 64 bits. */
#define PAGES_MOST	(1UL << (52 - PAGE_SHIFT))

/* Under sb.lock; balloon_pages() reads the first one without. */
static long tot_delta;			/* tot_pages - balloon_stats.current_pages */
static long hidden_pages;		/* tot_pages - totalram_pages() */
static unsigned long room_pages;	/* tot_pages with an empty balloon */
static unsigned long asked_pages;	/* by others, balloon units */

static DEFINE_SPINLOCK(ask_lock);
static struct task_struct *asking;	/* calls for ourselves */
static unsigned long set_pages, seen_pages;
static bool probed;

static long reservation(unsigned int op)
{
	domid_t domid = DOMID_SELF;

	return HYPERVISOR_memory_op(op, &domid);
}

static void units_refresh(bool at_rest)
{
	unsigned long current_pages = READ_ONCE(balloon_stats.current_pages);
	unsigned long empty = balloon_stats.balloon_low + balloon_stats.balloon_high;
	unsigned long ram = totalram_pages();
	long tot = reservation(XENMEM_current_reservation);

	if (tot <= 0)
		return;
	if (at_rest && (current_pages != READ_ONCE(balloon_stats.target_pages) ||
			current_pages != READ_ONCE(balloon_stats.current_pages)))
		return;
	WRITE_ONCE(tot_delta, tot - (long)current_pages);
	hidden_pages = tot - (long)ram;
	room_pages = tot + empty;
}

void balloon_asked_set(unsigned long pages)
{
	/* The stock watch subtracts an offset and may fall under zero. */
	WRITE_ONCE(asked_pages, (long)pages < 0 ? 0 : min(pages, PAGES_MOST));
}

void balloon_gather(struct goal_input *in)
{
	long max = reservation(XENMEM_maximum_reservation);
	unsigned long target;

	units_refresh(true);
	target = READ_ONCE(balloon_stats.target_pages);
	if (!probed && target != READ_ONCE(set_pages))
		balloon_asked_set(target);

	in->tot_kib = PAGES_TO_KIB(READ_ONCE(balloon_stats.current_pages) + tot_delta);
	in->hidden_kib = PAGES_TO_KIB(max(hidden_pages, 0L));
	in->room_kib = PAGES_TO_KIB(room_pages);
	in->max_kib = max > 0 ? PAGES_TO_KIB(max) : 0;
	in->asked_kib = PAGES_TO_KIB(max((long)asked_pages + tot_delta, 0L));
}

unsigned long balloon_pages(u64 tot_kib)
{
	return max((long)KIB_TO_PAGES(tot_kib) - READ_ONCE(tot_delta), 1L);
}

/*
 * After a failed attempt the stock thread sleeps for 2 s and more, up to an
 * hour, and only a target that differs wakes it. @kick: something changed that
 * may let it succeed, so where it rests short of its target, move that by a page.
 */
void balloon_ask(bool kick)
{
	unsigned long pages, current_pages;

	spin_lock(&ask_lock);
	pages = balloon_pages(READ_ONCE(sb.verdict.goal_kib));
	current_pages = READ_ONCE(balloon_stats.current_pages);
	if (kick && pages > current_pages && current_pages == seen_pages &&
	    pages == READ_ONCE(balloon_stats.target_pages))
		pages--;
	else if (pages == READ_ONCE(balloon_stats.target_pages) ||
		 (pages == READ_ONCE(balloon_stats.target_pages) + 1 && !kick))
		goto out;

	WRITE_ONCE(set_pages, pages);
	WRITE_ONCE(asking, current);
	balloon_set_new_target(pages);
	WRITE_ONCE(asking, NULL);
out:
	seen_pages = current_pages;
	spin_unlock(&ask_lock);
}

static int target_entry(struct kprobe *probe, struct pt_regs *regs)
{
	if (READ_ONCE(asking) != current)
		first_argument_set(regs, react_foreign(first_argument(regs)));
	return 0;
}

static struct kprobe target_probe = {
	.symbol_name = "balloon_set_new_target",
	.pre_handler = target_entry,
};

int balloon_init(void)
{
	int r;

	units_refresh(false);
	if (!room_pages) {
		pr_err("Xen does not tell this domain's size\n");
		return -ENODEV;
	}
	balloon_asked_set(balloon_stats.target_pages);
	set_pages = asked_pages;
	r = register_kprobe(&target_probe);
	probed = !r;
	if (r)
		pr_notice("no kprobe on the balloon (%d): targets are corrected after the fact\n", r);
	return 0;
}

void balloon_exit(void)
{
	unsigned long held;

	if (probed)
		unregister_kprobe(&target_probe);
	/* What was held back from an order because it is used or is the floor is
	 * not given away by leaving; nor does it grow by that. */
	held = min(balloon_pages(READ_ONCE(sb.verdict.goal_kib)),
		   READ_ONCE(balloon_stats.current_pages));
	balloon_set_new_target(max(held, asked_pages));
}
