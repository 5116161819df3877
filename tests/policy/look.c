// SPDX-License-Identifier: GPL-2.0-or-later
/* What selfballoond takes from its guest's files: what the cache lost, and lost nearly; swap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "guest-driver/agent/agent.h"

#define PAGE_KIB	4

static char root[] = "/tmp/look.XXXXXX";
static uint64_t mem_total_kib;

/* The balloon's side, of which nothing is asked here. */
int balloon_gather(struct agent *agent, uint64_t total_kib)
{
	(void)agent;
	mem_total_kib = total_kib;
	return 0;
}

static void file_write(const char *name, const char *text)
{
	char path[256];
	FILE *out;

	snprintf(path, sizeof(path), "%s%s", root, name);
	out = fopen(path, "w");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

static int guest(void **unused)
{
	static const char *const folders[] = {
		"", "/proc", "/sys", "/sys/kernel", "/sys/kernel/mm", "/sys/kernel/mm/lru_gen",
	};
	char path[256];

	(void)unused;
	if (!mkdtemp(root))
		return -1;
	for (size_t i = 1; i < sizeof(folders) / sizeof(folders[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", root, folders[i]);
		if (mkdir(path, 0700))
			return -1;
	}
	file_write("/proc/meminfo", "MemTotal: 512000 kB\nMemAvailable: 400000 kB\nCommitted_AS: 1 kB\n");
	file_write("/proc/zoneinfo", "Node 0, zone DMA\n        high 36\n        protection: (0, 0)\n");
	file_write("/proc/vmstat", "nr_free_pages 1000\nworkingset_refault_anon 1\n"
		   "workingset_refault_file 50\nworkingset_activate_anon 9\n"
		   "workingset_activate_file 20\n");
	return 0;
}

/* A page that is in swap and in memory is counted there. */
static void swapped(void **unused)
{
	static const struct {
		const char *text;
		uint64_t kib;
	} rows[] = {
		{ "SwapCached: 0 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n", 0 },
		{ "SwapCached: 0 kB\nSwapTotal: 9000 kB\nSwapFree: 5000 kB\n", 4000 },
		{ "SwapCached: 1000 kB\nSwapTotal: 9000 kB\nSwapFree: 5000 kB\n", 3000 },
		{ "SwapCached: 5000 kB\nSwapTotal: 9000 kB\nSwapFree: 5000 kB\n", 0 },
	};
	char text[256];

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct agent agent = { 0 };

		snprintf(text, sizeof(text), "MemTotal: 512000 kB\nMemAvailable: 400000 kB\n"
			 "Committed_AS: 1 kB\n%s", rows[i].text);
		file_write("/proc/meminfo", text);
		assert_int_equal(look_open(root), 0);
		assert_int_equal(look(&agent), 0);
		assert_int_equal(agent.in.swapped_kib, rows[i].kib);
	}
}

static int gone(void **unused)
{
	char command[64];

	(void)unused;
	snprintf(command, sizeof(command), "rm -r %s", root);
	return system(command);
}

/* Under the classic LRU two counters; under the other, which has one of them only, one. */
static void near(void **unused)
{
	static const struct {
		const char *enabled;	/* NULL: a kernel without it */
		uint64_t near_pages;
	} rows[] = {
		{ NULL,		20 },
		{ "0x0000\n",	20 },
		{ "0x0006\n",	20 },	/* its helpers, without it */
		{ "0x0001\n",	50 },
		{ "0x0007\n",	50 },
		{ "\n",		20 },
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct agent agent = { 0 };

		if (rows[i].enabled)
			file_write("/sys/kernel/mm/lru_gen/enabled", rows[i].enabled);
		print_message("# row %zu\n", i);
		assert_int_equal(look_open(root), 0);
		assert_int_equal(look(&agent), 0);
		assert_int_equal(agent.in.refault_kib, 50 * PAGE_KIB);
		assert_int_equal(agent.in.near_kib, rows[i].near_pages * PAGE_KIB);
		assert_int_equal(agent.refault, 51);
		assert_int_equal(mem_total_kib, 512000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ "policy:agent-near", near, NULL, NULL, NULL },
		{ "policy:agent-swapped", swapped, NULL, NULL, NULL },
	};

	return cmocka_run_group_tests_name("policy", tests, guest, gone);
}
