// SPDX-License-Identifier: GPL-2.0-or-later
#include "random_host.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "random_run.h"
#include "schema.h"
#include "tools/balloonsim/sim_client.h"
#include "tools/balloonsim/sim_daemon.h"
#include "tools/balloonsim/sim_guest.h"
#include "tools/balloonsim/sim_store.h"

void random_fail(struct run *r, const char *format, ...)
{
	char text[256];
	va_list args;

	if (r->failed)
		return;
	r->failed = true;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	snprintf(r->why, r->size, "at %.3f s: %s", (double)r->w->now_us / SIM_S, text);
	if (r->trace)
		printf("# %12.6f FAILED %s\n", (double)r->w->now_us / SIM_S, text);
}

static void noted(struct world *w, const char *text)
{
	printf("# %12.6f %s\n", (double)w->now_us / SIM_S, text);
}

static void nothing(struct world *w, void *arg, const char *json)
{
	(void)w, (void)arg, (void)json;
}

void random_ask(struct run *r, const char *format, ...)
{
	char line[512];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	sim_ask(r->w, nothing, NULL, "%s", line);
}

void random_daemon_up(struct run *r)
{
	if (r->w->store->stopped || sim_daemon_runs(r->w))
		return;
	r->last = (struct counters){ 0 };
	r->up_us = r->w->now_us;
	r->counts->restarts++;
	if (!sim_daemon_start(r->w, r->conf))
		random_fail(r, "its configuration was refused");
}

/* --- what happens ----------------------------------------------------------------- */

static void configure(struct run *r, uint32_t a, uint32_t b)
{
	snprintf(r->conf, sizeof(r->conf), "surplus = \"%s\"\nfree_min = %u\n"
		 "headroom_min = %u\nshrink_divisor = %u\nshrink_interval = %u\n",
		 a % 3 ? "free" : "guests", a / 3 % 64, 16 + b % 48, 1 + b / 64 % 8,
		 b & 1 ? 2000u : 300u);
	if (r->balanced)
		snprintf(r->conf + strlen(r->conf), sizeof(r->conf) - strlen(r->conf),
			 "dom0 = \"balance\"\ndom0_min = %u\n", ZERO_MIN_MIB);
}

static void policy(struct run *r, const struct slot *s, const struct random_event *e)
{
	/* Not under the guest's own floor, which it holds whatever is ordered. */
	int64_t min_kib = floor_default_kib(s->max_kib) + (e->b % 300) * MIB;
	int64_t max_kib = min_kib + (e->c % 800) * MIB + MIB;

	random_ask(r, "{\"command\":\"set\",\"domain\":%u,\"min_kib\":%" PRId64 ",\"max_kib\":%" PRId64
		",\"weight\":%u}", slot_dom(s)->domid, min_kib, max_kib, 1 + e->c % 1024);
}

static void garbage(struct run *r, const struct slot *s, const struct random_event *e)
{
	char text[64];

	if (r->world == RANDOM_liars && !s->liar)
		return;
	snprintf(text, sizeof(text), "%.*x%c version=%u need_kib=-1", (int)(e->b % 30), e->c,
		 (int)(1 + e->b % 255), e->c);
	sim_write(r->w, text, "/local/domain/%u/" KEY_REPORT, slot_dom(s)->domid);
}

static void passthrough(struct run *r, const struct slot *s)
{
	uint32_t domid = slot_dom(s)->domid;

	if (sim_read(r->w, "/local/domain/0/backend/pci/%u/0", domid))
		sim_remove(r->w, "/local/domain/0/backend/pci/%u", domid);
	else
		sim_write(r->w, "", "/local/domain/0/backend/pci/%u/0", domid);
}

/* Its backends want more or less, as fast as a disk or a network can make them. */
static void zero_balanced(struct run *r, const struct random_event *e)
{
	struct sim_guest *kernel = r->zero.dom->guest;

	if (e->b % 8 == 0) {
		sim_mem_set(r->w, r->zero.dom, (100 + (e->b >> 8) % ZERO_MAX_MIB) * MIB);
		return;
	}
	r->foreign_us = r->zero_us;	/* it isn't */
	sim_guest_rate(kernel, 20 + e->c % 100);
	sim_guest_demand(r->w, kernel, (e->b >> 8) % (ZERO_MAX_MIB - 200) * MIB,
			 e->c % 64 * MIB, 0);
}

static void zero(struct run *r, const struct random_event *e)
{
	if (r->balanced) {
		zero_balanced(r, e);
		return;
	}
	sim_set_max(r->w, r->zero.dom, 1LL << 40);
	if (e->b & 1)
		sim_release(r->w, r->zero.dom, (e->b >> 8) % 64 * MIB);
	else
		sim_populate(r->w, r->zero.dom, (e->b >> 8) % 64 * MIB);
}

/* To a guest that runs. */
static void act_on(struct run *r, struct slot *s, const struct random_event *e)
{
	struct world *w = r->w;

	switch (e->kind) {
	case EVENT_need:
		slot_demand(s, e->b % (uint32_t)(s->max_kib / MIB + 1));
		break;
	case EVENT_spike:
		slot_spike(s, e);
		break;
	case EVENT_lie:
		slot_lie(s, e);
		break;
	case EVENT_garbage:
		garbage(r, s, e);
		break;
	case EVENT_kind:
		slot_kind(s, e);
		break;
	case EVENT_pause:
		slot_pause(s);
		break;
	case EVENT_mem_set:
		r->foreign_us = w->now_us;
		if (s->away)	/* amid a migration it undoes what xlmem set, by order */
			break;
		slot_mem_set(s, 32 + e->b % (uint32_t)(s->max_kib / MIB));
		break;
	case EVENT_mem_max:
		r->foreign_us = w->now_us;
		sim_set_max(w, slot_dom(s), slot_dom(s)->tot_kib + MAX_PAGES_SLACK_KIB +
					    (int64_t)(e->b % 300) * MIB);
		break;
	case EVENT_automatic:
		random_ask(r, "{\"command\":\"set\",\"domain\":%u,\"auto\":true}", slot_dom(s)->domid);
		break;
	case EVENT_policy:
		policy(r, s, e);
		break;
	case EVENT_passthrough:
		passthrough(r, s);
		break;
	case EVENT_save:
	case EVENT_xlmem_save:
	case EVENT_reboot:
	case EVENT_migrate:
	case EVENT_rename:
		away_begin(r, s, e);
		break;
	default:
		break;
	}
}

static void start(struct run *r, const struct random_event *e)
{
	struct slot *s;

	if (e->kind == EVENT_create)
		r->foreign_us = r->w->now_us;
	else if (!sim_daemon_runs(r->w))
		return;
	s = slot_new(r, e);
	if (s && e->kind == EVENT_create)
		tool_create(r, s);
	else if (s)
		tool_start(r, s, e);
}

static void act(struct run *r, const struct random_event *e)
{
	struct slot *s = slot_running(r, e->a);
	struct world *w = r->w;

	switch (e->kind) {
	case EVENT_start:
	case EVENT_create:
		start(r, e);
		break;
	case EVENT_promise:
		tool_promise(r, e);
		break;
	case EVENT_hang_up:
		tool_hang_up(r, &r->slots[e->a % SLOTS]);
		break;
	case EVENT_destroy:
		slot_destroy(r, &r->slots[e->a % SLOTS]);
		break;
	case EVENT_zero:
		r->zero_us = r->foreign_us;
		r->foreign_us = w->now_us;
		zero(r, e);
		break;
	case EVENT_store_gone:
		if (w->store->stopped)
			break;
		sim_store_stop(w);
		r->up_us = w->now_us;
		r->store_back_us = w->now_us + e->b % 5000 * SIM_MS;
		break;
	case EVENT_kill:
		sim_daemon_kill(w);
		break;
	case EVENT_kill_at:
		sim_daemon_kill_at(w, 1 + e->b % 120);
		break;
	case EVENT_stop:
		sim_daemon_stop(w);
		configure(r, e->a, e->b);
		break;
	case EVENT_rest:
		check_rest(r);
		break;
	default:
		if (s)
			act_on(r, s, e);
	}
}

/* --- one run ------------------------------------------------------------------------ */

/* Its turn may be under way: whatever others do, they do it then, too. */
struct late { struct run *r; struct random_event e; };

static void act_late(struct world *w, void *arg)
{
	struct late *late = arg;

	late->r->counts->amid += w->in_daemon;
	if (!late->r->failed)
		act(late->r, &late->e);
	free(late);
}

static void one(struct run *r, const struct random_event *e)
{
	struct world *w = r->w;

	if (r->trace)
		printf("# %12.6f EVENT %s %u %u %u\n", (double)w->now_us / SIM_S,
		       random_event_names[e->kind], e->a, e->b, e->c);
	if (w->store->stopped && w->now_us >= r->store_back_us) {
		sim_store_start(w, false);
		r->up_us = w->now_us;
		random_daemon_up(r);
	}
	if (e->kind != EVENT_rest && e->kind != EVENT_kill_at)
		random_daemon_up(r);
	r->counts->events[e->kind]++;
	r->counts->total++;
	if (e->kind != EVENT_rest && e->c & 1024) {
		struct late *late = malloc(sizeof(*late));

		if (!late)
			abort();
		*late = (struct late){ r, *e };
		world_at(w, w->now_us + e->c % 3000, act_late, late);
		world_run(w, w->now_us + 3 * SIM_MS);
	} else {
		act(r, e);
	}
	world_run(w, w->now_us + e->after_us);
	check_always(r);
}

/* A kernel of its own in dom0, for balloond to ask. */
static void zero_boot(struct run *r)
{
	const struct sim_guest_config config = {
		.static_max_kib = ZERO_MAX_MIB * MIB, .boot_kib = ZERO_MIB * MIB,
		.kernel_kib = 60 * MIB, .anon_kib = 40 * MIB, .swap_kib = 512 * MIB,
	};

	sim_guest_boot(r->w, r->zero.dom, &config);
}

static void host_make(struct run *r, const struct random_case *c)
{
	uint64_t state = c->seed * 31;
	int64_t total_mib = 1000 + random_any(&state) % 4000;

	r->w = world_new(c->seed, total_mib * MIB);
	r->w->user = r;
	r->w->on_turn = check_turn;
	r->w->on_call = liar_call;
	r->w->on_killed = check_killed;
	if (r->trace)
		r->w->on_note = noted;
	r->w->costs.hypercall_us = random_any(&state) % 2 ? 2 : 30;
	r->world = c->world;
	r->real = c->world == RANDOM_guests || (c->world == RANDOM_liars && c->seed & 1);
	r->balanced = c->world == RANDOM_guests && c->seed & 1;
	puppet_add(r->w, &r->zero, "Domain-0", false, r->balanced ? ZERO_MIB : 256,
		   r->balanced ? ZERO_MAX_MIB : 256);
	if (r->balanced)
		zero_boot(r);
	configure(r, random_any(&state), random_any(&state));
}

bool random_case_run(const struct random_case *c, struct random_counts *counts,
		     char *why, uint32_t size, bool trace)
{
	struct run r = { .counts = counts, .why = why, .size = size, .trace = trace };

	why[0] = '\0';
	host_make(&r, c);
	random_daemon_up(&r);
	world_run(r.w, SIM_S);
	for (uint32_t i = 0; i < c->n && !r.failed; i++)
		if (!c->events[i].drop)
			one(&r, &c->events[i]);
	if (!r.failed)
		check_calm(&r);
	counts->runs++;
	counts->turns += r.w->stats.turns;
	counts->calls += r.w->stats.calls;
	counts->heap_events += r.w->stats.events;
	r.w->on_turn = NULL;
	r.w->on_call = NULL;
	world_free(r.w);
	return !r.failed;
}
