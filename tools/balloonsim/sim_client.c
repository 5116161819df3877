// SPDX-License-Identifier: GPL-2.0-or-later
/* store.h over the simulated xenstored: each call takes time, in which the world goes on. */
#include "sim_client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/mechanism.h"
#include "record.h"
#include "sim_daemon.h"
#include "sim_xen.h"
#include "store.h"

struct queued {
	struct queued *next;
	char token[16];
	char path[];
};

struct store {
	struct world *w;
	bool lost;
	struct store_counters counters;
	struct queued *first, **last, *taken;
};

/* One a world: balloond has one connection. */
static _Thread_local struct store *connected;

/* @return false: nobody answers */
static bool call(struct store *store)
{
	if (store->lost)
		return false;
	sim_daemon_call(store->w);
	world_elapse(store->w, store->w->costs.store_op_us);
	return !store->lost;
}

void sim_client_event(struct store *client, const char *path, const char *token)
{
	size_t size = strlen(path) + 1;
	struct queued *event = must(malloc(sizeof(*event) + size));

	memcpy(event->path, path, size);
	snprintf(event->token, sizeof(event->token), "%s", token);
	event->next = NULL;
	*client->last = event;
	client->last = &event->next;
	sim_daemon_wake(client->w);
}

void sim_client_lost(struct world *w)
{
	if (!connected || connected->w != w)
		return;
	connected->lost = true;
	store_client_gone(w, connected);
	sim_daemon_wake(w);
}

static void queue_clear(struct store *store)
{
	while (store->first) {
		struct queued *event = store->first;

		store->first = event->next;
		free(event);
	}
	store->last = &store->first;
	free(store->taken);
	store->taken = NULL;
}

int store_open(struct store **out)
{
	struct store *store = must(calloc(1, sizeof(*store)));

	store->w = sim_xen_world();
	store->last = &store->first;
	connected = *out = store;
	return store_reopen(store);
}

int store_reopen(struct store *store)
{
	store_client_gone(store->w, store);
	queue_clear(store);
	store->lost = store->w->store->stopped;
	return store->lost ? -ENOTCONN : 0;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	store_client_gone(store->w, store);
	queue_clear(store);
	connected = NULL;
	free(store);
}

bool store_lost(const struct store *store)
{
	return store->lost;
}

bool store_ping(struct store *store)
{
	return call(store);
}

int store_fd(const struct store *store)
{
	(void)store;
	return -1;
}

const struct store_counters *store_counters(const struct store *store)
{
	return &store->counters;
}

int store_event(struct store *store, const char **path, const char **token)
{
	free(store->taken);
	store->taken = store->first;
	if (!store->first)
		return -EAGAIN;
	store->first = store->first->next;
	if (!store->first)
		store->last = &store->first;
	store->counters.events++;
	*path = store->taken->path;
	*token = store->taken->token;
	return 0;
}

int store_watch(struct store *store, const char *token, const char *format, ...)
{
	struct tree_watch watch = { .client = store };
	PATH_FROM(path, format);

	if (!call(store))
		return -ENOTCONN;
	snprintf(watch.token, sizeof(watch.token), "%s", token);
	store_watch_add(store->w, path, watch);
	sim_client_event(store, path, token);	/* xenstored fires each once at first */
	return 0;
}

void store_unwatch(struct store *store, const char *token, const char *format, ...)
{
	struct tree_node *node;
	PATH_FROM(path, format);

	if (!call(store))
		return;
	node = tree_find(store->w->store->root, path, false);
	if (node)
		store_watch_end(node, store, NULL, token);
}

static const char *get(struct store *store, int *rc, const char *path)
{
	const char *value;

	if (!call(store)) {
		*rc = -ENOTCONN;
		return NULL;
	}
	store->counters.reads++;
	value = store_get(store->w, path);
	*rc = value ? 0 : -ENOENT;
	return value;
}

char *store_read(struct store *store, unsigned int *len, int *rc, const char *format, ...)
{
	const char *value;
	PATH_FROM(path, format);

	value = get(store, rc, path);
	if (!value)
		return NULL;
	*len = (unsigned int)strlen(value);
	return must(strdup(value));
}

bool store_exists(struct store *store, const char *format, ...)
{
	int rc;
	PATH_FROM(path, format);

	return get(store, &rc, path) != NULL;
}

int64_t store_read_kib(struct store *store, int64_t fallback, const char *format, ...)
{
	const char *value;
	u64 kib;
	int rc;
	PATH_FROM(path, format);

	value = get(store, &rc, path);
	return value && !decimal_parse(value, strlen(value), SCHEMA_KIB_MAX, &kib) ?
	       (int64_t)kib : fallback;
}

char **store_list(struct store *store, unsigned int *n, const char *format, ...)
{
	struct tree_node *node;
	size_t size = 1;
	char **names, *text;
	PATH_FROM(path, format);

	*n = 0;
	if (!call(store))
		return NULL;
	store->counters.reads++;
	node = tree_find(store->w->store->root, path, false);
	if (!tree_there(node))
		return NULL;
	for (uint32_t i = 0; i < node->n_kids; i++)
		size += sizeof(char *) + strlen(node->kids[i]->name) + 1;
	names = must(malloc(size));
	text = (char *)(names + node->n_kids);
	for (uint32_t i = 0; i < node->n_kids; i++) {
		if (!tree_there(node->kids[i]))
			continue;
		names[(*n)++] = text;
		text = stpcpy(text, node->kids[i]->name) + 1;
	}
	return names;
}

int store_write(struct store *store, const char *value, const char *format, ...)
{
	PATH_FROM(path, format);

	if (!call(store))
		return -ENOTCONN;
	store->counters.writes++;
	store->w->stats.writes++;
	store_put(store->w, path, value);
	return 0;
}

int store_remove(struct store *store, const char *format, ...)
{
	PATH_FROM(path, format);

	if (!call(store))
		return -ENOTCONN;
	store->counters.writes++;
	store->w->stats.writes++;
	store_drop(store->w, path);
	return 0;
}

int store_write_domain(struct store *store, uint32_t domid, const char *key,
		       const char *value, int64_t expect_kib, int64_t *found_kib)
{
	char path[SIM_PATH_BYTES];
	const char *target;
	u64 kib;

	if (!call(store))
		return -ENOTCONN;
	snprintf(path, sizeof(path), "/local/domain/%u/" KEY_TARGET, domid);
	target = store_get(store->w, path);
	if (!target)
		return -ESRCH;
	if (decimal_parse(target, strlen(target), SCHEMA_KIB_MAX, &kib))
		kib = (u64)expect_kib;	/* no order: replaced */
	if (expect_kib >= 0 && (int64_t)kib != expect_kib) {
		*found_kib = (int64_t)kib;
		return -ESTALE;
	}
	snprintf(path, sizeof(path), "/local/domain/%u/%s", domid, key);
	store->counters.writes++;
	store->w->stats.writes++;
	store_put(store->w, path, value);
	if (!MECHANISM(own_target) || strcmp(key, KEY_TARGET))
		return 0;
	snprintf(path, sizeof(path), "/local/domain/%u/" KEY_OWN_TARGET, domid);
	store_put(store->w, path, value);
	return 0;
}
