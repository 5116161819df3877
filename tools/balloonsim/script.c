// SPDX-License-Identifier: GPL-2.0-or-later
/* A scenario's steps, done. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"
#include "sim_daemon.h"
#include "sim_store.h"
#include "sim_xen.h"

#define START_US	(600 * SIM_S)	/* beside what it waits for memory */

typedef void (*step_run)(struct run *run, const struct scn_step *step);

/* --- starts ---------------------------------------------------------------------- */

/* As xlmem's exit status. */
static const int64_t exits[] = { [SIM_STARTED] = 0, [SIM_FAILED] = 1, [SIM_REFUSED] = 3 };

static void started(struct world *w, void *arg, enum sim_start how, struct sim_dom *dom,
		    const char *why)
{
	struct run_guest *g = arg;

	g->starting = false;
	g->exit = exits[how];
	g->ms = (int64_t)((w->now_us - g->begun_us) / SIM_MS);
	if (how == SIM_STARTED)
		run_say(g->run, "%s(%u) runs", g->scn->vm.name, dom->domid);
	else
		run_say(g->run, "%s: %s: %s", g->scn->vm.name,
			how == SIM_REFUSED ? "refused" : "failed", why);
}

static bool all_started(struct run *run, const void *arg)
{
	const struct scn_step *step = arg;

	for (uint32_t i = 0; i < step->n_guests; i++)
		if (run->guests[step->guests[i]].starting)
			return false;
	return true;
}

static void begin_one(struct run *run, const struct scn_step *step, uint32_t i)
{
	struct run_guest *g = &run->guests[i];
	uint32_t wait_s = (uint32_t)((step->us + SIM_S - 1) / SIM_S);

	if (run_dom(run, i)) {
		run_fail(run, step, "%s runs already", g->scn->vm.name);
		return;
	}
	for (uint32_t k = 0; k < run->n_jobs; k++)
		if (run->jobs[k].guest == i)
			run->jobs[k].kib = 0;
	g->starting = true;
	g->begun_us = run->w->now_us;
	if (step->by_xlmem)
		sim_create(run->w, &g->scn->vm, wait_s, started, g);
	else
		sim_xl_create(run->w, &g->scn->vm, started, g);
}

static void do_begin(struct run *run, const struct scn_step *step)
{
	for (uint32_t i = 0; i < step->n_guests; i++)
		begin_one(run, step, step->guests[i]);
}

/* One after the other, as a person does it. */
static void do_start(struct run *run, const struct scn_step *step)
{
	for (uint32_t i = 0; i < step->n_guests && !run->over; i++) {
		const struct run_guest *g = &run->guests[step->guests[i]];
		uint64_t until_us = run->w->now_us + step->us + START_US;

		begin_one(run, step, step->guests[i]);
		if (!run_pass(run, until_us, all_started, step))
			run_fail(run, step, "%s is still being started", g->scn->vm.name);
		else if (g->exit && !step->may_fail)
			run_fail(run, step, "%s was not started (exit %lld)", g->scn->vm.name,
				 (long long)g->exit);
		run->over |= !step->may_fail && g->exit;
	}
}

/* --- what is done to domains ---------------------------------------------------------- */

/* Every running guest of the step; who isn't there is left out. */
#define EACH_DOM(run, step, dom)						\
	for (uint32_t i_ = 0; i_ < (step)->n_guests; i_++)			\
		if (((dom) = dom_of(run, step, (step)->guests[i_])))

static struct sim_dom *dom_of(struct run *run, const struct scn_step *step, uint32_t i)
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

static void do_destroy(struct run *run, const struct scn_step *step)
{
	struct sim_dom *dom;

	EACH_DOM(run, step, dom)
		sim_destroy(run->w, dom);
}

static void do_reboot(struct run *run, const struct scn_step *step)
{
	struct sim_dom *dom;

	EACH_DOM(run, step, dom)
		sim_reboot(run->w, dom);
}

static void do_pause(struct run *run, const struct scn_step *step)
{
	struct sim_dom *dom;

	EACH_DOM(run, step, dom)
		sim_pause(run->w, dom, step->op == SCN_PAUSE);
}

static void do_save(struct run *run, const struct scn_step *step)
{
	struct sim_dom *dom;

	EACH_DOM(run, step, dom)
		sim_save_restore(run->w, dom, step->us);
}

static void do_mem(struct run *run, const struct scn_step *step)
{
	struct sim_dom *dom;

	EACH_DOM(run, step, dom) {
		if (step->op == SCN_MEM_SET)
			sim_mem_set(run->w, dom, step->kib);
		else
			sim_mem_max(run->w, dom, step->kib);
	}
}

static void do_become(struct run *run, const struct scn_step *step)
{
	struct sim_dom *dom;

	EACH_DOM(run, step, dom)
		sim_guest_character(run->w, dom->guest, step->word);
}

/* --- workloads -------------------------------------------------------------------------- */

static struct run_job *job_of(struct run *run, uint32_t guest, const char *name)
{
	for (uint32_t i = 0; i < run->n_jobs; i++)
		if (run->jobs[i].guest == guest && !strcmp(run->jobs[i].name, name))
			return &run->jobs[i];
	run->jobs = reallocarray(run->jobs, run->n_jobs + 1, sizeof(*run->jobs));
	if (!run->jobs)
		abort();
	run->jobs[run->n_jobs] = (struct run_job){ .guest = guest };
	snprintf(run->jobs[run->n_jobs].name, SCN_NAME_MAX, "%s", name);
	return &run->jobs[run->n_jobs++];
}

/* Its own working set and cache, and what the jobs add. */
static void demand(struct run *run, uint32_t i, struct sim_dom *dom)
{
	const struct sim_guest_config *own = &run->guests[i].scn->vm.guest;
	int64_t anon_kib = own->anon_kib, cache_kib = own->cache_kib, untouched_kib = 0;

	for (uint32_t k = 0; k < run->n_jobs; k++) {
		const struct run_job *job = &run->jobs[k];

		if (job->guest != i)
			continue;
		*(job->op == SCN_TOUCH ? &anon_kib : job->op == SCN_READ ? &cache_kib :
		  &untouched_kib) += job->kib;
	}
	sim_guest_demand(run->w, dom->guest, anon_kib, cache_kib, untouched_kib);
}

static void do_touch(struct run *run, const struct scn_step *step)
{
	for (uint32_t i = 0; i < step->n_guests; i++) {
		struct sim_dom *dom = dom_of(run, step, step->guests[i]);
		struct run_job *job;

		if (!dom)
			continue;
		job = job_of(run, step->guests[i], step->name);
		job->op = step->op;
		job->kib = step->kib;
		if (step->op == SCN_TOUCH)
			sim_guest_rate(dom->guest, step->rate_kib_ms);
		demand(run, step->guests[i], dom);
	}
}

static void do_tell(struct run *run, const struct scn_step *step)
{
	for (uint32_t i = 0; i < step->n_guests; i++) {
		struct sim_dom *dom = dom_of(run, step, step->guests[i]);
		struct run_job *job = job_of(run, step->guests[i], step->name);

		if (!dom)
			continue;
		if (step->word == TELL_GROW)
			job->kib += step->kib;
		else if (step->word == TELL_FREE && step->kib >= 0 && step->kib < job->kib)
			job->kib -= step->kib;
		else
			job->kib = 0;
		demand(run, step->guests[i], dom);
	}
}

/* --- the administrator ------------------------------------------------------------------- */

static void answered(struct world *w, void *arg, const char *json)
{
	struct run *run = arg;

	(void)w;
	if (!json || !strstr(json, "\"ok\":true"))
		run_say(run, "balloond: %s", json ? json : "gone before it answered");
}

static void do_set(struct run *run, const struct scn_step *step)
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

static void do_reserve(struct run *run, const struct scn_step *step)
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
}

static void do_release(struct run *run, const struct scn_step *step)
{
	for (uint32_t i = 0; i < run->n_promises; i++) {
		if (strcmp(run->promises[i]->name, step->name))
			continue;
		sim_hang_up(run->w, run->promises[i]->connection);
		run->promises[i]->connection = 0;
	}
}

static void do_daemon(struct run *run, const struct scn_step *step)
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

static void do_xenstored(struct run *run, const struct scn_step *step)
{
	if (step->word == DAEMON_STOP)
		sim_store_stop(run->w);
	else
		sim_store_start(run->w, step->empty);
}

/* --- time and expectations ------------------------------------------------------------------ */

static bool holds(struct run *run, const void *arg)
{
	char seen[512];

	return run_condition(run, arg, seen, sizeof(seen)) == 1;
}

static void do_await(struct run *run, const struct scn_step *step)
{
	uint64_t from_us = run->w->now_us;
	char seen[512];

	if (run_pass(run, from_us + step->us, holds, &step->cond)) {
		run_say(run, "after %.3f s: %s", (double)(run->w->now_us - from_us) / (double)SIM_S,
			step->text);
		return;
	}
	run_condition(run, &step->cond, seen, sizeof(seen));
	run_fail(run, step, "await %s: not in time (%s)", step->text, seen);
	run->over = true;
}

static void do_sleep(struct run *run, const struct scn_step *step)
{
	uint64_t us = step->us;

	if (step->to_us > step->us)
		us += rnd(run->w, step->to_us - step->us + 1);
	run_pass(run, run->w->now_us + us, NULL, NULL);
}

static void do_at(struct run *run, const struct scn_step *step)
{
	if (run->w->now_us > step->us + run->s->sample_us)
		run_fail(run, step, "time runs backwards: it is %.3f s already",
			 (double)run->w->now_us / (double)SIM_S);
	run_pass(run, step->us, NULL, NULL);
}

static void do_mark(struct run *run, const struct scn_step *step)
{
	int64_t *row = run_row(run);

	book_mark(&run->book, step->name, row);
	free(row);
}

static void do_note(struct run *run, const struct scn_step *step)
{
	run_say(run, "%s", step->text);
	story_note(run, step->text);
}

static void do_expect(struct run *run, const struct scn_step *step)
{
	char seen[512];

	if (run_condition(run, &step->cond, seen, sizeof(seen)) == 1) {
		run->held++;
		return;
	}
	run->failed++;
	run_fail(run, step, "expect %s: it doesn't hold (%s)", step->text, seen);
}

static const step_run does[SCN_OP_COUNT] = {
	[SCN_START] = do_start, [SCN_BEGIN] = do_begin, [SCN_DESTROY] = do_destroy,
	[SCN_STOP] = do_destroy, [SCN_REBOOT] = do_reboot, [SCN_PAUSE] = do_pause,
	[SCN_UNPAUSE] = do_pause, [SCN_SAVE] = do_save, [SCN_TOUCH] = do_touch,
	[SCN_READ] = do_touch, [SCN_PROMISE] = do_touch, [SCN_TELL] = do_tell,
	[SCN_BECOME] = do_become, [SCN_MEM_SET] = do_mem, [SCN_MEM_MAX] = do_mem,
	[SCN_SET] = do_set, [SCN_RESERVE] = do_reserve, [SCN_RELEASE] = do_release,
	[SCN_DAEMON] = do_daemon, [SCN_XENSTORED] = do_xenstored, [SCN_AWAIT] = do_await,
	[SCN_SLEEP] = do_sleep, [SCN_AT] = do_at, [SCN_MARK] = do_mark, [SCN_NOTE] = do_note,
	[SCN_EXPECT] = do_expect,
};

void run_step(struct run *run, const struct scn_step *step)
{
	if (does[step->op])
		does[step->op](run, step);
}
