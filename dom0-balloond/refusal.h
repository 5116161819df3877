/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A start that can't be promised: the answer that says what is short, who holds
 * it and what would help; and, where the administrator said so, the command that
 * closes idle VMs for it. What it frees nobody is promised before it is there: the
 * request waits beside the reservations, and nothing moves for it until it fits; but
 * nobody who asks after it is promised what it would then lack, and what is free of
 * the VMs that were closed for it is kept, as for a reservation that waits.
 */
#ifndef BALLOOND_REFUSAL_H
#define BALLOOND_REFUSAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "idle.h"
#include "promise.h"

struct balloond;
struct json;

/* The one request that waits for idle VMs to be gone. */
struct rescue {
	bool waits;
	struct promise_request request;
	char name[64], purpose[PROMISE_PURPOSE_MAX + 1];	/* what it points to */
	uint64_t until_ms, event_ms;
	uint32_t n_closing;
	struct closing {	/* whom the command was told */
		uint32_t domid;
		int64_t had_kib, frees_kib;	/* when it was last seen alive */
	} closing[IDLE_NAMES_MAX];
	pid_t child;		/* the command; 0: none runs */
	uint64_t kill_ms;	/* it has had its time */
};

/* The whole answer. */
struct json *refusal_answer(struct balloond *b, const struct promise_request *request,
			    const struct admission *admission);

/* @return true: a command was started, and the answer comes later */
bool rescue_start(struct balloond *b, const struct promise_request *request,
		  const struct admission *admission);
/* kept_kib: all that it waits for, while others are admitted; or what is kept by now. */
enum rescue_keep { RESCUE_ALL, RESCUE_FREED };
void rescue_keep(struct balloond *b, enum rescue_keep what);
/* Once a look. */
void rescue_update(struct balloond *b);
void rescue_client_gone(struct balloond *b, uint32_t client);
uint64_t rescue_due_ms(const struct balloond *b);
/* The daemon ends: so does the command. */
void rescue_finish(struct balloond *b);

#endif
