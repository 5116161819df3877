// SPDX-License-Identifier: GPL-2.0-or-later
#include "output_file.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The handler reads these: each is set when its file is there, and before it goes. */
static char *volatile begun[OUTPUT_FILES];

static void interrupted(int sig)
{
	for (int i = 0; i < OUTPUT_FILES; i++)
		if (begun[i])
			unlink(begun[i]);
	signal(sig, SIG_DFL);
	raise(sig);
}

void output_signals(void)
{
	struct sigaction action = { .sa_handler = interrupted };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
}

static void remember(char *old, char *temporary)
{
	for (int i = 0; i < OUTPUT_FILES; i++) {
		if (begun[i] == old) {
			begun[i] = temporary;
			return;
		}
	}
}

bool output_begin(struct output_file *file, const char *path)
{
	sigset_t all, before;
	mode_t mask;
	int fd = -1;

	file->path = path;
	if (asprintf(&file->temporary, "%s.XXXXXX", path) < 0)
		abort();
	/* No signal between the file's making and its being remembered. */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	fd = mkstemp(file->temporary);
	if (fd >= 0)
		remember(NULL, file->temporary);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (fd < 0) {
		fprintf(stderr, "balloonsim: %s can't be written: %s\n", path, strerror(errno));
		free(file->temporary);
		file->temporary = NULL;
		return false;
	}
	mask = umask(0);
	umask(mask);
	fchmod(fd, 0666 & ~mask);
	close(fd);
	return true;
}

bool output_end(struct output_file *file, bool good)
{
	bool there = true;

	if (!file->temporary)
		return true;
	if (good && rename(file->temporary, file->path)) {
		fprintf(stderr, "balloonsim: %s can't be written: %s\n", file->path,
			strerror(errno));
		there = good = false;
	}
	if (!good)
		unlink(file->temporary);
	remember(file->temporary, NULL);
	free(file->temporary);
	file->temporary = NULL;
	return there;
}
