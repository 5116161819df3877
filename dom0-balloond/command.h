/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the control socket's commands do. */
#ifndef BALLOOND_COMMAND_H
#define BALLOOND_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "control_table.h"

struct admission;
struct balloond;
struct json;
struct request;

#define CONTROL_ERROR_ENUM(code, status, meaning) ERROR_##code,
enum control_error { ERROR_none, CONTROL_ERRORS(CONTROL_ERROR_ENUM) };

/* One request on its way. */
struct call {
	struct balloond *b;
	uint32_t client;
	bool may_change;
	struct request *request;
	struct json *answer;	/* open object, "ok":true is in it */
	struct json *refusal;	/* a whole answer with more than a message */
	enum control_error error;
	char message[512];
	bool later;		/* the answer comes by control_send() */
};

/*
 * Handle one line. @return the whole answer, to be freed; NULL: it comes later
 */
struct json *command_run(struct balloond *b, uint32_t client, bool may_change,
			 const char *line);
struct json *command_error(enum control_error error, const char *message);

/* The beginning of an error answer: two objects are left open for more fields. */
void json_error(struct json *json, enum control_error error, const char *message);

/* Answers that promise.c gives when its time has come. */
void reserve_waiting(struct balloond *b, uint32_t client, int64_t freed_kib, int64_t size_kib);
/* @return false: it can't be told, and is being hung up on */
bool reserve_done(struct balloond *b, uint32_t r);
void reserve_refused(struct balloond *b, uint32_t client, const char *message,
		     int64_t shortfall_kib);
void reserve_failed(struct balloond *b, uint32_t client, const char *message);

/* A client is gone: what it held is let go. */
void command_client_gone(struct balloond *b, uint32_t client);

/* Handlers of command_set.c and command_reserve.c. */
void command_set(struct call *call);
void command_reserve(struct call *call);
void command_assign(struct call *call);
void command_release(struct call *call);

/* For the handlers. */
__attribute__((format(printf, 3, 4)))
void call_fail(struct call *call, enum control_error error, const char *format, ...);
/* The domain that "domain" names; -1: said why. */
int call_domain(struct call *call);
/* An argument in [low, high]; KIB_NONE when absent; false: said why. */
bool call_int(struct call *call, const char *key, int64_t low, int64_t high, int64_t *out);

#endif
