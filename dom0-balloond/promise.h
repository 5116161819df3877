/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reservations: memory promised to a domain that is not there yet. Durable in
 * xenstore (KEY_RESERVATION). Each ends exactly once: its domain was built or
 * died, it was released, its time is over, or its owner went away.
 */
#ifndef BALLOOND_PROMISE_H
#define BALLOOND_PROMISE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/host.h"
#include "core/plan.h"

struct balloond;

#define PROMISE_RECLAIM_MS	30000	/* without its connection, after a restart */
#define PROMISE_WAIT_S		60	/* for memory, unless the request says */
#define PROMISE_PURPOSE_MAX	32	/* create, restore, migrate, or the asker's own word */

enum promise_owner { OWNER_CONNECTION, OWNER_TOKEN };

/* What the policy needn't know of a reservation. */
struct promise {
	enum promise_owner owner;
	uint32_t client;	/* the connection that owns it or waits; 0: none */
	bool answer_due;	/* `client` waits for the grant */
	int64_t expires_s;	/* since the Epoch; 0: with its owner */
	uint64_t orphan_ms;	/* no owner: ends then; 0: has one, needs none */
	uint64_t wait_until_ms;	/* still WAITING then: refused */
	bool tried;		/* a turn looked whether its memory is free */
	uint64_t hopeless_ms;	/* WAITING, and what is promised can't be had: since then */
	uint64_t event_ms;	/* next progress event */
	uint64_t granted_ms;
	int64_t min_kib, max_kib;	/* it takes what fits between them; 0: its size */
	char purpose[PROMISE_PURPOSE_MAX + 1];
};

struct promise_request {
	const char *name, *purpose;
	int64_t size_kib;
	int64_t min_kib;	/* less will do, down to this; 0: it won't */
	enum promise_owner owner;
	uint32_t client;
	int64_t expire_s, wait_s;	/* 0: none */
};

static inline int64_t promise_least_kib(const struct promise_request *request)
{
	return request->min_kib ? request->min_kib : request->size_kib;
}

/* Read back what the store holds, at start, once the host was looked at. */
/* @return -ENODATA: not all could be read; who goes on would drop the others */
int promises_load(struct balloond *b);
/* xenstored was lost and found: write again what it doesn't hold any more. */
void promises_keep(struct balloond *b);

/*
 * Make one if it fits (admission says; nobody is touched if it doesn't).
 * @return its index; -ENOMEM refused, see *admission; -ENOSPC too many; others
 */
int promise_make(struct balloond *b, const struct promise_request *request,
		 struct admission *admission);
/* Make one that was admitted. @return as promise_make() */
int promise_add(struct balloond *b, const struct promise_request *request);
/* Was domain i there before r was granted, or had it another? Then r isn't for it. */
bool promise_older(const struct balloond *b, uint32_t r, uint32_t i);
int promise_assign(struct balloond *b, uint32_t r, uint32_t domid);
void promise_end(struct balloond *b, uint32_t r, const char *why);
int promise_find(const struct balloond *b, int64_t id, const char *name);
uint32_t promises_called(const struct balloond *b, const char *name);

/* Once a turn: match new domains, end what is over; then grant what lies free. */
void promises_update(struct balloond *b);
void promises_grant(struct balloond *b);
void promises_client_gone(struct balloond *b, uint32_t client);
/* When the next of them must be looked at; UINT64_MAX: never. */
uint64_t promises_due_ms(const struct balloond *b);

#endif
