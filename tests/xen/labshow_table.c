// SPDX-License-Identifier: GPL-2.0-or-later
#include "labshow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define NUMBERS 46		/* columns beside the bar */
#define FEED 5			/* last things said under the table */

static int drawn;		/* lines of the last picture */
static int lines;
static int columns;

static long mib(int32_t kib)
{
	return (kib + 512L) / 1024;
}

static const struct frame *last_frame(const struct story *s)
{
	return s->frames ? &s->frame[s->frames - 1] : NULL;
}

static int vm_index(const struct story *s, const char *name)
{
	for (int i = 0; i < s->vms; i++)
		if (!strcmp(s->vm[i].name, name))
			return i;
	return -1;
}

static bool is_guest(const struct story_vm *vm)
{
	return vm->seen && strcmp(vm->name, "dom0");
}

/* --- the moving table ------------------------------------------------------------ */

static void line_end(void)
{
	fputs("\033[0m\033[K\n", stdout);
	lines++;
}

/* Breaks @text between words; every line is begun with @indent blanks but the first. */
static void wrapped(const char *text, int indent)
{
	int room = columns - indent - 1, first = 1;

	while (*text) {
		int n = (int)strlen(text);

		if (n > room) {
			for (n = room; n > 0 && text[n] != ' '; n--)
				;
			n = n ? n : room;
		}
		printf("%*s%.*s", first ? 0 : indent, "", n, text);
		/* The attributes go on in the next line. */
		fputs("\033[K\n", stdout);
		lines++;
		first = 0;
		text += n;
		text += strspn(text, " ");
	}
	fputs("\033[0m", stdout);
}

struct cell { const char *colour, *glyph; };

static struct cell cell_of(const struct story_vm *vm, const struct vm_state *v, int32_t from)
{
	if (from < v->tot) {
		if (from < vm->floor)
			return (struct cell){ "\033[34m", "█" };
		if (v->need < 0 || from < v->need)
			return (struct cell){ "\033[32m", "█" };
		return (struct cell){ "\033[36m", "▒" };
	}
	if (from < v->need)
		return (struct cell){ "\033[1;31m", "░" };
	if (from < v->ceiling)
		return (struct cell){ "\033[2m", "·" };
	return (struct cell){ "", " " };
}

static void bar(const struct story_vm *vm, const struct vm_state *v, int width, int32_t scale)
{
	const char *colour = "";

	for (int i = 0; i < width; i++) {
		/* A cell is what its middle is. */
		struct cell c = cell_of(vm, v, (int32_t)((2L * i + 1) * scale / (2L * width)));

		if (strcmp(c.colour, colour))
			printf("\033[0m%s", c.colour);
		colour = c.colour;
		fputs(c.glyph, stdout);
	}
	fputs("\033[0m", stdout);
}

static void number(int32_t kib)
{
	if (kib < 0)
		printf("%6s", "-");
	else
		printf("%6ld", mib(kib));
}

static void rows(const struct story *s, const struct frame *f)
{
	int width = columns - NUMBERS - 8;
	int32_t scale = 0;

	width = width < 16 ? 16 : width > 72 ? 72 : width;
	for (int i = 0; i < s->vms; i++)
		if (is_guest(&s->vm[i]) && s->vm[i].limit > scale)
			scale = s->vm[i].limit;
	if (!scale)
		scale = 1024 * 1024;
	printf("\033[1m%-8s %-9s 0%*ld\033[0m\033[2m %5s%6s%6s%6s%6s", "VM", "MiB", width - 1,
	       mib(scale), "has", "aim", "lease", "need", "floor");
	line_end();
	for (int i = 0; i < s->vms; i++) {
		const struct story_vm *vm = &s->vm[i];
		const struct vm_state *v = &f->vm[i];

		if (!is_guest(vm))
			continue;
		printf("\033[1m%-8.8s\033[0m %-9.9s ", vm->name, vm->kind);
		if (v->tot < 0) {
			fputs("\033[2mgone", stdout);
		} else {
			bar(vm, v, width, scale);
			number(v->tot);
			number(v->target);
			number(v->ceiling);
			number(v->need);
			number(vm->floor);
		}
		line_end();
	}
}

void table_begin(void)
{
	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	fputs("\033[?25l", stdout);
}

void table_draw(const struct story *s)
{
	static const char *const colour[] = {
		[SAID_CHAPTER] = "\033[1m", [SAID_NOTE] = "", [SAID_DONE] = "", [SAID_FAILED] = "\033[1;31m",
	};
	const struct frame *f = last_frame(s);
	struct winsize size;
	int dom0 = vm_index(s, "dom0"), from, said;

	columns = !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col ? size.ws_col : 80;
	if (drawn)
		printf("\033[%dA", drawn);
	lines = 0;
	line_end();
	if (s->chapters) {
		fputs("\033[1;33m", stdout);
		wrapped(s->chapter[s->chapters - 1].text, 2);
	}
	line_end();
	if (f) {
		rows(s, f);
		printf("%-8s %-9s \033[2mfree in Xen %ld MiB, dom0 %ld MiB, virtual time %.1f s", "", "",
		       mib(f->free), dom0 >= 0 ? mib(f->vm[dom0].tot) : 0, (double)s->ms / 1000);
		line_end();
	}
	fputs("\033[34m█\033[0m floor \033[32m█\033[0m needed \033[36m▒\033[0m not needed "
	      "\033[1;31m░\033[0m needed and not there \033[2m·\033[0m may grow so far by itself", stdout);
	line_end();
	line_end();
	said = s->notes < FEED ? s->notes : FEED;
	for (from = s->notes - said; from < s->notes; from++) {
		const struct note *n = &s->note[from % SHOW_NOTES];

		if (n->said == SAID_CHAPTER)
			continue;
		printf("\033[2m%7.1f s\033[0m  %s", (double)n->ms / 1000, colour[n->said]);
		wrapped(n->text, 11);
	}
	fputs("\033[J", stdout);
	drawn = lines;
	fflush(stdout);
}

void table_end(void)
{
	fputs("\033[?25h", stdout);
	fflush(stdout);
}

/* --- plain lines -------------------------------------------------------------------- */

void plain_said(const struct story *s)
{
	const struct note *n = story_last(s);

	if (n->said == SAID_CHAPTER)
		printf("\n%s\n", n->text);
	else
		printf("%8.1f s  %s%s\n", (double)n->ms / 1000,
		       n->said == SAID_FAILED ? "FAILED: " : "", n->text);
	fflush(stdout);
}

/* At most one line in two seconds, and only when somebody moved. */
void plain_frame(const struct story *s)
{
	static struct frame shown;
	const struct frame *f = last_frame(s);
	bool moved = false;

	if (shown.ms && f->ms < shown.ms + 2000)
		return;
	for (int i = 0; i < s->vms; i++)
		moved |= is_guest(&s->vm[i]) && labs((long)f->vm[i].tot - shown.vm[i].tot) > 1024;
	if (!moved)
		return;
	shown = *f;
	printf("%8.1f s ", (double)f->ms / 1000);
	for (int i = 0; i < s->vms; i++) {
		if (!is_guest(&s->vm[i]) || f->vm[i].tot < 0)
			continue;
		printf(" %s %ld", s->vm[i].name, mib(f->vm[i].tot));
		if (f->vm[i].need >= 0)
			printf(" (needs %ld)", mib(f->vm[i].need));
		fputc(',', stdout);
	}
	printf(" free %ld MiB\n", mib(f->free));
	fflush(stdout);
}
