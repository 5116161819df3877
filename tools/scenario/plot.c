// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Above: all guests stacked, with what is free on top, so that memory is seen
 * to change hands. Below, each guest by itself: what it has, needs, may have.
 */
#include "story.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define WIDTH 1160
#define LEFT 76
#define RIGHT 1044
#define STACK_TOP 96
#define STACK_HEIGHT 250
#define PANEL_HEIGHT 104
#define GAP 30
#define LEGEND_WIDTH(words) (50 + 7 * (int)strlen(words))

static const char *const colours[] = { "#4c78a8", "#f58518", "#54a24b", "#b279a2",
				       "#e45756", "#72b7b2", "#9d755d", "#eeca3b" };

struct plot {
	const struct story *s;
	FILE *f;
	int64_t ms;		/* of the right edge */
	int guest[SHOW_VMS], guests;
};

static double x_of(const struct plot *p, int64_t ms)
{
	return LEFT + (double)ms * (RIGHT - LEFT) / (double)p->ms;
}

static double y_of(int top, int height, int64_t kib, int64_t scale)
{
	return top + height - (double)(kib < 0 ? 0 : kib) * height / (double)scale;
}

static const char *colour_of(const struct plot *p, int k)
{
	return colours[(unsigned int)(k % p->guests) % (sizeof(colours) / sizeof(colours[0]))];
}

static void text(const struct plot *p, double x, double y, const char *how, const char *words)
{
	fprintf(p->f, "<text x=\"%.1f\" y=\"%.1f\" %s>", x, y, how);
	for (; *words; words++) {
		if (*words == '<' || *words == '&' || *words == '>')
			fprintf(p->f, "&#%d;", *words);
		else
			fputc(*words, p->f);
	}
	fputs("</text>\n", p->f);
}

/* Marks of 128, 256, 512 ... MiB, three to six of them. */
static void grid(const struct plot *p, int top, int height, int64_t scale, int marks)
{
	int64_t step = 64 * 1024;
	char label[24];

	while (scale / step > marks)
		step *= 2;
	for (int64_t kib = 0; kib <= scale; kib += step) {
		double y = y_of(top, height, kib, scale);

		fprintf(p->f, "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" class=\"g\"/>\n",
			LEFT, RIGHT, y, y);
		snprintf(label, sizeof(label), "%lld", (long long)kib / 1024);
		text(p, LEFT - 8, y + 4, "class=\"n\"", label);
	}
}

/* Frame i of which, as a path's next point; memory changes in steps. */
static void point(const struct plot *p, bool first, double *last_y, int64_t ms, double y)
{
	double x = x_of(p, ms);

	if (first)
		fprintf(p->f, "M%.1f %.1f", x, y);
	else if (y != *last_y)
		fprintf(p->f, "H%.1fV%.1f", x, y);
	*last_y = y;
}

/* --- everybody ---------------------------------------------------------------- */

static int64_t stacked(const struct plot *p, const struct frame *f, int upto)
{
	int64_t sum = 0;

	for (int k = 0; k <= upto && k < p->guests; k++)
		if (f->vm[p->guest[k]].tot > 0)
			sum += f->vm[p->guest[k]].tot;
	return sum + (upto == p->guests && f->free > 0 ? f->free : 0);
}

static void stack(const struct plot *p)
{
	const struct story *s = p->s;
	int64_t scale = 0;
	double y = 0;

	for (size_t i = 0; i < s->frames; i++) {
		int64_t all = stacked(p, &s->frame[i], p->guests);

		scale = all > scale ? all : scale;
	}
	scale = scale ? scale : 1;
	/* From the top down, so that every layer covers what is under it. */
	for (int k = p->guests; k >= 0; k--) {
		fprintf(p->f, "<path fill=\"%s\" d=\"", k == p->guests ? "#e9e9e9" : colour_of(p, k));
		for (size_t i = 0; i < s->frames; i++)
			point(p, !i, &y, s->frame[i].ms,
			      y_of(STACK_TOP, STACK_HEIGHT, stacked(p, &s->frame[i], k), scale));
		fprintf(p->f, "H%dV%dH%.1fZ\"/>\n", RIGHT, STACK_TOP + STACK_HEIGHT,
			x_of(p, s->frame[0].ms));
	}
	grid(p, STACK_TOP, STACK_HEIGHT, scale, 8);
	for (int k = 0; k <= p->guests; k++) {
		const struct frame *f = &s->frame[s->frames - 1];
		int64_t under = k ? stacked(p, f, k - 1) : 0, with = stacked(p, f, k);

		if (with > under)
			text(p, RIGHT + 8, y_of(STACK_TOP, STACK_HEIGHT, (under + with) / 2, scale) + 4,
			     "class=\"l\"", k == p->guests ? "free" : s->vm[p->guest[k]].name);
	}
}

/* --- each ----------------------------------------------------------------------- */

enum line { LINE_TOT, LINE_NEED, LINE_CEILING, LINE_DEMAND };

static int32_t value_of(const struct vm_state *v, enum line which)
{
	switch (which) {
	case LINE_NEED: return v->need;
	case LINE_CEILING: return v->ceiling;
	case LINE_DEMAND: return v->demand;
	default: return v->tot;
	}
}

static void line_of(const struct plot *p, int vm, enum line which, int top, int64_t scale, const char *how)
{
	double y = 0;
	bool open = false, closed = which == LINE_TOT;
	int64_t from = 0;

	fprintf(p->f, "<path %s d=\"", how);
	for (size_t i = 0; i < p->s->frames; i++) {
		const struct frame *f = &p->s->frame[i];
		int32_t kib = value_of(&f->vm[vm], which);
		double base = top + PANEL_HEIGHT;

		if (kib < 0 && open) {
			fprintf(p->f, "H%.1f", x_of(p, f->ms));
			if (closed)
				fprintf(p->f, "V%.1fH%.1fZ", base, x_of(p, from));
			open = false;
		}
		if (kib < 0)
			continue;
		point(p, !open, &y, f->ms, y_of(top, PANEL_HEIGHT, kib, scale));
		from = open ? from : f->ms;
		open = true;
	}
	if (open) {
		fprintf(p->f, "H%d", RIGHT);
		if (closed)
			fprintf(p->f, "V%dH%.1fZ", top + PANEL_HEIGHT, x_of(p, from));
	}
	fputs("\"/>\n", p->f);
}

static void panel(const struct plot *p, int k, int top)
{
	const struct story_vm *vm = &p->s->vm[p->guest[k]];
	int64_t scale = vm->limit > 0 ? vm->limit : 1;
	char how[160], name[64];

	for (size_t i = 0; i < p->s->frames; i++) {
		const struct vm_state *v = &p->s->frame[i].vm[p->guest[k]];

		scale = v->tot > scale ? v->tot : scale;
		scale = v->need > scale ? v->need : scale;
		scale = v->demand > scale ? v->demand : scale;
	}
	snprintf(how, sizeof(how), "fill=\"%s\" fill-opacity=\"0.35\" stroke=\"%s\" stroke-width=\"1.6\"",
		 colour_of(p, k), colour_of(p, k));
	line_of(p, p->guest[k], LINE_TOT, top, scale, how);
	grid(p, top, PANEL_HEIGHT, scale, 5);
	line_of(p, p->guest[k], LINE_CEILING, top, scale, "class=\"c\"");
	line_of(p, p->guest[k], LINE_NEED, top, scale, "class=\"d\"");
	line_of(p, p->guest[k], LINE_DEMAND, top, scale, "class=\"t\"");
	if (vm->floor > 0) {
		double y = y_of(top, PANEL_HEIGHT, vm->floor, scale);

		fprintf(p->f, "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" class=\"f\"/>\n",
			LEFT, RIGHT, y, y);
		text(p, RIGHT + 8, y + 4, "class=\"l\" fill=\"#c03030\"", "floor");
	}
	snprintf(name, sizeof(name), "%s", vm->name);
	text(p, RIGHT + 8, top + 14, "class=\"l\" font-weight=\"bold\"", name);
	text(p, RIGHT + 8, top + 29, "class=\"l\" fill=\"#666\"", vm->kind);
}

/* --- the frame -------------------------------------------------------------------- */

static void chapters(const struct plot *p, int bottom)
{
	for (int i = 0; i < p->s->chapters; i++) {
		const struct note *n = &p->s->chapter[i];
		double x = x_of(p, n->ms);
		char number[8];

		snprintf(number, sizeof(number), "%.*s", (int)strspn(n->text, "0123456789"), n->text);
		fprintf(p->f, "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"#333\" "
			"stroke-dasharray=\"1 3\"/>\n<circle cx=\"%.1f\" cy=\"%d\" r=\"9\" fill=\"#333\"/>\n",
			x, x, STACK_TOP - 8, bottom, x, STACK_TOP - 16);
		text(p, x, STACK_TOP - 12, "text-anchor=\"middle\" fill=\"#fff\" font-size=\"11\"", number);
		text(p, LEFT, bottom + 52 + 18 * i, "font-size=\"13\"", n->text);
	}
}

static void time_axis(const struct plot *p, int bottom)
{
	static const struct { int64_t ms, unit_ms; const char *unit; } steps[] = {
		{ 1000, 1000, "s" }, { 5000, 1000, "s" }, { 10000, 1000, "s" },
		{ 20000, 1000, "s" }, { 60000, 60000, "min" }, { 300000, 60000, "min" },
		{ 1200000, 60000, "min" }, { 3600000, 3600000, "h" }, { 14400000, 3600000, "h" },
		{ 86400000, 86400000, "d" }, { 864000000, 86400000, "d" },
	};
	unsigned int i = 0;
	char label[32];

	while (i + 1 < sizeof(steps) / sizeof(steps[0]) && p->ms / steps[i].ms > 16)
		i++;
	for (int64_t ms = 0; ms <= p->ms; ms += steps[i].ms) {
		snprintf(label, sizeof(label), "%lld %s", (long long)(ms / steps[i].unit_ms), steps[i].unit);
		text(p, x_of(p, ms), bottom + 18, "text-anchor=\"middle\" font-size=\"12\" fill=\"#444\"",
		     label);
	}
}

/* Only a simulator knows what a guest truly needs. */
static bool truth_known(const struct plot *p)
{
	for (size_t i = 0; i < p->s->frames; i++)
		for (int k = 0; k < p->guests; k++)
			if (p->s->frame[i].vm[p->guest[k]].demand >= 0)
				return true;
	return false;
}

static void legend(const struct plot *p)
{
	bool truth = truth_known(p);
	const struct { const char *how, *words; } rows[] = {
		{ "class=\"t\"", "truly needs" },
		{ "stroke=\"#4c78a8\" stroke-width=\"6\" stroke-opacity=\"0.5\"", "has" },
		{ "class=\"d\"", truth ? "says it needs" : "needs" },
		{ "class=\"c\"", "may grow to by itself" }, { "class=\"f\"", "floor" },
	};
	const unsigned int n = sizeof(rows) / sizeof(rows[0]);
	int x = WIDTH;

	for (unsigned int i = truth ? 0 : 1; i < n; i++)
		x -= LEGEND_WIDTH(rows[i].words);
	for (unsigned int i = truth ? 0 : 1; i < n; i++) {
		fprintf(p->f, "<line x1=\"%d\" x2=\"%d\" y1=\"29\" y2=\"29\" %s/>\n", x, x + 26, rows[i].how);
		text(p, x + 32, 33, "class=\"l\"", rows[i].words);
		x += LEGEND_WIDTH(rows[i].words);
	}
}

int plot_write(const struct story *s, const char *path)
{
	struct plot p = { .s = s };
	int bottom, height, bad;

	for (int i = 0; i < s->vms; i++)
		if (s->vm[i].seen && strcmp(s->vm[i].name, "dom0"))
			p.guest[p.guests++] = i;
	if (!p.guests || s->frames < 2)
		return -ENODATA;
	p.ms = s->frame[s->frames - 1].ms;
	p.f = fopen(path, "we");
	if (!p.f)
		return -errno;
	bottom = STACK_TOP + STACK_HEIGHT + p.guests * (PANEL_HEIGHT + GAP);
	height = bottom + 50 + 18 * s->chapters;
	fprintf(p.f, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" "
		"font-family=\"DejaVu Sans, Helvetica, Arial, sans-serif\">\n"
		"<style>.g{stroke:#000;stroke-opacity:.1}.n{font-size:11px;fill:#444;text-anchor:end}"
		".l{font-size:13px}.d{fill:none;stroke:#222;stroke-width:1.4;stroke-dasharray:5 3}"
		".t{fill:none;stroke:#0a7d2c;stroke-width:1.4}"
		".c{fill:none;stroke:#888;stroke-width:1}.f{stroke:#c03030;stroke-width:1;stroke-dasharray:2 2}</style>\n"
		"<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n", WIDTH, height, WIDTH, height, WIDTH, height);
	text(&p, LEFT, 34, "font-size=\"19\" font-weight=\"bold\"", "Who has the host's memory (MiB)");
	text(&p, LEFT, 54, "font-size=\"13\" fill=\"#555\"", s->title);
	legend(&p);
	stack(&p);
	for (int k = 0; k < p.guests; k++)
		panel(&p, k, STACK_TOP + STACK_HEIGHT + GAP + k * (PANEL_HEIGHT + GAP));
	chapters(&p, bottom);
	time_axis(&p, bottom);
	fputs("</svg>\n", p.f);
	bad = ferror(p.f);
	if (fclose(p.f) || bad)
		return -EIO;
	return 0;
}
