/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * selfballoond: the guest's half of Ballast for a guest that can't load the module.
 * The same policy (goal.c, cache.c) and the same report, from what user space can see: a
 * pressure trigger instead of hooks in reclaim, no word before an OOM kill, and a
 * foreign target is corrected after the fact.
 */
#ifndef SELFBALLOOND_AGENT_H
#define SELFBALLOOND_AGENT_H

#include <stdbool.h>
#include <stdint.h>

#include "guest-driver/goal.h"

#define PATH_BALLOON	"/sys/devices/system/xen_memory/xen_memory0"
#define PATH_PRESSURE	"/proc/pressure/memory"

struct xs_handle;

/* What dom0 says (store.c). */
struct told {
	bool directed;
	uint64_t ceiling_kib, epoch;	/* of the lease */
	uint64_t target_kib;		/* memory/target; 0: not known */
	uint64_t static_max_kib;	/* 0: not known */
};

struct agent {
	struct goal_config cfg;
	uint64_t interval_ms;

	struct goal_state state;
	struct goal_verdict verdict;
	struct goal_said said;
	struct goal_input in;		/* the last look */
	uint64_t swapin, refault;	/* pages since boot, at the last look */
	uint64_t tick_ms;		/* when the last interval began */
	uint64_t kick_ms, kick_kib;	/* see balloon_ask() */

	struct xs_handle *xs;
	bool lost;			/* the connection */
	struct told told;
	const char *unread;		/* of that, the key that couldn't be read; NULL: none */
	uint64_t reread_ms;		/* ... then again at this time */
	uint64_t boot, seq;
};

/* CLOCK_BOOTTIME, as the module's. */
uint64_t now_ms(void);

/*
 * Everything lies below `root` ("" but for tests). The files stay open: opening
 * one takes memory when there is none.
 * @return 0, or -1 with the reason said
 */
int look_open(const char *root);
/* The guest's numbers into agent->in, swapin, refault. @return 0 or -1 */
int look(struct agent *agent);

int balloon_open(const char *root);
/* tot_kib, room_kib, hidden_kib, asked_kib; the target's distance to Xen's units. */
int balloon_gather(struct agent *agent, uint64_t mem_total_kib);
/* Brings the kernel's balloon to agent->verdict.goal_kib. */
void balloon_ask(struct agent *agent);
/* What others asked for; what is in use isn't given away by leaving. */
void balloon_leave(struct agent *agent);

/* A descriptor that polls POLLPRI when tasks stall for memory; -1: none here. */
int pressure_open(const char *root);

int store_open(struct agent *agent);	/* @return a descriptor to poll, or -1 */
/*
 * Something changed: takes in lease, target, static-max. What can't be read stays as it
 * was, and is due again after a while. @return 0 or -1: lost
 */
int store_read(struct agent *agent);
uint64_t store_due_ms(const struct agent *agent);	/* from now; UINT64_MAX: never */
void store_report(struct agent *agent);	/* if one is due */
void store_close(struct agent *agent);

#endif
