// SPDX-License-Identifier: GPL-2.0-or-later
#include "scenario.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "values.h"

/* One row for each step word; `text`: what follows a colon, or a condition. */
static const struct step_word {
	const char *word;
	enum scn_op op;
	int min, max;		/* arguments */
	enum { NO_TEXT, COLON, COLON_OPTIONAL, CONDITION, REST } text;
	const char *usage;
} step_words[] = {
	{ "start", SCN_START, 1, SCN_ARGS, NO_TEXT, "start GUEST... [by xlmem [ARGUMENT...]]" },
	{ "stop", SCN_STOP, 1, SCN_ARGS, NO_TEXT, "stop GUEST..." },
	{ "destroy", SCN_DESTROY, 1, SCN_ARGS, NO_TEXT, "destroy GUEST..." },
	{ "touch", SCN_TOUCH, 3, 5, NO_TEXT, "touch GUEST JOB MIB [rate=MIB_PER_S] [whole]" },
	{ "read", SCN_READ, 3, 3, NO_TEXT, "read GUEST JOB MIB" },
	{ "work", SCN_WORK, 2, 2, COLON, "work GUEST JOB: COMMAND" },
	{ "tell", SCN_TELL, 3, 4, NO_TEXT, "tell GUEST JOB retouch|free|grow|end [MIB]" },
	{ "verify", SCN_VERIFY, 2, 2, NO_TEXT, "verify GUEST JOB" },
	{ "in", SCN_IN, 2, 2, COLON, "in GUEST NAME[?]: COMMAND" },
	{ "run", SCN_RUN, 1, 1, COLON, "run NAME[?]: COMMAND" },
	{ "spawn", SCN_SPAWN, 1, 1, COLON, "spawn NAME: COMMAND" },
	{ "kill", SCN_KILL, 1, 2, NO_TEXT, "kill NAME [SIGNAL]" },
	{ "daemon", SCN_DAEMON, 1, 1, COLON_OPTIONAL, "daemon start|stop|kill [: ARGUMENTS]" },
	{ "await", SCN_AWAIT, 0, 0, CONDITION, "await CONDITION within SECONDS" },
	{ "sleep", SCN_SLEEP, 1, 3, NO_TEXT, "sleep TIME [to TIME]" },
	{ "mark", SCN_MARK, 1, 1, NO_TEXT, "mark NAME" },
	{ "expect", SCN_EXPECT, 0, 0, CONDITION, "expect CONDITION" },
	{ "same", SCN_SAME, 5, SCN_ARGS, NO_TEXT, "same GUEST FROM..TO GUEST FROM..TO COLUMN..." },
	{ "repeat", SCN_REPEAT, 1, 1, NO_TEXT, "repeat N, up to the line `end`" },
	{ "end", SCN_END, 0, 0, NO_TEXT, "end" },
	{ "soak", SCN_SOAK, 2, SCN_ARGS, NO_TEXT, "soak TIME GUEST..." },
	{ "crashes", SCN_CRASHES, 3, 4, NO_TEXT, "crashes MOVER GIVER COMER [WORD]" },
	{ "note", SCN_NOTE, 0, 0, REST, "note TEXT" },
};

struct reader {
	struct scenario *s;
	int line, errors;
	char *param[32];	/* NAME=value */
	int params, given;	/* the first ones come from outside */
	unsigned int declared;	/* which of those the file knows */
	char *name[3 * SCN_NAMES];	/* "m:mark", "r:run", "j:guest.job" */
	int names;
	int repeat;		/* open repeat's step + 1 */
};

static int __attribute__((format(printf, 2, 3))) bad(struct reader *r, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "%s:%d: ", r->s->file, r->line);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	r->errors++;
	return -1;
}

static int known(const struct reader *r, char kind, const char *name)
{
	for (int i = 0; i < r->names; i++)
		if (r->name[i][0] == kind && !strcmp(r->name[i] + 2, name))
			return 1;
	return 0;
}

static void learn(struct reader *r, char kind, const char *name)
{
	if (known(r, kind, name))
		return;
	if (r->names == (int)(sizeof(r->name) / sizeof(r->name[0]))) {
		bad(r, "too many names; at most %d", r->names);
		return;
	}
	if (asprintf(&r->name[r->names], "%c:%s", kind, name) > 0)
		r->names++;
}

struct scn_guest *scenario_guest(struct scenario *s, const char *name)
{
	for (int i = 0; i < s->guests; i++)
		if (!strcmp(s->guest[i].name, name))
			return &s->guest[i];
	return NULL;
}

int scenario_starts(const struct scn_step *st)
{
	int n = 0;

	while (n < st->argc && strcmp(st->argv[n], "by"))
		n++;
	return n;
}

static int is_name(const char *word)
{
	if (!isalpha((unsigned char)*word) || strlen(word) > 23)
		return 0;
	while (isalnum((unsigned char)*word) || *word == '-' || *word == '_')
		word++;
	return !*word;
}

static int to_int(struct reader *r, const char *what, const char *word, int min, int max)
{
	char *end;
	long n = strtol(word, &end, 10);

	if (end == word || *end || n < min || n > max) {
		bad(r, "%s '%s' is not a whole number from %d to %d", what, word, min, max);
		return min;
	}
	return (int)n;
}

/* Does the value @name exist, going by what stands above this line? */
static void check_value(struct reader *r, const char *name)
{
	struct value_name v;

	if (value_parse(&v, name)) {
		bad(r, "'%s' is not the name of a value; write BASE.FIELD[@MARK] or BASE.FIELD[.min|.max]@FROM..TO",
		    name);
		return;
	}
	for (int i = 0; i < 2; i++)
		if (v.mark[i][0] && !known(r, 'm', v.mark[i]))
			bad(r, "no mark '%s' above this line; add `mark %s` where it belongs",
			    v.mark[i], v.mark[i]);
	if (v.kind != VALUE_UNKNOWN) {
		if ((v.kind == VALUE_GUEST || v.kind == VALUE_STAT) && strcmp(v.base, "dom0") &&
		    !scenario_guest(r->s, v.base) && !known(r, 'r', v.base))
			bad(r, "'%s': no guest is called %s; declare it: guest %s memory=...",
			    name, v.base, v.base);
		return;
	}
	if (!known(r, 'r', v.base) && !known(r, 'j', v.base))
		bad(r, "'%s': no guest, run or job called '%s' above this line", name, v.base);
}

static void guest_line(struct reader *r, char **word, int words)
{
	struct scenario *s = r->s;
	struct scn_guest *g = &s->guest[s->guests];

	if (words < 2 || !is_name(word[1]))
		bad(r, "write guest NAME word=value..., a name of letters, digits, - and _");
	else if (s->guests == SCN_GUESTS)
		bad(r, "more than %d guests", SCN_GUESTS);
	else if (scenario_guest(s, word[1]) || !strcmp(word[1], "dom0") || !strcmp(word[1], "xen"))
		bad(r, "the name '%s' is taken; choose another", word[1]);
	if (r->errors)
		return;
	*g = (struct scn_guest){ .type = "pv", .kernel = "6.1", .swap = "none", .root = "tmpfs",
				 .module = "no", .on_reboot = "destroy", .memory = 0,
				 .vcpus = 1, .swap_disk = -1 };
	snprintf(g->name, sizeof(g->name), "%s", word[1]);
	for (int i = 2; i < words; i++) {
		char *value = strchr(word[i], '=');
		const struct { const char *key; char *to; size_t size; } texts[] = {
			{ "type", g->type, sizeof(g->type) },
			{ "kernel", g->kernel, sizeof(g->kernel) },
			{ "swap", g->swap, sizeof(g->swap) },
			{ "root", g->root, sizeof(g->root) },
			{ "module", g->module, sizeof(g->module) },
			{ "min", g->min, sizeof(g->min) },
			{ "max", g->max, sizeof(g->max) },
			{ "weight", g->weight, sizeof(g->weight) },
			{ "on_reboot", g->on_reboot, sizeof(g->on_reboot) },
		};
		size_t t = 0;

		if (!value) {
			bad(r, "'%s' is not word=value", word[i]);
			continue;
		}
		*value++ = 0;
		while (t < sizeof(texts) / sizeof(texts[0]) && strcmp(texts[t].key, word[i]))
			t++;
		if (t < sizeof(texts) / sizeof(texts[0])) {
			if ((size_t)snprintf(texts[t].to, texts[t].size, "%s", value) >= texts[t].size)
				bad(r, "%s '%s' is too long", word[i], value);
		} else if (!strcmp(word[i], "memory")) {
			g->memory = to_int(r, "memory", value, 16, 65536);
		} else if (!strcmp(word[i], "maxmem")) {
			g->maxmem = to_int(r, "maxmem", value, 16, 65536);
		} else if (!strcmp(word[i], "vcpus")) {
			g->vcpus = to_int(r, "vcpus", value, 1, 2);
		} else {
			bad(r, "unknown word '%s'; a guest has type kernel memory maxmem vcpus swap root module min max weight on_reboot",
			    word[i]);
		}
	}
	if (strcmp(g->type, "pv") && strcmp(g->type, "pvh") && strcmp(g->type, "hvm"))
		bad(r, "type '%s'; it is pv, pvh or hvm", g->type);
	if (strcmp(g->kernel, "6.1") && strcmp(g->kernel, "6.12") &&
	    strcmp(g->kernel, "debug") && strcmp(g->kernel, "kasan"))
		bad(r, "kernel '%s'; it is 6.1 or 6.12; or debug or kasan, which are built apart", g->kernel);
	if (strcmp(g->on_reboot, "restart") && strcmp(g->on_reboot, "destroy"))
		bad(r, "on_reboot '%s'; it is restart or destroy", g->on_reboot);
	if (!g->memory)
		bad(r, "guest %s has no memory; add memory=MIB", g->name);
	if (!g->maxmem)
		g->maxmem = g->memory;
	if (g->maxmem < g->memory)
		bad(r, "maxmem=%d is less than memory=%d", g->maxmem, g->memory);
	if (!strncmp(g->swap, "disk:", 5) && atoi(g->swap + 5) > 0)
		g->swap_disk = s->disks++;
	else if (strcmp(g->swap, "none") && (strncmp(g->swap, "zram:", 5) || atoi(g->swap + 5) <= 0))
		bad(r, "swap '%s'; it is none, zram:MIB or disk:MIB", g->swap);
	if (strcmp(g->root, "tmpfs") && strcmp(g->root, "ramfs"))
		bad(r, "root '%s'; it is tmpfs or ramfs, which is never swapped", g->root);
	if (!strcmp(g->module, "yes"))
		snprintf(g->module, sizeof(g->module), "-");
	s->needs_module |= strcmp(g->module, "no") && strcmp(g->module, "agent");
	s->needs_devicemodel |= !strcmp(g->type, "hvm");
	s->guests++;
}

/* cfg GUEST LINE */
static void cfg_line(struct reader *r, const char *name, const char *rest)
{
	struct scn_guest *g = scenario_guest(r->s, name);
	size_t len = g ? strlen(g->cfg) : 0;

	rest += strcspn(rest, " \t");
	rest += strspn(rest, " \t");
	if (!g)
		bad(r, "no guest is called '%s'; declare it above: guest %s memory=...", name, name);
	else if (!strchr(rest, '='))
		bad(r, "write cfg GUEST KEY = VALUE");
	else if (len + strlen(rest) + 2 > sizeof(g->cfg))
		bad(r, "more than %zu bytes of cfg", sizeof(g->cfg));
	else
		sprintf(g->cfg + len, "%s\n", rest);
}

/* Lines of the head; 1 when @word is none. */
static int head_line(struct reader *r, char **word, int words, const char *rest)
{
	struct scenario *s = r->s;

	if (!strcmp(word[0], "guest")) {
		guest_line(r, word, words);
	} else if (!strcmp(word[0], "title")) {
		snprintf(s->title, sizeof(s->title), "%s", rest);
	} else if (!strcmp(word[0], "conf")) {
		size_t len = strlen(s->conf);

		if (len + strlen(rest) + 2 > sizeof(s->conf))
			bad(r, "more than %zu bytes of conf", sizeof(s->conf));
		else
			sprintf(s->conf + len, "%s\n", rest);
	} else if (!strcmp(word[0], "cfg") && words > 2) {
		cfg_line(r, word[1], rest);
	} else if (!strcmp(word[0], "nodes") && words == 2) {
		s->nodes = to_int(r, "nodes", word[1], 1, 2);
	} else if (!strcmp(word[0], "host") && words == 2) {
		s->host = to_int(r, "host", word[1], 512, 65536);
	} else if (!strcmp(word[0], "dom0") && (words == 2 || (words == 4 && !strcmp(word[2], "max")))) {
		s->dom0 = to_int(r, "dom0", word[1], 256, 65536);
		s->dom0_max = words == 4 ? to_int(r, "dom0 max", word[3], s->dom0, 65536) : s->dom0;
	} else if (!strcmp(word[0], "bound") && words == 3) {
		s->bound_ms = 1000L * to_int(r, "bound", word[1], 1, 86400);
		s->real_s = to_int(r, "bound", word[2], 1, 86400);
	} else if (!strcmp(word[0], "param") && words == 3) {
		int have = 0;

		for (int i = 0; i < r->params; i++) {
			if (strncmp(r->param[i], word[1], strlen(word[1])) ||
			    r->param[i][strlen(word[1])] != '=')
				continue;
			have = 1;
			r->declared |= 1u << i;
		}
		if (!have && r->params < 32 && asprintf(&r->param[r->params], "%s=%s", word[1], word[2]) > 0)
			r->params++;
	} else if (!strcmp(word[0], "host") || !strcmp(word[0], "dom0") ||
		   !strcmp(word[0], "nodes") || !strcmp(word[0], "cfg") ||
		   !strcmp(word[0], "bound") || !strcmp(word[0], "param")) {
		bad(r, "write host MIB, dom0 MIB [max MIB], nodes N, cfg GUEST LINE, bound VIRTUAL_S REAL_S, or param NAME VALUE");
	} else {
		return 1;
	}
	return 0;
}

static void check_args(struct reader *r, struct scn_step *st)
{
	struct scenario *s = r->s;
	char name[96];
	int guests = 0;	/* how many of the arguments are guests */

	switch (st->op) {
	case SCN_START:
		guests = scenario_starts(st);
		s->needs_tool |= guests < st->argc;
		if (!guests || (guests < st->argc && (guests + 1 == st->argc ||
						      strcmp(st->argv[guests + 1], "xlmem"))))
			bad(r, "write start GUEST..., and for xlmem create: by xlmem");
		for (int i = 0; i < guests; i++) {
			snprintf(name, sizeof(name), "create-%.16s", st->argv[i]);
			learn(r, 'r', name);
		}
		break;
	case SCN_STOP:
	case SCN_DESTROY:
		guests = st->argc;
		break;
	case SCN_TOUCH:
	case SCN_READ:
		to_int(r, "MIB", st->argv[2], 1, 65536);
		snprintf(name, sizeof(name), "%s.%s", st->argv[0], st->argv[1]);
		learn(r, 'j', name);
		guests = 1;
		break;
	case SCN_WORK:
		snprintf(name, sizeof(name), "%s.%s", st->argv[0], st->argv[1]);
		learn(r, 'j', name);
		guests = 1;
		break;
	case SCN_TELL:
	case SCN_VERIFY:
		snprintf(name, sizeof(name), "%s.%s", st->argv[0], st->argv[1]);
		if (!known(r, 'j', name))
			bad(r, "guest %s has no job '%s' above this line; start it with touch or read",
			    st->argv[0], st->argv[1]);
		guests = 1;
		break;
	case SCN_IN:
		guests = 1;
		/* fall through */
	case SCN_RUN:
	case SCN_SPAWN: {
		char *run = st->argv[st->argc - 1];

		if (*run && run[strlen(run) - 1] == '?') {
			run[strlen(run) - 1] = 0;
			st->any_exit = 1;
		}
		if (!is_name(run) || scenario_guest(s, run))
			bad(r, "'%s' is no name for this; letters, digits, - and _, and not a guest's", run);
		learn(r, 'r', run);
		s->needs_tool |= strstr(st->text, "xlmem") != NULL;
		break;
	}
	case SCN_KILL:
		if (!known(r, 'r', st->argv[0]))
			bad(r, "nothing called '%s' was spawned above this line", st->argv[0]);
		break;
	case SCN_DAEMON:
		s->needs_daemon = 1;
		learn(r, 'r', "daemon");
		if (strcmp(st->argv[0], "start") && strcmp(st->argv[0], "stop") && strcmp(st->argv[0], "kill"))
			bad(r, "daemon '%s'; it is start, stop or kill", st->argv[0]);
		break;
	case SCN_SLEEP: {
		int64_t ms;

		if (st->argc == 2 || (st->argc == 3 && strcmp(st->argv[1], "to")) ||
		    cond_number(st->argv[0], &ms) || (st->argc == 3 && cond_number(st->argv[2], &ms)))
			bad(r, "write sleep TIME or sleep TIME to TIME, like 500ms or 3s");
		break;
	}
	case SCN_MARK:
		if (!is_name(st->argv[0]))
			bad(r, "'%s' is no name for a mark", st->argv[0]);
		learn(r, 'm', st->argv[0]);
		break;
	case SCN_REPEAT:
		to_int(r, "repeat", st->argv[0], 1, 1000);
		if (r->repeat)
			bad(r, "a repeat inside a repeat; end the first one");
		r->repeat = s->steps + 1;
		break;
	case SCN_END:
		if (!r->repeat)
			bad(r, "end without a repeat above");
		st->jump = r->repeat;
		r->repeat = 0;
		break;
	case SCN_AWAIT:
	case SCN_EXPECT:
		for (int i = 0; i < st->cond.terms; i++)
			if (st->cond.term[i].name)
				check_value(r, st->cond.term[i].name);
		s->expectations += st->op == SCN_EXPECT;
		break;
	case SCN_SAME:
		/* As if each column of each side were asked for by a condition. */
		for (int i = 4; i < 2 * st->argc - 4; i++) {
			const char *const *side = (const char *const *)st->argv + (i & 1 ? 2 : 0);

			snprintf(name, sizeof(name), "%s.%s.max@%s", side[0],
				 st->argv[2 + i / 2], side[1]);
			check_value(r, name);
		}
		s->expectations++;
		break;
	case SCN_SOAK: {
		int64_t ms;

		if (cond_number(st->argv[0], &ms) || ms <= 0)
			bad(r, "write soak TIME GUEST..., like soak 20min a b");
		for (int i = 1; i < st->argc; i++)
			if (!scenario_guest(s, st->argv[i]))
				bad(r, "no guest is called '%s'; declare it above: guest %s memory=...",
				    st->argv[i], st->argv[i]);
		learn(r, 'r', "soak");
		s->needs_daemon = s->needs_tool = 1;
		break;
	}
	case SCN_CRASHES:
		guests = 3;
		snprintf(name, sizeof(name), "%s.load", st->argv[0]);
		learn(r, 'j', name);
		learn(r, 'r', "crashes");
		learn(r, 'r', "soak");
		s->needs_daemon = s->needs_tool = 1;
		break;
	case SCN_NOTE:
		break;
	}
	for (int i = 0; i < guests && i < st->argc; i++)
		if (!scenario_guest(s, st->argv[i]))
			bad(r, "no guest is called '%s'; declare it above: guest %s memory=...",
			    st->argv[i], st->argv[i]);
}

static void step_line(struct reader *r, char *line)
{
	struct scenario *s = r->s;
	struct scn_step *st = &s->step[s->steps];
	const struct step_word *w = step_words, *end = w + sizeof(step_words) / sizeof(*w);
	char *save = NULL, *word, *rest, why[200];

	word = strtok_r(line, " \t", &save);
	rest = save ? save + strspn(save, " \t") : line + strlen(line);
	while (w < end && strcmp(w->word, word))
		w++;
	if (w == end) {
		bad(r, "unknown word '%s'; steps are start stop destroy touch read tell verify in run spawn kill daemon await sleep mark expect same repeat end soak crashes note",
		    word);
		return;
	}
	if (s->steps == SCN_STEPS) {
		bad(r, "more than %d steps", SCN_STEPS);
		return;
	}
	*st = (struct scn_step){ .line = r->line, .op = w->op };
	if (w->text == CONDITION) {
		char *within = w->op == SCN_AWAIT ? strstr(rest, " within ") : NULL;
		int64_t bound;

		if (w->op == SCN_AWAIT) {
			if (!within || cond_number(within + 8, &bound) || bound <= 0) {
				bad(r, "an await needs a bound: %s (a time like 30s)", w->usage);
				return;
			}
			*within = 0;
			st->bound_ms = (long)bound;
		}
		if (cond_parse(&st->cond, strdup(rest), why, sizeof(why))) {
			bad(r, "%s: %s", w->usage, why);
			return;
		}
	} else if (w->text == REST) {
		st->text = strdup(rest);
	} else {
		char *colon = strchr(rest, ':');

		if (w->text != NO_TEXT && colon) {
			*colon = 0;
			st->text = strdup(colon + 1 + strspn(colon + 1, " \t"));
		}
		for (word = strtok_r(rest, " \t", &save); word; word = strtok_r(NULL, " \t", &save)) {
			if (st->argc == w->max || st->argc == SCN_ARGS) {
				bad(r, "too many words; write %s", w->usage);
				return;
			}
			st->argv[st->argc++] = strdup(word);
		}
		if (st->argc < w->min || (w->text == COLON && (!st->text || !*st->text))) {
			bad(r, "something is missing; write %s", w->usage);
			return;
		}
	}
	check_args(r, st);
	s->steps++;
}

/* Puts the parameters' values for their $NAMEs. */
static void substitute(const struct reader *r, const char *from, char *to, size_t size)
{
	char *end = to + size - 1;

	while (*from && to < end) {
		int i, n = 0;

		for (i = 0; *from == '$' && i < r->params; i++) {
			n = (int)strcspn(r->param[i], "=");
			if (!strncmp(from + 1, r->param[i], (size_t)n) &&
			    !isalnum((unsigned char)from[1 + n]) && from[1 + n] != '_')
				break;
			n = 0;
		}
		if (n) {
			to += snprintf(to, (size_t)(end - to), "%s", r->param[i] + n + 1);
			from += 1 + n;
		} else {
			*to++ = *from++;
		}
	}
	*to = 0;
}

int scenario_read(struct scenario *s, const char *file, const char *const *params)
{
	struct reader r = { .s = s };
	char raw[1024], line[2048], copy[2048], *word[32], *save, *p;
	const char *base = strrchr(file, '/');
	FILE *f = fopen(file, "re");

	memset(s, 0, sizeof(*s));
	s->file = file;
	s->host = 1536;
	s->nodes = 1;
	s->dom0 = s->dom0_max = 384;
	s->bound_ms = 600000;
	s->real_s = 600;
	snprintf(s->name, sizeof(s->name), "%s", base ? base + 1 : file);
	s->name[strcspn(s->name, ".")] = 0;
	if (!f) {
		fprintf(stderr, "%s: %s\n", file, strerror(errno));
		return 1;
	}
	while (params && *params && r.params < 32)
		r.param[r.params++] = strdup(*params++);
	r.given = r.params;
	while (fgets(raw, sizeof(raw), f)) {
		int words = 0;

		r.line++;
		if (!strchr(raw, '\n') && !feof(f)) {
			bad(&r, "longer than %zu bytes", sizeof(raw) - 2);
			break;
		}
		raw[strcspn(raw, "\n")] = 0;
		for (p = raw; (p = strchr(p, '#')); p++)	/* # begins a comment after a blank */
			if (p == raw || isspace((unsigned char)p[-1]))
				*p-- = 0;
		substitute(&r, raw, line, sizeof(line));
		for (p = line + strlen(line); p > line && isspace((unsigned char)p[-1]);)
			*--p = 0;
		p = line + strspn(line, " \t");
		if (!*p)
			continue;
		snprintf(copy, sizeof(copy), "%s", p);
		for (char *w = strtok_r(copy, " \t", &save); w && words < 32; w = strtok_r(NULL, " \t", &save))
			word[words++] = w;
		if (head_line(&r, word, words, p + strcspn(p, " \t") + strspn(p + strcspn(p, " \t"), " \t")))
			step_line(&r, p);
	}
	fclose(f);
	r.line++;
	if (r.repeat)
		bad(&r, "a repeat has no end");
	for (int i = 0; i < r.given; i++)
		if (!(r.declared & 1u << i))
			bad(&r, "no line `param NAME VALUE` here knows '%s'", r.param[i]);
	if (!r.errors && !s->expectations)
		bad(&r, "no expectation: a scenario that expects nothing proves nothing; add `expect ...`");
	return r.errors;
}
