// SPDX-License-Identifier: GPL-2.0-or-later
/* on_refusal = "command": idle VMs are closed for a start that doesn't fit. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "balloond.h"
#include "command.h"
#include "core/kib.h"
#include "core/plan.h"
#include "idle.h"
#include "refusal.h"
#include "size.h"

#define COMMAND_MS	60000	/* it tells VMs to shut down; their time is the request's */
#define EVENT_MS	1000
#define LOOK_MS		250

/*
 * Nobody but balloond is to outlive dom0's out-of-memory killer: what systemd gives it
 * (OOMScoreAdjust=-1000) children inherit, and theirs. Locked memory they do not. By a
 * shell, because posix_spawn() can't, and fork() wants balloond's memory twice.
 */
#define AS_OTHERS	"echo 0 >/proc/self/oom_score_adj; exec \"$@\""

/* Nothing of ours goes along: no descriptor, no blocked signal, no environment. */
static int spawn(const char *path, char *const *argv, pid_t *pid)
{
	static char *const environment[] = {
		(char *)"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", NULL,
	};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	int error;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
				 POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDWR, 0);
	posix_spawn_file_actions_adddup2(&files, 0, 1);
	posix_spawn_file_actions_adddup2(&files, 0, 2);
	posix_spawn_file_actions_addclosefrom_np(&files, 3);
	error = posix_spawn(pid, path, &files, &attributes, argv, environment);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attributes);
	return -error;
}

static int command_run_for(struct balloond *b, int64_t shortfall_kib, const struct idle_set *set)
{
	static char shell[] = "/bin/sh", option[] = "-c", script[] = AS_OTHERS;
	char *argv[IDLE_NAMES_MAX + 7], number[24];
	uint32_t n = 0;

	if (access(b->settings.on_refusal_command, X_OK))
		return -errno;
	snprintf(number, sizeof(number), "%" PRId64, shortfall_kib);
	argv[n++] = shell;
	argv[n++] = option;
	argv[n++] = script;
	argv[n++] = shell;	/* $0 */
	argv[n++] = b->settings.on_refusal_command;
	argv[n++] = number;
	for (uint32_t k = 0; k < set->n; k++)
		argv[n++] = b->host.doms[set->dom[k]].name;
	argv[n] = NULL;
	return spawn(argv[0], argv, &b->rescue.child);
}

/*
 * As much as admission gained by each stop, as it comes free: what a VM had above
 * its floor was others' to count on before.
 */
static int64_t freed_kib(struct balloond *b)
{
	int64_t sum_kib = 0;

	for (uint32_t k = 0; k < b->rescue.n_closing; k++) {
		struct closing *closing = &b->rescue.closing[k];
		int i = balloond_find(b, closing->domid);
		const struct dom *dom = i < 0 ? NULL : &b->host.doms[i];

		if (dom && dom->kind != DOM_DYING) {
			closing->had_kib = dom->actual_kib;
			closing->frees_kib = admission_stop_frees_kib(dom);
			continue;
		}
		sum_kib += kib_clamp(closing->had_kib - (dom ? dom->actual_kib : 0), 0,
				     closing->frees_kib);
	}
	return sum_kib;
}

void rescue_keep(struct balloond *b, enum rescue_keep what)
{
	int64_t least_kib = promise_least_kib(&b->rescue.request);

	b->host.kept_kib = 0;
	if (!b->rescue.waits)
		return;
	if (what == RESCUE_FREED && MECHANISM(rescue_kept)) {
		struct admission left;	/* somebody may have taken it meanwhile */

		admission_decide(&b->host, 0, &left);
		b->host.kept_kib = kib_min(kib_min(freed_kib(b), least_kib), left.fits_kib);
	}
	if (what == RESCUE_ALL && MECHANISM(rescue_first))
		b->host.kept_kib = least_kib;
}

/* One at a time: what its VMs free isn't there yet and can't be promised twice. */
bool rescue_start(struct balloond *b, const struct promise_request *request,
		  const struct admission *admission)
{
	struct rescue *rescue = &b->rescue;
	struct idle_set set;
	int rc;

	if (b->settings.on_refusal != ON_REFUSAL_command || b->options.dry_run ||
	    rescue->waits || rescue->child || !request->wait_s)
		return false;
	idle_choose(b, admission->shortfall_kib, true, &set);
	if (!set.n)
		return false;
	rc = command_run_for(b, admission->shortfall_kib, &set);
	if (rc) {
		rescue->child = 0;
		log_error("%s can't be run: %s", b->settings.on_refusal_command, strerror(-rc));
		return false;
	}
	log_info("\"%s\" doesn't fit: %s is to close %u idle VMs, %s first", request->name,
		 b->settings.on_refusal_command, set.n, b->host.doms[set.dom[0]].name);
	rescue->waits = true;
	rescue->n_closing = set.n;
	for (uint32_t k = 0; k < set.n; k++)
		rescue->closing[k] = (struct closing){ .domid = b->host.doms[set.dom[k]].domid };
	rescue->request = *request;
	snprintf(rescue->name, sizeof(rescue->name), "%s", request->name);
	snprintf(rescue->purpose, sizeof(rescue->purpose), "%s", request->purpose);
	rescue->request.name = rescue->name;
	rescue->request.purpose = rescue->purpose;
	rescue->until_ms = b->now_ms + (uint64_t)request->wait_s * 1000;
	rescue->event_ms = b->now_ms + EVENT_MS;
	rescue->kill_ms = b->now_ms + COMMAND_MS;
	rescue_keep(b, RESCUE_FREED);
	return true;
}

static void child_look(struct balloond *b)
{
	struct rescue *rescue = &b->rescue;
	int status;
	pid_t pid;

	if (!rescue->child)
		return;
	pid = waitpid(rescue->child, &status, WNOHANG);
	if (pid < 0 && errno != EINTR) {	/* somebody reaped it: it isn't ours to kill */
		rescue->child = 0;
	} else if (pid == rescue->child) {
		if (!WIFEXITED(status) || WEXITSTATUS(status))
			log_warn("%s failed (%s %d)", b->settings.on_refusal_command,
				 WIFEXITED(status) ? "status" : "signal",
				 WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
		rescue->child = 0;
	} else if (b->now_ms >= rescue->kill_ms) {
		kill(-rescue->child, SIGKILL);
	}
}

void rescue_update(struct balloond *b)
{
	struct rescue *rescue = &b->rescue;
	int64_t least_kib = promise_least_kib(&rescue->request), left_ms;
	struct admission admission;
	char message[192], a[SIZE_TEXT_MAX];
	int r;

	child_look(b);
	b->host.kept_kib = 0;
	if (!rescue->waits)
		return;
	left_ms = (int64_t)(rescue->until_ms - b->now_ms);
	admission_decide(&b->host, least_kib, &admission);
	if (admission.verdict < ADMIT_AFTER_DEATH) {
		rescue->request.wait_s = left_ms > 0 ? left_ms / 1000 : 0;
		rescue->waits = false;
		r = promise_add(b, &rescue->request);
		if (r < 0)
			reserve_failed(b, rescue->request.client, strerror(-r));
	} else if (left_ms <= 0) {
		rescue->waits = false;
		b->counters.starts_refused++;
		snprintf(message, sizeof(message), "the idle VMs that were told to shut down didn't "
			 "in time: %s MiB are short; xlmem list shows who still runs",
			 size_text(admission.lacks_kib, a));
		reserve_refused(b, rescue->request.client, message, admission.lacks_kib);
	} else if (b->now_ms >= rescue->event_ms) {
		rescue->event_ms = b->now_ms + EVENT_MS;
		reserve_waiting(b, rescue->request.client, least_kib - admission.lacks_kib < 0 ?
				0 : least_kib - admission.lacks_kib, least_kib);
	}
	rescue_keep(b, RESCUE_FREED);
}

void rescue_client_gone(struct balloond *b, uint32_t client)
{
	if (b->rescue.waits && b->rescue.request.client == client)
		b->rescue.waits = false;
}

uint64_t rescue_due_ms(const struct balloond *b)
{
	return b->rescue.waits || b->rescue.child ? b->now_ms + LOOK_MS : UINT64_MAX;
}

void rescue_finish(struct balloond *b)
{
	if (b->rescue.child)
		kill(-b->rescue.child, SIGKILL);
}
