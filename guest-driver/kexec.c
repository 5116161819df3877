// SPDX-License-Identifier: GPL-2.0-only
/*
 * kexec. The next kernel takes every page of the memory map for memory, those in this
 * kernel's balloon too, and dies on the first it touches: so all of them are asked for
 * before it starts. A notifier can't stop a kexec; what dom0 doesn't give in time is
 * said. (kdump's kernel lies in memory that was never the balloon's.)
 */
#include "selfballoon.h"

#include <linux/delay.h>
#include <linux/reboot.h>
#include <linux/string.h>

#define LOOK_MS		100
#define VAIN_MS		10000	/* without any growth, dom0 has no more to give */
#define MOST_MS		60000	/* in all: who reboots doesn't wait for drops */

static u64 lacks_kib(void)
{
	struct goal_input in = { 0 };
	unsigned long flags;

	raw_spin_lock_irqsave(&sb.lock, flags);
	balloon_gather(&in);
	raw_spin_unlock_irqrestore(&sb.lock, flags);
	return in.room_kib > in.tot_kib ? in.room_kib - in.tot_kib : 0;
}

/* kernel_kexec() names itself in what it hands to the notifiers. */
static int restart_called(struct notifier_block *nb, unsigned long action, void *command)
{
	u64 least = lacks_kib(), lacks = least, begin_ms = now_ms(), grown_ms = begin_ms;

	if (action != SYS_RESTART || !command || strcmp(command, "kexec reboot"))
		return NOTIFY_DONE;
	if (lacks && READ_ONCE(selfballooning)) {
		pr_info("kexec: %llu KiB are in the balloon, asking for them\n", lacks);
		WRITE_ONCE(sb.whole, true);
	}
	while (lacks && READ_ONCE(sb.whole) && now_ms() - grown_ms < VAIN_MS &&
	       now_ms() - begin_ms < MOST_MS) {
		react(0);
		msleep(LOOK_MS);
		lacks = lacks_kib();
		if (lacks < least) {
			least = lacks;
			grown_ms = now_ms();
		}
	}
	if (lacks)
		pr_crit("kexec: %llu KiB are still in the balloon; the next kernel will die where it touches them\n",
			lacks);
	return NOTIFY_DONE;
}

static struct notifier_block restart_notifier = {
	.notifier_call = restart_called,
};

int kexec_init(void)
{
	return register_reboot_notifier(&restart_notifier);
}

void kexec_exit(void)
{
	unregister_reboot_notifier(&restart_notifier);
}
