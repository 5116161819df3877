/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A story in which balloond makes every kind of call, and how it must end. */
#ifndef CRASH_STORY_H
#define CRASH_STORY_H

#include "crash_host.h"

#define ENDING_MAX	8192

/*
 * Runs it on a host made anew. What must be the same whatever was killed when is in
 * `ending`. @return false: s->why
 */
bool story_run(struct stage *s, char ending[ENDING_MAX]);

#endif
