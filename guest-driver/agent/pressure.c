// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's pressure stall information (Linux 4.20): a trigger polls when tasks
 * stalled for memory for 20 ms of half a second, the shortest window that there is.
 */
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TRIGGER	"some 20000 500000"

int pressure_open(const char *root)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s" PATH_PRESSURE, root);
	fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0 && write(fd, TRIGGER, sizeof(TRIGGER)) < 0) {
		close(fd);
		fd = -1;
	}
	if (fd < 0)
		fprintf(stderr, "selfballoond: %s: %s: looking once a second instead\n", path,
			strerror(errno));
	return fd;
}
