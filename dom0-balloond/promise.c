// SPDX-License-Identifier: GPL-2.0-or-later
#include "promise.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "balloond.h"
#include "clock.h"
#include "command.h"
#include "core/kib.h"
#include "reboot.h"
#include "size.h"
#include "store.h"
#include "tick.h"

#define EVENT_MS	1000
#define HOPELESS_MS	20000	/* a stuck donor is asked once more meanwhile */
#define LAST_MS		1000	/* what is free when the time is over gets there in a turn or two */
#define TOKEN_EXPIRE_S	3600	/* a token that says no time */
#define LOOK_MS		250	/* for the domain it is for ... */
#define LOOK_FOR_MS	120000	/* ... so long, then with the audit */
#define ID_MAX		(UINT32_MAX / 2)	/* in the store: the next one must fit, too */

static struct reservation *res(const struct balloond *b, uint32_t r)
{
	return &b->host.reservations[r];
}

static int put(struct balloond *b, uint32_t id, const char *key, const char *value)
{
	return b->options.dry_run ? 0 :
	       store_write(b->store, value, KEY_RESERVATION "/%u/%s", id, key);
}

static int put_number(struct balloond *b, uint32_t id, const char *key, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, value);
	return put(b, id, key, text);
}

/* What was never answered, or isn't ours: nobody counts on it. */
static void unload(struct balloond *b, const char *name, const char *why)
{
	log_warn("reservation %.64s in xenstore is dropped: %s", name, why);
	if (!b->options.dry_run)
		store_remove(b->store, KEY_RESERVATION "/%s", name);
}

static void load_text(struct balloond *b, const char *name, const char *key, char *out,
		      size_t size)
{
	unsigned int len;
	int rc;
	char *text = store_read(b->store, &len, &rc, KEY_RESERVATION "/%s/%s", name, key);

	snprintf(out, size, "%s", text ? text : "");
	free(text);
}

static void load_one(struct balloond *b, const char *name)
{
	uint64_t failures = store_counters(b->store)->failures;
	struct reservation one = { .domid = KIB_NONE, .state = RESERVATION_WAITING };
	struct promise promise = { .wait_until_ms = UINT64_MAX };
	char owner[16];
	u64 id;

	if (decimal_parse(name, strlen(name), ID_MAX, &id) || !id) {
		unload(b, name, "it has no number");
		return;
	}
	one.id = (uint32_t)id;
	if (one.id > b->last_reservation)
		b->last_reservation = one.id;
	one.size_kib = store_read_kib(b->store, 0, KEY_RESERVATION "/%s/size", name);
	one.domid = store_read_kib(b->store, KIB_NONE, KEY_RESERVATION "/%s/domain", name);
	promise.expires_s = store_read_kib(b->store, 0, KEY_RESERVATION "/%s/expires", name);
	promise.min_kib = store_read_kib(b->store, 0, KEY_RESERVATION "/%s/min", name);
	promise.max_kib = store_read_kib(b->store, 0, KEY_RESERVATION "/%s/max", name);
	load_text(b, name, "name", one.name, sizeof(one.name));
	load_text(b, name, "purpose", promise.purpose, sizeof(promise.purpose));
	load_text(b, name, "owner", owner, sizeof(owner));
	promise.owner = !strcmp(owner, "token") ? OWNER_TOKEN : OWNER_CONNECTION;
	if (store_counters(b->store)->failures != failures)
		return;		/* what wasn't read isn't half written */
	if (!one.size_kib || one.size_kib > b->host.total_kib ||
	    b->host.n_reservations == HOST_RESERVATIONS_MAX) {
		unload(b, name, !one.size_kib ? "it was written half" :
		       one.size_kib > b->host.total_kib ? "it is larger than the host" :
		       "there are too many");
		return;
	}
	if (promise.owner == OWNER_TOKEN && !promise.expires_s)
		promise.expires_s = clock_wall_s() + TOKEN_EXPIRE_S;
	if (one.domid != KIB_NONE)
		one.state = RESERVATION_ASSIGNED;
	else if (MECHANISM(orphan) && promise.owner == OWNER_CONNECTION)
		promise.orphan_ms = b->now_ms + PROMISE_RECLAIM_MS;
	*res(b, b->host.n_reservations) = one;
	b->promises[b->host.n_reservations++] = promise;
	log_info("reservation %u for \"%s\" read back", one.id, one.name);
}

static int by_number(const void *a, const void *b)
{
	long x = strtol(*(char *const *)a, NULL, 10), y = strtol(*(char *const *)b, NULL, 10);

	return (x > y) - (x < y);
}

int promises_load(struct balloond *b)
{
	uint64_t failures = store_counters(b->store)->failures;
	unsigned int n;
	char **names = store_list(b->store, &n, KEY_RESERVATION);

	b->host.n_reservations = 0;
	if (names)
		qsort(names, n, sizeof(*names), by_number);
	for (unsigned int i = 0; names && i < n; i++)
		load_one(b, names[i]);
	free(names);
	return store_lost(b->store) || store_counters(b->store)->failures != failures ?
	       -ENODATA : 0;
}

int promise_find(const struct balloond *b, int64_t id, const char *name)
{
	for (uint32_t r = 0; r < b->host.n_reservations; r++)
		if (res(b, r)->id == id || (name && name[0] && !strcmp(res(b, r)->name, name)))
			return (int)r;
	return -1;
}

uint32_t promises_called(const struct balloond *b, const char *name)
{
	uint32_t n = 0;

	for (uint32_t r = 0; r < b->host.n_reservations; r++)
		n += !strcmp(res(b, r)->name, name);
	return n;
}

/* The size is written last: a reservation without one was never promised. */
static int persist(struct balloond *b, const struct reservation *one,
		   const struct promise *promise)
{
	int rc = MECHANISM(size_last) ? 0 : put_number(b, one->id, "size", one->size_kib);

	if (!rc && one->name[0])
		rc = put(b, one->id, "name", one->name);
	if (!rc && promise->purpose[0])
		rc = put(b, one->id, "purpose", promise->purpose);
	if (!rc && promise->min_kib)
		rc = put_number(b, one->id, "min", promise->min_kib);
	if (!rc && promise->min_kib)
		rc = put_number(b, one->id, "max", promise->max_kib);
	if (!rc)
		rc = put(b, one->id, "owner", promise->owner == OWNER_TOKEN ? "token" :
			 "connection");
	if (!rc)
		rc = put_number(b, one->id, "expires", promise->expires_s);
	if (!rc && one->domid != KIB_NONE)
		rc = put_number(b, one->id, "domain", one->domid);
	if (!rc && MECHANISM(persist))
		rc = put_number(b, one->id, "size", one->size_kib);
	return rc;
}

/* What ended while nobody could be told. */
static void ended_remove(struct balloond *b)
{
	unsigned int n;
	char **names = store_list(b->store, &n, KEY_RESERVATION);

	for (unsigned int i = 0; i < n; i++) {
		u64 id;

		if (decimal_parse(names[i], strlen(names[i]), UINT32_MAX, &id) ||
		    promise_find(b, (int64_t)id, NULL) < 0)
			store_remove(b->store, KEY_RESERVATION "/%s", names[i]);
	}
	free(names);
}

void promises_keep(struct balloond *b)
{
	if (b->options.dry_run)
		return;
	ended_remove(b);
	for (uint32_t r = 0; r < b->host.n_reservations; r++) {
		if (!MECHANISM(kept) || store_exists(b->store, KEY_RESERVATION "/%u/size", res(b, r)->id))
			continue;
		if (!persist(b, res(b, r), &b->promises[r]))
			log_info("reservation %u for \"%s\" written again", res(b, r)->id,
				 res(b, r)->name);
	}
}

int promise_make(struct balloond *b, const struct promise_request *request,
		 struct admission *admission)
{
	int rc = balloond_look(b);

	*admission = (struct admission){ .verdict = ADMIT_NOW };	/* not refused, whatever fails */
	if (rc)
		return rc;
	b->turn_wanted = true;
	rescue_keep(b, RESCUE_ALL);	/* it came first */
	admission_decide(&b->host, promise_least_kib(request), admission);
	rc = MECHANISM(admission) && admission->verdict == ADMIT_REFUSED ? -ENOMEM :
	     promise_add(b, request);
	rescue_keep(b, RESCUE_FREED);
	return rc;
}

int promise_add(struct balloond *b, const struct promise_request *request)
{
	struct reservation one = { .size_kib = request->size_kib, .domid = KIB_NONE,
				   .state = RESERVATION_WAITING };
	struct promise promise = { .owner = request->owner, .client = request->client };
	uint32_t r = b->host.n_reservations;
	int rc;

	if (r == HOST_RESERVATIONS_MAX)
		return -ENOSPC;
	one.id = ++b->last_reservation;
	snprintf(one.name, sizeof(one.name), "%s", request->name);
	snprintf(promise.purpose, sizeof(promise.purpose), "%s", request->purpose);
	if (request->min_kib) {
		promise.min_kib = request->min_kib;
		promise.max_kib = request->size_kib;
		one.size_kib = admission_range_kib(&b->host, promise.min_kib, promise.max_kib,
						   b->now_ms);
	}
	if (request->owner == OWNER_TOKEN)
		promise.expires_s = clock_wall_s() + (request->expire_s > 0 ? request->expire_s :
						  TOKEN_EXPIRE_S);
	else if (request->expire_s > 0)
		promise.expires_s = clock_wall_s() + request->expire_s;
	promise.wait_until_ms = b->now_ms + (uint64_t)request->wait_s * 1000;
	promise.event_ms = b->now_ms + EVENT_MS;
	promise.answer_due = true;
	rc = persist(b, &one, &promise);
	if (rc) {
		store_remove(b->store, KEY_RESERVATION "/%u", one.id);
		return rc;
	}
	*res(b, r) = one;
	b->promises[r] = promise;
	b->host.n_reservations++;
	return (int)r;
}

int promise_assign(struct balloond *b, uint32_t r, uint32_t domid)
{
	int rc, i;

	if (res(b, r)->domid == domid)
		return 0;
	rc = put_number(b, res(b, r)->id, "domain", domid);
	if (rc)
		return rc;
	res(b, r)->domid = domid;
	res(b, r)->state = RESERVATION_ASSIGNED;
	i = balloond_find(b, domid);
	if (i >= 0)
		b->vms[i].took_promise = true;
	b->turn_wanted = true;
	log_info("reservation %u for \"%s\": domain %u takes it over", res(b, r)->id,
		 res(b, r)->name, domid);
	return 0;
}

static int64_t missing_kib(const struct balloond *b)
{
	int64_t slack_kib = host_slack_kib(&b->host);

	return slack_kib < 0 ? -slack_kib : 0;
}

void promise_end(struct balloond *b, uint32_t r, const char *why)
{
	char message[128];
	uint32_t last;

	/* Its time was over, or somebody released it, while its owner waited. */
	if (b->promises[r].answer_due) {
		snprintf(message, sizeof(message), "it ended before its memory was free: %s", why);
		b->counters.starts_refused++;
		reserve_refused(b, b->promises[r].client, message, missing_kib(b));
	}
	last = --b->host.n_reservations;
	log_info("reservation %u for \"%s\" ends: %s", res(b, r)->id, res(b, r)->name, why);
	if (!b->options.dry_run)
		store_remove(b->store, KEY_RESERVATION "/%u", res(b, r)->id);
	memmove(res(b, r), res(b, r + 1), (last - r) * sizeof(*res(b, r)));
	memmove(&b->promises[r], &b->promises[r + 1], (last - r) * sizeof(*b->promises));
	b->turn_wanted = true;
}

static bool is_assigned(const struct balloond *b, uint32_t domid)
{
	for (uint32_t r = 0; r < b->host.n_reservations; r++)
		if (res(b, r)->domid == domid)
			return true;
	return false;
}

/*
 * One of the same name may still run, or be dying; or the name is another's id; or
 * it took a reservation over already.
 */
bool promise_older(const struct balloond *b, uint32_t r, uint32_t i)
{
	const struct promise *promise = &b->promises[r];

	if (b->vms[i].took_promise)
		return res(b, r)->domid != b->host.doms[i].domid;
	return b->host.doms[i].kind != DOM_BUILDING &&
	       (!promise->granted_ms || b->vms[i].seen_ms <= promise->granted_ms);
}

/* A domain of its name that wasn't there when it was granted. */
static void match(struct balloond *b, uint32_t r)
{
	for (uint32_t i = 0; res(b, r)->name[0] && i < b->host.n_doms; i++) {
		const struct dom *dom = &b->host.doms[i];

		if (strcmp(dom->name, res(b, r)->name) || is_assigned(b, dom->domid))
			continue;
		if (promise_older(b, r, i))
			continue;
		promise_assign(b, r, dom->domid);
		return;
	}
}

/* @return why it is over, or NULL */
static const char *over(struct balloond *b, uint32_t r)
{
	const struct promise *promise = &b->promises[r];

	if (res(b, r)->state == RESERVATION_ASSIGNED) {
		int i = balloond_find(b, (uint32_t)res(b, r)->domid);

		if (i < 0 || b->host.doms[i].kind == DOM_DYING)
			return "its domain died";
		return b->host.doms[i].kind == DOM_BUILDING ? NULL : "its domain is built";
	}
	if (MECHANISM(expiry) && promise->expires_s && clock_wall_s() >= promise->expires_s)
		return "its time is over";
	if (promise->orphan_ms && b->now_ms >= promise->orphan_ms)
		return "nobody reclaimed it after a restart";
	return NULL;
}

/*
 * It was admitted, but by now what is promised is more than can be had, because a
 * donor is stuck or silent or somebody else took the memory. Not while somebody is
 * on the way out or can't be asked. The last to come gives up first.
 */
static bool is_hopeless(struct balloond *b, uint32_t r)
{
	struct promise *promise = &b->promises[r];
	struct admission admission;

	admission_decide(&b->host, 0, &admission);
	for (uint32_t later = r + 1; later < b->host.n_reservations; later++)
		if (res(b, later)->state == RESERVATION_WAITING)
			admission.verdict = ADMIT_AFTER_SHRINK;
	for (uint32_t i = 0; i < b->host.n_doms; i++)
		if (b->host.doms[i].leaves_kib || b->vms[i].frozen_by ||
		    (b->host.doms[i].kind == DOM_GUEST && b->host.doms[i].paused))
			admission.verdict = ADMIT_AFTER_SHRINK;
	if (admission.verdict != ADMIT_REFUSED)
		promise->hopeless_ms = 0;
	else if (!promise->hopeless_ms)
		promise->hopeless_ms = b->now_ms;
	return promise->hopeless_ms && b->now_ms - promise->hopeless_ms >= HOPELESS_MS;
}

/* The time is over, and nobody has to move any more: this turn's cuts free it. */
static bool comes_now(const struct balloond *b, const struct promise *promise)
{
	struct admission admission;

	admission_decide(&b->host, 0, &admission);
	return MECHANISM(last_moment) && admission.verdict == ADMIT_NOW &&
	       b->now_ms - promise->wait_until_ms < LAST_MS;
}

/* @return what it still has of what it was asked for, at most; 0: it isn't late */
static int64_t holds_kib(const struct dom *dom)
{
	if (dom->leaves_kib)
		return dom->leaves_kib;
	if (dom->kind != DOM_GUEST || (dom->progress != PROGRESS_STUCK &&
	    dom->progress != PROGRESS_SILENT && dom->progress != PROGRESS_SLOW))
		return 0;
	return kib_max(1, dom->actual_kib - dom->bounds.floor_kib);
}

/* Up to three of those who hold on to what they were asked for, the most first: ": a, b". */
static void who_holds(const struct balloond *b, char *text, size_t size)
{
	const struct dom *most[3] = { NULL };
	size_t len = 0;

	for (uint32_t i = 0; i < b->host.n_doms; i++) {
		const struct dom *dom = &b->host.doms[i], *next;

		if (!holds_kib(dom))
			continue;
		for (int n = 0; n < 3 && dom; n++) {
			if (most[n] && holds_kib(dom) <= holds_kib(most[n]))
				continue;
			next = most[n];
			most[n] = dom;
			dom = next;
		}
	}
	text[0] = '\0';
	for (int n = 0; n < 3 && most[n] && len < size; n++)
		len += (size_t)snprintf(text + len, size - len, "%s%s%s", n ? ", " : ": ", most[n]->name,
					most[n]->leaves_kib ? " (dying)" : "");
}

/*
 * All of what was to come won't: a range takes what is there, if that is its least.
 * Those who came later don't count before it. @return false: it isn't enough
 */
static bool settle_for_less(struct balloond *b, uint32_t r)
{
	const struct promise *promise = &b->promises[r];
	int64_t there_kib = host_slack_kib(&b->host) + res(b, r)->size_kib;
	char a[SIZE_TEXT_MAX];

	for (uint32_t later = r + 1; later < b->host.n_reservations; later++)
		if (res(b, later)->state == RESERVATION_WAITING)
			there_kib += res(b, later)->size_kib;
	if (!promise->min_kib || there_kib < promise->min_kib)
		return false;
	if (there_kib < res(b, r)->size_kib)
		res(b, r)->size_kib = admission_round_kib(there_kib, promise->min_kib);
	log_info("reservation %u for \"%s\" takes what is there: %s MiB", res(b, r)->id,
		 res(b, r)->name, size_text(res(b, r)->size_kib, a));
	return !put_number(b, res(b, r)->id, "size", res(b, r)->size_kib);
}

/* @return false: it gave up */
static bool wait_on(struct balloond *b, uint32_t r)
{
	struct promise *promise = &b->promises[r];
	int64_t size_kib = res(b, r)->size_kib;
	int64_t missing = missing_kib(b) < size_kib ? missing_kib(b) : size_kib;
	/* What was granted before a restart is kept, come what may. */
	bool hopeless = promise->answer_due && is_hopeless(b, r);
	char message[384], who[224], a[SIZE_TEXT_MAX];

	if (hopeless || (MECHANISM(wait_bounded) && promise->tried &&
			 b->now_ms >= promise->wait_until_ms && !comes_now(b, promise))) {
		if (settle_for_less(b, r))
			return true;
		who_holds(b, who, sizeof(who));
		snprintf(message, sizeof(message), "%s, %s MiB are missing%s; xlmem list shows "
			 "who is stuck or slow", hopeless ? "others hold on to what they were asked "
			 "for" : "the others didn't give up enough in time", size_text(missing, a),
			 who);
		b->counters.starts_refused++;
		if (promise->answer_due)
			reserve_refused(b, promise->client, message, missing);
		promise->answer_due = false;
		return false;
	}
	if (promise->answer_due && b->now_ms >= promise->event_ms) {
		promise->event_ms = b->now_ms + EVENT_MS;
		reserve_waiting(b, promise->client, size_kib - missing, size_kib);
	}
	return true;
}

void promises_update(struct balloond *b)
{
	uint32_t r = 0;

	reboots_keep(b);
	rescue_update(b);
	while (r < b->host.n_reservations) {
		const char *why;

		if (res(b, r)->state != RESERVATION_ASSIGNED)
			match(b, r);
		why = over(b, r);
		if (!why && res(b, r)->state == RESERVATION_WAITING && !wait_on(b, r))
			why = "memory didn't come in time";
		if (why)
			promise_end(b, r, why);
		else
			r++;
	}
}

void promises_grant(struct balloond *b)
{
	reservations_grant(&b->host);
	for (uint32_t r = 0; r < b->host.n_reservations; r++) {
		struct promise *promise = &b->promises[r];

		promise->tried = true;
		if (res(b, r)->state == RESERVATION_WAITING || promise->granted_ms)
			continue;
		promise->granted_ms = b->now_ms;
		b->counters.starts_granted++;
		/* Who can't be told goes, and with it what nobody knows of. */
		promise->answer_due = promise->answer_due && !reserve_done(b, r);
	}
}

void promises_client_gone(struct balloond *b, uint32_t client)
{
	uint32_t r = 0;

	rescue_client_gone(b, client);
	while (r < b->host.n_reservations) {
		struct promise *promise = &b->promises[r];

		if (promise->client != client) {
			r++;
			continue;
		}
		promise->client = 0;
		if (res(b, r)->state != RESERVATION_ASSIGNED &&
		    (promise->owner == OWNER_CONNECTION || promise->answer_due))
			promise_end(b, r, "its owner went away");
		else
			r++;
	}
}

uint64_t promises_due_ms(const struct balloond *b)
{
	uint64_t due = rescue_due_ms(b);

	for (uint32_t r = 0; r < b->host.n_reservations; r++) {
		const struct promise *promise = &b->promises[r];
		uint64_t since_ms = promise->granted_ms ? promise->granted_ms : b->now_ms;

		if (b->now_ms - since_ms < LOOK_FOR_MS && b->now_ms + LOOK_MS < due)
			due = b->now_ms + LOOK_MS;
	}
	return due;	/* the audit comes at least every AUDIT_MS for the rest */
}
