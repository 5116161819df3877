// SPDX-License-Identifier: GPL-2.0-or-later
/* Where a run's values come from: Xen, the store, the guests' own figures. */
#include <stdlib.h>
#include <string.h>

#include "balloond.h"
#include "record.h"
#include "run.h"
#include "sim_daemon.h"
#include "sim_store.h"
#include "sim_xen.h"

#define VALUES_MAX	32
_Static_assert((int)GUEST_VALUE_COUNT <= VALUES_MAX && (int)HOST_VALUE_COUNT <= VALUES_MAX,
	       "a row's part");

static void memory_changed(struct world *w, void *arg)
{
	struct run_guest *g = arg;

	(void)w;
	g->writes++;
	g->stale = true;
}

static void report_changed(struct world *w, void *arg)
{
	(void)w;
	((struct run_guest *)arg)->stale = true;
}

static void add(struct sim_guest_stats *sum, const struct sim_guest_stats *more)
{
	sum->unmet_kib_ms += more->unmet_kib_ms;
	sum->swapin_kib += more->swapin_kib;
	sum->swapout_kib += more->swapout_kib;
	sum->missed_kib += more->missed_kib;
	sum->oom_kills += more->oom_kills;
	sum->moved_kib += more->moved_kib;
	sum->demand_moved_kib += more->demand_moved_kib;
	sum->reversals += more->reversals;
	sum->reports += more->reports;
}

static void leave(struct run *run, struct run_guest *g)
{
	if (!g->domid)
		return;
	sim_unwatch(run->w, g, "/local/domain/%u/memory", g->domid);
	sim_unwatch(run->w, g, "/local/domain/%u/data/selfballoon", g->domid);
	g->domid = 0;
}

/* A guest that was saved keeps its figures: they don't count twice. */
static void figures(struct run_guest *g, const struct sim_dom *dom)
{
	const struct sim_guest_stats *now = dom->guest ? sim_guest_stats(dom->guest) : NULL;

	if (!now)
		return;
	if (now->reports < g->seen.reports || now->moved_kib < g->seen.moved_kib ||
	    now->unmet_kib_ms < g->seen.unmet_kib_ms)
		add(&g->past, &g->seen);
	g->seen = *now;
}

struct sim_dom *run_dom(struct run *run, uint32_t i)
{
	struct run_guest *g = &run->guests[i];
	struct sim_dom *dom = g->domid ? sim_dom_find(run->w, g->domid) : NULL;

	if ((int)i == run->s->zero)
		return sim_dom_find(run->w, 0);
	if (dom && !dom->dying)
		return dom;
	leave(run, g);
	dom = sim_dom_named(run->w, g->scn->vm.name);
	if (!dom)
		return NULL;
	g->domid = dom->domid;
	g->stale = true;
	sim_watch(run->w, memory_changed, g, "/local/domain/%u/memory", dom->domid);
	sim_watch(run->w, report_changed, g, "/local/domain/%u/data/selfballoon", dom->domid);
	return dom;
}

static void read_keys(struct run *run, struct run_guest *g)
{
	struct report report;
	struct lease lease;
	const char *text;

	g->target_kib = sim_read_kib(run->w, BOOK_UNKNOWN, "/local/domain/%u/" KEY_TARGET, g->domid);
	text = sim_read(run->w, "/local/domain/%u/" KEY_LEASE, g->domid);
	g->ceiling_kib = text && !lease_parse(text, strlen(text), &lease) ?
			 (int64_t)lease.ceiling_kib : BOOK_UNKNOWN;
	text = sim_read(run->w, "/local/domain/%u/" KEY_REPORT, g->domid);
	g->need_kib = g->want_kib = BOOK_UNKNOWN;
	if (text && !report_parse(text, strlen(text), &report)) {
		g->need_kib = (int64_t)report.need_kib;
		g->want_kib = (int64_t)report.want_kib;
	}
	g->stale = false;
}

static void counters(const struct run_guest *g, int64_t *out)
{
	struct sim_guest_stats sum = g->past;

	add(&sum, &g->seen);
	out[GUEST_unmet] = (int64_t)(sum.unmet_kib_ms / 1000 / 1024);
	out[GUEST_swapin] = (int64_t)sum.swapin_kib;
	out[GUEST_swapout] = (int64_t)sum.swapout_kib;
	out[GUEST_missed] = (int64_t)sum.missed_kib;
	out[GUEST_oom_kill] = (int64_t)sum.oom_kills;
	out[GUEST_moved] = (int64_t)sum.moved_kib;
	out[GUEST_demand_moved] = (int64_t)sum.demand_moved_kib;
	out[GUEST_reversals] = (int64_t)sum.reversals;
	out[GUEST_reports] = (int64_t)sum.reports;
	out[GUEST_writes] = (int64_t)g->writes;
}

static void unknown(int64_t *out)
{
	for (int i = 0; i < GUEST_VALUE_COUNT; i++)
		out[i] = BOOK_UNKNOWN;
}

void run_guest_values(struct run *run, uint32_t i, int64_t *out)
{
	struct run_guest *g = &run->guests[i];
	struct sim_dom *dom = run_dom(run, i);

	unknown(out);
	out[GUEST_alive] = dom && dom->ran;
	out[GUEST_exit] = g->exit >= 0 ? g->exit : BOOK_UNKNOWN;
	out[GUEST_ms] = g->ms >= 0 ? g->ms : BOOK_UNKNOWN;
	if (dom) {
		figures(g, dom);
		if (g->stale)
			read_keys(run, g);
		out[GUEST_domid] = dom->domid;
		out[GUEST_tot] = dom->tot_kib;
		out[GUEST_max] = dom->max_kib;
		out[GUEST_target] = g->target_kib;
		out[GUEST_ceiling] = g->ceiling_kib;
		out[GUEST_need] = g->need_kib;
		out[GUEST_want] = g->want_kib;
	}
	if (dom && dom->guest) {
		const struct sim_meminfo info = sim_guest_meminfo(dom->guest);
		int64_t demand_kib = sim_guest_need_kib(dom->guest);

		out[GUEST_touched] = sim_guest_touched(dom->guest);
		out[GUEST_demand] = demand_kib;
		out[GUEST_committed] = info.committed_kib;
		out[GUEST_avail] = info.avail_kib;
		out[GUEST_cached] = info.cached_kib;
		out[GUEST_swapped] = info.swapped_kib;
		out[GUEST_short] = demand_kib > dom->tot_kib ? demand_kib - dom->tot_kib : 0;
	}
	counters(g, out);
}

void run_host_values(struct run *run, int64_t *out)
{
	const struct balloond *b = sim_daemon_state(run->w);
	const struct world *w = run->w;
	uint64_t changes = w->stats.writes + w->stats.max_writes;

	if (changes != run->changes) {
		run->changes = changes;
		run->changed_us = w->now_us;
	}
	memset(out, 0, HOST_VALUE_COUNT * sizeof(*out));
	out[HOST_free] = w->free_kib;
	out[HOST_claims] = w->claims_kib;
	out[HOST_slack] = w->free_kib - w->claims_kib - w->unused_kib;
	out[HOST_time] = (int64_t)(w->now_us / SIM_MS);
	out[HOST_quiet] = (int64_t)((w->now_us - run->changed_us) / SIM_MS);
	out[HOST_running] = b != NULL;
	out[HOST_overcommitted] = b ? b->host.overcommitted : BOOK_UNKNOWN;
	out[HOST_scarce] = b ? b->host.scarce : BOOK_UNKNOWN;
	out[HOST_reserved] = b ? 0 : BOOK_UNKNOWN;
	for (uint32_t i = 0; b && i < b->host.n_reservations; i++)
		out[HOST_reserved] += b->host.reservations[i].size_kib;
	out[HOST_writes] = (int64_t)w->stats.writes;
	out[HOST_moves] = (int64_t)w->stats.max_writes;
	out[HOST_calls] = (int64_t)w->stats.calls;
	out[HOST_turns] = (int64_t)w->stats.turns;
	out[HOST_restarts] = (int64_t)w->stats.restarts;
	out[HOST_breaches] = (int64_t)w->stats.breaches;
	out[HOST_lost] = (int64_t)sim_lost(w);
}

static void dom0_values(struct run *run, int64_t *out)
{
	const struct sim_dom *dom = sim_dom_find(run->w, 0);
	const struct balloond *b = sim_daemon_state(run->w);

	unknown(out);
	if (run->s->zero >= 0)
		run_guest_values(run, (uint32_t)run->s->zero, out);
	if (b && b->host.n_doms && b->host.doms[0].has_report) {
		out[GUEST_need] = b->host.doms[0].need_kib;
		out[GUEST_want] = b->host.doms[0].want_kib;
	}
	out[GUEST_tot] = dom->tot_kib;
	out[GUEST_max] = dom->max_kib;
	out[GUEST_target] = sim_read_kib(run->w, BOOK_UNKNOWN, "/local/domain/0/" KEY_TARGET);
	out[GUEST_alive] = 1;
	out[GUEST_domid] = 0;
}

int64_t *run_row(struct run *run)
{
	uint32_t n = run->s->n_guests;
	int64_t *row = malloc(run->book.n * sizeof(*row)), *all;

	if (!row)
		abort();
	all = row + book_guest_slot(&run->book, n, 0);
	unknown(all);
	for (uint32_t i = 0; i < n; i++) {
		int64_t *guest = row + book_guest_slot(&run->book, i, 0);

		if ((int)i == run->s->zero) {	/* it stands under its name, not among them */
			unknown(guest);
			continue;
		}
		run_guest_values(run, i, guest);
		for (int k = 0; k < GUEST_VALUE_COUNT; k++)
			if (guest[k] != BOOK_UNKNOWN)
				all[k] = (all[k] == BOOK_UNKNOWN ? 0 : all[k]) + guest[k];
	}
	dom0_values(run, row + book_guest_slot(&run->book, n + 1, 0));
	run_host_values(run, row + book_host_slot(&run->book, 0));
	return row;
}

/* --- in conditions ----------------------------------------------------------------- */

static const struct run_promise *promise_of(const struct run *run, const char *name)
{
	for (uint32_t i = run->n_promises; i--;)
		if (!strcmp(run->promises[i]->name, name))
			return run->promises[i];
	return NULL;
}

static int64_t value_now(struct run *run, const struct value_name *v, int who)
{
	int64_t values[VALUES_MAX], *row, value;

	if (who < 0) {
		run_host_values(run, values);
		return values[v->field];
	}
	if ((uint32_t)who < run->s->n_guests) {
		run_guest_values(run, (uint32_t)who, values);
		return values[v->field];
	}
	row = run_row(run);
	value = row[book_guest_slot(&run->book, (uint32_t)who, v->field)];
	free(row);
	return value;
}

static int number(void *ctx, const char *name, int64_t *value)
{
	struct run *run = ctx;
	const struct run_promise *promise;
	struct value_name v;
	size_t slot;
	int who = -1;

	if (value_parse(&v, name))
		return -1;
	if (v.base[0])
		who = !strcmp(v.base, "all") ? (int)run->s->n_guests :
		      !strcmp(v.base, "dom0") ? (int)run->s->n_guests + 1 :
		      scenario_guest(run->s, v.base, strlen(v.base));
	promise = v.base[0] && who < 0 ? promise_of(run, v.base) : NULL;
	if (promise) {
		*value = v.field == GUEST_exit ? promise->exit : v.field == GUEST_ms ? promise->ms : -1;
		return *value < 0 ? -1 : 0;
	}
	if (v.base[0] && who < 0)
		return -1;
	slot = who < 0 ? book_host_slot(&run->book, v.field)
		       : book_guest_slot(&run->book, (uint32_t)who, v.field);
	if (v.mark[1][0])
		*value = book_between(&run->book, slot, &v);
	else if (v.mark[0][0])
		*value = book_at(&run->book, slot, v.mark[0]);
	else
		*value = value_now(run, &v, who);
	return *value == BOOK_UNKNOWN ? -1 : 0;
}

static int text(void *ctx, const char *name, const char **value)
{
	(void)ctx, (void)name, (void)value;
	return -1;
}

int run_condition(struct run *run, const struct cond *cond, char *seen, size_t size)
{
	const struct cond_values values = { .number = number, .text = text, .ctx = run };

	return cond_eval(cond, &values, seen, size);
}
