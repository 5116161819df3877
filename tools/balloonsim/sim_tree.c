// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim_tree.h"

#include <stdlib.h>
#include <string.h>

void *must(void *p)
{
	if (!p)
		abort();
	return p;
}

/* Where the name is among the kids, or would be. */
static uint32_t place(const struct tree_node *node, const char *name, size_t len, bool *found)
{
	uint32_t low = 0, high = node->n_kids;

	*found = false;
	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		const char *its = node->kids[mid]->name;
		int order = strncmp(its, name, len);

		if (!order && its[len])
			order = 1;
		if (!order) {
			*found = true;
			return mid;
		}
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct tree_node *kid_new(struct tree_node *node, uint32_t at, const char *name,
				 size_t len)
{
	struct tree_node *kid = must(calloc(1, sizeof(*kid)));

	kid->name = must(strndup(name, len));
	kid->parent = node;
	if (node->n_kids == node->size_kids) {
		node->size_kids = node->size_kids ? 2 * node->size_kids : 4;
		node->kids = must(reallocarray(node->kids, node->size_kids,
					       sizeof(struct tree_node *)));
	}
	memmove(node->kids + at + 1, node->kids + at,
		(node->n_kids++ - at) * sizeof(struct tree_node *));
	return node->kids[at] = kid;
}

struct tree_node *tree_find(struct tree_node *root, const char *path, bool make)
{
	struct tree_node *node = root;

	while (*path == '/')
		path++;
	while (*path) {
		size_t len = strcspn(path, "/");
		bool found;
		uint32_t at = place(node, path, len, &found);

		if (!found && !make)
			return NULL;
		node = found ? node->kids[at] : kid_new(node, at, path, len);
		path += len;
		while (*path == '/')
			path++;
	}
	return node;
}

bool tree_there(const struct tree_node *node)
{
	if (!node || node->value)
		return node;
	for (uint32_t i = 0; i < node->n_kids; i++)
		if (tree_there(node->kids[i]))
			return true;
	return false;
}

static void node_free(struct tree_node *node)
{
	while (node->watches) {
		struct tree_watch *watch = node->watches;

		node->watches = watch->next;
		free(watch);
	}
	for (uint32_t i = 0; i < node->n_kids; i++)
		node_free(node->kids[i]);
	free(node->kids);
	free(node->value);
	free(node->name);
	free(node);
}

void tree_clear(struct tree_node *node)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < node->n_kids; i++) {
		struct tree_node *kid = node->kids[i];

		tree_clear(kid);
		if (kid->n_kids || kid->watches)
			node->kids[kept++] = kid;
		else
			node_free(kid);
	}
	node->n_kids = kept;
	free(node->value);
	node->value = NULL;
}

void tree_free(struct tree_node *root)
{
	node_free(root);
}
