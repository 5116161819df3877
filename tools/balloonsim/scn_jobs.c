// SPDX-License-Identifier: GPL-2.0-or-later
/* The words of steps that say what guests' workloads do. */
#include <string.h>

#include "core/host.h"
#include "scn_reader.h"

#define RATE_MAX_KIB	(1LL << 30)	/* times a second in us, times a million: 2^60 */
#define CURVE_WORD(name, meaning)	#name " "

/* A job of a guest: "guest.job" for each of them. */
static void job_words(struct reader *r, struct scn_step *st, bool begins)
{
	guest_word(r, st, 1);
	if (!is_name(r->word[2].text)) {
		fault(r, r->word[2].column, "'%s' is no name for a job; letters, digits, - and _",
		      r->word[2].text);
		return;
	}
	snprintf(st->name, sizeof(st->name), "%s", r->word[2].text);
	for (uint32_t i = 0; i < st->n_guests && !r->line_bad; i++) {
		const char *guest = r->s->guests[st->guests[i]].vm.name;
		char job[2 * SCN_NAME_MAX];

		snprintf(job, sizeof(job), "%.23s.%s", guest, st->name);
		if (begins)
			learn(r, 'j', job);
		else if (!known(r, 'j', job))
			fault(r, r->word[2].column, "guest %s has no job '%s' above this line; start "
			      "it with touch, share, read, promise or kernel", guest, st->name);
	}
}

static void misplaced(struct reader *r, const struct scn_step *st, int i)
{
	fault(r, r->word[i].column, "'%s' doesn't belong here; write %s", r->word[i].text,
	      step_usage(st->op));
}

/* rate=SIZE, a second */
static bool rate_word(struct reader *r, struct scn_step *st, int i)
{
	int64_t rate_kib = 0;
	int column;
	char *value = value_of(r, i, "rate", &column);

	if (!value)
		return false;
	if (read_size(r, column, "rate", value, &rate_kib) &&
	    (rate_kib < 1000 || rate_kib > RATE_MAX_KIB))
		fault(r, column, "a rate is at least 1 MiB a second, and 1 TiB at most");
	st->rate_kib_ms = rate_kib / 1000;
	return true;
}

void touch_words(struct reader *r, struct scn_step *st)
{
	job_words(r, st, true);
	read_size(r, r->word[3].column, "size", r->word[3].text, &st->kib);
	for (int i = 4; i < r->n; i++) {
		if (!strcmp(r->word[i].text, "unpromised"))
			st->unpromised = true;
		else if (!rate_word(r, st, i))
			misplaced(r, st, i);
	}
}

static void reuse_word(struct reader *r, struct scn_step *st, const char *value, int column)
{
	while (st->word < SIM_CURVE_COUNT && strcmp(value, sim_curve_name(st->word)))
		st->word++;
	if (st->word == SIM_CURVE_COUNT)
		fault(r, column, "reuse '%s'; it is one of " SIM_CURVES(CURVE_WORD), value);
}

void read_words(struct reader *r, struct scn_step *st)
{
	char *value;
	int column, reuse_column = 0;

	job_words(r, st, true);
	read_size(r, r->word[3].column, "size", r->word[3].text, &st->kib);
	for (int i = 4; i < r->n; i++) {
		value = value_of(r, i, "reuse", &column);
		if (value)
			reuse_word(r, st, value, reuse_column = column);
		else if (!rate_word(r, st, i))
			misplaced(r, st, i);
	}
	if (reuse_column && !st->rate_kib_ms)
		fault(r, reuse_column, "how often does it read? add rate=SIZE, a second");
}

/* What has neither rate nor kind. */
void amount_words(struct reader *r, struct scn_step *st)
{
	job_words(r, st, true);
	read_size(r, r->word[3].column, "size", r->word[3].text, &st->kib);
}

void tell_words(struct reader *r, struct scn_step *st)
{
	static const char *const words[] = {
		[TELL_GROW] = "grow", [TELL_FREE] = "free", [TELL_USE] = "use", [TELL_END] = "end",
	};
	const unsigned int n = sizeof(words) / sizeof(words[0]);

	job_words(r, st, false);
	while (st->word < n && strcmp(words[st->word], r->word[3].text))
		st->word++;
	if (st->word == n || (st->word == TELL_END && r->n == 5) ||
	    ((st->word == TELL_GROW || st->word == TELL_USE) && r->n != 5))
		fault(r, r->word[3].column, "write %s", step_usage(st->op));
	else if (r->n == 5)
		read_size(r, r->word[4].column, "size", r->word[4].text, &st->kib);
}
