// SPDX-License-Identifier: GPL-2.0-or-later
#include "json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_gen.h>
#include <yajl/yajl_tree.h>

#include "core/host.h"

struct json {
	yajl_gen gen;
};

static void put_text(struct json *json, const char *text)
{
	size_t len = strlen(text);
	char *clean;

	if (yajl_gen_string(json->gen, (const unsigned char *)text, len) !=
	    yajl_gen_invalid_string)
		return;
	/* A VM's name may hold any byte; JSON may not. */
	clean = strdup(text);
	for (size_t i = 0; clean && i < len; i++)
		if (clean[i] & 0x80)
			clean[i] = '?';
	yajl_gen_string(json->gen, (const unsigned char *)(clean ? clean : "?"),
			clean ? len : 1);
	free(clean);
}

static void put_key(struct json *json, const char *key)
{
	if (key)
		put_text(json, key);
}

struct json *json_new(void)
{
	struct json *json = calloc(1, sizeof(*json));

	if (!json)
		return NULL;
	json->gen = yajl_gen_alloc(NULL);
	if (!json->gen) {
		free(json);
		return NULL;
	}
	yajl_gen_config(json->gen, yajl_gen_validate_utf8, 1);
	return json;
}

void json_free(struct json *json)
{
	if (!json)
		return;
	yajl_gen_free(json->gen);
	free(json);
}

void json_object(struct json *json, const char *key)
{
	put_key(json, key);
	yajl_gen_map_open(json->gen);
}

void json_list(struct json *json, const char *key)
{
	put_key(json, key);
	yajl_gen_array_open(json->gen);
}

void json_end_object(struct json *json)
{
	yajl_gen_map_close(json->gen);
}

void json_end_list(struct json *json)
{
	yajl_gen_array_close(json->gen);
}

void json_int(struct json *json, const char *key, int64_t value)
{
	put_key(json, key);
	yajl_gen_integer(json->gen, value);
}

void json_kib(struct json *json, const char *key, int64_t kib)
{
	put_key(json, key);
	if (kib == KIB_NONE)
		yajl_gen_null(json->gen);
	else
		yajl_gen_integer(json->gen, kib);
}

void json_bool(struct json *json, const char *key, bool value)
{
	put_key(json, key);
	yajl_gen_bool(json->gen, value);
}

void json_string(struct json *json, const char *key, const char *value)
{
	put_key(json, key);
	if (value)
		put_text(json, value);
	else
		yajl_gen_null(json->gen);
}

const char *json_text(struct json *json, size_t *len)
{
	const unsigned char *text;

	if (yajl_gen_get_buf(json->gen, &text, len) != yajl_gen_status_ok) {
		*len = 0;
		return "";
	}
	return (const char *)text;
}

/* struct request is yajl's value under a name of our own. */
static yajl_val tree(const struct request *request)
{
	return (yajl_val)request;
}

struct request *request_parse(const char *text, char *why, size_t size)
{
	yajl_val value = yajl_tree_parse(text, why, size);

	if (!value) {
		if (!why[0])
			snprintf(why, size, "empty");
		why[strcspn(why, "\n")] = '\0';
		return NULL;
	}
	if (!YAJL_IS_OBJECT(value)) {
		yajl_tree_free(value);
		snprintf(why, size, "a request is one JSON object");
		return NULL;
	}
	return (struct request *)value;
}

void request_free(struct request *request)
{
	yajl_tree_free(tree(request));
}

static yajl_val member(const struct request *request, const char *key)
{
	return yajl_tree_get(tree(request), (const char *[]){ key, NULL }, yajl_t_any);
}

enum request_get request_string(const struct request *request, const char *key,
				const char **out)
{
	yajl_val value = member(request, key);

	if (!value)
		return REQUEST_ABSENT;
	if (!YAJL_IS_STRING(value))
		return REQUEST_BAD;
	*out = YAJL_GET_STRING(value);
	return REQUEST_OK;
}

enum request_get request_int(const struct request *request, const char *key, int64_t *out)
{
	yajl_val value = member(request, key);

	if (!value)
		return REQUEST_ABSENT;
	if (!YAJL_IS_INTEGER(value))
		return REQUEST_BAD;
	*out = YAJL_GET_INTEGER(value);
	return REQUEST_OK;
}

enum request_get request_bool(const struct request *request, const char *key, bool *out)
{
	yajl_val value = member(request, key);

	if (!value)
		return REQUEST_ABSENT;
	if (!YAJL_IS_TRUE(value) && !YAJL_IS_FALSE(value))
		return REQUEST_BAD;
	*out = YAJL_IS_TRUE(value);
	return REQUEST_OK;
}

const char *request_key(const struct request *request, size_t i)
{
	return i < tree(request)->u.object.len ? tree(request)->u.object.keys[i] : NULL;
}
