// SPDX-License-Identifier: GPL-2.0-or-later
#include "lab.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>

#define ENTRIES 768
#define MARKS 64

struct entry {
	char base[64], field[32];
	int64_t value;
	char *text;
};

struct mark {
	char name[24];
	int64_t ms;
	unsigned int sample;	/* how many were kept by then */
	struct sample at;
	int64_t writes[LAB_DOMAINS + 1], moves[LAB_DOMAINS + 1];
	int entries;
	int64_t *value;		/* of the first `entries` entries */
};

static struct scenario *scn;
static struct entry entry[ENTRIES];
static int entries;
static struct mark mark[MARKS];
static int marks;
static struct sample *kept;	/* only those that differ from the one before */
static unsigned int nkept, kept_size;
static struct sample latest;
static int64_t writes[LAB_DOMAINS + 1], moves[LAB_DOMAINS + 1], last_change;
static int64_t start_ms;
static FILE *events;

int64_t lab_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000 - start_ms;
}

int64_t lab_start(void)
{
	return start_ms;
}

void book_init(struct scenario *s)
{
	struct termios raw;

	scn = s;
	start_ms = lab_now();
	memset(&latest, -1, sizeof(latest));
	/* The second serial line leads to the results folder, at once. */
	events = fopen("/dev/ttyS1", "we");
	if (events && !tcgetattr(fileno(events), &raw)) {
		cfmakeraw(&raw);
		cfsetspeed(&raw, B115200);
		tcsetattr(fileno(events), TCSANOW, &raw);
		setvbuf(events, NULL, _IOLBF, 0);
	}
}

int book_domain(const char *name)
{
	if (!strcmp(name, "dom0"))
		return SCN_GUESTS;
	for (int i = 0; i < scn->guests; i++)
		if (!strcmp(scn->guest[i].name, name))
			return i;
	return -1;
}

static void json_text(FILE *f, const char *text)
{
	fputc('"', f);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', f);
		if ((unsigned char)*text < ' ')
			fprintf(f, "\\u%04x", *text);
		else
			fputc(*text, f);
	}
	fputc('"', f);
}

void book_event(const char *kind, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	printf("# %7.2f %s: %s\n", (double)lab_now() / 1000, kind, text);
	fflush(stdout);
	if (!events)
		return;
	fprintf(events, "{\"ms\":%lld,\"event\":\"%s\",\"text\":", (long long)lab_now(), kind);
	json_text(events, text);
	fputs("}\n", events);
}

void book_guests(void)
{
	for (int i = 0; events && i < scn->guests; i++) {
		const struct scn_guest *g = &scn->guest[i];

		fprintf(events, "{\"ms\":%lld,\"vm\":\"%s\",\"type\":\"%s\",\"kernel\":\"%s\","
			"\"maxmem\":%d,\"min\":%ld}\n", (long long)lab_now(), g->name, g->type,
			g->kernel, g->maxmem * 1024, g->min[0] ? atol(g->min) * 1024 : -1);
	}
}

/* Four samples a second go to the events, for whoever watches the run live. */
static void event_sample(const struct sample *s)
{
	static uint32_t last;

	if (!events || (last && s->ms < last + 250))
		return;
	last = s->ms;
	fprintf(events, "{\"ms\":%u,\"free\":%d,\"vms\":{", s->ms, s->free);
	for (int i = 0; i <= scn->guests; i++) {
		int d = i == scn->guests ? SCN_GUESTS : i;
		const int32_t *v = s->dom[d];

		fprintf(events, "%s\"%s\":{\"tot\":%d,\"max\":%d,\"target\":%d,\"ceiling\":%d,\"need\":%d,\"alive\":%d}",
			i ? "," : "", d == SCN_GUESTS ? "dom0" : scn->guest[i].name, v[FIELD_TOT],
			v[FIELD_MAX], v[FIELD_TARGET], v[FIELD_CEILING], v[FIELD_NEED], v[FIELD_ALIVE]);
	}
	fputs("}}\n", events);
}

void book_sample(const struct sample *now)
{
	uint32_t ms = latest.ms;

	latest.ms = now->ms;
	if (!nkept || memcmp(&latest, now, sizeof(latest))) {
		if (nkept == kept_size) {
			struct sample *more;

			kept_size = kept_size ? 2 * kept_size : 256;
			more = realloc(kept, kept_size * sizeof(*kept));
			if (!more) {
				latest.ms = ms;
				return;
			}
			kept = more;
		}
		kept[nkept++] = *now;
	}
	latest = *now;
	event_sample(now);
}

const struct sample *book_latest(void)
{
	return &latest;
}

void book_write(int dom, int is_move)
{
	int64_t *count = is_move ? moves : writes;

	count[LAB_DOMAINS]++;
	if (dom >= 0)
		count[dom]++;
	last_change = lab_now();
}

static struct entry *entry_of(const char *base, const char *field, int make)
{
	struct entry *e = entry;

	while (e < entry + entries && (strcmp(e->base, base) || strcmp(e->field, field)))
		e++;
	if (e < entry + entries)
		return e;
	if (!make || entries == ENTRIES)
		return NULL;
	entries++;
	snprintf(e->base, sizeof(e->base), "%s", base);
	snprintf(e->field, sizeof(e->field), "%s", field);
	return e;
}

void book_set(const char *base, const char *field, int64_t value)
{
	struct entry *e = entry_of(base, field, 1);

	if (e)
		e->value = value;
}

void book_text(const char *base, const char *field, const char *text)
{
	struct entry *e = entry_of(base, field, 1);

	if (!e)
		return;
	free(e->text);
	e->text = strdup(text);
}

void book_gone(const char *guest)
{
	size_t n = strlen(guest);

	for (int i = 0; i < entries; i++)
		if (!strncmp(entry[i].base, guest, n) && entry[i].base[n] == '.' &&
		    !strcmp(entry[i].field, "alive"))
			entry[i].value = 0;
}

void book_line(const char *base, const char *line)
{
	char key[32];
	long long value;
	int n;

	while (*line) {
		line += strspn(line, " ");
		if (sscanf(line, "%31[A-Za-z0-9_]=%lld%n", key, &value, &n) == 2)
			book_set(base, key, value);
		line += strcspn(line, " ");
	}
}

void book_mark(const char *name)
{
	struct mark *m = mark;

	while (m < mark + marks && strcmp(m->name, name))
		m++;
	if (m == mark + MARKS)
		return;
	if (m == mark + marks)
		marks++;
	snprintf(m->name, sizeof(m->name), "%.23s", name);
	m->ms = lab_now();
	m->sample = nkept;
	m->at = latest;
	memcpy(m->writes, writes, sizeof(writes));
	memcpy(m->moves, moves, sizeof(moves));
	free(m->value);
	m->value = calloc((size_t)entries + 1, sizeof(*m->value));
	m->entries = m->value ? entries : 0;
	for (int i = 0; i < m->entries; i++)
		m->value[i] = entry[i].value;
}

static const struct mark *mark_of(const char *name)
{
	for (int i = 0; i < marks; i++)
		if (!strcmp(mark[i].name, name))
			return &mark[i];
	return NULL;
}

int book_between(const char *from, const char *to, const struct sample **first, int64_t *end_ms)
{
	const struct mark *begin = mark_of(from), *end = mark_of(to);

	if (!begin || !end || !begin->sample || end->sample < begin->sample)
		return -1;
	*first = &kept[begin->sample - 1];
	*end_ms = end->ms;
	return (int)(end->sample - begin->sample + 1);
}

static int64_t of_sample(const struct sample *s, int dom, enum value_field which)
{
	switch (which) {
	case FIELD_FREE: return s->free;
	case FIELD_CLAIMS: return s->claims;
	case FIELD_SLACK: return s->slack;
	default: return s->dom[dom][which];
	}
}

/* A sampled value now, at a mark, or its extreme between two marks. */
static int sampled(const struct value_name *v, int dom, const struct mark *from,
		   const struct mark *to, int64_t *value)
{
	int counter = v->which == FIELD_WRITES || v->which == FIELD_MOVES;
	int index = dom < 0 ? LAB_DOMAINS : dom;

	if (counter) {
		int w = v->which == FIELD_WRITES;
		const int64_t *now = w ? writes : moves;
		int64_t begin = from && to ? (w ? from->writes : from->moves)[index] : 0;
		const struct mark *end = to ? to : from;

		*value = (end ? (w ? end->writes : end->moves)[index] : now[index]) - begin;
		return 0;
	}
	if (v->which == FIELD_TIME || v->which == FIELD_QUIET) {
		int64_t since = v->which == FIELD_QUIET ? last_change : 0;

		*value = (from ? from->ms : lab_now()) - since;
		return from && v->which == FIELD_QUIET ? -1 : 0;
	}
	if (!to) {
		*value = of_sample(from ? &from->at : &latest, dom, v->which);
	} else {
		*value = of_sample(&from->at, dom, v->which);
		for (unsigned int i = from->sample; i < to->sample; i++) {
			int64_t x = of_sample(&kept[i], dom, v->which);

			if (x >= 0 || v->which == FIELD_SLACK)
				if (v->fold < 0 ? x < *value : x > *value)
					*value = x;
		}
		if (!v->fold)
			return -1;
	}
	/* slack is the one value that may be below nothing */
	return *value < 0 && v->which != FIELD_SLACK ? -1 : 0;
}

static int number(void *ctx, const char *name, int64_t *value)
{
	const struct mark *from = NULL, *to = NULL;
	struct value_name v;
	const struct entry *e;
	int dom;

	(void)ctx;
	if (value_parse(&v, name))
		return -1;
	if (v.mark[0][0] && !(from = mark_of(v.mark[0])))
		return -1;
	if (v.mark[1][0] && !(to = mark_of(v.mark[1])))
		return -1;
	dom = book_domain(v.base);
	if (v.kind == VALUE_HOST || (v.kind == VALUE_GUEST && dom >= 0))
		return sampled(&v, v.kind == VALUE_HOST ? -1 : dom, from, to, value);
	e = entry_of(v.base, v.field, 0);
	if (!e)
		return -1;
	if (from && e - entry >= from->entries)
		return -1;
	*value = from ? from->value[e - entry] : e->value;
	if (to) {
		if (e - entry >= to->entries)
			return -1;
		*value = to->value[e - entry] - *value;	/* FROM..TO of a counter: how much it grew */
	}
	return 0;
}

static int text(void *ctx, const char *name, const char **value)
{
	struct value_name v;
	const struct entry *e;

	(void)ctx;
	if (value_parse(&v, name))
		return -1;
	e = entry_of(v.base, v.field, 0);
	if (!e || !e->text)
		return -1;
	*value = e->text;
	return 0;
}

void book_dump(FILE *f)
{
	for (int i = 0; i < entries; i++)
		if (!entry[i].text)
			fprintf(f, "%s.%s=%lld\n", entry[i].base, entry[i].field,
				(long long)entry[i].value);
	for (int m = 0; m < marks; m++) {
		fprintf(f, "time@%s=%lld\nfree@%s=%d\n", mark[m].name, (long long)mark[m].ms,
			mark[m].name, mark[m].at.free);
		for (int g = 0; g < scn->guests; g++)
			fprintf(f, "%s.tot@%s=%d\n", scn->guest[g].name, mark[m].name,
				mark[m].at.dom[g][FIELD_TOT]);
		for (int i = 0; i < mark[m].entries; i++)
			if (!entry[i].text)
				fprintf(f, "%s.%s@%s=%lld\n", entry[i].base, entry[i].field,
					mark[m].name, (long long)mark[m].value[i]);
	}
}

const struct cond_values book_values = { .number = number, .text = text };
