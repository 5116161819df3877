// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a guest may write: the input is a record. What is taken means what it
 * says, stays within the table's bounds, and is the same once more when written
 * and read back; what is refused touches nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "core/host.h"
#include "record.h"
#include "report.h"
#include "tests/fuzz/fuzz.h"

#define FIELD(name, max, need)	{ #name "=", max, need },
static const struct field {
	const char *name;
	u64 max;
	bool need;
} lease_fields[] = { LEASE_FIELDS(FIELD) }, report_fields[] = { REPORT_FIELDS(FIELD) };
#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

typedef int (*format_fn)(const void *record, char *buf, size_t size);

/* A reader of its own: where `name` stands at the beginning of a word. */
static const char *word(const char *text, const char *name)
{
	const char *found = text;

	while ((found = strstr(found, name)) && found != text && found[-1] != ' ')
		found++;
	return found ? found + strlen(name) : NULL;
}

static void means_what_it_says(const struct field *fields, size_t n, const u64 *values,
			       const uint8_t *data, size_t size)
{
	char text[SCHEMA_RECORD_MAX + 1], *end;

	if (size && !data[size - 1])
		size--;
	if (size && data[size - 1] == '\n')
		size--;
	MUST(size && size <= SCHEMA_RECORD_MAX, "%zu bytes", size);
	for (size_t i = 0; i < size; i++)
		MUST(data[i] >= ' ' && data[i] <= '~', "byte %zu is %d", i, data[i]);
	memcpy(text, data, size);
	text[size] = '\0';
	for (size_t i = 0; i < n; i++) {
		const char *value = word(text, fields[i].name);

		MUST(value || (!fields[i].need && !values[i]), "%s", fields[i].name);
		if (!value)
			continue;
		MUST(value[0] >= '0' && value[0] <= '9', "%s", value);
		MUST(strtoull(value, &end, 10) == values[i] && (!*end || *end == ' '), "%s", value);
		MUST(values[i] <= fields[i].max, "%s", value);
		MUST(!word(value, fields[i].name), "%s is there twice", fields[i].name);
	}
}

/* Into buffers of any size: never beyond their end, the whole or nothing. */
static int written(format_fn format, const void *record, char *text, size_t size)
{
	int len = format(record, text, size);
	char *less;

	MUST(len > 0 && (size_t)len == strlen(text));
	for (size_t room = 0; room <= (size_t)len; room += 1 + room / 8) {
		less = malloc(room ? room : 1);
		MUST(format(record, less, room) == -28, "%zu of %d bytes", room, len);
		free(less);
	}
	return len;
}

static int lease_put(const void *record, char *buf, size_t size)
{
	return lease_format(record, buf, size);
}

static int report_put(const void *record, char *buf, size_t size)
{
	return report_format(record, buf, size);
}

static void within(int64_t kib, int64_t high_kib)
{
	MUST(kib >= 0 && kib <= high_kib, "%lld of %lld", (long long)kib, (long long)high_kib);
}

static void taken(const struct report *report)
{
	static const int64_t sizes[] = { 0, 4, 4096, 1 << 20, 1LL << 40 };

	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct dom dom = { .static_max_kib = sizes[i] };

		report_take(&dom, report);
		MUST(dom.has_report && dom.want_kib >= dom.need_kib);
		within(dom.need_kib, sizes[i]);
		within(dom.want_kib, sizes[i]);
		within(dom.guest_floor_kib, sizes[i]);
		within(dom.limit_kib, sizes[i]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct report report, report_again, report_before;
	struct lease lease, lease_again, lease_before;
	char text[SCHEMA_RECORD_MAX + 1];
	int len;

	memset(&report_before, 0xa5, sizeof(report_before));
	memset(&lease_before, 0xa5, sizeof(lease_before));
	report = report_before;
	lease = lease_before;
	if (report_parse((const char *)data, size, &report)) {
		MUST(!memcmp(&report, &report_before, sizeof(report)));
	} else {
		means_what_it_says(report_fields, COUNT(report_fields), (u64 *)&report, data, size);
		MUST(report.want_kib >= report.need_kib);
		len = written(report_put, &report, text, sizeof(text));
		MUST(!report_parse(text, (size_t)len, &report_again));
		MUST(!memcmp(&report, &report_again, sizeof(report)));
		taken(&report);
	}
	if (lease_parse((const char *)data, size, &lease)) {
		MUST(!memcmp(&lease, &lease_before, sizeof(lease)));
	} else {
		means_what_it_says(lease_fields, COUNT(lease_fields), (u64 *)&lease, data, size);
		len = written(lease_put, &lease, text, sizeof(text));
		MUST(!lease_parse(text, (size_t)len, &lease_again));
		MUST(!memcmp(&lease, &lease_again, sizeof(lease)));
	}
	return 0;
}
