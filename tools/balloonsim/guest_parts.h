/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of a simulated guest. Each has a look when the guest runs
 * (guest_run()) and says when it wants the next one; an idle guest wants none.
 *
 *	character ─> workload ─> memory ── reclaim, OOM ──> module ── report
 *	    │                      ^                          │
 *	    └── pace ──> balloon ──┘ <──────── target ────────┘
 *
 * The page cache is the memory's, in its own file.
 *
 * Sizes are KiB of tot_pages, whole pages, unless said otherwise.
 */
#ifndef GUEST_PARTS_H
#define GUEST_PARTS_H

#include "guest-driver/goal.h"

#include "sim_guest.h"
#include "sim_store.h"
#include "sim_xen.h"

#define PAGE_KIB	4
#define MEMORY_STEP_US	(10 * SIM_MS)
#define SQUEEZE_TAKE_KIB	4096	/* guest-driver/squeeze.c */
#define WHOLE(kib)	((kib) & ~(int64_t)(PAGE_KIB - 1))

/* Where the pages are. Free is the rest of what the domain holds. */
struct guest_memory {
	int64_t kernel_kib;		/* its own, with what MemTotal never shows: */
	int64_t hidden_kib;
	int64_t min_kib, low_kib;	/* watermarks */
	int64_t reserve_kib;		/* totalreserve_pages */
	int64_t own_kib;		/* of kernel_kib, what isn't the workload's */
	int64_t anon_kib, swapped_kib;
	int64_t cold_out_kib;		/* of swapped_kib, what nobody misses */
	int64_t cache_kib;		/* read again and again: active */
	int64_t scan_kib;		/* read once */
	int64_t seen_kib;		/* of work.files_kib, what was read by now */
	uint64_t swapped_in_pages, refault_pages, near_pages;

	/* What runs: work.anon_kib in the end, */
	struct sim_workload work;
	int64_t ramp_kib;		/* and at ramp_us, when it began to change */
	uint64_t ramp_us;
	int64_t rate_kib_ms;		/* 0: at once */
	int64_t wanted_kib;		/* by now */
	int64_t wish_kib;		/* taken, or asked for */

	uint64_t unmet_carry, miss_carry, scan_carry, again_carry;	/* KiB·us */
	uint64_t step_us, next_us;
};

enum balloon_state {
	BALLOON_RESTS,			/* where it was told */
	BALLOON_MOVES,
	BALLOON_RETRIES,		/* after 2, 4, 8 s */
	BALLOON_GAVE_UP,		/* for 3600 s */
};

/* The kernel's balloon thread. */
struct guest_balloon {
	bool up;
	enum balloon_state state;
	int64_t target_kib;
	int64_t past_kib;		/* of an overshooting one: this far beyond it, first */
	int64_t asleep_kib;		/* target minus actual when it fell asleep */
	uint32_t failed;		/* times, running */
	uint32_t others;		/* that moved at its last step, too */
	uint64_t step_us, next_us;
	int64_t said_kib;		/* last memory/target read, for reversals: */
	int said_way;			/* it rose: 1, fell: -1 */
};

/* xen-selfballoon, as guest-driver/ has it in parts. */
struct guest_module {
	bool loaded;
	struct goal_config cfg;
	struct goal_state state;
	struct goal_verdict verdict;
	struct goal_said said;
	struct goal_input seen;		/* at the last look */

	bool directed;
	int64_t ceiling_kib;
	uint64_t epoch;
	uint64_t dom0_seen_ms;
	int64_t static_max_kib;
	int64_t asked_kib;		/* by others */

	uint64_t boot, seq, rescues, refused;
	uint64_t tick_us;		/* when the last interval began */
	uint64_t next_us, report_us;
	uint64_t kick_us, kick_key;
	uint64_t squeeze_us;		/* the next look whether the balloon stands still */
	int64_t squeeze_seen_kib;
	int64_t ask_seen_kib;		/* actual when the balloon was last asked */
	bool at_rest;
};

/* The bounded wait before something is killed. */
struct guest_oom {
	bool waits, hope;
	int64_t before_kib;
	uint64_t since_us, limit_us, last_us, waited_us, vain_ms;
};

struct guest_character {
	uint64_t phase_us;		/* so that not all do it at once */
	uint64_t next_us;
	int64_t base_kib;		/* the demand it varies */
	bool high;			/* bursty: at twice its demand */
	uint64_t seq;			/* liar */
};

enum guest_stage { GUEST_LOADING, GUEST_BOOTING, GUEST_UP };

struct sim_guest {
	struct sim_dom *dom;		/* NULL: saved */
	uint32_t domid;
	struct sim_guest_config config;
	struct sim_guest_stats stats;
	struct guest_memory memory;
	struct guest_balloon balloon;
	struct guest_module module;
	struct guest_oom oom;
	struct guest_character character;
	struct sim_workload first;	/* once it is up */
	uint64_t last_us;		/* of guest_run() */
	uint64_t wake_us;		/* scheduled */
	enum guest_stage stage;
	uint64_t stage_us;		/* the next one begins */
	uint64_t away_us;		/* since when it is paused or saved */
	bool paused, target_missed, lease_missed;
};

static inline int64_t kib_min(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static inline int64_t kib_max(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static inline uint64_t sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* sim_guest.c: everything that is due, and when to look again. */
void guest_run(struct world *w, struct sim_guest *g);

/* guest_memory.c */
void memory_init(struct sim_guest *g);
int64_t memory_free_kib(const struct sim_guest *g);
int64_t memory_avail_kib(const struct sim_guest *g);	/* MemAvailable */
/* For the balloon: at most so much, made free. @return KiB that can be released */
int64_t memory_give(struct sim_guest *g, int64_t kib);
/* For the module, in so many ms: swaps until that much more than kept back is free. */
void memory_squeeze(struct sim_guest *g, uint64_t ms);
/* What happened in dt_us. @return enum goal_event */
unsigned int memory_step(struct sim_guest *g, uint64_t now_us, uint64_t dt_us);

/* guest_cache.c: free memory and no more is filled, scanned pages make room first. */
int64_t cache_all_kib(const struct guest_memory *m);
int64_t cache_spare_kib(const struct guest_memory *m);	/* what reclaim takes */
void cache_drop(struct guest_memory *m, int64_t kib);
bool cache_busy(const struct guest_memory *m);
/* Reads for dt_us, at most so much from the disk. @return enum goal_event */
unsigned int cache_step(struct sim_guest *g, int64_t room_kib, int64_t disk_kib, uint64_t dt_us);

/* guest_workload.c */
void workload_demand(struct sim_guest *g, uint64_t now_us, const struct sim_workload *work);
/* Committed_AS */
int64_t workload_committed_kib(const struct guest_memory *m);
/* What is cold by now. */
int64_t workload_cold_kib(const struct guest_memory *m);
void workload_rate(struct sim_guest *g, uint64_t now_us, int64_t kib_ms);
void workload_account(struct sim_guest *g, uint64_t dt_us);
void workload_step(struct guest_memory *m, uint64_t now_us);
void workload_kill(struct sim_guest *g, uint64_t now_us);

/* guest_balloon.c */
void balloon_up(struct sim_guest *g);
void balloon_set(struct sim_guest *g, uint64_t now_us, int64_t target_kib);
void balloon_step(struct world *w, struct sim_guest *g);
void balloon_heard(struct sim_guest *g, int64_t said_kib);
/* Its pace changed: what it does now is planned anew. */
void balloon_replan(struct sim_guest *g, uint64_t now_us);

/* guest_module.c */
void module_load(struct world *w, struct sim_guest *g);
void module_unload(struct world *w, struct sim_guest *g);
void module_step(struct world *w, struct sim_guest *g, unsigned int events);
void module_react(struct world *w, struct sim_guest *g, unsigned int events);
void module_target(struct world *w, struct sim_guest *g, int64_t asked_kib);
/* root in the guest, through target_kb */
void module_asked(struct world *w, struct sim_guest *g, int64_t asked_kib);
void module_lease(struct world *w, struct sim_guest *g);
uint64_t module_next_us(const struct sim_guest *g);

/* guest_report.c */
void report_work(struct world *w, struct sim_guest *g);
void report_check(struct world *w, struct sim_guest *g);
void report_schedule(struct world *w, struct sim_guest *g, uint64_t due_ms);
void report_put(struct world *w, struct sim_guest *g, const char *line);
void report_remove(struct world *w, struct sim_guest *g);

/* guest_oom.c */
void oom_step(struct world *w, struct sim_guest *g, bool out_of_memory);

/* guest_character.c */
bool character_balloons(const struct sim_guest *g);
bool character_has_module(const struct sim_guest *g);
/*
 * How the balloon's next step goes: so much (KiB) after so long.
 * @return false: nothing before *us from now, SIM_NEVER: ever
 */
bool character_pace(const struct sim_guest *g, uint64_t now_us, int64_t credit_kib,
		    int64_t *kib, uint64_t *us);
/* How far beyond its target it goes that is so far away. */
int64_t character_past_kib(const struct sim_guest *g, int64_t credit_kib);
void character_init(struct world *w, struct sim_guest *g);
void character_step(struct world *w, struct sim_guest *g);

#endif
