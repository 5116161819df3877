// SPDX-License-Identifier: GPL-2.0-or-later
/* What a guest says: guest-driver/report.c over the simulated store. */
#include "guest_parts.h"
#include "record.h"

void report_put(struct world *w, struct sim_guest *g, const char *line)
{
	sim_write(w, line, "/local/domain/%u/" KEY_REPORT, g->domid);
	g->stats.reports++;
}

void report_remove(struct world *w, struct sim_guest *g)
{
	sim_remove(w, "/local/domain/%u/data/selfballoon", g->domid);
}

static struct report fill(const struct sim_guest *g, u64 seq)
{
	const struct guest_module *mod = &g->module;
	const struct goal_verdict *v = &mod->verdict;

	return (struct report){
		.version = SCHEMA_VERSION,
		.boot = mod->boot,
		.epoch = mod->epoch,
		.seq = seq,
		.need_kib = v->need_kib,
		.want_kib = v->want_kib,
		.floor_kib = v->floor_kib,
		.limit_kib = v->limit_kib,
		.urgent = v->urgent,
		.committed_kib = mod->seen.committed_kib,
		.avail_kib = mod->seen.avail_kib,
		.swapin = g->memory.swapped_in_pages,
		.refault = g->memory.refault_pages,
		.rescues = mod->rescues,
		.refused = mod->refused,
	};
}

void report_work(struct world *w, struct sim_guest *g)
{
	struct guest_module *mod = &g->module;
	const struct goal_verdict *v = &mod->verdict;
	uint64_t now_ms = w->now_us / SIM_MS;
	char line[SCHEMA_RECORD_MAX];
	struct report report;

	mod->report_us = SIM_NEVER;
	if (goal_report_due(&mod->said, v, mod->epoch, now_ms))
		return;
	mod->said = goal_say(v, mod->epoch, now_ms);
	report = fill(g, ++mod->seq);
	if (report_format(&report, line, sizeof(line)) > 0)
		report_put(w, g, line);
}

/* At once; or later, unless it is scheduled already. */
void report_schedule(struct world *w, struct sim_guest *g, uint64_t due_ms)
{
	struct guest_module *mod = &g->module;

	if (due_ms == 0)
		report_work(w, g);
	else if (due_ms != GOAL_NEVER && mod->report_us == SIM_NEVER)
		mod->report_us = w->now_us + (due_ms + 1) * SIM_MS;
}

/* After a restore what the guest wrote is gone. */
void report_check(struct world *w, struct sim_guest *g)
{
	if (!sim_read(w, "/local/domain/%u/" KEY_REPORT, g->domid))
		g->module.said.any = false;
	report_work(w, g);
}
