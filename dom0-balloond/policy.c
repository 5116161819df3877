// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Settings of a VM and where they come from: xlmem set > the VM's cfg >
 * balloond.conf > default. They live in the store under its uuid, because domids
 * change at every boot.
 */
#include "vm.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "balloond.h"
#include "core/account.h"
#include "core/plan.h"
#include "size.h"
#include "store.h"

#define OFFSET_MAX_KIB	(128 * KIB_PER_MIB)

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

const char *source_text(enum source source)
{
	static const char *const text[] = {
		[SOURCE_DEFAULT] = "default", [SOURCE_CONF] = "balloond.conf",
		[SOURCE_CFG] = "the VM's cfg", [SOURCE_SET] = "xlmem set",
	};

	return text[source];
}

/* The last of four words that is one. */
static int64_t choose(int64_t fallback, int64_t conf, int64_t cfg, int64_t set,
		      enum source *source)
{
	*source = set != KIB_NONE ? SOURCE_SET : cfg != KIB_NONE ? SOURCE_CFG :
		  conf != KIB_NONE ? SOURCE_CONF : SOURCE_DEFAULT;
	return set != KIB_NONE ? set : cfg != KIB_NONE ? cfg : conf != KIB_NONE ? conf : fallback;
}

void vm_policy_resolve(const struct balloond *b, struct dom *dom, struct vm *vm)
{
	const struct vm_settings *conf = config_vm(&b->settings, dom->name);
	int64_t max_kib, min_kib;

	if (dom_is_zero(dom) && vm->pin_kib == KIB_NONE)
		dom->pin_kib = KIB_NONE;
	/* dom0's are zero.c's. */
	if (dom->kind == DOM_ZERO || dom_is_zero(dom) || dom->static_max_kib == KIB_NONE)
		return;
	max_kib = choose(dom->static_max_kib, conf ? conf->max_kib : KIB_NONE, vm->cfg.max_kib,
			 vm->set.max_kib, &vm->max_source);
	dom->policy_max_kib = least(max_kib, dom->static_max_kib);

	min_kib = choose(b->settings.default_min_kib ? b->settings.default_min_kib :
			 floor_default_kib(dom->static_max_kib),
			 conf ? conf->min_kib : KIB_NONE, vm->cfg.min_kib, vm->set.min_kib,
			 &vm->min_source);
	if (vm->min_source == SOURCE_DEFAULT && b->settings.default_min_kib)
		vm->min_source = SOURCE_CONF;
	dom->floor_kib = least(min_kib, dom->policy_max_kib);
	dom->floor_explicit = vm->min_source != SOURCE_DEFAULT;

	dom->weight = (uint32_t)choose(b->settings.default_weight,
				       conf && conf->weight ? (int64_t)conf->weight : KIB_NONE,
				       vm->cfg.weight, vm->set.weight, &vm->weight_source);

	vm->idle_shutdown = choose(0, conf && conf->idle_shutdown ? 1 : KIB_NONE,
				   vm->cfg.idle_shutdown, vm->set.idle_shutdown,
				   &vm->idle_source) > 0;

	dom->pin_kib = KIB_NONE;
	if (vm->pin_kib != KIB_NONE) {
		dom->pin_kib = vm->pin_kib - dom->offset_kib;
		if (dom->pin_kib > dom->static_max_kib)
			dom->pin_kib = dom->static_max_kib;
		if (dom->pin_kib < dom->floor_kib)
			dom->pin_kib = dom->floor_kib;
	}
}

static int64_t read_one(struct balloond *b, const char *uuid, const char *key)
{
	return store_read_kib(b->store, KIB_NONE, KEY_VM "/%s/%s", uuid, key);
}

void vm_policy_read(struct balloond *b, struct dom *dom, struct vm *vm)
{
	unsigned int len;
	char uuid[37];
	char *text;
	int rc;

	uuid_text(dom->uuid, uuid);
	vm->set = vm->cfg = VM_POLICY_NONE;
	vm->pin_kib = KIB_NONE;
	if (!store_exists(b->store, KEY_VM "/%s", uuid))
		return;
	vm->set.min_kib = read_one(b, uuid, "min");
	vm->set.max_kib = read_one(b, uuid, "max");
	vm->set.weight = read_one(b, uuid, "weight");
	vm->cfg.min_kib = read_one(b, uuid, "cfg/min");
	vm->cfg.max_kib = read_one(b, uuid, "cfg/max");
	vm->cfg.weight = read_one(b, uuid, "cfg/weight");
	vm->set.idle_shutdown = read_one(b, uuid, "idle_shutdown");
	vm->cfg.idle_shutdown = read_one(b, uuid, "cfg/idle_shutdown");
	if (vm->set.weight > WEIGHT_MAX || vm->set.weight == 0)
		vm->set.weight = KIB_NONE;
	if (vm->cfg.weight > WEIGHT_MAX || vm->cfg.weight == 0)
		vm->cfg.weight = KIB_NONE;
	vm->pin_kib = read_one(b, uuid, "pin");
	text = store_read(b->store, &len, &rc, KEY_VM "/%s/offset", uuid);
	if (text) {
		long long offset = strtoll(text, NULL, 10);

		/* Measured earlier this boot, by a balloond that is gone. */
		if (offset > -OFFSET_MAX_KIB && offset < OFFSET_MAX_KIB) {
			dom->offset_kib = offset;
			vm->offset_known = true;
		}
		free(text);
	}
}

static int write_one(struct balloond *b, const struct dom *dom, const char *key,
		     const char *value)
{
	char uuid[37];

	if (b->options.dry_run)
		return 0;
	uuid_text(dom->uuid, uuid);
	if (!value)
		return store_remove(b->store, KEY_VM "/%s/%s", uuid, key);
	return store_write(b->store, value, KEY_VM "/%s/%s", uuid, key);
}

int vm_policy_write(struct balloond *b, const struct dom *dom, const char *key, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, value);
	return write_one(b, dom, key, value == KIB_NONE ? NULL : text);
}

int vm_policy_write_signed(struct balloond *b, const struct dom *dom, const char *key,
			   int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, value);
	return write_one(b, dom, key, text);
}

void vm_policy_forget(struct balloond *b, const struct dom *dom, const char *key)
{
	unsigned int n;
	char uuid[37], **names;

	if (b->options.dry_run)
		return;
	uuid_text(dom->uuid, uuid);
	write_one(b, dom, key, NULL);
	names = store_list(b->store, &n, KEY_VM "/%s", uuid);
	if (names && !n)	/* a VM of which nothing is to be remembered */
		store_remove(b->store, KEY_VM "/%s", uuid);
	free(names);
}

void vm_policy_keep(struct balloond *b, const struct dom *dom, const struct vm *vm)
{
	const struct { const char *key; int64_t value; } words[] = {
		{ "min", vm->set.min_kib }, { "max", vm->set.max_kib },
		{ "weight", vm->set.weight }, { "idle_shutdown", vm->set.idle_shutdown },
		{ "cfg/min", vm->cfg.min_kib }, { "cfg/max", vm->cfg.max_kib },
		{ "cfg/weight", vm->cfg.weight }, { "cfg/idle_shutdown", vm->cfg.idle_shutdown },
		{ "pin", vm->pin_kib },
	};
	char uuid[37];

	uuid_text(dom->uuid, uuid);
	if (!vm->known || store_exists(b->store, KEY_VM "/%s", uuid))
		return;
	for (size_t k = 0; k < sizeof(words) / sizeof(words[0]); k++)
		if (words[k].value != KIB_NONE)
			vm_policy_write(b, dom, words[k].key, words[k].value);
	if (vm->offset_known)
		vm_policy_write_signed(b, dom, "offset", dom->offset_kib);
}

void vm_target_known(struct balloond *b, const struct dom *dom, struct vm *vm)
{
	int64_t found_kib;
	char text[24];

	if (b->options.dry_run)
		return;
	snprintf(text, sizeof(text), "%" PRId64, vm->raw_target_kib);
	if (!store_write_domain(b->store, dom->domid, KEY_OWN_TARGET, text, vm->raw_target_kib,
				&found_kib))
		vm->ordered = false;
}

void vm_pin(struct balloond *b, struct dom *dom, struct vm *vm, int64_t raw_kib)
{
	char a[SIZE_TEXT_MAX];

	b->counters.foreign_targets++;
	vm->pin_kib = MECHANISM(foreign_pin) ? raw_kib : KIB_NONE;
	if (!vm_policy_write(b, dom, "pin", vm->pin_kib))
		vm_target_known(b, dom, vm);
	log_info("%s(%u): someone else set memory/target: pinned at %s MiB until "
		 "xlmem set %s --auto", dom->name, dom->domid, size_text(vm->pin_kib, a),
		 dom->name);
}

void vm_target_foreign(struct balloond *b, uint32_t i, int64_t raw_kib)
{
	struct dom *dom = &b->host.doms[i];
	struct vm *vm = &b->vms[i];

	vm->raw_target_kib = raw_kib;
	if (vm_is_fixed(b, dom, vm))
		vm->ordered = MECHANISM(fixed_ordered);
	else if (dom_is_guest(dom) || vm->frozen_by)
		vm_pin(b, dom, vm, raw_kib);
}
