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
 * watch, or root through target_kb).
 *
 * The probe is only the fast way: it may be missing, or be switched off behind our
 * back (kernel.ftrace_enabled=0 does). So before anything is asked of the balloon,
 * a target that neither we nor the probe put there is taken as a foreign one. The
 * watch of lease.c looks right after the stock one, though before it once the guest
 * was restored; then the next tick or reclaim does. The overshoot is what the
 * thread did in between.
 */
#include "selfballoon.h"

#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include <xen/interface/xen.h>
#include <xen/interface/memory.h>
#include <xen/balloon.h>
#include <asm/xen/hypercall.h>

/*
 * 52 bits of physical address: any target beyond it asks for all there is. The stock
 * driver takes up to 2^62 pages, and that many would be 0 KiB in 64 bits.
 */
#define PAGES_MOST	(1UL << (52 - PAGE_SHIFT))

/* Under sb.lock; the first one is also read without. */
static long tot_delta;			/* tot_pages - balloon_stats.current_pages */
static long hidden_pages;		/* tot_pages - totalram_pages() */
static unsigned long room_pages;	/* tot_pages with an empty balloon */
static unsigned long asked_pages;	/* by others, balloon units */

static DEFINE_SPINLOCK(ask_lock);
static struct task_struct *asking;	/* calls for ourselves */
static struct foreign seen;		/* under ask_lock */
static unsigned long let_pages;		/* what the probe made of one; 0: seen since */
static unsigned long seen_pages;
static unsigned int probe_hits;
static bool probed, leaving;

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

u64 balloon_tot_kib(void)
{
	return PAGES_TO_KIB(READ_ONCE(balloon_stats.current_pages) + READ_ONCE(tot_delta));
}

void balloon_gather(struct goal_input *in)
{
	long max = reservation(XENMEM_maximum_reservation);

	units_refresh(true);
	in->tot_kib = balloon_tot_kib();
	in->hidden_kib = PAGES_TO_KIB(max(hidden_pages, 0L));
	in->room_kib = PAGES_TO_KIB(room_pages);
	in->max_kib = max > 0 ? PAGES_TO_KIB(max) : 0;
	in->asked_kib = PAGES_TO_KIB(max((long)asked_pages + tot_delta, 0L));
}

unsigned long balloon_pages(u64 tot_kib)
{
	return max((long)KIB_TO_PAGES(tot_kib) - READ_ONCE(tot_delta), 1L);
}

/* ask_lock held. */
static bool target_foreign(unsigned long target)
{
	bool let = cmpxchg(&let_pages, target, 0) == target;

	return foreign_target(&seen, target, let, READ_ONCE(probe_hits), now_ms());
}

void balloon_told(u64 target_kib)
{
	spin_lock(&ask_lock);
	foreign_told(&seen, target_kib, READ_ONCE(probe_hits), now_ms());
	spin_unlock(&ask_lock);
}

/*
 * After a failed attempt the stock thread sleeps for 2 s and more, up to an
 * hour, and only a target that differs wakes it. @kick: something changed that
 * may let it succeed, so where it rests short of its target, move that by a page;
 * towards what it has, since beyond would be more than was decided.
 */
void balloon_ask(bool kick)
{
	unsigned long pages, current_pages, target;

	spin_lock(&ask_lock);
	current_pages = READ_ONCE(balloon_stats.current_pages);
	target = READ_ONCE(balloon_stats.target_pages);
	if (target_foreign(target)) {
		if (probed)
			pr_warn_once("a target came past the kprobe (is kernel.ftrace_enabled 0?): such are corrected after the fact\n");
		pages = react_foreign(target);
	} else {
		pages = balloon_pages(READ_ONCE(sb.verdict.goal_kib));
	}
	if (kick && pages != current_pages && current_pages == seen_pages && pages == target)
		pages += pages < current_pages ? 1 : -1;
	else if (pages == target || (pages == target + 1 && !kick))
		goto out;

	seen.set_pages = pages;
	WRITE_ONCE(asking, current);
	balloon_set_new_target(pages);
	WRITE_ONCE(asking, NULL);
out:
	seen_pages = current_pages;
	spin_unlock(&ask_lock);
}

static int target_entry(struct kprobe *probe, struct pt_regs *regs)
{
	unsigned long pages;

	if (READ_ONCE(asking) == current)
		return 0;
	if (READ_ONCE(leaving)) {
		balloon_asked_set(first_argument(regs));
		return 0;
	}
	pages = react_foreign(first_argument(regs));
	WRITE_ONCE(let_pages, pages);
	WRITE_ONCE(probe_hits, probe_hits + 1);
	first_argument_set(regs, pages);
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
	seen.set_pages = READ_ONCE(balloon_stats.target_pages);
	balloon_asked_set(seen.set_pages);
	r = register_kprobe(&target_probe);
	probed = !r;
	if (r)
		pr_notice("no kprobe on the balloon (%d): targets are corrected after the fact\n", r);
	return 0;
}

/*
 * Nobody else of this module is left. What was held back from an order because it is
 * used or is the floor is not given away by leaving; nor does it grow by that.
 *
 * A target may come at any moment. The probe goes last and only takes note of it: one
 * that was noted before our own is stored makes us store again, any other comes after
 * ours and stands.
 */
void balloon_exit(void)
{
	unsigned long held, asked, target;

	WRITE_ONCE(leaving, true);
	/* A call that the probe had changed may not have got to the store yet. */
	synchronize_rcu_tasks();
	target = READ_ONCE(balloon_stats.target_pages);
	if (target_foreign(target))
		balloon_asked_set(target);
	held = min(balloon_pages(READ_ONCE(sb.verdict.goal_kib)),
		   READ_ONCE(balloon_stats.current_pages));
	WRITE_ONCE(asking, current);
	do {
		asked = READ_ONCE(asked_pages);
		balloon_set_new_target(max(held, asked));
		smp_mb();	/* stored, then looked; the probe notes, then it is stored */
	} while (asked != READ_ONCE(asked_pages));
	if (probed)
		unregister_kprobe(&target_probe);
}
