// SPDX-License-Identifier: GPL-2.0-or-later
#include "run.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "sim_daemon.h"
#include "sim_xen.h"

#define POLL_US		SIM_MS		/* how exactly a wait ends */

static void line(struct run *run, const char *kind, const char *text)
{
	if (run->out)
		fprintf(run->out, "%12.6f %s%s\n", (double)run->w->now_us / (double)SIM_S, kind, text);
}

void run_say(struct run *run, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	line(run, "", text);
}

void run_fail(struct run *run, const struct scn_step *step, const char *format, ...)
{
	char text[512], whole[700];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	snprintf(whole, sizeof(whole), "%.100s:%d: %s", run->s->file, step ? step->line : 1, text);
	run->failures = reallocarray(run->failures, run->n_failures + 1, sizeof(char *));
	if (!run->failures || !(run->failures[run->n_failures++] = strdup(whole)))
		abort();
	line(run, "FAILED ", whole);
}

static void noted(struct world *w, const char *text)
{
	struct run *run = w->user;

	if (run->verbose)
		line(run, "", text);
}

void run_sample(struct run *run)
{
	int64_t *row = run_row(run);

	book_sample(&run->book, row);
	if (run->csv)
		output_csv(run, row);
	if (run->w->now_us >= run->next_frame_us) {
		story_frame(run, row);
		run->next_frame_us = run->w->now_us + run->frame_us;
	}
	free(row);
}

bool run_pass(struct run *run, uint64_t until_us, bool (*over)(struct run *run, const void *arg),
	      const void *arg)
{
	struct world *w = run->w;
	uint64_t bound_us = run->s->bound_us;

	while (!over || !over(run, arg)) {
		uint64_t next_us = until_us < run->next_sample_us ? until_us : run->next_sample_us;

		if (w->now_us >= until_us)
			return false;
		if (w->now_us >= bound_us) {
			run_fail(run, NULL, "over its bound of %llu s", 
				 (unsigned long long)(bound_us / SIM_S));
			run->over = true;
			return false;
		}
		if (over) {	/* nothing changes before the next event */
			uint64_t event_us = world_next_us(w), poll_us = w->now_us + POLL_US;

			poll_us = event_us > poll_us ? event_us : poll_us;
			next_us = poll_us < next_us ? poll_us : next_us;
		}
		world_run(w, next_us);
		if (w->now_us < run->next_sample_us)
			continue;
		run_sample(run);
		run->next_sample_us = w->now_us + run->s->sample_us;
	}
	return true;
}

static void steps_run(struct run *run)
{
	int64_t left = 0;

	for (uint32_t i = 0; i < run->s->n_steps && !run->over; i++) {
		const struct scn_step *step = &run->s->steps[i];

		if (step->op == SCN_REPEAT)
			left = step->count;
		else if (step->op == SCN_END && --left > 0)
			i = step->jump - 1;
		else
			run_step(run, step);
	}
}

bool run_scenario(struct run *run, const struct scenario *s, uint64_t seed)
{
	struct world *w = world_new(seed, s->host_kib);

	run->s = s;
	run->w = w;
	w->free_kib -= scenario_xen_kib(s);
	w->user = run;
	w->on_note = noted;
	if (s->costs.hypercall_us)
		w->costs.hypercall_us = s->costs.hypercall_us;
	if (s->costs.store_op_us)
		w->costs.store_op_us = s->costs.store_op_us;
	if (s->costs.watch_us)
		w->costs.watch_us = s->costs.watch_us;
	run->guests = calloc(s->n_guests + 1, sizeof(*run->guests));
	if (!run->guests)
		abort();
	for (uint32_t i = 0; i < s->n_guests; i++)
		run->guests[i] = (struct run_guest){
			.scn = &s->guests[i], .run = run, .exit = -1, .ms = -1,
		};
	book_init(&run->book, s->n_guests);
	run->frame_us = s->sample_us;
	sim_boot(w, s->dom0_kib);
	if (s->zero >= 0) {
		struct sim_dom *dom = sim_dom_find(w, 0);

		sim_set_max(w, dom, s->guests[s->zero].vm.maxmem_kib);
		sim_guest_boot(w, dom, &s->guests[s->zero].vm.guest);
	}
	run_sample(run);
	run->next_sample_us = s->sample_us;
	steps_run(run);
	run_sample(run);
	if (w->stats.breaches)
		run_fail(run, NULL, "%llu invariants broken, the first %s",
			 (unsigned long long)w->stats.breaches, w->stats.first_breach);
	return !run->n_failures;
}

void run_free(struct run *run)
{
	world_free(run->w);
	if (run->book.n)
		book_free(&run->book);
	for (uint32_t i = 0; i < run->n_failures; i++)
		free(run->failures[i]);
	for (uint32_t i = 0; i < run->n_promises; i++)
		free(run->promises[i]);
	free(run->failures);
	free(run->promises);
	free(run->jobs);
	free(run->guests);
	free(run->story.frame);
	*run = (struct run){ 0 };
}
