/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The policy: snapshot in, where everyone should come to rest out, and the
 * order in which to get there without ever promising what is not free.
 */
#ifndef BALLOOND_CORE_PLAN_H
#define BALLOOND_CORE_PLAN_H

#include "host.h"

/* Default floor of a VM: hv_balloon's table over its static_max, in KiB. */
int64_t floor_default_kib(int64_t static_max_kib);

/*
 * What the host can promise right now without breaking I1:
 * free - claims - free_min - unbuilt reservations - sum max(0, max_pages - tot).
 * Negative: a deficit (foreign acts); unused ceilings are cut first.
 */
int64_t host_slack_kib(const struct host *host);

/*
 * Waiting reservations for which memory lies free by now become granted, oldest
 * first. Call after actions were applied and facts re-read.
 * @return how many became granted
 */
uint32_t reservations_grant(struct host *host);

/* Promised and not yet built: all reservations, overheads included. */
int64_t reservations_unbuilt_kib(const struct host *host);
/* The part of them that is for dom, which is being built. */
int64_t reservations_own_kib(const struct host *host, const struct dom *dom);
/* A limit up to which it takes nobody else's: the largest that is for it. */
int64_t reservations_for_kib(const struct host *host, const struct dom *dom);

/*
 * free_state by what lies free now and where it was. The states order nothing by
 * themselves: what they name is done by slack, deficit and pressing anyway.
 * @return whether it changed
 */
bool free_state_update(struct host *host);

/*
 * Take in what changed since the last turn: growth, progress of every balloon.
 * Call once a turn, before plan_compute().
 */
void progress_update(struct host *host, uint64_t now_ms);

/*
 * Levels, each weighted max-min within bounds: floors, needs, headroom, wants,
 * surplus. Fills plan_*, reason, fair_kib, usable_kib, overcommitted, scarce.
 * Deterministic; no side effect beside those fields and history.
 */
void plan_compute(struct host *host, uint64_t now_ms);

/*
 * One step of carrying the plan out; the caller applies them in this order.
 *
 * A lease under what the guest has (known when the action was made) is an order:
 * the guest comes down to it, even under its need, for fairness or for a start;
 * only its own floor stops it. It stands as it is. A guest that is found above
 * its new ceiling without such an order has grown meanwhile: then its lease is
 * republished as actual. On HVM max_pages follow tot_pages down.
 */
enum action_type {
	ACTION_FOLLOW,	/* target := actual: it grew by itself (I11) */
	ACTION_CUT,	/* lease, setmaxmem(ceiling + slack), read tot_pages */
	ACTION_SHRINK,	/* target downwards */
	ACTION_RAISE,	/* verify free, setmaxmem, lease, then target */
	ACTION_TARGET,	/* target only, upwards or wake-up, inside the ceiling */
};

struct action {
	enum action_type type;
	uint32_t domid;
	int64_t ceiling_kib;	/* CUT, RAISE: new ceiling; max_pages = it + slack */
	int64_t lease_kib;	/* CUT, RAISE: what the lease is to say */
	int64_t target_kib;	/* FOLLOW, SHRINK, RAISE, TARGET: new target */
	enum reason reason;
};

/*
 * The actions of this turn: follow-ups first, then cuts, then shrinks; then
 * raises, most urgent first, from `slack_kib` only - which the caller re-reads
 * from Xen after the cuts (I4): host_slack_kib() over fresh facts. The caller
 * keeps dom->max_kib, actual_kib, target_kib and lease_kib true as it applies.
 * @return number of actions written, at most `max`; the rest waits a turn
 */
uint32_t actions_free(struct host *host, uint64_t now_ms,
		      struct action *out, uint32_t max);
uint32_t actions_give(struct host *host, int64_t slack_kib, uint64_t now_ms,
		      struct action *out, uint32_t max);

/*
 * When the next turn is due though nothing happens: soon while a transfer is
 * under way, a lazy shrink waits, or a retry falls due; UINT64_MAX: never.
 */
uint64_t turn_due_ms(const struct host *host, uint64_t now_ms);

/*
 * Invariants I1, I2, I3, I7 over a plan; I1, I2 over applied values (check.c):
 * one checker for daemon, tests, simulator, fuzzers.
 * @return the number of breaches; `why` (size bytes) names the first
 */
enum check_what { CHECK_PLAN, CHECK_APPLIED };
uint32_t host_check(const struct host *host, enum check_what what,
		    char *why, uint32_t size);

/*
 * Admission: can `size_kib` (>= 0; overhead and slack included) be promised above
 * everybody's floor? Touches nothing (I5).
 */
enum admission_verdict { ADMIT_NOW, ADMIT_AFTER_SHRINK, ADMIT_AFTER_DEATH, ADMIT_REFUSED };

struct admission {
	enum admission_verdict verdict;
	int64_t lacks_kib;	/* what is missing as long as the dying are there; 0: nothing */
	int64_t shortfall_kib;	/* refused: what is missing when they are gone */
	int64_t fits_kib;	/* the largest size that would be admitted ... */
	int64_t leaves_kib;	/* ... without what the dying leave: so much */
	int64_t fits_later_kib;	/* the same once they are gone */
	uint32_t n_blockers;	/* refused: running domains, any one of which ... */
	uint32_t blockers[16];	/* ... if stopped would make it fit; largest first;
				   if none alone does: the smallest set in order */
	bool need_all;		/* all of `blockers` must stop */
};
void admission_decide(const struct host *host, int64_t size_kib,
		      struct admission *out);

/* What could be promised beyond that, were this guest stopped. */
int64_t admission_stop_frees_kib(const struct dom *dom);

/*
 * What to promise a start that takes min..max and whose min is admitted: what the
 * plan would give a guest with that floor, that need and the default weight
 * beside the running ones (range.c). min <= the answer <= max, and it fits; whole
 * MiB unless that were under min. Touches nothing.
 */
int64_t admission_range_kib(const struct host *host, int64_t min_kib, int64_t max_kib,
			    uint64_t now_ms);
int64_t admission_round_kib(int64_t size_kib, int64_t min_kib);

#endif
