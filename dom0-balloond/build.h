/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Domains that a toolstack builds: looked at, and given room to be restored. */
#ifndef BALLOOND_BUILD_H
#define BALLOOND_BUILD_H

#include <stdint.h>

struct balloond;

/*
 * libxl restores with max_pages of the target it saved + 1 MiB. A guest that had
 * just grown by itself was larger than that, and the VM would be lost. So whoever
 * comes close to its max_pages while it is built may have some more, of what is
 * free now; when it runs it is a guest like others.
 */
void build_help(struct balloond *b);

/*
 * What was lent goes back when the build is over: max_pages of who isn't balanced,
 * or not yet, are the toolstack's. Before the plan, which gives ceilings to guests.
 */
void build_over(struct balloond *b);

/* When to look again; UINT64_MAX: nobody is being built, or for too long. */
uint64_t build_due_ms(const struct balloond *b);

#endif
