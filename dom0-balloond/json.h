/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON, through yajl; only json.c and request.c include its headers. */
#ifndef BALLOOND_JSON_H
#define BALLOOND_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Writing. `key` is NULL inside a list and for the outermost object. There is always
 * one; what grows past 16 KiB while memory lacks says just that instead.
 */
#define JSON_NO_MEMORY	"balloond is out of memory: try again"
struct json;
struct json *json_new(void);
void json_free(struct json *json);
/* For the simulator, whose daemons die amid an answer. */
void json_free_all(void);
void json_object(struct json *json, const char *key);
void json_list(struct json *json, const char *key);
void json_end_object(struct json *json);
void json_end_list(struct json *json);
void json_int(struct json *json, const char *key, int64_t value);
void json_kib(struct json *json, const char *key, int64_t kib);	/* KIB_NONE: null */
void json_bool(struct json *json, const char *key, bool value);
void json_string(struct json *json, const char *key, const char *value);	/* NULL: null */
/* What was written, until the next call. */
const char *json_text(struct json *json, size_t *len);

/* Reading a request: one object, its members by name. */
struct request;
/* @return NULL: not one JSON object; `why` (size bytes) says what is wrong; nothing: memory lacks */
struct request *request_parse(const char *text, char *why, size_t size);
void request_free(struct request *request);

enum request_get { REQUEST_ABSENT, REQUEST_OK, REQUEST_BAD };
enum request_get request_string(const struct request *request, const char *key,
				const char **out);
enum request_get request_int(const struct request *request, const char *key, int64_t *out);
enum request_get request_bool(const struct request *request, const char *key, bool *out);
/* The i-th member's name; NULL after the last. */
const char *request_key(const struct request *request, size_t i);

#endif
