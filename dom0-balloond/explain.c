// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdio.h>

#include "answer.h"
#include "balloond.h"
#include "core/account.h"
#include "numa.h"
#include "size.h"
#include "tick.h"

struct out {
	char *text;
	size_t size, at;
};

__attribute__((format(printf, 2, 3)))
static void say(struct out *out, const char *format, ...)
{
	va_list args;
	int n;

	if (out->at + 1 >= out->size)
		return;
	va_start(args, format);
	n = vsnprintf(out->text + out->at, out->size - out->at, format, args);
	va_end(args);
	out->at += n > 0 ? (size_t)n : 0;
}

static void say_target(struct out *out, const struct dom *dom)
{
	char a[SIZE_TEXT_MAX], b[SIZE_TEXT_MAX], c[SIZE_TEXT_MAX];

	say(out, "%s (domain %u) holds %s MiB, its target is %s MiB, and it may grow to %s MiB "
	    "without asking.\n", dom->name, dom->domid, size_text(dom->actual_kib, a),
	    size_text(dom->target_kib, b), size_text(dom->max_kib - MAX_PAGES_SLACK_KIB, c));
	if (dom_is_guest(dom))
		say(out, "It is planned at %s MiB with a ceiling of %s MiB: %s.\n",
		    size_text(dom->plan_target_kib, a), size_text(dom->plan_ceiling_kib, b),
		    reason_text(dom->reason));
}

/* fixed=0 is for those whom only their pinning fixes: of no other is it the word. */
static void say_fixed(struct out *out, const struct balloond *b, const struct dom *dom,
		      const struct vm *vm)
{
	const struct vm_settings *conf = config_vm(&b->settings, dom->name);
	char nodes[NUMA_TEXT_MAX];

	say(out, "It is not balanced: ");
	if (vm->frozen_by)
		say(out, "frozen for save or migrate");
	else if (vm->fixed_why)
		say(out, "%s%s", vm->fixed_why, conf && conf->fixed == 0 ?
		    ", whatever fixed=0 in balloond.conf says" : "");
	else if (!vm->known)
		say(out, "it has no memory/target");
	else if (!vm->pod_settled)
		say(out, "not all memory promised to it is there yet");
	else if (conf && conf->fixed == 1)
		say(out, "balloond.conf says fixed=1");
	else
		say(out, "pinned to NUMA %s: its memory can't come from elsewhere; fixed=0 in "
		    "balloond.conf balances it all the same", numa_text(vm->pinned_nodes, nodes));
	say(out, ".\n");
}

static void say_kind(struct out *out, const struct balloond *b, const struct dom *dom,
		     const struct vm *vm)
{
	char nodes[NUMA_TEXT_MAX];

	switch (dom->kind) {
	case DOM_ZERO:
		say(out, "dom0 is not balanced: it counts at what it holds.\n");
		break;
	case DOM_ZERO_BALANCED:
		say(out, "dom0 is balanced: its need comes before every guest's, its ceiling is its "
		    "target.\n");
		if (dom->strained)
			say(out, "It swapped or stalled in the last 10 s, so it isn't lowered.\n");
		break;
	case DOM_BUILDING:
		say(out, "A toolstack is building it: hands off until it runs.\n");
		break;
	case DOM_DYING:
		say(out, "It is dying: its memory is free when it is gone.\n");
		break;
	case DOM_FIXED:
		say_fixed(out, b, dom, vm);
		break;
	case DOM_GUEST:
		if (dom->paused)
			say(out, "It is paused: it can't move, so nothing is asked of it.\n");
		if (vm->pinned_nodes)
			say(out, "It is pinned to NUMA %s, and balloond.conf says fixed=0.\n",
			    numa_text(vm->pinned_nodes, nodes));
		break;
	}
}

static void say_report(struct out *out, const struct balloond *b, const struct dom *dom,
		       const struct vm *vm)
{
	char n[SIZE_TEXT_MAX], w[SIZE_TEXT_MAX], f[SIZE_TEXT_MAX], l[SIZE_TEXT_MAX];

	if (dom->has_report)
		say(out, "It says: need %s, want %s, own floor %s, limit %s MiB%s (%llu s ago).\n",
		    size_text(dom->need_kib, n), size_text(dom->want_kib, w),
		    size_text(dom->guest_floor_kib, f), size_text(dom->limit_kib, l),
		    dom->urgent ? ", urgent" : "",
		    (unsigned long long)(b->now_ms - dom->report_ms) / 1000);
	else
		say(out, "It reports nothing: neither the module xen-selfballoon nor selfballoond runs "
		    "in it; it stays at its target.\n");
	if (vm->ignored_reports)
		say(out, "%u of its reports were ignored: not valid.\n", vm->ignored_reports);
}

void explain_text(const struct balloond *b, uint32_t i, char *text, size_t size)
{
	const struct dom *dom = &b->host.doms[i];
	const struct vm *vm = &b->vms[i];
	struct out out = { text, size, 0 };
	char a[SIZE_TEXT_MAX], c[SIZE_TEXT_MAX];

	text[0] = '\0';
	if (dom->kind != DOM_ZERO)
		say_target(&out, dom);
	say_kind(&out, b, dom, vm);
	if (dom->kind == DOM_ZERO)
		return;
	say_report(&out, b, dom, vm);
	if (dom->kind == DOM_GUEST)
		say(&out, "Its fair share while needs are filled is %s MiB of %s MiB for all; the host "
		    "is %s.\n", size_text(dom->fair_kib, a), size_text(b->host.usable_kib, c),
		    b->host.overcommitted ? "overcommitted" : b->host.scarce ? "scarce" : "not short");
	say(&out, "min %s MiB (%s), max %s MiB (%s), weight %u (%s).\n",
	    size_text(dom->floor_kib, a), source_text(vm->min_source),
	    size_text(dom->policy_max_kib, c), source_text(vm->max_source), dom->weight,
	    source_text(vm->weight_source));
	if (vm->idle_shutdown)
		say(&out, "It may be shut down for a start that doesn't fit when it idles (%s).\n",
		    source_text(vm->idle_source));
	if (dom->pin_kib != KIB_NONE)
		say(&out, "Pinned at %s MiB: someone else set memory/target to %s MiB; xlmem set %s "
		    "--auto ends it.\n", size_text(dom->pin_kib, a), size_text(vm->pin_kib, c),
		    dom->name);
}
