// SPDX-License-Identifier: GPL-2.0-or-later
#include "size.h"

#include <errno.h>
#include <string.h>

#define KIB_LIMIT	(1LL << 40)

/* Digits at *text, which moves past them; -1 when there are none or too many. */
static int64_t digits(const char **text)
{
	int64_t value = 0;
	int n = 0;

	for (; **text >= '0' && **text <= '9'; (*text)++) {
		if (++n > 18)
			return -1;
		value = value * 10 + (**text - '0');
	}
	return n ? value : -1;
}

int size_parse(const char *text, int64_t *kib)
{
	static const char suffixes[] = "kmgt";
	int64_t value = digits(&text);
	const char *found;
	char suffix;

	if (value < 0 || (text[0] && text[1]))
		return -EINVAL;
	suffix = text[0] ? text[0] | 0x20 : 'm';
	if (suffix == 'b') {
		value = value / 1024 + (value % 1024 != 0);
	} else {
		found = strchr(suffixes, suffix);
		if (!found)
			return -EINVAL;
		for (; found > suffixes; found--)
			if (__builtin_mul_overflow(value, 1024, &value))
				return -EINVAL;
	}
	if (value > KIB_LIMIT)
		return -EINVAL;
	*kib = value;
	return 0;
}

int number_parse(const char *text, int64_t least, int64_t most, int64_t *out)
{
	int64_t value = digits(&text);

	if (value < 0 || *text || value < least || value > most)
		return -EINVAL;
	*out = value;
	return 0;
}

int64_t mib_floor(int64_t kib)
{
	return kib >= 0 ? kib / 1024 : -mib_ceil(-kib);
}

int64_t mib_ceil(int64_t kib)
{
	return kib >= 0 ? (kib + 1023) / 1024 : -mib_floor(-kib);
}
