/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers as they are given and shown; sizes are read by balloond's size.h. */
#ifndef XLMEM_NUMBERS_H
#define XLMEM_NUMBERS_H

#include <stdint.h>

/* Plain decimal from `least` to `most`; 0 or -EINVAL. */
int number_parse(const char *text, int64_t least, int64_t most, int64_t *out);

/* KiB as whole MiB. What is there is rounded down, what is needed up. */
int64_t mib_floor(int64_t kib);
int64_t mib_ceil(int64_t kib);

#endif
