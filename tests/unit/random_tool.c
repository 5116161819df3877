// SPDX-License-Identifier: GPL-2.0-or-later
/* xlmem create and xl create of puppets, page by page; of kernels, sim_create.c's. */
#include "random_run.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/kib.h"
#include "core/plan.h"
#include "tools/balloonsim/sim_daemon.h"
#include "tools/balloonsim/sim_store.h"

#define BUILD_STEP_US	(10 * SIM_MS)

static void runs(struct slot *s)
{
	s->state = SLOT_RUNS;
	s->run->counts->ran++;
	s->honest_us = s->liar ? SIM_NEVER : s->run->w->now_us;
	s->lease_kib = KIB_NONE;
	if (s->liar && !s->run->real)
		liar_begin(s->run, s);
}

void tool_end(struct run *r, struct slot *s)
{
	world_forget(r->w, s);
	if (s->state == SLOT_RUNS) {
		puppet_end(r->w, &s->p, 300 * SIM_MS);
	} else if (s->state == SLOT_BUILDING) {
		uint32_t domid = s->dom->domid;

		sim_dom_kill(r->w, s->dom, 100 * SIM_MS);
		sim_remove(r->w, "/local/domain/%u", domid);
	}
	s->state = SLOT_EMPTY;
}

static void build_step(struct world *w, void *arg)
{
	struct slot *s = arg;
	int64_t part_kib = 16 * MIB, left_kib = s->mem_kib - s->dom->tot_kib;

	if (left_kib > 0) {
		if (!sim_populate(w, s->dom, part_kib < left_kib ? part_kib : left_kib)) {
			tool_end(s->run, s);	/* no memory: libxl gives up */
			return;
		}
		world_at(w, w->now_us + BUILD_STEP_US, build_step, s);
		return;
	}
	sim_claim(w, s->dom, 0);
	s->p = (struct puppet){ .said_kib = KIB_NONE, .speed_kib_ms = 512,
				.floor_kib = floor_default_kib(s->max_kib) };
	puppet_run(w, &s->p, s->dom, s->max_kib);
	runs(s);
	sim_hang_up(w, s->connection);
	s->connection = 0;
}

static void build(struct run *r, struct slot *s)
{
	uint8_t uuid[16] = { 0 };

	memcpy(uuid, s->name, strnlen(s->name, sizeof(uuid)));
	s->dom = sim_dom_new(r->w, s->name, uuid, s->hvm, 0);
	if (!s->dom) {
		s->state = SLOT_EMPTY;
		return;
	}
	sim_set_max(r->w, s->dom, s->mem_kib + MAX_PAGES_SLACK_KIB);
	if (!sim_claim(r->w, s->dom, s->mem_kib)) {
		sim_dom_drop(r->w, s->dom);
		s->state = SLOT_EMPTY;
		return;
	}
	s->state = SLOT_BUILDING;
	sim_write(r->w, s->name, "/local/domain/%u/name", s->dom->domid);
	sim_write(r->w, s->name, "/vm/%s", s->name);
	sim_fire(r->w, "@introduceDomain");
	world_at(r->w, r->w->now_us + BUILD_STEP_US, build_step, s);
}

static void start_later(struct world *w, void *arg)
{
	(void)w;
	build(((struct slot *)arg)->run, arg);
}

static void start_answered(struct world *w, void *arg, const char *json)
{
	struct slot *s = arg;
	struct run *r = s->run;

	if (s->state != SLOT_ASKED)
		return;
	if (json && strstr(json, "\"granted\"")) {
		check_start_granted(r, s);
		/* Nobody acted behind its back: then it is there. */
		if (w->now_us - r->foreign_us > FOREIGN_US &&
		    sim_xen_room_kib(w) < s->mem_kib + MAX_PAGES_SLACK_KIB)
			random_fail(r, "%s was granted %" PRId64 " MiB, %" PRId64 " lie free", s->name,
			     s->mem_kib / MIB, sim_xen_room_kib(w) / MIB);
		world_at(w, w->now_us + 5 * SIM_MS, start_later, s);
		return;
	}
	if (json)
		check_start_refused(r, s);
	s->state = SLOT_EMPTY;
	s->connection = 0;
}

static void started(struct world *w, void *arg, enum sim_start how, struct sim_dom *dom,
		    const char *why)
{
	struct slot *s = arg;
	struct run *r = s->run;

	(void)w, (void)why;
	if (how == SIM_STARTED)
		check_start_granted(r, s);
	if (how == SIM_REFUSED)
		check_start_refused(r, s);
	if (dom)
		runs(s);
	else
		s->state = SLOT_EMPTY;
}

void tool_start(struct run *r, struct slot *s, const struct random_event *e)
{
	uint32_t wait_s = r->world == RANDOM_liars ? 60 : e->c % 40;

	s->state = SLOT_ASKED;
	check_start_asked(r, s);
	if (r->real) {
		sim_create(r->w, &s->vm, wait_s, started, s);
		return;
	}
	s->connection = sim_ask(r->w, start_answered, s, "{\"command\":\"reserve\","
		"\"size_kib\":%" PRId64 ",\"name\":\"%s\",\"wait_s\":%u,\"owner\":\"%s\",\"expire_s\":300}",
		s->mem_kib + MAX_PAGES_SLACK_KIB, s->name, wait_s,
		e->c & 64 ? "token" : "connection");
}

void tool_create(struct run *r, struct slot *s)
{
	if (r->real) {
		s->state = SLOT_ASKED;
		sim_xl_create(r->w, &s->vm, started, s);
	} else if (r->w->free_kib - r->w->claims_kib >= s->mem_kib + 2 * MIB) {
		build(r, s);
	}
}

void tool_hang_up(struct run *r, struct slot *s)
{
	sim_hang_up(r->w, s->connection);
	s->connection = 0;
	if (s->state == SLOT_ASKED)
		tool_end(r, s);
}

static void promised(struct world *w, void *arg, const char *json)
{
	struct run *r = arg;
	const char *id = json && strstr(json, "\"granted\"") ? strstr(json, "\"id\":") : NULL;
	const char *expires = id ? strstr(id, "\"expires_s\":") : NULL;

	for (uint32_t i = 0; expires && i < 16; i++) {
		if (r->kept[i].until_us > w->now_us)
			continue;
		r->kept[i].id = (uint32_t)strtoul(id + 5, NULL, 10);
		r->kept[i].until_us = strtoull(expires + 12, NULL, 10) * SIM_S;
		break;
	}
}

void tool_promise(struct run *r, const struct random_event *e)
{
	sim_ask(r->w, promised, r, "{\"command\":\"reserve\",\"size_kib\":%" PRId64
		",\"owner\":\"token\",\"wait_s\":10,\"expire_s\":%u}",
		(int64_t)(1 + e->b % 300) * MIB, 1 + e->c % 200);
}
