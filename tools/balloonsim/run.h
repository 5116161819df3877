/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A scenario being run: its world, what is known of its guests, what came of it. */
#ifndef SIM_RUN_H
#define SIM_RUN_H

#include "book.h"
#include "scenario.h"
#include "tools/scenario/story.h"
#include "world.h"

/* What `touch`, `share`, `read`, `promise` and `kernel` began in a guest. */
struct run_job {
	uint32_t guest;
	enum scn_op op;
	char name[SCN_NAME_MAX];
	int64_t kib, cold_kib;
	bool unpromised;
	enum sim_curve curve;		/* of read; */
	int64_t rate_kib_ms;		/* 0: at once */
};

struct run_guest {
	const struct scn_guest *scn;
	struct run *run;
	uint32_t domid;			/* 0: no domain of it is known */
	bool starting, may_fail;
	bool stale;			/* its keys changed since they were read */
	int64_t target_kib, ceiling_kib, need_kib, want_kib;
	uint64_t writes;
	int64_t exit, ms;		/* of its last start; -1: none yet */
	uint64_t begun_us;
	struct sim_guest_stats past, seen;	/* of its domains before; of this one */
};

struct run_promise {			/* what `reserve` asked for */
	struct run *run;
	char name[SCN_NAME_MAX];
	uint32_t connection;
	int64_t exit, ms;
	uint64_t begun_us;
};

struct run {
	const struct scenario *s;
	struct world *w;
	bool verbose;
	FILE *out;			/* what is said meanwhile; NULL: nothing */
	FILE *csv;			/* NULL: nobody wants it */
	struct run_guest *guests;
	struct run_job *jobs;
	uint32_t n_jobs;
	struct run_promise **promises;
	uint32_t n_promises;
	struct book book;
	struct story story;
	uint64_t frame_us, next_frame_us, next_sample_us;
	uint64_t changes, changed_us;	/* of balloond, for `quiet` */
	uint32_t held, failed, n_failures;
	bool over;			/* a step failed that others build upon */
	char **failures;
};

/* Run it whole. @return false: an expectation doesn't hold, or a step failed */
bool run_scenario(struct run *run, const struct scenario *s, uint64_t seed);
void run_free(struct run *run);

/* The guest's values now, BOOK_UNKNOWN for what isn't known; the host's; all of them. */
void run_guest_values(struct run *run, uint32_t i, int64_t *out);
void run_host_values(struct run *run, int64_t *out);
int64_t *run_row(struct run *run);	/* free() it */
struct sim_dom *run_dom(struct run *run, uint32_t i);

/* 1 holds, 0 doesn't, -1 something isn't known; `seen`: the values met. */
int run_condition(struct run *run, const struct cond *cond, char *seen, size_t size);

/* Time goes on, samples are taken; ends early when `over` says so, or with the bound. */
bool run_pass(struct run *run, uint64_t until_us, bool (*over)(struct run *run, const void *arg),
	      const void *arg);
void run_sample(struct run *run);

void run_step(struct run *run, const struct scn_step *step);
void run_say(struct run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));
void run_fail(struct run *run, const struct scn_step *step, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* output_table.c, output_json.c, output_story.c */
void output_table(struct run *run, FILE *out);
void output_json(struct run *run, FILE *out);
void output_csv_head(FILE *out);
void output_csv_mark(struct run *run, const char *name);
void output_csv(struct run *run, const int64_t *row);
void story_frame(struct run *run, const int64_t *row);
void story_note(struct run *run, const char *text);

#endif
