// SPDX-License-Identifier: GPL-2.0-or-later
#include "store.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xenstore.h>

#include "core/mechanism.h"
#include "record.h"

#define PATH_MAX_BYTES		512
#define TRANSACTION_TRIES	8

struct store {
	struct xs_handle *xs;
	char **event;
	bool lost;
	struct store_counters counters;
};

#define PATH_FROM(path, format)						\
	char path[PATH_MAX_BYTES];					\
	do {								\
		va_list args_;						\
		va_start(args_, format);				\
		vsnprintf(path, sizeof(path), format, args_);		\
		va_end(args_);						\
	} while (0)

static bool answers(struct store *store)
{
	unsigned int len;
	char *value = xs_read(store->xs, XBT_NULL, "/", &len);

	free(value);
	return value != NULL;
}

/* What xenstored answers; any other errno comes from a broken connection. */
static int failure(struct store *store)
{
	store->counters.failures += errno != ENOENT;
	switch (errno) {
	case EINVAL:	/* also libxenstore's word when the answer never comes */
		store->lost = !answers(store);
		return store->lost ? -ENOTCONN : -EINVAL;
	case EACCES: case EEXIST: case EISDIR: case ENOENT:
	case ENOMEM: case ENOSPC: case EIO: case ENOTEMPTY: case ENOSYS:
	case EROFS: case EBUSY: case EAGAIN: case EISCONN: case E2BIG: case EPERM:
		return -errno;
	default:
		store->lost = true;
		return -ENOTCONN;
	}
}

int store_open(struct store **out)
{
	struct store *store = calloc(1, sizeof(*store));
	int rc;

	if (!store)
		return -ENOMEM;
	rc = store_reopen(store);
	if (rc)
		free(store);
	else
		*out = store;
	return rc;
}

int store_reopen(struct store *store)
{
	free(store->event);
	store->event = NULL;
	xs_close(store->xs);
	store->xs = xs_open(0);
	store->lost = !store->xs;
	return store->xs ? 0 : -errno;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	free(store->event);
	xs_close(store->xs);
	free(store);
}

bool store_lost(const struct store *store)
{
	return store->lost;
}

bool store_ping(struct store *store)
{
	/* libxenstore's reader thread ends without a word when xenstored does. */
	store_exists(store, "/local/domain/0");
	return !store->lost;
}

int store_fd(const struct store *store)
{
	return store->xs ? xs_fileno(store->xs) : -1;
}

const struct store_counters *store_counters(const struct store *store)
{
	return &store->counters;
}

int store_event(struct store *store, const char **path, const char **token)
{
	free(store->event);
	store->event = store->xs ? xs_check_watch(store->xs) : NULL;
	if (!store->event) {
		if (store->xs && errno != EAGAIN)
			failure(store);
		return -EAGAIN;
	}
	store->counters.events++;
	*path = store->event[XS_WATCH_PATH];
	*token = store->event[XS_WATCH_TOKEN];
	return 0;
}

int store_watch(struct store *store, const char *token, const char *format, ...)
{
	PATH_FROM(path, format);

	if (store->lost)
		return -ENOTCONN;
	return xs_watch(store->xs, path, token) || errno == EEXIST ? 0 : failure(store);
}

void store_unwatch(struct store *store, const char *token, const char *format, ...)
{
	PATH_FROM(path, format);

	if (!store->lost)
		xs_unwatch(store->xs, path, token);
}

static char *read_path(struct store *store, unsigned int *len, int *rc, const char *path)
{
	char *value;

	if (store->lost) {
		*rc = -ENOTCONN;
		return NULL;
	}
	store->counters.reads++;
	value = xs_read(store->xs, XBT_NULL, path, len);
	*rc = value ? 0 : failure(store);
	return value;
}

char *store_read(struct store *store, unsigned int *len, int *rc, const char *format, ...)
{
	PATH_FROM(path, format);

	return read_path(store, len, rc, path);
}

bool store_exists(struct store *store, const char *format, ...)
{
	unsigned int len;
	char *value;
	int rc;
	PATH_FROM(path, format);

	value = read_path(store, &len, &rc, path);
	free(value);
	return value != NULL;
}

int64_t store_read_kib(struct store *store, int64_t fallback, const char *format, ...)
{
	unsigned int len;
	char *value;
	u64 kib;
	int rc;
	PATH_FROM(path, format);

	value = read_path(store, &len, &rc, path);
	if (value && !decimal_parse(value, len, SCHEMA_KIB_MAX, &kib))
		fallback = (int64_t)kib;
	free(value);
	return fallback;
}

char **store_list(struct store *store, unsigned int *n, const char *format, ...)
{
	char **names;
	PATH_FROM(path, format);

	*n = 0;
	if (store->lost)
		return NULL;
	store->counters.reads++;
	names = xs_directory(store->xs, XBT_NULL, path, n);
	if (!names) {
		*n = 0;		/* libxenstore may have counted them before it ran out */
		failure(store);
	}
	return names;
}

int store_write(struct store *store, const char *value, const char *format, ...)
{
	PATH_FROM(path, format);

	if (store->lost)
		return -ENOTCONN;
	store->counters.writes++;
	return xs_write(store->xs, XBT_NULL, path, value, strlen(value)) ? 0 : failure(store);
}

int store_remove(struct store *store, const char *format, ...)
{
	PATH_FROM(path, format);

	if (store->lost)
		return -ENOTCONN;
	store->counters.writes++;
	return xs_rm(store->xs, XBT_NULL, path) || errno == ENOENT ? 0 : failure(store);
}

static int write_domain(struct store *store, xs_transaction_t t, uint32_t domid,
			const char *key, const char *value, int64_t expect_kib,
			int64_t *found_kib)
{
	char path[PATH_MAX_BYTES];
	unsigned int len;
	char *target;
	u64 kib;

	snprintf(path, sizeof(path), "/local/domain/%u/" KEY_TARGET, domid);
	target = xs_read(store->xs, t, path, &len);
	if (!target)
		return errno == ENOENT ? -ESRCH : failure(store);
	if (decimal_parse(target, len, SCHEMA_KIB_MAX, &kib))
		kib = (u64)expect_kib;	/* no order: replaced */
	free(target);
	if (expect_kib >= 0 && (int64_t)kib != expect_kib) {
		*found_kib = (int64_t)kib;
		return -ESTALE;
	}
	snprintf(path, sizeof(path), "/local/domain/%u/%s", domid, key);
	if (!xs_write(store->xs, t, path, value, strlen(value)))
		return failure(store);
	if (!MECHANISM(own_target) || strcmp(key, KEY_TARGET))
		return 0;
	snprintf(path, sizeof(path), "/local/domain/%u/" KEY_OWN_TARGET, domid);
	return xs_write(store->xs, t, path, value, strlen(value)) ? 0 : failure(store);
}

int store_write_domain(struct store *store, uint32_t domid, const char *key,
		       const char *value, int64_t expect_kib, int64_t *found_kib)
{
	int rc = -EAGAIN;

	for (int i = 0; i < TRANSACTION_TRIES && rc == -EAGAIN; i++) {
		xs_transaction_t t;

		if (store->lost)
			return -ENOTCONN;
		t = xs_transaction_start(store->xs);
		if (t == XBT_NULL)
			return failure(store);
		rc = write_domain(store, t, domid, key, value, expect_kib, found_kib);
		if (!xs_transaction_end(store->xs, t, rc != 0) && !rc)
			rc = failure(store);
	}
	if (!rc)
		store->counters.writes++;
	return rc;
}
