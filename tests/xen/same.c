// SPDX-License-Identifier: GPL-2.0-or-later
#include "lab.h"

#include <string.h>

/*
 * Where memory is just then while it moves depends on the instant of the sample;
 * where it rests doesn't. (64 MiB of the stock driver's take 50 to 150 ms here.)
 */
#define STOOD_MS 200
#define LINES 64

struct line {
	int32_t column[SCN_ARGS];
};

static struct line line_of(const struct sample *s, int dom, const enum value_field *field, int n)
{
	struct line line = { 0 };

	for (int i = 0; i < n; i++)
		line.column[i] = s->dom[dom][field[i]];
	return line;
}

static int equal(const struct line *a, const struct line *b)
{
	return !memcmp(a, b, sizeof(*a));
}

/* The lines at which domain @guest rested between the marks; their number or -1. */
static int lines_of(const char *guest, const char *marks, const enum value_field *field,
		    int columns, struct line *line)
{
	int dom = book_domain(guest), n, lines = 0;
	const struct sample *s;
	char from[24], to[24];
	int64_t end_ms;

	if (dom < 0 || sscanf(marks, "%23[^.]..%23s", from, to) != 2)
		return -1;
	n = book_between(from, to, &s, &end_ms);
	for (int i = 0, next; i < n; i = next) {
		struct line now = line_of(&s[i], dom, field, columns), then;

		for (next = i + 1; next < n; next++) {
			then = line_of(&s[next], dom, field, columns);
			if (!equal(&now, &then))
				break;
		}
		if ((next < n ? s[next].ms : end_ms) - s[i].ms < STOOD_MS)
			continue;
		if (lines && equal(&line[lines - 1], &now))
			continue;	/* it went and came back in no time */
		if (lines == LINES)
			return -1;
		line[lines++] = now;
	}
	return n < 0 ? -1 : lines;
}

static void say(char *text, size_t size, const struct line *line, int columns)
{
	size_t len = 0;

	snprintf(text, size, "nothing");
	for (int i = 0; line && i < columns && len < size; i++)
		len += (size_t)snprintf(text + len, size - len, "%s%d", i ? "," : "",
					line->column[i]);
}

int same_lines(const struct scn_step *st, char *seen, size_t seen_size)
{
	static struct line line[2][LINES];
	enum value_field field[SCN_ARGS];
	int columns = st->argc - 4, n[2];
	char text[2][120], name[64];
	struct value_name v;

	for (int i = 0; i < columns; i++) {
		snprintf(name, sizeof(name), "%s.%s", st->argv[0], st->argv[4 + i]);
		if (value_parse(&v, name) || v.kind != VALUE_GUEST || v.which > FIELD_DOMID) {
			snprintf(seen, seen_size, "%s is no column", st->argv[4 + i]);
			return -1;
		}
		field[i] = v.which;
	}
	for (int k = 0; k < 2; k++) {
		n[k] = lines_of(st->argv[2 * k], st->argv[2 * k + 1], field, columns, line[k]);
		if (n[k] < 1) {
			snprintf(seen, seen_size, "%s has no lines, or more than %d",
				 st->argv[2 * k + 1], LINES);
			return -1;
		}
	}
	for (int i = 0; i < n[0] || i < n[1]; i++) {
		if (i < n[0] && i < n[1] && equal(&line[0][i], &line[1][i]))
			continue;
		for (int k = 0; k < 2; k++)
			say(text[k], sizeof(text[k]), i < n[k] ? &line[k][i] : NULL, columns);
		snprintf(seen, seen_size, "line %d is %s, not %s", i + 1, text[0], text[1]);
		return -1;
	}
	return n[0];
}
