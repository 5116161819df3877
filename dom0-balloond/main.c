// SPDX-License-Identifier: GPL-2.0-or-later
/* balloond: moves memory between the guests of a Xen host. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "balloond.h"
#include "config.h"
#include "control.h"
#include "loop.h"
#include "notify.h"
#include "options.h"
#include "settle.h"
#include "start.h"
#include "tick.h"

/* @return exit status; faults are said with file and line on standard error */
static int config_start(struct balloond *b)
{
	const struct options *options = &b->options;
	int rc = config_read(options->config_file, stderr, &b->settings);

	if (rc == -ENOENT && !options->config_given) {
		config_default(&b->settings);	/* nothing said: the defaults are good */
		rc = 0;
	} else if (rc && rc != -EINVAL) {
		fprintf(stderr, "%s: %s\n", options->config_file, strerror(-rc));
	}
	return rc ? EXIT_CONFIG : EXIT_DONE;
}

/*
 * To the background, before anything is open: libxenstore's thread would not
 * survive a fork. The parent waits for the child's word and exits with it.
 * @return the pipe on which the child says its status; -1: this is an error
 */
static int background(void)
{
	unsigned char status = EXIT_FAILED;
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return -1;
	pid = fork();
	if (pid < 0)
		return -1;
	if (pid > 0) {
		close(fds[1]);
		if (read(fds[0], &status, 1) != 1)
			status = EXIT_FAILED;
		_exit(status);
	}
	close(fds[0]);
	setsid();
	if (chdir("/"))
		return -1;
	return fds[1];
}

static void background_done(int fd, int status)
{
	unsigned char byte = (unsigned char)status;
	int null;

	if (fd < 0)
		return;
	if (write(fd, &byte, 1) != 1)
		log_debug("nobody waits for the start");
	close(fd);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int i = 0; null >= 0 && i <= 2; i++)
		dup2(null, i);
}

/* Before the first thread, so that all of them leave the signals to the loop. */
static int signals_open(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);	/* ignored, as a parent may have it, children leave no word */
	return signalfd(-1, &set, SFD_CLOEXEC);
}

/*
 * What it has touched stays, what it never needs isn't fetched: a turn's code and
 * buffers are touched by the first one, and all of its libraries would be 20 MiB.
 */
static void memory_lock(void)
{
	if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT))
		log_warn("memory can't be locked (%s): a dom0 that swaps may swap balloond; give "
			 "it CAP_IPC_LOCK or LimitMEMLOCK=infinity", strerror(errno));
}

static int serve(struct balloond *b, int signal_fd, int ready_fd)
{
	int rc = control_open(b), status;

	if (rc) {
		log_error("the control socket can't be opened: %s", strerror(-rc));
		return EXIT_FAILED;
	}
	memory_lock();
	settle_start(b);
	b->turn_wanted = true;
	log_info("balloond " BALLAST_VERSION ": %u domains, %u reservations, %lld MiB free",
		 b->host.n_doms, b->host.n_reservations, (long long)b->host.free_kib / KIB_PER_MIB);
	background_done(ready_fd, EXIT_DONE);
	notify("READY=1");
	status = loop_run(b, signal_fd);
	notify("STOPPING=1");
	rc = b->ops->snapshot(b, &b->host);
	if (!rc && !settle_stop(b))
		log_info("ends; the guests are settled");
	else
		log_error("ends; not every guest is settled: balloond --settle tries again");
	return status;
}

static int run(struct balloond *b)
{
	const struct options *options = &b->options;
	bool stay = options->foreground || options->settle || options->dry_run;
	int ready_fd = stay ? -1 : background(), signal_fd = signals_open(), status;

	if (signal_fd < 0 || (!stay && ready_fd < 0)) {
		log_error("%s", strerror(errno));
		return EXIT_FAILED;
	}
	status = start(b);
	/* While its start is watched, the background speaks to the terminal too. */
	if (!status && !stay)
		log_init(true, options->verbose);
	if (status) {
		background_done(ready_fd, status);
	} else if (options->settle) {
		status = settle_stop(b) ? EXIT_FAILED : EXIT_DONE;
	} else if (options->dry_run) {
		settle_start(b);
		status = tick(b) ? EXIT_FAILED : EXIT_DONE;
	} else {
		status = serve(b, signal_fd, ready_fd);
	}
	return status;
}

int main(int argc, char **argv)
{
	static struct balloond b;
	int status;

	if (!options_parse(&b.options, argc, argv))
		return EXIT_USAGE;
	if (b.options.help) {
		options_help(stdout);
		return EXIT_DONE;
	}
	if (b.options.version) {
		printf("balloond " BALLAST_VERSION "\n");
		return EXIT_DONE;
	}
	if (b.options.help_config) {
		config_print_keys(stdout);
		return EXIT_DONE;
	}
	log_init(false, b.options.verbose);
	status = config_start(&b);
	if (!status && b.options.check)
		printf("%s: %s\n", b.options.config_file, access(b.options.config_file, F_OK) ?
		       "isn't there, the defaults hold" : "ok");
	else if (!status)
		status = run(&b);
	finish(&b);
	return status;
}
