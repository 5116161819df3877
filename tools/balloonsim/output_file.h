/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files that are there whole or not at all: written beside their place under
 * another name, renamed when done; what was begun goes when we are interrupted.
 */
#ifndef OUTPUT_FILE_H
#define OUTPUT_FILE_H

#include <stdbool.h>
#include <stdio.h>

#define OUTPUT_FILES	2

struct output_file {
	const char *path;
	char *temporary;
};

/* From then on SIGINT, SIGTERM and SIGHUP remove what is begun, and end us. */
void output_signals(void);

/* @return false: it can't be made, said on standard error */
bool output_begin(struct output_file *file, const char *path);
/* In its place, or, unless `good`, gone. @return false: said on standard error */
bool output_end(struct output_file *file, bool good);

#endif
