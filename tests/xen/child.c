// SPDX-License-Identifier: GPL-2.0-or-later
/* Programs that a scenario runs in dom0. Their output goes to RESULTS/NAME.out. */
#include "lab.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILDREN 32

static struct child {
	char name[24];
	pid_t pid;
	int64_t start;
} children[CHILDREN];

static void path_of(const char *name, char *path, size_t size)
{
	snprintf(path, size, RESULTS "/%s.out", name);
}

/* The end of what was said counts when it is long: that is where errors are. */
static void text_take(const char *name)
{
	static char text[16384];
	char path[96];
	ssize_t n = -1;
	off_t size;
	int fd;

	path_of(name, path, sizeof(path));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		size = lseek(fd, 0, SEEK_END);
		if (size >= (off_t)sizeof(text))
			n = pread(fd, text, sizeof(text) - 1, size - (off_t)sizeof(text) + 1);
		else
			n = pread(fd, text, sizeof(text) - 1, 0);
		close(fd);
	}
	text[n > 0 ? n : 0] = 0;
	book_text(name, "out", text);
}

int child_start(const char *name, const char *command)
{
	struct child *c = children;
	char path[96];

	while (c < children + CHILDREN && c->pid)
		c++;
	if (c == children + CHILDREN || child_pid(name)) {
		book_event("error", "%s runs already, or too many do", name);
		return -1;
	}
	snprintf(c->name, sizeof(c->name), "%s", name);
	path_of(name, path, sizeof(path));
	c->start = lab_now();
	c->pid = fork();
	if (c->pid == 0) {
		int in = open("/dev/null", O_RDONLY);
		int out = open(path, O_WRONLY | O_CREAT | O_APPEND, 0644);

		dup2(in, 0);
		dup2(out, 1);
		dup2(out, 2);
		if (in > 2)
			close(in);
		if (out > 2)
			close(out);
		setsid();
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	if (c->pid < 0) {
		c->pid = 0;
		return -1;
	}
	book_set(name, "alive", 1);
	return 0;
}

int child_pid(const char *name)
{
	for (int i = 0; i < CHILDREN; i++)
		if (children[i].pid && !strcmp(children[i].name, name))
			return children[i].pid;
	return 0;
}

void child_reap(void)
{
	for (struct child *c = children; c < children + CHILDREN; c++) {
		int status;

		if (!c->pid || waitpid(c->pid, &status, WNOHANG) != c->pid)
			continue;
		c->pid = 0;
		book_set(c->name, "alive", 0);
		book_set(c->name, "exit", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
		book_set(c->name, "ms", lab_now() - c->start);
		text_take(c->name);
	}
}

void child_texts(void)
{
	for (struct child *c = children; c < children + CHILDREN; c++)
		if (c->pid)
			text_take(c->name);
}

void child_end_all(void)
{
	for (struct child *c = children; c < children + CHILDREN; c++)
		if (c->pid)
			kill(-c->pid, SIGTERM);
}
