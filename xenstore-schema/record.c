// SPDX-License-Identifier: GPL-2.0-only
/*
 * Strict reader and writer of the records in schema.h. One table a record gives
 * both; the code below knows no field by name.
 */
#include "record.h"

#define E_INVAL	(-22)
#define E_NOSPC	(-28)

struct field {
	const char *name;
	size_t offset;
	u64 max;
	bool need;
};

#define LEASE_ROW(n, m, d)  { #n, offsetof(struct lease, n), m, d },
#define REPORT_ROW(n, m, d) { #n, offsetof(struct report, n), m, d },

static const struct field lease_fields[] = { LEASE_FIELDS(LEASE_ROW) };
static const struct field report_fields[] = { REPORT_FIELDS(REPORT_ROW) };

#define N_LEASE  (sizeof(lease_fields) / sizeof(lease_fields[0]))
#define N_REPORT (sizeof(report_fields) / sizeof(report_fields[0]))
#define N_MAX    32	/* fields are counted in one bit each */

_Static_assert(N_REPORT <= N_MAX && N_LEASE <= N_MAX, "too many fields");

int decimal_parse(const char *text, size_t len, u64 max, u64 *out)
{
	u64 value = 0;
	size_t i;

	if (len == 0 || len > 20 || (len > 1 && text[0] == '0'))
		return E_INVAL;
	for (i = 0; i < len; i++) {
		u64 digit = (u64)text[i] - '0';

		if (text[i] < '0' || text[i] > '9')
			return E_INVAL;
		if (value > (~0ULL - digit) / 10)
			return E_INVAL;
		value = value * 10 + digit;
	}
	if (value > max)
		return E_INVAL;
	*out = value;
	return 0;
}

static const struct field *field_find(const struct field *fields, size_t n,
				      const char *name, size_t len)
{
	size_t i, k;

	for (i = 0; i < n; i++) {
		for (k = 0; k < len && fields[i].name[k] == name[k] && name[k]; k++)
			;
		if (k == len && !fields[i].name[k])
			return &fields[i];
	}
	return NULL;
}

/* What an unknown field may look like: printable, no space. */
static bool is_plain(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return false;
	return true;
}

static int record_parse(const struct field *fields, size_t n, const char *text,
			size_t len, u64 *values)
{
	unsigned int seen = 0;
	size_t at = 0, i;

	if (len && text[len - 1] == '\0')
		len--;
	if (len && text[len - 1] == '\n')
		len--;
	if (len == 0 || len > SCHEMA_RECORD_MAX)
		return E_INVAL;

	while (at < len) {
		size_t name = at, eq, end;
		const struct field *field;

		for (eq = name; eq < len && text[eq] != '=' && text[eq] != ' '; eq++)
			;
		if (eq == len || text[eq] != '=' || eq == name)
			return E_INVAL;
		for (end = eq + 1; end < len && text[end] != ' '; end++)
			;
		if (end == eq + 1 || !is_plain(text + name, end - name))
			return E_INVAL;
		field = field_find(fields, n, text + name, eq - name);
		if (field) {
			unsigned int bit = 1u << (field - fields);

			if (seen & bit)
				return E_INVAL;
			if (decimal_parse(text + eq + 1, end - eq - 1, field->max,
					  &values[field - fields]))
				return E_INVAL;
			seen |= bit;
		}
		if (end + 1 == len)	/* a space with nothing after it */
			return E_INVAL;
		at = end + 1;
	}
	for (i = 0; i < n; i++)
		if (fields[i].need && !(seen & (1u << i)))
			return E_INVAL;
	return 0;
}

static void record_store(const struct field *fields, size_t n, const u64 *values,
			 void *out)
{
	size_t i;

	for (i = 0; i < n; i++)
		*(u64 *)((char *)out + fields[i].offset) = values[i];
}

int lease_parse(const char *text, size_t len, struct lease *out)
{
	u64 values[N_LEASE] = { 0 };

	if (record_parse(lease_fields, N_LEASE, text, len, values) ||
	    values[0] != SCHEMA_VERSION)
		return E_INVAL;
	record_store(lease_fields, N_LEASE, values, out);
	return 0;
}

int report_parse(const char *text, size_t len, struct report *out)
{
	u64 values[N_REPORT] = { 0 };
	struct report r;

	if (record_parse(report_fields, N_REPORT, text, len, values) ||
	    values[0] != SCHEMA_VERSION)
		return E_INVAL;
	record_store(report_fields, N_REPORT, values, &r);
	if (r.want_kib < r.need_kib)
		return E_INVAL;
	*out = r;
	return 0;
}

static int decimal_put(char *buf, size_t size, size_t at, u64 value)
{
	char digits[20];
	size_t n = 0;

	do {
		digits[n++] = '0' + value % 10;
		value /= 10;
	} while (value);
	if (at + n >= size)
		return E_NOSPC;
	while (n)
		buf[at++] = digits[--n];
	return (int)at;
}

static int record_format(const struct field *fields, size_t n, const void *rec,
			 char *buf, size_t size)
{
	size_t at = 0, i, k;

	for (i = 0; i < n; i++) {
		int r;

		if (at && at < size)
			buf[at++] = ' ';
		for (k = 0; fields[i].name[k]; k++) {
			if (at + 2 >= size)
				return E_NOSPC;
			buf[at++] = fields[i].name[k];
		}
		buf[at++] = '=';
		r = decimal_put(buf, size, at,
				*(const u64 *)((const char *)rec + fields[i].offset));
		if (r < 0)
			return r;
		at = r;
	}
	if (at >= size)
		return E_NOSPC;
	buf[at] = '\0';
	return (int)at;
}

int lease_format(const struct lease *lease, char *buf, size_t size)
{
	return record_format(lease_fields, N_LEASE, lease, buf, size);
}

/* A size beyond what may be said is said as that: any user can promise himself a PiB. */
int report_format(const struct report *report, char *buf, size_t size)
{
	struct report said = *report;
	size_t i;

	for (i = 0; i < N_REPORT; i++) {
		u64 *value = (u64 *)((char *)&said + report_fields[i].offset);

		if (report_fields[i].max == SCHEMA_KIB_MAX && *value > SCHEMA_KIB_MAX)
			*value = SCHEMA_KIB_MAX;
	}
	return record_format(report_fields, N_REPORT, &said, buf, size);
}
