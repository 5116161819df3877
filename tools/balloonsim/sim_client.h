/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between xenstored (sim_store.c) and balloond's handle on it (sim_client.c). */
#ifndef SIM_CLIENT_H
#define SIM_CLIENT_H

#include <stdarg.h>
#include <stdio.h>

#include "sim_tree.h"
#include "world.h"

#define SIM_PATH_BYTES	512

/* The whole path from a printf format, in a function that takes one. */
#define PATH_FROM(path, format)						\
	char path[SIM_PATH_BYTES];					\
	do {								\
		va_list args_;						\
		va_start(args_, format);				\
		vsnprintf(path, sizeof(path), format, args_);		\
		va_end(args_);						\
	} while (0)

struct sim_store {
	struct world *w;
	struct tree_node *root;
	bool stopped;
};

/* xenstored's side, by whole paths. */
void store_put(struct world *w, const char *path, const char *value);
void store_drop(struct world *w, const char *path);
const char *store_get(const struct world *w, const char *path);
void store_watch_add(struct world *w, const char *path, struct tree_watch watch);
void store_watch_end(struct tree_node *node, const struct store *client, const void *arg,
		     const char *token);
void store_client_gone(struct world *w, const struct store *client);

/* balloond's side: an event goes into its queue and wakes it; its connection breaks. */
void sim_client_event(struct store *client, const char *path, const char *token);
void sim_client_lost(struct world *w);

#endif
