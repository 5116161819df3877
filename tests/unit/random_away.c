// SPDX-License-Identifier: GPL-2.0-or-later
#include "random_run.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/account.h"
#include "core/plan.h"
#include "tools/balloonsim/sim_away.h"
#include "tools/balloonsim/sim_build.h"
#include "tools/balloonsim/sim_daemon.h"

/*
 * It was saved and is lost. xl's restore needs memory; where that was there all
 * along, and balloond to make room in its max_pages, it is balloond's fault.
 */
static void lost(struct run *r, struct slot *s, const char *why)
{
	const struct balloond *b = sim_daemon_state(r->w);

	r->counts->lost++;
	if (!b || r->w->now_us - r->up_us < FOREIGN_US || r->w->now_us - r->foreign_us < FOREIGN_US)
		return;
	if (sim_xen_room_kib(r->w) > b->host.config.free_min_kib + reservations_unbuilt_kib(&b->host) +
	    s->max_kib + 64 * MIB)
		random_fail(r, "%s is lost, %" PRId64 " MiB lie free: %s", s->name,
			 sim_xen_room_kib(r->w) / MIB, why);
}

static void is_back(struct world *w, void *arg, enum sim_back how, struct sim_dom *dom,
		    const char *why)
{
	struct slot *s = arg;
	struct run *r = s->run;

	s->away = false;
	if (how == SIM_LOST)	/* by what was so until now */
		lost(r, s, why);
	r->foreign_us = w->now_us;
	if (how == SIM_BACK)
		r->counts->back++;
	else if (how == SIM_STAYED)
		r->counts->stayed++;
	else
		s->state = SLOT_EMPTY;
	if (dom && s->state == SLOT_EMPTY)		/* destroyed meanwhile: what came of it, too */
		sim_destroy(w, dom);
	else if (slot_dom(s) && r->calm)
		slot_well(s);
	else if (slot_dom(s))
		s->honest_us = slot_is_honest(s) ? r->w->now_us : SIM_NEVER;
}

static void renamed(struct run *r, struct slot *s)
{
	struct sim_dom *dom = slot_dom(s);

	snprintf(s->name, sizeof(s->name), "vm%u", ++r->names);
	sim_rename(r->w, dom, s->name);
}

void away_begin(struct run *r, struct slot *s, const struct random_event *e)
{
	struct sim_save save = { .away_us = e->b % 20000 * SIM_MS, .back = is_back, .arg = s };
	struct sim_dom *dom = slot_dom(s);

	if (s->away)
		return;
	s->away = true;
	r->foreign_us = r->w->now_us;
	switch (e->kind) {
	case EVENT_xlmem_save:
		save.freeze = save.reserve = true;
		/* fall through */
	case EVENT_save:
		s->away = sim_save(r->w, dom, &save);
		break;
	case EVENT_migrate:
		s->away = sim_migrate(r->w, dom, e->c & 1, is_back, s);
		break;
	case EVENT_reboot:
		sim_reboot(r->w, dom, is_back, s);
		break;
	default:
		s->away = false;
		renamed(r, s);
	}
}
