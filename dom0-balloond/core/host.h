/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one turn knows about the host: facts from Xen and the store, the guests'
 * words, the administrator's policy, and what earlier turns remember.
 *
 * Everything in core/ is pure: no I/O, no clock, no allocation, no floating
 * point. Memory is signed 64-bit KiB of tot_pages, so that a deficit can be
 * said; `now_ms` is CLOCK_MONOTONIC, given by the caller.
 */
#ifndef BALLOOND_CORE_HOST_H
#define BALLOOND_CORE_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "mechanism.h"

#define HOST_DOMS_MAX		16384	/* above 10000; untouched, its arrays cost nothing */
#define HOST_RESERVATIONS_MAX	256

#define KIB_PER_MIB		1024LL
#define MAX_PAGES_SLACK_KIB	1024	/* libxl's LIBXL_MAXMEM_CONSTANT */
#define WEIGHT_DEFAULT		256	/* as xl sched-credit */
#define WEIGHT_MAX		65535
#define KIB_NONE		(-1)

enum dom_kind {
	DOM_GUEST,	/* ours to balance */
	DOM_FIXED,	/* passthrough, stubdomain, driver domain, NUMA, ... or by setting */
	DOM_ZERO,	/* dom0, not balanced: counts at its actual size */
	DOM_BUILDING,	/* being built by a toolstack: hands off */
	DOM_DYING,	/* its pages are not free yet */
	DOM_ZERO_BALANCED, /* dom0, by setting: as a guest that comes first */
};

/* Of a guest's balloon, judged by rate over time (progress.h). */
enum dom_progress {
	PROGRESS_SETTLED,	/* at its target: nothing asked */
	PROGRESS_MOVING,
	PROGRESS_SLOW,
	PROGRESS_STUCK,		/* planned around at what it holds; retried */
	PROGRESS_SILENT,	/* didn't echo a bumped epoch */
	PROGRESS_DRIVERLESS,	/* never reported: kept at its target */
};

/* Why a domain's target and ceiling are what they are: for logs and explain. */
enum reason {
	REASON_NONE,
	REASON_FLOOR,		/* level 1 only: host is short of even the needs */
	REASON_OVERCOMMITTED,	/* floors don't fit: scaled by weight */
	REASON_NEED,		/* level 2: its whole need */
	REASON_FAIR_SHARE,	/* level 2: part of its need, max-min by weight */
	REASON_WANT,		/* level 4 */
	REASON_SURPLUS,		/* level 5 */
	REASON_PINNED,		/* an operator's order */
	REASON_FIXED,		/* not ours */
	REASON_STUCK,		/* held at what it has */
	REASON_SILENT,		/* no report: held at its target */
	REASON_HYSTERESIS,	/* the change is too small or too early */
	REASON_COUNT,
};

struct dom {
	/* Identity */
	uint32_t domid;
	uint8_t uuid[16];
	char name[64];
	enum dom_kind kind;
	bool hvm;		/* HVM or PVH: max_pages never under actual + 1 MiB */
	bool paused;

	/* Xen's facts */
	int64_t actual_kib;	/* tot_pages */
	int64_t leaves_kib;	/* dying: what it has and gives back; 0: it hangs */
	int64_t max_kib;	/* max_pages; ceiling = max_kib - slack. Of a balanced dom0
				   target + slack: it grows by its target alone */

	/* Store's facts */
	int64_t static_max_kib;
	int64_t target_kib;	/* memory/target - offset; KIB_NONE: absent */
	int64_t offset_kib;	/* memory/target - tot_pages when settled */
	bool has_lease;
	int64_t lease_kib;	/* ceiling last published */

	/* Policy, after precedence (xlmem set > VM cfg > balloond.conf > default) */
	int64_t floor_kib;	/* <= static_max */
	bool floor_explicit;	/* the administrator's own, not the default table */
	int64_t policy_max_kib;	/* <= static_max */
	uint32_t weight;	/* 1..WEIGHT_MAX */
	int64_t pin_kib;	/* KIB_NONE: none */

	/* The guest's word, bounded by the reader; meaningless without has_report */
	bool has_report;
	bool urgent;
	bool strained;		/* dom0: it swaps or stalls, and isn't lowered (I10) */
	int64_t need_kib, want_kib, guest_floor_kib, limit_kib;
	uint64_t report_ms;	/* when it was taken in */
	uint64_t unechoed_ms;	/* since when its lease carries an epoch that its
				   report doesn't echo; 0: echoed */

	/* Memory of earlier turns, kept by core/, zero for a new domain */
	enum dom_progress progress;
	struct dom_history {
		bool known;		/* seen in an earlier turn */
		bool shrinking;		/* a target below actual is being followed */
		bool probing;		/* stuck, and asked again for a little */
		int64_t seen_kib;	/* actual at the last turn */
		int64_t seen_target_kib;
		/* progress.c: the window in which movement is judged */
		int64_t from_kib;	/* actual when the window began */
		uint64_t from_ms;	/* when; also when a move was asked */
		uint64_t retry_ms;	/* stuck: not asked again before */
		uint64_t stuck_ms;	/* last verdict */
		uint32_t stuck_count;	/* verdicts lately */
		/* growth in one control latency */
		int64_t growth_kib, growth_from_kib;
		uint64_t growth_ms, growth_from_ms;
		/* demand.c: the guest's word without its noise */
		int64_t need_kib, need_top_kib, want_kib, want_top_kib;
		uint64_t demand_ms;
		/* and what of it is left lying: demand_taken_kib() */
		int64_t took_kib;	/* actual when it last grew */
		uint64_t took_ms;
		bool untaken;
		int64_t hold_kib;	/* driverless: what it was given */
		bool reported;		/* it did, since balloond knows it */
		/* lazy shrink */
		uint64_t shrink_ms;	/* last step */
		int64_t shrink_from_kib;
		uint32_t reversals;	/* targets turned round, for measuring */
		int8_t direction;
	} history;

	/* The plan: where it should come to rest (plan.h) */
	struct dom_bounds {		/* what the levels fill, bounds.h */
		int64_t held_kib;	/* can't or mustn't be planned lower */
		int64_t floor_kib, need_kib, want_kib, high_kib;
	} bounds;
	int64_t plan_target_kib;
	int64_t plan_ceiling_kib;
	enum reason reason;	/* of the target */
	int64_t fair_kib;	/* its fair share of level 2, for explain */
	int64_t cut_kib;	/* its ceiling after this turn's cuts */
};

enum reservation_state {
	RESERVATION_WAITING,	/* memory is being freed */
	RESERVATION_GRANTED,	/* the memory lies free: a start may go */
	RESERVATION_ASSIGNED,	/* a domain takes it over while it is built */
};

struct reservation {
	uint32_t id;
	char name[64];		/* VM name; matches the domain as it appears */
	enum reservation_state state;
	int64_t size_kib;	/* overhead included */
	int64_t domid;		/* KIB_NONE until assigned */
	uint32_t from;		/* the domain that reboots and whose pages it gets; 0: none */
};

enum surplus { SURPLUS_FREE, SURPLUS_GUESTS, SURPLUS_DOM0 };

struct host_config {
	int64_t free_min_kib;		/* pool kept for Xen, default 32 MiB */
	int64_t headroom_min_kib;	/* H_min a guest, default 32 MiB */
	int64_t hysteresis_kib;		/* smaller changes of target wait, default 4 MiB */
	uint32_t shrink_divisor;	/* lazy step down: 1/n of the gap, default 8 */
	uint32_t shrink_interval_ms;	/* between lazy steps, default 2000 */
	enum surplus surplus;
};

/* How much lies free, against the pool (free_state.c): a word for people. */
enum free_state { FREE_AMPLE, FREE_TIGHT, FREE_LOW, FREE_EMPTY };

struct host {
	struct host_config config;
	int64_t total_kib, free_kib, claims_kib;
	int64_t kept_kib;	/* as a waiting reservation: of what was closed for a start
				   that lacks more yet (refusal.h) */
	uint32_t n_doms, n_reservations;
	struct dom *doms;		/* sorted by domid */
	struct reservation *reservations;

	/* Results of plan_compute() */
	int64_t usable_kib;	/* what the balanced guests share in all */
	bool overcommitted;	/* floors don't fit: starts are refused */
	bool scarce;		/* needs don't fit: shares are fair by weight */

	enum free_state free_state;	/* kept from turn to turn */

	/* Results of actions_free() */
	bool pressing;		/* needs or a reservation wait: donors move at once */
	int64_t short_kib;	/* what raises lack after this turn's cuts */
	int64_t deficit_kib;	/* what was promised and isn't there, after them */
};

#endif
