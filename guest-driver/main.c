// SPDX-License-Identifier: GPL-2.0-only
/*
 * xen-selfballoon: the guest's half of Ballast. Sizes this guest by what it
 * needs, through the kernel's own balloon: inside the lease that dom0 gives, or
 * alone. The parts and their locks: selfballoon.h.
 */
#include "selfballoon.h"

#include <linux/mm.h>
#include <linux/module.h>
#include <linux/random.h>

#include <xen/xen.h>

#include "version.h"

struct selfballoon sb = {
	.lock = __RAW_SPIN_LOCK_UNLOCKED(sb.lock),
};

#define TUNABLE_DEFINE(name, initial, ...) unsigned int name = initial;
SELFBALLOON_TUNABLES(TUNABLE_DEFINE)

static int parameter_set(const char *text, const struct kernel_param *kp)
{
	return text ? tunable_set(kp->arg, text) : -EINVAL;
}

static const struct kernel_param_ops parameter_ops = {
	.set = parameter_set,
	.get = param_get_uint,
};

/* Read-only once loaded: the attributes are what changes them. */
#define TUNABLE_PARAMETER(name, initial, lo, hi, doc, test)			\
	module_param_cb(name, &parameter_ops, &name, 0444);			\
	MODULE_PARM_DESC(name, doc);
SELFBALLOON_TUNABLES(TUNABLE_PARAMETER)

/*
 * In order; undone in reverse: the work that asks the balloon and schedules
 * reports is cancelled before either goes.
 */
static const struct part {
	const char *name;
	int (*init)(void);
	void (*exit)(void);
} parts[] = {
	{ "reports",	report_init,	report_exit },
	{ "balloon",	balloon_init,	balloon_exit },
	{ "squeeze",	squeeze_init,	squeeze_exit },
	{ "work queue",	react_init,	react_exit },
	{ "lease",	lease_init,	lease_exit },
	{ "OOM notice",	survive_init,	survive_exit },
	{ "kexec",	kexec_init,	kexec_exit },
	{ "hooks",	grow_init,	grow_exit },
	{ "sysfs",	sysfs_init,	sysfs_exit },
};

static void parts_undo(size_t n)
{
	while (n--)
		parts[n].exit();
}

static int __init selfballoon_init(void)
{
	size_t i;
	int r;

	if (!xen_domain()) {
		pr_info("this is not a Xen guest: nothing to do\n");
		return -ENODEV;
	}
	if (xen_initial_domain()) {
		pr_info("this is dom0, which balloond balances: nothing to do\n");
		return -ENODEV;
	}
	if (selfballoon_reserved_mb == RESERVED_DEFAULT)
		selfballoon_reserved_mb = goal_reserved(PAGES_TO_KIB(totalram_pages())) >> 10;
	sb.boot = get_random_u64();

	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		r = parts[i].init();
		if (r) {
			pr_err("%s: error %d\n", parts[i].name, r);
			parts_undo(i);
			return r;
		}
	}
	react(0);
	pr_info("%s, need %llu KiB of %llu\n",
		sb.directed ? "directed by dom0" : "alone",
		sb.verdict.need_kib, sb.tot_kib);
	return 0;
}

static void __exit selfballoon_exit(void)
{
	parts_undo(ARRAY_SIZE(parts));
}

module_init(selfballoon_init);
module_exit(selfballoon_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Sizes a Xen guest by what it needs");
MODULE_VERSION(BALLAST_VERSION);
