// SPDX-License-Identifier: GPL-2.0-or-later
/* Which events happen to a random host: all of it follows from world, seed and n. */
#include "random_host.h"

#include "random_run.h"

#define WORLD_NAME(name, meaning) #name,
const char *const random_world_names[] = { RANDOM_WORLDS(WORLD_NAME) };
#define EVENT_NAME(name, puppets, guests, liars, meaning) #name,
const char *const random_event_names[] = { RANDOM_EVENTS(EVENT_NAME) };
#define EVENT_OFTEN(name, puppets, guests, liars, meaning) { puppets, guests, liars },
const unsigned int random_event_often[EVENT_COUNT][RANDOM_WORLD_COUNT] = {
	RANDOM_EVENTS(EVENT_OFTEN)
};

uint32_t random_any(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ULL;	/* as world.c's rnd() */

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return (uint32_t)((z ^ (z >> 31)) >> 16);
}

void random_case_make(struct random_case *c, enum random_world world, uint64_t seed, uint32_t n)
{
	uint64_t state = seed * 0x2545f4914f6cdd1dULL;
	unsigned int sum = 0, starts = 4;

	for (int k = 0; k < EVENT_COUNT; k++)
		sum += random_event_often[k][world];
	if (world == RANDOM_liars)
		starts = 3 + random_any(&state) % 9;
	c->world = world;
	c->seed = seed;
	c->n = n;
	for (uint32_t i = 0; i < n; i++) {
		struct random_event *e = &c->events[i];
		unsigned int at = random_any(&state) % sum;
		uint32_t long_ms[] = { 100, 1000, 4000, 12000 };

		*e = (struct random_event){ .a = random_any(&state), .b = random_any(&state),
					    .c = random_any(&state) };
		while (at >= random_event_often[e->kind][world])
			at -= random_event_often[e->kind++][world];
		if (i < starts)
			e->kind = EVENT_start;
		e->after_us = random_any(&state) % (long_ms[random_any(&state) % 4] * SIM_MS);
	}
}
