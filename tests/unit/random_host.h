/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A random host and what happens to it, as a list that can be run again, in part:
 * the daemon's own code in the simulated host, puppets for guests, a toolstack
 * that asks and one that doesn't, and death at any call.
 */
#ifndef TESTS_RANDOM_HOST_H
#define TESTS_RANDOM_HOST_H

#include <stdbool.h>
#include <stdint.h>

/* RANDOM_EVENTS(E): E(name, how often, meaning) */
#define RANDOM_EVENTS(E)							\
	E(need, 16, "a guest needs more or less")				\
	E(spike, 8, "... more than it has, at once")				\
	E(lie, 5, "a guest says anything, or the truth again")			\
	E(garbage, 2, "a report that is none")					\
	E(kind, 5, "a guest stalls, drips, dies in silence, or is well again")	\
	E(start, 10, "xlmem create: reserve, build, run")			\
	E(promise, 3, "a reservation with a token, for nobody")			\
	E(hang_up, 3, "the connection of a start ends")				\
	E(create, 4, "xl create behind the daemon's back")			\
	E(destroy, 7, "a domain is destroyed, built or not")			\
	E(pause, 3, "paused, or running again")					\
	E(mem_set, 3, "xl mem-set")						\
	E(mem_max, 3, "max_pages changed by somebody")				\
	E(automatic, 3, "xlmem set --auto")					\
	E(policy, 4, "xlmem set: min, max, weight")				\
	E(passthrough, 1, "a device is passed through, or taken back")		\
	E(zero, 3, "dom0 grows or shrinks")					\
	E(store_gone, 1, "xenstored is gone for a while, or comes back empty")	\
	E(kill, 3, "kill -9 between two turns, and a restart")			\
	E(kill_at, 5, "kill -9 at one of its next calls, and a restart")	\
	E(stop, 1, "stopped, settled, started with another configuration")	\
	E(rest, 1, "nothing for two minutes, then all is looked at")

#define RANDOM_EVENT_ENUM(name, often, meaning) EVENT_##name,
enum random_event_kind { RANDOM_EVENTS(RANDOM_EVENT_ENUM) EVENT_COUNT };
extern const char *const random_event_names[];

struct random_event {
	enum random_event_kind kind;
	bool drop;			/* left out of this run */
	uint64_t after_us;		/* time until the next */
	uint32_t a, b, c;		/* what it makes of them */
};

#define RANDOM_EVENTS_MAX	256
struct random_case {
	uint64_t seed;
	uint32_t n;
	struct random_event events[RANDOM_EVENTS_MAX];
};

/* Counted over all runs. */
struct random_counts {
	uint64_t runs, events[EVENT_COUNT], total;
	uint64_t turns, calls, heap_events;
	uint64_t follow, cut, shrink, raise, target, put_off;
	uint64_t granted, refused, ran, restarts, stuck, silent, pins, kept, checks;
};

void random_case_make(struct random_case *c, uint64_t seed, uint32_t n);

/* @return false: `why` says what was wrong, and when */
bool random_case_run(const struct random_case *c, struct random_counts *counts,
		     char *why, uint32_t size, bool trace);

#endif
