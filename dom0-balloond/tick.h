/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One turn: snapshot, plan, check, free, re-read, give, check, grant. */
#ifndef BALLOOND_TICK_H
#define BALLOOND_TICK_H

#include "core/host.h"

struct balloond;

#define AUDIT_MS	10000	/* foreign changes of max_pages raise no event */
#define TURN_GAP_MS	10	/* events that come closer make one turn */

/*
 * Take one and set turn_due_ms.
 * @return 0, or the error of a snapshot that failed: nothing was done
 */
int tick(struct balloond *b);

/* Only the first step: the host as it is now, reservations matched to it. */
int balloond_look(struct balloond *b);

const char *reason_text(enum reason reason);
const char *free_state_text(enum free_state state);

#endif
