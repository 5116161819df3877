// SPDX-License-Identifier: GPL-2.0-or-later
#include "json.h"

#include <string.h>
#include <yajl/yajl_gen.h>

#include "arena.h"
#include "core/host.h"

/* Ten times the longest answer; untouched it costs nothing. */
#define JSON_BYTES	(256UL << 20)

struct json {
	struct arena *arena;
	yajl_gen gen;		/* NULL: there was no memory for an answer */
};

/* Stands for every answer that there was no memory for. */
static struct json no_memory;
#define NO_MEMORY_TEXT	"{\"ok\":false,\"error\":{\"code\":\"failed\"," \
			"\"message\":\"balloond is out of memory: try again\"}}"

static void put_text(struct json *json, const char *text)
{
	size_t len = strlen(text);
	char *clean;

	if (!json->gen || yajl_gen_string(json->gen, (const unsigned char *)text, len) !=
	    yajl_gen_invalid_string)
		return;
	/* A VM's name may hold any byte; JSON may not. */
	clean = arena_take(json->arena, len + 1);
	for (size_t i = 0; i < len; i++)
		clean[i] = text[i] & 0x80 ? '?' : text[i];
	yajl_gen_string(json->gen, (const unsigned char *)clean, len);
}

static void put_key(struct json *json, const char *key)
{
	if (key)
		put_text(json, key);
}

struct json *json_new(void)
{
	struct arena *arena = arena_new(JSON_BYTES);
	yajl_alloc_funcs funcs = { arena_take, arena_more, arena_drop, arena };
	struct json *json;

	if (!arena)
		return &no_memory;
	json = arena_take(arena, sizeof(*json));
	json->arena = arena;
	json->gen = yajl_gen_alloc(&funcs);
	yajl_gen_config(json->gen, yajl_gen_validate_utf8, 1);
	return json;
}

void json_free(struct json *json)
{
	if (json)
		arena_free(json->arena);
}

void json_object(struct json *json, const char *key)
{
	put_key(json, key);
	if (json->gen)
		yajl_gen_map_open(json->gen);
}

void json_list(struct json *json, const char *key)
{
	put_key(json, key);
	if (json->gen)
		yajl_gen_array_open(json->gen);
}

void json_end_object(struct json *json)
{
	if (json->gen)
		yajl_gen_map_close(json->gen);
}

void json_end_list(struct json *json)
{
	if (json->gen)
		yajl_gen_array_close(json->gen);
}

void json_int(struct json *json, const char *key, int64_t value)
{
	put_key(json, key);
	if (json->gen)
		yajl_gen_integer(json->gen, value);
}

void json_kib(struct json *json, const char *key, int64_t kib)
{
	if (kib == KIB_NONE)
		json_string(json, key, NULL);
	else
		json_int(json, key, kib);
}

void json_bool(struct json *json, const char *key, bool value)
{
	put_key(json, key);
	if (json->gen)
		yajl_gen_bool(json->gen, value);
}

void json_string(struct json *json, const char *key, const char *value)
{
	put_key(json, key);
	if (value)
		put_text(json, value);
	else if (json->gen)
		yajl_gen_null(json->gen);
}

const char *json_text(struct json *json, size_t *len)
{
	const unsigned char *text;

	if (!json->gen) {
		*len = strlen(NO_MEMORY_TEXT);
		return NO_MEMORY_TEXT;
	}
	if (yajl_gen_get_buf(json->gen, &text, len) != yajl_gen_status_ok) {
		*len = 0;
		return "";
	}
	return (const char *)text;
}
