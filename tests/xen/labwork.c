// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * labwork: workloads in a guest of the emulated host whose speed is measured, and the
 * smallest size of the guest at which that speed stays.
 *
 *	labwork run KIND MIB SECONDS			prints work=N
 *	labwork bisect KIND MIB SECONDS LOW HIGH	sizes are KiB of the stock target_kb
 *	labwork probe KIND MIB SECONDS LOW HIGH	a guest resized by its pressure alone
 *	labwork watch SECONDS BOOT RESERVE		KiB; what others' formulas say, 95 % of the time
 *
 *
 * Cached files are /dev/xvdb, which must not be the swap. See tests/bench/accuracy.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096UL
#define MIB (1UL << 20)
#define SYS "/sys/devices/system/xen_memory/xen_memory0/"
#define DATA "/dev/xvdb"
#define KEEPS_PERCENT 97	/* of its speed: the size is enough */
#define NEAR_KIB 4096		/* how fine a size is looked for */
#define BATCH 2048		/* pages touched, and then ... */
#define THINK_US 16000		/* ... time passes, which costs the emulation nothing */
#define RECORD 16UL		/* pages of a file that are read at once */
#define WORDS 64		/* of a page that are computed with */

static uint64_t deadline_us, warm_us;
static uint64_t *work;		/* pages touched after the warm-up, and in all; the parent reads it */
static uint64_t rnd = 88172645463325252ULL;
static unsigned long mib;
static unsigned int think_us = THINK_US;

static uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static uint64_t next(void)
{
	rnd ^= rnd << 13;
	rnd ^= rnd >> 7;
	return rnd ^= rnd << 17;
}

/* What was done counts once it is warm. @return whether time is over */
static bool done(uint64_t pages)
{
	uint64_t now;

	if (think_us)
		usleep(think_us);
	now = now_us();
	if (now >= warm_us)
		__atomic_add_fetch(&work[0], pages, __ATOMIC_RELAXED);
	__atomic_add_fetch(&work[1], pages, __ATOMIC_RELAXED);
	return now >= deadline_us;
}

static uint8_t *map(unsigned long bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		exit(3);
	return p;
}

static void touch(uint8_t *page)
{
	uint64_t *word = (uint64_t *)page;

	for (unsigned int i = 0; i < WORDS; i++)
		word[i] ^= next();
}

static bool touch_some(uint8_t *p, unsigned long pages)
{
	for (unsigned int i = 0; i < BATCH; i++)
		touch(p + next() % pages * PAGE);
	return done(BATCH);
}

static void touch_all(uint8_t *p, unsigned long bytes)
{
	for (unsigned long at = 0; at < bytes; at += PAGE) {
		if (at % MIB == 0)	/* without an exception for each page */
			madvise(p + at, bytes - at < MIB ? bytes - at : MIB, MADV_POPULATE_WRITE);
		touch(p + at);
	}
}

static int data_open(int advice)
{
	int fd = open(DATA, O_RDONLY);

	if (fd < 0)
		exit(3);
	posix_fadvise(fd, 0, 0, advice);
	return fd;
}

/* RECORD pages from that one on. */
static void read_pages(int fd, unsigned long page)
{
	static uint64_t buffer[RECORD * PAGE / 8];
	uint64_t sum = 0;

	if (pread(fd, buffer, sizeof(buffer), (off_t)(page * PAGE)) != (ssize_t)sizeof(buffer))
		exit(3);
	for (unsigned int i = 0; i < RECORD * WORDS; i++)
		sum += buffer[i * PAGE / 8 / WORDS] ^ next();
	if (sum == 1)
		putchar(' ');
}

static bool read_some(int fd, unsigned long pages)
{
	for (unsigned int i = 0; i < BATCH / RECORD; i++)
		read_pages(fd, next() % (pages / RECORD) * RECORD);
	return done(BATCH);
}

/* --- the kinds: each goes on until done() ------------------------------------------- */

static void steady(void)
{
	uint8_t *p = map(mib * MIB);

	touch_all(p, mib * MIB);
	while (!touch_some(p, mib * MIB / PAGE))
		;
}

/* The same without a pause. */
static void busy(void)
{
	think_us = 0;
	steady();
}

/* Two seconds with all, two with a quarter. */
static void phased(void)
{
	bool over = false;

	for (unsigned int phase = 0; !over; phase++) {
		unsigned long size = (phase % 2 ? mib / 4 : mib) * MIB;
		uint64_t until = now_us() + 2000000;
		uint8_t *p = map(size);

		touch_all(p, size);
		over = done(size / PAGE);
		while (!over && now_us() < until)
			over = touch_some(p, size / PAGE);
		munmap(p, size);
	}
}

/* Three times as much is promised as is ever touched. */
static void sparse(void)
{
	map(2 * mib * MIB);
	steady();
}

static void tmpfs(void)
{
	static uint8_t page[PAGE];
	int fd = memfd_create("labwork", 0);	/* tmpfs without /tmp's limit */
	bool over = false;

	if (fd < 0)
		exit(3);
	for (unsigned long i = 0; i < mib * MIB / PAGE; i++) {
		touch(page);
		if (write(fd, page, PAGE) != (ssize_t)PAGE)
			exit(3);
	}
	while (!over)
		over = read_some(fd, mib * MIB / PAGE);
}

static unsigned long data_pages(int fd)
{
	return (unsigned long)lseek(fd, 0, SEEK_END) / PAGE / RECORD * RECORD;
}

/* A backup, 60 MiB/s: all of a file, once and again; it is larger than the guest. */
static void scan(void)
{
	int fd = data_open(POSIX_FADV_SEQUENTIAL);
	unsigned long pages = data_pages(fd), at = 0;
	uint8_t *p = map(16 * MIB);
	bool over = false;

	touch_all(p, 16 * MIB);
	while (!over) {
		for (unsigned int i = 0; i < BATCH / RECORD; i++, at = (at + RECORD) % pages)
			read_pages(fd, at);
		usleep(7 * think_us);
		over = done(BATCH);
	}
}

/* In the cache as a whole, if that is large enough. */
static int data_warm(unsigned long pages)
{
	int fd = data_open(POSIX_FADV_SEQUENTIAL);

	for (unsigned long at = 0; at < pages; at += RECORD)
		read_pages(fd, at);
	posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
	return fd;
}

static void reuse(void)
{
	int fd = data_warm(mib * MIB / PAGE);
	bool over = false;

	while (!over)
		over = read_some(fd, mib * MIB / PAGE);
}

/* Half is the parent's; four children at a time write a sixteenth each. */
static void forks(void)
{
	unsigned long half = mib * MIB / 2, part = mib * MIB / 16;
	uint8_t *p = map(half);

	touch_all(p, half);
	do {
		for (int i = 0; i < 4; i++) {
			if (!fork()) {
				uint8_t *own = map(part);

				for (unsigned long at = 0; at + MIB <= part; at += MIB) {
					touch_all(own + at, MIB);
					done(MIB / PAGE);
				}
				_exit(0);
			}
		}
		while (wait(NULL) > 0)
			;
	} while (!done(0));
}

/* It never gives back, and uses what it took last: a quarter. */
static void leaking(void)
{
	unsigned long have = mib / 4, step_us = (deadline_us - now_us()) / (mib + 1);
	uint64_t due = now_us() + step_us;
	uint8_t *p = map(mib * MIB);

	touch_all(p, have * MIB);
	while (!touch_some(p + (have - mib / 4) * MIB, mib / 4 * MIB / PAGE)) {
		for (; now_us() >= due && have < mib; due += step_us, have++)
			touch_all(p + have * MIB, MIB);
	}
}

/* Held out from any tuning: half anonymous and half of a file; and two seconds in six. */
static void mixed(void)
{
	unsigned long half = mib / 2 * MIB;
	int fd = data_warm(half / PAGE);
	uint8_t *p = map(half);
	bool over = false;

	touch_all(p, half);
	while (!over) {
		read_some(fd, half / PAGE);
		over = touch_some(p, half / PAGE);
	}
}

static void bursts(void)
{
	bool over = false;

	while (!over) {
		uint64_t until = now_us() + 2000000;
		uint8_t *p = map(mib * MIB);

		touch_all(p, mib * MIB);
		over = done(mib * MIB / PAGE);
		while (!over && now_us() < until)
			over = touch_some(p, mib * MIB / PAGE);
		munmap(p, mib * MIB);
		for (until += 4000000; !over && now_us() < until;) {
			usleep(20000);
			over = done(0);
		}
	}
}

static const struct { const char *name; void (*run)(void); unsigned int warm_percent; } kinds[] = {
	{ "steady", steady, 30 }, { "phased", phased, 0 }, { "sparse", sparse, 30 },
	{ "tmpfs", tmpfs, 30 }, { "scan", scan, 10 }, { "reuse", reuse, 60 },
	{ "fork", forks, 20 }, { "leaking", leaking, 10 }, { "mixed", mixed, 60 },
	{ "bursts", bursts, 0 }, { "spike", steady, 0 }, { "busy", busy, 30 },
};

/* --- speed, and the sizes ------------------------------------------------------------ */

/* What was done of the first run's work, by 50 ms of it. */
static struct { uint64_t by[200]; unsigned int steps; } pace;

/*
 * @return whether so much less was done than in the first run by now that the rest can't
 * make up for it: to thrash to the end takes minutes under emulation. What is counted in
 * one piece, a mapping touched as a whole, is up to 41 % of a run's work (bursts), and may
 * come a step later.
 */
static bool hopeless(uint64_t passed_us)
{
	uint64_t step = passed_us / 50000, all = pace.steps ? pace.by[pace.steps - 1] : 0;

	if (step >= pace.steps)
		step = pace.steps - 1;
	return pace.steps && work[1] + all / 2 < pace.by[step];
}

/*
 * In a child, which may be killed: what it did until then counts. @return what it would
 * have done in that time at the speed that it had
 */
static uint64_t speed(const char *kind, unsigned int seconds, bool first)
{
	uint64_t begin = now_us(), took_us, due_us = seconds * 1000000ULL;
	pid_t pid;

	if (!work)
		work = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (work == MAP_FAILED)
		exit(3);
	work[0] = work[1] = 0;
	if (first)
		pace.steps = 0;
	pid = fork();
	if (!pid) {
		FILE *f = fopen("/proc/self/oom_score_adj", "w");

		if (f) {
			fputs("1000", f);
			fclose(f);
		}
		for (unsigned int i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
			if (strcmp(kinds[i].name, kind))
				continue;
			deadline_us = begin + due_us;
			warm_us = begin + kinds[i].warm_percent * seconds * 10000ULL;
			kinds[i].run();
			_exit(0);
		}
		_exit(2);
	}
	/* Where it thrashes it doesn't even begin. */
	for (int status; waitpid(pid, &status, WNOHANG) == 0; usleep(50000)) {
		took_us = now_us() - begin;
		for (; first && pace.steps < 200 && took_us >= pace.steps * 50000; pace.steps++)
			pace.by[pace.steps] = work[1];
		if (took_us > 3 * due_us || (!first && hopeless(took_us))) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			break;
		}
	}
	took_us = now_us() - begin;
	return took_us > due_us ? work[0] * due_us / took_us : work[0];
}

static long number(const char *path, const char *key)
{
	char text[16384], *at = text;
	int fd = open(path, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = 0;
	if (key && !(at = strstr(text, key)))
		return 0;
	return strtol(at + (key ? strlen(key) : 0), NULL, 10);
}

static void target_set(long kib)
{
	FILE *f = fopen(SYS "target_kb", "w");

	if (f) {
		fprintf(f, "%ld", kib);
		fclose(f);
	}
}

/* Down it goes as far as it can: caches are dropped first, as they'd be with time. */
static bool resized(long kib)
{
	FILE *f = fopen("/proc/sys/vm/drop_caches", "w");
	long now = 0;

	if (f) {
		fputs("3", f);
		fclose(f);
	}
	target_set(kib);
	for (int i = 0; i < 100; i++, usleep(50000)) {
		now = number(SYS "info/current_kb", NULL);
		if (labs(now - kib) <= 1024)
			return true;
	}
	return false;
}

static void bisect(const char *kind, unsigned int seconds, long low, long high)
{
	uint64_t full, now;
	int runs = 1;

	if (!resized(high)) {
		printf("failed=1\n");
		return;
	}
	full = speed(kind, seconds, true);
	printf("full=%llu\n", (unsigned long long)full);
	for (; high - low > NEAR_KIB && full; runs++) {
		long mid = (low + high) / 2;

		now = resized(mid) ? speed(kind, seconds, false) : 0;
		printf("at %ld: %llu.%llu %%\n", mid, (unsigned long long)(100 * now / full),
		       (unsigned long long)(1000 * now / full % 10));
		if (100 * now >= KEEPS_PERCENT * full)
			high = mid;
		else
			low = mid;
	}
	resized(high);
	printf("smallest_kib=%ld runs=%d\n", high, runs);
}

static int by_size(const void *a, const void *b)
{
	long x = *(const long *)a, y = *(const long *)b;

	return (x > y) - (x < y);
}

#define LOOKS 600

static long most_of_the_time(long *v, int n)
{
	qsort(v, (size_t)n, sizeof(*v), by_size);
	return n ? v[n * 95 / 100 < n ? n * 95 / 100 : n - 1] : 0;
}

/* What made a task wait for the disk because memory was short. */
static long squeals(void)
{
	return number("/proc/vmstat", "\nworkingset_refault_file ") +
	       number("/proc/vmstat", "\npswpin ") + number("/proc/vmstat", "\npgmajfault ");
}

/* Down by 1/64 a second while nothing squeals, up by 1/16 when it does. */
static void probe(const char *kind, unsigned int seconds, long low, long high)
{
	static long sizes[LOOKS];
	long size = high, before = squeals(), now;
	pid_t pid = fork();
	int n = 0;

	if (!pid) {
		speed(kind, seconds, true);
		_exit(0);
	}
	for (unsigned int s = 0; s < seconds && s < LOOKS; s++) {
		usleep(1000000);
		now = squeals();
		size += now > before + 8 ? size / 16 : -size / 64;
		before = now;
		size = size > high ? high : size < low ? low : size;
		target_set(size);
		if (s >= seconds / 2)
			sizes[n++] = number(SYS "info/current_kb", NULL);
	}
	waitpid(pid, NULL, 0);
	printf("probed_kib=%ld\n", most_of_the_time(sizes, n));
}

/*
 * As sizes of MemTotal: Committed_AS alone; used memory and swap times 1.3, and what
 * xen-selfballoon of Linux 3.1 to 5.2 took as its goal: Committed_AS, the reserve, and
 * selfballoon_reserved_mb, 10 % of what there was at boot.
 */
static void watch(unsigned int seconds, long boot_kib, long reserve_kib)
{
	static long committed[LOOKS], used[LOOKS], old[LOOKS];
	int n = 0;

	for (unsigned int s = 0; s < 2 * seconds && n < LOOKS; s++, n++) {
		usleep(500000);
		committed[n] = number("/proc/meminfo", "\nCommitted_AS:");
		used[n] = (number("/proc/meminfo", "MemTotal:") - number("/proc/meminfo", "\nMemFree:") -
			   number("/proc/meminfo", "\nBuffers:") - number("/proc/meminfo", "\nCached:") +
			   number("/proc/meminfo", "\nSwapTotal:") -
			   number("/proc/meminfo", "\nSwapFree:")) * 13 / 10;
		old[n] = committed[n] + reserve_kib + boot_kib / 10;
	}
	printf("committed_kib=%ld used_kib=%ld old_kib=%ld total_kib=%ld\n",
	       most_of_the_time(committed, n), most_of_the_time(used, n),
	       most_of_the_time(old, n), number("/proc/meminfo", "MemTotal:"));
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 5 && !strcmp(argv[1], "watch")) {
		watch((unsigned int)atoi(argv[2]), atol(argv[3]), atol(argv[4]));
		return 0;
	}
	if (argc < 5 || (mib = (unsigned long)atol(argv[3])) < 8)
		return 2;
	if (!strcmp(argv[1], "run"))
		printf("work=%llu\n", (unsigned long long)speed(argv[2], (unsigned int)atoi(argv[4]), true));
	else if (argc == 7 && !strcmp(argv[1], "bisect"))
		bisect(argv[2], (unsigned int)atoi(argv[4]), atol(argv[5]), atol(argv[6]));
	else if (argc == 7 && !strcmp(argv[1], "probe"))
		probe(argv[2], (unsigned int)atoi(argv[4]), atol(argv[5]), atol(argv[6]));
	else
		return 2;
	return 0;
}
