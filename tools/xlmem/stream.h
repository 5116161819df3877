/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stream in a save file: how many pages a restore will populate. libxl restores
 * with the target of the domain, but what it held counts: a guest that was saved while
 * it couldn't follow its target down has more.
 */
#ifndef XLMEM_STREAM_H
#define XLMEM_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * From where fd stands, the beginning of libxl's stream. Pages are skipped, not read.
 * @most_kib bounds what is believed.
 * @return KiB, or 0 when it isn't a whole stream of a version known (libxl 2, libxc 2, 3)
 */
int64_t stream_kib(int fd, int64_t most_kib);

/* @return whether all of @size bytes could be read */
bool stream_take(int fd, void *data, size_t size);

#endif
