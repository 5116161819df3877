// SPDX-License-Identifier: GPL-2.0-or-later
/* balloond.conf: what is taken, what is refused, and with which words. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "config.h"
#include "size.h"

static char path[] = "/tmp/balloond-conf-XXXXXX";

/* Parse `text` as the file; `said` gets the messages without the path. */
static int parse(const char *text, struct settings *settings, char *said, size_t size)
{
	FILE *out = fopen(path, "w"), *report = fmemopen(said, size, "w");
	char *at;
	int rc;

	fputs(text, out);
	fclose(out);
	memset(said, 0, size);
	rc = config_read(path, report, settings);
	fclose(report);
	while ((at = strstr(said, path)))
		memmove(at, at + strlen(path), strlen(at + strlen(path)) + 1);
	return rc;
}

static void config_defaults(void **state)
{
	struct settings settings = { 0 };
	char said[1024];

	(void)state;
	assert_int_equal(parse("", &settings, said, sizeof(said)), 0);
	assert_int_equal(settings.host.free_min_kib, 32 * 1024);
	assert_int_equal(settings.host.headroom_min_kib, 32 * 1024);
	assert_int_equal(settings.host.hysteresis_kib, 4 * 1024);
	assert_int_equal(settings.host.shrink_divisor, 8);
	assert_int_equal(settings.host.shrink_interval_ms, 2000);
	assert_int_equal(settings.host.surplus, SURPLUS_FREE);
	assert_int_equal(settings.default_weight, WEIGHT_DEFAULT);
	assert_int_equal(settings.zero, ZERO_FIXED);
	config_finish(&settings);
}

static void config_values(void **state)
{
	struct settings settings = { 0 };
	const struct vm_settings *vm;
	char said[1024];

	(void)state;
	assert_int_equal(parse("# a comment with free_max = 3\n"
			       "free_min = \"1g\"\nsurplus='guests' ; default_weight = 7\n"
			       "vms = [ \"db min=1g max=2g weight=512\",\n"
			       "  \"router fixed=1\", \"near fixed=0\", # nofix = 1\n ]\nhysteresis=8\n"
			       "dom0='balance'\ndom0_min=300\ndom0_max=\"1g\"\n",
			       &settings, said, sizeof(said)), 0);
	assert_string_equal(said, "");
	assert_int_equal(settings.host.free_min_kib, 1 << 20);
	assert_int_equal(settings.host.surplus, SURPLUS_GUESTS);
	assert_int_equal(settings.default_weight, 7);
	assert_int_equal(settings.host.hysteresis_kib, 8192);
	assert_int_equal(settings.zero, ZERO_BALANCE);
	assert_int_equal(settings.zero_min_kib, 300 * 1024);
	assert_int_equal(settings.zero_max_kib, 1 << 20);
	assert_int_equal(settings.n_vms, 3);
	vm = config_vm(&settings, "db");
	assert_non_null(vm);
	assert_int_equal(vm->min_kib, 1 << 20);
	assert_int_equal(vm->max_kib, 2 << 20);
	assert_int_equal(vm->weight, 512);
	assert_int_equal(vm->fixed, KIB_NONE);
	assert_int_equal(config_vm(&settings, "router")->fixed, 1);
	assert_int_equal(config_vm(&settings, "near")->fixed, 0);
	assert_null(config_vm(&settings, "rout"));
	config_finish(&settings);
}

static void config_refused(void **state)
{
	static const struct {
		const char *text, *said;
	} rows[] = {
		{ "\nfree_max = 3\n", ":2: unknown key \"free_max\": remove it; "
		  "balloond --help-config lists the keys\n" },
		{ "free_min = \"12q\"\n", ":1: free_min = \"12q\": write a size from 0 to 1048576 MiB, "
		  "or with suffix b, k, m, g, t\n" },
		{ "free_min = -1\n", NULL },	/* libxlutil's own words */
		{ "default_weight = 0\n",
		  ":1: default_weight = \"0\": write a number from 1 to 65535\n" },
		{ "default_weight = 65536\n",
		  ":1: default_weight = \"65536\": write a number from 1 to 65535\n" },
		{ "surplus = \"mine\"\n",
		  ":1: surplus = \"mine\": write \"free\", \"guests\" or \"dom0\"\n" },
		{ "\nsurplus = \"dom0\"\n", ":2: surplus = \"dom0\": dom0 isn't balanced and gets "
		  "nothing: write dom0 = \"balance\" too\n" },
		{ "dom0 = \"yes\"\n", ":1: dom0 = \"yes\": write \"fixed\" or \"balance\"\n" },
		{ "dom0_max = 300\ndom0_min = 301\n", ":2: dom0_min 301 is over dom0_max 300 MiB: "
		  "lower dom0_min or raise dom0_max\n" },
		{ "surplus = [ \"free\" ]\n", ":1: surplus: write one value, not a list\n" },
		{ "vms = \"db\"\n", ":1: vms: write a list: vms = [ \"NAME min=256\" ]\n" },
		{ "vms = [ \"db min=2g max=1g\" ]\n", ":1: vms, VM \"db\": min=2048 is over max=1024 "
		  "MiB: lower min or raise max\n" },
		{ "vms = [ \"db min=x\" ]\n", ":1: vms, VM \"db\": min = \"x\": write a size from 0 to "
		  "1073741824 MiB, or with suffix b, k, m, g, t\n" },
		{ "vms = [ \"db speed=3\" ]\n", ":1: vms, VM \"db\": \"speed\": write min=SIZE, max=SIZE, "
		  "weight=N, fixed=0|1 or idle_shutdown=0|1\n" },
		{ "vms = [ \"db\", \"db\" ]\n", ":1: vms: \"db\" is there twice: keep one\n" },
		{ "vms = [ \"\" ]\n", ":1: vms: \"\": begin with the VM's name, at most 63 bytes\n" },
		{ "free_min = [\n", NULL },
		{ "free_min\n", NULL },
		{ "free_min = \"1\n", NULL },
	};
	struct settings settings = { .default_weight = 99 };
	char said[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(parse(rows[i].text, &settings, said, sizeof(said)), -EINVAL);
		if (rows[i].said)
			assert_string_equal(said, rows[i].said);
		assert_true(said[0] == ':' || !rows[i].said);
		assert_true(strlen(said) > 0);
		assert_int_equal(settings.default_weight, 99);	/* untouched */
	}
}

static void config_not_readable(void **state)
{
	struct settings settings = { 0 };

	(void)state;
	assert_int_equal(config_read("/nonexistent/balloond.conf", stderr, &settings), -ENOENT);
	assert_int_equal(config_read("/", stderr, &settings), -EISDIR);
}

static void config_sizes(void **state)
{
	static const struct {
		const char *text;
		int rc;
		int64_t kib;
	} rows[] = {
		{ "0", 0, 0 }, { "1", 0, 1024 }, { "512", 0, 524288 }, { "1b", 0, 1 },
		{ "1025B", 0, 2 }, { "3k", 0, 3 }, { "3M", 0, 3072 }, { "2g", 0, 2 << 20 },
		{ "1t", 0, 1 << 30 }, { "1024t", 0, 1LL << 40 }, { "1025t", -ERANGE, 0 },
		{ "", -EINVAL, 0 }, { "-1", -EINVAL, 0 }, { " 1", -EINVAL, 0 },
		{ "1x", -EINVAL, 0 }, { "1mb", -EINVAL, 0 }, { "1.5g", -EINVAL, 0 },
		{ "99999999999999999999", -ERANGE, 0 }, { "18446744073709551615k", -ERANGE, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t kib = -7;

		assert_int_equal(size_parse(rows[i].text, &kib), rows[i].rc);
		assert_int_equal(kib, rows[i].rc ? -7 : rows[i].kib);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(config_defaults),
		cmocka_unit_test(config_values), cmocka_unit_test(config_refused),
		cmocka_unit_test(config_not_readable), cmocka_unit_test(config_sizes),
	};
	int fd = mkstemp(path), rc;

	close(fd);
	rc = cmocka_run_group_tests_name("config", tests, NULL, NULL);
	unlink(path);
	return rc;
}
