// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim_store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"
#include "sim_client.h"
#include "sim_tree.h"

struct sim_store *sim_store_new(struct world *w)
{
	struct sim_store *store = must(calloc(1, sizeof(*store)));

	store->w = w;
	store->root = must(calloc(1, sizeof(*store->root)));
	store->root->name = must(strdup(""));
	return store;
}

void sim_store_free(struct sim_store *store)
{
	tree_free(store->root);
	free(store);
}

static void fire_node(struct world *w, const struct tree_node *node, const char *path)
{
	for (const struct tree_watch *watch = node->watches; watch; watch = watch->next)
		if (watch->client)
			sim_client_event(watch->client, path, watch->token);
		else
			world_at(w, w->now_us + w->costs.watch_us, watch->fn, watch->arg);
}

static void fire_below(struct world *w, const struct tree_node *node, const char *path)
{
	for (uint32_t i = 0; i < node->n_kids; i++) {
		fire_node(w, node->kids[i], path);
		fire_below(w, node->kids[i], path);
	}
}

/* A change there: who watches it, or anything above it, hears of it. */
static void fire(struct world *w, const struct tree_node *node, const char *path)
{
	for (; node; node = node->parent)
		fire_node(w, node, path);
}

void store_put(struct world *w, const char *path, const char *value)
{
	struct tree_node *node = tree_find(w->store->root, path, true);

	free(node->value);
	node->value = must(strdup(value));
	fire(w, node, path);
}

void store_drop(struct world *w, const char *path)
{
	struct tree_node *node = tree_find(w->store->root, path, false);

	if (!node || !tree_there(node))
		return;
	fire_below(w, node, path);
	fire(w, node, path);
	tree_clear(node);
}

const char *store_get(const struct world *w, const char *path)
{
	struct tree_node *node = tree_find(w->store->root, path, false);

	if (!tree_there(node))
		return NULL;
	return node->value ? node->value : "";
}

const char *sim_read(struct world *w, const char *format, ...)
{
	PATH_FROM(path, format);

	return store_get(w, path);
}

int64_t sim_read_kib(struct world *w, int64_t fallback, const char *format, ...)
{
	const char *value;
	u64 kib;
	PATH_FROM(path, format);

	value = store_get(w, path);
	return value && !decimal_parse(value, strlen(value), SCHEMA_KIB_MAX, &kib) ?
	       (int64_t)kib : fallback;
}

void sim_write(struct world *w, const char *value, const char *format, ...)
{
	PATH_FROM(path, format);

	store_put(w, path, value);
}

void sim_write_number(struct world *w, int64_t value, const char *format, ...)
{
	char text[24];
	PATH_FROM(path, format);

	snprintf(text, sizeof(text), "%" PRId64, value);
	store_put(w, path, text);
}

void sim_remove(struct world *w, const char *format, ...)
{
	PATH_FROM(path, format);

	store_drop(w, path);
}

void store_watch_add(struct world *w, const char *path, struct tree_watch watch)
{
	struct tree_node *node = tree_find(w->store->root, path, true);
	struct tree_watch *new = must(malloc(sizeof(*new)));

	*new = watch;
	new->next = node->watches;
	node->watches = new;
}

void store_watch_end(struct tree_node *node, const struct store *client, const void *arg,
		     const char *token)
{
	struct tree_watch **at = &node->watches;

	while (*at) {
		struct tree_watch *watch = *at;

		if (watch->client != client || (!client && watch->arg != arg) ||
		    (token && strcmp(watch->token, token))) {
			at = &watch->next;
			continue;
		}
		*at = watch->next;
		free(watch);
	}
}

static void end_below(struct tree_node *node, const struct store *client, const void *arg)
{
	store_watch_end(node, client, arg, NULL);
	for (uint32_t i = 0; i < node->n_kids; i++)
		end_below(node->kids[i], client, arg);
}

void store_client_gone(struct world *w, const struct store *client)
{
	end_below(w->store->root, client, NULL);
}

void sim_watch(struct world *w, sim_event fn, void *arg, const char *format, ...)
{
	PATH_FROM(path, format);

	store_watch_add(w, path, (struct tree_watch){ .fn = fn, .arg = arg });
}

void sim_unwatch(struct world *w, const void *arg, const char *format, ...)
{
	struct tree_node *node;
	PATH_FROM(path, format);

	node = tree_find(w->store->root, path, false);
	if (node)
		store_watch_end(node, NULL, arg, NULL);
}

void sim_fire(struct world *w, const char *special)
{
	fire(w, tree_find(w->store->root, special, true), special);
}

void sim_store_stop(struct world *w)
{
	w->store->stopped = true;
	sim_client_lost(w);
}

void sim_store_start(struct world *w, bool empty)
{
	w->store->stopped = false;
	if (empty)
		tree_clear(w->store->root);
}
