/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A tree of names with values: what xenstored keeps. Names are sorted. */
#ifndef SIM_TREE_H
#define SIM_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "world.h"

struct store;

/* Of balloond, told by a token in its queue; or of a simulated part, an event. */
struct tree_watch {
	struct tree_watch *next;
	struct store *client;
	char token[16];
	sim_event fn;
	void *arg;
};

struct tree_node {
	char *name;
	char *value;			/* NULL: not there, but watched or on the way to one */
	struct tree_node *parent, **kids;
	uint32_t n_kids, size_kids;
	struct tree_watch *watches;
};

/* A simulation that runs out of memory has nothing to save. */
void *must(void *p);

/* The node of an absolute path; NULL: not there, and not to be made. */
struct tree_node *tree_find(struct tree_node *root, const char *path, bool make);
/* Is there such a key? It is when it has a value, or one below it has. */
bool tree_there(const struct tree_node *node);
/* Every value below it and its own; watched nodes stay, as names without value. */
void tree_clear(struct tree_node *node);
void tree_free(struct tree_node *root);

#endif
