// SPDX-License-Identifier: GPL-2.0-or-later
/* Steps that say what runs in guests: jobs by name, summed up to one workload. */
#include <stdlib.h>
#include <string.h>

#include "run.h"
#include "script.h"
#include "sim_xen.h"

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

static void add_read(struct sim_workload *work, const struct run_job *job)
{
	if (!job->rate_kib_ms)
		work->cache_kib += job->kib;
	else if (job->curve == SIM_scan)
		work->scan_kib += job->kib;
	else
		work->files_kib += job->kib;
	if (job->kib)
		work->read_kib_ms[job->curve] += job->rate_kib_ms;
}

static void add(struct sim_workload *work, const struct run_job *job)
{
	switch (job->op) {
	case SCN_READ:
		add_read(work, job);
		break;
	case SCN_PROMISE:
		work->untouched_kib += job->kib;
		break;
	case SCN_KERNEL:
		work->kernel_kib += job->kib;
		break;
	default:
		work->anon_kib += job->kib;
		work->cold_kib += job->cold_kib;
		work->shared_kib += job->op == SCN_SHARE ? job->kib : 0;
		work->unpromised_kib += job->unpromised ? job->kib : 0;
	}
}

/* Its own working set and cache, and what the jobs add. */
static void demand(struct run *run, uint32_t i, struct sim_dom *dom)
{
	const struct sim_guest_config *own = &run->guests[i].scn->vm.guest;
	struct sim_workload work = { .anon_kib = own->anon_kib, .cache_kib = own->cache_kib };

	for (uint32_t k = 0; k < run->n_jobs; k++)
		if (run->jobs[k].guest == i)
			add(&work, &run->jobs[k]);
	sim_guest_workload(run->w, dom->guest, &work);
}

void do_job(struct run *run, const struct scn_step *step)
{
	for (uint32_t i = 0; i < step->n_guests; i++) {
		struct sim_dom *dom = dom_of(run, step, step->guests[i]);
		struct run_job *job;

		if (!dom)
			continue;
		job = job_of(run, step->guests[i], step->name);
		job->op = step->op;
		job->kib = step->kib;
		job->cold_kib = 0;
		job->unpromised = step->unpromised;
		if (step->op == SCN_READ) {
			job->curve = (enum sim_curve)step->word;
			job->rate_kib_ms = step->rate_kib_ms;
		} else if (step->op == SCN_TOUCH || step->op == SCN_SHARE) {
			sim_guest_rate(dom->guest, step->rate_kib_ms);
		}
		demand(run, step->guests[i], dom);
	}
}

static void tell(struct run *run, const struct scn_step *step, struct run_job *job)
{
	switch (step->word) {
	case TELL_GROW:
		job->kib += step->kib;
		return;
	case TELL_USE:
		if (job->op != SCN_TOUCH && job->op != SCN_SHARE)
			run_fail(run, step, "job %s touched nothing that it could leave", job->name);
		else
			job->cold_kib = job->kib > step->kib ? job->kib - step->kib : 0;
		return;
	case TELL_FREE:
		if (step->kib >= 0 && step->kib < job->kib) {
			job->kib -= step->kib;
			break;
		}
		/* fall through */
	default:
		job->kib = 0;
	}
	if (job->cold_kib > job->kib)
		job->cold_kib = job->kib;
}

void do_tell(struct run *run, const struct scn_step *step)
{
	for (uint32_t i = 0; i < step->n_guests; i++) {
		struct sim_dom *dom = dom_of(run, step, step->guests[i]);

		if (!dom)
			continue;
		tell(run, step, job_of(run, step->guests[i], step->name));
		demand(run, step->guests[i], dom);
	}
}
