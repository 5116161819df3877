// SPDX-License-Identifier: GPL-2.0-or-later
/* Steps that order domains, balloond and xenstored about. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"
#include "script.h"
#include "sim_away.h"
#include "sim_daemon.h"
#include "sim_store.h"
#include "sim_xen.h"

/* --- what is done to domains ---------------------------------------------------------- */

/* Every running guest of the step; who isn't there is left out. */
#define EACH_DOM(run, step, dom)						\
	for (uint32_t i_ = 0; i_ < (step)->n_guests; i_++)			\
		if (((dom) = dom_of(run, step, (step)->guests[i_])))

struct sim_dom *dom_of(struct run *run, const struct scn_step *step, uint32_t i)
{
	int64_t values[GUEST_VALUE_COUNT];
	struct sim_dom *dom = run_dom(run, i);

	run_guest_values(run, i, values);	/* its figures end with it */
	if (!dom || !dom->guest) {
		run_fail(run, step, "%s doesn't run", run->guests[i].scn->vm.name);
		return NULL;
	}
	return dom;
}

void do_destroy(struct run *run, const struct scn_step *step)
{
	struct sim_dom *dom;

	EACH_DOM(run, step, dom)
		sim_destroy_over(run->w, dom, step->us);
}

void do_reboot(struct run *run, const struct scn_step *step)
{
	struct sim_dom *dom;

	EACH_DOM(run, step, dom)
		sim_reboot(run->w, dom, NULL, NULL);
}

void do_pause(struct run *run, const struct scn_step *step)
{
	struct sim_dom *dom;

	EACH_DOM(run, step, dom)
		sim_pause(run->w, dom, step->op == SCN_PAUSE);
}

void do_save(struct run *run, const struct scn_step *step)
{
	struct sim_dom *dom;

	EACH_DOM(run, step, dom)
		sim_save(run->w, dom, &(struct sim_save){ .away_us = step->us });
}

void do_mem(struct run *run, const struct scn_step *step)
{
	struct sim_dom *dom;

	EACH_DOM(run, step, dom) {
		if (step->op == SCN_MEM_SET)
			sim_mem_set(run->w, dom, step->kib);
		else
			sim_mem_max(run->w, dom, step->kib);
	}
}

void do_become(struct run *run, const struct scn_step *step)
{
	struct sim_dom *dom;

	EACH_DOM(run, step, dom)
		sim_guest_character(run->w, dom->guest, step->word);
}

/* --- the administrator ------------------------------------------------------------------- */

static void answered(struct world *w, void *arg, const char *json)
{
	struct run *run = arg;

	(void)w;
	if (!json || !strstr(json, "\"ok\":true"))
		run_say(run, "balloond: %s", json ? json : "gone before it answered");
}

void do_set(struct run *run, const struct scn_step *step)
{
	for (uint32_t i = 0; i < step->n_guests; i++) {
		char words[200] = "";
		size_t at = 0;

		if (step->min_kib >= 0)
			at += (size_t)snprintf(words, sizeof(words), ",\"min_kib\":%" PRId64, step->min_kib);
		if (step->max_kib >= 0)
			at += (size_t)snprintf(words + at, sizeof(words) - at, ",\"max_kib\":%" PRId64,
					       step->max_kib);
		if (step->weight >= 0)
			at += (size_t)snprintf(words + at, sizeof(words) - at, ",\"weight\":%" PRId64,
					       step->weight);
		if (step->automatic)
			snprintf(words + at, sizeof(words) - at, ",\"auto\":true");
		sim_ask(run->w, answered, run, "{\"command\":\"set\",\"domain\":\"%s\"%s}",
			run->guests[step->guests[i]].scn->vm.name, words);
	}
}

static void reserved(struct world *w, void *arg, const char *json)
{
	struct run_promise *promise = arg;

	promise->ms = (int64_t)((w->now_us - promise->begun_us) / SIM_MS);
	promise->exit = !json ? 7 : strstr(json, "\"ok\":true") ? 0 :
			strstr(json, "\"code\":\"refused\"") ? 3 : 1;
	run_say(promise->run, "reserve %s: %s", promise->name, promise->exit ? "refused" : "granted");
}

static bool answered_reserve(struct run *run, const void *arg)
{
	(void)run;
	return ((const struct run_promise *)arg)->exit >= 0;
}

void do_reserve(struct run *run, const struct scn_step *step)
{
	struct run_promise *promise = calloc(1, sizeof(*promise));

	run->promises = reallocarray(run->promises, run->n_promises + 1, sizeof(promise));
	if (!promise || !run->promises)
		abort();
	run->promises[run->n_promises++] = promise;
	*promise = (struct run_promise){ .run = run, .exit = -1, .ms = -1,
					 .begun_us = run->w->now_us };
	snprintf(promise->name, sizeof(promise->name), "%s", step->name);
	promise->connection = sim_ask(run->w, reserved, promise, "{\"command\":\"reserve\",\"size_kib\":%"
				      PRId64 ",\"name\":\"%s\",\"owner\":\"connection\",\"wait_s\":%llu}",
				      step->kib, step->name,
				      (unsigned long long)((step->us + SIM_S - 1) / SIM_S));
	if (!step->waits)
		return;
	run_pass(run, run->w->now_us + 2 * step->us, answered_reserve, promise);
	if (promise->exit && !step->may_fail)
		run_fail(run, step, "reserve %s: exit %lld", step->name, (long long)promise->exit);
}

void do_release(struct run *run, const struct scn_step *step)
{
	for (uint32_t i = 0; i < run->n_promises; i++) {
		if (strcmp(run->promises[i]->name, step->name))
			continue;
		sim_hang_up(run->w, run->promises[i]->connection);
		run->promises[i]->connection = 0;
	}
}

void do_daemon(struct run *run, const struct scn_step *step)
{
	run_say(run, "balloond: %s", step->word == DAEMON_START ? "start" :
		step->word == DAEMON_STOP ? "stop" : "kill");
	if (step->word == DAEMON_STOP)
		sim_daemon_stop(run->w);
	else if (step->word == DAEMON_KILL && step->count)
		sim_daemon_kill_at(run->w, (uint64_t)rnd_range(run->w, step->count,
				   step->to_count > step->count ? step->to_count : step->count));
	else if (step->word == DAEMON_KILL)
		sim_daemon_kill(run->w);
	else if (!sim_daemon_start(run->w, run->s->conf))
		run_fail(run, step, "balloond doesn't start");
}

void do_xenstored(struct run *run, const struct scn_step *step)
{
	if (step->word == DAEMON_STOP)
		sim_store_stop(run->w);
	else
		sim_store_start(run->w, step->empty);
}
