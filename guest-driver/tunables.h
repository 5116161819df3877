/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What can be set and read, once: sysfs attributes, module parameters, their
 * bounds and ABI-xen-selfballoon come from here, and every row names the test
 * that uses it.
 */
#ifndef SELFBALLOON_TUNABLES_H
#define SELFBALLOON_TUNABLES_H

/*
 * T(name, default, min, max, description, test): read-write, decimal, also a
 * module parameter. Names and meanings are those of the kernel's own
 * selfballooning (3.1 to 5.2).
 */
#define SELFBALLOON_TUNABLES(T)							\
	T(selfballooning, 1, 0, 1,						\
	  "1: size this guest by what it needs; 0: only obey memory/target, above the floor",	\
	  "xen:tunables")							\
	T(selfballoon_interval, 5, 1, 3600,					\
	  "seconds between two looks at what the guest needs", "xen:tunables")	\
	T(selfballoon_downhysteresis, 8, 1, 1000000,				\
	  "without balloond: give back 1/n of the surplus an interval", "xen:tunables")		\
	T(selfballoon_uphysteresis, 1, 1, 1000000,				\
	  "without balloond: take 1/n of the shortfall an interval", "xen:tunables")		\
	T(selfballoon_min_usable_mb, 0, 0, 1 << 20,				\
	  "MiB never to be given back, if above the built-in floor", "xen:tunables")		\
	T(selfballoon_reserved_mb, RESERVED_DEFAULT, 0, 1 << 20,			\
	  "MiB needed beyond Committed_AS and the kernel's own; by default a 32nd of RAM, at least 16",	\
	  "xen:tunables")

/* Stands for goal_reserved() until main.c knows how much that is. */
#define RESERVED_DEFAULT	(~0U)

/* S(name, description, test): read-only, decimal, live. Sizes: tot_pages KiB. */
#define SELFBALLOON_STATS(S)							\
	S(need_kib, "needed not to swap, stall or fail", "xen:tunables")	\
	S(want_kib, "needed, and page cache that comes back when dropped", "xen:tunables")	\
	S(goal_kib, "size asked of the balloon", "xen:tunables")		\
	S(floor_kib, "never given back on anyone's order", "xen:tunables")	\
	S(ceiling_kib, "may be reached without asking dom0", "xen:tunables")	\
	S(limit_kib, "may be reached at all", "xen:tunables")			\
	S(actual_kib, "held now", "xen:tunables")				\
	S(refaults, "pages that came back soon after reclaim had dropped them",	\
	  "xen:tunables")							\
	S(probes, "times that a smaller want was tried", "xen:tunables")	\
	S(squeals, "times that cache came back after that", "xen:tunables")	\
	S(futile, "times that more memory kept no more cache", "xen:tunables")	\
	S(swapins, "pages swapped in", "xen:tunables")				\
	S(rescues, "OOM kills put off because memory came", "xen:tunables")	\
	S(refused, "targets under the floor", "xen:held")			\
	S(overshoot_kib, "worst fall under the goal in the 2 s after a foreign target",	\
	  "xen:held")							\
	S(reports, "reports written to xenstore", "xen:tunables")

#endif
