/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A simulated host: virtual time, one heap of events, one source of chance, and
 * in it Xen (sim_xen.c behind host_xen.h), xenstored (sim_store.c behind store.h),
 * the toolstack, guests, and the daemon's own code. Same seed, same run.
 *
 * Time is in microseconds; memory in KiB of tot_pages, whole pages.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#define SIM_MS		1000ULL
#define SIM_S		1000000ULL
#define SIM_NEVER	UINT64_MAX

struct world;
struct sim_dom;
struct sim_guest;
struct sim_store;
struct sim_daemon;
struct sim_tool;

/* What happens at a time; `arg` belongs to whoever asked. */
typedef void (*sim_event)(struct world *w, void *arg);

/* Costs of the world, in microseconds; scenario files may set them. */
struct sim_costs {
	uint64_t hypercall_us;		/* balloond's own calls: the world goes on */
	uint64_t store_op_us;		/* one request of balloond to xenstored */
	uint64_t watch_us;		/* from a write to the watcher's wake-up */
};

struct sim_stats {
	uint64_t events;		/* of the heap */
	uint64_t calls;			/* of balloond to Xen and xenstored */
	uint64_t writes, max_writes;	/* those that changed something */
	uint64_t turns, restarts;
	uint64_t breaches;		/* what must never be, world_breach() */
	char first_breach[256];
};

struct world {
	uint64_t now_us;
	uint64_t seed, chance;		/* state of rnd() */
	struct sim_costs costs;
	struct sim_stats stats;

	struct sim_item *heap;		/* world.c */
	uint32_t n_heap, heap_size;
	uint64_t sequence;
	bool in_daemon;			/* its call lets time pass: no second turn in it */

	/* Xen, sim_xen.h */
	int64_t total_kib, free_kib;
	int64_t unused_kib;		/* sum of max(0, max - tot - claim) of all but dom0 */
	int64_t claims_kib;
	int64_t round_own_kib;		/* since sim_xen_round(), of balloond ... */
	int64_t round_taken_kib;	/* ... and of others, what they gave not counted */
	int64_t blur_kib;		/* what several guests move in concert between any two calls */
	bool round_foreign;		/* a toolstack set max_pages between its calls */
	struct sim_dom **doms;		/* by domid */
	uint32_t n_doms, doms_size, last_domid;
	uint32_t n_nodes;		/* NUMA; 0 and 1: there is no difference */

	struct sim_store *store;
	struct sim_daemon *daemon;
	struct sim_tool *tool;		/* sim_tool.c's, from sim_boot() on */

	/* Called for everything worth a line: scenario output, property tests. */
	void (*on_note)(struct world *w, const char *text);
	/* Before each call of balloond to Xen; after each turn of it; when a guest's kernel kills its workload. */
	void (*on_call)(struct world *w);
	void (*on_turn)(struct world *w);
	void (*on_killed)(struct world *w, struct sim_guest *guest);
	void *user;
};

struct world *world_new(uint64_t seed, int64_t total_kib);
void world_free(struct world *w);

/* Run `fn` at that time, or now if it is past; ties in the order asked for. */
void world_at(struct world *w, uint64_t at_us, sim_event fn, void *arg);
/* Nothing of `arg` happens any more. */
void world_forget(struct world *w, const void *arg);

/* All that is due until then; time ends there. */
void world_run(struct world *w, uint64_t until_us);

/* The next event of anybody; SIM_NEVER: nothing is to come. */
uint64_t world_next_us(const struct world *w);

/* A call of balloond takes this long: whatever else is due happens meanwhile. */
void world_elapse(struct world *w, uint64_t us);

/* Uniform in [0, n), n > 0; and in [low, high]. */
uint64_t rnd(struct world *w, uint64_t n);
int64_t rnd_range(struct world *w, int64_t low, int64_t high);

__attribute__((format(printf, 2, 3)))
void world_note(struct world *w, const char *format, ...);
/* Something is so that must never be: counted, the first one kept, and noted. */
__attribute__((format(printf, 2, 3)))
void world_breach(struct world *w, const char *format, ...);

#endif
