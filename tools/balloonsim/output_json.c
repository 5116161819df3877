// SPDX-License-Identifier: GPL-2.0-or-later
/* --json: one object a run: per VM and host figures, counters, breaches. */
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "dom0-balloond/json.h"
#include "run.h"
#include "sim_daemon.h"

static void value(struct json *json, const char *name, int64_t v)
{
	if (v == BOOK_UNKNOWN)
		json_string(json, name, NULL);
	else
		json_int(json, name, v);
}

void output_json(struct run *run, FILE *out)
{
	const struct balloond *b = sim_daemon_state(run->w);
	struct json *json = json_new();
	int64_t *row = run_row(run);
	size_t len;

	if (!json)
		abort();
	json_object(json, NULL);
	json_string(json, "scenario", run->s->name);
	json_string(json, "title", run->s->title);
	json_int(json, "seed", (int64_t)run->w->seed);
	json_bool(json, "ok", !run->n_failures);
	json_int(json, "held", run->held);
	json_int(json, "failed", run->failed);
	json_list(json, "failures");
	for (uint32_t i = 0; i < run->n_failures; i++)
		json_string(json, NULL, run->failures[i]);
	json_end_list(json);
	json_string(json, "first_breach",
		    run->w->stats.breaches ? run->w->stats.first_breach : NULL);
	json_object(json, "host");
	json_int(json, "events", (int64_t)run->w->stats.events);
	for (unsigned int k = 0; k < HOST_VALUE_COUNT; k++)
		value(json, host_value_name(k), row[book_host_slot(&run->book, k)]);
	json_end_object(json);
	json_list(json, "vms");
	for (uint32_t i = 0; i < run->s->n_guests; i++) {
		json_object(json, NULL);
		json_string(json, "name", run->s->guests[i].vm.name);
		json_string(json, "character",
			    sim_character_name(run->s->guests[i].vm.guest.character));
		for (unsigned int k = 0; k < GUEST_VALUE_COUNT; k++)
			value(json, guest_value_name(k), row[book_guest_slot(&run->book, i, k)]);
		json_end_object(json);
	}
	json_end_list(json);
	if (b)
		answer_counters(json, b);
	json_end_object(json);
	fprintf(out, "%s\n", json_text(json, &len));
	json_free(json);
	free(row);
}
