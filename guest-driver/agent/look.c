// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's numbers as estimate.c of the module takes them, from /proc. One read a
 * file: procfs makes the text as it is read.
 */
#include "agent.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAGE_KIB	4

enum file { MEMINFO, VMSTAT, ZONEINFO, N_FILES };

static const char *const paths[N_FILES] = { "/proc/meminfo", "/proc/vmstat", "/proc/zoneinfo" };
static int fds[N_FILES];
static bool lru_gen;	/* the multi-generational LRU, which doesn't count what was near */
static char text[1 << 18];	/* zoneinfo: 500 bytes a zone and 60 a processor in it */

static bool lru_gen_on(const char *root)
{
	char path[4096];
	unsigned int caps = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/sys/kernel/mm/lru_gen/enabled", root);
	f = fopen(path, "r");
	if (f) {
		if (fscanf(f, "%x", &caps) != 1)
			caps = 0;
		fclose(f);
	}
	return caps & 1;
}

int look_open(const char *root)
{
	lru_gen = lru_gen_on(root);
	for (int i = 0; i < N_FILES; i++) {
		char path[4096];

		snprintf(path, sizeof(path), "%s%s", root, paths[i]);
		fds[i] = open(path, O_RDONLY | O_CLOEXEC);
		if (fds[i] < 0) {
			fprintf(stderr, "selfballoond: %s: %s\n", path, strerror(errno));
			return -1;
		}
	}
	return 0;
}

static int file_read(enum file file)
{
	size_t len = 0;
	ssize_t n;

	do {
		n = pread(fds[file], text + len, sizeof(text) - 1 - len, (off_t)len);
		len += n > 0 ? (size_t)n : 0;
	} while (n > 0 && len < sizeof(text) - 1);
	text[len] = '\0';
	return n < 0 || !len ? -1 : 0;
}

/* The number after `name` at the start of a line; 0 if it isn't there. */
static uint64_t number(const char *name)
{
	size_t len = strlen(name);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, name, len) && (line[len] == ' ' || line[len] == ':'))
			return strtoull(line + len + 1, NULL, 10);
	}
	return 0;
}

static uint64_t pages(const char *name)
{
	return number(name) * PAGE_KIB;
}

/*
 * totalreserve_pages, as the kernel adds it up: over the zones, the high watermark and
 * the largest of what is kept from higher zones, at most the zone. And the free pages
 * on the processors' own lists, which nr_free_pages lacks.
 */
static void zones_sum(uint64_t *reserve_kib, uint64_t *listed_kib)
{
	uint64_t high = 0, managed = 0;

	*reserve_kib = *listed_kib = 0;
	for (const char *line = text; line; line = strchr(line, '\n')) {
		char key[16];
		unsigned long long n;

		line += *line == '\n';
		if (sscanf(line, " %15s %llu", key, &n) == 2) {
			if (!strcmp(key, "high"))
				high = n;
			else if (!strcmp(key, "managed"))
				managed = n;
			else if (!strcmp(key, "count:"))
				*listed_kib += n * PAGE_KIB;
		} else if (!strncmp(line, "        protection: (", 21)) {
			uint64_t most = 0;
			const char *p = line + 21;

			while (*p >= '0' && *p <= '9') {
				char *end;

				n = strtoull(p, &end, 10);
				most = n > most ? n : most;
				p = end + strspn(end, ", ");
			}
			n = high + most;
			*reserve_kib += (n < managed || !managed ? n : managed) * PAGE_KIB;
			high = managed = 0;
		}
	}
}

static uint64_t less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

int look(struct agent *agent)
{
	struct goal_input *in = &agent->in;
	uint64_t total_kib, free_kib, lru_kib, listed_kib, reclaimable_kib;

	if (file_read(ZONEINFO))
		return -1;
	zones_sum(&in->reserve_kib, &listed_kib);
	if (file_read(MEMINFO))
		return -1;
	total_kib = number("MemTotal");
	in->committed_kib = number("Committed_AS");
	in->avail_kib = number("MemAvailable");
	in->swap_kib = number("SwapFree");
	in->swapped_kib = less(number("SwapTotal"), in->swap_kib + number("SwapCached"));
	if (file_read(VMSTAT))
		return -1;
	free_kib = pages("nr_free_pages") + listed_kib;
	in->anon_kib = pages("nr_active_anon") + pages("nr_inactive_anon") +
		       pages("nr_isolated_anon");
	in->free_kib = pages("nr_free_pages");
	in->cache_kib = pages("nr_active_file");
	in->refault_kib = pages("workingset_refault_file");
	in->near_kib = lru_gen ? in->refault_kib : pages("workingset_activate_file");
	in->swapback_kib = pages("workingset_refault_anon");
	lru_kib = in->anon_kib + in->cache_kib + pages("nr_inactive_file") +
		  pages("nr_isolated_file") + pages("nr_unevictable");
	reclaimable_kib = pages("nr_slab_reclaimable") + pages("nr_kernel_misc_reclaimable");
	/* The rest, because nobody counts all of it; and what can't be evicted and was
	 * never promised to a process. */
	in->kernel_kib = less(total_kib, free_kib + lru_kib + reclaimable_kib) +
			 less(pages("nr_unevictable"), pages("nr_mlock")) +
			 goal_unreclaimable(reclaimable_kib, in->reserve_kib);
	in->anon_kib += pages("nr_mlock");	/* what is locked is on neither list */
	agent->swapin = number("pswpin");
	agent->refault = number("workingset_refault_anon") + number("workingset_refault_file");
	return total_kib ? balloon_gather(agent, total_kib) : -1;
}
