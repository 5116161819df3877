/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What runs in a domain: a kernel with a balloon, perhaps the module (the same
 * goal.c), and a workload. It acts on Xen and the store as a guest can, and may
 * lie, stall or leak.
 */
#ifndef SIM_GUEST_H
#define SIM_GUEST_H

#include "world.h"

/* CHARACTERS(C): C(name, meaning) */
#define SIM_CHARACTERS(C)							\
	C(ideal, "moves at speed as far as it is told")				\
	C(slow, "moves at a hundredth of the speed")				\
	C(limited, "won't go under a limit of its own above its floor")		\
	C(stuck, "never moves")							\
	C(intermittent, "stalls for most of its time")				\
	C(slowdrip, "gives a page every five seconds")				\
	C(overshooting, "goes past what it is told, up to 8 MiB, and comes back a second later") \
	C(agent, "has another agent in it, which sets its balloon's size every few seconds") \
	C(liar, "reports what it pleases")					\
	C(bursty, "doubles its demand and drops it, again and again")		\
	C(leaking, "needs ever more")						\
	C(driverless, "has the kernel's balloon and no module")			\
	C(inert, "has no balloon at all")

#define SIM_CHARACTER_ENUM(name, meaning) SIM_##name,
enum sim_character { SIM_CHARACTERS(SIM_CHARACTER_ENUM) SIM_CHARACTER_COUNT };

/* SIM_CURVES(C): how reads miss that are served from a page cache of a size. C(name, meaning) */
#define SIM_CURVES(C)								\
	C(even, "every part is read as often: misses fall with what is cached")	\
	C(skewed, "few parts are read most of the time: half of it cached leaves a quarter of "	\
	  "the misses")								\
	C(loop, "from one end to the other and again: every read misses until all is cached")	\
	C(scan, "nothing is read twice: no cache helps, and what is cached goes first")

#define SIM_CURVE_ENUM(name, meaning) SIM_##name,
enum sim_curve { SIM_CURVES(SIM_CURVE_ENUM) SIM_CURVE_COUNT };

/* What runs in a guest, all of it together. */
struct sim_workload {
	int64_t anon_kib;		/* what programs hold, in memory or swap; of that: */
	int64_t cold_kib;		/* not used any more */
	int64_t shared_kib;		/* tmpfs: no program's, so it outlives a kill */
	int64_t unpromised_kib;		/* not in Committed_AS */
	int64_t untouched_kib;		/* in Committed_AS and never touched */
	int64_t kernel_kib;		/* slab, page tables, huge pages */
	int64_t cache_kib;		/* files that were read and pay */
	int64_t files_kib;		/* files that are being read, and at which rates; */
	int64_t read_kib_ms[SIM_CURVE_COUNT];
	int64_t scan_kib;		/* what a scan leaves in the cache at most */
};

struct sim_guest_config {
	enum sim_character character;
	int64_t static_max_kib;
	int64_t boot_kib;		/* what it is built with */
	int64_t offset_kib;		/* memory/target minus tot_pages at rest */
	int64_t kernel_kib;		/* kernel's own */
	int64_t hidden_kib;		/* of that, what MemTotal never shows; 0: struct page */
	int64_t marks_kib;		/* its watermarks are for so much; 0: boot_kib */
	int64_t reserved_kib;		/* selfballoon_reserved_mb; 0: goal_reserved() */
	int64_t anon_kib;		/* working set at first */
	int64_t cache_kib;		/* file pages that pay */
	int64_t swap_kib;		/* size of its swap */
	int64_t speed_kib_ms;		/* of its balloon, both ways; 0: 1 MiB */
	int64_t shared_kib_ms;		/* of all balloons that move at a time; 0: no limit */
	int64_t limit_kib;		/* limited */
};

/* What came of it, for the figures; at most a second old while anything moves. */
struct sim_guest_stats {
	uint64_t unmet_kib_ms;		/* integral of demand above what it had */
	uint64_t swapin_kib, swapout_kib;
	uint64_t missed_kib;		/* read from the disk for lack of cache */
	uint64_t oom_kills;
	uint64_t moved_kib;		/* by its balloon, both ways */
	uint64_t demand_moved_kib;	/* changes of its demand */
	uint64_t reversals;		/* of its target's direction */
	uint64_t reports;
};

/* Its kernel starts in a built domain, whose keys are in the store. */
struct sim_guest *sim_guest_boot(struct world *w, struct sim_dom *dom,
				 const struct sim_guest_config *config);
/* Its domain is gone, and so is it. */
void sim_guest_end(struct world *w, struct sim_guest *guest);
/* It is saved: no domain has it; and in a restored one, whose keys are in the store. */
void sim_guest_suspend(struct world *w, struct sim_guest *guest);
void sim_guest_resume(struct world *w, struct sim_guest *guest, struct sim_dom *dom);

/* The workload from now on: anonymous working set, cache, memory promised and untouched. */
void sim_guest_demand(struct world *w, struct sim_guest *guest, int64_t anon_kib,
		      int64_t cache_kib, int64_t untouched_kib);
void sim_guest_workload(struct world *w, struct sim_guest *guest, const struct sim_workload *work);
/* Touch at this rate instead of at once; 0: at once. */
void sim_guest_rate(struct sim_guest *guest, int64_t kib_ms);
void sim_guest_character(struct world *w, struct sim_guest *guest, enum sim_character character);
/* paused or unpaused by a toolstack */
void sim_guest_paused(struct world *w, struct sim_guest *guest, bool paused);

/*
 * What it truly needs, to compare with what it says: kernel + anon + watermarks, but what
 * is cold and swapped.
 */
int64_t sim_guest_need_kib(const struct sim_guest *guest);
/* Another value whenever its module tries with less cache, or wants more of it. */
uint64_t sim_guest_cache_mark(const struct sim_guest *guest);
/* Has its workload all that it wanted, somewhere? */
bool sim_guest_touched(const struct sim_guest *guest);
/* What its kernel says of its memory, /proc/meminfo. */
struct sim_meminfo { int64_t committed_kib, avail_kib, cached_kib, swapped_kib; };
struct sim_meminfo sim_guest_meminfo(const struct sim_guest *guest);
const struct sim_guest_config *sim_guest_config_of(const struct sim_guest *guest);
const struct sim_guest_stats *sim_guest_stats(const struct sim_guest *guest);

const char *sim_character_name(enum sim_character character);
const char *sim_curve_name(enum sim_curve curve);

#endif
