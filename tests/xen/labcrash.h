/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LABCRASH_H
#define LABCRASH_H

/* A file that is there from when the story's first transfer began: see labcrash.c. */
#define LABCRASH_MOVES	"/run/labcrash-moves"

#endif
