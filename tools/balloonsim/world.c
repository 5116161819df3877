// SPDX-License-Identifier: GPL-2.0-or-later
#include "world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim_daemon.h"
#include "sim_store.h"
#include "sim_tool.h"
#include "sim_xen.h"

struct sim_item {
	uint64_t at_us, sequence;	/* ties in the order asked for */
	sim_event fn;			/* NULL: forgotten */
	void *arg;
};

/* A simulation that runs out of memory has nothing to save. */
static void *grown(void *array, uint32_t n, size_t size)
{
	void *p = reallocarray(array, n, size);

	if (!p) {
		fprintf(stderr, "balloonsim: out of memory\n");
		exit(1);
	}
	return p;
}

struct world *world_new(uint64_t seed, int64_t total_kib)
{
	struct world *w = grown(NULL, 1, sizeof(*w));

	memset(w, 0, sizeof(*w));
	w->seed = w->chance = seed;
	w->total_kib = w->free_kib = total_kib;
	w->costs = (struct sim_costs){ .hypercall_us = 2, .store_op_us = 40, .watch_us = 200 };
	w->heap_size = 256;
	w->heap = grown(NULL, w->heap_size, sizeof(*w->heap));
	w->store = sim_store_new(w);
	return w;
}

void world_free(struct world *w)
{
	if (!w)
		return;
	if (sim_daemon_runs(w))
		sim_daemon_kill(w);
	sim_tool_free(w);
	while (w->n_doms)
		sim_dom_drop(w, w->doms[w->n_doms - 1]);
	sim_store_free(w->store);
	free(w->daemon);
	free(w->doms);
	free(w->heap);
	free(w);
}

static bool before(const struct sim_item *a, const struct sim_item *b)
{
	return a->at_us != b->at_us ? a->at_us < b->at_us : a->sequence < b->sequence;
}

static void sift_up(struct sim_item *heap, uint32_t i)
{
	struct sim_item item = heap[i];

	while (i && before(&item, &heap[(i - 1) / 2])) {
		heap[i] = heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	heap[i] = item;
}

static void sift_down(struct sim_item *heap, uint32_t n, uint32_t i)
{
	struct sim_item item = heap[i];

	for (;;) {
		uint32_t child = 2 * i + 1;

		if (child + 1 < n && before(&heap[child + 1], &heap[child]))
			child++;
		if (child >= n || !before(&heap[child], &item))
			break;
		heap[i] = heap[child];
		i = child;
	}
	heap[i] = item;
}

void world_at(struct world *w, uint64_t at_us, sim_event fn, void *arg)
{
	if (w->n_heap == w->heap_size) {
		w->heap_size *= 2;
		w->heap = grown(w->heap, w->heap_size, sizeof(*w->heap));
	}
	w->heap[w->n_heap] = (struct sim_item){
		.at_us = at_us > w->now_us ? at_us : w->now_us,
		.sequence = w->sequence++, .fn = fn, .arg = arg,
	};
	sift_up(w->heap, w->n_heap++);
}

void world_forget(struct world *w, const void *arg)
{
	for (uint32_t i = 0; i < w->n_heap; i++)
		if (w->heap[i].arg == arg)
			w->heap[i].fn = NULL;
}

uint64_t world_next_us(const struct world *w)
{
	return w->n_heap ? w->heap[0].at_us : SIM_NEVER;
}

static void run_until(struct world *w, uint64_t until_us)
{
	while (w->n_heap && w->heap[0].at_us <= until_us) {
		struct sim_item item = w->heap[0];

		w->heap[0] = w->heap[--w->n_heap];
		if (w->n_heap)
			sift_down(w->heap, w->n_heap, 0);
		if (!item.fn)
			continue;
		w->now_us = item.at_us > w->now_us ? item.at_us : w->now_us;
		w->stats.events++;
		item.fn(w, item.arg);
	}
	if (w->now_us < until_us)
		w->now_us = until_us;
}

void world_run(struct world *w, uint64_t until_us)
{
	run_until(w, until_us);
}

void world_elapse(struct world *w, uint64_t us)
{
	run_until(w, w->now_us + us);
}

/* SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators). */
uint64_t rnd(struct world *w, uint64_t n)
{
	uint64_t z = w->chance += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return (z ^ (z >> 31)) % n;
}

int64_t rnd_range(struct world *w, int64_t low, int64_t high)
{
	return low + (int64_t)rnd(w, (uint64_t)(high - low) + 1);
}

void world_note(struct world *w, const char *format, ...)
{
	char text[512];
	va_list args;

	if (!w->on_note)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	w->on_note(w, text);
}

void world_breach(struct world *w, const char *format, ...)
{
	char text[sizeof(w->stats.first_breach) - 40];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (!w->stats.breaches++)
		snprintf(w->stats.first_breach, sizeof(w->stats.first_breach),
			 "at %llu.%06llu s: %s", (unsigned long long)(w->now_us / SIM_S),
			 (unsigned long long)(w->now_us % SIM_S), text);
	world_note(w, "BREACH: %s", text);
}
