/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a run told, on the emulated host or in the simulated one: who had how
 * much when, and what was said. All memory in KiB; -1: not known.
 */
#ifndef SCENARIO_STORY_H
#define SCENARIO_STORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHOW_VMS 32
#define SHOW_NOTES 64

struct vm_state {
	int32_t tot, max, target, ceiling, need;
	int32_t demand;			/* what it truly needs: a simulator knows */
};

struct frame {
	int64_t ms;
	int32_t free;
	struct vm_state vm[SHOW_VMS];
};

struct story_vm {
	char name[24], kind[24];	/* kind: "PV 6.1", "PVH, liar" */
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
	struct story_vm vm[SHOW_VMS];
	int vms;
	struct note note[SHOW_NOTES];	/* of the last SHOW_NOTES */
	int notes, chapters, held, failed;
	struct note chapter[16];
	struct frame *frame;
	size_t frames, room;
	bool over;
	int64_t ms;
};

/* Everybody's memory over time, as SVG. Returns a negative errno. */
int plot_write(const struct story *s, const char *path);

#endif
