/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A random host and what happens to it, as a list that can be run again, in part:
 * the daemon's own code in the simulated host, guests, a toolstack that asks and
 * one that doesn't, and death at any call.
 */
#ifndef TESTS_RANDOM_HOST_H
#define TESTS_RANDOM_HOST_H

#include <stdbool.h>
#include <stdint.h>

/* RANDOM_WORLDS(W): W(name, meaning) */
#define RANDOM_WORLDS(W)							\
	W(puppets, "guests on strings that do as they are told")		\
	W(guests, "simulated kernels with the module's own policy, and workloads")	\
	W(liars, "some honest, all others lie: both sorts of guests, nothing foreign")

/* RANDOM_EVENTS(E): E(name, how often in each of the worlds, meaning) */
#define RANDOM_EVENTS(E)							\
	E(need, 16, 16, 14, "a guest needs more or less")			\
	E(spike, 8, 8, 8, "... more than it has, at once")			\
	E(lie, 5, 2, 8, "a guest says anything, or the truth again")		\
	E(garbage, 2, 1, 4, "a report that is none")				\
	E(kind, 5, 5, 3, "a guest stalls, drips, dies in silence, or is well again")	\
	E(start, 10, 8, 6, "xlmem create: reserve, build, run")		\
	E(promise, 3, 2, 3, "a reservation with a token, for nobody")		\
	E(hang_up, 3, 0, 0, "the connection of a start ends")			\
	E(create, 4, 3, 0, "xl create behind the daemon's back")		\
	E(destroy, 7, 4, 3, "a domain is destroyed, built or not")		\
	E(pause, 3, 2, 0, "paused, or running again")				\
	E(mem_set, 3, 2, 0, "xl mem-set")					\
	E(mem_max, 3, 2, 0, "max_pages changed by somebody")			\
	E(automatic, 3, 2, 0, "xlmem set --auto")				\
	E(policy, 4, 3, 3, "xlmem set: min, max, weight")			\
	E(passthrough, 1, 1, 0, "a device is passed through, or taken back")	\
	E(save, 0, 3, 0, "xl save, and xl restore some time later")		\
	E(xlmem_save, 0, 3, 0, "the same by xlmem, memory reserved before the restore")	\
	E(reboot, 0, 3, 0, "the guest reboots")				\
	E(migrate, 0, 3, 0, "xl migrate or xlmem migrate to the same host")	\
	E(rename, 0, 2, 0, "xl rename")					\
	E(zero, 3, 4, 0, "dom0 grows or shrinks, or its need does where it is balanced")				\
	E(store_gone, 1, 1, 0, "xenstored is gone for a while, or comes back empty")	\
	E(kill, 3, 2, 1, "kill -9 between two turns, and a restart")		\
	E(kill_at, 5, 4, 1, "kill -9 at one of its next calls, and a restart")	\
	E(stop, 1, 1, 1, "stopped, settled, started with another configuration")	\
	E(rest, 1, 1, 4, "nothing for two minutes, then all is looked at")

#define RANDOM_WORLD_ENUM(name, meaning) RANDOM_##name,
enum random_world { RANDOM_WORLDS(RANDOM_WORLD_ENUM) RANDOM_WORLD_COUNT };
extern const char *const random_world_names[];

#define RANDOM_EVENT_ENUM(name, puppets, guests, liars, meaning) EVENT_##name,
enum random_event_kind { RANDOM_EVENTS(RANDOM_EVENT_ENUM) EVENT_COUNT };
extern const char *const random_event_names[];
extern const unsigned int random_event_often[EVENT_COUNT][RANDOM_WORLD_COUNT];

struct random_event {
	enum random_event_kind kind;
	bool drop;			/* left out of this run */
	uint64_t after_us;		/* time until the next */
	uint32_t a, b, c;		/* what it makes of them */
};

#define RANDOM_EVENTS_MAX	256
struct random_case {
	enum random_world world;
	uint64_t seed;
	uint32_t n;
	struct random_event events[RANDOM_EVENTS_MAX];
};

/* Counted over all runs of one world. */
struct random_counts {
	uint64_t runs, events[EVENT_COUNT], total;
	uint64_t turns, calls, heap_events;
	uint64_t follow, cut, shrink, raise, target, put_off;
	uint64_t granted, refused, ran, restarts, stuck, silent, pins, kept, checks;
	uint64_t amid;			/* events between two of the daemon's calls */
	uint64_t back, stayed, lost;	/* saved, migrated, rebooted */
	uint64_t killed;		/* workloads by their kernels, for whatever reason */
	uint64_t honest, short_of;	/* looked at; of them with a need above their share */
	uint64_t zero, lowered;		/* turns with a balanced dom0; that lowered it */
	uint64_t followed;		/* targets that a turn left near what it saw */
	uint64_t fitted, squeezed;	/* granted as the facts allow; others came down for it */
	uint64_t fitting;		/* refused, within the tolerance */
	uint64_t calm;			/* hosts that had come to rest at their end */
};

void random_case_make(struct random_case *c, enum random_world world, uint64_t seed, uint32_t n);

/* @return false: `why` says what was wrong, and when */
bool random_case_run(const struct random_case *c, struct random_counts *counts,
		     char *why, uint32_t size, bool trace);

#endif
