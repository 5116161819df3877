// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim_away.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "balloond.h"
#include "sim_build.h"
#include "sim_daemon.h"
#include "sim_job.h"
#include "sim_store.h"
#include "sim_xen.h"

#define CONSTANT_KIB	1024		/* LIBXL_MAXMEM_CONSTANT */
#define STREAM_KIB_MS	1024		/* 1 GiB/s */
#define LOOK_US		(10 * SIM_MS)
#define WAIT_S		60
#define XL_SEES_US	(20 * SIM_MS)

struct again {
	struct sim_job job;
	struct sim_save how;
	struct sim_vm vm;
	struct sim_build build;
	uint32_t old_domid;
	bool saved, frozen;
	uint32_t asked, reserved;	/* connections to balloond; 0: none */
	bool ok;			/* its last answer */
};

static int64_t target_of(struct world *w, const struct sim_dom *dom)
{
	return sim_read_kib(w, dom->tot_kib, "/local/domain/%u/memory/target", dom->domid);
}

bool sim_is_over_target(struct world *w, const struct sim_dom *dom)
{
	return dom->tot_kib > target_of(w, dom) + CONSTANT_KIB;
}

static void drop(struct world *w, struct sim_job *job)
{
	struct again *a = (struct again *)job;

	if (a->build.guest)
		sim_guest_end(w, a->build.guest);
	a->build.guest = NULL;
}

static void hang_up(struct world *w, uint32_t *connection)
{
	sim_hang_up(w, *connection);
	*connection = 0;
}

static void over(struct world *w, struct again *a, enum sim_back how, struct sim_dom *dom,
		 const char *why)
{
	struct sim_save saved = a->how;
	char text[200];

	snprintf(text, sizeof(text), "%s", why);
	hang_up(w, &a->asked);
	hang_up(w, &a->reserved);
	if (how == SIM_LOST) {
		drop(w, &a->job);
		w->tool->lost++;
		world_note(w, "%s is lost: its %s failed: %s", a->vm.name,
			   a->saved ? "restore" : "reboot", why);
	}
	job_end(w, a);
	if (saved.back)
		saved.back(w, saved.arg, how, dom, text);
}

/* NULL: there is nothing that could come back. */
static struct again *again_new(struct world *w, struct sim_dom *dom, const struct sim_save *how)
{
	const struct sim_vm *vm = record_find(w, dom->domid);
	struct again *a;

	if (!vm || !dom->guest || dom->dying)
		return NULL;
	a = job_new(w, sizeof(*a));
	a->job.drop = drop;
	a->how = *how;
	a->vm = *vm;
	a->old_domid = dom->domid;
	return a;
}

/* --- reboot; and the second half of save and restore ----------------------------------- */

static void is_back(struct world *w, void *arg, struct sim_dom *dom, const char *why)
{
	struct again *a = arg;

	if (dom)
		a->build.guest = NULL;
	over(w, a, dom ? SIM_BACK : SIM_LOST, dom, why);
}

static void come_back(struct world *w, void *arg);

static void reserved(struct world *w, void *arg, const char *json)
{
	struct again *a = arg;

	if (json && strstr(json, "\"ok\":true"))
		world_at(w, w->now_us, come_back, a);
	else	/* tried again, as somebody would who wants it back */
		world_at(w, w->now_us + WAIT_S * SIM_S, come_back, a);
	a->ok = json && strstr(json, "\"ok\":true");
}

static void come_back(struct world *w, void *arg)
{
	struct again *a = arg;

	/* xl waits until the old one is gone. */
	if (sim_dom_find(w, a->old_domid)) {
		world_at(w, w->now_us + LOOK_US, come_back, a);
		return;
	}
	if (a->how.reserve && !a->ok) {
		hang_up(w, &a->reserved);
		a->reserved = sim_ask(w, reserved, a, "{\"command\":\"reserve\",\"size_kib\":%" PRId64
				      ",\"name\":\"%s\",\"owner\":\"connection\",\"wait_s\":%d}",
				      (a->build.pages_kib > a->build.target_kib ? a->build.pages_kib :
				       a->build.target_kib) + CONSTANT_KIB + sim_overhead_kib(&a->vm),
				      a->vm.name, WAIT_S);
		return;
	}
	sim_build(w, &a->vm, &a->build, is_back, a);
}

/* xl has seen it shut down. */
static void restart(struct world *w, void *arg)
{
	struct again *a = arg;
	struct sim_dom *dom = sim_dom_find(w, a->old_domid);

	if (dom && !dom->dying)
		sim_destroy(w, dom);
	come_back(w, a);
}

void sim_reboot(struct world *w, struct sim_dom *dom, sim_is_back back, void *arg)
{
	struct again *a = again_new(w, dom, &(struct sim_save){ .back = back, .arg = arg });

	if (!a)
		return;
	a->build = sim_build_new(&a->vm);
	/* As large as it was told to be last: libxl_retrieve_domain_configuration(). */
	a->build.target_kib = target_of(w, dom);
	a->build.pages_kib = a->build.target_kib - a->vm.guest.offset_kib;
	dom->reboots = true;
	sim_pause(w, dom, true);
	sim_fire(w, "@releaseDomain");
	world_at(w, w->now_us + XL_SEES_US, restart, a);
}

/* --- the first half: held still by balloond, perhaps ------------------------------------- */

/* Meanwhile it may have ended, or be on its way already. */
static struct sim_dom *source(struct world *w, const struct again *a)
{
	struct sim_dom *dom = sim_dom_find(w, a->old_domid);

	return dom && !dom->dying && dom->guest ? dom : NULL;
}

static void freeze(struct world *w, struct again *a, sim_answer answered)
{
	a->asked = sim_ask(w, answered, a, "{\"command\":\"freeze\",\"domain\":%u}", a->old_domid);
}

/* The hold ends with the daemon that gave it, and xlmem doesn't ask again. */
static bool is_held(const struct world *w, const struct again *a)
{
	const struct balloond *b = sim_daemon_state(w);
	int i = b ? balloond_find(b, a->old_domid) : -1;

	return a->frozen && i >= 0 && a->asked && b->vms[i].frozen_by == a->asked;
}

/* What xlmem promises: it can be restored. */
static void frozen_check(struct world *w, const struct again *a, const struct sim_dom *dom)
{
	if (is_held(w, a) && sim_is_over_target(w, dom))
		world_breach(w, "I11: %s(%u): frozen, and holds %" PRId64 " KiB, its target is %"
			     PRId64, dom->name, dom->domid, dom->tot_kib, target_of(w, dom));
}

static void save(struct world *w, void *arg)
{
	struct again *a = arg;
	struct sim_dom *dom = source(w, a);

	if (!dom) {
		over(w, a, SIM_GONE, NULL, "it ended before it was saved");
		return;
	}
	frozen_check(w, a, dom);
	snprintf(a->vm.name, sizeof(a->vm.name), "%s", dom->name);
	a->saved = true;
	a->build = (struct sim_build){
		.target_kib = target_of(w, dom), .pages_kib = dom->tot_kib,
		.kib_ms = STREAM_KIB_MS, .guest = dom->guest,
	};
	sim_guest_suspend(w, dom->guest);
	sim_destroy(w, dom);
	hang_up(w, &a->asked);
	world_at(w, w->now_us + a->how.away_us, come_back, a);
}

/* xl goes ahead whatever balloond says: cmd_save.c. */
static void save_asked(struct world *w, void *arg, const char *json)
{
	struct again *a = arg;

	a->frozen = json && strstr(json, "\"ok\":true");
	world_at(w, w->now_us, save, a);
}

bool sim_save(struct world *w, struct sim_dom *dom, const struct sim_save *how)
{
	struct again *a = again_new(w, dom, how);

	if (!a)
		return false;
	if (how->freeze)
		freeze(w, a, save_asked);
	else
		save(w, a);
	return true;
}

/* --- migration ----------------------------------------------------------------------------- */

/* The memory that the running guest has by now has come; it is suspended, and the rest. */
static bool last_pages(struct world *w, void *arg, struct sim_build *build)
{
	struct again *a = arg;
	struct sim_dom *dom = source(w, a);

	if (!dom)
		return false;
	frozen_check(w, a, dom);
	build->guest = a->build.guest = dom->guest;
	build->pages_kib = dom->tot_kib;
	sim_guest_suspend(w, dom->guest);
	return true;
}

static void has_come(struct world *w, void *arg, struct sim_dom *dom, const char *why)
{
	struct again *a = arg;
	struct sim_guest *guest = a->build.guest;
	struct sim_dom *old = sim_dom_find(w, a->old_domid);
	bool there = old && !old->dying;

	a->build.guest = NULL;
	if (dom) {
		char name[sizeof(old->name)];

		/* It may have been renamed on its way. */
		snprintf(name, sizeof(name), "%s", there ? old->name : a->vm.name);
		if (there)
			sim_destroy(w, old);
		sim_rename(w, dom, name);
		over(w, a, SIM_BACK, dom, "");
	} else if (there) {
		if (guest)
			sim_guest_resume(w, guest, old);
		over(w, a, SIM_STAYED, old, why);
	} else {
		if (guest)
			sim_guest_end(w, guest);
		over(w, a, SIM_GONE, NULL, why);
	}
}

static void migrate(struct world *w, void *arg)
{
	struct again *a = arg;
	struct sim_dom *dom = source(w, a);
	struct sim_vm vm = a->vm;
	struct sim_build build;

	if (!dom) {
		over(w, a, SIM_GONE, NULL, "it ended before it could go");
		return;
	}
	snprintf(vm.name, sizeof(vm.name), "%.50s--incoming", dom->name);
	build = (struct sim_build){
		.target_kib = target_of(w, dom), .pages_kib = dom->tot_kib,
		.kib_ms = STREAM_KIB_MS, .rest = last_pages,
	};
	sim_build(w, &vm, &build, has_come, a);
}

static void migrate_asked(struct world *w, void *arg, const char *json)
{
	struct again *a = arg;

	a->frozen = json && strstr(json, "\"ok\":true");
	world_at(w, w->now_us, migrate, a);
}

bool sim_migrate(struct world *w, struct sim_dom *dom, bool freezes, sim_is_back back, void *arg)
{
	struct sim_save how = { .freeze = freezes, .back = back, .arg = arg };
	struct again *a = again_new(w, dom, &how);

	if (!a)
		return false;
	if (freezes)
		freeze(w, a, migrate_asked);
	else
		migrate(w, a);
	return true;
}
