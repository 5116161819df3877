// SPDX-License-Identifier: GPL-2.0-or-later
#include "random_host.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "balloond.h"
#include "core/account.h"
#include "core/kib.h"
#include "core/plan.h"
#include "schema.h"
#include "tests/unit/puppet.h"
#include "tools/balloonsim/sim_client.h"
#include "tools/balloonsim/sim_daemon.h"
#include "tools/balloonsim/sim_store.h"
#include "tools/balloonsim/sim_xen.h"

#define SLOTS		14
#define BUILD_STEP_US	(10 * SIM_MS)
#define REST_US		(130 * SIM_S)

#define EVENT_NAME(name, often, meaning) #name,
const char *const random_event_names[] = { RANDOM_EVENTS(EVENT_NAME) };
#define EVENT_OFTEN(name, often, meaning) often,
static const unsigned int often[] = { RANDOM_EVENTS(EVENT_OFTEN) };

/* A token's reservation that was granted: it is there until it expires (I6). */
struct kept {
	uint32_t id;
	uint64_t until_us;
};

enum slot_state { SLOT_EMPTY, SLOT_ASKED, SLOT_BUILDING, SLOT_RUNS };

struct slot {
	struct run *run;
	enum slot_state state;
	struct puppet p;
	struct sim_dom *dom;
	char name[16];
	bool hvm;
	int64_t mem_kib, max_kib;
	uint32_t connection;
};

struct run {
	struct world *w;
	struct puppet zero;
	struct slot slots[SLOTS];
	struct kept kept[16];
	struct random_counts *counts;
	struct counters last;		/* the daemon's, as last added up */
	char conf[256];
	uint32_t names;
	uint64_t foreign_us;		/* when somebody last acted behind its back */
	uint64_t store_back_us;
	bool trace, failed;
	char *why;
	uint32_t size;
};

__attribute__((format(printf, 2, 3)))
static void fail(struct run *r, const char *format, ...)
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
}

static void noted(struct world *w, const char *text)
{
	printf("# %12.6f %s\n", (double)w->now_us / SIM_S, text);
}

/* --- the toolstack -------------------------------------------------------------- */

static void slot_end(struct run *r, struct slot *s)
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
			slot_end(s->run, s);	/* no memory: libxl gives up */
			return;
		}
		world_at(w, w->now_us + BUILD_STEP_US, build_step, s);
		return;
	}
	sim_claim(w, s->dom, 0);
	s->state = SLOT_RUNS;
	s->p = (struct puppet){ .said_kib = KIB_NONE, .speed_kib_ms = 512,
				.floor_kib = floor_default_kib(s->max_kib) };
	puppet_run(w, &s->p, s->dom, s->max_kib);
	s->run->counts->ran++;
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
		r->counts->granted++;
		/* Nobody acted behind its back: then it is there. */
		if (w->now_us - r->foreign_us > 60 * SIM_S &&
		    w->free_kib - w->claims_kib - w->unused_kib < s->mem_kib + MAX_PAGES_SLACK_KIB)
			fail(r, "%s was granted %" PRId64 " MiB, %" PRId64 " lie free", s->name,
			     s->mem_kib / MIB, (w->free_kib - w->claims_kib - w->unused_kib) / MIB);
		world_at(w, w->now_us + 5 * SIM_MS, start_later, s);
		return;
	}
	if (json)
		r->counts->refused++;
	s->state = SLOT_EMPTY;
	s->connection = 0;
}

static void nothing(struct world *w, void *arg, const char *json)
{
	(void)w, (void)arg, (void)json;
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

static struct slot *slot_new(struct run *r, const struct random_event *e)
{
	for (int i = 0; i < SLOTS; i++) {
		struct slot *s = &r->slots[i];

		if (s->state != SLOT_EMPTY)
			continue;
		*s = (struct slot){ .run = r, .hvm = e->b & 1 };
		snprintf(s->name, sizeof(s->name), "vm%u", ++r->names);
		s->mem_kib = (64 + e->a % 500) * MIB;
		s->max_kib = s->mem_kib + (e->c % 3 ? (e->c >> 8) % 1000 : 0) * MIB;
		return s;
	}
	return NULL;
}

/* --- what happens ----------------------------------------------------------------- */

static struct slot *running(struct run *r, uint32_t a)
{
	for (uint32_t i = 0; i < SLOTS; i++) {
		struct slot *s = &r->slots[(a + i) % SLOTS];

		if (s->state == SLOT_RUNS)
			return s;
	}
	return NULL;
}

static void daemon_up(struct run *r)
{
	if (r->w->store->stopped)
		return;
	if (!sim_daemon_runs(r->w)) {
		r->last = (struct counters){ 0 };
		r->counts->restarts++;
		if (!sim_daemon_start(r->w, r->conf))
			fail(r, "its configuration was refused");
	}
}

static void configure(struct run *r, uint32_t a, uint32_t b)
{
	snprintf(r->conf, sizeof(r->conf), "surplus = \"%s\"\nfree_min = %u\n"
		 "headroom_min = %u\nshrink_divisor = %u\nshrink_interval = %u\n",
		 a % 3 ? "free" : "guests", a / 3 % 64, 16 + b % 48, 1 + b / 64 % 8,
		 b & 1 ? 2000u : 300u);
}

static void policy(struct run *r, const struct slot *s, const struct random_event *e)
{
	/* Not under the guest's own floor, which it holds whatever is ordered. */
	int64_t min_kib = s->p.floor_kib + (e->b % 300) * MIB;
	int64_t max_kib = min_kib + (e->c % 800) * MIB + MIB;

	sim_ask(r->w, nothing, NULL, "{\"command\":\"set\",\"domain\":%u,\"min_kib\":%" PRId64
		",\"max_kib\":%" PRId64 ",\"weight\":%u}", s->dom->domid, min_kib, max_kib,
		1 + e->c % 1024);
}

static void act(struct run *r, const struct random_event *e);

/* Its turn may be under way: whatever guests do, they do it then, too. */
struct late { struct run *r; const struct random_event *e; };
static void act_late(struct world *w, void *arg)
{
	struct late *late = arg;

	(void)w;
	if (late->r->failed)
		return;
	act(late->r, late->e);
	free(late);
}

static void rest(struct run *r);

static void act(struct run *r, const struct random_event *e)
{
	struct world *w = r->w;
	struct slot *s = running(r, e->a);
	char text[64];

	switch (e->kind) {
	case EVENT_need:
		if (s)
			puppet_need(w, &s->p, e->b % (uint32_t)(s->max_kib / MIB + 1));
		break;
	case EVENT_spike:
		if (s)
			puppet_need(w, &s->p, s->dom->tot_kib / MIB + e->b % 300);
		break;
	case EVENT_lie:
		if (!s)
			break;
		s->p.said_kib = e->b % 3 == 0 ? KIB_NONE : e->b % 3 == 1 ? 1LL << 39 :
				(int64_t)(e->c % 2000) * MIB;
		puppet_say(w, &s->p);
		break;
	case EVENT_garbage:
		if (!s)
			break;
		snprintf(text, sizeof(text), "%.*x%c version=%u need_kib=-1", e->b % 30, e->c,
			 1 + e->b % 255, e->c);
		sim_write(w, text, "/local/domain/%u/" KEY_REPORT, s->dom->domid);
		break;
	case EVENT_kind:
		if (!s)
			break;
		s->p.limit_kib = s->dom->tot_kib - 20 * MIB;
		puppet_kind(w, &s->p, e->b & 1 ? PUPPET_ideal : e->c % PUPPET_KIND_COUNT);
		break;
	case EVENT_start:
		s = slot_new(r, e);
		if (!s || !sim_daemon_runs(w))
			break;
		s->state = SLOT_ASKED;
		s->connection = sim_ask(w, start_answered, s, "{\"command\":\"reserve\","
			"\"size_kib\":%" PRId64 ",\"name\":\"%s\",\"wait_s\":%u,\"owner\":\"%s\",\"expire_s\":300}",
			s->mem_kib + MAX_PAGES_SLACK_KIB, s->name, e->c % 40,
			e->c & 64 ? "token" : "connection");
		break;
	case EVENT_promise:
		sim_ask(w, promised, r, "{\"command\":\"reserve\",\"size_kib\":%" PRId64
			",\"owner\":\"token\",\"wait_s\":10,\"expire_s\":%u}",
			(int64_t)(1 + e->b % 300) * MIB, 1 + e->c % 200);
		break;
	case EVENT_hang_up:
		s = &r->slots[e->a % SLOTS];
		sim_hang_up(w, s->connection);
		s->connection = 0;
		if (s->state == SLOT_ASKED)
			slot_end(r, s);
		break;
	case EVENT_create:
		s = slot_new(r, e);
		r->foreign_us = w->now_us;
		if (s && w->free_kib - w->claims_kib >= s->mem_kib + 2 * MIB)
			build(r, s);
		break;
	case EVENT_destroy:
		s = &r->slots[e->a % SLOTS];
		if (s->state != SLOT_EMPTY && s->state != SLOT_ASKED)
			slot_end(r, s);
		break;
	case EVENT_pause:
		if (!s)
			break;
		s->dom->paused = !s->dom->paused;
		puppet_look(w, &s->p);
		break;
	case EVENT_mem_set:
		r->foreign_us = w->now_us;
		if (s)
			puppet_mem_set(w, &s->p, 32 + e->b % (uint32_t)(s->max_kib / MIB));
		break;
	case EVENT_mem_max:
		r->foreign_us = w->now_us;
		if (s)
			sim_set_max(w, s->dom, s->dom->tot_kib + MAX_PAGES_SLACK_KIB +
					       (int64_t)(e->b % 300) * MIB);
		break;
	case EVENT_automatic:
		if (s)
			sim_ask(w, nothing, NULL, "{\"command\":\"set\",\"domain\":%u,"
				"\"auto\":true}", s->dom->domid);
		break;
	case EVENT_policy:
		if (s)
			policy(r, s, e);
		break;
	case EVENT_passthrough:
		if (!s)
			break;
		if (sim_read(w, "/local/domain/0/backend/pci/%u/0", s->dom->domid))
			sim_remove(w, "/local/domain/0/backend/pci/%u", s->dom->domid);
		else
			sim_write(w, "", "/local/domain/0/backend/pci/%u/0", s->dom->domid);
		break;
	case EVENT_zero:
		r->foreign_us = w->now_us;
		sim_set_max(w, r->zero.dom, 1LL << 40);
		if (e->b & 1)
			sim_release(w, r->zero.dom, (e->b >> 8) % 64 * MIB);
		else
			sim_populate(w, r->zero.dom, (e->b >> 8) % 64 * MIB);
		break;
	case EVENT_store_gone:
		if (w->store->stopped)
			break;
		sim_store_stop(w);
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
		rest(r);
		break;
	default:
		break;
	}
}

/* --- what must be so --------------------------------------------------------------- */

static void count(struct run *r)
{
	const struct balloond *b = sim_daemon_state(r->w);

	if (!b)
		return;
#define ADD(to, name) (r->counts->to += b->counters.name - r->last.name)
	ADD(follow, actions_follow);
	ADD(cut, actions_cut);
	ADD(shrink, actions_shrink);
	ADD(raise, actions_raise);
	ADD(target, actions_target);
	ADD(put_off, raises_put_off);
	ADD(pins, foreign_targets);
#undef ADD
	r->last = b->counters;
	for (uint32_t i = 0; i < b->host.n_doms; i++) {
		r->counts->stuck += b->host.doms[i].progress == PROGRESS_STUCK;
		r->counts->silent += b->host.doms[i].progress == PROGRESS_SILENT;
	}
}

static void check_kept(struct run *r)
{
	const struct balloond *b = sim_daemon_state(r->w);

	for (uint32_t i = 0; b && b->counters.turns && i < 16; i++) {
		if (r->kept[i].until_us <= r->w->now_us)
			continue;
		r->counts->kept++;
		if (promise_find(b, r->kept[i].id, NULL) < 0)
			fail(r, "reservation %u is gone before its time", r->kept[i].id);
	}
}

static void always(struct run *r)
{
	const struct world *w = r->w;
	int64_t sum_kib = w->free_kib;

	r->counts->checks++;
	for (uint32_t i = 0; i < w->n_doms; i++)
		sum_kib += w->doms[i]->tot_kib;
	if (sum_kib != w->total_kib || w->free_kib < 0)
		fail(r, "pages are lost: %" PRId64 " of %" PRId64 " KiB", sum_kib, w->total_kib);
	if (w->stats.breaches)
		fail(r, "%s", w->stats.first_breach);
	check_kept(r);
	count(r);
}

/* In a guest that can be had, and of which nobody said otherwise. */
static bool is_plain(const struct balloond *b, const struct slot *s, const struct dom **dom)
{
	int i;

	if (s->state != SLOT_RUNS || s->p.kind != PUPPET_ideal || s->dom->paused)
		return false;
	i = balloond_find(b, s->dom->domid);
	if (i < 0)
		return false;
	*dom = &b->host.doms[i];
	return (*dom)->kind == DOM_GUEST && (*dom)->has_report && (*dom)->pin_kib == KIB_NONE &&
	       (*dom)->progress == PROGRESS_SETTLED;
}

/* Somebody holds what the plan gives to others: stuck, paused, or ordered so. */
static bool is_withheld(const struct host *host)
{
	for (uint32_t i = 0; i < host->n_doms; i++) {
		const struct dom *dom = &host->doms[i];

		if (dom->kind == DOM_GUEST &&
		    (dom->progress == PROGRESS_STUCK || dom->progress == PROGRESS_SLOW ||
		     dom->history.shrinking || dom_is_held(dom)))
			return true;
	}
	return false;
}

/*
 * Two minutes later: nobody honest is under min(need, fair share), whatever the
 * others say (I8); nobody's memory is above what a restore would take (I11).
 */
static void rest(struct run *r)
{
	struct world *w = r->w;
	const struct balloond *b;
	const struct dom *dom;

	if (w->in_daemon)
		return;
	if (w->store->stopped)
		sim_store_start(w, false);
	daemon_up(r);
	world_run(w, w->now_us + REST_US);
	daemon_up(r);	/* killed at one of its calls */
	b = sim_daemon_state(w);
	for (int i = 0; b && i < SLOTS; i++) {
		const struct slot *s = &r->slots[i];
		int64_t least_kib;

		if (!is_plain(b, s, &dom))
			continue;
		least_kib = kib_min(kib_min(s->p.need_kib, dom->need_kib), dom->fair_kib);
		least_kib = kib_min(least_kib, dom->bounds.high_kib);
		if (s->dom->tot_kib < least_kib - 2 * MIB && !b->host.overcommitted &&
		    !is_withheld(&b->host) && b->host.deficit_kib <= 0)
			fail(r, "%s has %" PRId64 " MiB of need %" PRId64 ", fair share %" PRId64,
			     s->name, s->dom->tot_kib / MIB, s->p.need_kib / MIB,
			     dom->fair_kib / MIB);
		if (s->dom->tot_kib > dom->target_kib + MAX_PAGES_SLACK_KIB &&
		    !dom->history.shrinking)
			fail(r, "%s has %" PRId64 " KiB, its target is %" PRId64 " (I11)", s->name,
			     s->dom->tot_kib, dom->target_kib);
	}
}

/* All well again: everything comes to rest, and nothing is written any more. */
static void calm(struct run *r)
{
	struct world *w = r->w;
	uint64_t writes;
	uint32_t n = 0;

	for (int i = 0; i < SLOTS; i++) {
		struct slot *s = &r->slots[i];

		if (s->state != SLOT_RUNS)
			continue;
		n++;
		s->dom->paused = false;
		s->p.said_kib = KIB_NONE;
		if (s->p.kind != PUPPET_stock)
			puppet_kind(w, &s->p, PUPPET_ideal);
		puppet_need(w, &s->p, kib_min(s->p.need_kib, s->max_kib) / MIB);
	}
	sim_daemon_kill(w);
	rest(r);
	if (sim_daemon_runs(w))
		for (int i = 0; i < SLOTS; i++)
			if (r->slots[i].state == SLOT_RUNS)
				sim_ask(w, nothing, NULL, "{\"command\":\"set\",\"domain\":%u,"
					"\"auto\":true}", r->slots[i].dom->domid);
	/* Headroom that a burst earned has its half-lives; the stuck their retries. */
	world_run(w, w->now_us + 3600 * SIM_S);
	always(r);
	writes = w->stats.writes + w->stats.max_writes;
	world_run(w, w->now_us + 120 * SIM_S);
	/* A probe is one write of ours, at most one a guest in ten minutes. */
	if (w->stats.writes + w->stats.max_writes > writes + n)
		fail(r, "%" PRIu64 " writes in two minutes at rest, of %u guests",
		     w->stats.writes + w->stats.max_writes - writes, n);
	rest(r);
	always(r);
}

/* --- one run ------------------------------------------------------------------------ */

static uint32_t any(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15ULL;	/* as world.c's rnd() */

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return (uint32_t)((z ^ (z >> 31)) >> 16);
}

void random_case_make(struct random_case *c, uint64_t seed, uint32_t n)
{
	uint64_t state = seed * 0x2545f4914f6cdd1dULL;
	unsigned int sum = 0;

	for (int k = 0; k < EVENT_COUNT; k++)
		sum += often[k];
	c->seed = seed;
	c->n = n;
	for (uint32_t i = 0; i < n; i++) {
		struct random_event *e = &c->events[i];
		unsigned int at = any(&state) % sum;
		uint32_t long_ms[] = { 100, 1000, 4000, 12000 };

		*e = (struct random_event){ .a = any(&state), .b = any(&state), .c = any(&state) };
		while (at >= often[e->kind])
			at -= often[e->kind++];
		if (i < 4)
			e->kind = EVENT_start;
		e->after_us = any(&state) % (long_ms[any(&state) % 4] * SIM_MS);
	}
}

/* What others do to the host can't be seen by a turn that is under way. */
static bool is_guests(enum random_event_kind kind)
{
	return kind <= EVENT_kind || kind == EVENT_promise || kind == EVENT_hang_up ||
	       kind == EVENT_automatic || kind == EVENT_policy;
}

static void one(struct run *r, const struct random_event *e)
{
	struct world *w = r->w;

	if (r->trace)
		printf("# %12.6f EVENT %s %u %u %u\n", (double)w->now_us / SIM_S,
		       random_event_names[e->kind], e->a, e->b, e->c);
	if (w->store->stopped && w->now_us >= r->store_back_us) {
		sim_store_start(w, false);
		daemon_up(r);
	}
	if (e->kind != EVENT_rest && e->kind != EVENT_kill_at)
		daemon_up(r);
	r->counts->events[e->kind]++;
	r->counts->total++;
	if (is_guests(e->kind) && e->c & 1024) {
		struct late *late = malloc(sizeof(*late));

		if (!late)
			abort();
		*late = (struct late){ r, e };
		world_at(w, w->now_us + e->c % 3000, act_late, late);
		world_run(w, w->now_us + 3 * SIM_MS);
	} else {
		act(r, e);
	}
	world_run(w, w->now_us + e->after_us);
	always(r);
}

bool random_case_run(const struct random_case *c, struct random_counts *counts,
		     char *why, uint32_t size, bool trace)
{
	struct run r = { .counts = counts, .why = why, .size = size, .trace = trace };
	uint64_t state = c->seed * 31;
	int64_t total_mib = 1000 + any(&state) % 4000;

	why[0] = '\0';
	r.w = world_new(c->seed, total_mib * MIB);
	if (trace)
		r.w->on_note = noted;
	r.w->costs.hypercall_us = any(&state) % 2 ? 2 : 30;
	puppet_add(r.w, &r.zero, "Domain-0", false, 256, 256);
	configure(&r, any(&state), any(&state));
	daemon_up(&r);
	world_run(r.w, SIM_S);
	for (uint32_t i = 0; i < c->n && !r.failed; i++)
		if (!c->events[i].drop)
			one(&r, &c->events[i]);
	if (!r.failed)
		calm(&r);
	counts->runs++;
	counts->turns += r.w->stats.turns;
	counts->calls += r.w->stats.calls;
	counts->heap_events += r.w->stats.events;
	world_free(r.w);
	return !r.failed;
}
