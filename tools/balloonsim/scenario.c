// SPDX-License-Identifier: GPL-2.0-or-later
#include "scenario.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/host.h"
#include "scn_reader.h"

#define DOM0_KIB	(512 * KIB_PER_MIB)
#define BOUND_US	(86400 * SIM_S)
#define SAMPLE_US	(50 * SIM_MS)

/*
 * 17.6 MiB of 1328 and 25.5 of 2096 on the emulated host: a heap, and 1/96 per page. That
 * host has more pages than its scenario says, in dom0: kernels, and the guests' disks.
 */
int64_t scenario_xen_kib(const struct scenario *s)
{
	int64_t host_kib = s->host_kib;

	for (uint32_t i = 0; i < s->n_guests; i++)
		host_kib += s->guests[i].disk_kib;
	return (4 * KIB_PER_MIB + host_kib / 96) & ~3LL;
}

int scenario_guest(const struct scenario *s, const char *name, size_t len)
{
	for (uint32_t i = 0; i < s->n_guests; i++)
		if (strlen(s->guests[i].vm.name) == len && !strncmp(s->guests[i].vm.name, name, len))
			return (int)i;
	return -1;
}

static void conf_line(struct reader *r)
{
	struct scenario *s = r->s;
	size_t old = s->conf ? strlen(s->conf) : 0, more = strlen(reader_rest(r, 1)) + 2;

	s->conf = realloc(s->conf, old + more);
	if (!s->conf)
		abort();
	snprintf(s->conf + old, more, "%s\n", reader_rest(r, 1));
	r->conf_lines = one_more(r->conf_lines, r->n_conf_lines, sizeof(*r->conf_lines));
	r->conf_lines[r->n_conf_lines++] = r->line;
}

static void cost_line(struct reader *r)
{
	struct sim_costs *costs = &r->s->costs;
	const struct { const char *name; uint64_t *us; } rows[] = {
		{ "hypercall", &costs->hypercall_us }, { "store", &costs->store_op_us },
		{ "watch", &costs->watch_us },
	};

	for (size_t i = 0; i < 3; i++) {
		if (strcmp(rows[i].name, r->word[1].text))
			continue;
		if (read_time(r, r->word[2].column, r->word[2].text, rows[i].us) && !*rows[i].us)
			fault(r, r->word[2].column, "nothing is for nothing; 1us at least");
		return;
	}
	fault(r, r->word[1].column, "cost '%s'; it is hypercall, store or watch", r->word[1].text);
}

/* The emulated host's has no unit, and then the real seconds of the run: not ours. */
static void bound_line(struct reader *r)
{
	int64_t s;

	if (r->n == 2)
		read_time(r, r->word[1].column, r->word[1].text, &r->s->bound_us);
	else if (read_count(r, r->word[1].column, "bound", r->word[1].text, 1, 1000000, &s))
		r->s->bound_us = (uint64_t)s * SIM_S;
}

/* @return false: no line of the head */
static bool head_line(struct reader *r)
{
	static const struct { const char *word; int least, most; const char *usage; } rows[] = {
		{ "title", 1, SCN_WORDS, "title TEXT" },
		{ "host", 1, 1, "host SIZE" },
		{ "dom0", 1, 1, "dom0 SIZE" },
		{ "param", 2, 2, "param NAME VALUE" },
		{ "bound", 1, 2, "bound TIME, for all steps together" },
		{ "sample", 1, 1, "sample TIME, how often values are looked at" },
		{ "cost", 2, 2, "cost hypercall|store|watch TIME" },
		{ "conf", 1, SCN_WORDS, "conf LINE, of balloond.conf" },
		{ "overcommitted", 0, 0, "overcommitted" },
		{ "guest", 1, SCN_WORDS, "guest NAME key=value..." },
	};
	const char *word = r->word[0].text;
	struct scenario *s = r->s;
	size_t i = 0;

	while (i < sizeof(rows) / sizeof(rows[0]) && strcmp(rows[i].word, word))
		i++;
	if (i == sizeof(rows) / sizeof(rows[0]))
		return false;
	if (r->n - 1 < rows[i].least || r->n - 1 > rows[i].most) {
		fault(r, r->n - 1 < rows[i].least ? (int)strlen(r->raw) + 1
						  : r->word[rows[i].most + 1].column,
		      "write %s", rows[i].usage);
	} else if (!strcmp(word, "guest")) {
		guest_line(r);
	} else if (!strcmp(word, "title")) {
		snprintf(s->title, sizeof(s->title), "%s", reader_rest(r, 1));
	} else if (!strcmp(word, "host")) {
		r->host_line = r->line;
		read_size(r, r->word[1].column, "host", r->word[1].text, &s->host_kib);
	} else if (!strcmp(word, "dom0")) {
		read_size(r, r->word[1].column, "dom0", r->word[1].text, &s->dom0_kib);
	} else if (!strcmp(word, "bound")) {
		bound_line(r);
	} else if (!strcmp(word, "param")) {
		param_line(r);
	} else if (!strcmp(word, "sample")) {
		if (read_time(r, r->word[1].column, r->word[1].text, &s->sample_us) &&
		    s->sample_us < SIM_MS)
			fault(r, r->word[1].column, "a sample more often than every 1ms");
	} else if (!strcmp(word, "cost")) {
		cost_line(r);
	} else if (!strcmp(word, "conf")) {
		conf_line(r);
	} else {
		s->overcommitted = true;
	}
	return true;
}

static void reader_finish(struct reader *r)
{
	for (uint32_t i = 0; i < r->n_params; i++) {
		free(r->params[i].name);
		free(r->params[i].value);
	}
	free(r->params);
	free(r->marks);
	free(r->conf_lines);
}

int scenario_parse(struct scenario *s, const char *file, FILE *in, FILE *report)
{
	struct reader r = { .s = s, .report = report, .host_line = 1 };
	const char *base = strrchr(file, '/');
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	*s = (struct scenario){ .file = file, .dom0_kib = DOM0_KIB, .zero = -1, .bound_us = BOUND_US,
				.sample_us = SAMPLE_US };
	snprintf(s->name, sizeof(s->name), "%.63s", base ? base + 1 : file);
	s->name[strcspn(s->name, ".")] = '\0';
	while ((len = getline(&line, &size, in)) >= 0) {
		r.line++;
		r.line_bad = false;
		if (memchr(line, '\0', (size_t)len))
			fault(&r, (int)strlen(line) + 1, "a byte that is no text");
		line[strcspn(line, "\r\n")] = '\0';
		if (reader_words(&r, line) && !r.line_bad && !head_line(&r))
			step_line(&r);
		while (r.n)
			free(r.word[--r.n].text);
	}
	free(line);
	if (ferror(in))
		fault_at(&r, r.line, 1, "can't be read: %s", strerror(errno));
	scenario_check(&r);
	reader_finish(&r);
	if (r.faults)
		scenario_free(s);
	return r.faults;
}

int scenario_read(struct scenario *s, const char *file, FILE *report)
{
	FILE *in = fopen(file, "re");
	int faults;

	if (!in) {
		memset(s, 0, sizeof(*s));
		fprintf(report, "%s: %s\n", file, strerror(errno));
		return 1;
	}
	faults = scenario_parse(s, file, in, report);
	fclose(in);
	return faults;
}

void scenario_free(struct scenario *s)
{
	for (uint32_t i = 0; i < s->n_steps; i++) {
		free(s->steps[i].guests);
		free(s->steps[i].text);
		cond_free(&s->steps[i].cond);
	}
	free(s->steps);
	free(s->guests);
	free(s->conf);
	memset(s, 0, sizeof(*s));
}
