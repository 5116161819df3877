/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts of the module and who may call what.
 *
 *	grow ──┐				   ┌── balloon (the kernel's balloon)
 *	lease ─┼─> react: gather, goal_decide ─────┤
 *	survive┘	(under sb.lock)		   └── report (xenbus, own work)
 *	tick ──┘
 *
 * squeeze works beside them while an order below what is in use is open: it makes
 * memory available and wakes the kernel's balloon.
 *
 * Locks: sb.lock guards everything in struct selfballoon; it is a raw spinlock,
 * because the kprobe on the kernel's balloon takes it where nothing may sleep, and
 * under it only counters are read, whose own locks are raw as well.
 * balloon.c's ask_lock orders what is asked; sb.lock may be taken under it, never
 * the other way round. It is no raw one: under it the stock driver is called, which
 * wakes a thread. xenbus is called with no lock held, from the report work
 * and the watch thread only.
 */
#ifndef SELFBALLOON_H
#define SELFBALLOON_H

/* Included first everywhere, for this. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "foreign.h"
#include "goal.h"
#include "tunables.h"

#define PAGES_TO_KIB(n)	((u64)(n) << (PAGE_SHIFT - 10))
#define KIB_TO_PAGES(n)	((n) >> (PAGE_SHIFT - 10))

struct selfballoon {
	raw_spinlock_t lock;

	/* What is decided from, and what was decided last. */
	struct goal_state state;
	struct goal_verdict verdict;
	u64 tot_kib, committed_kib, avail_kib;
	u64 tick_ms;			/* when the last interval began */

	/* What dom0 says. */
	bool directed;
	u64 ceiling_kib, epoch;
	u64 static_max_kib;
	u64 dom0_seen_ms;		/* last sign of life; 0 never */

	/* What dom0 was told. */
	struct goal_said said;
	u64 boot, seq;

	atomic64_t rescues, refused, reports;
	u64 overshoot_kib;

	bool whole;			/* kexec: all of it is needed now */
};

extern struct selfballoon sb;

static inline u64 now_ms(void)
{
	return ktime_get_boottime_ns() / NSEC_PER_MSEC;
}

/* main.c */
#define TUNABLE_DECLARE(name, ...) extern unsigned int name;
SELFBALLOON_TUNABLES(TUNABLE_DECLARE)

/* react.c: look, decide, act. Callable from any context that isn't an interrupt. */
int react_init(void);
void react_exit(void);
void react(unsigned int events);
void react_soon(unsigned int events);	/* by work; from anywhere */
unsigned long react_foreign(unsigned long asked_pages);

/* balloon.c: the kernel's balloon, its units and its one call. */
int balloon_init(void);
void balloon_exit(void);		/* back to what was asked of it last */
void balloon_gather(struct goal_input *in);	/* sb.lock held */
u64 balloon_tot_kib(void);
unsigned long balloon_pages(u64 tot_kib);	/* in its own units */
void balloon_asked_set(unsigned long pages);	/* sb.lock held */
void balloon_told(u64 target_kib);	/* by the watch, then react() */
void balloon_ask(bool kick);		/* brings it to sb.verdict.goal_kib */

/* estimate.c */
void estimate_gather(struct goal_input *in);
unsigned long estimate_reserve(void);	/* pages */
unsigned long estimate_unboost(void);
u64 estimate_swapins(void);
u64 estimate_refaults(void);

/* tripwire.c: tells that memory becomes short before reclaim begins. */
void tripwire_enable(void);		/* may sleep, both */
void tripwire_disable(void);
void tripwire_check(void);		/* disarms it where it is of no use; from anywhere */
unsigned int tripwire_arm(void);	/* from react's queue; @return ms until it may be, 0 never */
bool tripwire_spring(int stolen_zid);	/* from anywhere; @return whether it was armed */
unsigned long tripwire_pages(void);	/* that it hides from MemAvailable, once or twice */

/* squeeze.c: makes room for an order that the balloon can't carry out alone. */
int squeeze_init(void);
void squeeze_exit(void);
void squeeze_check(void);
bool squeeze_runs(void);
bool squeeze_is_current(void);
unsigned long squeeze_pages(void);	/* that it holds now, in use by nobody else */
unsigned long squeeze_cease(void);

/* lease.c, grow.c, survive.c, kexec.c, report.c, sysfs.c */
int lease_init(void);
void lease_exit(void);
int grow_init(void);
void grow_exit(void);
int survive_init(void);
void survive_exit(void);
int kexec_init(void);
void kexec_exit(void);
int report_init(void);
void report_exit(void);
void report_schedule(u64 due_ms);
void report_check(void);		/* is it still in the store? */
void report_queue_work(struct delayed_work *work, u64 due_ms);	/* may use xenbus */
int sysfs_init(void);
void sysfs_exit(void);

/* Range of a tunable: sysfs.c writes by name, main.c's parameters too. */
int tunable_set(unsigned int *value, const char *text);

#endif
