// SPDX-License-Identifier: GPL-2.0-only
/*
 * Look at the guest, decide, act: on a tick, on reclaim, on a change of lease or
 * target, and before anything is killed.
 */
#include "selfballoon.h"
#include "selfballoon_trace.h"

#define KICK_MS		1000	/* retry a populate that failed */

static struct workqueue_struct *queue;
static unsigned int pending;		/* events for soon_work, bits */
static u64 kick_ms, kick_key;		/* under sb.lock */
static u64 refused_kib;			/* under sb.lock: logged */
static u64 hold_kib, hold_until_ms;	/* under sb.lock: see overshoot_update() */

static void config_read(struct goal_config *cfg)
{
	*cfg = (struct goal_config) {
		.enabled = READ_ONCE(selfballooning),
		.downhysteresis = READ_ONCE(selfballoon_downhysteresis),
		.uphysteresis = READ_ONCE(selfballoon_uphysteresis),
		.min_usable_kib = (u64)READ_ONCE(selfballoon_min_usable_mb) << 10,
		.reserved_kib = (u64)READ_ONCE(selfballoon_reserved_mb) << 10,
	};
}

static void gather(struct goal_input *in, unsigned int events)
{
	in->now_ms = now_ms();
	in->events = events;
	in->static_max_kib = sb.static_max_kib;
	in->directed = sb.directed;
	in->ceiling_kib = sb.ceiling_kib;
	in->whole = READ_ONCE(sb.whole);
	balloon_gather(in);
	estimate_gather(in);
}

/*
 * How far a foreign target drove the guest under the size that was to be held,
 * for 2 s after it: by then the stock thread has done its worst.
 */
static void overshoot_update(const struct goal_input *in, u64 goal_kib)
{
	if (in->now_ms >= hold_until_ms)
		return;
	hold_kib = min(hold_kib, goal_kib);
	if (hold_kib > in->tot_kib)
		sb.overshoot_kib = max(sb.overshoot_kib, hold_kib - in->tot_kib);
}

/*
 * Someone else sets the balloon's target, in the balloon's units, or has set it:
 * remember it, @return what it may be. From a probe: nothing here sleeps or allocates.
 */
unsigned long react_foreign(unsigned long asked)
{
	struct goal_config cfg;
	struct goal_input in;
	unsigned long flags;
	u64 goal;

	config_read(&cfg);
	raw_spin_lock_irqsave(&sb.lock, flags);
	balloon_asked_set(asked);
	gather(&in, 0);
	goal = goal_hold(&cfg, &sb.state, &in);
	if (in.asked_kib < min(sb.verdict.floor_kib, in.tot_kib))
		atomic64_inc(&sb.refused);
	WRITE_ONCE(sb.verdict.goal_kib, goal);
	hold_kib = min(goal, in.tot_kib);
	hold_until_ms = in.now_ms + 2000;
	asked = balloon_pages(goal);
	trace_selfballoon_decide(&in, &sb.verdict, true);
	raw_spin_unlock_irqrestore(&sb.lock, flags);
	return asked;
}

static void wire_work_fn(struct work_struct *work);
static DECLARE_DELAYED_WORK(wire_work, wire_work_fn);

static void wire_arm(void)
{
	unsigned int again = tripwire_arm();

	if (again)
		queue_delayed_work(queue, &wire_work, msecs_to_jiffies(again));
}

static void wire_work_fn(struct work_struct *work)
{
	wire_arm();
}

static void soon_work_fn(struct work_struct *work)
{
	react(xchg(&pending, 0));
	wire_arm();
}

static void tick_work_fn(struct work_struct *work)
{
	react(0);
	wire_arm();
}

static DECLARE_WORK(soon_work, soon_work_fn);
static DECLARE_DELAYED_WORK(tick_work, tick_work_fn);

/* Did something change that lets a failed populate succeed now? */
static bool kick_due(const struct goal_input *in)
{
	u64 key = in->max_kib * 31 + in->ceiling_kib;

	if (key == kick_key && !(in->events & GOAL_OOM) &&
	    in->now_ms - kick_ms < KICK_MS)
		return false;
	kick_key = key;
	kick_ms = in->now_ms;
	return true;
}

void react(unsigned int events)
{
	u64 interval = (u64)READ_ONCE(selfballoon_interval) * MSEC_PER_SEC;
	struct goal_config cfg;
	struct goal_input in;
	unsigned long flags;
	u64 next, due;
	bool kick, refused;

	config_read(&cfg);
	/* Memory is coming: whole page blocks can wait, tasks can't. */
	if ((events & GOAL_RECLAIM) && READ_ONCE(sb.verdict.goal_kib) > READ_ONCE(sb.tot_kib))
		estimate_unboost();
	raw_spin_lock_irqsave(&sb.lock, flags);
	if (now_ms() - sb.tick_ms >= interval) {
		sb.tick_ms = now_ms();
		events |= GOAL_TICK;
	}
	gather(&in, events);
	goal_decide(&cfg, &sb.state, &in, &sb.verdict);
	trace_selfballoon_decide(&in, &sb.verdict, false);
	overshoot_update(&in, sb.verdict.goal_kib);
	refused = sb.verdict.refused && in.asked_kib != refused_kib;
	refused_kib = sb.verdict.refused ? in.asked_kib : 0;
	sb.tot_kib = in.tot_kib;
	sb.committed_kib = in.committed_kib;
	sb.avail_kib = in.avail_kib;
	kick = kick_due(&in) && sb.verdict.goal_kib > in.tot_kib;
	next = goal_look_ms(&sb.state, &in, &sb.verdict, interval);
	due = goal_report_due(&sb.said, &sb.verdict, sb.epoch, in.now_ms);
	raw_spin_unlock_irqrestore(&sb.lock, flags);

	balloon_ask(kick);
	tripwire_check();
	squeeze_check();
	report_schedule(due);
	mod_delayed_work(queue, &tick_work, msecs_to_jiffies(next));
	if (refused)
		pr_notice_ratelimited("target %llu KiB is under this guest's floor of %llu: it keeps %llu\n",
				      in.asked_kib, sb.verdict.floor_kib, sb.verdict.goal_kib);
}

void react_soon(unsigned int events)
{
	unsigned int old = READ_ONCE(pending);

	while (!try_cmpxchg(&pending, &old, old | events))
		;
	queue_work(queue, &soon_work);
}

/*
 * Own rescuer: this must run when no worker can be made. Freezable: between
 * save and restore nothing may move.
 */
int react_init(void)
{
	queue = alloc_ordered_workqueue("selfballoon",
					WQ_MEM_RECLAIM | WQ_FREEZABLE | WQ_HIGHPRI);
	return queue ? 0 : -ENOMEM;
}

void react_exit(void)
{
	cancel_work_sync(&soon_work);
	cancel_delayed_work_sync(&tick_work);
	cancel_delayed_work_sync(&wire_work);
	destroy_workqueue(queue);
}
