// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's own balloon through its sysfs files. They count in pages of its own; on
 * PVH and HVM memory/target and Xen's tot_pages exceed them by a constant, the pages
 * that the kernel never saw as RAM.
 */
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DELTA_MAX_KIB	(64 << 10)	/* more than that is somebody's order */
#define PAGE_KIB	4ULL
#define KICK_MS		1000		/* retry a populate that failed */

static const char *const names[] = { "target_kb", "info/current_kb", "info/low_kb", "info/high_kb" };
enum { TARGET, CURRENT, LOW, HIGH, N_NAMES };
static int fds[N_NAMES];
static bool pv;

/* Measured once a boot: an agent that comes later finds what its predecessor set. */
#define DELTA_PATH	"/run/selfballoond.delta"
static char delta_path[4096];
static bool delta_known;
static int64_t delta_kib;	/* tot_pages minus current_kb */
static uint64_t ours_kib;	/* what we wrote to target_kb last; 0: nothing */

static int kib_read(int which, uint64_t *out)
{
	char text[32];
	ssize_t n = pread(fds[which], text, sizeof(text) - 1, 0);
	char *end;

	if (n <= 0)
		return -1;
	text[n] = '\0';
	*out = strtoull(text, &end, 10);
	return end == text ? -1 : 0;
}

static bool delta_read(void)
{
	FILE *f = fopen(delta_path, "re");
	long kib = -1;

	if (f) {
		if (fscanf(f, "%ld", &kib) != 1)
			kib = -1;
		fclose(f);
	}
	if (kib < 0 || kib > DELTA_MAX_KIB)
		return false;
	delta_kib = kib;
	return true;
}

static void delta_write(void)
{
	FILE *f = fopen(delta_path, "we");

	if (!f || fprintf(f, "%" PRId64 "\n", delta_kib) < 0)
		fprintf(stderr, "selfballoond: %s: %s\n", delta_path, strerror(errno));
	if (f)
		fclose(f);
}

int balloon_open(const char *root)
{
	char path[4096], type[8] = "";
	FILE *f;

	for (int i = 0; i < N_NAMES; i++) {
		snprintf(path, sizeof(path), "%s" PATH_BALLOON "/%s", root, names[i]);
		fds[i] = open(path, (i == TARGET ? O_RDWR : O_RDONLY) | O_CLOEXEC);
		if (fds[i] < 0) {
			fprintf(stderr, "selfballoond: %s: %s%s\n", path, strerror(errno),
				errno == ENOENT ? ": the kernel has no Xen balloon driver" : "");
			return -1;
		}
	}
	snprintf(path, sizeof(path), "%s/sys/hypervisor/guest_type", root);
	f = fopen(path, "re");
	if (f) {
		if (!fgets(type, sizeof(type), f))
			type[0] = '\0';
		fclose(f);
	}
	pv = !strncmp(type, "PV\n", 3);
	snprintf(delta_path, sizeof(delta_path), "%s" DELTA_PATH, root);
	return 0;
}

int balloon_gather(struct agent *agent, uint64_t mem_total_kib)
{
	struct goal_input *in = &agent->in;
	const struct told *told = &agent->told;
	uint64_t target_kib, current_kib, low_kib, high_kib;

	if (kib_read(TARGET, &target_kib) || kib_read(CURRENT, &current_kib) ||
	    kib_read(LOW, &low_kib) || kib_read(HIGH, &high_kib))
		return -1;
	if (!delta_known && delta_read())
		delta_known = true;
	if (!delta_known && told->target_kib) {
		/* Nobody but the stock watch has set a target yet, or it is no constant. */
		delta_kib = pv ? 0 : (int64_t)told->target_kib - (int64_t)target_kib;
		if (delta_kib < 0 || delta_kib > DELTA_MAX_KIB)
			delta_kib = 0;
		delta_known = true;
		delta_write();
	}
	in->tot_kib = current_kib + (uint64_t)delta_kib;
	in->hidden_kib = in->tot_kib > mem_total_kib ? in->tot_kib - mem_total_kib : 0;
	in->room_kib = in->tot_kib + low_kib + high_kib;
	in->max_kib = 0;	/* Xen's limit isn't told to user space: the lease stands for it */
	/* Root's own word through target_kb counts as an order, as dom0's. */
	if (target_kib != ours_kib)
		in->asked_kib = target_kib + (uint64_t)delta_kib;
	return 0;
}

static void target_write(uint64_t kib)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%" PRIu64, kib);

	if (pwrite(fds[TARGET], text, (size_t)n, 0) == n)
		ours_kib = kib;
	else
		fprintf(stderr, "selfballoond: " PATH_BALLOON "/target_kb: %s\n", strerror(errno));
}

/*
 * After a failed attempt the stock thread sleeps for 2 s and more, and only a target
 * that differs wakes it: where nothing moved for a second it is moved by a page, and
 * back in the next.
 */
void balloon_ask(struct agent *agent)
{
	uint64_t goal_kib = agent->verdict.goal_kib - (uint64_t)delta_kib;
	uint64_t current_kib = agent->in.tot_kib - (uint64_t)delta_kib, target_kib, off_kib;
	bool kick = false;

	if (agent->verdict.goal_kib <= (uint64_t)delta_kib || kib_read(TARGET, &target_kib))
		return;
	off_kib = goal_kib > target_kib ? goal_kib - target_kib : target_kib - goal_kib;
	if (current_kib != agent->kick_kib || goal_kib == current_kib) {
		agent->kick_kib = current_kib;
		agent->kick_ms = agent->in.now_ms;
	} else if (agent->in.now_ms - agent->kick_ms >= KICK_MS) {
		agent->kick_ms = agent->in.now_ms;
		kick = true;
	}
	if (kick && !off_kib)
		goal_kib += goal_kib < current_kib ? PAGE_KIB : -PAGE_KIB;
	else if (off_kib <= PAGE_KIB && !(kick && off_kib))
		return;
	target_write(goal_kib);
}

void balloon_leave(struct agent *agent)
{
	uint64_t current_kib, goal_kib, asked_kib;

	if (kib_read(CURRENT, &current_kib) || !ours_kib)
		return;
	goal_kib = agent->verdict.goal_kib - (uint64_t)delta_kib;
	asked_kib = agent->in.asked_kib > (uint64_t)delta_kib ?
		    agent->in.asked_kib - (uint64_t)delta_kib : 0;
	if (goal_kib > current_kib)
		goal_kib = current_kib;
	target_write(goal_kib > asked_kib ? goal_kib : asked_kib);
}
