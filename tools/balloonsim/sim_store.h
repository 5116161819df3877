/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The simulated xenstored: a tree and watches. balloond sees it through store.h;
 * the toolstack and the guests through these, which cost no time.
 */
#ifndef SIM_STORE_H
#define SIM_STORE_H

#include "world.h"

struct sim_store *sim_store_new(struct world *w);
void sim_store_free(struct sim_store *store);

/* NULL: no such key. Lives until the key is written or removed. */
const char *sim_read(struct world *w, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int64_t sim_read_kib(struct world *w, int64_t fallback, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void sim_write(struct world *w, const char *value, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void sim_write_number(struct world *w, int64_t value, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void sim_remove(struct world *w, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* `fn` is called costs.watch_us after each change at or below the path. */
void sim_watch(struct world *w, sim_event fn, void *arg, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void sim_unwatch(struct world *w, const void *arg, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* @introduceDomain, @releaseDomain */
void sim_fire(struct world *w, const char *special);

/* xenstored dies: balloond's calls fail until it is back, empty or as it was. */
void sim_store_stop(struct world *w);
void sim_store_start(struct world *w, bool empty);

#endif
