// SPDX-License-Identifier: GPL-2.0-only
/*
 * What dom0 says: memory/selfballoon/lease, memory/static-max, and memory/target beside
 * the stock driver. The watches fire when registered and again after a restore.
 */
#include "selfballoon.h"

#include <linux/mutex.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <xen/xenbus.h>

#include "record.h"
#include "schema.h"

#define RETRY_MS	1000	/* to fetch a lease again */

static bool watching;
static DEFINE_MUTEX(reading);	/* the watch and the retry; taken in order */

static void lease_take(const struct lease *lease, bool valid)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&sb.lock, flags);
	sb.directed = valid;
	sb.ceiling_kib = valid ? lease->ceiling_kib : 0;
	sb.epoch = valid ? lease->epoch : 0;
	if (valid)
		sb.dom0_seen_ms = now_ms();
	raw_spin_unlock_irqrestore(&sb.lock, flags);
}

/*
 * A lease that isn't there, or is none, is no lease. One that could not be fetched
 * (no memory, a store that is busy) says nothing: the last one known stays.
 */
static void lease_read(struct work_struct *retry)
{
	unsigned int reserves = memalloc_noreclaim_save();
	struct lease lease = { 0 };
	unsigned int len;
	bool valid = false;
	char *text;

	mutex_lock(&reading);
	/* From the reserves: a higher ceiling may be all that keeps it alive. */
	text = xenbus_read(XBT_NIL, KEY_LEASE, "", &len);
	if (!IS_ERR(text)) {
		valid = !lease_parse(text, len, &lease);
		if (!valid)
			pr_warn_ratelimited("the lease is malformed: going on alone\n");
		kfree(text);
	} else if (PTR_ERR(text) == -ENOMEM || PTR_ERR(text) == -EAGAIN ||
		   PTR_ERR(text) == -EINTR || PTR_ERR(text) == -EIO) {
		pr_warn_ratelimited("the lease can't be fetched (%ld): the last one stays\n",
				    PTR_ERR(text));
		report_queue_work(to_delayed_work(retry), RETRY_MS);
		goto out;
	}
	lease_take(&lease, valid);
	react(0);
	report_check();
out:
	mutex_unlock(&reading);
	memalloc_noreclaim_restore(reserves);
}

static DECLARE_DELAYED_WORK(lease_work, lease_read);

static void lease_fired(struct xenbus_watch *watch, const char *path,
			const char *token)
{
	lease_read(&lease_work.work);
}

static void target_fired(struct xenbus_watch *watch, const char *path,
			 const char *token)
{
	unsigned int reserves = memalloc_noreclaim_save();
	u64 target;

	WRITE_ONCE(sb.dom0_seen_ms, now_ms());
	if (xenbus_scanf(XBT_NIL, "memory", "target", "%llu", &target) == 1)
		balloon_told(target);
	react(0);
	report_check();
	memalloc_noreclaim_restore(reserves);
}

/* xl mem-max writes this one alone. */
static void static_max_fired(struct xenbus_watch *watch, const char *path,
			     const char *token)
{
	unsigned int reserves = memalloc_noreclaim_save();
	unsigned long flags;
	u64 static_max;

	/* Not xenbus_read_unsigned(): its 32 bits of KiB end at 4 TiB. */
	if (xenbus_scanf(XBT_NIL, "memory", "static-max", "%llu", &static_max) == 1) {
		raw_spin_lock_irqsave(&sb.lock, flags);
		sb.static_max_kib = static_max;
		raw_spin_unlock_irqrestore(&sb.lock, flags);
		react(0);
		report_check();
	}
	memalloc_noreclaim_restore(reserves);
}

static struct xenbus_watch watches[] = {
	{ .node = KEY_STATIC_MAX, .callback = static_max_fired },
	{ .node = KEY_TARGET, .callback = target_fired },
	{ .node = KEY_LEASE, .callback = lease_fired },
};

static void watches_end(size_t n)
{
	while (n--)
		unregister_xenbus_watch(&watches[n]);
}

static int store_ready(struct notifier_block *nb, unsigned long event, void *data)
{
	size_t n;
	int r;

	if (watching)
		return NOTIFY_DONE;
	for (n = 0; n < ARRAY_SIZE(watches); n++) {
		r = register_xenbus_watch(&watches[n]);
		if (!r)
			continue;
		pr_err("no watch on %s (%d): going on alone\n", watches[n].node, r);
		watches_end(n);
		return NOTIFY_DONE;
	}
	watching = true;
	return NOTIFY_DONE;
}

static struct notifier_block store_notifier = {
	.notifier_call = store_ready,
};

int lease_init(void)
{
	return register_xenstore_notifier(&store_notifier);
}

void lease_exit(void)
{
	unregister_xenstore_notifier(&store_notifier);
	if (!watching)
		return;
	watches_end(ARRAY_SIZE(watches));
	cancel_delayed_work_sync(&lease_work);
}
