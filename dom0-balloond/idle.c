// SPDX-License-Identifier: GPL-2.0-or-later
#include "idle.h"

#include "balloond.h"
#include "core/plan.h"

/* Shorter looks would take one timer tick of a guest for work. */
#define WINDOW_MS	1000
#define BUSY_PERCENT	1	/* of one vcpu */

void idle_update(struct vm *vm, uint64_t cpu_ns, uint64_t now_ms)
{
	uint64_t window_ms = now_ms - vm->idle.from_ms;

	if (!vm->idle.from_ms) {
		vm->idle.busy_ms = now_ms;	/* nobody knows what it did before */
	} else if (window_ms < WINDOW_MS) {
		return;
	} else if ((cpu_ns - vm->idle.from_ns) / 1000000 * 100 > window_ms * BUSY_PERCENT) {
		vm->idle.busy_ms = now_ms;
	}
	vm->idle.from_ms = now_ms;
	vm->idle.from_ns = cpu_ns;
}

int64_t idle_s(const struct vm *vm, uint64_t now_ms)
{
	return (int64_t)(now_ms - vm->idle.busy_ms) / 1000;
}

static bool may_close(const struct balloond *b, uint32_t i, bool marked)
{
	return b->host.doms[i].kind == DOM_GUEST && !b->host.doms[i].paused &&
	       idle_s(&b->vms[i], b->now_ms) >= b->settings.idle_after_s &&
	       (!marked || b->vms[i].idle_shutdown);
}

static bool is_chosen(const struct idle_set *set, uint32_t i)
{
	for (uint32_t k = 0; k < set->n; k++)
		if (set->dom[k] == i)
			return true;
	return false;
}

/* The smallest that frees `least_kib`; if none does, the largest; -1: nobody is left. */
static int next(const struct balloond *b, const struct idle_set *set, int64_t least_kib,
		bool marked)
{
	int64_t best_kib = 0;
	int best = -1;

	for (uint32_t i = 0; i < b->host.n_doms; i++) {
		int64_t kib = admission_stop_frees_kib(&b->host.doms[i]);

		if (!may_close(b, i, marked) || is_chosen(set, i))
			continue;
		if (best < 0 || (best_kib < least_kib ? kib > best_kib :
				 kib >= least_kib && kib < best_kib)) {
			best = (int)i;
			best_kib = kib;
		}
	}
	return best;
}

void idle_choose(const struct balloond *b, int64_t short_kib, bool marked,
		 struct idle_set *out)
{
	out->n = 0;
	while (short_kib > 0 && out->n < IDLE_NAMES_MAX) {
		int i = next(b, out, short_kib, marked);

		if (i < 0)
			break;
		short_kib -= admission_stop_frees_kib(&b->host.doms[i]);
		out->dom[out->n++] = (uint32_t)i;
	}
	if (short_kib > 0)
		out->n = 0;
}
