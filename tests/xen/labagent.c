// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * labagent: PID 1 of a guest of the emulated host. It takes commands from dom0
 * on the guest's console, so that nothing of the test harness goes through
 * xenstore, and starts the workloads.
 *
 *	dom0 says	SEQ stat | run COMMAND | start JOB ARGUMENTS | tell JOB WORDS
 *			| poweroff
 *	the guest says	@L SEQ ok KEY=VALUE...		an answer
 *			@L SEQ exit N OUTPUT		of run; newlines as \n
 *			@L J JOB KEY=VALUE...		a workload said something
 *			@L K TEXT			a line of the kernel's log
 *
 * The kernel's own console output is turned down to panics while it runs: two
 * writers on one console would mix their lines.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define MAX_JOBS 16
#define OUT_MAX 6000
#define LINE_MAX_LEN 8192

struct job {
	char name[32];		/* empty for a `run` command */
	pid_t pid;		/* 0: free entry */
	int in, out;
	unsigned int seq;
	char text[OUT_MAX];
	size_t len;
};

static struct job jobs[MAX_JOBS];
static int console, kmsg;

static void __attribute__((format(printf, 1, 2))) say(const char *fmt, ...)
{
	static char line[LINE_MAX_LEN * 2];
	size_t done = 0, len;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line) - 1, fmt, ap);
	va_end(ap);
	len = strlen(line);
	line[len++] = '\n';
	while (done < len) {
		ssize_t n = write(console, line + done, len - done);

		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return;
		if (n > 0)
			done += (size_t)n;
		else
			usleep(1000);
	}
}

static struct job *job_start(const char *name, char *const argv[])
{
	struct job *j = jobs;
	int in[2], out[2];

	while (j < jobs + MAX_JOBS && j->pid)
		j++;
	if (j == jobs + MAX_JOBS || pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
		return NULL;
	memset(j, 0, sizeof(*j));
	snprintf(j->name, sizeof(j->name), "%s", name);
	j->pid = fork();
	if (j->pid == 0) {
		int fd = open("/proc/self/oom_score_adj", O_WRONLY);
		sigset_t none;

		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		signal(SIGPIPE, SIG_DFL);
		if (fd >= 0 && write(fd, "0", 1) != 1)
			_exit(126);
		dup2(in[0], 0);
		dup2(out[1], 1);
		dup2(out[1], 2);
		setsid();
		execv(argv[0], argv);
		_exit(127);
	}
	close(in[0]);
	close(out[1]);
	j->in = in[1];
	j->out = out[0];
	fcntl(j->out, F_SETFL, O_NONBLOCK);
	if (j->pid < 0)
		j->pid = 0;
	return j->pid ? j : NULL;
}

static struct job *job_named(const char *name)
{
	for (struct job *j = jobs; j < jobs + MAX_JOBS; j++)
		if (j->pid && !strcmp(j->name, name))
			return j;
	return NULL;
}

/* Takes what the job wrote; a workload's complete lines go on at once. */
static void job_read(struct job *j)
{
	ssize_t n;
	char *end;

	while ((n = read(j->out, j->text + j->len, sizeof(j->text) - 1 - j->len)) > 0) {
		j->len += (size_t)n;
		if (j->len == sizeof(j->text) - 1)
			j->len /= 2;	/* too much said: keep the beginning */
	}
	j->text[j->len] = 0;
	while (j->name[0] && (end = strchr(j->text, '\n'))) {
		*end = 0;
		say("@L J %s %s", j->name, j->text);
		j->len -= (size_t)(end + 1 - j->text);
		memmove(j->text, end + 1, j->len + 1);
	}
}

static void job_end(struct job *j, int status)
{
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	char escaped[2 * OUT_MAX], *to = escaped;

	job_read(j);
	for (const char *p = j->text; *p; p++) {
		if (*p == '\n' || *p == '\\')
			*to++ = '\\';
		*to++ = *p == '\n' ? 'n' : *p;
	}
	*to = 0;
	if (j->name[0])
		say("@L J %s alive=0 exit=%d", j->name, code);
	else
		say("@L %u exit %d %s", j->seq, code, escaped);
	close(j->in);
	close(j->out);
	j->pid = 0;
}

/* Appends "PREFIXkey=value" for the lines "key[:] value" of @path that are in @keys. */
static void add_values(char *to, size_t size, const char *path, const char *keys)
{
	static char text[16384];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	char *save, *line;

	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return;
	text[n] = 0;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char key[40], want[44];
		unsigned long value;
		size_t len = strlen(to);

		if (sscanf(line, "%39[^ :]%*[ :]%lu", key, &value) != 2)
			continue;
		snprintf(want, sizeof(want), " %s ", key);
		if (strstr(keys, want))
			snprintf(to + len, size - len, " %s=%lu", key, value);
	}
}

static void command(char *line)
{
	unsigned int seq;
	int at = 0;
	char *words, *name;
	struct job *j;

	if (sscanf(line, "%u %n", &seq, &at) < 1 || !at)
		return;
	words = line + at;
	if (!strcmp(words, "stat")) {
		char text[2048] = "";

		add_values(text, sizeof(text), "/proc/vmstat",
			   " oom_kill pswpin pswpout pgmajfault workingset_refault_file ");
		add_values(text, sizeof(text), "/proc/meminfo",
			   " MemTotal MemFree MemAvailable Committed_AS Cached SwapFree SwapTotal ");
		say("@L %u ok%s", seq, text);
	} else if (!strncmp(words, "run ", 4)) {
		char *argv[] = { (char *)"/bin/sh", (char *)"-c", words + 4, NULL };

		j = job_start("", argv);
		if (j)
			j->seq = seq;
		else
			say("@L %u exit 126 cannot start", seq);
	} else if (!strncmp(words, "start ", 6)) {
		char *argv[12] = { (char *)"/bin/labload" };
		int n = 1;

		name = strtok(words + 6, " ");
		while (n < 11 && (argv[n] = strtok(NULL, " ")))
			n++;
		j = name && !job_named(name) ? job_start(name, argv) : NULL;
		say("@L %u %s", seq, j ? "ok" : "failed");
	} else if (!strncmp(words, "work ", 5)) {
		char *argv[] = { (char *)"/bin/sh", (char *)"-c", NULL, NULL };

		name = words + 5;
		argv[2] = strchr(name, ' ');
		if (argv[2])
			*argv[2]++ = 0;
		j = argv[2] && !job_named(name) ? job_start(name, argv) : NULL;
		say("@L %u %s", seq, j ? "ok" : "failed");
	} else if (!strncmp(words, "tell ", 5)) {
		name = words + 5;
		words = strchr(name, ' ');
		if (words)
			*words++ = 0;
		j = job_named(name);
		say("@L %u %s", seq, j && words && dprintf(j->in, "%s\n", words) > 0 ?
		    "ok" : "failed");
	} else if (!strcmp(words, "poweroff")) {
		say("@L %u ok", seq);
		tcdrain(console);
		usleep(100000);
		reboot(RB_POWER_OFF);
	} else {
		say("@L %u failed", seq);
	}
}

static void console_read(void)
{
	static char line[LINE_MAX_LEN];
	static size_t len;
	ssize_t n = read(console, line + len, sizeof(line) - 1 - len);
	char *end;

	if (n <= 0)
		return;
	len += (size_t)n;
	line[len] = 0;
	while ((end = strpbrk(line, "\n\r"))) {
		*end = 0;
		command(line);
		len -= (size_t)(end + 1 - line);
		memmove(line, end + 1, len + 1);
	}
	if (len == sizeof(line) - 1)
		len = 0;
}

static void kmsg_read(void)
{
	char text[2048];
	ssize_t n = read(kmsg, text, sizeof(text) - 1);
	char *end, *at;

	if (n <= 0)
		return;
	text[n] = 0;
	end = strchr(text, '\n');
	if (end)
		*end = 0;
	at = strchr(text, ';');
	say("@L K %s", at ? at + 1 : text);
}

/* As busybox's reboot and poweroff tell PID 1; Xen's control/shutdown has them run. */
static volatile sig_atomic_t ended_by;

static void signal_wakes(int sig)
{
	if (sig != SIGCHLD)
		ended_by = sig;
}

int main(void)
{
	static const int wakes[] = { SIGCHLD, SIGTERM, SIGUSR2 };
	struct termios raw;
	sigset_t waking, old;
	int fd;

	console = open("/dev/hvc0", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (console < 0)
		return 1;
	if (kmsg >= 0)
		lseek(kmsg, 0, SEEK_END);
	if (!tcgetattr(console, &raw)) {
		cfmakeraw(&raw);
		tcsetattr(console, TCSANOW, &raw);
	}
	klogctl(8, NULL, 1);
	fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (fd >= 0) {
		if (write(fd, "-1000", 5) != 5)
			say("the agent can be killed when memory is short");
		close(fd);
	}
	mlockall(MCL_CURRENT | MCL_FUTURE);
	signal(SIGPIPE, SIG_IGN);
	/* Only while waiting, so that none is missed. */
	sigemptyset(&waking);
	for (unsigned int i = 0; i < sizeof(wakes) / sizeof(wakes[0]); i++) {
		signal(wakes[i], signal_wakes);
		sigaddset(&waking, wakes[i]);
	}
	sigprocmask(SIG_BLOCK, &waking, &old);
	say("@L 0 ok");
	for (;;) {
		struct pollfd fds[2 + MAX_JOBS] = {
			{ .fd = console, .events = POLLIN },
			{ .fd = kmsg, .events = POLLIN },
		};
		int status;
		pid_t pid;

		for (int i = 0; i < MAX_JOBS; i++) {
			fds[2 + i].fd = jobs[i].pid ? jobs[i].out : -1;
			fds[2 + i].events = POLLIN;
		}
		/* A closed pipe stays readable until its process is reaped. */
		if (ppoll(fds, 2 + MAX_JOBS, NULL, &old) < 0)
			for (int i = 0; i < 2 + MAX_JOBS; i++)
				fds[i].revents = 0;
		if (ended_by)
			reboot(ended_by == SIGTERM ? RB_AUTOBOOT : RB_POWER_OFF);
		while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
			for (int i = 0; i < MAX_JOBS; i++)
				if (jobs[i].pid == pid)
					job_end(&jobs[i], status);
		for (int i = 0; i < MAX_JOBS; i++) {
			if (!jobs[i].pid || !fds[2 + i].revents)
				continue;
			job_read(&jobs[i]);
			if (fds[2 + i].revents & POLLHUP)
				usleep(2000);
		}
		if (fds[0].revents)
			console_read();
		if (fds[1].revents)
			kmsg_read();
	}
}
