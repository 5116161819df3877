/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A soak has two halves: soak.c acts, soak_watch.c judges from outside. This is
 * what they share.
 */
#ifndef LAB_SOAK_H
#define LAB_SOAK_H

#include <stdbool.h>
#include <stdint.h>

#include "lab.h"

/* How often something happened that isn't an act: C(name) */
#define SOAK_COUNTS(C)								\
	C(refused) C(xl_crashed) C(restored_again) C(violations) C(lost) C(oom) C(spoiled)	\
	C(daemon_died) C(breaches) C(ignored_reports) C(floods) C(foreign_targets)

#define SOAK_COUNT_ENUM(name) COUNT_##name,
enum soak_count { SOAK_COUNTS(SOAK_COUNT_ENUM) COUNT_COUNT };
extern int soak_counts[COUNT_COUNT];

struct soak_guest {
	int guest;		/* index in the scenario */
	int mib;		/* what its workload holds */
	int pin_mib, max_mib;	/* an operator's order and limit; 0: none */
	bool up, paused;
	bool lost;		/* it died, by nobody's hand */

	/* soak_watch.c's own */
	bool fresh;		/* nothing was judged since it came, or came back */
	bool told;		/* of this episode */
	bool under;		/* its target is under its floor */
	int32_t target_kib, from_kib;
	int64_t due_ms;		/* above its target: until then it must have come down */
	int64_t order_ms;	/* until then an order that isn't balloond's may stand */
};

/* Judges with every sample, from now on until watch_end(). */
void watch_begin(struct scenario *scn, struct soak_guest *guests, int n);
void watch_end(void);

/*
 * Somebody else changes what is promised: what comes of it is not balloond's
 * until that is over and, then, until it is right again, at most so long.
 * watch_order() the same of one guest's target.
 */
void watch_foreign(void);
void watch_foreign_over(int64_t bound_ms);
void watch_order(struct soak_guest *guest, int64_t bound_ms);
/* So much is promised to somebody who isn't there, until then. */
void watch_reserved(int64_t kib, int64_t until_ms);
/* It ends by our hand, and is there again after watch_daemon(true). */
void watch_daemon(bool up);

/* Into the values soak.*, and the events. */
void watch_result(void);

#endif
