// SPDX-License-Identifier: GPL-2.0-or-later
#include "size.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/host.h"
#include "schema.h"

int size_parse(const char *text, int64_t *kib)
{
	unsigned long long n;
	unsigned int shift;
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return -EINVAL;
	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno)
		return -ERANGE;

	/* Counted in bytes until the end: b must not lose what it says. */
	switch (tolower((unsigned char)end[0])) {
	case 'b':  shift = 0; break;
	case 'k':  shift = 10; break;
	case '\0':
	case 'm':  shift = 20; break;
	case 'g':  shift = 30; break;
	case 't':  shift = 40; break;
	default:   return -EINVAL;
	}
	if (end[0] && end[1])
		return -EINVAL;
	if (n > (SCHEMA_KIB_MAX << 10) >> shift)
		return -ERANGE;
	*kib = (int64_t)(((n << shift) + 1023) >> 10);
	return 0;
}

const char *size_text(int64_t kib, char buf[SIZE_TEXT_MAX])
{
	int64_t whole = kib / KIB_PER_MIB, tenths = kib % KIB_PER_MIB * 10 / KIB_PER_MIB;

	if (kib == KIB_NONE)
		snprintf(buf, SIZE_TEXT_MAX, "-");
	else if (tenths)
		snprintf(buf, SIZE_TEXT_MAX, "%s%" PRId64 ".%" PRId64, kib < 0 ? "-" : "",
			 whole < 0 ? -whole : whole, tenths < 0 ? -tenths : tenths);
	else
		snprintf(buf, SIZE_TEXT_MAX, "%" PRId64, whole);
	return buf;
}
