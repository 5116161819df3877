/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory for a library that doesn't look whether it got any: a span of addresses is
 * reserved at once, or not at all, and what is taken from it can't fail. Pages that
 * nobody touches cost nothing, and all of it goes at once.
 */
#ifndef BALLOOND_ARENA_H
#define BALLOOND_ARENA_H

#include <stddef.h>

struct arena;

/* NULL: no memory. */
struct arena *arena_new(size_t size);
void arena_free(struct arena *arena);

/* As malloc's, in the order of yajl_alloc_funcs. A span that ends is a fault of ours. */
void *arena_take(void *arena, size_t size);
void *arena_more(void *arena, void *block, size_t size);
void arena_drop(void *arena, void *block);

#endif
