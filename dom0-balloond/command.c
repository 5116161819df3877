// SPDX-License-Identifier: GPL-2.0-or-later
#include "command.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "apply.h"
#include "balloond.h"
#include "core/account.h"
#include "core/plan.h"
#include "json.h"
#include "reload.h"
#include "size.h"
#include "store.h"
#include "tick.h"

#define LOOK_AGE_MS	100

void call_fail(struct call *call, enum control_error error, const char *format, ...)
{
	va_list args;

	call->error = error;
	va_start(args, format);
	vsnprintf(call->message, sizeof(call->message), format, args);
	va_end(args);
	/* Its name may just not be known. */
	if (error == ERROR_unknown_domain && call->b->store && store_lost(call->b->store)) {
		call->error = ERROR_failed;
		snprintf(call->message, sizeof(call->message), "xenstored is away, ask again soon: %s",
			 strerror(ENOTCONN));
	}
}

bool call_int(struct call *call, const char *key, int64_t low, int64_t high, int64_t *out)
{
	int64_t value;

	*out = KIB_NONE;
	switch (request_int(call->request, key, &value)) {
	case REQUEST_ABSENT:
		return true;
	case REQUEST_OK:
		if (value >= low && value <= high) {
			*out = value;
			return true;
		}
		/* fall through */
	default:
		call_fail(call, ERROR_usage, "%s is a whole number from %" PRId64 " to %" PRId64,
			  key, low, high);
		return false;
	}
}

static int domain_by_text(struct call *call, const char *text)
{
	const struct host *host = &call->b->host;
	int found = -1, count = 0;
	char uuid[37];

	for (uint32_t i = 0; i < host->n_doms; i++) {
		uuid_text(host->doms[i].uuid, uuid);
		if (strcmp(host->doms[i].name, text) && strcasecmp(uuid, text))
			continue;
		found = (int)i;
		count++;
	}
	if (!count && isdigit((unsigned char)text[0]) && strlen(text) < 9 &&
	    strspn(text, "0123456789") == strlen(text)) {
		found = balloond_find(call->b, (uint32_t)strtoul(text, NULL, 10));
		count = found >= 0;
	}
	if (count == 1)
		return found;
	if (count)
		call_fail(call, ERROR_unknown_domain, "%d domains are called \"%s\": say the id",
			  count, text);
	else
		call_fail(call, ERROR_unknown_domain, "no domain \"%s\"", text);
	return -1;
}

/*
 * Who may change nothing is shown what was seen just now: a look takes one hypercall a
 * domain, and many who ask all the time would make root wait for theirs.
 */
static void look(struct call *call)
{
	if (call->may_change || !MECHANISM(look_shared) ||
	    call->b->now_ms - call->b->looked_ms >= LOOK_AGE_MS)
		balloond_look(call->b);
}

int call_domain(struct call *call)
{
	const char *text;
	int64_t domid;
	int i;

	/* xl may have made or renamed it since the last turn. */
	look(call);
	if (request_string(call->request, "domain", &text) == REQUEST_OK)
		return domain_by_text(call, text);
	if (request_int(call->request, "domain", &domid) != REQUEST_OK) {
		call_fail(call, ERROR_usage, "domain is missing: give its name, id or uuid");
		return -1;
	}
	i = domid >= 0 && domid < UINT32_MAX ? balloond_find(call->b, (uint32_t)domid) : -1;
	if (i < 0)
		call_fail(call, ERROR_unknown_domain, "no domain %" PRId64, domid);
	return i;
}

static void command_list(struct call *call)
{
	struct balloond *b = call->b;

	look(call);
	answer_host(call->answer, b);
	json_list(call->answer, "domains");
	for (uint32_t i = 0; i < b->host.n_doms; i++)
		answer_domain(call->answer, NULL, b, i);
	json_end_list(call->answer);
	json_list(call->answer, "reservations");
	for (uint32_t r = 0; r < b->host.n_reservations; r++)
		answer_reservation(call->answer, NULL, b, r);
	json_end_list(call->answer);
}

static void command_explain(struct call *call)
{
	int i = call_domain(call);
	char text[4096];

	if (i < 0)
		return;
	answer_domain(call->answer, "domain", call->b, (uint32_t)i);
	explain_text(call->b, (uint32_t)i, text, sizeof(text));
	json_string(call->answer, "text", text);
}

static void command_info(struct call *call)
{
	struct balloond *b = call->b;

	look(call);
	json_string(call->answer, "version", BALLAST_VERSION);
	json_int(call->answer, "uptime_s", (int64_t)(b->now_ms - b->started_ms) / 1000);
	json_bool(call->answer, "dry_run", b->options.dry_run);
	answer_host(call->answer, b);
	answer_counters(call->answer, b);
	config_json(&b->settings, b->options.config_file, call->answer);
}

static void command_reload(struct call *call)
{
	char why[sizeof(call->message)];

	if (balloond_reload(call->b, why, sizeof(why)))
		call_fail(call, ERROR_failed, "%s", why);
}

/* Hold it still at what it has: plain xl can then save or migrate it. */
static void command_freeze(struct call *call)
{
	struct balloond *b = call->b;
	int i = call_domain(call), rc;
	int64_t ceiling_kib, target_kib;
	bool leased;

	if (i < 0)
		return;
	/* Made fixed while it ran, it still grows inside the lease it has. */
	leased = b->host.doms[i].kind == DOM_FIXED && b->host.doms[i].has_lease &&
		 !b->vms[i].frozen_by;
	if (b->host.doms[i].kind != DOM_GUEST && !leased) {
		if (b->vms[i].frozen_by && b->vms[i].frozen_by != call->client)
			call_fail(call, ERROR_failed, "%s is frozen already", b->host.doms[i].name);
		/* Not seen since xenstored was lost: it may hold more than its target. */
		else if (MECHANISM(freeze_known) && !b->vms[i].known)
			call_fail(call, ERROR_failed, "%s isn't known well enough yet: try again",
				  b->host.doms[i].name);
		return;		/* it isn't moved anyway */
	}
	/* Lowered below that already, it stays: a raise isn't ours to give now. */
	ceiling_kib = b->host.doms[i].actual_kib;
	if (MECHANISM(freeze_cuts))
		ceiling_kib = kib_min(ceiling_kib, dom_ceiling_kib(&b->host.doms[i]));
	rc = ceiling_cut(b, &b->host.doms[i], ceiling_kib, b->host.doms[i].actual_kib);
	/*
	 * libxl restores what memory/target says and 1 MiB: one that keeps more than its
	 * target, as PVH guests do, would be too large once it has grown into its slack.
	 */
	target_kib = b->host.doms[i].actual_kib;	/* as read after the cut */
	if (MECHANISM(freeze_offset))
		target_kib -= kib_min(b->host.doms[i].offset_kib, 0);
	if (!rc)
		rc = target_write(b, &b->host.doms[i], target_kib);
	if (rc) {
		call_fail(call, ERROR_failed, "%s can't be frozen: %s", b->host.doms[i].name,
			  strerror(-rc));
		return;
	}
	b->vms[i].frozen_by = call->client;
	b->host.doms[i].kind = DOM_FIXED;
	log_info("%s(%u): frozen for save or migrate", b->host.doms[i].name,
		 b->host.doms[i].domid);
	answer_domain(call->answer, "domain", b, (uint32_t)i);
}

static void command_thaw(struct call *call)
{
	int i = call_domain(call);

	if (i < 0)
		return;
	call->b->vms[i].frozen_by = 0;
	call->b->turn_wanted = true;
	answer_domain(call->answer, "domain", call->b, (uint32_t)i);
}

void command_client_gone(struct balloond *b, uint32_t client)
{
	for (uint32_t i = 0; i < b->host.n_doms; i++) {
		if (b->vms[i].frozen_by != client)
			continue;
		b->vms[i].frozen_by = 0;
		b->turn_wanted = true;
	}
	promises_client_gone(b, client);
}

#define COMMAND_ROW(name, changes, arguments, answer, test) \
	{ #name, changes, arguments, command_##name },
static const struct command {
	const char *name;
	bool changes;
	const char *arguments;
	void (*run)(struct call *call);
} commands[] = { CONTROL_COMMANDS(COMMAND_ROW) };

/* Is `key` a word of the table's "domain [min_kib] [owner=connection|token]"? */
static bool is_argument(const char *arguments, const char *key)
{
	size_t len = strlen(key);

	for (const char *at = arguments; *at; at += strcspn(at, " ")) {
		at += strspn(at, " [");
		if (!strncmp(at, key, len) && (!at[len] || strchr(" ]=", at[len])))
			return true;
	}
	return false;
}

static void dispatch(struct call *call)
{
	const struct command *command = NULL;
	const char *name, *key;

	if (request_string(call->request, "command", &name) != REQUEST_OK) {
		call_fail(call, ERROR_usage, "command is missing");
		return;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(commands[i].name, name))
			command = &commands[i];
	if (!command) {
		call_fail(call, ERROR_usage, "unknown command \"%.64s\"", name);
		return;
	}
	for (size_t i = 0; (key = request_key(call->request, i)); i++) {
		if (strcmp(key, "command") && !is_argument(command->arguments, key)) {
			call_fail(call, ERROR_usage, "%s doesn't take \"%.64s\"", name, key);
			return;
		}
	}
	if (command->changes && !call->may_change) {
		call_fail(call, ERROR_permission, "only root may %s", name);
		return;
	}
	command->run(call);
}

static const char *error_code(enum control_error error)
{
#define CODE_ROW(code, status, meaning) [ERROR_##code] = #code,
	static const char *const codes[] = { "none", CONTROL_ERRORS(CODE_ROW) };

	return codes[error];
}

void json_error(struct json *json, enum control_error error, const char *message)
{
	json_object(json, NULL);
	json_bool(json, "ok", false);
	json_object(json, "error");
	json_string(json, "code", error_code(error));
	json_string(json, "message", message);
}

struct json *command_error(enum control_error error, const char *message)
{
	struct json *json = json_new();

	json_error(json, error, message);
	json_end_object(json);
	json_end_object(json);
	return json;
}

struct json *command_run(struct balloond *b, uint32_t client, bool may_change,
			 const char *line)
{
	struct call call = { .b = b, .client = client, .may_change = may_change };
	char why[256] = "";

	call.request = request_parse(line, why, sizeof(why));
	if (!call.request) {
		if (!why[0])
			return command_error(ERROR_failed, JSON_NO_MEMORY);
		snprintf(call.message, sizeof(call.message), "not JSON: %s", why);
		return command_error(ERROR_usage, call.message);
	}
	call.answer = json_new();
	json_object(call.answer, NULL);
	json_bool(call.answer, "ok", true);
	dispatch(&call);
	request_free(call.request);
	if (call.later) {
		json_free(call.answer);
		return NULL;
	}
	if (call.error && !call.refusal) {
		json_free(call.answer);
		return command_error(call.error, call.message);
	}
	if (call.refusal) {
		json_free(call.answer);
		return call.refusal;
	}
	json_end_object(call.answer);
	return call.answer;
}
