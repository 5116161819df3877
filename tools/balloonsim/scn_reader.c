// SPDX-License-Identifier: GPL-2.0-or-later
#include "scn_reader.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "dom0-balloond/size.h"

static void say(struct reader *r, int line, int column, const char *format, va_list args)
{
	fprintf(r->report, "%s:%d:%d: ", r->s->file, line, column);
	vfprintf(r->report, format, args);
	fputc('\n', r->report);
	r->faults++;
}

void fault_at(struct reader *r, int line, int column, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(r, line, column, format, args);
	va_end(args);
}

void fault(struct reader *r, int column, const char *format, ...)
{
	va_list args;

	if (r->line_bad)
		return;
	va_start(args, format);
	say(r, r->line, column, format, args);
	va_end(args);
	r->line_bad = true;
}

void *one_more(void *array, uint32_t n, size_t size)
{
	char *more = reallocarray(array, n + 1, size);

	if (!more) {
		fprintf(stderr, "balloonsim: out of memory\n");
		exit(1);
	}
	memset(more + n * size, 0, size);
	return more;
}

void param_line(struct reader *r)
{
	struct scn_param *p;

	if (!is_name(r->word[1].text)) {
		fault(r, r->word[1].column, "'%s' is no name; letters, digits, - and _",
		      r->word[1].text);
		return;
	}
	r->params = one_more(r->params, r->n_params, sizeof(*r->params));
	p = &r->params[r->n_params++];
	p->name = strdup(r->word[1].text);
	p->value = strdup(r->word[2].text);
	if (!p->name || !p->value)
		abort();
}

/* A word that is $NAME, or ends with =$NAME. */
static char *word_new(struct reader *r, const char *from, size_t len, int column)
{
	const char *dollar = memchr(from, '$', len);
	size_t before = dollar ? (size_t)(dollar - from) : len;
	char *text = NULL;

	for (uint32_t i = 0; dollar && i < r->n_params; i++) {
		const struct scn_param *p = &r->params[i];

		if (strlen(p->name) == len - before - 1 &&
		    !strncmp(p->name, dollar + 1, len - before - 1) &&
		    asprintf(&text, "%.*s%s", (int)before, from, p->value) < 0)
			abort();
		if (text)
			return text;
	}
	if (dollar)
		fault(r, column, "no parameter is called '%.*s'; add `param %.*s VALUE` above",
		      (int)(len - before - 1), dollar + 1, (int)(len - before - 1), dollar + 1);
	text = strndup(from, len);
	if (!text)
		abort();
	return text;
}

bool reader_words(struct reader *r, char *line)
{
	char *p = line;

	r->n = 0;
	r->raw = line;
	for (;;) {
		char *end;

		p += strspn(p, " \t");
		if (!*p || *p == '#')	/* # begins a comment after a blank */
			break;
		end = p + strcspn(p, " \t");
		if (r->n < SCN_WORDS) {
			r->word[r->n].column = (int)(p - line) + 1;
			r->word[r->n].text = word_new(r, p, (size_t)(end - p),
						      (int)(p - line) + 1);
			r->n++;
		} else {
			fault(r, (int)(p - line) + 1, "more than %d words in a line", SCN_WORDS);
		}
		p = end;
	}
	while (p > line && isspace((unsigned char)p[-1]))
		p--;
	*p = '\0';
	return r->n > 0;
}

const char *reader_rest(const struct reader *r, int i)
{
	return i < r->n ? r->raw + r->word[i].column - 1 : r->raw + strlen(r->raw);
}

bool is_name(const char *text)
{
	if (!isalpha((unsigned char)*text) || strlen(text) >= SCN_NAME_MAX)
		return false;
	while (isalnum((unsigned char)*text) || *text == '-' || *text == '_')
		text++;
	return !*text;
}

char *value_of(struct reader *r, int i, const char *key, int *column)
{
	size_t len = strlen(key);
	char *text = r->word[i].text;

	if (strncmp(text, key, len) || text[len] != '=')
		return NULL;
	*column = r->word[i].column + (int)len + 1;
	return text + len + 1;
}

bool read_size(struct reader *r, int column, const char *what, const char *text, int64_t *kib)
{
	int64_t size;
	int rc = size_parse(text, &size);

	if (*text == '-')
		fault(r, column, "%s '%s' is negative; a size is 0 or more", what, text);
	else if (rc == -ERANGE)
		fault(r, column, "%s '%s' is more than 1 PiB", what, text);
	else if (rc)
		fault(r, column, "%s '%s' is no size; write MiB, or a suffix: 512, 512m, 2g, 64k",
		      what, text);
	else if (size & 3)
		fault(r, column, "%s '%s' is not whole pages of 4 KiB", what, text);
	else
		*kib = size;
	return !rc && !(size & 3);
}

bool read_time(struct reader *r, int column, const char *text, uint64_t *us)
{
	static const struct { const char *suffix; uint64_t us; } units[] = {
		{ "us", 1 }, { "ms", SIM_MS }, { "s", SIM_S }, { "min", 60 * SIM_S },
		{ "h", 3600 * SIM_S }, { "d", 86400 * SIM_S },
	};
	unsigned long long n;
	char *end;

	if (*text == '-') {
		fault(r, column, "the time '%s' is negative; time only goes on", text);
		return false;
	}
	errno = 0;
	n = strtoull(text, &end, 10);
	for (size_t i = 0; isdigit((unsigned char)*text) && i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].suffix))
			continue;
		if (errno || n > 1000ULL * 86400 * SIM_S / units[i].us) {
			fault(r, column, "'%s' is more than 1000 days", text);
			return false;
		}
		*us = n * units[i].us;
		return true;
	}
	fault(r, column, "'%s' is no time; write one like 250us, 500ms, 3s, 2min or 1h", text);
	return false;
}

bool read_count(struct reader *r, int column, const char *what, const char *text, int64_t low,
		int64_t high, int64_t *out)
{
	long long n;
	char *end;

	errno = 0;
	n = strtoll(text, &end, 10);
	if (end == text || *end || errno || n < low || n > high) {
		fault(r, column, "%s '%s' is not a whole number from %lld to %lld", what, text,
		      (long long)low, (long long)high);
		return false;
	}
	*out = n;
	return true;
}

struct scn_mark *known(struct reader *r, char kind, const char *name)
{
	for (uint32_t i = 0; i < r->n_marks; i++)
		if (r->marks[i].kind == kind && !strcmp(r->marks[i].name, name))
			return &r->marks[i];
	return NULL;
}

void learn(struct reader *r, char kind, const char *name)
{
	struct scn_mark *mark = known(r, kind, name);

	if (!mark) {
		r->marks = one_more(r->marks, r->n_marks, sizeof(*r->marks));
		mark = &r->marks[r->n_marks++];
		mark->kind = kind;
		snprintf(mark->name, sizeof(mark->name), "%s", name);
		mark->first = r->line;
	}
	mark->last = r->line;
}
