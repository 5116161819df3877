// SPDX-License-Identifier: GPL-2.0-or-later
#include "lab.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char usage[] =
	"usage: labrun --check FILE [NAME=VALUE...]	is the scenario well-formed?\n"
	"       labrun --plan FILE [NAME=VALUE...]	what it needs, as shell variables\n"
	"       labrun FILE [NAME=VALUE...]		run it (in dom0 of the emulated host)\n";

static struct scenario scn;
void (*lab_look)(void);

int lab_wait(int64_t bound_ms, int (*done)(void *), void *ctx)
{
	static int64_t next_sample;
	int64_t end = lab_now() + bound_ms;

	for (;;) {
		struct pollfd fds[SCN_GUESTS + 1];
		int64_t now, timeout;

		if (done && done(ctx))
			return 0;
		now = lab_now();
		if (now >= end)
			return done ? -1 : 0;
		if (now >= next_sample) {
			sampler_tick();
			if (lab_look)
				lab_look();
			link_follow(&scn);
			next_sample = now + SAMPLE_MS;
			continue;
		}
		timeout = next_sample < end ? next_sample - now : end - now;
		for (int i = 0; i < scn.guests; i++)
			fds[i] = (struct pollfd){ .fd = link_fd(i), .events = POLLIN };
		fds[scn.guests] = (struct pollfd){ .fd = sampler_fd(), .events = POLLIN };
		if (poll(fds, (nfds_t)scn.guests + 1, (int)timeout) < 0 && errno != EINTR)
			return -1;
		sampler_watches();
		for (int i = 0; i < scn.guests; i++)
			if (fds[i].fd >= 0 && fds[i].revents)
				link_read(i);
		child_reap();
	}
}

static int conf_write(void)
{
	FILE *f;

	if (!scn.conf[0])
		return 0;
	mkdir("/etc/balloond", 0755);
	f = fopen("/etc/balloond/balloond.conf", "we");
	if (!f)
		return -1;
	fputs(scn.conf, f);
	return fclose(f);
}

/* From what labtrace noted: writes of the watched keys, in our time. */
static void writers_keep(void)
{
	FILE *from = fopen("/run/xenstore-writes.csv", "re");
	FILE *to = from ? fopen(RESULTS "/writers.csv", "we") : NULL;
	static char line[9000];

	while (to && fgets(line, sizeof(line), from)) {
		char *rest = strchr(line, ',');
		long long ms = atoll(line) - lab_start();

		if (rest && ms >= 0 && (strstr(rest, "/memory/target,") || strstr(rest, "/selfballoon/") ||
					strstr(rest, "/tool/balloond")))
			fprintf(to, "%lld%s", ms, rest);
	}
	if (from)
		fclose(from);
	if (to)
		fclose(to);
}

static void plan_print(void)
{
	printf("host=%d dom0=%d dom0_max=%d nodes=%d real_s=%d expectations=%d daemon=%d tool=%d module=%d devicemodel=%d\n",
	       scn.host, scn.dom0, scn.dom0_max, scn.nodes, scn.real_s, scn.expectations,
	       scn.needs_daemon, scn.needs_tool, scn.needs_module, scn.needs_devicemodel);
	printf("disks='");
	for (int i = 0; i < scn.guests; i++)
		if (scn.guest[i].swap_disk >= 0)
			printf(" %d", atoi(scn.guest[i].swap + 5));
	printf("'\nkernels='");
	for (int i = 0; i < scn.guests; i++)
		printf(" %s", scn.guest[i].kernel);
	printf("'\n");
}

int main(int argc, char **argv)
{
	const char *mode = argc > 2 && argv[1][0] == '-' ? argv[1] : "";
	const char *const *params = (const char *const *)argv + (*mode ? 3 : 2);
	FILE *f;
	int failures;

	if (argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		fputs(usage, stdout);
		return 0;
	}
	if (argc < 2 || (argv[1][0] == '-' && strcmp(mode, "--check") && strcmp(mode, "--plan"))) {
		fputs(usage, stderr);
		return 2;
	}
	if (scenario_read(&scn, argv[*mode ? 2 : 1], params))
		return 2;
	if (*mode) {
		if (!strcmp(mode, "--plan"))
			plan_print();
		return 0;
	}
	book_init(&scn);
	if (conf_write() || sampler_init(&scn))
		return 1;
	book_event("scenario", "%s", scn.title[0] ? scn.title : scn.name);
	book_guests();
	failures = steps_run(&scn);
	lab_wait(2 * SAMPLE_MS, NULL, NULL);
	child_end_all();
	lab_wait(1000, NULL, NULL);
	sampler_finish();
	writers_keep();
	f = fopen(RESULTS "/values", "we");
	if (f) {
		book_dump(f);
		fclose(f);
	}
	book_event("result", "%s: %d expectations, %d failures", scn.name, scn.expectations, failures);
	return failures ? 1 : 0;
}
