// SPDX-License-Identifier: GPL-2.0-only
/*
 * The report: one line, one write, when dom0 should know (goal_report_due()).
 * A queue of its own, so that a slow xenstored never delays the balloon.
 */
#include "selfballoon.h"

#include <linux/sched/mm.h>
#include <xen/xenbus.h>

#include "record.h"
#include "schema.h"
#include "selfballoon_trace.h"

#define REPORT_DIR	"data/selfballoon"
#define REPORT_NODE	"report"

static struct workqueue_struct *queue;
static bool check_store;
static char line[SCHEMA_RECORD_MAX];	/* of report_work only */

/* For the trace: what dom0 didn't know. */
static unsigned int reasons(void)
{
	unsigned int why = 0;

	if (!sb.said.any)
		return SELFBALLOON_FIRST;
	if (sb.said.epoch != sb.epoch)
		why |= SELFBALLOON_EPOCH;
	if (sb.said.urgent != sb.verdict.urgent)
		why |= SELFBALLOON_URGENT;
	return why ?: SELFBALLOON_SIZES;
}

/* @return whether a report is due; then it is filled in and counts as said */
static bool report_take(struct report *report, unsigned int *why)
{
	const struct goal_verdict *v = &sb.verdict;
	u64 now = now_ms();
	unsigned long flags;
	bool due;

	raw_spin_lock_irqsave(&sb.lock, flags);
	due = goal_report_due(&sb.said, v, sb.epoch, now) == 0;
	if (due) {
		*why = reasons();
		sb.said = goal_say(v, sb.epoch, now);
		*report = (struct report) {
			.version = SCHEMA_VERSION,
			.boot = sb.boot,
			.epoch = sb.epoch,
			.seq = ++sb.seq,
			.need_kib = v->need_kib,
			.want_kib = v->want_kib,
			.floor_kib = v->floor_kib,
			.limit_kib = v->limit_kib,
			.urgent = v->urgent,
			.committed_kib = sb.committed_kib,
			.avail_kib = sb.avail_kib,
			.overshoot_kib = sb.overshoot_kib,
		};
	}
	raw_spin_unlock_irqrestore(&sb.lock, flags);

	report->swapin = estimate_swapins();
	report->refault = estimate_refaults();
	report->rescues = atomic64_read(&sb.rescues);
	report->refused = atomic64_read(&sb.refused);
	return due;
}

/* To be said again: at once, or after the gap that goal_report_due() keeps. */
static void report_unsaid(bool after_gap)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&sb.lock, flags);
	sb.said.any = after_gap;
	sb.said.epoch = GOAL_NEVER;
	raw_spin_unlock_irqrestore(&sb.lock, flags);
}

static void report_work_fn(struct work_struct *work)
{
	struct report report = { 0 };
	unsigned int reserves, why;
	int r;

	/*
	 * The report may be what brings memory to a guest that has none left:
	 * its few bytes come from the reserves.
	 */
	reserves = memalloc_noreclaim_save();
	if (xchg(&check_store, false) &&
	    !xenbus_exists(XBT_NIL, REPORT_DIR, REPORT_NODE))
		report_unsaid(false);
	if (report_take(&report, &why)) {
		r = report_format(&report, line, sizeof(line));
		if (r > 0)
			r = xenbus_write(XBT_NIL, REPORT_DIR, REPORT_NODE, line);
		trace_selfballoon_report(&report, why, r);
		if (r) {
			report_unsaid(true);
			pr_warn_once("can't write %s/%s (%d): dom0 does not know this guest's need\n",
				     REPORT_DIR, REPORT_NODE, r);
		} else {
			atomic64_inc(&sb.reports);
		}
	}
	memalloc_noreclaim_restore(reserves);
}

static DECLARE_DELAYED_WORK(report_work, report_work_fn);

void report_schedule(u64 due_ms)
{
	if (due_ms == 0)
		mod_delayed_work(queue, &report_work, 0);
	else if (due_ms != GOAL_NEVER)
		queue_delayed_work(queue, &report_work, msecs_to_jiffies(due_ms) + 1);
}

/* For what must talk to xenstored without holding the balloon up. */
void report_queue_work(struct delayed_work *work, u64 due_ms)
{
	queue_delayed_work(queue, work, msecs_to_jiffies(due_ms));
}

/* After a restore the store is a new one, without what the guest wrote. */
void report_check(void)
{
	WRITE_ONCE(check_store, true);
	mod_delayed_work(queue, &report_work, 0);
}

int report_init(void)
{
	queue = alloc_ordered_workqueue("selfballoon_say",
					WQ_MEM_RECLAIM | WQ_FREEZABLE);
	return queue ? 0 : -ENOMEM;
}

/* A guest without the module has no need that anyone could know. */
void report_exit(void)
{
	cancel_delayed_work_sync(&report_work);
	destroy_workqueue(queue);
	if (atomic64_read(&sb.reports))
		xenbus_rm(XBT_NIL, REPORT_DIR, "");
}
