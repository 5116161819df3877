// SPDX-License-Identifier: GPL-2.0-or-later
/* A run over time: rows for --csv as they come, frames for --svg, fewer and fewer. */
#include <stdlib.h>
#include <string.h>

#include "core/host.h"
#include "run.h"

#define FRAMES_MAX	1600	/* an eye sees no more on 1000 pixels */

void output_csv_head(FILE *out)
{
	fprintf(out, "ms,vm,tot_kib,max_kib,target_kib,ceiling_kib,need_kib,demand_kib,unmet_mib_s\n");
}

static void csv_cell(FILE *out, int64_t value)
{
	if (value == BOOK_UNKNOWN)
		fputc(',', out);
	else
		fprintf(out, ",%lld", (long long)value);
}

/* As wide as the others, so that a table takes it. */
void output_csv_mark(struct run *run, const char *name)
{
	fprintf(run->csv, "%lld,mark:%s,,,,,,,\n", (long long)(run->w->now_us / SIM_MS), name);
}

void output_csv(struct run *run, const int64_t *row)
{
	static const enum guest_value which[] = {
		GUEST_tot, GUEST_max, GUEST_target, GUEST_ceiling, GUEST_need, GUEST_demand,
		GUEST_unmet,
	};
	long long ms = (long long)(run->w->now_us / SIM_MS);

	fprintf(run->csv, "%lld,free,%lld,,,,,,\n", ms,
		(long long)row[book_host_slot(&run->book, HOST_free)]);
	for (uint32_t i = 0; i < run->s->n_guests; i++) {
		const int64_t *guest = row + book_guest_slot(&run->book, i, 0);

		if (guest[GUEST_tot] == BOOK_UNKNOWN)
			continue;
		fprintf(run->csv, "%lld,%s", ms, run->s->guests[i].vm.name);
		for (size_t k = 0; k < sizeof(which) / sizeof(which[0]); k++)
			csv_cell(run->csv, guest[which[k]]);
		fputc('\n', run->csv);
	}
}

static void story_begin(struct run *run)
{
	struct story *story = &run->story;
	uint32_t n = run->s->n_guests;

	snprintf(story->title, sizeof(story->title), "%.*s", (int)sizeof(story->title) - 1,
		 run->s->title[0] ? run->s->title : run->s->name);
	story->vms = n < SHOW_VMS ? (int)n : SHOW_VMS;
	for (int i = 0; i < story->vms; i++) {
		const struct sim_vm *vm = &run->s->guests[i].vm;
		struct story_vm *show = &story->vm[i];

		if (i == SHOW_VMS - 1 && n > SHOW_VMS) {
			*show = (struct story_vm){ .floor = -1, .limit = -1, .seen = true };
			snprintf(show->name, sizeof(show->name), "%u others", n - SHOW_VMS + 1);
			break;
		}
		show->floor = vm->min_kib == KIB_NONE ? -1 : (int32_t)vm->min_kib;
		show->limit = (int32_t)vm->maxmem_kib;
		show->seen = true;
		snprintf(show->name, sizeof(show->name), "%.23s", vm->name);
		snprintf(show->kind, sizeof(show->kind), "%s, %s", vm->hvm ? "PVH" : "PV",
			 sim_character_name(vm->guest.character));
	}
}

/* Every second one goes, and from now on only half as many come. */
static void thin_out(struct run *run)
{
	struct story *story = &run->story;

	for (size_t i = 0; i < story->frames / 2; i++)
		story->frame[i] = story->frame[2 * i];
	story->frames /= 2;
	run->frame_us *= 2;
}

static void add(int32_t *sum, int64_t value)
{
	if (value != BOOK_UNKNOWN)
		*sum = (int32_t)((*sum < 0 ? 0 : *sum) + value);
}

void story_frame(struct run *run, const int64_t *row)
{
	struct story *story = &run->story;
	struct frame *frame;

	if (!story->frame) {
		story_begin(run);
		story->frame = calloc(FRAMES_MAX, sizeof(*frame));
		if (!story->frame)
			abort();
	}
	if (story->frames == FRAMES_MAX)
		thin_out(run);
	frame = &story->frame[story->frames++];
	memset(frame, -1, sizeof(*frame));
	frame->ms = (int64_t)(run->w->now_us / SIM_MS);
	frame->free = (int32_t)row[book_host_slot(&run->book, HOST_free)];
	for (uint32_t i = 0; i < run->s->n_guests; i++) {
		struct vm_state *vm = &frame->vm[i < SHOW_VMS ? i : SHOW_VMS - 1];
		const int64_t *guest = row + book_guest_slot(&run->book, i, 0);

		add(&vm->tot, guest[GUEST_tot]);
		add(&vm->max, guest[GUEST_max]);
		add(&vm->target, guest[GUEST_target]);
		add(&vm->ceiling, guest[GUEST_ceiling]);
		add(&vm->need, guest[GUEST_need]);
		add(&vm->demand, guest[GUEST_demand]);
	}
}

void story_note(struct run *run, const char *text)
{
	struct story *story = &run->story;
	const size_t most = sizeof(story->chapter) / sizeof(story->chapter[0]);
	struct note *note;

	if (!*text || *text < '0' || *text > '9' || (size_t)story->chapters == most)
		return;
	note = &story->chapter[story->chapters++];
	note->ms = (int64_t)(run->w->now_us / SIM_MS);
	snprintf(note->text, sizeof(note->text), "%s", text);
}
