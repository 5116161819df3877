/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a condition can speak of: BASE.FIELD[@MARK], BASE.FIELD[.min|.max]@FROM..TO.
 * BASE is a guest, `all` guests together, dom0, or left out for the host.
 */
#ifndef SCN_VALUES_H
#define SCN_VALUES_H

#include <stdbool.h>
#include <stdint.h>

#define SCN_NAME_MAX	24

/* GAUGE: how much now; COUNTER: how much ever, @FROM..TO how much it grew. */
enum value_kind { VALUE_GAUGE, VALUE_COUNTER };

/* GUEST_VALUES(V): V(name, kind, meaning) */
#define GUEST_VALUES(V)								\
	V(tot, GAUGE, "tot_pages, KiB")						\
	V(max, GAUGE, "max_pages, KiB")						\
	V(target, GAUGE, "memory/target, KiB")					\
	V(ceiling, GAUGE, "of its lease, KiB")					\
	V(need, GAUGE, "of its report, KiB")					\
	V(want, GAUGE, "of its report, KiB")					\
	V(demand, GAUGE, "what its kernel and workload truly need, KiB")	\
	V(short, GAUGE, "demand above what it has, KiB")			\
	V(touched, GAUGE, "1: its workloads have all the memory that they wanted; GUEST.JOB.touched "\
	  "is the same")								\
	V(alive, GAUGE, "1: its domain is there and runs")			\
	V(domid, GAUGE, "its domain's id")					\
	V(exit, GAUGE, "of its last start, as xlmem's: 0 done, 1 failed, 3 refused")	\
	V(ms, GAUGE, "how long that took")					\
	V(committed, GAUGE, "Committed_AS of its /proc/meminfo, KiB")		\
	V(avail, GAUGE, "MemAvailable, KiB")					\
	V(cached, GAUGE, "Cached: page cache and tmpfs, KiB")			\
	V(swapped, GAUGE, "what lies in its swap, KiB")				\
	V(unmet, COUNTER, "MiB s of demand that it lacked")			\
	V(swapin, COUNTER, "KiB")						\
	V(swapout, COUNTER, "KiB")						\
	V(missed, COUNTER, "KiB read from its disk for lack of page cache")	\
	V(oom_kill, COUNTER, "processes killed for lack of memory")		\
	V(moved, COUNTER, "KiB moved by its balloon, both ways")		\
	V(demand_moved, COUNTER, "KiB by which its demand changed, both ways")	\
	V(reversals, COUNTER, "turns of its target's direction")		\
	V(reports, COUNTER, "that it wrote")					\
	V(writes, COUNTER, "of its keys under memory/")

/* HOST_VALUES(V) */
#define HOST_VALUES(V)								\
	V(free, GAUGE, "Xen's free memory, KiB")				\
	V(claims, GAUGE, "outstanding claims, KiB")				\
	V(slack, GAUGE, "free less claims and what guests may take by themselves, KiB")	\
	V(time, GAUGE, "ms since the beginning")				\
	V(quiet, GAUGE, "ms since balloond last wrote or set a limit")		\
	V(running, GAUGE, "1: balloond runs")					\
	V(overcommitted, GAUGE, "1: balloond says that floors don't fit")	\
	V(scarce, GAUGE, "1: balloond says that needs don't fit")		\
	V(reserved, GAUGE, "promised by balloond and not yet built, KiB")	\
	V(writes, COUNTER, "of balloond to xenstored")				\
	V(moves, COUNTER, "limits that balloond set")				\
	V(calls, COUNTER, "of balloond to Xen and xenstored")			\
	V(turns, COUNTER, "that balloond took")					\
	V(restarts, COUNTER, "starts of balloond")				\
	V(breaches, COUNTER, "what must never be, and was")			\
	V(lost, COUNTER, "guests whose restore or reboot failed")

#define GUEST_VALUE_ENUM(name, kind, meaning) GUEST_##name,
#define HOST_VALUE_ENUM(name, kind, meaning) HOST_##name,
enum guest_value { GUEST_VALUES(GUEST_VALUE_ENUM) GUEST_VALUE_COUNT };
enum host_value { HOST_VALUES(HOST_VALUE_ENUM) HOST_VALUE_COUNT };

enum value_fold { FOLD_NONE, FOLD_MIN, FOLD_MAX };

struct value_name {
	char base[SCN_NAME_MAX];		/* "": the host */
	unsigned int field;			/* guest_value or host_value */
	enum value_kind kind;
	enum value_fold fold;
	char mark[2][SCN_NAME_MAX];		/* @FROM, @FROM..TO; else empty */
};

/* Takes `text` apart. @return NULL, or what is wrong with it */
const char *value_parse(struct value_name *v, const char *text);

const char *guest_value_name(enum guest_value which);
const char *host_value_name(enum host_value which);
enum value_kind guest_value_kind(enum guest_value which);
enum value_kind host_value_kind(enum host_value which);

#endif
