// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim_build.h"

#include <stdio.h>
#include <string.h>

#include "dom0-balloond/vm.h"
#include "sim_job.h"
#include "sim_store.h"
#include "sim_xen.h"
#include "tools/xlmem/vmcfg.h"

#define CONSTANT_KIB	1024		/* LIBXL_MAXMEM_CONSTANT */
#define BATCH_KIB	4096		/* libxc populates 1024 pages a call at most */
#define DEVICES_US	(80 * SIM_MS)	/* from introduced to unpaused: backends, console */

struct job {
	struct sim_job job;
	struct sim_vm vm;
	struct sim_build build;
	sim_built built;
	void *arg;
	uint32_t domid;
	char uuid[37];
};

int64_t sim_overhead_kib(const struct sim_vm *vm)
{
	struct vmcfg cfg = {
		.pv = !vm->hvm, .vcpus = 1, .memory_kib = vm->memory_kib,
		.maxmem_kib = vm->maxmem_kib,
	};

	return vmcfg_need_kib(&cfg) - vm->memory_kib;
}

uint64_t sim_scrub_us(int64_t kib)
{
	return SIM_MS + (uint64_t)kib / 4;	/* 4 GiB/s */
}

struct sim_build sim_build_new(const struct sim_vm *vm)
{
	return (struct sim_build){
		.target_kib = vm->memory_kib,
		.pages_kib = vm->memory_kib - vm->guest.offset_kib,
		.claim = true, .kib_ms = vm->build_kib_ms,
	};
}

static void over(struct world *w, struct job *job, struct sim_dom *dom, const char *why)
{
	sim_built built = job->built;
	void *arg = job->arg;

	job_end(w, job);
	built(w, arg, dom, why);
}

static void fail(struct world *w, struct job *job, const char *why)
{
	struct sim_dom *dom = sim_dom_find(w, job->domid);

	if (dom && !dom->dying) {
		world_note(w, "%s(%u): %s", dom->name, dom->domid, why);
		sim_destroy(w, dom);
	}
	over(w, job, NULL, why);
}

/* NULL: somebody destroyed it meanwhile. */
static struct sim_dom *dom_of(struct world *w, struct job *job)
{
	struct sim_dom *dom = sim_dom_find(w, job->domid);

	if (dom && !dom->dying)
		return dom;
	fail(w, job, "the domain was destroyed while it was built");
	return NULL;
}

/* libxl__domain_make: the first keys, which balloond's watch on /vm sees. */
static void keys_make(struct world *w, const struct job *job, const struct sim_dom *dom)
{
	sim_write(w, "", "/local/domain/%u", dom->domid);
	sim_write(w, "", "/vm/%s", job->uuid);
	sim_write(w, job->uuid, "/vm/%s/uuid", job->uuid);
	sim_write(w, dom->name, "/vm/%s/name", job->uuid);
	sim_write(w, dom->name, "/local/domain/%u/name", dom->domid);
	sim_write_number(w, dom->domid, "/local/domain/%u/domid", dom->domid);
	sim_write(w, "", "/local/domain/%u/memory", dom->domid);
	sim_write(w, "", "/local/domain/%u/data", dom->domid);
}

static void unpause(struct world *w, void *arg)
{
	struct job *job = arg;
	struct sim_dom *dom = dom_of(w, job);
	struct sim_guest_config config;

	if (!dom)
		return;
	config = job->vm.guest;
	config.static_max_kib = job->vm.maxmem_kib;
	config.boot_kib = dom->tot_kib;
	dom->paused = false;
	dom->ran = true;
	if (job->build.guest)
		sim_guest_resume(w, job->build.guest, dom);
	else
		sim_guest_boot(w, dom, &config);
	over(w, job, dom, "");
}

/* libxl__build_post: the sizes, and then xenstored is told. */
static void introduce(struct world *w, struct job *job, struct sim_dom *dom)
{
	char path[64];

	snprintf(path, sizeof(path), "/vm/%s", job->uuid);
	sim_claim(w, dom, 0);
	/* Populate on demand: the memory map is whole, the memory behind it isn't. */
	if (dom->hvm && job->vm.maxmem_kib > job->build.target_kib && job->build.claim) {
		dom->pod_entries_kib = job->vm.maxmem_kib;
		dom->pod_cache_kib = dom->tot_kib;
	}
	sim_write_number(w, job->vm.maxmem_kib, "/local/domain/%u/memory/static-max", dom->domid);
	sim_write_number(w, job->build.target_kib, "/local/domain/%u/memory/target", dom->domid);
	sim_write(w, path, "/local/domain/%u/vm", dom->domid);
	sim_fire(w, "@introduceDomain");
	world_at(w, w->now_us + DEVICES_US, unpause, job);
}

static void populate(struct world *w, void *arg)
{
	struct job *job = arg;
	struct sim_dom *dom = dom_of(w, job);
	int64_t want_kib;

	if (!dom)
		return;
	want_kib = job->build.pages_kib - dom->tot_kib;
	if (job->build.kib_ms && want_kib > BATCH_KIB)
		want_kib = BATCH_KIB;
	if (sim_populate(w, dom, want_kib) < want_kib) {
		fail(w, job, "Failed to populate physmap");
		return;
	}
	if (dom->tot_kib < job->build.pages_kib) {
		world_at(w, w->now_us + BATCH_KIB * SIM_MS / job->build.kib_ms, populate, job);
	} else if (job->build.rest) {
		bool comes = job->build.rest(w, job->arg, &job->build);

		job->build.rest = NULL;
		if (comes)
			populate(w, job);
		else
			fail(w, job, "the stream broke off");
	} else {
		introduce(w, job, dom);
	}
}

void sim_build(struct world *w, const struct sim_vm *vm, const struct sim_build *build,
	       sim_built built, void *arg)
{
	static const uint8_t none[16];
	struct job *job = job_new(w, sizeof(*job));
	struct sim_dom *dom;

	job->vm = *vm;
	job->build = *build;
	job->built = built;
	job->arg = arg;
	for (size_t i = 0; i < sizeof(none) && !memcmp(vm->uuid, none, sizeof(none)); i++)
		job->vm.uuid[i] = (uint8_t)rnd(w, 256);
	uuid_text(job->vm.uuid, job->uuid);

	dom = sim_dom_new(w, vm->name, job->vm.uuid, vm->hvm,
			  vm->overhead_kib ? vm->overhead_kib : sim_overhead_kib(vm));
	if (!dom) {
		over(w, job, NULL, "Xen has no memory for the domain itself");
		return;
	}
	job->domid = dom->domid;
	record_add(w, dom->domid, &job->vm);
	keys_make(w, job, dom);
	sim_set_max(w, dom, build->target_kib + CONSTANT_KIB);
	if (build->claim && !sim_claim(w, dom, build->pages_kib))
		fail(w, job, "failed to claim the memory: not so much is free");
	else
		populate(w, job);
}
