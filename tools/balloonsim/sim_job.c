// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim_job.h"

#include <stdio.h>
#include <stdlib.h>

static void *sure(void *memory)
{
	if (!memory) {
		fprintf(stderr, "balloonsim: out of memory\n");
		exit(1);
	}
	return memory;
}

static struct sim_tool *tool(struct world *w)
{
	if (!w->tool)
		w->tool = sure(calloc(1, sizeof(*w->tool)));
	return w->tool;
}

void *job_new(struct world *w, size_t size)
{
	struct sim_job *job = sure(calloc(1, size));

	job->next = tool(w)->jobs;
	w->tool->jobs = job;
	return job;
}

void job_end(struct world *w, void *job)
{
	struct sim_job **at = &w->tool->jobs;

	while (*at != job)
		at = &(*at)->next;
	*at = (*at)->next;
	world_forget(w, job);
	free(job);
}

static int record_index(const struct world *w, uint32_t domid)
{
	for (uint32_t i = 0; w->tool && i < w->tool->n_records; i++)
		if (w->tool->records[i].domid == domid)
			return (int)i;
	return -1;
}

const struct sim_vm *record_find(const struct world *w, uint32_t domid)
{
	int i = record_index(w, domid);

	return i < 0 ? NULL : &w->tool->records[i].vm;
}

void record_add(struct world *w, uint32_t domid, const struct sim_vm *vm)
{
	struct sim_tool *t = tool(w);

	t->records = sure(reallocarray(t->records, t->n_records + 1, sizeof(*t->records)));
	t->records[t->n_records++] = (struct sim_record){ .domid = domid, .vm = *vm };
}

void record_drop(struct world *w, uint32_t domid)
{
	int i = record_index(w, domid);

	if (i >= 0)
		w->tool->records[i] = w->tool->records[--w->tool->n_records];
}

void record_rename(struct world *w, uint32_t domid, const char *name)
{
	int i = record_index(w, domid);

	if (i >= 0)
		snprintf(w->tool->records[i].vm.name, sizeof(w->tool->records[i].vm.name), "%s", name);
}

uint64_t sim_lost(const struct world *w)
{
	return w->tool ? w->tool->lost : 0;
}

void sim_tool_free(struct world *w)
{
	if (!w->tool)
		return;
	while (w->tool->jobs) {
		if (w->tool->jobs->drop)
			w->tool->jobs->drop(w, w->tool->jobs);
		job_end(w, w->tool->jobs);
	}
	free(w->tool->records);
	free(w->tool);
	w->tool = NULL;
}
