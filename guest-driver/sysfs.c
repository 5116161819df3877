// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/devices/system/xen_memory/xen_memory0/selfballoon/, where selfballooning
 * always was. That device belongs to the stock driver and is not exported, but
 * all devices sit in one kset, which a device of our own leads to. Where it
 * can't be found: /sys/hypervisor/selfballoon/.
 */
#include "selfballoon.h"

#include <linux/capability.h>
#include <linux/device.h>
#include <linux/kobject.h>
#include <linux/sysfs.h>

static struct kobject *dir;

/* What may be written: rows of tunables.h. */
static const struct bounds {
	unsigned int *value;
	unsigned int least, most;
} bounds[] = {
#define BOUNDS_ROW(name, initial, lo, hi, doc, test) { &name, lo, hi },
	SELFBALLOON_TUNABLES(BOUNDS_ROW)
};

/* @return 0, or -EINVAL: not a number of this range, and nothing changed */
int tunable_set(unsigned int *value, const char *text)
{
	unsigned int number;
	size_t i;

	/* kstrtouint() would take a sign, and hexadecimal with base 0. */
	if (*text < '0' || *text > '9' || kstrtouint(text, 10, &number))
		return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(bounds); i++) {
		if (bounds[i].value != value)
			continue;
		if (number < bounds[i].least || number > bounds[i].most)
			return -EINVAL;
		WRITE_ONCE(*value, number);
		return 0;
	}
	return -EINVAL;
}

static ssize_t tunable_store(unsigned int *value, const char *buf, size_t count)
{
	int r;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	r = tunable_set(value, buf);
	if (r)
		return r;
	react_soon(0);
	return count;
}

#define TUNABLE_ATTR(name, ...)							\
static ssize_t name##_show(struct kobject *kobj, struct kobj_attribute *attr,	\
			   char *buf)						\
{										\
	return sysfs_emit(buf, "%u\n", READ_ONCE(name));			\
}										\
static ssize_t name##_store(struct kobject *kobj, struct kobj_attribute *attr,	\
			    const char *buf, size_t count)			\
{										\
	return tunable_store(&name, buf, count);				\
}										\
static struct kobj_attribute name##_attr = __ATTR_RW(name);
SELFBALLOON_TUNABLES(TUNABLE_ATTR)

/* Where a statistic of tunables.h comes from. */
#define GET_need_kib		sb.verdict.need_kib
#define GET_want_kib		sb.verdict.want_kib
#define GET_goal_kib		sb.verdict.goal_kib
#define GET_floor_kib		sb.verdict.floor_kib
#define GET_ceiling_kib		sb.verdict.reach_kib
#define GET_limit_kib		sb.verdict.limit_kib
#define GET_actual_kib		balloon_tot_kib()
#define GET_refaults		estimate_refaults()
#define GET_probes		sb.state.probes
#define GET_squeals		sb.state.squeals
#define GET_futile		sb.state.futile
#define GET_swapins		estimate_swapins()
#define GET_rescues		atomic64_read(&sb.rescues)
#define GET_refused		atomic64_read(&sb.refused)
#define GET_overshoot_kib	sb.overshoot_kib
#define GET_reports		atomic64_read(&sb.reports)

#define STAT_ATTR(name, ...)							\
static ssize_t name##_show(struct kobject *kobj, struct kobj_attribute *attr,	\
			   char *buf)						\
{										\
	u64 value;								\
										\
	raw_spin_lock_irq(&sb.lock);						\
	value = GET_##name;							\
	raw_spin_unlock_irq(&sb.lock);						\
	return sysfs_emit(buf, "%llu\n", value);				\
}										\
static struct kobj_attribute name##_attr = __ATTR_RO(name);
SELFBALLOON_STATS(STAT_ATTR)

static ssize_t mode_show(struct kobject *kobj, struct kobj_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", !READ_ONCE(selfballooning) ? "off" :
			  READ_ONCE(sb.directed) ? "directed" : "alone");
}
static struct kobj_attribute mode_attr = __ATTR_RO(mode);

static const struct attribute *attributes[] = {
#define ATTR_ROW(name, ...) &name##_attr.attr,
	SELFBALLOON_TUNABLES(ATTR_ROW)
	SELFBALLOON_STATS(ATTR_ROW)
	&mode_attr.attr,
	NULL
};

/* @return a reference to the stock driver's device, or NULL */
static struct kobject *stock_device(void)
{
	struct device *own = root_device_register("selfballoon-probe");
	struct kobject *found;
	struct device *dev;

	if (IS_ERR(own))
		return NULL;
	found = kset_find_obj(own->kobj.kset, "xen_memory0");
	root_device_unregister(own);
	if (!found)
		return NULL;
	dev = kobj_to_dev(found);
	if (!dev->bus || strcmp(dev->bus->name, "xen_memory")) {
		kobject_put(found);
		return NULL;
	}
	return found;
}

int sysfs_init(void)
{
	struct kobject *parent = stock_device();
	int r;

	/* A child holds its parent. */
	dir = kobject_create_and_add("selfballoon", parent ?: hypervisor_kobj);
	kobject_put(parent);
	if (!dir)
		return -ENOMEM;
	r = sysfs_create_files(dir, attributes);
	if (r)
		kobject_put(dir);
	return r;
}

void sysfs_exit(void)
{
	sysfs_remove_files(dir, attributes);
	kobject_put(dir);
}
