/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xenstore, through libxenstore; no other file includes its header. Paths are
 * printf formats. Errors are negative errno; -ENOENT: no such key; -ENOTCONN:
 * xenstored is gone, store_reopen() may bring it back.
 */
#ifndef BALLOOND_STORE_H
#define BALLOOND_STORE_H

#include <stdbool.h>
#include <stdint.h>

struct store;

struct store_counters {
	uint64_t reads, writes, events;
	uint64_t failures;	/* but for keys that aren't there */
};

int store_open(struct store **out);
void store_close(struct store *store);
int store_reopen(struct store *store);	/* watches are gone: set them again */
bool store_lost(const struct store *store);
bool store_ping(struct store *store);	/* one read: is anybody there? */
int store_fd(const struct store *store);
const struct store_counters *store_counters(const struct store *store);

/* The next watch event; token and path live until the next call. -EAGAIN: none */
int store_event(struct store *store, const char **path, const char **token);
int store_watch(struct store *store, const char *token, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void store_unwatch(struct store *store, const char *token, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Value with a final NUL, to be freed; NULL and *rc on error. */
char *store_read(struct store *store, unsigned int *len, int *rc, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
bool store_exists(struct store *store, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Strict decimal up to SCHEMA_KIB_MAX; `fallback` when absent or not one. */
int64_t store_read_kib(struct store *store, int64_t fallback, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Names below a path, NUL-terminated, to be freed; NULL when none. */
char **store_list(struct store *store, unsigned int *n, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

int store_write(struct store *store, const char *value, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int store_remove(struct store *store, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Write `key` of a domain that is still there: in one transaction with a look at
 * its memory/target, since a plain write would make a dead domain's folder
 * again. With expect_kib >= 0 the target must still be that: -ESTALE says that
 * somebody else wrote it, and *found_kib what. A memory/target is written a second
 * time, at KEY_OWN_TARGET: by that it is known for balloond's after a restart.
 */
int store_write_domain(struct store *store, uint32_t domid, const char *key,
		       const char *value, int64_t expect_kib, int64_t *found_kib);

#endif
