// SPDX-License-Identifier: GPL-2.0-only
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "version.h"

#define BLIND_MS	1000	/* without a pressure trigger, or after a look that failed */

/* O(name, as an option, value's name, default, least, most, what it says) */
#define OPTIONS(O)								\
	O(interval, "interval", "SECONDS", 5, 1, 3600, "between two looks at what the guest needs")	\
	O(downhysteresis, "downhysteresis", "N", 8, 1, 1000000, "without balloond: give back 1/N of the surplus an interval") \
	O(uphysteresis, "uphysteresis", "N", 1, 1, 1000000, "without balloond: take 1/N of the shortfall an interval") \
	O(min_usable_mb, "min-usable-mb", "MIB", 0, 0, 1 << 20, "never to be given back, if above the built-in floor") \
	O(reserved_mb, "reserved-mb", "MIB", -1, 0, 1 << 20, "needed beyond Committed_AS and the kernel's own (a 32nd of RAM, at least 16)")

#define OPTION_ENUM(name, ...) OPT_##name,
#define OPTION_VALUE(name, option, arg, initial, ...) initial,
#define OPTION_LONG(name, option, ...) { option, required_argument, NULL, 256 + OPT_##name },
enum { OPTIONS(OPTION_ENUM) N_OPTIONS };
static long values[] = { OPTIONS(OPTION_VALUE) };
static const struct option_row {
	const char *name, *arg, *doc;
	long least, most;
} rows[] = {
#define OPTION_ROW(name, option, arg, initial, least, most, doc) { option, arg, doc, least, most },
	OPTIONS(OPTION_ROW)
};

static const char *root = "";

uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void usage(FILE *out)
{
	fputs("Usage: selfballoond [OPTION]...\n"
	      "Sizes this Xen guest by what it needs, where xen-selfballoon.ko can't be loaded.\n"
	      "Runs in the foreground until SIGTERM.\n\n", out);
	for (int i = 0; i < N_OPTIONS; i++) {
		char left[64], range[48];

		snprintf(left, sizeof(left), "--%s=%s", rows[i].name, rows[i].arg);
		snprintf(range, sizeof(range), "%ld to %ld", rows[i].least, rows[i].most);
		fprintf(out, "  %-24s %s; %s", left, rows[i].doc, range);
		if (values[i] >= 0)
			fprintf(out, ", default %ld", values[i]);
		fputc('\n', out);
	}
	fputs("  --root=DIR               look at /proc and /sys below DIR\n"
	      "  --help                   this\n"
	      "  --version                the version\n", out);
}

static int value_set(int i, const char *text)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || n < rows[i].least || n > rows[i].most) {
		fprintf(stderr, "selfballoond: --%s: \"%s\" is not a number from %ld to %ld\n",
			rows[i].name, text, rows[i].least, rows[i].most);
		return -1;
	}
	values[i] = n;
	return 0;
}

/* @return -1 to go on, else the exit code */
static int options_read(int argc, char **argv)
{
	static const struct option longs[] = {
		OPTIONS(OPTION_LONG)
		{ "root", required_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "hV", longs, NULL)) != -1) {
		if (c >= 256) {
			if (value_set(c - 256, optarg))
				return 2;
		} else if (c == 'r') {
			root = optarg;
		} else if (c == 'h') {
			usage(stdout);
			return 0;
		} else if (c == 'V') {
			puts("selfballoond " BALLAST_VERSION);
			return 0;
		} else {
			fputs("Try selfballoond --help\n", stderr);
			return 2;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "selfballoond: \"%s\": no arguments are taken; try --help\n",
			argv[optind]);
		return 2;
	}
	return -1;
}

static bool is_there(const char *path)
{
	char whole[4096];

	snprintf(whole, sizeof(whole), "%s%s", root, path);
	return !access(whole, F_OK);
}

static void config_fill(struct agent *agent)
{
	uint64_t total_kib = agent->in.tot_kib - agent->in.hidden_kib;

	agent->interval_ms = (uint64_t)values[OPT_interval] * 1000;
	agent->cfg = (struct goal_config) {
		.enabled = true,
		.downhysteresis = (uint64_t)values[OPT_downhysteresis],
		.uphysteresis = (uint64_t)values[OPT_uphysteresis],
		.min_usable_kib = (uint64_t)values[OPT_min_usable_mb] << 10,
		.reserved_kib = values[OPT_reserved_mb] < 0 ? goal_reserved(total_kib) :
				(uint64_t)values[OPT_reserved_mb] << 10,
	};
}

/* One look, decision and act. @return milliseconds until the next is due */
static uint64_t react(struct agent *agent, unsigned int events)
{
	struct goal_input *in = &agent->in;
	const struct goal_verdict *v = &agent->verdict;
	uint64_t due_ms, next_ms;

	in->now_ms = now_ms();
	if (in->now_ms - agent->tick_ms >= agent->interval_ms) {
		agent->tick_ms = in->now_ms;
		events |= GOAL_TICK;
	}
	in->events = events;
	in->directed = agent->told.directed;
	in->ceiling_kib = agent->told.ceiling_kib;
	in->static_max_kib = agent->told.static_max_kib;
	if (look(agent)) {
		fputs("selfballoond: can't look at this guest; trying again\n", stderr);
		return BLIND_MS;
	}
	goal_decide(&agent->cfg, &agent->state, in, &agent->verdict);
	balloon_ask(agent);
	store_report(agent);

	next_ms = goal_look_ms(&agent->state, in, v, agent->interval_ms);
	due_ms = goal_report_due(&agent->said, v, agent->told.epoch, in->now_ms);
	return due_ms < next_ms ? due_ms + 1 : next_ms;
}

static int run(struct agent *agent, int store_fd, int pressure_fd, int signal_fd)
{
	struct pollfd fds[] = {
		{ .fd = signal_fd, .events = POLLIN },
		{ .fd = store_fd, .events = POLLIN },
		{ .fd = pressure_fd, .events = POLLPRI },
	};
	uint64_t most_ms = pressure_fd < 0 ? BLIND_MS : UINT64_MAX;
	uint64_t wait_ms = react(agent, 0);

	for (;;) {
		uint64_t due_ms = store_due_ms(agent);
		unsigned int events = 0;

		wait_ms = wait_ms < most_ms ? wait_ms : most_ms;
		wait_ms = wait_ms < due_ms ? wait_ms : due_ms;
		if (poll(fds, 3, (int)wait_ms) < 0 && errno != EINTR)
			return -1;
		if (fds[0].revents)
			return 0;
		if (agent->lost || ((fds[1].revents || !store_due_ms(agent)) && store_read(agent))) {
			fputs("selfballoond: lost xenstore\n", stderr);
			return -1;
		}
		if (fds[2].revents & POLLERR)
			fds[2].fd = -1;
		else if (fds[2].revents & POLLPRI)
			events = GOAL_RECLAIM;
		fds[0].revents = fds[1].revents = fds[2].revents = 0;
		wait_ms = react(agent, events);
	}
}

/* What has to bring memory must not wait for any, nor be the one that is killed. */
static void survive(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		fprintf(stderr, "selfballoond: memory isn't locked: %s\n", strerror(errno));
	if (fd < 0 || write(fd, "-1000", 5) < 0)
		fprintf(stderr, "selfballoond: oom_score_adj: %s\n", strerror(errno));
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	static struct agent agent;
	int rc = options_read(argc, argv), store_fd, signal_fd;
	sigset_t signals;

	if (rc >= 0)
		return rc;
	setvbuf(stderr, NULL, _IOLBF, 0);
	if (is_there("/sys/module/xen_selfballoon")) {
		fputs("selfballoond: xen-selfballoon.ko is loaded, which does this better: nothing to do\n",
		      stderr);
		return 1;
	}
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal_fd = signalfd(-1, &signals, SFD_CLOEXEC);

	if (look_open(root) || balloon_open(root))
		return 1;
	store_fd = store_open(&agent);
	if (store_fd < 0 || store_read(&agent))
		return 1;
	if (getrandom(&agent.boot, sizeof(agent.boot), 0) != sizeof(agent.boot))
		agent.boot = now_ms();
	if (look(&agent))
		return 1;
	config_fill(&agent);
	survive();
	rc = run(&agent, store_fd, pressure_open(root), signal_fd);
	balloon_leave(&agent);
	store_close(&agent);
	return rc ? 1 : 0;
}
