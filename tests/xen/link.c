// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A guest's console as dom0 sees it: the agent's lines (see labagent.c) are
 * taken, everything goes to RESULTS/NAME.console.
 */
#include "lab.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

struct link {
	int fd, domid, up;
	unsigned int seq;	/* of the last command */
	char *answer;
	char buffer[20000];
	size_t len;
	FILE *log;
};

static struct link links[SCN_GUESTS];
static struct scenario *scn;

int link_fd(int guest)
{
	return links[guest].log ? links[guest].fd : -1;
}

int link_up(int guest)
{
	return links[guest].log && links[guest].fd >= 0 && links[guest].up;
}

void link_forget(int guest)
{
	links[guest].up = 0;
}

const char *link_answer(int guest)
{
	return links[guest].answer;
}

static void line_taken(int guest, char *line)
{
	struct link *l = &links[guest];
	char job[32], base[64];
	unsigned int seq;
	int n = 0;

	fprintf(l->log, "[%9.3f] %s\n", (double)lab_now() / 1000, line);
	line = strstr(line, "@L ");
	if (!line)
		return;
	if (sscanf(line, "@L J %31s %n", job, &n) == 1 && n) {
		snprintf(base, sizeof(base), "%s.%s", scn->guest[guest].name, job);
		book_line(base, line + n);
		book_event("job", "%s %s", base, line + n);
	} else if (sscanf(line, "@L %u %n", &seq, &n) == 1 && n) {
		l->up = 1;
		if (seq && seq == l->seq) {
			free(l->answer);
			l->answer = strdup(line + n);
		}
	} else if (strstr(line, "Out of memory") || strstr(line, "oom-kill") || strstr(line, "selfballoon")) {
		book_event("kernel", "%s: %s", scn->guest[guest].name, line + 5);
	}
}

void link_read(int guest)
{
	struct link *l = &links[guest];
	ssize_t n = read(l->fd, l->buffer + l->len, sizeof(l->buffer) - 1 - l->len);
	char *end;

	if (n <= 0) {
		if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
			close(l->fd);
			l->fd = -1;
		}
		return;
	}
	l->len += (size_t)n;
	l->buffer[l->len] = 0;
	while ((end = strchr(l->buffer, '\n')) || l->len == sizeof(l->buffer) - 1) {
		size_t len = end ? (size_t)(end + 1 - l->buffer) : l->len;

		l->buffer[end ? len - 1 : len] = 0;
		l->buffer[strcspn(l->buffer, "\r")] = 0;
		line_taken(guest, l->buffer);
		l->len -= len;
		memmove(l->buffer, l->buffer + len, l->len + 1);
	}
	fflush(l->log);
}

static void link_open(int guest, int domid)
{
	struct link *l = &links[guest];
	char *tty = sampler_tty(domid), path[96];
	struct termios raw;

	if (!tty)
		return;
	l->fd = open(tty, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	free(tty);
	if (l->fd < 0)
		return;
	if (!tcgetattr(l->fd, &raw)) {
		cfmakeraw(&raw);
		tcsetattr(l->fd, TCSANOW, &raw);
	}
	if (!l->log) {
		snprintf(path, sizeof(path), RESULTS "/%s.console", scn->guest[guest].name);
		l->log = fopen(path, "ae");
	}
	if (!l->log) {
		close(l->fd);
		l->fd = -1;
		return;
	}
	l->domid = domid;
	l->len = 0;
}

void link_follow(struct scenario *s)
{
	static int64_t last_try;

	if (!scn) {
		scn = s;
		for (int i = 0; i < SCN_GUESTS; i++)
			links[i].fd = links[i].domid = -1;
	}
	for (int i = 0; i < s->guests; i++) {
		struct link *l = &links[i];
		int id = sampler_domid(i);

		if (l->fd >= 0 && id == l->domid)
			continue;
		if (l->fd >= 0) {
			close(l->fd);
			l->fd = -1;
		}
		/* Restored: the same agent, up as before. Anew: it will say so. */
		if (id < 0)
			continue;
		if (lab_now() - last_try >= 100) {
			link_open(i, id);
			if (l->fd < 0)
				last_try = lab_now();
		}
	}
}

int link_send(int guest, const char *fmt, ...)
{
	struct link *l = &links[guest];
	char line[4096];
	size_t len, done = 0;
	va_list ap;
	int n = snprintf(line, sizeof(line), "%u ", ++l->seq);

	va_start(ap, fmt);
	vsnprintf(line + n, sizeof(line) - (size_t)n - 1, fmt, ap);
	va_end(ap);
	free(l->answer);
	l->answer = NULL;
	len = strlen(line);
	line[len++] = '\n';
	while (l->fd >= 0 && done < len) {
		ssize_t w = write(l->fd, line + done, len - done);

		if (w > 0)
			done += (size_t)w;
		else if (w < 0 && errno == EAGAIN)
			usleep(1000);
		else
			return -1;
	}
	return l->fd >= 0 ? 0 : -1;
}
