// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Preloaded into balloond in dom0: knows each kind of call to xenstored and Xen,
 * which is its name and, of a write, its path with the numbers left out; and kills
 * balloond at one of them. tests/store/crash.c does the same to every single call
 * where time stands still; here are a real host and real guests.
 *
 *	LABCRASH_LIST=FILE	each kind, once, as a line PHASE CALL PATH
 *	LABCRASH="before|after PHASE CALL PATH"	kill -9 there
 *
 * PHASE is `start` until the test says that memory moves (LABCRASH_MOVES), `turn` from then on.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xenctrl.h>
#include <xenstore.h>

#include "labcrash.h"

#define KINDS	128
#define KIND	112

static char seen[KINDS][KIND];
static unsigned int n_seen;
static bool moves;

#define REAL(name) ((__typeof__(&name))(uintptr_t)dlsym(RTLD_NEXT, #name))

/* "/local/domain/7/memory/target" is "/local/domain/N/memory/target". */
static void blur(const char *path, char *out, size_t size)
{
	size_t n = 0;

	while (*path && n < size - 1) {
		size_t len = strspn(path, "0123456789abcdef-");
		bool uuid = len == 36, digits = len && strspn(path, "0123456789") == len;

		if ((uuid || digits) && (path[len] == '/' || !path[len])) {
			out[n++] = uuid ? 'U' : 'N';
			path += len;
			continue;
		}
		do
			out[n++] = *path++;
		while (*path && path[-1] != '/' && n < size - 1);
	}
	out[n] = '\0';
}

static void note(const char *kind)
{
	const char *path = getenv("LABCRASH_LIST");
	int fd;

	for (unsigned int i = 0; i < n_seen; i++)
		if (!strcmp(seen[i], kind))
			return;
	if (!path || n_seen == KINDS)
		return;
	snprintf(seen[n_seen++], KIND, "%s", kind);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (fd >= 0) {
		dprintf(fd, "%s\n", kind);
		close(fd);
	}
}

static void at(const char *when, const char *call, const char *path)
{
	const char *here = getenv("LABCRASH");
	char text[KIND], what[KIND - 24];
	size_t len = strlen(when);

	blur(path, what, sizeof(what));
	moves = moves || !access(LABCRASH_MOVES, F_OK);
	snprintf(text, sizeof(text), "%s %s %s", moves ? "turn" : "start", call, *what ? what : "-");
	note(text);
	if (here && !strncmp(here, when, len) && here[len] == ' ' && !strcmp(here + len + 1, text))
		raise(SIGKILL);
}

/* CALL(call, path, type, real) as a function's body */
#define CALL(call, path, type, ...)			\
	do {						\
		type result_;				\
							\
		at("before", #call, path);		\
		result_ = __VA_ARGS__;			\
		at("after", #call, path);		\
		return result_;				\
	} while (0)

bool xs_write(struct xs_handle *h, xs_transaction_t t, const char *path, const void *data,
	      unsigned int len)
{
	CALL(write, path, bool, REAL(xs_write)(h, t, path, data, len));
}

bool xs_rm(struct xs_handle *h, xs_transaction_t t, const char *path)
{
	CALL(rm, path, bool, REAL(xs_rm)(h, t, path));
}

xs_transaction_t xs_transaction_start(struct xs_handle *h)
{
	CALL(begin, "", xs_transaction_t, REAL(xs_transaction_start)(h));
}

bool xs_transaction_end(struct xs_handle *h, xs_transaction_t t, bool undo)
{
	CALL(end, "", bool, REAL(xs_transaction_end)(h, t, undo));
}

bool xs_watch(struct xs_handle *h, const char *path, const char *token)
{
	CALL(watch, path, bool, REAL(xs_watch)(h, path, token));
}

bool xs_unwatch(struct xs_handle *h, const char *path, const char *token)
{
	CALL(unwatch, path, bool, REAL(xs_unwatch)(h, path, token));
}

void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *len)
{
	CALL(read, "", void *, REAL(xs_read)(h, t, path, len));
}

char **xs_directory(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *n)
{
	CALL(list, "", char **, REAL(xs_directory)(h, t, path, n));
}

int xc_domain_setmaxmem(xc_interface *xch, uint32_t domid, uint64_t max_kib)
{
	CALL(setmaxmem, "", int, REAL(xc_domain_setmaxmem)(xch, domid, max_kib));
}

int xc_domain_set_pod_target(xc_interface *xch, uint32_t domid, uint64_t pages, uint64_t *tot,
			     uint64_t *cache, uint64_t *entries)
{
	CALL(set_pod_target, "", int,
	     REAL(xc_domain_set_pod_target)(xch, domid, pages, tot, cache, entries));
}

int xc_domain_get_pod_target(xc_interface *xch, uint32_t domid, uint64_t *tot, uint64_t *cache,
			     uint64_t *entries)
{
	CALL(get_pod_target, "", int, REAL(xc_domain_get_pod_target)(xch, domid, tot, cache, entries));
}

int xc_domain_getinfolist(xc_interface *xch, uint32_t first, unsigned int max,
			  xc_domaininfo_t *info)
{
	CALL(getinfolist, "", int, REAL(xc_domain_getinfolist)(xch, first, max, info));
}

int xc_physinfo(xc_interface *xch, xc_physinfo_t *info)
{
	CALL(physinfo, "", int, REAL(xc_physinfo)(xch, info));
}
