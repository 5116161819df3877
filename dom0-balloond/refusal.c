// SPDX-License-Identifier: GPL-2.0-or-later
#include "refusal.h"

#include <stdio.h>

#include "balloond.h"
#include "command.h"
#include "core/account.h"
#include "core/bounds.h"
#include "core/plan.h"
#include "idle.h"
#include "json.h"
#include "size.h"

static void put_holders(struct balloond *b, struct json *json)
{
	json_list(json, "holders");
	for (uint32_t i = 0; i < b->host.n_doms; i++) {
		const struct dom *dom = &b->host.doms[i];

		if (dom->kind == DOM_ZERO || dom->kind == DOM_DYING)
			continue;
		json_object(json, NULL);
		json_string(json, "name", dom->name);
		json_int(json, "domid", dom->domid);
		json_int(json, "floor_kib", dom->kind == DOM_GUEST ? dom->floor_kib :
			 dom_is_zero(dom) ? dom_guaranteed_kib(dom) : dom->actual_kib);
		json_end_object(json);
	}
	json_end_list(json);
}

/* Whoever is stopped, idle or not. */
static void put_stop(struct balloond *b, struct json *json, const struct admission *admission)
{
	bool suggests = b->settings.on_refusal != ON_REFUSAL_refuse;

	json_list(json, "stop");
	for (uint32_t k = 0; suggests && k < admission->n_blockers; k++) {
		int i = balloond_find(b, admission->blockers[k]);

		if (i >= 0)
			json_string(json, NULL, b->host.doms[i].name);
	}
	json_end_list(json);
	json_bool(json, "stop_any", !admission->need_all);
}

static void put_idle(struct balloond *b, struct json *json, int64_t shortfall_kib)
{
	struct idle_set set = { 0 };

	if (b->settings.on_refusal != ON_REFUSAL_refuse)
		idle_choose(b, shortfall_kib, false, &set);
	json_list(json, "idle");
	for (uint32_t k = 0; k < set.n; k++) {
		const struct dom *dom = &b->host.doms[set.dom[k]];

		json_object(json, NULL);
		json_string(json, "name", dom->name);
		json_int(json, "domid", dom->domid);
		json_int(json, "idle_s", idle_s(&b->vms[set.dom[k]], b->now_ms));
		json_int(json, "frees_kib", admission_stop_frees_kib(dom));
		json_end_object(json);
	}
	json_end_list(json);
}

struct json *refusal_answer(struct balloond *b, const struct promise_request *request,
			    const struct admission *admission)
{
	char message[256], a[SIZE_TEXT_MAX], c[SIZE_TEXT_MAX];
	struct json *json = json_new();

	snprintf(message, sizeof(message), "%s%sneeds %s MiB; %s MiB short above the others' floors%s%s",
		 request->name, request->name[0] ? " " : "",
		 size_text(promise_least_kib(request), a),
		 size_text(admission->shortfall_kib, c),
		 b->rescue.waits ? " and what waits for idle VMs to close: " : "",
		 b->rescue.waits ? b->rescue.name : "");
	json_error(json, ERROR_refused, message);
	json_int(json, "shortfall_kib", admission->shortfall_kib);
	json_int(json, "fits_kib", admission->fits_later_kib);
	put_holders(b, json);
	put_idle(b, json, admission->shortfall_kib);
	put_stop(b, json, admission);
	json_end_object(json);
	json_end_object(json);
	return json;
}
