/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sizes as people write them: MiB by default, suffix b, k, m, g or t, as xl. */
#ifndef BALLOOND_SIZE_H
#define BALLOOND_SIZE_H

#include <stdint.h>

#define SIZE_TEXT_MAX	24

/*
 * @return 0, -EINVAL: not a size, -ERANGE: over 1 PiB. *kib is untouched on
 * error; a fraction of a KiB counts as one.
 */
int size_parse(const char *text, int64_t *kib);

/* MiB with at most one decimal, "-" for KIB_NONE; returns buf. */
const char *size_text(int64_t kib, char buf[SIZE_TEXT_MAX]);

#endif
