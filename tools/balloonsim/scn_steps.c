// SPDX-License-Identifier: GPL-2.0-or-later
/* A scenario's steps: words into a struct scn_step, each checked as it stands. */
#include <stdlib.h>
#include <string.h>

#include "core/host.h"
#include "scn_reader.h"

#define STEP_ROW(op, word, least, most, words, usage, meaning) { word, least, most, words, usage },
static const struct {
	const char *word;
	int least, most;
	void (*words)(struct reader *r, struct scn_step *st);
	const char *usage;
} steps[] = { SCN_STEPS(STEP_ROW) };

#define STEP_WORD(op, word, least, most, words, usage, meaning) word " "
#define STEP_WORDS SCN_STEPS(STEP_WORD)

const char *step_usage(enum scn_op op)
{
	return steps[op].usage;
}

/* The time before this line can't be less than r->at_us: `at` must not be. */
void time_words(struct reader *r, struct scn_step *st)
{
	if (!read_time(r, r->word[1].column, r->word[1].text, &st->us))
		return;
	st->to_us = st->us;
	if (st->op == SCN_AT) {
		if (r->repeat)
			fault(r, r->word[0].column, "at inside a repeat: the second time it is past; "
			      "write sleep TIME");
		else if (st->us < r->at_us)
			fault(r, r->word[1].column, "time runs backwards: it is %llu ms at least by "
			      "here; give a later time, or write sleep TIME",
			      (unsigned long long)(r->at_us / SIM_MS));
		r->at_us = st->us;
		return;
	}
	if (r->n == 3 || (r->n == 4 && strcmp(r->word[2].text, "to")))
		fault(r, r->word[2].column, "write %s", steps[st->op].usage);
	else if (r->n == 4 && read_time(r, r->word[3].column, r->word[3].text, &st->to_us) &&
		 st->to_us < st->us)
		fault(r, r->word[3].column, "time runs backwards: sleep from the shorter TIME to the "
		      "longer one");
	if (!r->repeat)
		r->at_us += st->us;
}

void mark_words(struct reader *r, struct scn_step *st)
{
	if (!is_name(r->word[1].text)) {
		fault(r, r->word[1].column, "'%s' is no name for a mark; letters, digits, - and _",
		      r->word[1].text);
		return;
	}
	snprintf(st->name, sizeof(st->name), "%s", r->word[1].text);
	learn(r, 'm', st->name);
}

void repeat_words(struct reader *r, struct scn_step *st)
{
	if (st->op == SCN_REPEAT) {
		read_count(r, r->word[1].column, "repeat", r->word[1].text, 1, 1000000, &st->count);
		if (r->repeat)
			fault(r, r->word[0].column, "a repeat inside a repeat; end the first one");
		r->repeat = r->s->n_steps + 1;
		r->repeat_line = r->line;
	} else if (!r->repeat) {
		fault(r, r->word[0].column, "end without a repeat above");
	} else {
		st->jump = r->repeat;
		r->repeat = 0;
	}
}

void condition_words(struct reader *r, struct scn_step *st)
{
	const char *rest = reader_rest(r, 1);
	int column = (int)(rest - r->raw) + 1;
	char why[200];

	st->text = strdup(rest);
	if (!st->text)
		abort();
	if (st->op == SCN_AWAIT) {
		int within = r->n - 2;

		if (within < 1 || strcmp(r->word[within].text, "within")) {
			fault(r, (int)strlen(r->raw) + 1, "an await needs a bound; write %s",
			      steps[st->op].usage);
			return;
		}
		if (!read_time(r, r->word[within + 1].column, r->word[within + 1].text, &st->us))
			return;
		st->text[r->word[within].column - column] = '\0';
	}
	if (cond_parse(&st->cond, st->text, why, sizeof(why)))
		fault(r, column + (int)st->cond.bad, "%s", why);
	else
		condition_check(r, &st->cond, column);
	r->s->expectations += st->op == SCN_EXPECT;
}

void note_words(struct reader *r, struct scn_step *st)
{
	st->text = strdup(reader_rest(r, 1));
}

void step_line(struct reader *r)
{
	struct scenario *s = r->s;
	struct scn_step *st;
	unsigned int op = 0;

	while (op < SCN_OP_COUNT && strcmp(steps[op].word, r->word[0].text))
		op++;
	if (op == SCN_OP_COUNT) {
		fault(r, r->word[0].column, "unknown word '%s'; steps are " STEP_WORDS,
		      r->word[0].text);
		return;
	}
	if (r->n - 1 < steps[op].least) {
		fault(r, (int)strlen(r->raw) + 1, "something is missing; write %s", steps[op].usage);
		return;
	}
	if (r->n - 1 > steps[op].most) {
		fault(r, r->word[steps[op].most + 1].column, "too many words; write %s",
		      steps[op].usage);
		return;
	}
	s->steps = one_more(s->steps, s->n_steps, sizeof(*s->steps));
	st = &s->steps[s->n_steps];
	*st = (struct scn_step){
		.op = op, .line = r->line, .kib = KIB_NONE, .min_kib = KIB_NONE,
		.max_kib = KIB_NONE, .weight = KIB_NONE,
	};
	steps[op].words(r, st);
	s->n_steps++;
}
