// SPDX-License-Identifier: GPL-2.0-or-later
/* reserve, assign, release: the requests' side of promise.c. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "answer.h"
#include "balloond.h"
#include "command.h"
#include "control.h"
#include "core/plan.h"
#include "json.h"
#include "refusal.h"
#include "schema.h"
#include "size.h"

#define WAIT_MAX_S	86400
#define EXPIRE_MAX_S	(365 * 86400)

static bool purpose_get(struct call *call, const char **purpose)
{
	enum request_get got = request_string(call->request, "purpose", purpose);
	bool ok = got != REQUEST_BAD && strlen(*purpose) <= PROMISE_PURPOSE_MAX;

	for (const char *at = *purpose; ok && *at; at++)
		ok = (unsigned char)*at >= ' ' && *at != 0x7f;
	if (!ok)
		call_fail(call, ERROR_usage, "purpose is create, restore, migrate or a word of "
			  "your own, at most %d bytes", PROMISE_PURPOSE_MAX);
	return ok;
}

static bool request_get(struct call *call, struct promise_request *request)
{
	const char *owner = "connection";

	*request = (struct promise_request){ .name = "", .purpose = "", .client = call->client };
	if (!call_int(call, "size_kib", 1, SCHEMA_KIB_MAX, &request->size_kib) ||
	    !call_int(call, "min_kib", 1, SCHEMA_KIB_MAX, &request->min_kib) ||
	    !call_int(call, "expire_s", 1, EXPIRE_MAX_S, &request->expire_s) ||
	    !call_int(call, "wait_s", 0, WAIT_MAX_S, &request->wait_s))
		return false;
	if (request->size_kib == KIB_NONE) {
		call_fail(call, ERROR_usage, "size_kib is missing");
		return false;
	}
	if (request->min_kib > request->size_kib) {
		call_fail(call, ERROR_usage, "min_kib is more than size_kib");
		return false;
	}
	if (request->min_kib == KIB_NONE || request->min_kib == request->size_kib)
		request->min_kib = 0;
	if (request->wait_s == KIB_NONE)
		request->wait_s = PROMISE_WAIT_S;
	if (!purpose_get(call, &request->purpose))
		return false;
	if (request_string(call->request, "name", &request->name) == REQUEST_BAD ||
	    strlen(request->name) >= sizeof(((struct reservation *)0)->name)) {
		call_fail(call, ERROR_usage, "name is the VM's name, less than 64 bytes");
		return false;
	}
	if (request_string(call->request, "owner", &owner) == REQUEST_BAD ||
	    (strcmp(owner, "connection") && strcmp(owner, "token"))) {
		call_fail(call, ERROR_usage, "owner is \"connection\" or \"token\"");
		return false;
	}
	request->owner = !strcmp(owner, "token") ? OWNER_TOKEN : OWNER_CONNECTION;
	return true;
}

/* After a restart the same request takes an orphan over. */
static int reclaim(struct balloond *b, const struct promise_request *request)
{
	int r = request->name[0] ? promise_find(b, -1, request->name) : -1;

	if (r < 0 || !b->promises[r].orphan_ms || b->promises[r].min_kib != request->min_kib ||
	    (b->promises[r].min_kib ? b->promises[r].max_kib : b->host.reservations[r].size_kib) !=
	    request->size_kib)
		return -1;
	b->promises[r].orphan_ms = 0;
	b->promises[r].client = request->client;
	b->promises[r].answer_due = true;
	b->promises[r].granted_ms = 0;
	b->promises[r].wait_until_ms = b->now_ms + (uint64_t)request->wait_s * 1000;
	return r;
}

void command_reserve(struct call *call)
{
	struct promise_request request;
	struct admission admission = { .verdict = ADMIT_NOW };
	int r;

	if (!request_get(call, &request))
		return;
	r = reclaim(call->b, &request);
	if (r < 0)
		r = promise_make(call->b, &request, &admission);
	if (r == -ENOMEM && admission.verdict == ADMIT_REFUSED) {
		if (rescue_start(call->b, &request, &admission)) {
			call->later = true;
			return;
		}
		call->b->counters.starts_refused++;
		call->refusal = refusal_answer(call->b, &request, &admission);
		call_fail(call, ERROR_refused, "not enough memory");
	} else if (r == -ENOSPC) {
		call_fail(call, ERROR_failed, "%d reservations are there already: release some",
			  HOST_RESERVATIONS_MAX);
	} else if (r < 0) {
		call_fail(call, ERROR_failed, "the reservation can't be kept: %s", strerror(-r));
	} else {
		call->later = true;
		call->b->turn_wanted = true;
	}
}

void reserve_waiting(struct balloond *b, uint32_t client, int64_t freed_kib, int64_t size_kib)
{
	struct json *json = json_new();

	json_object(json, NULL);
	json_string(json, "event", "waiting");
	json_int(json, "freed_kib", freed_kib);
	json_int(json, "size_kib", size_kib);
	json_end_object(json);
	control_send(b, client, json, false);
	json_free(json);
}

bool reserve_done(struct balloond *b, uint32_t r)
{
	struct json *json = json_new();
	bool sent;

	json_object(json, NULL);
	json_bool(json, "ok", true);
	json_int(json, "id", b->host.reservations[r].id);
	answer_reservation(json, "reservation", b, r);
	json_end_object(json);
	sent = control_send(b, b->promises[r].client, json, true);
	json_free(json);
	/* A token is nobody's: whoever knows the id may use it. */
	if (sent && b->promises[r].owner == OWNER_TOKEN)
		b->promises[r].client = 0;
	return sent;
}

void reserve_refused(struct balloond *b, uint32_t client, const char *message,
		     int64_t shortfall_kib)
{
	struct json *json = json_new();

	json_error(json, ERROR_refused, message);
	json_int(json, "shortfall_kib", shortfall_kib);
	json_end_object(json);
	json_end_object(json);
	control_send(b, client, json, true);
	json_free(json);
}

void reserve_failed(struct balloond *b, uint32_t client, const char *message)
{
	struct json *json = command_error(ERROR_failed, message);

	control_send(b, client, json, true);
	json_free(json);
}

static int find(struct call *call)
{
	const char *name = NULL;
	int64_t id;
	int r;

	if (!call_int(call, "id", 1, UINT32_MAX, &id))
		return -1;
	if (request_string(call->request, "name", &name) == REQUEST_BAD ||
	    (id == KIB_NONE && !name)) {
		call_fail(call, ERROR_usage, "id is missing");
		return -1;
	}
	if (id == KIB_NONE && promises_called(call->b, name) > 1) {
		call_fail(call, ERROR_usage, "%u reservations are for \"%.64s\": say the id",
			  promises_called(call->b, name), name);
		return -1;
	}
	r = promise_find(call->b, id, id == KIB_NONE ? name : NULL);
	if (r < 0 && id != KIB_NONE)
		call_fail(call, ERROR_failed, "no reservation %" PRId64 ": it has ended", id);
	else if (r < 0)
		call_fail(call, ERROR_failed, "no reservation for \"%.64s\"", name);
	return r;
}

void command_assign(struct call *call)
{
	int i = call_domain(call), r, rc;
	uint32_t domid;

	if (i < 0)
		return;
	domid = call->b->host.doms[i].domid;
	r = find(call);
	if (r < 0) {
		/* Built so fast that it ended by itself: that is what was asked. */
		if (call->error == ERROR_failed && call->b->host.doms[i].kind != DOM_BUILDING)
			call->error = ERROR_none;
		return;
	}
	if (promise_older(call->b, (uint32_t)r, (uint32_t)i)) {
		call_fail(call, ERROR_unknown_domain, "%s(%u) was there before the reservation, or has another",
			  call->b->host.doms[i].name, domid);
		return;
	}
	rc = promise_assign(call->b, (uint32_t)r, domid);
	if (rc)
		call_fail(call, ERROR_failed, "xenstore refused: %s", strerror(-rc));
	else
		answer_reservation(call->answer, "reservation", call->b, (uint32_t)r);
}

void command_release(struct call *call)
{
	int r = find(call);

	if (r >= 0)
		promise_end(call->b, (uint32_t)r, "released");
}
