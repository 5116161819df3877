/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sizes as xl takes and prints them. */
#ifndef XLMEM_SIZE_H
#define XLMEM_SIZE_H

#include <stdint.h>

/*
 * Parse "512", "512m", "1g", "262144k": MiB unless a suffix b, k, m, g or t
 * says otherwise. Bytes are rounded up to whole KiB.
 * @return 0, or -EINVAL: not a size, or over 1 PiB
 */
int size_parse(const char *text, int64_t *kib);

/* Plain decimal from `least` to `most`; 0 or -EINVAL. */
int number_parse(const char *text, int64_t least, int64_t most, int64_t *out);

int64_t mib_floor(int64_t kib);
int64_t mib_ceil(int64_t kib);

#endif
