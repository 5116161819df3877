// SPDX-License-Identifier: GPL-2.0-or-later
#include "puppet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/host.h"
#include "core/kib.h"
#include "record.h"
#include "tools/balloonsim/sim_store.h"
#include "tools/balloonsim/sim_xen.h"

#define STEP_US		(10 * SIM_MS)
#define AGAIN_US	SIM_S		/* Xen had nothing: asked again */

#define KIND_NAME(name, meaning) #name,
const char *const puppet_kinds[] = { PUPPET_KINDS(KIND_NAME) };

static void step(struct world *w, void *arg);

int64_t puppet_target_kib(struct world *w, const struct puppet *p)
{
	return sim_read_kib(w, KIB_NONE, "/local/domain/%u/" KEY_TARGET, p->dom->domid);
}

/* Without one it is alone, and has what the toolstack allowed. */
static void lease_read(struct world *w, const struct puppet *p, struct lease *lease)
{
	const char *text = sim_read(w, "/local/domain/%u/" KEY_LEASE, p->dom->domid);

	*lease = (struct lease){ .ceiling_kib = (u64)kib_max(puppet_target_kib(w, p) - p->offset_kib, 0) };
	if (text)
		lease_parse(text, strlen(text), lease);
}

int64_t puppet_lease_kib(struct world *w, const struct puppet *p)
{
	const char *text = sim_read(w, "/local/domain/%u/" KEY_LEASE, p->dom->domid);
	struct lease lease;

	return text && !lease_parse(text, strlen(text), &lease) ? (int64_t)lease.ceiling_kib : KIB_NONE;
}

void puppet_say(struct world *w, struct puppet *p)
{
	char record[SCHEMA_RECORD_MAX];
	struct report r = { .version = SCHEMA_VERSION, .boot = 7, .seq = ++p->seq };
	int64_t need_kib = p->said_kib == KIB_NONE ? p->need_kib : p->said_kib;

	if (p->kind == PUPPET_stock || p->kind == PUPPET_deaf)
		return;
	r.epoch = p->epoch;
	r.urgent = p->urgent;
	r.need_kib = r.want_kib = (u64)need_kib;
	r.floor_kib = (u64)p->floor_kib;
	report_format(&r, record, sizeof(record));
	sim_write(w, record, "/local/domain/%u/" KEY_REPORT, p->dom->domid);
}

/* toy_host.c's guest_step(), in events. */
static int64_t goal_kib(struct world *w, struct puppet *p)
{
	int64_t target_kib = puppet_target_kib(w, p) - p->offset_kib, goal;
	struct lease lease;

	if (p->kind == PUPPET_stock)
		return target_kib;
	lease_read(w, p, &lease);
	if (lease.epoch != p->epoch) {
		p->epoch = lease.epoch;
		puppet_say(w, p);
	}
	goal = kib_min(kib_max(target_kib, kib_min(p->need_kib, p->static_max_kib)),
		       (int64_t)lease.ceiling_kib);
	goal = kib_max(goal, kib_min(p->floor_kib, p->dom->tot_kib));
	if (p->kind == PUPPET_stuck)
		goal = kib_max(goal, p->dom->tot_kib);
	if (p->kind == PUPPET_limited)
		goal = kib_max(goal, kib_min(p->limit_kib, p->dom->tot_kib));
	return goal;
}

static void urgent_update(struct world *w, struct puppet *p)
{
	bool urgent = p->dom->tot_kib + KIB_PER_PAGE <= kib_min(p->need_kib, p->static_max_kib);

	if (urgent == p->urgent)
		return;
	p->urgent = urgent;
	puppet_say(w, p);
}

static int64_t room_kib(const struct world *w, const struct puppet *p, bool down)
{
	uint64_t at_us = w->now_us;

	if (down && p->kind == PUPPET_drip)
		return at_us % (5 * SIM_S) < STEP_US ? KIB_PER_PAGE : 0;
	if (down && p->kind == PUPPET_napping && at_us % (20 * SIM_S) < 19 * SIM_S)
		return 0;
	return p->speed_kib_ms ? p->speed_kib_ms * (int64_t)(STEP_US / SIM_MS) : INT64_MAX;
}

static void step_at(struct world *w, struct puppet *p, uint64_t at_us)
{
	if (p->steps_at > w->now_us && p->steps_at <= at_us)
		return;
	p->steps_at = at_us;
	world_at(w, at_us, step, p);
}

void puppet_look(struct world *w, struct puppet *p)
{
	int64_t gap_kib, move_kib = 0;

	if (p->dom->paused || p->kind == PUPPET_deaf)
		return;
	gap_kib = kib_down(goal_kib(w, p), KIB_PER_PAGE) - p->dom->tot_kib;
	if (gap_kib < 0) {
		move_kib = kib_min(-gap_kib, room_kib(w, p, true));
		sim_release(w, p->dom, move_kib);
	} else if (gap_kib > 0) {
		move_kib = sim_populate(w, p->dom, kib_min(gap_kib, room_kib(w, p, false)));
		if (!move_kib)
			step_at(w, p, w->now_us + AGAIN_US);
	}
	p->moved_kib += move_kib;
	if (gap_kib && (move_kib || gap_kib < 0))
		step_at(w, p, w->now_us + STEP_US);
	urgent_update(w, p);
}

static void step(struct world *w, void *arg)
{
	struct puppet *p = arg;

	if (w->now_us == p->steps_at)
		puppet_look(w, p);
}

/* memory/target or the lease changed. */
static void heard(struct world *w, void *arg)
{
	puppet_look(w, arg);
}

void puppet_run(struct world *w, struct puppet *p, struct sim_dom *dom, int64_t max_kib)
{
	sim_write(w, dom->name, "/local/domain/%u/name", dom->domid);
	sim_write_number(w, max_kib, "/local/domain/%u/" KEY_STATIC_MAX, dom->domid);
	sim_write_number(w, dom->tot_kib + p->offset_kib, "/local/domain/%u/" KEY_TARGET,
			 dom->domid);
	dom->paused = false;
	dom->ran = true;
	p->dom = dom;
	p->static_max_kib = max_kib;
	p->need_kib = dom->tot_kib;
	if (dom->domid) {
		sim_watch(w, heard, p, "/local/domain/%u/memory", dom->domid);
		puppet_say(w, p);
	}
	sim_fire(w, "@introduceDomain");
}

void puppet_add(struct world *w, struct puppet *p, const char *name, bool hvm, int64_t mib,
		int64_t max_mib)
{
	uint8_t uuid[16] = { 0 };
	struct sim_dom *dom;

	memcpy(uuid, name, strnlen(name, sizeof(uuid)));
	dom = sim_dom_new(w, name, uuid, hvm, 0);
	assert_non_null(dom);
	sim_set_max(w, dom, max_mib * MIB + MAX_PAGES_SLACK_KIB);
	assert_int_equal(sim_populate(w, dom, mib * MIB), mib * MIB);
	*p = (struct puppet){ .said_kib = KIB_NONE };
	puppet_run(w, p, dom, max_mib * MIB);
}

void puppet_end(struct world *w, struct puppet *p, uint64_t free_us)
{
	uint32_t domid = p->dom->domid;

	sim_unwatch(w, p, "/local/domain/%u/memory", domid);
	sim_dom_kill(w, p->dom, free_us);
	sim_remove(w, "/local/domain/%u", domid);
	world_forget(w, p);
	p->dom = NULL;
}

void puppet_need(struct world *w, struct puppet *p, int64_t mib)
{
	p->need_kib = mib * MIB;
	puppet_say(w, p);
	puppet_look(w, p);
}

void puppet_kind(struct world *w, struct puppet *p, enum puppet_kind kind)
{
	p->kind = kind;
	if (kind == PUPPET_stock)
		sim_remove(w, "/local/domain/%u/" KEY_REPORT, p->dom->domid);
	else
		puppet_say(w, p);
	puppet_look(w, p);
}

void puppet_mem_set(struct world *w, struct puppet *p, int64_t mib)
{
	/* libxl lowers max_pages too; below tot_pages only on PV. */
	sim_set_max(w, p->dom, kib_max(mib * MIB, p->dom->hvm ? p->dom->tot_kib : 0) +
			       MAX_PAGES_SLACK_KIB);
	sim_write_number(w, mib * MIB, "/local/domain/%u/" KEY_TARGET, p->dom->domid);
}
