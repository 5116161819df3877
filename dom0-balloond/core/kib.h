/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small arithmetic on KiB. Xen counts pages of 4 KiB: what is applied is whole pages. */
#ifndef BALLOOND_CORE_KIB_H
#define BALLOOND_CORE_KIB_H

#include <stdint.h>

#define KIB_PER_PAGE	4

static inline int64_t kib_min(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static inline int64_t kib_max(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* `low` wins when the bounds cross. */
static inline int64_t kib_clamp(int64_t v, int64_t low, int64_t high)
{
	return kib_max(low, kib_min(v, high));
}

/* Round towards minus infinity to a multiple of `step`, a power of two. */
static inline int64_t kib_down(int64_t v, int64_t step)
{
	return v & ~(step - 1);
}

static inline int64_t kib_up(int64_t v, int64_t step)
{
	return kib_down(v + step - 1, step);
}

#endif
