/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Strict reader of lease and report records, shared by kernel and user space:
 * freestanding, no allocation, bounded by the length given.
 */
#ifndef BALLAST_RECORD_H
#define BALLAST_RECORD_H

#include "schema.h"

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
typedef uint64_t u64;
#endif

#define RECORD_MEMBER(name, max, need) u64 name;

struct lease {
	LEASE_FIELDS(RECORD_MEMBER)
};

struct report {
	REPORT_FIELDS(RECORD_MEMBER)
};

/*
 * Parse `len` bytes at `text` (a final NUL or newline is allowed, nothing after
 * it). Absent optional fields become 0. On refusal *out is untouched.
 * @return 0, or -EINVAL (-22): not a record of this kind and version
 */
int lease_parse(const char *text, size_t len, struct lease *out);
int report_parse(const char *text, size_t len, struct report *out);

/*
 * Write the record as text with a final NUL. A report's sizes beyond SCHEMA_KIB_MAX are
 * said as that; nothing else is bounded.
 * @return its length without the NUL, or -ENOSPC (-28)
 */
int lease_format(const struct lease *lease, char *buf, size_t size);
int report_format(const struct report *report, char *buf, size_t size);

/* Strict decimal: digits only, no sign, no leading zero, at most `max`. */
int decimal_parse(const char *text, size_t len, u64 max, u64 *out);

#endif
