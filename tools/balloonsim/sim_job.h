/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the toolstack keeps: its domains' configurations, and jobs, each a program
 * that runs for a while. A job is the first member of its own struct; its events'
 * argument is the job.
 */
#ifndef SIM_JOB_H
#define SIM_JOB_H

#include <stddef.h>

#include "sim_tool.h"

struct sim_job {
	struct sim_job *next;
	void (*drop)(struct world *w, struct sim_job *job);	/* the world ends; NULL: nothing
								   to drop */
};

struct sim_record {		/* as xl keeps a running domain's configuration */
	uint32_t domid;
	struct sim_vm vm;
};

struct sim_tool {
	struct sim_job *jobs;
	struct sim_record *records;
	uint32_t n_records;
	uint64_t lost;
};

/* Zeroed, of this size; ends with job_end() or the world. */
void *job_new(struct world *w, size_t size);
void job_end(struct world *w, void *job);

/* NULL: not a domain that the toolstack built. */
const struct sim_vm *record_find(const struct world *w, uint32_t domid);
void record_add(struct world *w, uint32_t domid, const struct sim_vm *vm);
void record_drop(struct world *w, uint32_t domid);
void record_rename(struct world *w, uint32_t domid, const char *name);

#endif
