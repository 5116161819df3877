// SPDX-License-Identifier: GPL-2.0-or-later
#include "report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "balloond.h"
#include "flood.h"
#include "store.h"

/*
 * A guest that has nothing new to say is silent, and so is a dead module. Which it
 * is matters when memory is asked of it: who has said nothing for so long is asked
 * by a new epoch then.
 */
#define HEARD_MS	600000
#define IGNORED_LOG_MS	60000
#define NEED_FALL_KIB	(4 * KIB_PER_MIB)

static int64_t bounded(u64 kib, int64_t high_kib)
{
	return MECHANISM(report_bounds) && kib > (u64)high_kib ? high_kib : (int64_t)kib;
}

void report_take(struct dom *dom, const struct report *report)
{
	int64_t high_kib = dom->static_max_kib;

	dom->has_report = true;
	dom->urgent = report->urgent;
	dom->limit_kib = report->limit_kib ? bounded(report->limit_kib, high_kib) : high_kib;
	dom->need_kib = bounded(report->need_kib, high_kib);
	dom->want_kib = bounded(report->want_kib, high_kib);
	dom->guest_floor_kib = bounded(report->floor_kib, high_kib);
}

static void refuse(struct balloond *b, struct dom *dom, struct vm *vm, const char *why)
{
	uint32_t held = vm->report_limit.held;

	vm->ignored_reports++;
	b->counters.ignored_reports++;
	if (log_allowed(&vm->report_limit, b->now_ms, IGNORED_LOG_MS))
		log_warn("%s(%u): report ignored: %s (%u so far, %u not logged)", dom->name,
			 dom->domid, why, vm->ignored_reports, held);
}

bool report_read(struct balloond *b, uint32_t i)
{
	struct dom *dom = &b->host.doms[i];
	struct vm *vm = &b->vms[i];
	struct report report;
	unsigned int len;
	char *text;
	int rc;

	if (MECHANISM(report_gap) && vm->report_ms && b->now_ms - vm->report_ms < REPORT_GAP_MS)
		return false;
	vm->report_ms = b->now_ms;
	text = store_read(b->store, &len, &rc, "/local/domain/%u/" KEY_REPORT, dom->domid);
	if (!text) {
		if (rc == -ENOENT && dom->has_report) {
			log_info("%s(%u): its report is gone", dom->name, dom->domid);
			dom->has_report = false;
		}
		return true;
	}
	if (report_parse(text, len, &report))
		refuse(b, dom, vm, "not a report of version 1");
	else if (MECHANISM(report_epoch) && dom->has_lease && report.epoch > vm->epoch)
		refuse(b, dom, vm, "it echoes an epoch that was never given");
	else if (!dom->has_report || memcmp(&report, &vm->report, sizeof(report))) {
		/* Who was stuck on its need says that it needs less: ask again at once. */
		if (MECHANISM(stuck_heard) && dom->progress == PROGRESS_STUCK &&
		    report.need_kib + NEED_FALL_KIB < vm->report.need_kib)
			dom->history.retry_ms = b->now_ms;
		vm->report = report;
		report_take(dom, &report);
		dom->report_ms = b->now_ms;
		b->counters.reports++;
		if (report.epoch == vm->epoch)
			dom->unechoed_ms = 0;
	}
	free(text);
	return true;
}

void report_probe(struct balloond *b, uint32_t i)
{
	struct dom *dom = &b->host.doms[i];

	if (!dom->has_report || !dom->has_lease || dom->unechoed_ms ||
	    !MECHANISM(epoch_probe) || b->now_ms - dom->report_ms < HEARD_MS)
		return;
	vm_epoch_next(&b->vms[i]);
	dom->report_ms = b->now_ms;
	if (!b->ops->set_lease(b, dom, dom->lease_kib))
		dom->unechoed_ms = b->now_ms;
}

uint64_t report_due_ms(const struct balloond *b)
{
	uint64_t due = UINT64_MAX;

	for (uint32_t i = 0; i < b->host.n_doms; i++) {
		const struct vm *vm = &b->vms[i];

		/* Nothing more is read of who dies, or isn't read yet. */
		if (MECHANISM(dying_quiet) && (!vm->known || b->host.doms[i].kind == DOM_DYING))
			continue;
		if ((vm->stale & VM_STALE(REPORT)) && vm->report_ms + REPORT_GAP_MS < due)
			due = vm->report_ms + REPORT_GAP_MS;
		if (flood_due_ms(vm) < due)
			due = flood_due_ms(vm);
		if (vm_lease_due_ms(vm) < due)
			due = vm_lease_due_ms(vm);
	}
	return due;
}
