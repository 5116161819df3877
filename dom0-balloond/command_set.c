// SPDX-License-Identifier: GPL-2.0-or-later
/* set: a VM's settings, checked against each other and the host. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "answer.h"
#include "balloond.h"
#include "command.h"
#include "core/plan.h"
#include "json.h"
#include "schema.h"
#include "size.h"

/* What the request says, beside what holds now. */
struct wish {
	int64_t min_kib, max_kib, weight, idle_shutdown;
	bool is_auto, cfg;
};

static bool wish_get(struct call *call, struct wish *wish)
{
	const char *from;

	if (!call_int(call, "min_kib", 0, SCHEMA_KIB_MAX, &wish->min_kib) ||
	    !call_int(call, "max_kib", 1, SCHEMA_KIB_MAX, &wish->max_kib) ||
	    !call_int(call, "weight", 1, WEIGHT_MAX, &wish->weight) ||
	    !call_int(call, "idle_shutdown", 0, 1, &wish->idle_shutdown))
		return false;
	if (request_bool(call->request, "auto", &wish->is_auto) == REQUEST_BAD) {
		call_fail(call, ERROR_usage, "auto is true or false");
		return false;
	}
	switch (request_string(call->request, "from", &from)) {
	case REQUEST_ABSENT:
		break;
	case REQUEST_OK:
		if (!strcmp(from, "cfg")) {
			wish->cfg = true;
			break;
		}
		/* fall through */
	default:
		call_fail(call, ERROR_usage, "from is \"cfg\" or absent");
		return false;
	}
	if (wish->min_kib == KIB_NONE && wish->max_kib == KIB_NONE && wish->weight == KIB_NONE &&
	    wish->idle_shutdown == KIB_NONE && !wish->is_auto) {
		call_fail(call, ERROR_usage, "nothing to set");
		return false;
	}
	return true;
}

/* The settings as they would be must fit each other, the VM and the host. */
static bool wish_fits(struct call *call, const struct dom *now, const struct dom *then)
{
	char a[SIZE_TEXT_MAX], c[SIZE_TEXT_MAX];
	struct admission admission;

	if (then->floor_kib > now->floor_kib) {
		rescue_keep(call->b, RESCUE_ALL);
		admission_decide(&call->b->host, then->floor_kib - now->floor_kib, &admission);
		rescue_keep(call->b, RESCUE_FREED);
		if (admission.verdict >= ADMIT_AFTER_DEATH) {	/* nobody waits for a setting */
			call_fail(call, ERROR_setting_refused, "min %s MiB doesn't fit above the "
				  "others' floors: %s MiB short; up to %s MiB would",
				  size_text(then->floor_kib, a),
				  size_text(admission.lacks_kib, c),
				  size_text(now->floor_kib + admission.fits_kib,
					    (char[SIZE_TEXT_MAX]){ 0 }));
			return false;
		}
	}
	return true;
}

static bool words_fit(struct call *call, const struct dom *dom, const struct wish *wish)
{
	int64_t max_kib = wish->max_kib != KIB_NONE ? wish->max_kib : dom->policy_max_kib;
	char a[SIZE_TEXT_MAX], c[SIZE_TEXT_MAX];

	if (wish->min_kib != KIB_NONE && wish->min_kib > dom->static_max_kib)
		call_fail(call, ERROR_setting_refused, "min %s MiB is more than %s can ever have: "
			  "its maxmem is %s MiB", size_text(wish->min_kib, a), dom->name,
			  size_text(dom->static_max_kib, c));
	else if (wish->min_kib != KIB_NONE && wish->min_kib > max_kib)
		call_fail(call, ERROR_setting_refused, "min %s MiB is more than max %s MiB: raise max "
			  "too", size_text(wish->min_kib, a), size_text(max_kib, c));
	else if (wish->max_kib != KIB_NONE && wish->min_kib == KIB_NONE &&
		 dom->floor_explicit && wish->max_kib < dom->floor_kib)
		call_fail(call, ERROR_setting_refused, "max %s MiB is less than min %s MiB: lower min "
			  "too", size_text(wish->max_kib, a), size_text(dom->floor_kib, c));
	else
		return true;
	return false;
}

static int persist(struct balloond *b, const struct dom *dom, const struct vm_policy *policy,
		   bool cfg)
{
	int rc = vm_policy_write(b, dom, cfg ? "cfg/min" : "min", policy->min_kib);

	if (!rc)
		rc = vm_policy_write(b, dom, cfg ? "cfg/max" : "max", policy->max_kib);
	if (!rc)
		rc = vm_policy_write(b, dom, cfg ? "cfg/weight" : "weight", policy->weight);
	if (!rc)
		rc = vm_policy_write(b, dom, cfg ? "cfg/idle_shutdown" : "idle_shutdown",
				     policy->idle_shutdown);
	return rc;
}

void command_set(struct call *call)
{
	struct balloond *b = call->b;
	struct vm_policy *policy;
	struct wish wish = { 0 };
	struct vm then_vm;
	struct dom *dom, then;
	int i, rc;

	if (!wish_get(call, &wish))
		return;
	i = call_domain(call);
	if (i < 0)
		return;
	dom = &b->host.doms[i];
	if (dom->kind == DOM_ZERO_BALANCED && (wish.min_kib != KIB_NONE ||
	    wish.max_kib != KIB_NONE || wish.weight != KIB_NONE)) {
		call_fail(call, ERROR_setting_refused, "dom0's settings are dom0_min and dom0_max in "
			  "balloond.conf; here only auto");
		return;
	}
	if (dom->kind == DOM_ZERO || dom->static_max_kib <= 0) {
		call_fail(call, ERROR_setting_refused, "%s is not balanced: it has no such settings",
			  dom->name[0] ? dom->name : "it");
		return;
	}
	then = *dom;
	then_vm = b->vms[i];
	if (wish.is_auto) {
		then_vm.set = VM_POLICY_NONE;
		then_vm.pin_kib = KIB_NONE;
		/* Whoever didn't come down to a pin is not stuck for that. */
		then.progress = PROGRESS_SETTLED;
		then.history.stuck_count = 0;
		then.history.retry_ms = 0;
		vm_policy_resolve(b, &then, &then_vm);
	}
	if (!words_fit(call, &then, &wish))
		return;
	policy = wish.cfg ? &then_vm.cfg : &then_vm.set;
	if (wish.min_kib != KIB_NONE)
		policy->min_kib = wish.min_kib;
	if (wish.max_kib != KIB_NONE)
		policy->max_kib = wish.max_kib;
	if (wish.weight != KIB_NONE)
		policy->weight = wish.weight;
	if (wish.idle_shutdown != KIB_NONE)
		policy->idle_shutdown = wish.idle_shutdown;
	vm_policy_resolve(b, &then, &then_vm);
	if (!wish_fits(call, dom, &then))
		return;
	rc = persist(b, dom, policy, wish.cfg);
	if (!rc && wish.is_auto && wish.cfg)
		rc = persist(b, dom, &then_vm.set, false);
	if (!rc && wish.is_auto)
		rc = vm_policy_write(b, dom, "pin", KIB_NONE);
	if (rc) {
		call_fail(call, ERROR_failed, "xenstore refused: %s", strerror(-rc));
		return;
	}
	*dom = then;
	b->vms[i] = then_vm;
	b->turn_wanted = true;
	log_info("%s(%u): set from %s", dom->name, dom->domid, wish.cfg ? "its cfg" : "xlmem set");
	answer_domain(call->answer, "domain", b, (uint32_t)i);
}
