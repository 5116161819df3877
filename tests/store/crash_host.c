// SPDX-License-Identifier: GPL-2.0-or-later
#include "crash_host.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <xenstore.h>

#include "dom0-balloond/options.h"
#include "fake_guest.h"

#define REAL_LIMIT_MS	30000	/* of real time, for what takes none */
#define STEP_MS		100	/* a guest moves 64 MiB meanwhile */
#define ANSWER_LIMIT_MS	200000

void stage_fail(struct stage *s, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(s->why, sizeof(s->why), format, list);
	va_end(list);
	longjmp(s->failed, 1);
}

static uint64_t real_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

bool stage_open(struct stage *s, const char *balloond)
{
	static char path[256];
	void *map;
	int fd;

	*s = (struct stage){ .balloond = balloond, .dir = getenv("STORE_DIR") };
	if (!s->dir)
		return false;
	prctl(PR_SET_TIMERSLACK, 1);	/* waits are short and many */
	snprintf(path, sizeof(path), "%s/crash", s->dir);
	setenv(CRASH_ENV, path, 1);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, sizeof(struct crash)))
		return false;
	map = mmap(NULL, sizeof(struct crash), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		return false;
	s->crash = map;
	s->xen = fake_open(false);
	s->store = xs_open(0);
	return s->xen && s->store;
}

void stage_kill(struct stage *s)
{
	if (s->daemon > 0) {
		kill(s->daemon, SIGKILL);
		waitpid(s->daemon, NULL, 0);
	}
	s->daemon = 0;
}

static void store_again(struct stage *s);

static void xenstored_find(struct stage *s)
{
	char path[256];
	FILE *in;

	snprintf(path, sizeof(path), "%s/xenstored.pid", s->dir);
	in = fopen(path, "re");
	if (!in || fscanf(in, "%d", &s->crash->xenstored) != 1)
		s->crash->xenstored = 0;
	if (in)
		fclose(in);
}

void stage_reset(struct stage *s, uint64_t mib)
{
	static const char *const trees[] = { "/tool", "/vm", "/libxl", "/crash" };
	unsigned int n = 0;
	char **names;

	stage_kill(s);
	free(xs_directory(s->store, XBT_NULL, "/", &n));
	if (errno != ENOENT && !n)
		store_again(s);
	for (int i = 0; i < STAGE_PROMISES; i++)
		if (s->told[i].sock > 0)
			close(s->told[i].sock);
	memset(s->told, 0, sizeof(s->told));
	for (size_t i = 0; i < sizeof(trees) / sizeof(trees[0]); i++)
		xs_rm(s->store, XBT_NULL, trees[i]);
	names = xs_directory(s->store, XBT_NULL, "/local/domain", &n);
	for (unsigned int i = 0; names && i < n; i++) {
		char path[64];

		snprintf(path, sizeof(path), "/local/domain/%s", names[i]);
		xs_release_domain(s->store, (unsigned int)atoi(names[i]));
		xs_rm(s->store, XBT_NULL, path);
	}
	free(names);
	memset(s->xen, 0, sizeof(*s->xen));
	s->xen->total_pages = mib * MIB_PAGES;
	memset(s->crash, 0, offsetof(struct crash, call));
	s->crash->now_ms = 1000000;
	xenstored_find(s);
	s->deaths = s->steps = 0;
	s->least_kib = 0;
	s->why[0] = '\0';
}

struct fake_dom *stage_add(struct stage *s, struct fake_dom dom, uint64_t mib)
{
	struct fake_dom *slot = NULL;

	for (int i = 0; i < FAKE_DOMS && !slot; i++)
		slot = s->xen->dom[i].used ? NULL : &s->xen->dom[i];
	dom.used = true;
	dom.uuid[14] = (uint8_t)(dom.domid >> 8);
	dom.uuid[15] = (uint8_t)dom.domid;
	if (!dom.max_pages)
		dom.max_pages = dom.domid ? (uint64_t)(dom.static_kib + FAKE_SLACK_KIB) / 4 :
				UINT32_MAX;
	fake_lock();
	*slot = dom;
	fake_move(s->xen, slot, mib * MIB_PAGES);
	fake_unlock();
	fake_dom_store(s->store, slot);
	return slot;
}

void stage_remove(struct stage *s, uint32_t domid)
{
	struct fake_dom *dom = fake_find(s->xen, domid);
	char path[64];

	dom->used = false;
	xs_release_domain(s->store, domid);
	snprintf(path, sizeof(path), "/local/domain/%u", domid);
	xs_rm(s->store, XBT_NULL, path);
}

/* --- balloond -------------------------------------------------------------- */

static pid_t spawn(struct stage *s, const char *option)
{
	char conf[256], log[256], preload[1024];
	pid_t pid;
	int fd;

	snprintf(conf, sizeof(conf), "%s/balloond.conf", s->dir);
	snprintf(log, sizeof(log), "%s/log", s->dir);
	snprintf(preload, sizeof(preload), "%s %s", getenv("CRASH_PRELOAD"),
		 getenv("FAKE_XEN_PRELOAD"));
	s->crash->idle = 0;
	fflush(NULL);
	pid = fork();
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);	/* does not outlive the test */
	setenv("LD_PRELOAD", preload, 1);
	fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	dup2(fd, STDERR_FILENO);
	dup2(fd, STDOUT_FILENO);	/* where our own verdicts go */
	execl(s->balloond, "balloond", "-f", "-c", conf, option, NULL);
	_exit(127);
}

static void store_again(struct stage *s)
{
	fflush(NULL);
	if (system("with-xenstored --start") != 0)
		stage_fail(s, "xenstored doesn't start again");
	xs_close(s->store);
	s->store = xs_open(0);
	if (!s->store)
		stage_fail(s, "no xenstored: %s", strerror(errno));
	for (int i = 0; i < FAKE_DOMS; i++)
		if (s->xen->dom[i].used)
			fake_dom_store(s->store, &s->xen->dom[i]);
}

/* It ended. @return true: as the injection wanted, and once */
static bool ended_well(struct stage *s, int status)
{
	bool killed = s->crash->how == CRASH_BEFORE || s->crash->how == CRASH_AFTER;

	s->daemon = 0;
	if (killed && s->crash->done && !s->deaths && WIFSIGNALED(status) &&
	    WTERMSIG(status) == SIGKILL) {
		s->deaths++;
		return true;
	}
	/* Without xenstored it doesn't start, and is started again. */
	if (!killed && s->crash->done && !s->deaths && WIFEXITED(status) &&
	    WEXITSTATUS(status) == EXIT_NO_STORE) {
		s->deaths++;
		if (s->crash->how == CRASH_STORE)
			store_again(s);
		return true;
	}
	stage_fail(s, "balloond ended by itself: status 0x%x", (unsigned int)status);
}

static void letter_write(struct stage *s)
{
	char path[32];

	snprintf(path, sizeof(path), CRASH_SYNC "/%c", s->letter);
	if (!xs_write(s->store, XBT_NULL, path, "", 0)) {
		store_again(s);
		xs_write(s->store, XBT_NULL, path, "", 0);
	}
}

/*
 * Until balloond has seen all that was written before and sleeps again.
 * @return false: it was killed
 */
static bool wait_asleep(struct stage *s, bool write)
{
	uint64_t begin = real_ms(), letter = begin, idle = 0;
	int status;

	s->letter = s->letter == 'a' ? 'b' : 'a';
	if (write)
		letter_write(s);
	for (;;) {
		uint64_t now = real_ms();

		if (s->crash->idle && (!write || s->crash->synced == (uint32_t)s->letter))
			return true;
		if (waitpid(s->daemon, &status, WNOHANG) == s->daemon) {
			ended_well(s, status);
			return false;
		}
		if (s->crash->how == CRASH_HANG && s->crash->done)
			return true;	/* as asleep as it will ever be */
		idle = s->crash->idle ? idle ? idle : now : 0;
		/* Nothing can be heard on a broken connection, so that it sleeps for good. */
		if ((s->crash->lost || s->crash->how == CRASH_STORE) && idle && now - idle > 8)
			return true;
		if (write && now - letter > 50) {	/* a new connection, after it */
			letter_write(s);
			letter = now;
		}
		if (now - begin > REAL_LIMIT_MS)
			stage_fail(s, "balloond hangs");
		usleep(20);
	}
}

void stage_start(struct stage *s)
{
	s->daemon = spawn(s, NULL);
	while (!wait_asleep(s, false))
		s->daemon = spawn(s, NULL);
}

static int wait_end(struct stage *s, pid_t pid)
{
	uint64_t begin = real_ms();
	int status;

	while (waitpid(pid, &status, WNOHANG) != pid) {
		if (real_ms() - begin > REAL_LIMIT_MS)
			stage_fail(s, "balloond doesn't end");
		usleep(200);
	}
	return status;
}

void stage_stop(struct stage *s)
{
	int status;

	kill(s->daemon, SIGTERM);
	letter_write(s);	/* wakes it */
	status = wait_end(s, s->daemon);
	s->daemon = 0;
	if (status)
		ended_well(s, status);
	do
		status = wait_end(s, spawn(s, "--settle"));
	while (status && ended_well(s, status));
}

/* --- time and truth -------------------------------------------------------- */

int64_t stage_slack_kib(const struct stage *s)
{
	int64_t kib = (int64_t)(fake_free_pages(s->xen) * 4) - FREE_MIN_KIB -
		      (int64_t)(s->xen->claimed_pages * 4);

	for (int i = 0; i < FAKE_DOMS; i++) {
		const struct fake_dom *dom = &s->xen->dom[i];
		int64_t actual_kib = (int64_t)dom->tot_pages * 4, top_kib;

		if (!dom->used || !dom->domid || dom->dying)
			continue;
		top_kib = (int64_t)dom->max_pages * 4;
		for (int k = 0; k < STAGE_PROMISES; k++)
			if (s->told[k].granted && s->told[k].domid == (int32_t)dom->domid &&
			    s->told[k].size_kib > top_kib)
				top_kib = s->told[k].size_kib;
		if (top_kib > actual_kib)
			kib -= top_kib - actual_kib;
	}
	for (int k = 0; k < STAGE_PROMISES; k++)
		if (s->told[k].granted && s->told[k].domid < 0)
			kib -= s->told[k].size_kib;
	return kib;
}

static void owners_again(struct stage *s)
{
	for (int k = 0; k < STAGE_PROMISES; k++) {
		struct told *told = &s->told[k];
		char answer[ANSWER_MAX], *id;

		if (!told->granted || !told->connection || told->domid >= 0 || told->sock > 0)
			continue;
		told->sock = -1;
		if (!stage_ask(s, &told->sock, answer, "{\"command\":\"reserve\",\"name\":\"%s\","
			       "\"size_kib\":%" PRId64 "}", told->name, told->size_kib))
			stage_fail(s, "%s: its owner can't ask again", told->name);
		id = strstr(answer, "\"id\":");
		if (!strstr(answer, "\"ok\":true") || !id || strtoul(id + 5, NULL, 10) != told->id)
			stage_fail(s, "reservation %u for %s is lost: %s", told->id, told->name,
				   answer);
	}
}

void stage_step(struct stage *s, uint64_t ms)
{
	int64_t slack_kib;

	s->crash->now_ms += ms;
	s->steps++;
	for (int i = 0; ms && i < FAKE_DOMS; i++)
		if (s->xen->dom[i].used && s->xen->dom[i].domid && !s->xen->dom[i].paused &&
		    !s->xen->dom[i].dying)
			fake_guest_tick(s->xen, s->store, &s->xen->dom[i]);
	if (s->daemon && !wait_asleep(s, true)) {
		for (int k = 0; k < STAGE_PROMISES; k++) {
			if (s->told[k].sock > 0)
				close(s->told[k].sock);
			s->told[k].sock = -1;
		}
		stage_start(s);
		owners_again(s);
	}
	slack_kib = stage_slack_kib(s);
	if (slack_kib < s->least_kib)
		stage_fail(s, "I1: more is promised than there is, by %" PRId64 " KiB",
			   -slack_kib);
	if (s->least_kib < 0)	/* others' deficit may only shrink */
		s->least_kib = slack_kib < 0 ? slack_kib : 0;
}

void stage_run(struct stage *s, uint64_t ms)
{
	uint64_t end = s->crash->now_ms + ms;

	while (s->crash->now_ms < end) {
		uint64_t now = s->crash->now_ms, due = s->crash->due_ms;
		uint64_t next = due > now + 1000 ? now + 1000 : due < now + STEP_MS ?
				now + STEP_MS : due;

		stage_step(s, (next < end ? next : end) - now);
	}
}

/* --- clients --------------------------------------------------------------- */

static int dial(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", getenv("BALLOOND_SOCKET"));
	if (connect(sock, (struct sockaddr *)&address, sizeof(address)))
		return close(sock), -1;
	return sock;
}

static bool ask(struct stage *s, int *sock, char *answer, const char *line)
{
	uint64_t begin = s->crash->now_ms, step = 0;
	size_t at = 0;

	if (*sock < 0)
		*sock = dial();
	if (*sock < 0 || send(*sock, line, strlen(line), MSG_NOSIGNAL) != (ssize_t)strlen(line))
		goto broken;
	for (;;) {
		char *end;
		ssize_t n;

		stage_step(s, step);
		step = STEP_MS;
		n = *sock < 0 ? 0 : recv(*sock, answer + at, ANSWER_MAX - 1 - at, MSG_DONTWAIT);
		if (n == 0 || (n < 0 && errno != EAGAIN))
			goto broken;
		at += n > 0 ? (size_t)n : 0;
		answer[at] = '\0';
		while ((end = strchr(answer, '\n'))) {
			if (strncmp(answer, "{\"event\"", 8)) {
				*end = '\0';
				return true;
			}
			at -= (size_t)(end + 1 - answer);
			memmove(answer, end + 1, at + 1);
		}
		if (s->crash->now_ms - begin > ANSWER_LIMIT_MS)
			stage_fail(s, "no answer to %s", line);
	}
broken:
	if (*sock > 0)
		close(*sock);
	*sock = -1;
	return false;
}

/* What a client is told while xenstored is away: it asks again. */
#define STORE_GONE	"Transport endpoint is not connected"

bool stage_ask(struct stage *s, int *sock, char *answer, const char *format, ...)
{
	char line[1024];
	va_list list;

	va_start(list, format);
	vsnprintf(line, sizeof(line) - 1, format, list);
	va_end(list);
	strcat(line, "\n");
	if (!ask(s, sock, answer, line))
		return false;
	if (!strstr(answer, STORE_GONE))
		return true;
	close(*sock);
	*sock = -1;
	return false;
}

void stage_insist(struct stage *s, char *answer, const char *format, ...)
{
	char line[1024];
	va_list list;
	int sock = -1;

	va_start(list, format);
	vsnprintf(line, sizeof(line) - 1, format, list);
	va_end(list);
	strcat(line, "\n");
	for (int i = 0; !ask(s, &sock, answer, line) || strstr(answer, STORE_GONE); i++) {
		if (i == 50)
			stage_fail(s, "nobody answers %s", line);
		stage_step(s, STEP_MS);
	}
	if (sock > 0)
		close(sock);
}

const char *stage_read(struct stage *s, const char *format, ...)
{
	static char value[4096];
	char path[256], *text;
	unsigned int len;
	va_list list;

	va_start(list, format);
	vsnprintf(path, sizeof(path), format, list);
	va_end(list);
	text = xs_read(s->store, XBT_NULL, path, &len);
	snprintf(value, sizeof(value), "%s", text ? text : "");
	free(text);
	return value;
}

uint64_t stage_mib(struct stage *s, uint32_t domid)
{
	const struct fake_dom *dom = fake_find(s->xen, domid);

	return dom ? dom->tot_pages / MIB_PAGES : 0;
}
