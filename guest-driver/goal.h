/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's policy: how much memory it needs, and what size to ask of the
 * balloon. Pure 64-bit integers, no clock, no allocation, no kernel call: built
 * into the module and, under the sanitizers, into tests/policy.
 *
 * Every size is KiB of Xen's tot_pages, so that guest and dom0 speak of the
 * same thing; balloon.c converts at the edge.
 */
#ifndef SELFBALLOON_GOAL_H
#define SELFBALLOON_GOAL_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
typedef uint64_t u64;
#endif

/* As in dom0-balloond/core/mechanism.h: the constant 1, but for check-mutants. */
#ifndef MECHANISM
#define MECHANISM(name)	1
#endif

/* What the administrator of the guest sets (tunables.h). */
struct goal_config {
	bool enabled;		/* selfballooning */
	u64 downhysteresis;	/* alone: part of the gap given back a tick */
	u64 uphysteresis;	/* alone: part of the gap taken a tick */
	u64 min_usable_kib;
	u64 reserved_kib;
};

/* What happened since the last decision. */
enum goal_event {
	GOAL_TICK	= 1,	/* selfballoon_interval is over */
	GOAL_RECLAIM	= 2,	/* the kernel began to reclaim */
	GOAL_OOM	= 4,	/* it is about to kill */
};

/* One look at the guest. */
struct goal_input {
	u64 now_ms;		/* monotonic */
	unsigned int events;	/* enum goal_event */

	u64 tot_kib;		/* what the guest holds */
	u64 hidden_kib;		/* tot minus MemTotal: constant */
	u64 static_max_kib;	/* size limit of the memory map; 0 not known */
	u64 room_kib;		/* tot once the balloon is empty */
	u64 max_kib;		/* Xen's limit now; 0 not known */

	u64 committed_kib;	/* Committed_AS */
	u64 anon_kib;		/* anonymous, tmpfs and locked pages in memory */
	u64 kernel_kib;		/* in use and on no LRU list; or never evicted nor committed */
	u64 reserve_kib;	/* watermarks: totalreserve_pages */
	u64 avail_kib;		/* MemAvailable */
	u64 swap_kib;		/* free swap */
	u64 swapped_kib;	/* in swap, and not in memory too */
	u64 free_kib;
	u64 cache_kib;		/* active file pages */
	u64 refault_kib;	/* file pages that came back, since boot */
	u64 near_kib;		/* of these, what a somewhat larger cache would have kept */
	u64 swapback_kib;	/* anonymous ones */
	bool whole;		/* kexec: the next kernel takes every page for memory */
	u64 squeezed_kib;	/* in kernel_kib and not available, but free in a moment */

	u64 asked_kib;		/* memory/target, or what root wrote to target_kb */
	bool directed;		/* a lease is there */
	u64 ceiling_kib;	/* of the lease */
};

/* Looks in a row that found less than need_kib, or less by more than so much. */
struct goal_window {
	u64 peak_kib;		/* the highest of them; need_kib: the last one didn't */
	u64 since_ms;
};

/* Between decisions. All zero at first. */
struct goal_state {
	u64 need_kib;		/* smoothed */
	struct goal_window fall;
	struct goal_window deep;/* less by more than twice a lull, if there was one lately */
	u64 top_kib;		/* the highest need since it last fell by more than noise */
	u64 fell_kib, fell_ms;	/* need before it last fell at once, 0 it is back; and when */
	u64 fell_to_kib;	/* and after it */
	u64 lulls_ms, lull_kib;	/* until then it doesn't, unless by more than twice that */
	u64 idle_kib;		/* promised and untouched for long */
	u64 idle_least_kib;	/* the least untouched in the current window */
	u64 idle_since_ms;
	struct {
		u64 committed_kib, held_kib;	/* the most in a window */
	} past[3];		/* the current window, and those before it */
	u64 most_kib[3];	/* held, in this span of minutes and those before */
	u64 span_since_ms;
	u64 calm_kib;		/* need before the pressure began */
	u64 grown_kib, grown_ms;/* the highest need since, and when it got there */
	u64 ask_kib, ahead_kib;	/* of the spike that goes on, and part not yet needed */
	u64 told_kib;		/* need, as it was promised at once when it began; 0 it wasn't */
	u64 extra_kib;		/* what pressure showed and the formula misses */
	u64 extra_until_ms;
	u64 extra_hold_ms;
	u64 swapback_kib;	/* as of the last look */
	u64 swaps_kib, swaps_ms;/* came back, and no reason yet to want more */

	/* Cache, cache_update(). */
	u64 worth_kib;		/* that is worth memory beyond need */
	u64 proven_kib;		/* the least it had, before the last try, without a miss */
	u64 refault_kib;	/* as of the last look */
	u64 near_kib;
	u64 back_kib, back_ms;	/* came back, and no reason yet to want more */
	u64 came_kib;		/* the same, and what the balloon had just pushed out */
	u64 held_kib, quiet_ms;	/* the size last seen; nothing counts until then ... */
	u64 deaf_ms;		/* ... or until then, whichever comes first */
	u64 probe_ms, hold_ms;	/* the next probe, and the pause before it */
	u64 climb_kib;		/* worth before it began to miss cache and to grow, ... */
	u64 climb_tot_kib, climb_ms;	/* the largest it was since, 0 it doesn't, and when it got there */
	u64 climb_came_kib, climb_near_kib;	/* came back since then */
	u64 far_ms, far_hold_ms;/* until then what comes back counts only where much is near */
	u64 probes, squeals;	/* tried with less; came back when it was less */
	u64 futile;		/* times that it grew and that didn't help */
	u64 probed;		/* tries since it last came back: one, and those after one borne */

	u64 pressed_ms;		/* the last sign of pressure, 0 never */
	u64 own_kib;		/* alone: the size chosen */
	u64 directed_ms;	/* when there was a lease, 0 never */
	u64 level_kib;		/* the size that dom0 was told of by a report or told us */
	u64 growths;
	bool urgent;
};

struct goal_verdict {
	u64 need_kib;
	u64 want_kib;		/* >= need */
	u64 floor_kib;
	u64 limit_kib;		/* can't grow past it, whatever is leased */
	u64 reach_kib;		/* may grow to this now */
	u64 goal_kib;		/* ask the balloon for this */
	bool urgent;		/* stalls until reach rises */
	bool refused;		/* asked is under the floor */
	u64 growths;		/* times it outgrew memory/target by another MiB */
};

/*
 * What is reserved by default beyond what the formula finds, for the burst until the guest
 * has grown: a 32nd of RAM, and at least 16 MiB. A tenth, as in the kernel's own
 * selfballooning, which knew neither the kernel's part nor the watermarks, made guests of
 * 380 MiB say 12 % more than they need to keep their speed. With 8 MiB a guest of 256 had
 * 2 free, since 9 of slab that were called reclaimable weren't, and a write to a file got
 * its workload killed.
 */
u64 goal_reserved(u64 ram_kib);

/*
 * What of the memory that the kernel calls reclaimable counts as its own: half, up to the
 * reserve of the watermarks, as in MemAvailable. Dentries of a ramfs never come back.
 */
u64 goal_unreclaimable(u64 reclaimable_kib, u64 reserve_kib);

/* The guest's own floor for a memory map of that size. */
u64 goal_floor(u64 static_max_kib);

/*
 * The goal for this instant, from a need already known: what stands between a
 * foreign target and the balloon. Changes no state.
 */
u64 goal_hold(const struct goal_config *cfg, const struct goal_state *state,
	      const struct goal_input *in);

/* @return whether its lease went so lately that it doesn't shrink by itself yet */
bool goal_waits(const struct goal_state *state, const struct goal_input *in);

/* Decide, and remember. */
void goal_decide(const struct goal_config *cfg, struct goal_state *state,
		 const struct goal_input *in, struct goal_verdict *out);

/* While it grows, or waits for dom0. */
#define GOAL_LOOK_FAST_MS	100

/*
 * When to look again without an event, in milliseconds. @interval_ms: selfballoon_interval.
 * @return that, or less while something goes on that no hook tells of
 */
u64 goal_look_ms(const struct goal_state *state, const struct goal_input *in,
		 const struct goal_verdict *verdict, u64 interval_ms);

/* What dom0 knows, as of the last report; boot 0: nothing. */
struct goal_said {
	bool any;
	u64 at_ms;
	u64 epoch;
	u64 need_kib;
	u64 want_kib;
	u64 floor_kib;
	u64 limit_kib;
	u64 growths;
	bool urgent;
};

struct goal_said goal_say(const struct goal_verdict *v, u64 epoch, u64 now_ms);

#define GOAL_NEVER (~0ULL)

/*
 * When is a report due? @return milliseconds from now, 0 at once, GOAL_NEVER
 * while dom0 knows all that matters.
 */
u64 goal_report_due(const struct goal_said *said, const struct goal_verdict *v,
		    u64 epoch, u64 now_ms);

#endif
