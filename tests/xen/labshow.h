/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a run told in its events.jsonl (story.h), and the ways to look at it: a
 * table that moves, plain lines, a plot.
 */
#ifndef LABSHOW_H
#define LABSHOW_H

#include "tools/scenario/story.h"

/* What a line was about. */
enum news { NEWS_NONE, NEWS_FRAME, NEWS_SAID };

/* Takes one line of events.jsonl; lines it doesn't know are NEWS_NONE. */
enum news story_take(struct story *s, const char *line);

static inline const struct note *story_last(const struct story *s)
{
	return &s->note[(s->notes - 1) % SHOW_NOTES];
}

/* The moving table: drawn over what it drew before. */
void table_begin(void);
void table_draw(const struct story *s);
void table_end(void);

/* One line a thing said, and the numbers when they changed. */
void plain_said(const struct story *s);
void plain_frame(const struct story *s);

#endif
