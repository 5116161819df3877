// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "balloond.h"
#include "core/account.h"
#include "flood.h"
#include "host_xen.h"
#include "idle.h"
#include "numa.h"
#include "report.h"
#include "size.h"
#include "store.h"
#include "tick.h"

/*
 * memory/target minus tot_pages before it was measured. Seen on Xen 4.17: none
 * on PV; a PVH guest of memory=320 holds 16 pages more than its target.
 */
#define OFFSET_HVM_KIB		(-64)
/* Larger differences are not an offset but a guest that holds on to memory. */
#define OFFSET_NEAR_KIB		KIB_PER_MIB
/* ... and this much of a difference is not a need that a guest holds on to. */
#define OFFSET_SURE_KIB		128
#define OFFSET_STILL_MS		3000

#define PAGE_KIB		4
#define LIMIT_LOG_MS		10000
#define LEASE_GAP_MS		1000	/* between two repairs of it */
#define LEASE_LOG_MS		60000

#define LEAF_ROW(name, letter, path) { letter, VM_STALE(name), path },
static const struct {
	char letter;
	unsigned int bit;
	const char *path;
} leaves[] = { VM_LEAVES(LEAF_ROW) };
#define N_LEAVES (sizeof(leaves) / sizeof(leaves[0]))

void vm_init(struct vm *vm, struct dom *dom, const struct xen_dom *xen, uint64_t now_ms)
{
	*dom = (struct dom){
		.domid = xen->domid, .kind = DOM_BUILDING, .hvm = xen->hvm,
		.target_kib = KIB_NONE, .pin_kib = KIB_NONE, .weight = WEIGHT_DEFAULT,
		.offset_kib = xen->hvm ? OFFSET_HVM_KIB : 0,
	};
	memcpy(dom->uuid, xen->uuid, sizeof(dom->uuid));
	*vm = (struct vm){
		.domid = xen->domid, .seen_ms = now_ms, .raw_target_kib = KIB_NONE,
		.pin_kib = KIB_NONE, .pod_settled = !xen->hvm,
		.set = VM_POLICY_NONE, .cfg = VM_POLICY_NONE,
	};
}

static void leaf_watch(struct balloond *b, const struct vm *vm, size_t leaf, bool on)
{
	char token[16];

	snprintf(token, sizeof(token), "%c%u", leaves[leaf].letter, vm->domid);
	if (on)
		store_watch(b->store, token, "/local/domain/%u/%s", vm->domid, leaves[leaf].path);
	else
		store_unwatch(b->store, token, "/local/domain/%u/%s", vm->domid,
			      leaves[leaf].path);
}

static void watch(struct balloond *b, struct vm *vm, bool on)
{
	for (size_t i = 0; vm->watched != on && i < N_LEAVES; i++)
		leaf_watch(b, vm, i, on);
	vm->watched = on;
}

void vm_watch(struct balloond *b, struct vm *vm)
{
	watch(b, vm, true);
}

void vm_watch_report(struct balloond *b, struct vm *vm, bool on)
{
	leaf_watch(b, vm, VM_LEAF_REPORT, on);
}

void vm_gone(struct balloond *b, const struct dom *dom, struct vm *vm, bool goes_on)
{
	watch(b, vm, false);
	/* Of use to this boot only, be it that it wasn't; settings and pins wait. */
	if (dom->domid && !goes_on)
		vm_policy_forget(b, dom, "offset");
	b->vm_ended = true;
}

/*
 * Only root in dom0 can spoil a lease, and the guest would believe that, or go on
 * alone, until the next change. Most events are of our own writes.
 */
static bool lease_stands(struct balloond *b, const struct dom *dom, const struct vm *vm)
{
	struct lease lease;
	unsigned int len;
	bool stands;
	int rc;
	char *text;

	if (!MECHANISM(lease_kept) || !vm->known || !dom->has_lease || dom->kind != DOM_GUEST)
		return true;
	text = store_read(b->store, &len, &rc, "/local/domain/%u/" KEY_LEASE, dom->domid);
	stands = text ? !lease_parse(text, len, &lease) && lease.epoch == vm->epoch &&
			(int64_t)lease.ceiling_kib == dom->lease_kib : rc != -ENOENT;
	free(text);
	return stands;
}

/* @return false: too soon */
static bool lease_again(struct balloond *b, struct dom *dom, struct vm *vm)
{
	if (lease_stands(b, dom, vm))
		return true;
	if (vm->lease_ms && b->now_ms - vm->lease_ms < LEASE_GAP_MS)
		return false;
	vm->lease_ms = b->now_ms;
	if (!b->ops->set_lease(b, dom, dom->lease_kib) &&
	    log_allowed(&vm->lease_limit, b->now_ms, LEASE_LOG_MS))
		log_warn("%s(%u): somebody else wrote its lease: written again", dom->name,
			 dom->domid);
	return true;
}

uint64_t vm_lease_due_ms(const struct vm *vm)
{
	return vm->stale & VM_STALE(LEASE) ? vm->lease_ms + LEASE_GAP_MS : UINT64_MAX;
}

bool vm_event(struct balloond *b, const char *token)
{
	char *end;
	unsigned long domid = strtoul(token + 1, &end, 10);
	int i;

	if (!token[0] || *end || (i = balloond_find(b, (uint32_t)domid)) < 0)
		return false;
	for (size_t k = 0; k < N_LEAVES; k++) {
		if (leaves[k].letter != token[0])
			continue;
		if (k == VM_LEAF_LEASE && lease_stands(b, &b->host.doms[i], &b->vms[i]))
			return false;
		b->vms[i].stale |= leaves[k].bit;
		if (k == VM_LEAF_REPORT)
			flood_event(b, (uint32_t)i);
	}
	return true;
}

void uuid_text(const uint8_t u[16], char out[37])
{
	snprintf(out, 37, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		 u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11],
		 u[12], u[13], u[14], u[15]);
}

static void read_name(struct balloond *b, struct dom *dom)
{
	unsigned int len;
	int rc;
	char *name = store_read(b->store, &len, &rc, "/local/domain/%u/name", dom->domid);

	if (name && dom->name[0] && strcmp(name, dom->name))
		log_info("%s(%u): its name is %.63s now", dom->name, dom->domid, name);
	if (name)
		snprintf(dom->name, sizeof(dom->name), "%s", name);
	free(name);
}

static void read_lease(struct balloond *b, struct dom *dom, struct vm *vm)
{
	struct lease lease;
	unsigned int len;
	int rc;
	char *text = store_read(b->store, &len, &rc, "/local/domain/%u/" KEY_LEASE, dom->domid);

	if (rc == -ENOENT)	/* a new guest, or a xenstored that came back empty */
		dom->has_lease = false;
	if (text && !lease_parse(text, len, &lease)) {
		dom->has_lease = true;
		dom->lease_kib = (int64_t)lease.ceiling_kib;
		vm->epoch = lease.epoch;
	}
	free(text);
}

/* A domain that somebody else depends on, or that can't give memory back. */
static const char *fixed_by_store(struct balloond *b, uint32_t domid)
{
	if (store_exists(b->store, "/local/domain/%u/target", domid))
		return "a stubdomain";
	if (store_exists(b->store, "/local/domain/%u/libxl", domid))
		return "a driver domain";
	if (store_exists(b->store, "/local/domain/0/backend/pci/%u", domid) ||
	    store_exists(b->store, "/libxl/%u/device/pci", domid))
		return "has PCI passthrough";
	return NULL;
}

bool vm_is_fixed(const struct balloond *b, const struct dom *dom, const struct vm *vm)
{
	const struct vm_settings *conf = config_vm(&b->settings, dom->name);

	return (MECHANISM(fixed) && vm->fixed_why) || (conf && conf->fixed == 1) ||
	       numa_fixes(b, dom, vm);
}

/*
 * Who wrote memory/target while no balloond saw it gave an order. The toolstack's
 * own, before the first balloond saw the domain, is none.
 */
static void read_order(struct balloond *b, struct dom *dom, struct vm *vm)
{
	int64_t own_kib = store_read_kib(b->store, KIB_NONE, "/local/domain/%u/" KEY_OWN_TARGET,
					 dom->domid);
	if (!MECHANISM(own_target) || own_kib == vm->raw_target_kib)
		return;
	if (own_kib == KIB_NONE)
		vm_target_known(b, dom, vm);
	else if (MECHANISM(fixed_follows) && vm_is_fixed(b, dom, vm))
		vm->ordered = MECHANISM(fixed_ordered);
	else
		vm_pin(b, dom, vm, vm->raw_target_kib);
}

/* First sight: all there is. Returns with vm->known unset while it isn't there. */
static void read_all(struct balloond *b, struct dom *dom, struct vm *vm)
{
	uint64_t failures = store_counters(b->store)->failures;

	if (!vm->ran && dom->name[0])	/* looked at often; libxl writes the rest last */
		return;
	read_name(b, dom);
	vm->raw_target_kib = store_read_kib(b->store, KIB_NONE, "/local/domain/%u/" KEY_TARGET,
					    dom->domid);
	dom->static_max_kib = store_read_kib(b->store, KIB_NONE, "/local/domain/%u/"
					     KEY_STATIC_MAX, dom->domid);
	if (dom->domid == 0) {
		vm->known = true;
		return;
	}
	if (vm->raw_target_kib == KIB_NONE || dom->static_max_kib == KIB_NONE || !vm->ran)
		return;
	vm_watch(b, vm);
	vm->fixed_why = fixed_by_store(b, dom->domid);
	read_lease(b, dom, vm);
	vm_policy_read(b, dom, vm);
	numa_read(b, dom, vm);
	read_order(b, dom, vm);
	vm->stale = VM_STALE(REPORT);
	vm->known = !store_lost(b->store) && store_counters(b->store)->failures == failures;
}

static void read_target(struct balloond *b, uint32_t i)
{
	struct dom *dom = &b->host.doms[i];
	struct vm *vm = &b->vms[i];
	int64_t raw = store_read_kib(b->store, KIB_NONE, "/local/domain/%u/" KEY_TARGET,
				     dom->domid);

	if (raw != KIB_NONE && raw != vm->raw_target_kib)
		vm_target_foreign(b, i, raw);
}

/* xl mem-max writes it, and max_pages: the guest's size from now on. */
static void read_static_max(struct balloond *b, struct dom *dom)
{
	int64_t was_kib = dom->static_max_kib;
	char is[SIZE_TEXT_MAX];

	dom->static_max_kib = store_read_kib(b->store, was_kib, "/local/domain/%u/" KEY_STATIC_MAX,
					     dom->domid);
	if (dom->static_max_kib != was_kib)
		log_info("%s(%u): memory/static-max is %s MiB now: it grows no further", dom->name,
			 dom->domid, size_text(dom->static_max_kib, is));
}

static void read_stale(struct balloond *b, uint32_t i)
{
	struct dom *dom = &b->host.doms[i];
	struct vm *vm = &b->vms[i];
	uint64_t failures = store_counters(b->store)->failures;
	unsigned int stale = vm->stale;

	if (stale & VM_STALE(DEVICES))	/* first: whether a new target pins depends on it */
		vm->fixed_why = fixed_by_store(b, dom->domid);
	if (stale & VM_STALE(TARGET))
		read_target(b, i);
	if (stale & VM_STALE(STATIC_MAX))
		read_static_max(b, dom);
	if (stale & VM_STALE(NAME))
		read_name(b, dom);
	if (stale & VM_STALE(POLICY))
		vm_policy_read(b, dom, vm);
	vm->stale = 0;
	if ((stale & VM_STALE(REPORT)) && dom->domid && !report_read(b, i))
		vm->stale = VM_STALE(REPORT);	/* too soon: a flood waits */
	if ((stale & VM_STALE(LEASE)) && !lease_again(b, dom, vm))
		vm->stale |= VM_STALE(LEASE);
	/* What couldn't be read for lack of memory is read again. */
	if (store_counters(b->store)->failures != failures)
		vm->stale = stale;
}

/* Promised pages without memory behind them: a push on the balloon may kill it. */
static void pod_check(struct balloond *b, struct dom *dom, struct vm *vm)
{
	int64_t entries_kib, cache_kib;

	if (vm->pod_settled || !vm->ran)
		return;
	if (!xen_pod(b->xen, dom->domid, &entries_kib, &cache_kib))
		vm->pod_settled = entries_kib <= cache_kib;
}

/*
 * The offset is what is left between target and tot_pages when nothing moves.
 * A guest that holds on to its need above the target looks just the same: not
 * that one, and only a small difference. Nor one that was sent to its own floor: there
 * it rests, wherever exactly the target lies.
 */
static void offset_measure(struct balloond *b, struct dom *dom, struct vm *vm)
{
	int64_t diff = vm->raw_target_kib - dom->actual_kib;

	if (!MECHANISM(offset) || vm->offset_known || dom->kind != DOM_GUEST)
		return;
	if (MECHANISM(offset_floor) && dom->has_report &&
	    vm->raw_target_kib < dom->guest_floor_kib + OFFSET_SURE_KIB)
		return;
	if (dom->has_report && llabs(diff) > OFFSET_SURE_KIB && dom->need_kib > vm->raw_target_kib)
		return;
	if (b->now_ms - vm->still_ms < OFFSET_STILL_MS || llabs(diff) > OFFSET_NEAR_KIB)
		return;
	vm->offset_known = true;
	if (diff != dom->offset_kib)
		log_info("%s(%u): memory/target is tot_pages %+" PRId64 " KiB", dom->name,
			 dom->domid, diff);
	dom->offset_kib = diff;
	vm_policy_write_signed(b, dom, "offset", diff);
}

static void classify(struct balloond *b, struct dom *dom, struct vm *vm,
		     const struct xen_dom *xen)
{
	if (xen->domid == 0)
		dom->kind = DOM_ZERO;
	else if (xen->dying)
		dom->kind = DOM_DYING;
	else if (xen->xenstore)
		dom->kind = DOM_FIXED;
	else if (!vm->ran)
		dom->kind = DOM_BUILDING;
	else if (!vm->known || vm->frozen_by || !vm->pod_settled || vm_is_fixed(b, dom, vm))
		dom->kind = DOM_FIXED;
	else
		dom->kind = DOM_GUEST;
}

static void still_update(struct balloond *b, const struct dom *dom, struct vm *vm)
{
	if (vm->still_kib == dom->actual_kib && vm->still_target_kib == vm->raw_target_kib)
		return;
	vm->still_kib = dom->actual_kib;
	vm->still_target_kib = vm->raw_target_kib;
	vm->still_ms = b->now_ms;
}

/* Who takes of the host without asking is said once, when a reservation had its turn. */
static void greet(const struct balloond *b, const struct dom *dom, struct vm *vm)
{
	char held[SIZE_TEXT_MAX];

	if (!vm->known || vm->greeted)
		return;
	vm->greeted = true;
	if (b->counters.turns && !vm->took_promise)
		log_info("%s(%u): came without a reservation and holds %s MiB", dom->name, dom->domid,
			 size_text(dom->actual_kib, held));
}

/* The plan goes by it, and the next turn sets it right. */
static void limit_foreign(struct balloond *b, const struct dom *dom, struct vm *vm, int64_t max_kib)
{
	char was[SIZE_TEXT_MAX], is[SIZE_TEXT_MAX];

	if (dom->kind != DOM_GUEST || b->options.dry_run ||
	    llabs(max_kib - dom->max_kib) < PAGE_KIB)
		return;
	b->counters.foreign_limits++;
	if (log_allowed(&vm->max_limit, b->now_ms, LIMIT_LOG_MS))
		log_info("%s(%u): someone else set max_pages, %s>%s MiB", dom->name, dom->domid,
			 size_text(dom->max_kib, was), size_text(max_kib, is));
}

/* Until nothing of it came free for so long: others may hold what it granted them. */
#define HANGS_MS	10000

static void leaves_update(const struct balloond *b, struct dom *dom, struct vm *vm, bool died)
{
	if (died)
		vm->still_ms = b->now_ms;
	dom->leaves_kib = dom->kind == DOM_DYING && b->now_ms - vm->still_ms < HANGS_MS ?
			  dom->actual_kib : 0;
}

/*
 * No event tells of a pin, nor that the last of a device's keys went: one tree is
 * watched, and of what a toolstack does one by one the first may be heard alone.
 */
static void audit(struct balloond *b, const struct dom *dom, struct vm *vm)
{
	if (vm->audit_ms && b->now_ms - vm->audit_ms < AUDIT_MS)
		return;
	if (MECHANISM(fixed_again) && vm->fixed_why)
		vm->stale |= VM_STALE(DEVICES);
	if (!numa_read(b, dom, vm))
		vm->audit_ms = b->now_ms;
}

void vm_refresh(struct balloond *b, uint32_t i, const struct xen_dom *xen)
{
	struct dom *dom = &b->host.doms[i];
	struct vm *vm = &b->vms[i];
	bool died = xen->dying && dom->kind != DOM_DYING;

	greet(b, dom, vm);
	limit_foreign(b, dom, vm, xen->max_kib);
	dom->hvm = xen->hvm;
	dom->paused = xen->paused;
	dom->actual_kib = xen->actual_kib;
	dom->max_kib = xen->max_kib;
	vm->ran = vm->ran || xen->ran;
	vm->reboots = xen->reboots;
	idle_update(vm, xen->cpu_ns, b->now_ms);
	if (xen->domid == 0 && !dom_is_zero(dom))
		dom->kind = DOM_ZERO;

	if (!xen->dying && !vm->known)
		read_all(b, dom, vm);
	if (vm->known)
		flood_update(b, i);
	if (!xen->dying && vm->known && dom->domid)
		audit(b, dom, vm);
	if (!xen->dying && vm->known && vm->stale)
		read_stale(b, i);
	pod_check(b, dom, vm);
	classify(b, dom, vm, xen);
	still_update(b, dom, vm);
	leaves_update(b, dom, vm, died);
	offset_measure(b, dom, vm);
	dom->target_kib = vm->raw_target_kib == KIB_NONE ? KIB_NONE :
			  vm->raw_target_kib - dom->offset_kib;
	vm_policy_resolve(b, dom, vm);
	if (xen->domid == 0)
		zero_refresh(b, dom, vm, xen);
}
