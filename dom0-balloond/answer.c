// SPDX-License-Identifier: GPL-2.0-or-later
#include "answer.h"

#include <stdio.h>
#include <string.h>

#include "balloond.h"
#include "clock.h"
#include "control_table.h"
#include "core/plan.h"
#include "idle.h"
#include "json.h"
#include "store.h"
#include "tick.h"

/* What a field of domain{} is taken from. */
struct from {
	const struct balloond *b;
	const struct dom *dom;
	const struct vm *vm;
};

static int64_t reported(const struct dom *dom, int64_t kib)
{
	return dom->has_report ? kib : KIB_NONE;
}

static int64_t managed(const struct dom *dom, int64_t kib)
{
	return dom->kind == DOM_ZERO ? KIB_NONE : kib;
}

static const char *kind_text(enum dom_kind kind)
{
	static const char *const text[] = {
		[DOM_GUEST] = "guest", [DOM_FIXED] = "fixed", [DOM_ZERO] = "dom0",
		[DOM_BUILDING] = "building", [DOM_DYING] = "dying",
		[DOM_ZERO_BALANCED] = "dom0",
	};

	return text[kind];
}

static void state_text(const struct from *from, char *out, size_t size)
{
	static const char *const text[] = {
		[PROGRESS_SETTLED] = "settled", [PROGRESS_MOVING] = "moving",
		[PROGRESS_SLOW] = "slow", [PROGRESS_STUCK] = "stuck",
		[PROGRESS_SILENT] = "silent", [PROGRESS_DRIVERLESS] = "driverless",
	};

	snprintf(out, size, "%s%s%s%s%s", text[from->dom->progress],
		 from->dom->pin_kib != KIB_NONE ? ",pinned" : "",
		 from->dom->paused ? ",paused" : "",
		 from->dom->has_report && from->dom->urgent ? ",urgent" : "",
		 from->vm->frozen_by ? ",frozen" : "");
}

#define PUT(name)	static void put_##name(struct json *json, const struct from *from)
#define PUT_KIB(name, value) \
	PUT(name) { json_kib(json, #name, value); }

PUT(domid)		{ json_int(json, "domid", from->dom->domid); }
PUT(name)		{ json_string(json, "name", from->dom->name); }
PUT(kind)		{ json_string(json, "kind", kind_text(from->dom->kind)); }
PUT(reason)		{ json_string(json, "reason", reason_text(from->dom->reason)); }
PUT(weight)		{ json_int(json, "weight", from->dom->weight); }
PUT(ignored_reports)	{ json_int(json, "ignored_reports", from->vm->ignored_reports); }
PUT(idle_s)		{ json_int(json, "idle_s", idle_s(from->vm, from->b->now_ms)); }
PUT_KIB(actual_kib, from->dom->actual_kib)
PUT_KIB(target_kib, from->dom->target_kib)
PUT_KIB(ceiling_kib, managed(from->dom, from->dom->max_kib - MAX_PAGES_SLACK_KIB))
PUT_KIB(need_kib, reported(from->dom, from->dom->need_kib))
PUT_KIB(want_kib, reported(from->dom, from->dom->want_kib))
PUT_KIB(floor_kib, managed(from->dom, from->dom->floor_kib))
PUT_KIB(max_kib, managed(from->dom, from->dom->policy_max_kib))
PUT_KIB(static_max_kib, from->dom->static_max_kib)

PUT(uuid)
{
	char uuid[37];

	uuid_text(from->dom->uuid, uuid);
	json_string(json, "uuid", uuid);
}

PUT(state)
{
	char state[64];

	state_text(from, state, sizeof(state));
	json_string(json, "state", state);
}

void answer_domain(struct json *json, const char *key, const struct balloond *b, uint32_t i)
{
	const struct from from = { b, &b->host.doms[i], &b->vms[i] };

	json_object(json, key);
#define PUT_FIELD(name, type, meaning, test) put_##name(json, &from);
	CONTROL_DOMAIN_FIELDS(PUT_FIELD)
#undef PUT_FIELD
	json_end_object(json);
}

static int64_t unused_ceilings_kib(const struct host *host)
{
	int64_t sum_kib = 0;

	for (uint32_t i = 0; i < host->n_doms; i++)
		if (host->doms[i].kind != DOM_ZERO &&
		    host->doms[i].max_kib > host->doms[i].actual_kib)
			sum_kib += host->doms[i].max_kib - host->doms[i].actual_kib;
	return sum_kib;
}

#define HOST_KIB(name, value)							\
	static void put_host_##name(struct json *json, const struct host *host)	\
	{									\
		json_int(json, #name, value);					\
	}

HOST_KIB(total_kib, host->total_kib)
HOST_KIB(free_kib, host->free_kib)
HOST_KIB(claims_kib, host->claims_kib)
HOST_KIB(free_min_kib, host->config.free_min_kib)
HOST_KIB(reserved_kib, reservations_unbuilt_kib(host))
HOST_KIB(unused_ceilings_kib, unused_ceilings_kib(host))
HOST_KIB(slack_kib, host_slack_kib(host))

static void put_host_state(struct json *json, const struct host *host)
{
	json_string(json, "state", host->overcommitted ? "overcommitted" :
		    host->scarce ? "scarce" : "plenty");
}

static void put_host_free_state(struct json *json, const struct host *host)
{
	json_string(json, "free_state", free_state_text(host->free_state));
}

void answer_host(struct json *json, const struct balloond *b)
{
	json_object(json, "host");
#define HOST_FIELD(name, type, meaning, test) put_host_##name(json, &b->host);
	CONTROL_HOST_FIELDS(HOST_FIELD)
	json_end_object(json);
}

struct from_reservation {
	const struct reservation *one;
	const struct promise *promise;
};

#define RES(name) \
	static void res_##name(struct json *json, const struct from_reservation *from)

RES(id)		{ json_int(json, "id", from->one->id); }
RES(name)	{ json_string(json, "name", from->one->name); }
RES(purpose)	{ json_string(json, "purpose", from->promise->purpose); }
RES(min_kib)	{ json_kib(json, "min_kib", from->promise->min_kib ? from->promise->min_kib : KIB_NONE); }
RES(max_kib)	{ json_kib(json, "max_kib", from->promise->min_kib ? from->promise->max_kib : KIB_NONE); }
RES(size_kib)	{ json_int(json, "size_kib", from->one->size_kib); }
RES(domid)	{ json_kib(json, "domid", from->one->domid); }

RES(state)
{
	static const char *const text[] = {
		[RESERVATION_WAITING] = "waiting", [RESERVATION_GRANTED] = "granted",
		[RESERVATION_ASSIGNED] = "assigned",
	};

	json_string(json, "state", text[from->one->state]);
}

RES(expires_s)
{
	int64_t left_s = from->promise->expires_s - clock_wall_s();

	json_kib(json, "expires_s", !from->promise->expires_s ? KIB_NONE :
		 left_s < 0 ? 0 : left_s);
}

void answer_reservation(struct json *json, const char *key, const struct balloond *b,
			uint32_t r)
{
	const struct from_reservation from = { &b->host.reservations[r], &b->promises[r] };

	json_object(json, key);
#define RES_FIELD(name, type, meaning, test) res_##name(json, &from);
	CONTROL_RESERVATION_FIELDS(RES_FIELD)
	json_end_object(json);
}

void answer_counters(struct json *json, const struct balloond *b)
{
	struct counters counters = b->counters;

	if (b->store) {
		counters.store_reads = store_counters(b->store)->reads;
		counters.store_writes = store_counters(b->store)->writes;
		counters.store_events = store_counters(b->store)->events;
	}
	json_object(json, "counters");
#define COUNTER_FIELD(name, meaning, test) json_int(json, #name, (int64_t)counters.name);
	COUNTERS(COUNTER_FIELD)
	json_end_object(json);
}
