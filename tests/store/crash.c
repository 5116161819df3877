// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * LD_PRELOAD library, before preload.c's: counts balloond's calls and lets one of
 * them go wrong, as crash.h says. Time is the test's, so that a run of minutes
 * takes milliseconds and makes the same calls every time.
 */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <xenctrl.h>
#include <xenstore.h>

#include "crash.h"

#define FRAMES		10
#define SLICE_MS	2
#define WALL_S		1700000000
#define HEARD_MAX	16384

static struct crash *crash;
static struct xs_handle *connection;

#define REAL(name) ((__typeof__(&name))(uintptr_t)dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void crash_open(void)
{
	const char *path = getenv(CRASH_ENV);
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *map;

	if (fd < 0)
		return;
	map = mmap(NULL, sizeof(*crash), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		abort();
	crash = map;
	crash->idle = 0;
	crash->lost = 0;
}

/* --- calls ----------------------------------------------------------------- */

/* A chain of callers by their places in their files: the same in every run. */
static uint32_t site(void)
{
	void *frames[FRAMES];
	int n = backtrace(frames, FRAMES);
	uint32_t hash = 2166136261u;

	for (int i = 2; i < n; i++) {
		Dl_info info;
		uintptr_t at = (uintptr_t)frames[i];

		if (dladdr(frames[i], &info))
			at -= (uintptr_t)info.dli_fbase;
		hash = (hash ^ (uint32_t)at) * 16777619u;
	}
	return hash;
}

/* "/local/domain/7/memory/target" is "/local/domain/N/memory/target". */
static void blur(const char *path, char *out)
{
	size_t n = 0;

	while (*path && n < CRASH_WHAT - 1) {
		size_t len = strspn(path, "0123456789abcdef-");
		bool uuid = len == 36, digits = strspn(path, "0123456789") == len && len;

		if ((uuid || digits) && (path[len] == '/' || !path[len])) {
			out[n++] = uuid ? 'U' : 'N';
			path += len;
			continue;
		}
		do
			out[n++] = *path++;
		while (*path && path[-1] != '/' && n < CRASH_WHAT - 1);
	}
	out[n] = '\0';
}

static void pause_for_ever(void)
{
	for (;;)
		pause();
}

/* @return true: the call fails, with errno */
static bool before(enum crash_kind kind, const char *path)
{
	struct crash_call *call;
	bool here;

	if (!crash)
		return false;
	if (crash->lost && kind != CRASH_SETMAX && kind != CRASH_SETPOD &&
	    kind != CRASH_GETINFO && kind != CRASH_PHYSINFO) {
		errno = EBADF;
		return true;
	}
	crash->count[kind]++;
	if (crash->how == CRASH_NEVER && crash->n_calls < CRASH_CALLS) {
		call = &crash->call[crash->n_calls++];
		call->kind = kind;
		call->nth = crash->count[kind];
		call->site = site();
		blur(path, call->what);
	}
	here = crash->kind == (uint32_t)kind && crash->nth == crash->count[kind];
	if (crash->how == CRASH_REFUSE && crash->kind == (uint32_t)kind &&
	    crash->count[kind] >= crash->nth) {
		crash->done = 1;
		errno = EPERM;
		return true;
	}
	if (!here || crash->done)
		return false;
	switch (crash->how) {
	case CRASH_BEFORE:
		crash->done = 1;
		raise(SIGKILL);
		pause_for_ever();
		break;
	case CRASH_HANG:
		crash->done = 1;
		pause_for_ever();
		break;
	case CRASH_RESET:
		crash->done = crash->lost = 1;
		errno = ECONNRESET;
		return true;
	case CRASH_STORE:
		crash->done = 1;
		if (crash->xenstored > 0)
			kill(crash->xenstored, SIGKILL);
		break;
	default:
		break;
	}
	return false;
}

/* @return true: it was done, but nobody says so */
static bool after(enum crash_kind kind)
{
	if (!crash || crash->kind != (uint32_t)kind || crash->nth != crash->count[kind] ||
	    crash->done)
		return false;
	if (crash->how == CRASH_AFTER) {
		crash->done = 1;
		raise(SIGKILL);
		pause_for_ever();
	}
	if (crash->how == CRASH_INFLIGHT) {
		crash->done = crash->lost = 1;
		errno = EINVAL;		/* libxenstore's, when its reader ends meanwhile */
		return true;
	}
	return false;
}

/* CALL(kind, path, result type, failed, call) as a function's body */
#define CALL(kind, path, type, failed, ...)			\
	do {							\
		type result_;					\
		if (before(CRASH_##kind, path))			\
			return failed;				\
		result_ = __VA_ARGS__;				\
		return after(CRASH_##kind) ? failed : result_;	\
	} while (0)

bool xs_write(struct xs_handle *h, xs_transaction_t t, const char *path, const void *data,
	      unsigned int len)
{
	CALL(WRITE, path, bool, false, REAL(xs_write)(h, t, path, data, len));
}

bool xs_rm(struct xs_handle *h, xs_transaction_t t, const char *path)
{
	CALL(REMOVE, path, bool, false, REAL(xs_rm)(h, t, path));
}

xs_transaction_t xs_transaction_start(struct xs_handle *h)
{
	CALL(BEGIN, "", xs_transaction_t, XBT_NULL, REAL(xs_transaction_start)(h));
}

bool xs_transaction_end(struct xs_handle *h, xs_transaction_t t, bool undo)
{
	CALL(END, "", bool, false, REAL(xs_transaction_end)(h, t, undo));
}

bool xs_watch(struct xs_handle *h, const char *path, const char *token)
{
	CALL(WATCH, path, bool, false, REAL(xs_watch)(h, path, token));
}

bool xs_unwatch(struct xs_handle *h, const char *path, const char *token)
{
	CALL(UNWATCH, path, bool, false, REAL(xs_unwatch)(h, path, token));
}

void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path, unsigned int *len)
{
	CALL(READ, path, void *, NULL, REAL(xs_read)(h, t, path, len));
}

char **xs_directory(struct xs_handle *h, xs_transaction_t t, const char *path,
		    unsigned int *n)
{
	CALL(LIST, path, char **, NULL, REAL(xs_directory)(h, t, path, n));
}

int xc_domain_setmaxmem(xc_interface *xch, uint32_t domid, uint64_t max_kib)
{
	CALL(SETMAX, "", int, -1, REAL(xc_domain_setmaxmem)(xch, domid, max_kib));
}

int xc_domain_set_pod_target(xc_interface *xch, uint32_t domid, uint64_t pages,
			     uint64_t *tot, uint64_t *cache, uint64_t *entries)
{
	CALL(SETPOD, "", int, -1,
	     REAL(xc_domain_set_pod_target)(xch, domid, pages, tot, cache, entries));
}

int xc_domain_getinfolist(xc_interface *xch, uint32_t first, unsigned int max,
			  xc_domaininfo_t *info)
{
	CALL(GETINFO, "", int, -1, REAL(xc_domain_getinfolist)(xch, first, max, info));
}

int xc_physinfo(xc_interface *xch, xc_physinfo_t *info)
{
	CALL(PHYSINFO, "", int, -1, REAL(xc_physinfo)(xch, info));
}

/* --- the connection ---------------------------------------------------------- */

/* What xenstored said until the test's word: all of it is heard at once, or none. */
static char **heard[HEARD_MAX];
static unsigned int n_heard, next_heard;

struct xs_handle *xs_open(unsigned long flags)
{
	if (crash && crash->lost && crash->opens_fail) {
		crash->opens_fail--;
		errno = ECONNREFUSED;
		return NULL;
	}
	connection = REAL(xs_open)(flags);
	if (connection && crash) {
		n_heard = next_heard = 0;
		REAL(xs_watch)(connection, CRASH_SYNC, CRASH_SYNC);
		crash->lost = 0;
	}
	return connection;
}

void xs_close(struct xs_handle *h)
{
	if (h == connection)
		connection = NULL;
	REAL(xs_close)(h);
}

char **xs_check_watch(struct xs_handle *h)
{
	char **(*real)(struct xs_handle *handle) = REAL(xs_check_watch);

	if (!crash)
		return real(h);
	if (next_heard < n_heard)
		return heard[next_heard++];
	errno = EAGAIN;
	return NULL;
}

/* @return the letter of the test's word, or 0: it didn't come yet */
static uint32_t hear(void)
{
	char **event;

	if (next_heard == n_heard)
		n_heard = next_heard = 0;
	while (n_heard < HEARD_MAX && (event = REAL(xs_check_watch)(connection))) {
		unsigned char letter = 0;

		if (strcmp(event[XS_WATCH_TOKEN], CRASH_SYNC)) {
			heard[n_heard++] = event;
			continue;
		}
		if (event[XS_WATCH_PATH][sizeof(CRASH_SYNC) - 1] == '/')
			letter = (unsigned char)event[XS_WATCH_PATH][sizeof(CRASH_SYNC)];
		free(event);
		if (letter)
			return letter;
	}
	return 0;
}

/* --- time -------------------------------------------------------------------- */

int clock_gettime(clockid_t clock, struct timespec *now)
{
	uint64_t ms;

	if (!crash || (clock != CLOCK_MONOTONIC && clock != CLOCK_REALTIME))
		return REAL(clock_gettime)(clock, now);
	ms = crash->now_ms;
	now->tv_sec = (time_t)(ms / 1000) + (clock == CLOCK_REALTIME ? WALL_S : 0);
	now->tv_nsec = (long)(ms % 1000) * 1000000;
	return 0;
}

time_t time(time_t *out)
{
	struct timespec now = { 0 };

	clock_gettime(CLOCK_REALTIME, &now);
	if (out)
		*out = now.tv_sec;
	return now.tv_sec;
}

/* The descriptors that are ready by now; xenstored's by what was heard. */
static int ready(struct pollfd *fds, nfds_t n)
{
	int store_fd = connection ? REAL(xs_fileno)(connection) : -1, r, more = 0;

	for (nfds_t i = 0; i < n; i++)
		if (fds[i].fd == store_fd)
			fds[i].fd = -2 - store_fd;
	r = REAL(poll)(fds, n, 0);
	for (nfds_t i = 0; i < n; i++) {
		if (fds[i].fd != -2 - store_fd || store_fd < 0)
			continue;
		fds[i].fd = store_fd;
		fds[i].revents = next_heard < n_heard ? POLLIN : 0;
		more += fds[i].revents != 0;
	}
	return r + more;
}

/* Sleeps until the test's word, or, when that can't be heard, until something comes. */
int poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
	uint32_t letter = 0;
	uint64_t due_ms;
	int r;

	if (!crash)
		return REAL(poll)(fds, n, timeout_ms);
	r = ready(fds, n);
	if (r || !timeout_ms)
		return r;
	due_ms = timeout_ms < 0 ? UINT64_MAX : crash->now_ms + (uint64_t)timeout_ms;
	crash->due_ms = due_ms;
	crash->idle = 1;
	while (!letter) {
		struct pollfd store = { .fd = -1, .events = POLLIN };

		if (connection && !crash->lost)
			store.fd = REAL(xs_fileno)(connection);
		REAL(poll)(&store, 1, SLICE_MS);
		if (store.revents & POLLIN)
			letter = hear();
		/* libxenstore doesn't say that xenstored died: time goes on all the same. */
		if (letter || (store.fd >= 0 && !(crash->how == CRASH_STORE && crash->done)))
			continue;
		r = ready(fds, n);
		if (r || crash->now_ms >= due_ms)
			break;
	}
	crash->idle = 0;
	if (letter)
		crash->synced = letter;
	return letter ? ready(fds, n) : r;
}
