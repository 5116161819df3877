/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a run told in its events.jsonl, and the three ways to look at it: a
 * table that moves, plain lines, a plot. All memory in KiB; -1: not known.
 */
#ifndef LABSHOW_H
#define LABSHOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define SHOW_VMS 24
#define SHOW_NOTES 64

struct vm_state {
	int32_t tot, max, target, ceiling, need;
};

struct frame {
	int64_t ms;
	int32_t free;
	struct vm_state vm[SHOW_VMS];
};

struct vm {
	char name[24], kind[24];	/* kind: "PV 6.1" */
	int32_t floor, limit;		/* the policy's min and the toolstack's maxmem */
	bool seen, alive;
};

enum said { SAID_CHAPTER, SAID_NOTE, SAID_DONE, SAID_FAILED };

struct note {
	int64_t ms;
	enum said said;
	char text[400];
};

struct story {
	char title[160];
	struct vm vm[SHOW_VMS];
	int vms;
	struct note note[SHOW_NOTES];	/* of the last SHOW_NOTES */
	int notes, chapters, held, failed;
	struct note chapter[16];
	struct frame *frame;
	size_t frames, room;
	bool over;
	int64_t ms;
};

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

/* Everybody's memory over time, as SVG. Returns a negative errno. */
int plot_write(const struct story *s, const char *path);

#endif
