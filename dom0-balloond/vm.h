/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the daemon knows of a domain beside the policy's model (struct dom): the
 * store's raw words, where settings come from, the guest's lease and reports.
 */
#ifndef BALLOOND_VM_H
#define BALLOOND_VM_H

#include <stdbool.h>
#include <stdint.h>

#include "core/host.h"
#include "log.h"
#include "record.h"
#include "schema.h"

struct balloond;
struct xen_dom;

/* Store's leaves that changed and wait to be read. The letters are tokens. */
#define VM_LEAVES(L)								\
	L(TARGET, 't', KEY_TARGET)						\
	L(STATIC_MAX, 's', KEY_STATIC_MAX)					\
	L(REPORT, 'r', KEY_REPORT)						\
	L(LEASE, 'l', KEY_LEASE)						\
	L(NAME, 'n', "name")

#define VM_LEAF_ENUM(name, letter, path) VM_LEAF_##name,
enum vm_leaf { VM_LEAVES(VM_LEAF_ENUM) VM_LEAF_POLICY, VM_LEAF_DEVICES };
#define VM_STALE(leaf) (1u << VM_LEAF_##leaf)

/* Who said it, by precedence: later ones win. */
enum source { SOURCE_DEFAULT, SOURCE_CONF, SOURCE_CFG, SOURCE_SET };

struct vm_policy {
	int64_t min_kib, max_kib;	/* KIB_NONE: not said */
	int64_t weight;			/* KIB_NONE: not said */
	int64_t idle_shutdown;		/* 0, 1; KIB_NONE: not said */
};

#define VM_POLICY_NONE	((struct vm_policy){ KIB_NONE, KIB_NONE, KIB_NONE, KIB_NONE })

struct vm {
	uint32_t domid;
	bool known;		/* the store's facts were read */
	bool watched;
	bool ran;		/* its build is over */
	bool reboots;		/* it has shut down, to come back ... */
	bool reboot_seen;	/* ... which reboot.c knows */
	bool pod_settled;	/* every page promised is there */
	unsigned int stale;	/* VM_STALE bits */
	const char *fixed_why;	/* what it is or has; NULL: ours to balance */
	uint64_t pinned_nodes;	/* numa.h: on which alone it may run; 0: on all */
	uint64_t audit_ms;	/* when what no event tells was last read; 0: not yet */
	uint64_t seen_ms;
	int64_t lent_over_kib;	/* max_pages before build.c raised them; 0: it didn't */

	int64_t raw_target_kib;	/* memory/target as last read or written */
	bool ordered;		/* fixed, and a toolstack's order isn't followed yet */
	bool offset_known;	/* measured this boot, or persisted */
	int64_t still_kib, still_target_kib;	/* tot_pages and target have not changed ... */
	uint64_t still_ms;	/* ... since then */

	struct vm_policy set, cfg;
	int64_t pin_kib;	/* as ordered, in memory/target's units; not clamped */
	enum source min_source, max_source, weight_source, idle_source;
	bool idle_shutdown;	/* may be closed for a start, when it idles */

	struct vm_idle {
		uint64_t from_ms, from_ns;	/* the window: when, cpu_time then */
		uint64_t busy_ms;	/* last seen at work */
	} idle;

	uint64_t epoch;		/* of the lease last written */
	uint64_t lease_ms;	/* when it was last written again for somebody spoilt it */
	struct report report;	/* as last taken in */
	uint64_t report_ms;	/* when the key was last read */
	uint32_t ignored_reports;
	uint64_t fired_ms;	/* flood.c: events of its report since then: */
	uint32_t fired, floods;
	uint64_t deaf_until_ms;	/* its report isn't watched before; 0: it is */
	uint64_t flood_ms;	/* when the last such time ended */
	struct log_limit report_limit, act_limit, max_limit, lease_limit;

	uint32_t frozen_by;	/* client that holds it for save or migrate; 0 none */
	bool took_promise;	/* a reservation was for it: no other is */
	bool greeted;		/* it is no news any more */
	bool left_alone;	/* fixed, and what it was leased beyond that is taken back */
};

/* A domain appeared: facts of Xen only. */
void vm_init(struct vm *vm, struct dom *dom, const struct xen_dom *xen, uint64_t now_ms);
/* From now on its leaves' changes are heard. */
void vm_watch(struct balloond *b, struct vm *vm);
/* It ended: its watches too, and what is true of one boot only, unless that goes on. */
void vm_gone(struct balloond *b, const struct dom *dom, struct vm *vm, bool goes_on);

/* Watch its report, or don't. */
void vm_watch_report(struct balloond *b, struct vm *vm, bool on);

/* Take in Xen's facts, read stale leaves, classify, resolve its settings. */
void vm_refresh(struct balloond *b, uint32_t i, const struct xen_dom *xen);

/* A watch event's token, "<letter><domid>": mark what is to be read. @return false: nothing */
bool vm_event(struct balloond *b, const char *token);

/* dom's floor, max, weight and pin from vm's and the configuration's words. */
void vm_policy_resolve(const struct balloond *b, struct dom *dom, struct vm *vm);
const char *source_text(enum source source);

/* The store's words on it, under its uuid; KIB_NONE removes one. */
void vm_policy_read(struct balloond *b, struct dom *dom, struct vm *vm);
int vm_policy_write(struct balloond *b, const struct dom *dom, const char *key, int64_t value);
/* xenstored came back empty: say them again. */
void vm_policy_keep(struct balloond *b, const struct dom *dom, const struct vm *vm);
void vm_policy_forget(struct balloond *b, const struct dom *dom, const char *key);
int vm_policy_write_signed(struct balloond *b, const struct dom *dom, const char *key,
			   int64_t value);

/* Is it, for good, none of those that are balanced? */
bool vm_is_fixed(const struct balloond *b, const struct dom *dom, const struct vm *vm);

/* memory/target is raw_kib now, and balloond didn't write it: an operator's order. */
void vm_target_foreign(struct balloond *b, uint32_t i, int64_t raw_kib);

/* Rest at raw_kib until told otherwise, over restarts and reboots. */
void vm_pin(struct balloond *b, struct dom *dom, struct vm *vm, int64_t raw_kib);
/* This memory/target is no news to the next balloond. */
void vm_target_known(struct balloond *b, const struct dom *dom, struct vm *vm);

/* The next lease has an epoch that no report echoes yet. A guest may have said the highest. */
static inline void vm_epoch_next(struct vm *vm)
{
	vm->epoch = vm->epoch % SCHEMA_COUNT_MAX + 1;
}

/* When a lease that somebody spoilt may be written again; UINT64_MAX: none is. */
uint64_t vm_lease_due_ms(const struct vm *vm);

void uuid_text(const uint8_t uuid[16], char out[37]);

#endif
