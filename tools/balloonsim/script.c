// SPDX-License-Identifier: GPL-2.0-or-later
/* A scenario's steps, done: starts, time, expectations; and who does which. */
#include <stdlib.h>

#include "run.h"
#include "script.h"
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
	if (run->csv) {
		output_csv(run, row);
		output_csv_mark(run, step->name);
	}
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
	[SCN_UNPAUSE] = do_pause, [SCN_SAVE] = do_save, [SCN_TOUCH] = do_job,
	[SCN_SHARE] = do_job, [SCN_READ] = do_job, [SCN_PROMISE] = do_job,
	[SCN_KERNEL] = do_job, [SCN_TELL] = do_tell,
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
