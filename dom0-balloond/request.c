// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A request: the members of one flat JSON object. Not through yajl's tree, which
 * crashes when malloc fails.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "arena.h"
#include "json.h"

#define MEMBERS_MAX	32
#define DEPTH_MAX	16
/* yajl's buffers for a line of CONTROL_LINE_MAX, doubled as they grow, and our copies. */
#define REQUEST_BYTES	(4UL << 20)

enum kind { KIND_OTHER, KIND_STRING, KIND_INTEGER, KIND_TRUE, KIND_FALSE };

struct request {
	struct arena *arena;
	int depth;
	const char *fault;	/* why the parser was told to stop */
	size_t n;
	struct member {
		const char *key, *text;
		enum kind kind;
		int64_t integer;
	} member[MEMBERS_MAX];
};

static const char *copy(struct request *request, const unsigned char *text, size_t len)
{
	char *out = arena_take(request->arena, len + 1);

	memcpy(out, text, len);
	out[len] = '\0';
	return out;
}

static int stop(struct request *request, const char *fault)
{
	request->fault = fault;
	return 0;
}

/* Of the object itself; what lies deeper only makes its member no value of ours. */
static struct member *value(struct request *request)
{
	return request->depth == 1 ? &request->member[request->n - 1] : NULL;
}

static int take(struct request *request, enum kind kind)
{
	if (!request->depth)
		return stop(request, "a request is one JSON object");
	if (value(request))
		value(request)->kind = kind;
	return 1;
}

static int take_null(void *ctx)
{
	return take(ctx, KIND_OTHER);
}

static int take_boolean(void *ctx, int is_true)
{
	return take(ctx, is_true ? KIND_TRUE : KIND_FALSE);
}

static int take_number(void *ctx, const char *text, size_t len)
{
	struct request *request = ctx;
	char digits[24], *end;
	long long number;

	if (len < sizeof(digits) && value(request)) {
		memcpy(digits, text, len);
		digits[len] = '\0';
		errno = 0;
		number = strtoll(digits, &end, 10);
		if (!*end && !errno) {
			value(request)->integer = number;
			return take(request, KIND_INTEGER);
		}
	}
	return take(request, KIND_OTHER);
}

static int take_string(void *ctx, const unsigned char *text, size_t len)
{
	struct request *request = ctx;

	if (value(request))
		value(request)->text = copy(request, text, len);
	return take(request, KIND_STRING);
}

static int take_key(void *ctx, const unsigned char *text, size_t len)
{
	struct request *request = ctx;

	if (request->depth > 1)
		return 1;
	if (request->n == MEMBERS_MAX)
		return stop(request, "too many members");
	request->member[request->n++] = (struct member){ .key = copy(request, text, len) };
	return 1;
}

static int deeper(struct request *request)
{
	if (++request->depth > DEPTH_MAX)
		return stop(request, "nested too deep");
	return 1;
}

static int open_map(void *ctx)
{
	struct request *request = ctx;

	if (request->depth)
		take(request, KIND_OTHER);
	return deeper(request);
}

static int open_array(void *ctx)
{
	return take(ctx, KIND_OTHER) && deeper(ctx);
}

static int go_up(void *ctx)
{
	((struct request *)ctx)->depth--;
	return 1;
}

static const yajl_callbacks callbacks = {
	.yajl_null = take_null, .yajl_boolean = take_boolean, .yajl_number = take_number,
	.yajl_string = take_string, .yajl_start_map = open_map, .yajl_map_key = take_key,
	.yajl_end_map = go_up, .yajl_start_array = open_array, .yajl_end_array = go_up,
};

struct request *request_parse(const char *text, char *why, size_t size)
{
	struct arena *arena = arena_new(REQUEST_BYTES);
	yajl_alloc_funcs funcs = { arena_take, arena_more, arena_drop, arena };
	struct request *request;
	const unsigned char *line = (const unsigned char *)text;
	yajl_handle parser;
	yajl_status status;

	if (!arena) {
		why[0] = '\0';
		return NULL;
	}
	request = arena_take(arena, sizeof(*request));
	*request = (struct request){ .arena = arena };
	parser = yajl_alloc(&callbacks, &funcs, request);
	status = yajl_parse(parser, line, strlen(text));
	if (status == yajl_status_ok)
		status = yajl_complete_parse(parser);
	if (status == yajl_status_ok)
		return request;
	if (request->fault)
		snprintf(why, size, "%s", request->fault);
	else
		snprintf(why, size, "%s", (char *)yajl_get_error(parser, 0, line, strlen(text)));
	why[strcspn(why, "\n")] = '\0';
	arena_free(arena);
	return NULL;
}

void request_free(struct request *request)
{
	arena_free(request->arena);
}

static const struct member *member(const struct request *request, const char *key)
{
	for (size_t i = 0; i < request->n; i++)
		if (!strcmp(request->member[i].key, key))
			return &request->member[i];
	return NULL;
}

enum request_get request_string(const struct request *request, const char *key,
				const char **out)
{
	const struct member *m = member(request, key);

	if (!m)
		return REQUEST_ABSENT;
	if (m->kind != KIND_STRING)
		return REQUEST_BAD;
	*out = m->text;
	return REQUEST_OK;
}

enum request_get request_int(const struct request *request, const char *key, int64_t *out)
{
	const struct member *m = member(request, key);

	if (!m)
		return REQUEST_ABSENT;
	if (m->kind != KIND_INTEGER)
		return REQUEST_BAD;
	*out = m->integer;
	return REQUEST_OK;
}

enum request_get request_bool(const struct request *request, const char *key, bool *out)
{
	const struct member *m = member(request, key);

	if (!m)
		return REQUEST_ABSENT;
	if (m->kind != KIND_TRUE && m->kind != KIND_FALSE)
		return REQUEST_BAD;
	*out = m->kind == KIND_TRUE;
	return REQUEST_OK;
}

const char *request_key(const struct request *request, size_t i)
{
	return i < request->n ? request->member[i].key : NULL;
}
