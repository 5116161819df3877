// SPDX-License-Identifier: GPL-2.0-only
/*
 * The last resort before something is killed: take what the lease still allows,
 * or wait, bounded, for what dom0 is already taking from others.
 *
 * Called with oom_lock held by a task that could not get a page: no allocation,
 * no xenbus. Other tasks that need memory retry meanwhile; nobody waits for us.
 */
#include "selfballoon.h"
#include "selfballoon_trace.h"

#include <linux/jiffies.h>
#include <linux/notifier.h>
#include <linux/oom.h>
#include <linux/sched/signal.h>

#include <xen/balloon.h>

#define ENOUGH_PAGES	512	/* a batch of the stock driver: 2 MiB */
#define OWN_MS		200	/* for what is inside the lease */
#define DOM0_MS		1000	/* for dom0, a call */
#define DOM0_TOTAL_MS	10000	/* for dom0, without any growth */
#define APART_MS	30000	/* calls further apart are not one emergency */

/*
 * Calls in a row that may claim pages without any growth: unboosting frees some for
 * once, but the next stolen page block boosts anew, and the killer must have its turn.
 */
#define UNBOOST_MAX	8

/* Under oom_lock. */
static u64 waited_ms, last_ms, vain_ms;
static unsigned int unboosts;

/*
 * Its silence says nothing: while all rests dom0 writes nothing. But when all the
 * waiting was in vain, nobody is there until dom0 gives a sign of life.
 */
static bool dom0_may_help(void)
{
	return READ_ONCE(sb.directed) && READ_ONCE(sb.verdict.urgent) &&
	       READ_ONCE(sb.dom0_seen_ms) > vain_ms;
}

static int oom_called(struct notifier_block *nb, unsigned long unused, void *data)
{
	unsigned long before = READ_ONCE(balloon_stats.current_pages);
	u64 start = now_ms(), limit, passed;
	unsigned long *freed = data;
	unsigned long grown, unboosted, others = *freed;
	bool hope;

	/* Who is being killed gets by with the reserves, and soon frees its own. */
	if (!READ_ONCE(selfballooning) || fatal_signal_pending(current))
		return NOTIFY_OK;
	*freed += squeeze_cease();
	unboosted = estimate_unboost();
	if (start - last_ms > APART_MS)
		waited_ms = unboosts = 0;
	react(GOAL_OOM);

	hope = dom0_may_help() && waited_ms < DOM0_TOTAL_MS;
	limit = hope ? DOM0_MS : OWN_MS;
	if (!hope && READ_ONCE(balloon_stats.target_pages) <= before)
		limit = 0;
	do {
		grown = READ_ONCE(balloon_stats.current_pages);
		grown = grown > before ? grown - before : 0;
		passed = now_ms() - start;
		if (grown >= ENOUGH_PAGES || passed >= limit)
			break;
		schedule_timeout_uninterruptible(1);
	} while (true);

	last_ms = now_ms();
	if (grown) {
		waited_ms = unboosts = 0;
		*freed += grown;
		atomic64_inc(&sb.rescues);
		goto out;
	}
	if (unboosted && unboosts < UNBOOST_MAX) {
		unboosts++;
		*freed += unboosted;
	}
	if (hope) {
		/* Nothing yet; claiming a page buys the next round of waiting. */
		waited_ms += passed;
		if (waited_ms >= DOM0_TOTAL_MS)
			vain_ms = last_ms;
		*freed += 1;
	}
out:
	trace_selfballoon_oom(grown, *freed - others, passed, hope);
	return NOTIFY_OK;
}

static struct notifier_block oom_notifier = {
	.notifier_call = oom_called,
};

int survive_init(void)
{
	return register_oom_notifier(&oom_notifier);
}

void survive_exit(void)
{
	unregister_oom_notifier(&oom_notifier);
}
