// SPDX-License-Identifier: GPL-2.0-or-later
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define POLL_MS	20

static struct sigaction old_int, old_quit;

static const char *program(const char *variable, const char *fallback)
{
	const char *path = getenv(variable);

	return path && *path ? path : fallback;
}

const char *child_xl(void)
{
	return program("XLMEM_XL", "xl");
}

const char *child_balloond(void)
{
	return program("XLMEM_BALLOOND", "balloond");
}

pid_t child_start(char *const *argv)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	pid_t pid;

	sigaction(SIGINT, &ignore, &old_int);
	sigaction(SIGQUIT, &ignore, &old_quit);
	pid = fork();
	if (pid < 0) {
		int rc = -errno;

		sigaction(SIGINT, &old_int, NULL);
		sigaction(SIGQUIT, &old_quit, NULL);
		return rc;
	}
	if (pid == 0) {
		sigaction(SIGINT, &old_int, NULL);
		sigaction(SIGQUIT, &old_quit, NULL);
		execvp(argv[0], argv);
		_exit(127);
	}
	return pid;
}

bool child_wait(pid_t pid, int wait_ms, int *exit_status)
{
	int status, waited_ms;
	pid_t got;

	for (waited_ms = 0;; waited_ms += POLL_MS) {
		do {
			got = waitpid(pid, &status, wait_ms < 0 ? 0 : WNOHANG);
		} while (got < 0 && errno == EINTR);
		if (got)
			break;
		if (waited_ms >= wait_ms)
			return false;
		poll(NULL, 0, POLL_MS);
	}
	sigaction(SIGINT, &old_int, NULL);
	sigaction(SIGQUIT, &old_quit, NULL);
	*exit_status = got < 0 ? 127 : WIFSIGNALED(status) ? 128 + WTERMSIG(status) :
		       WEXITSTATUS(status);
	return true;
}

int child_run(char *const *argv)
{
	pid_t pid = child_start(argv);
	int exit_status = 127;

	if (pid > 0)
		child_wait(pid, -1, &exit_status);
	return exit_status;
}

/* Of a child for which no signal was put aside. */
static int reaped(pid_t pid)
{
	int status = 0;
	pid_t got;

	do {
		got = waitpid(pid, &status, 0);
	} while (got < 0 && errno == EINTR);
	return got < 0 ? 127 : WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static char *read_all(int fd, size_t most)
{
	char *text = malloc(most + 2);
	size_t len = 0;
	ssize_t n = 1;

	while (text && n && len <= most) {
		n = read(fd, text + len, most + 1 - len);
		if (n < 0 && errno != EINTR)
			break;
		len += n > 0 ? (size_t)n : 0;
	}
	if (text && (n < 0 || len > most)) {
		free(text);
		return NULL;
	}
	if (text)
		text[len] = '\0';
	return text;
}

char *child_output(char *const *argv, size_t most)
{
	int fds[2], exit_status = 127;
	char *text;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return NULL;
	pid = fork();
	if (pid == 0) {
		dup2(fds[1], STDOUT_FILENO);
		execvp(argv[0], argv);
		_exit(127);
	}
	close(fds[1]);
	text = pid > 0 ? read_all(fds[0], most) : NULL;
	close(fds[0]);
	if (pid > 0)
		exit_status = reaped(pid);
	if (exit_status) {
		free(text);
		return NULL;
	}
	return text;
}

char **child_argv(const char *command, char *const *words, int n)
{
	char **argv = calloc(n + 3 + CHILD_MORE, sizeof(*argv));
	int i;

	if (!argv)
		abort();
	argv[0] = (char *)child_xl();
	argv[1] = (char *)command;
	for (i = 0; i < n; i++)
		argv[2 + i] = words[i];
	return argv;
}
