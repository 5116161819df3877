// SPDX-License-Identifier: GPL-2.0-or-later
#include "arena.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define ALIGN	16

struct arena {
	size_t size, used;
};

struct block {
	_Alignas(ALIGN) size_t size;
};

static size_t rounded(size_t size)
{
	return (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

struct arena *arena_new(size_t size)
{
	struct arena *arena = mmap(NULL, size, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (arena == MAP_FAILED)
		return NULL;
	arena->size = size;
	arena->used = rounded(sizeof(*arena));
	return arena;
}

void arena_free(struct arena *arena)
{
	if (arena)
		munmap(arena, arena->size);
}

void *arena_take(void *arena, size_t size)
{
	struct arena *a = arena;
	struct block *block = (struct block *)((char *)a + a->used);

	size = rounded(size);
	if (size > a->size - a->used - sizeof(*block))
		abort();
	a->used += sizeof(*block) + size;
	block->size = size;
	return block + 1;
}

/* The last one grows where it is: a text that is written makes no copies. */
void *arena_more(void *arena, void *old, size_t size)
{
	struct arena *a = arena;
	struct block *block;
	void *bigger;

	if (!old)
		return arena_take(arena, size);
	block = (struct block *)old - 1;
	if (rounded(size) <= block->size)
		return old;
	if ((char *)old + block->size == (char *)a + a->used) {
		a->used -= sizeof(*block) + block->size;
		return arena_take(arena, size);
	}
	bigger = arena_take(arena, size);
	return memcpy(bigger, old, block->size);
}

void arena_drop(void *arena, void *block)
{
	(void)arena, (void)block;
}
