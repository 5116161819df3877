// SPDX-License-Identifier: GPL-2.0-or-later
/* The words of steps that order guests, the toolstack and daemons about. */
#include <string.h>

#include "core/host.h"
#include "scn_reader.h"

#define WAIT_US		(60 * SIM_S)	/* as xlmem */

void guest_word(struct reader *r, struct scn_step *st, int i)
{
	const struct scenario *s = r->s;
	const char *name = r->word[i].text;
	size_t len = strlen(name);
	bool any = false, many = len && name[len - 1] == '*';

	if (st->op == SCN_START && len && name[len - 1] == '?') {
		st->may_fail = true;
		len--;
	}
	for (uint32_t g = 0; g < s->n_guests; g++) {
		const char *other = s->guests[g].vm.name;

		if (many ? strncmp(other, name, len - 1) != 0
			 : strlen(other) != len || strncmp(other, name, len) != 0)
			continue;
		st->guests = one_more(st->guests, st->n_guests, sizeof(*st->guests));
		st->guests[st->n_guests++] = g;
		any = true;
	}
	if (!any)
		fault(r, r->word[i].column, "no guest is called '%.*s'; declare it above: "
		      "guest %.*s memory=SIZE", (int)len, name, (int)(len - many), name);
}

void start_words(struct reader *r, struct scn_step *st)
{
	char *value;
	int column;

	st->us = WAIT_US;
	for (int i = 1; i < r->n; i++) {
		value = value_of(r, i, "wait", &column);
		if (value) {
			read_time(r, column, value, &st->us);
		} else if (i + 1 < r->n && !strcmp(r->word[i].text, "by")) {
			st->by_xlmem = !strcmp(r->word[++i].text, "xlmem");
			if (!st->by_xlmem && strcmp(r->word[i].text, "xl"))
				fault(r, r->word[i].column, "by '%s'; it is by xlmem or by xl",
				      r->word[i].text);
		} else {
			guest_word(r, st, i);
		}
	}
	if (!st->n_guests)
		fault(r, r->word[0].column, "nobody to start; write %s", step_usage(st->op));
}

void become_words(struct reader *r, struct scn_step *st)
{
	guest_word(r, st, 1);
	while (st->word < SIM_CHARACTER_COUNT &&
	       strcmp(r->word[2].text, sim_character_name(st->word)))
		st->word++;
	if (st->word == SIM_CHARACTER_COUNT)
		fault(r, r->word[2].column, "no character is called '%s'", r->word[2].text);
}

void set_words(struct reader *r, struct scn_step *st)
{
	char *value;
	int column;

	guest_word(r, st, 1);
	for (int i = 2; i < r->n; i++) {
		if ((value = value_of(r, i, "min", &column)))
			read_size(r, column, "min", value, &st->min_kib);
		else if ((value = value_of(r, i, "max", &column)))
			read_size(r, column, "max", value, &st->max_kib);
		else if ((value = value_of(r, i, "weight", &column)))
			read_count(r, column, "weight", value, 1, WEIGHT_MAX, &st->weight);
		else if (!strcmp(r->word[i].text, "auto"))
			st->automatic = true;
		else
			fault(r, r->word[i].column, "'%s' doesn't belong here; write %s",
			      r->word[i].text, step_usage(st->op));
	}
}

void reserve_words(struct reader *r, struct scn_step *st)
{
	const char *name = r->word[1].text;
	int column;

	if (!is_name(name))
		fault(r, r->word[1].column, "'%s' is no name; letters, digits, - and _", name);
	else if (st->op == SCN_RELEASE && !known(r, 'r', name))
		fault(r, r->word[1].column, "nothing is reserved as '%s' above this line", name);
	snprintf(st->name, sizeof(st->name), "%.23s", name);
	if (st->op == SCN_RELEASE)
		return;
	learn(r, 'r', st->name);
	st->us = WAIT_US;
	read_size(r, r->word[2].column, "size", r->word[2].text, &st->kib);
	if (r->n == 4) {
		char *value = value_of(r, 3, "wait", &column);

		if (value)
			read_time(r, column, value, &st->us);
		else
			fault(r, r->word[3].column, "'%s' doesn't belong here; write %s",
			      r->word[3].text, step_usage(st->op));
	}
}

/* What the emulated host's scenarios run in dom0, as far as it is done here, too. */
void run_words(struct reader *r, struct scn_step *st)
{
	char *name = r->word[1].text, *colon = strchr(name, ':');
	bool xl = !strcmp(r->word[2].text, "xl"), xlmem = !strcmp(r->word[2].text, "xlmem");
	const char *command = r->word[3].text;

	if (!colon || colon == name || colon[1])
		fault(r, r->word[1].column, "write %s", step_usage(st->op));
	else if (xl && r->n == 6 && !strcmp(command, "mem-set"))
		st->op = SCN_MEM_SET;
	else if (xl && r->n == 6 && !strcmp(command, "mem-max"))
		st->op = SCN_MEM_MAX;
	else if (xlmem && !strcmp(command, "reserve") &&
		 (r->n == 5 || (r->n == 7 && !strcmp(r->word[5].text, "--name"))))
		st->op = SCN_RESERVE;
	else
		fault(r, r->word[2].column, "this isn't simulated; write %s", step_usage(st->op));
	if (st->op == SCN_RUN)
		return;
	if (st->op != SCN_RESERVE) {
		guest_word(r, st, 4);
		read_size(r, r->word[5].column, "size", r->word[5].text, &st->kib);
		return;
	}
	st->may_fail = colon[-1] == '?';
	colon[-(int)st->may_fail] = '\0';
	if (!is_name(name))
		fault(r, r->word[1].column, "'%s' is no name; letters, digits, - and _", name);
	snprintf(st->name, sizeof(st->name), "%.23s", name);
	learn(r, 'r', st->name);
	st->waits = true;
	st->us = WAIT_US;
	read_size(r, r->word[4].column, "size", r->word[4].text, &st->kib);
}

void daemon_words(struct reader *r, struct scn_step *st)
{
	static const char *const words[] = {
		[DAEMON_START] = "start", [DAEMON_STOP] = "stop", [DAEMON_KILL] = "kill",
	};
	bool at = (r->n == 4 || (r->n == 6 && !strcmp(r->word[4].text, "to"))) &&
		  !strcmp(r->word[2].text, "at");

	while (st->word < 3 && strcmp(words[st->word], r->word[1].text))
		st->word++;
	if (st->word == 3)
		fault(r, r->word[1].column, "daemon '%s'; it is start, stop or kill",
		      r->word[1].text);
	else if (r->n > 2 && (!at || st->word != DAEMON_KILL))
		fault(r, r->word[2].column, "write %s", step_usage(st->op));
	else if (at && read_count(r, r->word[3].column, "the call", r->word[3].text, 1, 1000000,
				  &st->count) && r->n == 6)
		read_count(r, r->word[5].column, "the last call", r->word[5].text, st->count,
			   1000000, &st->to_count);
}

void xenstored_words(struct reader *r, struct scn_step *st)
{
	bool stop = !strcmp(r->word[1].text, "stop");

	st->word = stop ? DAEMON_STOP : DAEMON_START;
	st->empty = r->n == 3;
	if ((!stop && strcmp(r->word[1].text, "start")) ||
	    (st->empty && (stop || strcmp(r->word[2].text, "empty"))))
		fault(r, r->word[1].column, "write %s", step_usage(st->op));
}

void guests_words(struct reader *r, struct scn_step *st)
{
	for (int i = 1; i < r->n; i++)
		guest_word(r, st, i);
}

void end_words(struct reader *r, struct scn_step *st)
{
	char *value;
	int column;

	for (int i = 1; i < r->n; i++) {
		value = value_of(r, i, "over", &column);
		if (value)
			read_time(r, column, value, &st->us);
		else
			guest_word(r, st, i);
	}
	if (!st->n_guests)
		fault(r, r->word[0].column, "whose end? write %s", step_usage(st->op));
}

void save_words(struct reader *r, struct scn_step *st)
{
	guest_word(r, st, 1);
	read_time(r, r->word[2].column, r->word[2].text, &st->us);
}

void size_words(struct reader *r, struct scn_step *st)
{
	guest_word(r, st, 1);
	read_size(r, r->word[2].column, "size", r->word[2].text, &st->kib);
}
