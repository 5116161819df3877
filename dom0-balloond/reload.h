/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BALLOOND_RELOAD_H
#define BALLOOND_RELOAD_H

#include <stddef.h>

struct balloond;

/* Read the configuration again; on error the old one stays and `why` says why. */
int balloond_reload(struct balloond *b, char *why, size_t size);

#endif
