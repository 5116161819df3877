/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A host on a stage: fake Xen and its guests, the real xenstored, the real
 * balloond with crash.c in it, a toolstack and clients, in one thread and on one
 * clock. stage_step() moves it; in between balloond sleeps, so that everything
 * stands still while it is looked at. A balloond killed by the injection is
 * started again at once, as systemd would; one that ends by itself is a failure.
 */
#ifndef CRASH_HOST_H
#define CRASH_HOST_H

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "crash.h"
#include "fake_xen.h"

#define MIB_PAGES	256
#define FREE_MIN_KIB	(32 * 1024)	/* balloond's default pool */
#define STAGE_PROMISES	8
#define ANSWER_MAX	65536

struct xs_handle;

/* What a client was told and balloond must keep, whatever happens. */
struct told {
	char name[16];
	int64_t size_kib;
	bool granted;
	uint32_t id;
	int32_t domid;		/* that takes it over; -1: not yet */
	bool connection;	/* owned by `sock`, asked again when that breaks */
	int sock;
};

struct stage {
	const char *dir, *balloond;
	struct fake_xen *xen;
	struct xs_handle *store;
	struct crash *crash;
	pid_t daemon;
	char letter;
	bool away;		/* stays dead for a while after a kill */
	unsigned int deaths, steps;
	struct told told[STAGE_PROMISES];
	int64_t least_kib;	/* a deficit that others made: balloond's must not grow it */
	char why[1024];
	jmp_buf failed;
};

bool stage_open(struct stage *s, const char *balloond);
/* An empty host of so many MiB with nothing in the store, and no daemon. */
void stage_reset(struct stage *s, uint64_t mib);
void stage_fail(struct stage *s, const char *format, ...)
	__attribute__((format(printf, 2, 3), noreturn));

struct fake_dom *stage_add(struct stage *s, struct fake_dom dom, uint64_t mib);
void stage_remove(struct stage *s, uint32_t domid);

void stage_start(struct stage *s);
/* As systemd stops it: SIGTERM, and after that balloond --settle. */
void stage_stop(struct stage *s);
void stage_kill(struct stage *s);

void stage_step(struct stage *s, uint64_t ms);
void stage_run(struct stage *s, uint64_t ms);	/* in steps of what balloond waits for */

/*
 * A request's answer. *sock < 0: a connection is made. false: the connection broke,
 * and *sock is -1 again; the client does now what clients do.
 */
bool stage_ask(struct stage *s, int *sock, char *answer, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* The same on a connection of its own until it is answered. */
void stage_insist(struct stage *s, char *answer, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A key below the root, "" when it isn't there. */
const char *stage_read(struct stage *s, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
uint64_t stage_mib(struct stage *s, uint32_t domid);	/* tot_pages */

/* I1 as Xen's numbers have it, with what clients were told, by nobody's word. */
int64_t stage_slack_kib(const struct stage *s);

#endif
