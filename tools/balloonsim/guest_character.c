// SPDX-License-Identifier: GPL-2.0-or-later
/* How guests differ: SIM_CHARACTERS, in what their balloon and workload do. */
#include <string.h>

#include "guest_parts.h"
#include "record.h"

#define MOVE_MIN_US		SIM_MS
#define MOVE_MAX_US		(10 * SIM_MS)
#define SLOW_PART		100
#define DRIP_US			(5 * SIM_S)
#define INTERMITTENT_US		(20 * SIM_S)	/* of which it moves */
#define INTERMITTENT_MOVES_US	SIM_S
#define BURST_MIN_MS		5000
#define BURST_MAX_MS		30000
#define LEAK_US			SIM_S
#define LEAK_PART		512		/* of its demand, each time */
#define LEAK_MIN_KIB		256
#define RESTART_US		(10 * SIM_S)	/* of what was killed */
#define PAST_PART		8		/* of the way */
#define PAST_MAX_KIB		8192
#define PAST_LEAST_KIB		1024
#define AGENT_MIN_MS		3000
#define AGENT_MAX_MS		15000
#define LIE_MIN_MS		100
#define LIE_MAX_MS		5000

#define CHARACTER_NAME(name, meaning) [SIM_##name] = #name,
static const char *const names[] = { SIM_CHARACTERS(CHARACTER_NAME) };
static const char *const curves[] = { SIM_CURVES(CHARACTER_NAME) };

const char *sim_character_name(enum sim_character character)
{
	return character < SIM_CHARACTER_COUNT ? names[character] : "?";
}

const char *sim_curve_name(enum sim_curve curve)
{
	return curve < SIM_CURVE_COUNT ? curves[curve] : "?";
}

bool character_balloons(const struct sim_guest *g)
{
	return g->config.character != SIM_inert;
}

bool character_has_module(const struct sim_guest *g)
{
	return g->config.character != SIM_inert && g->config.character != SIM_driverless &&
	       g->config.character != SIM_liar;
}

static bool stalls(const struct sim_guest *g, uint64_t now_us, uint64_t *us)
{
	uint64_t at_us = (now_us + g->character.phase_us) % INTERMITTENT_US;

	*us = SIM_NEVER;
	if (g->config.character != SIM_intermittent)
		return g->config.character == SIM_stuck || g->config.character == SIM_inert;
	*us = INTERMITTENT_US - at_us;
	return at_us >= INTERMITTENT_MOVES_US;
}

bool character_pace(const struct sim_guest *g, uint64_t now_us, int64_t credit_kib,
		    int64_t *kib, uint64_t *us)
{
	uint64_t speed = (uint64_t)g->config.speed_kib_ms;
	uint64_t left_kib = (uint64_t)(credit_kib < 0 ? -credit_kib : credit_kib);

	*kib = PAGE_KIB;
	if (stalls(g, now_us, us))
		return false;
	if (g->config.character == SIM_slowdrip && credit_kib < 0) {
		*us = DRIP_US;
		return true;
	}
	if (g->config.shared_kib_ms) {
		uint64_t part = (uint64_t)g->config.shared_kib_ms / (1 + g->balloon.others);

		speed = part && part < speed ? part : speed;
	}
	if (g->config.character == SIM_slow)
		speed = speed > SLOW_PART ? speed / SLOW_PART : 1;
	*us = left_kib * SIM_MS / speed;
	*us = *us < MOVE_MIN_US ? MOVE_MIN_US : sooner(*us, MOVE_MAX_US);
	*kib = WHOLE((int64_t)(speed * *us / SIM_MS));
	if (!*kib) {
		*kib = PAGE_KIB;
		*us = PAGE_KIB * SIM_MS / speed;
	}
	return true;
}

int64_t character_past_kib(const struct sim_guest *g, int64_t credit_kib)
{
	int64_t past_kib = kib_max(-PAST_MAX_KIB, kib_min(credit_kib / PAST_PART, PAST_MAX_KIB));

	if (g->config.character != SIM_overshooting ||
	    (credit_kib < PAST_LEAST_KIB && credit_kib > -PAST_LEAST_KIB))
		return 0;
	return past_kib / PAGE_KIB * PAGE_KIB;
}

static void want(struct world *w, struct sim_guest *g, int64_t anon_kib)
{
	struct sim_workload work = g->memory.work;

	work.anon_kib = anon_kib;
	workload_demand(g, w->now_us, &work);
}

static uint64_t burst(struct world *w, struct sim_guest *g)
{
	struct guest_character *c = &g->character;

	c->high = !c->high;
	want(w, g, c->high ? 2 * c->base_kib : c->base_kib);
	return (uint64_t)rnd_range(w, BURST_MIN_MS, BURST_MAX_MS) * SIM_MS;
}

static uint64_t leak(struct world *w, struct sim_guest *g)
{
	int64_t base_kib = g->character.base_kib;

	if (!g->memory.work.anon_kib) {
		want(w, g, base_kib);
		return RESTART_US;
	}
	want(w, g, g->memory.work.anon_kib + kib_max(base_kib / LEAK_PART, LEAK_MIN_KIB));
	return LEAK_US;
}

/* Nothing, everything, nonsense that a parser takes, and sizes that are plausible. */
static u64 lie(struct world *w, const struct sim_guest *g)
{
	u64 most_kib = (u64)g->config.static_max_kib;

	switch (rnd(w, 5)) {
	case 0:
		return 0;
	case 1:
		return SCHEMA_KIB_MAX;
	case 2:
		return rnd(w, SCHEMA_KIB_MAX + 1);
	case 3:
		return most_kib;
	default:
		return rnd(w, 2 * most_kib + 1);
	}
}

static void report_lie(struct world *w, struct sim_guest *g)
{
	const char *text = sim_read(w, "/local/domain/%u/" KEY_LEASE, g->domid);
	struct guest_character *c = &g->character;
	struct lease lease = { 0 };
	char line[SCHEMA_RECORD_MAX];
	struct report report = {
		.version = SCHEMA_VERSION,
		.boot = rnd(w, 20) ? 1 : rnd(w, UINT64_MAX),
		.need_kib = lie(w, g),
		.floor_kib = lie(w, g),
		.limit_kib = lie(w, g),
		.urgent = rnd(w, 2),
		.committed_kib = lie(w, g),
		.avail_kib = lie(w, g),
		.swapin = rnd(w, SCHEMA_COUNT_MAX),
	};

	if (text)
		lease_parse(text, strlen(text), &lease);
	report.want_kib = rnd(w, 8) ? report.need_kib + rnd(w, SCHEMA_KIB_MAX + 1 - report.need_kib)
				    : lie(w, g);
	report.epoch = rnd(w, 8) ? lease.epoch : rnd(w, SCHEMA_COUNT_MAX);
	report.seq = rnd(w, 8) ? ++c->seq : rnd(w, c->seq + 1);
	if (report_format(&report, line, sizeof(line)) > 0)
		report_put(w, g, line);
}

static void report_nonsense(struct world *w, struct sim_guest *g)
{
	static const char *const texts[] = {
		"", " ", "version=1", "need_kib=-1", "version=1 version=1", "%s%n%n",
		"version=1 boot=1 epoch=0 seq=99999999999999999999 need_kib=4 want_kib=4 "
		"floor_kib=4 limit_kib=4 urgent=1",
		"version=1 boot=1 epoch=0 seq=1 need_kib=4k want_kib=4 floor_kib=4 limit_kib=4 urgent=1",
		"version=1 boot=1 epoch=0 seq=1 need_kib=8 want_kib=4 floor_kib=4 limit_kib=4 urgent=2",
	};

	report_put(w, g, texts[rnd(w, sizeof(texts) / sizeof(texts[0]))]);
}

/* All that a guest can do: its own keys, its own balloon. */
static uint64_t lie_step(struct world *w, struct sim_guest *g)
{
	switch (rnd(w, 8)) {
	case 0:
		balloon_set(g, w->now_us, g->dom->max_kib);
		break;
	case 1:
		balloon_set(g, w->now_us, rnd_range(w, g->memory.kernel_kib,
						    g->config.static_max_kib));
		break;
	case 2:
		report_nonsense(w, g);
		break;
	case 3:
		report_remove(w, g);
		break;
	default:
		report_lie(w, g);
	}
	return (uint64_t)rnd_range(w, LIE_MIN_MS, LIE_MAX_MS) * SIM_MS;
}

static uint64_t agent(struct world *w, struct sim_guest *g)
{
	module_asked(w, g, rnd_range(w, g->config.static_max_kib / 4, g->config.static_max_kib));
	return (uint64_t)rnd_range(w, AGENT_MIN_MS, AGENT_MAX_MS) * SIM_MS;
}

void character_init(struct world *w, struct sim_guest *g)
{
	struct guest_character *c = &g->character;

	c->phase_us = rnd(w, INTERMITTENT_US);
	c->high = false;
	switch (g->config.character) {
	case SIM_bursty:
	case SIM_leaking:
	case SIM_agent:
	case SIM_liar:
		c->next_us = w->now_us + rnd(w, LIE_MAX_MS) * SIM_MS;
		break;
	default:
		c->next_us = SIM_NEVER;
	}
}

void character_step(struct world *w, struct sim_guest *g)
{
	struct guest_character *c = &g->character;
	uint64_t us;

	if (w->now_us < c->next_us)
		return;
	switch (g->config.character) {
	case SIM_bursty:
		us = burst(w, g);
		break;
	case SIM_leaking:
		us = leak(w, g);
		break;
	case SIM_agent:
		us = agent(w, g);
		break;
	case SIM_liar:
		us = lie_step(w, g);
		break;
	default:
		c->next_us = SIM_NEVER;
		return;
	}
	c->next_us = w->now_us + us;
}
