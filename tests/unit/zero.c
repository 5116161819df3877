// SPDX-License-Identifier: GPL-2.0-or-later
/* dom0's own signal: what its kernel writes, read strictly, and what is made of it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "balloond.h"
#include "core/bounds.h"
#include "core/plan.h"
#include "host_xen.h"
#include "zero.h"

#define MIB	KIB_PER_MIB

/* As Debian's kernel 6.1 writes it, with what isn't used left in between. */
static const char meminfo[] =
	"MemTotal:        1003520 kB\n" "MemFree:          409600 kB\n"
	"MemAvailable:     812345 kB\n" "Buffers:           10000 kB\n"
	"SwapCached:            0 kB\n" "Active:           204800 kB\n"
	"Inactive:         256000 kB\n" "Active(anon):      51200 kB\n"
	"Inactive(anon):    51200 kB\n" "Active(file):     153600 kB\n"
	"Inactive(file):   204800 kB\n" "Unevictable:       51200 kB\n"
	"Mlocked:           51200 kB\n" "SwapTotal:             0 kB\n"
	"SwapFree:              0 kB\n" "AnonPages:        100000 kB\n"
	"KReclaimable:      20480 kB\n" "Slab:              40000 kB\n"
	"Committed_AS:     307200 kB\n" "HugePages_Total:       0\n";
static const char vmstat[] = "nr_free_pages 102400\npswpin 12\npswpout 345\nworkingset_refault_file 7\npgpgin 1\n";

static void zero_words(void **state)
{
	struct zero_facts facts = { 0 };
	char text[sizeof(meminfo) + 64];

	(void)state;
	assert_int_equal(zero_parse_meminfo(meminfo, &facts), 0);
	assert_int_equal(facts.total_kib, 1003520);
	assert_int_equal(facts.inactive_kib, 256000);
	assert_int_equal(facts.active_file_kib, 153600);
	assert_int_equal(facts.committed_kib, 307200);
	assert_int_equal(zero_parse_vmstat(vmstat, &facts), 0);
	assert_int_equal(facts.swap_ins, 12);
	assert_int_equal(facts.swap_outs, 345);
	assert_int_equal(facts.refaults, 7);

	assert_int_equal(zero_parse_meminfo("", &facts), -EPROTO);
	assert_int_equal(zero_parse_vmstat("pswpin 1\n", &facts), -EPROTO);
	assert_int_equal(zero_parse_vmstat("pswpin 1\npswpin 1\npswpout 1\n", &facts), -EPROTO);
	assert_int_equal(zero_parse_vmstat("pswpin -1\npswpout 1\n", &facts), -EPROTO);
	assert_int_equal(zero_parse_vmstat("pswpin\npswpout 1\n", &facts), -EPROTO);
	assert_int_equal(zero_parse_vmstat("pswpin 1x\npswpout 1\n", &facts), -EPROTO);
	assert_int_equal(zero_parse_vmstat("pswpin 99999999999999999999\npswpout 1", &facts),
			 -EPROTO);
	snprintf(text, sizeof(text), "%sMemTotal: 1 kB\n", meminfo);
	assert_int_equal(zero_parse_meminfo(text, &facts), -EPROTO);
	/* Cut anywhere before its last word it is refused, or whole. */
	for (ptrdiff_t len = 0; len < strstr(meminfo, "Committed") - meminfo; len++) {
		memcpy(text, meminfo, len);
		text[len] = '\0';
		assert_int_equal(zero_parse_meminfo(text, &facts), -EPROTO);
	}
}

static void file_write(const char *folder, const char *name, const char *text)
{
	char path[256];
	FILE *out;

	snprintf(path, sizeof(path), "%s%s", folder, name);
	for (char *at = path + strlen(folder) + 1; (at = strchr(at, '/')); *at++ = '/') {
		*at = '\0';
		mkdir(path, 0700);
	}
	out = fopen(path, "w");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

/* The files stay open and are read anew; without a balloon's numbers it can do. */
static void zero_files(void **state)
{
	static const char *const balloon[][2] = {
		{ "info/current_kb", "1048576\n" }, { "info/low_kb", "524288\n" },
		{ "info/high_kb", "0\n" }, { "target_kb", "1048580\n" },
	};
	char folder[] = "/tmp/zero.XXXXXX", path[128], command[64];
	struct zero_proc proc;
	struct zero_facts facts;

	(void)state;
	assert_non_null(mkdtemp(folder));
	file_write(folder, "/proc/vmstat", vmstat);
	file_write(folder, "/proc/sys/vm/min_free_kbytes", "7680\n");
	assert_int_equal(zero_proc_open(&proc, folder), -ENOENT);
	file_write(folder, "/proc/meminfo", meminfo);
	assert_int_equal(zero_proc_open(&proc, folder), 0);
	assert_int_equal(proc.pressure_fd, -1);
	assert_int_equal(zero_proc_read(&proc, &facts), 0);
	assert_int_equal(facts.min_free_kib, 7680);
	assert_int_equal(facts.balloon_room_kib, KIB_NONE);
	file_write(folder, "/proc/vmstat", "pswpin 13\npswpout 345\nworkingset_refault_file 7\n");
	assert_int_equal(zero_proc_read(&proc, &facts), 0);
	assert_int_equal(facts.swap_ins, 13);
	file_write(folder, "/proc/sys/vm/min_free_kbytes", "many\n");
	assert_int_equal(zero_proc_read(&proc, &facts), -EPROTO);
	zero_proc_close(&proc);

	file_write(folder, "/proc/sys/vm/min_free_kbytes", "7680\n");
	file_write(folder, "/proc/pressure/memory", "");
	for (size_t i = 0; i < sizeof(balloon) / sizeof(balloon[0]); i++) {
		snprintf(path, sizeof(path), "/sys/devices/system/xen_memory/xen_memory0/%s",
			 balloon[i][0]);
		file_write(folder, path, balloon[i][1]);
	}
	assert_int_equal(zero_proc_open(&proc, folder), 0);
	assert_true(proc.pressure_fd >= 0);
	assert_int_equal(zero_proc_read(&proc, &facts), 0);
	assert_int_equal(facts.balloon_kib, 1048576);
	assert_int_equal(facts.balloon_target_kib, 1048580);
	assert_int_equal(facts.balloon_room_kib, 1572864);
	zero_proc_close(&proc);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	assert_int_equal(system(command), 0);
}

static struct zero zero;
static struct zero_facts facts;
static struct dom dom;

/* The table above input_fill() in zero.c. */
static void judged(uint64_t now_ms)
{
	zero_judge(&zero, &facts, now_ms, 2048 * MIB, &dom);
}

static int calm(void **state)
{
	(void)state;
	zero = (struct zero){ .open = true };
	dom = (struct dom){ .actual_kib = 1024 * MIB, .target_kib = 1024 * MIB,
			    .kind = DOM_ZERO_BALANCED };
	assert_int_equal(zero_parse_meminfo(meminfo, &facts), 0);
	assert_int_equal(zero_parse_vmstat(vmstat, &facts), 0);
	facts.min_free_kib = 7680;
	judged(1000000);
	return 0;
}

static void zero_need(void **state)
{
	int64_t kernel_kib = 1003520 - 409600 - 204800 - 256000 - 51200 - 20480, first_kib;

	(void)state;
	assert_true(dom.has_report);
	assert_int_equal(kernel_kib, 60 * MIB);
	first_kib = dom.need_kib;
	/* committed, kernel, reserve, hidden, and a tenth of what is used and 32 MiB */
	assert_int_equal(first_kib, 300 * MIB + kernel_kib + 7680 * 3 / 2 + 44 * MIB +
			 64 * MIB + 36 * MIB);
	assert_int_equal(dom.want_kib, first_kib + 150 * MIB);
	assert_false(dom.urgent);
	assert_false(dom.strained);

	/* How large it is doesn't matter. */
	dom.actual_kib += 500 * MIB;
	facts.total_kib += 500 * MIB;
	facts.free_kib += 500 * MIB;
	judged(1010000);
	assert_int_equal(dom.need_kib, first_kib);
	/* Up at once. */
	facts.committed_kib += 100 * MIB;
	judged(1010100);
	assert_int_equal(dom.need_kib, first_kib + 110 * MIB);
	/* Down when it has lasted. */
	facts.committed_kib -= 100 * MIB;
	judged(1010200);
	assert_int_equal(dom.need_kib, first_kib + 110 * MIB);
	judged(1013000);
	judged(1016000);
	assert_int_equal(dom.need_kib, first_kib);
}

/*
 * Nobody counts for dom0 what a larger cache would have kept: it asks for what comes
 * back, and goes on to, although it was given nothing for a while.
 */
static void zero_cache(void **state)
{
	int64_t first_kib = dom.want_kib;

	(void)state;
	facts.total_kib -= facts.free_kib - 18 * MIB;
	dom.actual_kib -= facts.free_kib - 18 * MIB;
	dom.target_kib = dom.actual_kib;
	facts.free_kib = 18 * MIB;
	for (uint64_t s = 1; s <= 120; s++) {
		facts.refaults += 20 * MIB / KIB_PER_PAGE;
		judged(1000000 + s * 1000);
		if (s > 20)
			assert_true(dom.want_kib > first_kib + 20 * MIB);
	}
}

/* Swap counters that rise, and the trigger: not to be lowered for a while (I10). */
static void zero_strain(void **state)
{
	(void)state;
	judged(1001000);
	assert_false(dom.strained);	/* the first look has nothing to compare */
	facts.swap_outs++;
	judged(1002000);
	assert_true(dom.strained);
	judged(1011000);
	assert_true(dom.strained);
	judged(1012000);
	assert_false(dom.strained);
	zero.pressed = true;
	judged(1013000);
	assert_true(dom.strained);
	assert_false(zero.pressed);
	judged(1023000);
	assert_false(dom.strained);
}

/* Pressed and in need of more than its target: urgent, and more is asked than is missed. */
static void zero_urgent(void **state)
{
	int64_t need_kib = dom.need_kib;

	(void)state;
	dom.actual_kib = dom.target_kib = 500 * MIB;
	facts.available_kib = 2 * MIB;
	facts.committed_kib += 100 * MIB;
	zero.pressed = true;
	judged(1001000);
	assert_true(dom.urgent);
	assert_true(dom.need_kib >= need_kib + 110 * MIB);
	/* It got it. */
	dom.actual_kib = dom.target_kib = 1024 * MIB;
	facts.available_kib = 400 * MIB;
	judged(1010000);
	assert_false(dom.urgent);
}

/*
 * Its numbers can't be read any more: it stays as it was, what it may still take counts,
 * and nobody lowers it; but who was never judged isn't balanced.
 */
static void zero_as_it_was(void **state)
{
	char folder[] = "/tmp/zero.XXXXXX", command[64];
	const struct xen_dom xen = { .max_kib = 2048 * MIB };
	struct vm vm = { .known = true, .watched = true, .raw_target_kib = 1100 * MIB,
			 .pin_kib = KIB_NONE };
	struct balloond b = { .now_ms = 1000000, .host.total_kib = 8192 * MIB };
	const struct host host = { .free_kib = 500 * MIB, .total_kib = 8192 * MIB,
				   .n_doms = 1, .doms = &dom };

	(void)state;
	config_default(&b.settings);
	b.settings.zero = ZERO_BALANCE;
	dom = (struct dom){ .actual_kib = 1024 * MIB, .kind = DOM_ZERO };
	assert_non_null(mkdtemp(folder));
	file_write(folder, "/proc/vmstat", vmstat);
	file_write(folder, "/proc/sys/vm/min_free_kbytes", "7680\n");
	file_write(folder, "/proc/meminfo", meminfo);
	assert_int_equal(zero_proc_open(&b.zero.proc, folder), 0);
	b.zero.open = true;
	file_write(folder, "/proc/meminfo", "");
	zero_refresh(&b, &dom, &vm, &xen);
	assert_int_equal(dom.kind, DOM_ZERO);
	assert_false(dom.has_report);

	file_write(folder, "/proc/meminfo", meminfo);
	zero_refresh(&b, &dom, &vm, &xen);
	assert_int_equal(dom.kind, DOM_ZERO_BALANCED);
	assert_false(dom.strained);
	assert_int_equal(host_slack_kib(&host), (500 - 76 - 1) * MIB);

	file_write(folder, "/proc/meminfo", "");
	dom.actual_kib += 10 * MIB;	/* it is on its way there */
	zero_refresh(&b, &dom, &vm, &xen);
	assert_int_equal(dom.kind, DOM_ZERO_BALANCED);
	assert_true(dom.strained);
	assert_int_equal(host_slack_kib(&host), (500 - 66 - 1) * MIB);
	bounds_update(&dom, b.now_ms);
	assert_int_equal(bounds_least_kib(&dom), 1100 * MIB);
	/* Somebody lowered it meanwhile: that is what it is promised. */
	vm.raw_target_kib = 1050 * MIB;
	zero_refresh(&b, &dom, &vm, &xen);
	assert_int_equal(dom.target_kib, 1050 * MIB);
	assert_int_equal(host_slack_kib(&host), (500 - 16 - 1) * MIB);

	file_write(folder, "/proc/meminfo", meminfo);
	zero_refresh(&b, &dom, &vm, &xen);
	assert_false(dom.strained);
	/* No more of it, by a setting: what it has and nothing beyond. */
	b.settings.zero = ZERO_FIXED;
	zero_refresh(&b, &dom, &vm, &xen);
	assert_int_equal(dom.kind, DOM_ZERO);
	assert_int_equal(host_slack_kib(&host), 500 * MIB);
	config_finish(&b.settings);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(zero_words), cmocka_unit_test(zero_files),
		cmocka_unit_test_setup(zero_need, calm), cmocka_unit_test_setup(zero_cache, calm),
		cmocka_unit_test_setup(zero_strain, calm), cmocka_unit_test_setup(zero_urgent, calm),
		cmocka_unit_test(zero_as_it_was),
	};

	return cmocka_run_group_tests_name("zero", tests, NULL, NULL);
}
