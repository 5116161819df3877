// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * labload: a workload in a guest of the emulated host. It holds memory whose
 * every page is filled with a pseudo-random pattern (nothing for zram to
 * squeeze) that can be verified later, or keeps a file in the page cache.
 *
 *	labload touch MIB [rate=MIB_PER_S] [whole]
 *	labload read MIB FILE
 *
 * It answers on standard output in lines of key=value and obeys the commands
 * verify, retouch, grow MIB, free MIB, free and end on standard input.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096UL
#define MIB (1UL << 20)
#define MAX_CHUNKS 65536

static uint8_t *chunk[MAX_CHUNKS];	/* of 1 MiB each, as malloc would ask */
static unsigned int chunks;
static unsigned int generation;

static uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static uint64_t seed_of(unsigned int c, unsigned long page)
{
	uint64_t x = ((uint64_t)getpid() << 40) ^ ((uint64_t)generation << 32) ^
		     (c * (MIB / PAGE) + page + 1);

	return x * 0x9e3779b97f4a7c15ULL | 1;
}

static uint64_t next(uint64_t x)
{
	x ^= x << 13;
	x ^= x >> 7;
	return x ^ (x << 17);
}

static void page_fill(unsigned int c, unsigned long page)
{
	uint64_t *word = (uint64_t *)(chunk[c] + page * PAGE);
	uint64_t x = seed_of(c, page);

	for (unsigned int i = 0; i < PAGE / sizeof(*word); i++)
		word[i] = x = next(x);
}

static int page_good(unsigned int c, unsigned long page)
{
	const uint64_t *word = (const uint64_t *)(chunk[c] + page * PAGE);
	uint64_t x = seed_of(c, page);

	for (unsigned int i = 0; i < PAGE / sizeof(*word); i++)
		if (word[i] != (x = next(x)))
			return 0;
	return 1;
}

static void fill_from(unsigned int from, unsigned long rate, const char *what)
{
	uint64_t start = now_us(), first = 0;

	for (unsigned int c = from; c < chunks; c++) {
		for (unsigned long p = 0; p < MIB / PAGE; p++) {
			page_fill(c, p);
			if (!first)
				first = now_us();
		}
		while (rate && now_us() < start + (c - from + 1) * 1000000UL / rate)
			usleep(1000);
	}
	/* ms runs from the first touched page to the last one. */
	printf("%s=1 mib=%u start_us=%llu first_us=%llu last_us=%llu ms=%llu\n", what, chunks,
	       (unsigned long long)start, (unsigned long long)first,
	       (unsigned long long)now_us(), (unsigned long long)(now_us() - first) / 1000);
}

/* Adds @mib MiB; as one mapping if @whole, else a MiB at a time. */
static int grow(unsigned int mib, int whole)
{
	for (unsigned int i = 0; i < mib && chunks < MAX_CHUNKS; i++) {
		void *p;

		if (whole && i)
			p = chunk[chunks - 1] + MIB;
		else
			p = mmap(NULL, whole ? mib * MIB : MIB, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (p == MAP_FAILED) {
			printf("failed=%d\n", errno);
			return -1;
		}
		chunk[chunks++] = p;
	}
	return 0;
}

static void verify(void)
{
	uint64_t start = now_us();
	unsigned long bad = 0;

	for (unsigned int c = 0; c < chunks; c++)
		for (unsigned long p = 0; p < MIB / PAGE; p++)
			bad += !page_good(c, p);
	printf("verified=1 bad=%lu verify_ms=%llu\n", bad,
	       (unsigned long long)(now_us() - start) / 1000);
}

static void read_file(const char *path)
{
	static char buffer[1 << 16];
	uint64_t start = now_us();
	unsigned long long bytes = 0;
	int fd = open(path, O_RDONLY);
	ssize_t n = -1;

	while (fd >= 0 && (n = read(fd, buffer, sizeof(buffer))) > 0)
		bytes += (unsigned long long)n;
	if (fd >= 0)
		close(fd);
	if (n < 0)
		printf("failed=%d\n", errno);
	else
		printf("touched=1 mib=%llu ms=%llu\n", bytes >> 20,
		       (unsigned long long)(now_us() - start) / 1000);
}

static void obey(char *line, const char *file)
{
	const char *word = strtok(line, " \n"), *arg = strtok(NULL, " \n");
	unsigned int mib = arg ? (unsigned int)atoi(arg) : 0, before = chunks;

	if (!word)
		return;
	if (!strcmp(word, "end")) {
		exit(0);
	} else if (!strcmp(word, "verify")) {
		verify();
	} else if (!strcmp(word, "retouch") && file) {
		read_file(file);
	} else if (!strcmp(word, "retouch")) {
		generation++;
		fill_from(0, 0, "touched");
	} else if (!strcmp(word, "grow")) {
		if (!grow(mib, 0))
			fill_from(before, 0, "touched");
	} else if (!strcmp(word, "free")) {
		if (!arg || mib > chunks)
			mib = chunks;
		while (mib--)
			munmap(chunk[--chunks], MIB);
		printf("freed=1 mib=%u\n", chunks);
	} else {
		printf("unknown=1\n");
	}
}

int main(int argc, char **argv)
{
	const char *file = NULL;
	unsigned long rate = 0;
	unsigned int mib = argc > 2 ? (unsigned int)atoi(argv[2]) : 0;
	int whole = 0;
	char line[128];

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!mib || (strcmp(argv[1], "touch") && strcmp(argv[1], "read")))
		return 2;
	for (int i = 3; i < argc; i++) {
		if (!strncmp(argv[i], "rate=", 5))
			rate = strtoul(argv[i] + 5, NULL, 10);
		else if (!strcmp(argv[i], "whole"))
			whole = 1;
		else
			file = argv[i];
	}
	if (!strcmp(argv[1], "read") && file) {
		/* A sparse file: page cache without a disk behind it. */
		int fd = system("/sbin/mount-cache") ? -1 : open(file, O_CREAT | O_RDWR, 0600);

		if (fd < 0 || ftruncate(fd, (off_t)mib * (off_t)MIB))
			printf("failed=%d\n", errno);
		if (fd >= 0)
			close(fd);
		read_file(file);
	} else if (!grow(mib, whole)) {
		fill_from(0, rate, "touched");
	}
	while (fgets(line, sizeof(line), stdin))
		obey(line, file);
	return 0;
}
