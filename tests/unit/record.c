// SPDX-License-Identifier: GPL-2.0-or-later
/* The strict reader and writer of lease and report lines. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "xenstore-schema/record.h"

#define LEASE	"version=1 ceiling_kib=262144 epoch=7"
#define REPORT	"version=1 boot=18446744073709551615 epoch=7 seq=3 "		\
		"need_kib=1000 want_kib=2000 floor_kib=500 limit_kib=4000 urgent=0"

enum record_kind { A_LEASE, A_REPORT };

struct line_case {
	enum record_kind kind;
	int rc;
	const char *text;
	size_t len;	/* 0: strlen(text) */
};

/* Embedded NUL bytes need their length said. */
#define RAW(s)	s, sizeof(s) - 1

static const struct line_case lines[] = {
	/* good */
	{ A_LEASE, 0, LEASE, 0 },
	{ A_LEASE, 0, LEASE "\n", 0 },
	{ A_LEASE, 0, RAW(LEASE "\0") },
	{ A_LEASE, 0, RAW(LEASE "\n\0") },
	{ A_LEASE, 0, "epoch=0 ceiling_kib=0 version=1", 0 },
	{ A_LEASE, 0, LEASE " later=x;y", 0 },
	{ A_LEASE, 0, "version=1 ceiling_kib=1099511627776 epoch=1", 0 },
	{ A_LEASE, 0, LEASE " later=1 later=2", 0 },
	{ A_REPORT, 0, REPORT, 0 },
	{ A_REPORT, 0, REPORT " committed_kib=5 avail_kib=6", 0 },
	{ A_REPORT, 0, REPORT " rescues=4611686018427387904", 0 },

	/* empty and torn */
	{ A_LEASE, -EINVAL, "", 0 },
	{ A_LEASE, -EINVAL, "\n", 0 },
	{ A_LEASE, -EINVAL, RAW("\0") },
	{ A_LEASE, -EINVAL, "version", 0 },
	{ A_LEASE, -EINVAL, "version=", 0 },
	{ A_LEASE, -EINVAL, "=1", 0 },
	{ A_LEASE, -EINVAL, "version=1 ceiling_kib=2", 0 },
	{ A_LEASE, -EINVAL, "version=1 ceiling_kib=2 epoch", 0 },
	{ A_LEASE, -EINVAL, "version=1 ceiling_kib=2 epoch=", 0 },

	/* separators: one space, nothing else */
	{ A_LEASE, -EINVAL, " " LEASE, 0 },
	{ A_LEASE, -EINVAL, LEASE " ", 0 },
	{ A_LEASE, -EINVAL, "version=1  ceiling_kib=2 epoch=7", 0 },
	{ A_LEASE, -EINVAL, "version=1\tceiling_kib=2 epoch=7", 0 },
	{ A_LEASE, -EINVAL, "version=1,ceiling_kib=2,epoch=7", 0 },
	{ A_LEASE, -EINVAL, LEASE "\n\n", 0 },
	{ A_LEASE, -EINVAL, LEASE "\r\n", 0 },
	{ A_LEASE, -EINVAL, LEASE "\n" LEASE, 0 },

	/* numbers */
	{ A_LEASE, -EINVAL, "version=1 ceiling_kib=-1 epoch=7", 0 },
	{ A_LEASE, -EINVAL, "version=1 ceiling_kib=+1 epoch=7", 0 },
	{ A_LEASE, -EINVAL, "version=1 ceiling_kib=01 epoch=7", 0 },
	{ A_LEASE, -EINVAL, "version=1 ceiling_kib=00 epoch=7", 0 },
	{ A_LEASE, -EINVAL, "version=1 ceiling_kib=0x10 epoch=7", 0 },
	{ A_LEASE, -EINVAL, "version=1 ceiling_kib=1e9 epoch=7", 0 },
	{ A_LEASE, -EINVAL, "version=1 ceiling_kib=1.5 epoch=7", 0 },
	{ A_LEASE, -EINVAL, "version=1 ceiling_kib=1099511627777 epoch=7", 0 },
	{ A_LEASE, -EINVAL, "version=1 ceiling_kib=18446744073709551616 epoch=7", 0 },
	{ A_LEASE, -EINVAL, "version=1 ceiling_kib=99999999999999999999 epoch=7", 0 },
	{ A_LEASE, -EINVAL, "version=1 ceiling_kib=18446744073709813760 epoch=7", 0 },
	{ A_LEASE, -EINVAL, "version=1 ceiling_kib=2 epoch=4611686018427387905", 0 },
	{ A_LEASE, -EINVAL, "version=0 ceiling_kib=2 epoch=7", 0 },
	{ A_LEASE, -EINVAL, "version=2 ceiling_kib=2 epoch=7", 0 },

	/* names */
	{ A_LEASE, -EINVAL, LEASE " epoch=7", 0 },
	{ A_LEASE, -EINVAL, "Version=1 ceiling_kib=2 epoch=7", 0 },
	{ A_LEASE, -EINVAL, "version=1 ceiling_ki=2 epoch=7", 0 },
	{ A_LEASE, -EINVAL, "version=1 ceiling_kib_=2 epoch=7", 0 },
	{ A_LEASE, -EINVAL, REPORT, 0 },
	{ A_REPORT, -EINVAL, LEASE, 0 },

	/* bytes that are no text */
	{ A_LEASE, -EINVAL, RAW("version=1\0 ceiling_kib=2 epoch=7") },
	{ A_LEASE, -EINVAL, RAW("version=1 ceiling_kib=2\0epoch=7") },
	{ A_LEASE, -EINVAL, RAW(LEASE "\0\0") },
	{ A_LEASE, -EINVAL, LEASE " later=\x80", 0 },
	{ A_LEASE, -EINVAL, LEASE " la\x7fter=1", 0 },
	{ A_LEASE, -EINVAL, LEASE " later=\xff\xff", 0 },

	/* what a report must hold together */
	{ A_REPORT, -EINVAL, "version=1 boot=1 epoch=7 seq=3 need_kib=2001 "
	  "want_kib=2000 floor_kib=5 limit_kib=4000 urgent=0", 0 },
	{ A_REPORT, -EINVAL, "version=1 boot=1 epoch=7 seq=3 need_kib=1 "
	  "want_kib=2000 floor_kib=5 limit_kib=4000 urgent=2", 0 },
	{ A_REPORT, -EINVAL, REPORT " avail_kib=x", 0 },
	{ A_REPORT, -EINVAL, REPORT " avail_kib=1 avail_kib=1", 0 },
	{ A_REPORT, -EINVAL, REPORT " rescues=4611686018427387905", 0 },
};

/* Parse an exact-sized copy, so that ASan sees a read beyond the length. */
static int parse(enum record_kind kind, const char *text, size_t len, void *out)
{
	char *copy = test_malloc(len ? len : 1);
	int rc;

	memcpy(copy, text, len);
	rc = kind == A_LEASE ? lease_parse(copy, len, out) :
			       report_parse(copy, len, out);
	test_free(copy);
	return rc;
}

static void record_lines(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		const struct line_case *c = &lines[i];
		size_t len = c->len ? c->len : strlen(c->text);
		union {
			struct lease lease;
			struct report report;
		} out, before;
		int rc;

		memset(&before, 0x5a, sizeof(before));
		out = before;
		rc = parse(c->kind, c->text, len, &out);
		if (rc != c->rc)
			fail_msg("case %zu, '%s': %d, not %d", i, c->text, rc, c->rc);
		if (rc)
			assert_memory_equal(&out, &before, sizeof(out));
	}
}

static void record_values(void **state)
{
	struct lease lease;
	struct report report;

	(void)state;
	assert_int_equal(parse(A_LEASE, LEASE, strlen(LEASE), &lease), 0);
	assert_int_equal(lease.version, 1);
	assert_int_equal(lease.ceiling_kib, 262144);
	assert_int_equal(lease.epoch, 7);
	assert_int_equal(parse(A_REPORT, REPORT, strlen(REPORT), &report), 0);
	assert_true(report.boot == UINT64_MAX);
	assert_int_equal(report.need_kib, 1000);
	assert_int_equal(report.want_kib, 2000);
	assert_int_equal(report.floor_kib, 500);
	assert_int_equal(report.limit_kib, 4000);
	assert_int_equal(report.committed_kib, 0);	/* absent: zero */
}

/* A 400-digit number, and lines at and over the limit of length. */
static void record_long(void **state)
{
	char text[2 * SCHEMA_RECORD_MAX];
	struct lease lease;
	int at;

	(void)state;
	at = sprintf(text, "version=1 ceiling_kib=");
	memset(text + at, '9', 400);
	strcpy(text + at + 400, " epoch=1");
	assert_int_equal(parse(A_LEASE, text, strlen(text), &lease), -EINVAL);
	memset(text + at, '0', 400);
	assert_int_equal(parse(A_LEASE, text, strlen(text), &lease), -EINVAL);

	memset(text, 'x', sizeof(text));
	at = sprintf(text, LEASE " later=");
	text[at] = 'x';
	assert_int_equal(parse(A_LEASE, text, SCHEMA_RECORD_MAX, &lease), 0);
	assert_int_equal(parse(A_LEASE, text, SCHEMA_RECORD_MAX + 1, &lease), -EINVAL);
	assert_int_equal(parse(A_LEASE, text, sizeof(text), &lease), -EINVAL);
}

static void record_round_trip(void **state)
{
	struct report report = { .version = 1, .boot = UINT64_MAX, .epoch = SCHEMA_COUNT_MAX,
		.seq = 0, .need_kib = SCHEMA_KIB_MAX, .want_kib = SCHEMA_KIB_MAX,
		.floor_kib = 1, .limit_kib = 10, .urgent = 1, .committed_kib = 100,
		.overshoot_kib = 8192 };
	struct lease lease = { .version = 1, .ceiling_kib = 4096, .epoch = 1 };
	struct report report_back;
	struct lease lease_back;
	char text[SCHEMA_RECORD_MAX];
	int len;

	(void)state;
	len = report_format(&report, text, sizeof(text));
	assert_int_equal(len, strlen(text));
	assert_int_equal(parse(A_REPORT, text, len, &report_back), 0);
	assert_memory_equal(&report, &report_back, sizeof(report));

	len = lease_format(&lease, text, sizeof(text));
	assert_string_equal(text, "version=1 ceiling_kib=4096 epoch=1");
	assert_int_equal(parse(A_LEASE, text, len, &lease_back), 0);
	assert_memory_equal(&lease, &lease_back, sizeof(lease));
}

/* Every size too small is refused and nothing is written past it. */
static void record_small_buffers(void **state)
{
	struct report report = { .version = 1, .boot = UINT64_MAX, .want_kib = 12345 };
	char text[SCHEMA_RECORD_MAX];
	int len = report_format(&report, text, sizeof(text));
	int size;

	(void)state;
	assert_true(len > 0);
	for (size = 1; size <= len; size++) {
		char *small = test_malloc(size);

		assert_int_equal(report_format(&report, small, size), -ENOSPC);
		test_free(small);
	}
	assert_int_equal(report_format(&report, text, len + 1), len);
}

/* The longest report that can be formatted still fits one record. */
static void record_largest_fits(void **state)
{
	struct report report;
	char text[SCHEMA_RECORD_MAX + 1];

	(void)state;
	memset(&report, 0xff, sizeof(report));
	assert_true(report_format(&report, text, sizeof(text)) > 0);
}

/* A user of the guest can promise himself any size: what dom0 reads is in bounds. */
static void record_sizes_bounded(void **state)
{
	struct report back, report = { .version = 1, .need_kib = 1, .want_kib = 2,
				       .committed_kib = SCHEMA_KIB_MAX + 1 };
	char text[SCHEMA_RECORD_MAX];
	int len = report_format(&report, text, sizeof(text));

	(void)state;
	assert_true(len > 0);
	assert_int_equal(parse(A_REPORT, text, len, &back), 0);
	assert_int_equal(back.committed_kib, SCHEMA_KIB_MAX);
	assert_int_equal(back.need_kib, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(record_lines),
		cmocka_unit_test(record_values),
		cmocka_unit_test(record_long),
		cmocka_unit_test(record_round_trip),
		cmocka_unit_test(record_small_buffers),
		cmocka_unit_test(record_largest_fits),
		cmocka_unit_test(record_sizes_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
