// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Preloaded into xenstored: tells who wrote what. xenstored's own trace (-T)
 * names connections by address and seconds; this turns it into lines of
 *
 *	MS,WRITER,WRITE|RM|MKDIR|SET_PERMS,PATH,VALUE
 *
 * where a WRITER is COMMAND:PID for a program in dom0 (the peer of its socket)
 * or domN. MS is CLOCK_MONOTONIC. xenstored itself behaves as ever. Writes in a
 * transaction appear when they are sent, also if it is retried later.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define WRITERS 512

static int trace_fd = -1;
static char line[8192];
static size_t len;
static char accepted[64];	/* who the next new connection belongs to */
static char introduced[16];
static struct writer {
	char conn[24], who[64];
} writers[WRITERS];

static struct writer *writer_of(const char *conn, int make)
{
	struct writer *spare = NULL;

	for (struct writer *w = writers; w < writers + WRITERS; w++) {
		if (!strcmp(w->conn, conn))
			return w;
		if (!w->conn[0] && !spare)
			spare = w;
	}
	if (make && spare)
		snprintf(spare->conn, sizeof(spare->conn), "%s", conn);
	return make ? spare : NULL;
}

static void emit(const char *conn, const char *op, char *args)
{
	static char text[9000];
	struct writer *w = writer_of(conn, 0);
	const char *who = w ? w->who : "?", *home = "";
	char *value = strchr(args, ' '), prefix[40];
	ssize_t (*real_write)(int, const void *, size_t) =
		(ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
	struct timespec ts;
	int n;

	if (value)
		*value++ = 0;
	if (args[0] != '/' && !strncmp(who, "dom", 3)) {
		snprintf(prefix, sizeof(prefix), "/local/domain/%.10s/", who + 3);
		home = prefix;
	}
	clock_gettime(CLOCK_MONOTONIC, &ts);
	n = snprintf(text, sizeof(text), "%lld,%s,%s,%s%s,%s\n",
		     (long long)ts.tv_sec * 1000 + ts.tv_nsec / 1000000, who, op, home, args,
		     value ? value : "");
	if (n > 0 && n < (int)sizeof(text) && real_write(trace_fd, text, (size_t)n) < 0)
		trace_fd = -1;
}

static void line_done(void)
{
	char conn[24], op[24];
	int at = 0;
	struct writer *w;

	if (sscanf(line, "CREATE connection %23s", conn) == 1) {
		w = writer_of(conn, 1);
		if (w)
			snprintf(w->who, sizeof(w->who), "%s", accepted[0] ? accepted :
				 introduced[0] ? introduced : "dom0");
		accepted[0] = introduced[0] = 0;
	} else if (sscanf(line, "DESTROY connection %23s", conn) == 1) {
		w = writer_of(conn, 0);
		if (w)
			w->conn[0] = 0;
	} else if (sscanf(line, "IN %23s %*s %*s %23s (%n", conn, op, &at) == 2 && at) {
		if (len && line[len - 1] == ')')
			line[len - 1] = 0;
		if (!strcmp(op, "INTRODUCE"))
			snprintf(introduced, sizeof(introduced), "dom%d", atoi(line + at));
		else if (!strcmp(op, "WRITE") || !strcmp(op, "RM") || !strcmp(op, "MKDIR") ||
			 !strcmp(op, "SET_PERMS"))
			emit(conn, op, line + at);
	}
}

int open(const char *path, int flags, ...)
{
	int (*real_open)(const char *, int, ...) =
		(int (*)(const char *, int, ...))dlsym(RTLD_NEXT, "open");
	size_t n = strlen(path);
	va_list ap;
	int fd, mode;

	va_start(ap, flags);
	mode = va_arg(ap, int);
	va_end(ap);
	fd = real_open(path, flags, mode);
	if (n > 4 && !strcmp(path + n - 4, ".csv"))
		trace_fd = fd;
	return fd;
}

/* xenstored writes its trace byte by byte; here it costs no system call. */
ssize_t write(int fd, const void *data, size_t size)
{
	ssize_t (*real_write)(int, const void *, size_t) =
		(ssize_t (*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
	const char *p = data;

	if (fd != trace_fd || fd < 0)
		return real_write(fd, data, size);
	for (size_t i = 0; i < size; i++) {
		if (p[i] == '\n') {
			line[len] = 0;
			line_done();
			len = 0;
		} else if (len < sizeof(line) - 1) {
			line[len++] = p[i];
		}
	}
	return (ssize_t)size;
}

int accept(int fd, struct sockaddr *addr, socklen_t *addr_len)
{
	int (*real_accept)(int, struct sockaddr *, socklen_t *) =
		(int (*)(int, struct sockaddr *, socklen_t *))dlsym(RTLD_NEXT, "accept");
	int got = real_accept(fd, addr, addr_len);
	struct ucred peer;
	socklen_t size = sizeof(peer);
	char path[40], comm[24] = "?";
	int f;

	if (got < 0 || getsockopt(got, SOL_SOCKET, SO_PEERCRED, &peer, &size))
		return got;
	snprintf(path, sizeof(path), "/proc/%d/comm", peer.pid);
	f = open(path, O_RDONLY | O_CLOEXEC, 0);
	if (f >= 0) {
		ssize_t n = read(f, comm, sizeof(comm) - 1);

		comm[n > 0 ? n : 0] = 0;
		comm[strcspn(comm, "\n")] = 0;
		close(f);
	}
	snprintf(accepted, sizeof(accepted), "%s:%d", comm, peer.pid);
	return got;
}
