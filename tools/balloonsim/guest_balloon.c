// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The balloon thread of an unmodified Linux (drivers/xen/balloon.c): toward its
 * target at full speed; after a failure again in 2, 4 and 8 s, then not for an
 * hour, unless target minus actual is another than when it fell asleep.
 */
#include "guest_parts.h"

#define TRIES		4
#define GAVE_UP_US	(3600 * SIM_S)
#define PAST_US		SIM_S	/* until it notices that it went too far */

static int64_t credit_kib(const struct sim_guest *g)
{
	return WHOLE(g->balloon.target_kib) + g->balloon.past_kib - g->dom->tot_kib;
}

static void plan(struct sim_guest *g, uint64_t now_us)
{
	struct guest_balloon *b = &g->balloon;
	int64_t kib;

	b->state = BALLOON_MOVES;
	character_pace(g, now_us, credit_kib(g), &kib, &b->step_us);
	b->next_us = b->step_us == SIM_NEVER ? SIM_NEVER : now_us + b->step_us;
}

static void rest(struct guest_balloon *b)
{
	b->state = BALLOON_RESTS;
	b->asleep_kib = b->past_kib = 0;
	b->failed = 0;
	b->next_us = SIM_NEVER;
}

static void arrive(struct sim_guest *g, uint64_t now_us)
{
	struct guest_balloon *b = &g->balloon;
	bool beyond = b->past_kib;

	rest(b);
	if (!beyond)
		return;
	b->state = BALLOON_MOVES;
	b->next_us = now_us + PAST_US;
}

static void fail(struct sim_guest *g, uint64_t now_us)
{
	struct guest_balloon *b = &g->balloon;

	if (b->past_kib) {	/* it could not go further than it was told */
		arrive(g, now_us);
		return;
	}
	b->asleep_kib = credit_kib(g);
	if (++b->failed < TRIES) {
		b->state = BALLOON_RETRIES;
		b->next_us = now_us + (SIM_S << b->failed);
		return;
	}
	b->failed = 0;
	b->state = BALLOON_GAVE_UP;
	b->next_us = now_us + GAVE_UP_US;
}

void balloon_up(struct sim_guest *g)
{
	struct guest_balloon *b = &g->balloon;

	b->up = character_balloons(g);
	b->target_kib = g->dom->tot_kib;
	rest(b);
}

void balloon_set(struct sim_guest *g, uint64_t now_us, int64_t target_kib)
{
	struct guest_balloon *b = &g->balloon;
	bool grew = credit_kib(g) > 0;

	b->target_kib = kib_max(target_kib, PAGE_KIB);
	b->past_kib = 0;
	b->past_kib = character_past_kib(g, credit_kib(g));
	if (!b->up)
		return;
	if (b->state == BALLOON_MOVES ? grew != (credit_kib(g) > 0)
				      : credit_kib(g) != b->asleep_kib)
		plan(g, now_us);
}

void balloon_replan(struct sim_guest *g, uint64_t now_us)
{
	struct guest_balloon *b = &g->balloon;

	b->up = character_balloons(g);
	if (!b->up)
		rest(b);
	else if (b->state == BALLOON_MOVES || credit_kib(g))
		plan(g, now_us);
}

/* What lies beyond the memory map would be hotplug. */
static int64_t grow(struct world *w, struct sim_guest *g, int64_t kib)
{
	int64_t room_kib = WHOLE(g->config.static_max_kib - g->config.offset_kib) - g->dom->tot_kib;

	return sim_populate(w, g->dom, kib_min(kib, room_kib));
}

/* @return false: it could not take what it is to give, though it may have taken some */
static bool shrink(struct world *w, struct sim_guest *g, int64_t kib, int64_t *moved_kib)
{
	int64_t wanted_kib = -credit_kib(g), avail_kib = memory_avail_kib(g);
	bool enough = avail_kib >= wanted_kib || avail_kib >= g->memory.reserve_kib;

	if (g->config.character == SIM_limited)
		kib = kib_min(kib, g->dom->tot_kib - g->config.limit_kib);
	*moved_kib = kib > 0 ? memory_give(g, kib) : 0;
	if (*moved_kib)
		sim_release(w, g->dom, *moved_kib);
	return *moved_kib && enough;
}

/* They share the processors of an emulated host. */
static void others_count(const struct world *w, struct sim_guest *g)
{
	g->balloon.others = 0;
	for (uint32_t i = 0; g->config.shared_kib_ms && i < w->n_doms; i++) {
		const struct sim_guest *other = w->doms[i]->guest;

		g->balloon.others += other && other != g && other->balloon.state == BALLOON_MOVES;
	}
}

static void move(struct world *w, struct sim_guest *g)
{
	int64_t credit = credit_kib(g), kib, moved_kib;
	uint64_t us;
	bool ok;

	others_count(w, g);
	if (!character_pace(g, w->now_us, credit, &kib, &us)) {
		plan(g, w->now_us);	/* it stalls */
		return;
	}
	if (credit > 0) {
		moved_kib = grow(w, g, kib_min(kib, credit));
		ok = moved_kib > 0;
	} else {
		ok = shrink(w, g, kib_min(kib, -credit), &moved_kib);
	}
	g->stats.moved_kib += (uint64_t)moved_kib;
	if (!credit_kib(g)) {
		arrive(g, w->now_us);
	} else if (ok) {
		g->balloon.failed = 0;
		plan(g, w->now_us);
	} else {
		fail(g, w->now_us);
	}
}

void balloon_step(struct world *w, struct sim_guest *g)
{
	struct guest_balloon *b = &g->balloon;

	if (!b->up || w->now_us < b->next_us)
		return;
	if (credit_kib(g))
		move(w, g);
	else
		arrive(g, w->now_us);
}

void balloon_heard(struct sim_guest *g, int64_t said_kib)
{
	struct guest_balloon *b = &g->balloon;
	int way = (said_kib > b->said_kib) - (said_kib < b->said_kib);

	if (b->said_kib && way && b->said_way && way != b->said_way)
		g->stats.reversals++;
	if (b->said_kib && way)
		b->said_way = way;
	b->said_kib = said_kib;
}
