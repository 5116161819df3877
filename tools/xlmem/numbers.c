// SPDX-License-Identifier: GPL-2.0-or-later
#include "numbers.h"

#include <errno.h>

int number_parse(const char *text, int64_t least, int64_t most, int64_t *out)
{
	int64_t value = 0;
	int n;

	for (n = 0; text[n] >= '0' && text[n] <= '9' && n < 18; n++)
		value = value * 10 + (text[n] - '0');
	if (!n || text[n] || value < least || value > most)
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
