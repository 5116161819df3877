// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What was done is not to be answered as failed for want of memory. An answer begins
 * in memory that is always there and holds whatever a command says that changes
 * something; only the lists are longer, and what doesn't fit then is said instead of
 * them. No large span is mapped for them: where vm.overcommit_memory is 2, as on hosts
 * that must not swap, dom0 would pay for all of it.
 */
#include "json.h"

#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_gen.h>

#include "core/host.h"

#define SLOTS		4	/* an answer, a refusal, what others are told meanwhile */
#define FIRST_BYTES	16384	/* twice the longest answer but for lists */
#define GEN_BYTES	2048	/* yajl's state, which is 700 */
#define CLEAN_MAX	4096	/* explain's text */

struct json {
	bool used;
	bool lost;		/* there was no memory for all of it */
	yajl_gen gen;
	size_t len, size;
	char *text;		/* first[], or malloc's */
	size_t gen_used;
	_Alignas(16) char gen_space[GEN_BYTES];
	char first[FIRST_BYTES];
};

static struct json slots[SLOTS];

/* Stands for every list that there was no memory for. */
#define NO_MEMORY_TEXT	"{\"ok\":false,\"error\":{\"code\":\"failed\"," \
			"\"message\":\"" JSON_NO_MEMORY "\"}}"

static void *gen_take(void *ctx, size_t size)
{
	struct json *json = ctx;
	void *block = json->gen_space + json->gen_used;

	size = (size + 15) & ~(size_t)15;
	if (size > GEN_BYTES - json->gen_used)
		abort();	/* another yajl than ever was: the first answer shows it */
	json->gen_used += size;
	return block;
}

static void *gen_more(void *ctx, void *old, size_t size)
{
	(void)old, (void)size;
	return gen_take(ctx, GEN_BYTES + 1);	/* it asks for no more while it prints to us */
}

static void gen_drop(void *ctx, void *block)
{
	(void)ctx, (void)block;
}

static bool grow(struct json *json, size_t len)
{
	size_t size = 2 * (json->size + len);
	char *text = json->text == json->first ? malloc(size) : realloc(json->text, size);

	if (!text)
		return false;
	if (json->text == json->first)
		memcpy(text, json->first, json->len);
	json->text = text;
	json->size = size;
	return true;
}

static void print(void *ctx, const char *text, size_t len)
{
	struct json *json = ctx;

	/* The zero at its end fits as well. */
	if (json->lost || (len >= json->size - json->len && !grow(json, len + 1))) {
		json->lost = true;
		return;
	}
	memcpy(json->text + json->len, text, len);
	json->len += len;
}

static void put_text(struct json *json, const char *text)
{
	size_t len = strlen(text);
	char clean[CLEAN_MAX];

	if (yajl_gen_string(json->gen, (const unsigned char *)text, len) !=
	    yajl_gen_invalid_string)
		return;
	/* A VM's name may hold any byte; JSON may not. */
	if (len > sizeof(clean))
		len = sizeof(clean);
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
	struct json *json = slots;
	yajl_alloc_funcs funcs;

	while (json->used)
		if (++json == slots + SLOTS)
			abort();	/* one was never freed */
	json->used = true;
	json->lost = false;
	json->len = json->gen_used = 0;
	json->text = json->first;
	json->size = FIRST_BYTES;
	funcs = (yajl_alloc_funcs){ gen_take, gen_more, gen_drop, json };
	json->gen = yajl_gen_alloc(&funcs);
	yajl_gen_config(json->gen, yajl_gen_validate_utf8, 1);
	yajl_gen_config(json->gen, yajl_gen_print_callback, print, json);
	return json;
}

void json_free(struct json *json)
{
	if (!json)
		return;
	if (json->text != json->first)
		free(json->text);
	json->used = false;
}

void json_free_all(void)
{
	for (int i = 0; i < SLOTS; i++)
		if (slots[i].used)
			json_free(&slots[i]);
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
	if (kib == KIB_NONE)
		json_string(json, key, NULL);
	else
		json_int(json, key, kib);
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
	if (json->lost) {
		*len = strlen(NO_MEMORY_TEXT);
		return NO_MEMORY_TEXT;
	}
	*len = json->len;
	json->text[json->len] = '\0';
	return json->text;
}
