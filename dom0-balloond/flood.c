// SPDX-License-Identifier: GPL-2.0-or-later
#include "flood.h"

#include "balloond.h"

/*
 * The module says something new at most ten times a second, when it is urgent; a
 * restore and a new lease add a few.
 */
#define FLOOD_EVENTS		100
#define FLOOD_WINDOW_MS		1000
#define FLOOD_READ_MS		1000
/* The watch comes back after 10 s, 20 s, ... 10 min. */
#define DEAF_MIN_MS		10000
#define DEAF_MAX_MS		600000

void flood_event(struct balloond *b, uint32_t i)
{
	struct vm *vm = &b->vms[i];
	uint64_t deaf_ms = DEAF_MIN_MS;

	if (b->now_ms - vm->fired_ms >= FLOOD_WINDOW_MS) {
		vm->fired_ms = b->now_ms;
		vm->fired = 0;
	}
	if (++vm->fired <= FLOOD_EVENTS || vm->deaf_until_ms || !MECHANISM(flood))
		return;
	if (b->now_ms - vm->flood_ms > DEAF_MAX_MS)
		vm->floods = 0;
	for (uint32_t n = vm->floods++; n && deaf_ms < DEAF_MAX_MS; n--)
		deaf_ms *= 2;
	deaf_ms = deaf_ms < DEAF_MAX_MS ? deaf_ms : DEAF_MAX_MS;
	vm->deaf_until_ms = vm->flood_ms = b->now_ms + deaf_ms;
	b->counters.floods++;
	vm_watch_report(b, vm, false);
	log_warn("%s(%u): writes its report more than %d times a second: looked at once a second "
		 "for the next %llu s", b->host.doms[i].name, vm->domid, FLOOD_EVENTS,
		 (unsigned long long)deaf_ms / 1000);
}

void flood_update(struct balloond *b, uint32_t i)
{
	struct vm *vm = &b->vms[i];

	if (!vm->deaf_until_ms)
		return;
	if (b->now_ms - vm->report_ms >= FLOOD_READ_MS)
		vm->stale |= VM_STALE(REPORT);
	if (b->now_ms < vm->deaf_until_ms)
		return;
	vm->deaf_until_ms = 0;
	vm->fired = 0;
	vm_watch_report(b, vm, true);
}

uint64_t flood_due_ms(const struct vm *vm)
{
	uint64_t read_ms = vm->report_ms + FLOOD_READ_MS;

	if (!vm->deaf_until_ms)
		return UINT64_MAX;
	return read_ms < vm->deaf_until_ms ? read_ms : vm->deaf_until_ms;
}
