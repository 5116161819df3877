// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * xenstore-check: holds a live store against the table of schema.h. Reads only.
 * Every key that is there must have its kind, its bounds and its owner; nothing
 * else may lie in Ballast's own folders. Absent keys are no fault.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xenstore.h>

#include "record.h"

#define PATH_MAX_LEN	512
#define WEIGHT_MAX	65535

struct key {
	const char *path, *owner, *kind, *summary;
};

#define KEY_ROW(path, owner, kind, summary, test)	{ path, owner, kind, summary },
static const struct key keys[] = { SCHEMA_KEYS(KEY_ROW) };
#define N_KEYS	(sizeof(keys) / sizeof(keys[0]))

static struct xs_handle *store;
static unsigned int n_checked, n_findings;

static void finding(const char *path, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void finding(const char *path, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	printf("%s: ", path);
	vprintf(format, list);
	putchar('\n');
	va_end(list);
	n_findings++;
}

static bool is_number(const char *text, u64 *value)
{
	return decimal_parse(text, strlen(text), ~0ULL, value) == 0;
}

static bool is_uuid(const char *text)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	size_t i;

	for (i = 0; form[i]; i++)
		if (form[i] == '-' ? text[i] != '-' :
		    !text[i] || !strchr("0123456789abcdef", text[i]))
			return false;
	return !text[i];
}

/* What the last part of a path says about a number's bounds. */
static u64 bound_of(const char *path)
{
	const char *leaf = strrchr(path, '/') + 1;

	if (!strcmp(leaf, "weight"))
		return WEIGHT_MAX;
	if (!strcmp(leaf, "idle_shutdown"))
		return 1;
	if (!strcmp(leaf, "expires"))
		return SCHEMA_COUNT_MAX;
	if (!strcmp(leaf, "domain"))
		return 0x7fff;	/* DOMID_FIRST_RESERVED is 0x7ff0 */
	return SCHEMA_KIB_MAX;
}

static void check_value(const struct key *key, const char *path, const char *text,
			unsigned int len)
{
	struct lease lease;
	struct report report;
	bool minus;
	size_t i;
	u64 n;

	if (!strcmp(key->kind, "lease")) {
		if (lease_parse(text, len, &lease))
			finding(path, "is no lease of version %d", SCHEMA_VERSION);
	} else if (!strcmp(key->kind, "report")) {
		if (report_parse(text, len, &report))
			finding(path, "is no report of version %d", SCHEMA_VERSION);
	} else if (!strcmp(key->kind, "text")) {
		for (i = 0; i < len && (unsigned char)text[i] >= ' '; i++)
			;
		if (len == 0 || i < len)
			finding(path, len ? "holds control characters" : "is empty");
	} else {
		minus = !strcmp(key->kind, "signed") && len && text[0] == '-';
		if (decimal_parse(text + minus, len - minus, bound_of(key->path), &n))
			finding(path, "'%.40s' is no %s up to %" PRIu64, text, key->kind,
				bound_of(key->path));
		else if (!strcmp(strrchr(path, '/'), "/weight") && n == 0)
			finding(path, "a weight is at least 1");
	}
}

/*
 * The first entry names the owner and what everybody else may; the others
 * grant. Only a key whose owner is the guest may be written by it, and a lease
 * must be readable to it.
 */
static void check_permissions(const struct key *key, const char *path, unsigned int domid)
{
	bool guests = !strcmp(key->owner, "guest"), reads = false, writes = false;
	struct xs_permissions *perms;
	unsigned int n, i;

	perms = xs_get_permissions(store, XBT_NULL, path, &n);
	if (!perms || !n) {
		finding(path, "no permissions: %s", strerror(errno));
		free(perms);
		return;
	}
	if (perms[0].perms & XS_PERM_WRITE)
		finding(path, "everybody may write it");
	if (perms[0].id != 0 && !(guests && perms[0].id == domid))
		finding(path, "belongs to domain %u, not to %s", perms[0].id, key->owner);
	reads = (perms[0].perms & XS_PERM_READ) || perms[0].id == domid;
	writes = perms[0].id == domid;
	for (i = 1; i < n; i++) {
		bool may = perms[i].perms & XS_PERM_WRITE;

		if (may && perms[i].id != 0 && !(guests && perms[i].id == domid))
			finding(path, "domain %u may write it", perms[i].id);
		if (perms[i].id == domid) {
			reads |= perms[i].perms & XS_PERM_READ;
			writes |= may;
		}
	}
	if (!strcmp(key->kind, "lease") && !reads)
		finding(path, "the guest can't read its lease");
	if (guests && !writes)
		finding(path, "the guest can't write its report");
	free(perms);
}

static void check_key(const struct key *key, const char *path, unsigned int domid)
{
	unsigned int len;
	char *text = xs_read(store, XBT_NULL, path, &len);

	if (!text) {
		if (errno != ENOENT)
			finding(path, "%s", strerror(errno));
		return;
	}
	n_checked++;
	/* dom0 makes the leaf, empty, before the guest writes its first report. */
	if (len || strcmp(key->kind, "report"))
		check_value(key, path, text, len);
	check_permissions(key, path, domid);
	free(text);
}

static const struct key *key_find(const char *folder, const char *leaf)
{
	char path[PATH_MAX_LEN];
	size_t i;

	snprintf(path, sizeof(path), "%s/%s", folder, leaf);
	for (i = 0; i < N_KEYS; i++)
		if (!strcmp(keys[i].path, path))
			return &keys[i];
	return NULL;
}

/* Does the table have keys below it? */
static bool is_folder(const char *folder)
{
	size_t len = strlen(folder), i;

	for (i = 0; i < N_KEYS; i++)
		if (!strncmp(keys[i].path, folder, len) && keys[i].path[len] == '/')
			return true;
	return false;
}

/* A folder that is ours alone: all its leaves are in the table. */
static void check_folder(const char *path, const char *folder, unsigned int domid)
{
	unsigned int n, i;
	char **names = xs_directory(store, XBT_NULL, path, &n);

	for (i = 0; names && i < n; i++) {
		const struct key *key = key_find(folder, names[i]);
		char leaf[PATH_MAX_LEN], below[PATH_MAX_LEN];

		snprintf(leaf, sizeof(leaf), "%s/%s", path, names[i]);
		snprintf(below, sizeof(below), "%s/%s", folder, names[i]);
		if (key)
			check_key(key, leaf, domid);
		else if (is_folder(below))
			check_folder(leaf, below, domid);
		else
			finding(leaf, "is not in the schema");
	}
	free(names);
}

static void check_domain(const char *name)
{
	char path[PATH_MAX_LEN];
	u64 domid;
	size_t i;

	if (!is_number(name, &domid))
		return;
	for (i = 0; i < N_KEYS; i++) {
		if (keys[i].path[0] != '~' || strstr(keys[i].path, "/selfballoon/"))
			continue;
		snprintf(path, sizeof(path), "/local/domain/%s%s", name, keys[i].path + 1);
		check_key(&keys[i], path, (unsigned int)domid);
	}
	snprintf(path, sizeof(path), "/local/domain/%s/memory/selfballoon", name);
	check_folder(path, "~/memory/selfballoon", (unsigned int)domid);
	snprintf(path, sizeof(path), "/local/domain/%s/data/selfballoon", name);
	check_folder(path, "~/data/selfballoon", (unsigned int)domid);
}

static bool read_kib(const char *folder, const char *leaf, u64 *kib)
{
	char path[PATH_MAX_LEN];
	unsigned int len;
	char *text;
	bool ok;

	snprintf(path, sizeof(path), "%s/%s", folder, leaf);
	text = xs_read(store, XBT_NULL, path, &len);
	ok = text && is_number(text, kib);
	free(text);
	return ok;
}

static void check_vm(const char *uuid)
{
	char path[PATH_MAX_LEN];
	u64 min, max;

	snprintf(path, sizeof(path), KEY_VM "/%s", uuid);
	if (!is_uuid(uuid))
		finding(path, "is named by no uuid");
	check_folder(path, KEY_VM "/<uuid>", 0);
	if (read_kib(path, "min", &min) && read_kib(path, "max", &max) && min > max)
		finding(path, "min is more than max");
}

static void check_reservation(const char *id)
{
	char path[PATH_MAX_LEN];
	u64 n, min, max;

	snprintf(path, sizeof(path), KEY_RESERVATION "/%s", id);
	if (!is_number(id, &n))
		finding(path, "is named by no number");
	check_folder(path, KEY_RESERVATION "/<id>", 0);
	if (!read_kib(path, "size", &n))
		finding(path, "has no size");
	if (read_kib(path, "min", &min) && read_kib(path, "max", &max) && min > max)
		finding(path, "min is more than max");
}

static void each(const char *folder, void (*check)(const char *name))
{
	unsigned int n, i;
	char **names = xs_directory(store, XBT_NULL, folder, &n);

	for (i = 0; names && i < n; i++)
		check(names[i]);
	free(names);
}

static void check_tool(const char *name)
{
	if (strcmp(name, "vm") && strcmp(name, "reservation"))
		finding(KEY_TOOL, "%s is not in the schema", name);
}

static void usage(FILE *out)
{
	fputs("Usage: xenstore-check [--keys]\n"
	      "Checks the running xenstore against Ballast's schema; --keys prints that.\n", out);
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--keys")) {
		for (size_t i = 0; i < N_KEYS; i++)
			printf("%s\t%s\t%s\t%s\n", keys[i].path, keys[i].owner,
			       keys[i].kind, keys[i].summary);
		return 0;
	}
	if (argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		usage(stdout);
		return 0;
	}
	if (argc != 1) {
		usage(stderr);
		return 2;
	}
	store = xs_open(0);
	if (!store) {
		fprintf(stderr, "xenstore-check: no xenstored answers (%s): run it in dom0 of a Xen host\n",
			strerror(errno));
		return 2;
	}
	each("/local/domain", check_domain);
	each(KEY_TOOL, check_tool);
	each(KEY_VM, check_vm);
	each(KEY_RESERVATION, check_reservation);
	xs_close(store);
	printf("%u keys checked, %u findings\n", n_checked, n_findings);
	return n_findings > 0;
}
