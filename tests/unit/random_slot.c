// SPDX-License-Identifier: GPL-2.0-or-later
#include "random_run.h"

#include <stdio.h>
#include <string.h>

#include "core/kib.h"
#include "core/plan.h"
#include "tools/balloonsim/sim_guest.h"
#include "tools/balloonsim/sim_store.h"

/* What a kernel without work takes: it must boot in what it is built with. */
#define REAL_LEAST_MIB	160
#define OFFSET_HVM_KIB	(-64)

static void real_new(struct slot *s, const struct random_event *e)
{
	struct sim_guest_config *g = &s->vm.guest;

	s->vm = (struct sim_vm){
		.hvm = s->hvm, .memory_kib = s->mem_kib, .maxmem_kib = s->max_kib,
		.min_kib = KIB_NONE, .max_kib = KIB_NONE, .weight = e->b >> 4 & 1 ? 64 + e->b % 512 : 0,
		.build_kib_ms = e->b >> 5 & 1 ? 1600 : 0,
	};
	memcpy(s->vm.name, s->name, sizeof(s->name));
	*g = (struct sim_guest_config){
		.character = s->liar ? SIM_liar : SIM_ideal,
		.offset_kib = s->hvm ? OFFSET_HVM_KIB : 0,
		.kernel_kib = 40 * MIB + s->max_kib / 64 / 4 * 4,
		.anon_kib = (int64_t)(8 + e->b % 32) * MIB,
		.cache_kib = (int64_t)(e->b >> 8) % 48 * MIB,
		.swap_kib = e->b >> 6 & 1 ? 256 * MIB : 0,
		.limit_kib = s->mem_kib - 16 * MIB,
	};
}

struct slot *slot_new(struct run *r, const struct random_event *e)
{
	for (int i = 0; i < SLOTS; i++) {
		struct slot *s = &r->slots[i];

		if (s->state != SLOT_EMPTY || s->away)
			continue;
		*s = (struct slot){ .run = r, .hvm = e->b & 1 };
		snprintf(s->name, sizeof(s->name), "vm%u", ++r->names);
		s->mem_kib = (int64_t)((r->real ? REAL_LEAST_MIB : 64) + e->a % 500) * MIB;
		s->max_kib = s->mem_kib + (int64_t)(e->c % 3 ? (e->c >> 8) % 1000 : 0) * MIB;
		/* The first is honest, the second isn't. */
		s->liar = r->world == RANDOM_liars && i && (i == 1 || e->c >> 5 & 1);
		s->style = e->c >> 12;
		real_new(s, e);
		return s;
	}
	return NULL;
}

struct sim_dom *slot_dom(const struct slot *s)
{
	struct sim_dom *dom;

	if (s->state != SLOT_RUNS)
		return NULL;
	if (!s->run->real)
		return s->dom;
	dom = sim_dom_named(s->run->w, s->name);
	return dom && dom->guest ? dom : NULL;
}

struct slot *slot_running(struct run *r, uint32_t a)
{
	for (uint32_t i = 0; i < SLOTS; i++) {
		struct slot *s = &r->slots[(a + i) % SLOTS];

		if (slot_dom(s))
			return s;
	}
	return NULL;
}

struct slot *slot_of(struct run *r, uint32_t domid)
{
	for (int i = 0; i < SLOTS; i++) {
		const struct sim_dom *dom = slot_dom(&r->slots[i]);

		if (dom && dom->domid == domid)
			return &r->slots[i];
	}
	return NULL;
}

int64_t slot_need_kib(const struct slot *s)
{
	if (!s->run->real)
		return kib_min(s->p.need_kib, s->max_kib);
	return kib_min(sim_guest_need_kib(slot_dom(s)->guest), s->max_kib);
}

bool slot_is_honest(const struct slot *s)
{
	if (s->liar || slot_dom(s)->paused)
		return false;
	if (!s->run->real)
		return s->p.kind == PUPPET_ideal && s->p.said_kib == KIB_NONE;
	return sim_guest_config_of(slot_dom(s)->guest)->character == SIM_ideal;
}

static void changed(struct slot *s)
{
	s->honest_us = slot_is_honest(s) ? s->run->w->now_us : SIM_NEVER;
}

void slot_demand(struct slot *s, int64_t mib)
{
	struct sim_dom *dom = slot_dom(s);
	const struct sim_guest_config *config;

	if (!s->run->real) {
		puppet_need(s->run->w, &s->p, mib);
		return;
	}
	/* What is demanded is anonymous; the kernel's own comes on top. */
	config = sim_guest_config_of(dom->guest);
	mib = kib_max(4, mib - (config->kernel_kib + config->static_max_kib / 64) / MIB - 16);
	sim_guest_demand(s->run->w, dom->guest, mib * MIB, config->cache_kib, 0);
}

void slot_spike(struct slot *s, const struct random_event *e)
{
	if (s->run->real)
		sim_guest_rate(slot_dom(s)->guest, e->c & 1 ? 0 : 50 + e->c % 1000);
	slot_demand(s, slot_dom(s)->tot_kib / MIB + e->b % 300);
}

void slot_lie(struct slot *s, const struct random_event *e)
{
	struct world *w = s->run->w;
	struct sim_dom *dom = slot_dom(s);

	if (s->run->world == RANDOM_liars && !s->liar)
		return;
	if (s->run->real) {
		sim_guest_character(w, dom->guest, s->liar || e->b % 3 ? SIM_liar : SIM_ideal);
	} else {
		s->p.said_kib = !s->liar && e->b % 3 == 0 ? KIB_NONE : e->b % 3 == 1 ? 1LL << 39 :
				(int64_t)(e->c % 2000) * MIB;
		puppet_say(w, &s->p);
	}
	changed(s);
}

void slot_kind(struct slot *s, const struct random_event *e)
{
	struct world *w = s->run->w;
	struct sim_dom *dom = slot_dom(s);

	if (s->liar)
		return;
	if (s->run->real) {
		sim_guest_character(w, dom->guest, e->b & 1 ? SIM_ideal : e->c % SIM_CHARACTER_COUNT);
	} else {
		s->p.limit_kib = dom->tot_kib - 20 * MIB;
		puppet_kind(w, &s->p, e->b & 1 ? PUPPET_ideal : e->c % PUPPET_KIND_COUNT);
	}
	changed(s);
}

void slot_well(struct slot *s)
{
	struct sim_dom *dom = slot_dom(s);

	if (s->run->real) {
		sim_pause(s->run->w, dom, false);
		sim_guest_rate(dom->guest, 0);
		if (sim_guest_config_of(dom->guest)->character != SIM_driverless)
			sim_guest_character(s->run->w, dom->guest, SIM_ideal);
	} else {
		dom->paused = false;
		s->p.said_kib = KIB_NONE;
		if (s->p.kind != PUPPET_stock)
			puppet_kind(s->run->w, &s->p, PUPPET_ideal);
		puppet_need(s->run->w, &s->p, kib_min(s->p.need_kib, s->max_kib) / MIB);
	}
	changed(s);
}

void slot_pause(struct slot *s)
{
	struct sim_dom *dom = slot_dom(s);

	sim_pause(s->run->w, dom, !dom->paused);
	if (!s->run->real)
		puppet_look(s->run->w, &s->p);
	changed(s);
}

void slot_mem_set(struct slot *s, int64_t mib)
{
	if (s->run->real)
		sim_mem_set(s->run->w, slot_dom(s), mib * MIB);
	else
		puppet_mem_set(s->run->w, &s->p, mib);
}

void slot_destroy(struct run *r, struct slot *s)
{
	struct sim_dom *dom;

	if (!r->real) {
		if (s->state != SLOT_EMPTY && s->state != SLOT_ASKED)
			tool_end(r, s);
		return;
	}
	dom = sim_dom_named(r->w, s->name);
	if (!dom)
		return;
	sim_destroy(r->w, dom);
	if (s->state == SLOT_RUNS)	/* who is away comes back to nobody's surprise */
		s->state = SLOT_EMPTY;
}
