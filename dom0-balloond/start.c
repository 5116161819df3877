// SPDX-License-Identifier: GPL-2.0-or-later
#include "start.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "balloond.h"
#include "clock.h"
#include "config.h"
#include "control.h"
#include "host_xen.h"
#include "recall.h"
#include "round.h"
#include "snapshot.h"
#include "store.h"

#define RUN_FOLDER	"/run/balloond"
#define LOCK_TRIES	50	/* a tenth of a second apart */

/*
 * Two daemons would undo each other's work. The lock goes with the process. A `balloond
 * --settle` has it for a moment, which xlmem save runs when it finds no daemon: one that
 * is just started waits for that, as systemd doesn't try again who was the second of two.
 */
static int lock_take(const struct balloond *b)
{
	const char *socket = getenv(CONTROL_SOCKET_ENV);
	int fd, tries = b->options.settle ? 1 : LOCK_TRIES;
	char path[256];

	if (b->options.dry_run)
		return EXIT_DONE;
	if (!socket || !*socket) {
		socket = CONTROL_SOCKET;
		mkdir(RUN_FOLDER, 0755);
	}
	snprintf(path, sizeof(path), "%s.lock", socket);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0) {
		log_error("%s: %s", path, strerror(errno));
		return errno == EACCES || errno == EPERM ? EXIT_NO_RIGHTS : EXIT_FAILED;
	}
	while (flock(fd, LOCK_EX | LOCK_NB)) {
		if (--tries) {
			usleep(100000);
			continue;
		}
		log_error("another balloond runs (it holds %s): it settles by itself when "
			  "stopped", path);
		return EXIT_RUNNING;
	}
	return EXIT_DONE;	/* fd stays open until the end */
}

static int xen_start(struct balloond *b)
{
	int rc = xen_open(&b->xen);

	if (!rc)
		return EXIT_DONE;
	if (rc == -ENODEV) {
		log_error("this is not dom0 of a Xen host (/proc/xen/capabilities has no "
			  "control_d): nothing to balance");
		return EXIT_NO_XEN;
	}
	if (rc == -EACCES) {
		log_error("no right to talk to Xen: run balloond as root");
		return EXIT_NO_RIGHTS;
	}
	log_error("Xen doesn't answer: %s", strerror(-rc));
	return EXIT_FAILED;
}

static int store_start(struct balloond *b)
{
	int rc = store_open(&b->store);

	if (!rc)
		rc = watches_set(b);
	if (!rc)
		return EXIT_DONE;
	if (rc == -EACCES || rc == -EPERM) {
		log_error("no right to talk to xenstored: run balloond as root");
		return EXIT_NO_RIGHTS;
	}
	log_error("xenstored doesn't answer: %s; start it (systemctl start xenstored)",
		  strerror(-rc));
	return EXIT_NO_STORE;
}

/* Whoever else takes memory from dom0 when a VM starts. */
static const struct rival {
	const char *file, *off;
	bool on_without;	/* also where the file is missing: it's Xen's own */
} rivals[] = {
	{ "/etc/xen/xl.conf", "autoballoon=\"off\"", true },
	{ "/etc/libvirt/libxl.conf", "autoballoon = 0", false },
};

/* xl's and libvirt's default is "auto": off when Xen's command line has dom0_mem. */
static bool is_on(const char *value, bool dom0_mem)
{
	if (!strncmp(value, "auto", 4))
		return !dom0_mem;
	return strncmp(value, "off", 3) && value[0] != '0';
}

static void rival_warn(const struct rival *rival, bool dom0_mem)
{
	FILE *in = fopen(rival->file, "re");
	char line[512], value[32] = "auto";
	int n = 0, found = 0;

	if (!in && (errno != ENOENT || !rival->on_without))
		return;
	while (in && fgets(line, sizeof(line), in)) {
		n++;
		if (sscanf(line, " autoballoon = %*[\"']%31[^\"' \n]", value) == 1 ||
		    sscanf(line, " autoballoon = %31[^\"' \n]", value) == 1)
			found = n;
	}
	if (in)
		fclose(in);
	if (is_on(value, dom0_mem))
		log_warn("%s:%d: autoballoon is on: a toolstack and balloond would both move "
			 "dom0's memory; write %s there", rival->file, found ? found : n + 1,
			 rival->off);
}

static void rivals_warn(struct balloond *b)
{
	char line[1024];
	bool dom0_mem = !xen_command_line(b->xen, line, sizeof(line)) &&
			strstr(line, "dom0_mem=");

	for (size_t i = 0; i < sizeof(rivals) / sizeof(rivals[0]); i++)
		rival_warn(&rivals[i], dom0_mem);
}

int start(struct balloond *b)
{
	int status, rc;

	b->now_ms = b->started_ms = clock_ms();
	b->ops = b->options.dry_run ? &host_dry : &host_real;
	status = xen_start(b);
	if (!status)
		status = lock_take(b);
	if (!status)
		status = store_start(b);
	if (status)
		return status;
	rc = snapshot_init(b);
	if (rc) {
		log_error("%s", strerror(-rc));
		return EXIT_FAILED;
	}
	/* The first look at everything is also the test of every right to look. */
	rc = recall(b);
	if (rc == -ENODATA) {
		log_error("not all reservations can be read back from xenstored: start balloond again");
		return EXIT_NO_STORE;
	}
	if (rc) {
		log_error("Xen refuses to be read: %s; run balloond as root in dom0",
			  strerror(-rc));
		return rc == -EPERM || rc == -EACCES ? EXIT_NO_RIGHTS : EXIT_FAILED;
	}
	rivals_warn(b);
	return EXIT_DONE;
}

void finish(struct balloond *b)
{
	control_close(b);
	zero_finish(&b->zero);
	rescue_finish(b);
	snapshot_finish(b);
	store_close(b->store);
	xen_close(b->xen);
	config_finish(&b->settings);
}
