/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything that one daemon has; what the parts share. */
#ifndef BALLOOND_H
#define BALLOOND_H

#include "config.h"
#include "core/host.h"
#include "host_ops.h"
#include "log.h"
#include "options.h"
#include "promise.h"
#include "refusal.h"
#include "vm.h"
#include "zero.h"

/* COUNTERS(C): C(name, meaning, test), shown by `xlmem info`. */
#define COUNTERS(C)								\
	C(turns, "turns taken", "cli:info")					\
	C(turns_stale, "turns in which domains came or went", "unit:sim_certain_bounded")	\
	C(actions_follow, "targets that followed a guest's own growth", "cli:actions_follow") \
	C(actions_cut, "ceilings lowered", "cli:actions")			\
	C(actions_shrink, "targets lowered", "cli:actions")			\
	C(actions_raise, "ceilings raised", "cli:actions")			\
	C(actions_target, "targets changed inside the ceiling", "cli:actions")	\
	C(actions_failed, "steps that Xen or xenstored refused", "cli:actions_failed")	\
	C(raises_put_off, "raises that found too little free", "cli:raises_put_off")	\
	C(plan_breaches, "plans the checker refused", "cli:host_breaches")	\
	C(applied_breaches, "applied values the checker found wrong", "cli:host_breaches")	\
	C(foreign_targets, "memory/target written by others", "cli:foreign_targets")	\
	C(foreign_limits, "max_pages set by others", "cli:foreign_limits")	\
	C(reports, "guests' reports taken in", "cli:info")			\
	C(ignored_reports, "guests' reports refused", "xen:garbage")		\
	C(floods, "times a report's watch was taken back for a while", "unit:sim_flood") \
	C(starts_granted, "reservations granted", "cli:starts")			\
	C(starts_refused, "reservations refused", "cli:starts")			\
	C(store_reads, "xenstore reads", "cli:info")				\
	C(store_writes, "xenstore writes", "cli:info")				\
	C(store_events, "watch events", "cli:info")				\
	C(store_reconnects, "times xenstored was lost and found", "store:reconnect")	\
	C(requests, "control requests taken up", "cli:crowd")			\
	C(clients_dropped, "control connections ended by balloond", "cli:slow_reader")

#define COUNTER_MEMBER(name, meaning, test) uint64_t name;
struct counters { COUNTERS(COUNTER_MEMBER) };

struct store;
struct xen;
struct xen_dom;
struct control;

struct balloond {
	struct options options;
	struct settings settings;
	struct counters counters;

	struct host host;
	struct vm *vms;			/* beside host.doms, same index */
	struct promise *promises;	/* beside host.reservations, same index */
	struct rescue rescue;
	struct snapshot *snapshot;	/* snapshot.c's own buffers */
	struct zero zero;		/* dom0's own signal */

	const struct host_ops *ops;	/* the one way out; its ctx is this struct */
	struct xen *xen;
	struct store *store;
	struct control *control;

	uint64_t now_ms;		/* CLOCK_MONOTONIC as this round began */
	uint64_t started_ms;
	uint64_t looked_ms;		/* balloond_look() */
	bool store_missed;		/* xenstored was lost, which was said */
	bool turn_failed;		/* the last one; nothing was done in it */
	bool vm_ended;			/* what the store keeps of it may be one too many */
	bool turn_wanted;		/* something changed */
	uint64_t turn_due_ms;		/* or it is time */
	int64_t claims_counted_kib;	/* claims that max_pages - tot_pages of the
					   domain being built counts already */
	uint32_t last_reservation;	/* ids are not used twice: a late release
					   must not hit another's */
};

/* A domain's index in host.doms and vms; -1: not there. */
int balloond_find(const struct balloond *b, uint32_t domid);

extern const struct host_ops host_real, host_dry;

#endif
