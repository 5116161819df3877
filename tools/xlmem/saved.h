/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a domain that is saved, or runs and is to be sent, will need when it is
 * built again: from libxl's own JSON of its configuration.
 */
#ifndef XLMEM_SAVED_H
#define XLMEM_SAVED_H

#include <stddef.h>

#include "vmcfg.h"

/*
 * `file` as `xl save` writes it: its header, configuration, and how many pages follow.
 * @return 0, or -1 with `why` (size bytes) as one sentence
 */
int saved_read(const char *file, struct vmcfg *out, char *why, size_t size);

/* A running domain's, from `xl list -l`; the same returns. */
int running_read(const char *domain, struct vmcfg *out, char *why, size_t size);

#endif
