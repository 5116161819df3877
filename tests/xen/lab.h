/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * labrun: runs a scenario inside dom0, so that all its times are the emulated
 * machine's. One thread, one loop: whoever waits calls lab_wait(), which keeps
 * the samples, the watches and the guests' consoles going.
 */
#ifndef LAB_H
#define LAB_H

#include <stdint.h>
#include <stdio.h>

#include "scenario.h"
#include "values.h"

#define LAB_DOMAINS (SCN_GUESTS + 1)	/* dom0 is the last */
#define SAMPLE_MS 50
#define RESULTS "/lab"

/* --- book.c: everything recorded, and how names become values -------------- */

struct sample {
	uint32_t ms;
	int32_t free, claims, slack;			/* KiB */
	int32_t dom[LAB_DOMAINS][FIELD_DOMID + 1];	/* -1: not known */
};

int64_t lab_now(void);				/* ms since the start */
int64_t lab_start(void);			/* the start on CLOCK_MONOTONIC, ms */
void book_init(struct scenario *s);
int book_domain(const char *name);		/* index into sample.dom, -1 */
void book_sample(const struct sample *now);
const struct sample *book_latest(void);
/* A write to a watched key, or a change of max_pages, of domain @dom (-1 other). */
void book_write(int dom, int is_move);
void book_set(const char *base, const char *field, int64_t value);
void book_text(const char *base, const char *field, const char *text);
void book_gone(const char *guest);	/* and with it all its workloads */
/* Sets all the words key=number of @line. */
void book_line(const char *base, const char *line);
void book_mark(const char *name);
/*
 * The samples between two marks, each different from the one before: how many;
 * -1: no such marks. The last stands at least until *@end_ms.
 */
int book_between(const char *from, const char *to, const struct sample **first, int64_t *end_ms);
extern const struct cond_values book_values;
void book_dump(FILE *f);		/* every value that is not sampled */
/* One JSON line in events.jsonl: what happened. */
void book_guests(void);	/* tells the live events who they are */
void __attribute__((format(printf, 2, 3))) book_event(const char *kind, const char *fmt, ...);

/* --- sampler.c: Xen and xenstore, read only --------------------------------- */

int sampler_init(struct scenario *s);
int sampler_fd(void);		/* xenstore's: readable when a watch fired */
void sampler_watches(void);
void sampler_tick(void);
void sampler_finish(void);
int sampler_domid(int guest);	/* -1: not there */
/* The terminal of a guest's console, from xenstore; NULL not yet. Free it. */
char *sampler_tty(int domid);

/* --- link.c: the guests' consoles -------------------------------------------- */

void link_follow(struct scenario *s);		/* opens, reopens, closes */
int link_fd(int guest);				/* -1 none */
void link_read(int guest);
int link_up(int guest);				/* its agent has spoken */
void link_forget(int guest);			/* it is about to boot anew */
/* Sends a command; returns its number, or -1. */
int link_send(int guest, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The answer to the last command, once there; else NULL. */
const char *link_answer(int guest);

/* --- child.c, guest_config.c, steps.c ------------------------------------------------------------------ */

int steps_run(struct scenario *s);		/* failures */
int step_do(const struct scn_step *st);
/* The same of a step made here, of at most four words; any exit is good. */
int step_words(enum scn_op op, const char *a, const char *b, const char *c, const char *d);
/* Asks the agents of @cond's guests (all, if NULL) for their counters. */
void stats_refresh(const struct cond *cond);
int guest_await_up(int guest);			/* 0 or -1, in time */
/* For lab_wait(): somebody takes its clients, or it is dead. */
int daemon_listens(void *unused);
/* Its exit code, when it is over; negative: it couldn't run, or too long. */
int run_now(const char *name, const char *command);
/* Writes the guest's config for xl to RESULTS/NAME.cfg. */
int guest_config(const struct scenario *s, int guest);
/* Runs "sh -c @command" in dom0 as @name; its output becomes NAME.out. */
int child_start(const char *name, const char *command);
int child_pid(const char *name);		/* 0: not running */
void child_texts(void);				/* what the running ones said so far */
void child_end_all(void);
void child_reap(void);

/* --- same.c ----------------------------------------------------------------------- */

/*
 * Of a `same` step: have both spans the same lines in the same order?
 * @return how many, or -1; @seen says where they part.
 */
int same_lines(const struct scn_step *st, char *seen, size_t seen_size);

/* --- crashes.c, soak.c ----------------------------------------------------------------------- */

int soak_run(struct scenario *s, const struct scn_step *st);
int crashes_run(struct scenario *s, const struct scn_step *st);

/* --- labrun.c ----------------------------------------------------------------- */

/* Until done() says so (0) or the bound is over (-1); done NULL: just waits. */
int lab_wait(int64_t bound_ms, int (*done)(void *), void *ctx);
/* Called with every sample; NULL: nobody looks. */
extern void (*lab_look)(void);

#endif
