// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every row of every table (store key, command, field, option, attribute,
 * metric) names the test that exercises it for real. Run last by tests/run: a
 * table passes when each of its rows' tests ran and passed in this run. A
 * behaviour may have a reason instead, why it isn't shown.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dom0-balloond/balloond.h"
#include "dom0-balloond/config.h"
#include "dom0-balloond/control_table.h"
#include "dom0-balloond/options.h"
#include "guest-driver/tunables.h"
#include "tests/behaviours.h"
#include "tools/balloonsim/sim_options.h"
#include "tools/xlmem/commands.h"
#include "xenstore-schema/schema.h"

struct row {
	const char *name, *test, *reason;
};

#define KEY_ROW(path, owner, kind, summary, test)	{ path, test, NULL },
#define COMMAND_ROW(name, changes, args, answer, test)	{ #name, test, NULL },
#define FIELD_ROW(name, type, meaning, test)		{ #name, test, NULL },
#define XLMEM_ROW(name, least, most, words, options, summary, test) { #name, test, NULL },
#define OPTION_ROW(name, argument, summary, test)	{ #name, test, NULL },
#define DAEMON_OPTION_ROW(letter, name, argument, summary, test) { #name, test, NULL },
#define CONFIG_ROW(name, type, member, low, high, standard, meaning, test) { #name, test, NULL },
#define COUNTER_ROW(name, meaning, test)		{ #name, test, NULL },
#define TUNABLE_ROW(name, standard, low, high, meaning, test) { #name, test, NULL },
#define BEHAVIOUR_NUMBER(number, area, text, test, reason) number,
#define BEHAVIOUR_ROW(number, area, text, test, reason)	{ #number, test, reason },

static const struct row keys[] = { SCHEMA_KEYS(KEY_ROW) };
static const struct row commands[] = { CONTROL_COMMANDS(COMMAND_ROW) };
static const struct row domain_fields[] = { CONTROL_DOMAIN_FIELDS(FIELD_ROW) };
static const struct row host_fields[] = { CONTROL_HOST_FIELDS(FIELD_ROW) };
static const struct row reservation_fields[] = {
	CONTROL_RESERVATION_FIELDS(FIELD_ROW)
};
static const struct row xlmem_commands[] = { XLMEM_COMMANDS(XLMEM_ROW) };
static const struct row xlmem_options[] = { XLMEM_OPTIONS(OPTION_ROW) };
static const struct row daemon_options[] = { OPTIONS(DAEMON_OPTION_ROW) };
static const struct row sim_options[] = { SIM_OPTIONS(DAEMON_OPTION_ROW) };
static const struct row daemon_config[] = { CONFIG_KEYS(CONFIG_ROW) };
static const struct row daemon_counters[] = { COUNTERS(COUNTER_ROW) };
static const struct row driver_tunables[] = { SELFBALLOON_TUNABLES(TUNABLE_ROW) };
static const struct row driver_stats[] = { SELFBALLOON_STATS(COUNTER_ROW) };

static const struct row behaviours[] = { BEHAVIOURS(BEHAVIOUR_ROW) };

#define TABLE(t)	{ #t, t, sizeof(t) / sizeof((t)[0]) }

/* A new table: include its header, say where a row keeps its test, add a line. */
static const struct table {
	const char *name;
	const struct row *rows;
	size_t n;
} tables[] = {
	TABLE(keys),
	TABLE(commands),
	TABLE(domain_fields),
	TABLE(host_fields),
	TABLE(reservation_fields),
	TABLE(xlmem_commands),
	TABLE(xlmem_options),
	TABLE(daemon_options),
	TABLE(sim_options),
	TABLE(daemon_config),
	TABLE(daemon_counters),
	TABLE(driver_tunables),
	TABLE(driver_stats),
	TABLE(behaviours),
};

#define REASON_MIN	40	/* a shorter one is none */
#define N_TABLES	(sizeof(tables) / sizeof(tables[0]))

static char *results;	/* lines "ok NAME" among others */

static bool read_results(void)
{
	const char *path = getenv("CHECK_RESULTS");
	FILE *in = path ? fopen(path, "r") : NULL;
	size_t size = 0;

	if (!in || getdelim(&results, &size, '\0', in) < 0)
		return false;
	fclose(in);
	return true;
}

static bool test_passed(const char *test)
{
	char line[256];
	const char *found;

	snprintf(line, sizeof(line), "ok %s\n", test);
	for (found = results; (found = strstr(found, line)); found++)
		if (found == results || found[-1] == '\n')
			return true;
	return false;
}

/* Print what each missing test leaves unproved, a test a line. */
static size_t count_missing(const struct table *table)
{
	size_t missing = 0, i, k;

	for (i = 0; i < table->n; i++) {
		const char *test = table->rows[i].test;
		bool first = true;

		if (!test) {
			if (!table->rows[i].reason ||
			    strlen(table->rows[i].reason) < REASON_MIN)
				missing += printf("# %s: neither test nor reason\n",
						  table->rows[i].name) > 0;
			continue;
		}
		if (test_passed(test))
			continue;
		missing++;
		for (k = 0; k < i && first; k++)
			first = !table->rows[k].test || strcmp(table->rows[k].test, test);
		if (!first)
			continue;
		printf("# %s did not pass in this run; it proves:", test);
		for (k = i; k < table->n; k++)
			if (table->rows[k].test && !strcmp(table->rows[k].test, test))
				printf(" %s", table->rows[k].name);
		printf("\n");
	}
	return missing;
}

/* Each number from 1 on, in order: none is left out. */
static bool behaviours_whole(void)
{
	static const int numbers[] = { BEHAVIOURS(BEHAVIOUR_NUMBER) };
	const size_t n = sizeof(numbers) / sizeof(numbers[0]);
	int last = 0;

	for (size_t i = 0; i < n; i++) {
		if (numbers[i] != last && numbers[i] != last + 1) {
			printf("# after behaviour %d comes %d\n", last, numbers[i]);
			return false;
		}
		last = numbers[i];
	}
	return last == BEHAVIOURS_LAST;
}

int main(void)
{
	size_t i, failed = 0;

	if (!read_results()) {
		fprintf(stderr, "CHECK_RESULTS names no results: run by tests/run\n");
		return 2;
	}
	printf("1..%zu\n", N_TABLES + 1);
	for (i = 0; i < N_TABLES; i++) {
		bool ok = count_missing(&tables[i]) == 0;

		printf("%s %zu - rows_of_%s\n", ok ? "ok" : "not ok", i + 1,
		       tables[i].name);
		failed += !ok;
	}
	printf("%s %zu - behaviours_whole\n", behaviours_whole() ? "ok" : "not ok", i + 1);
	failed += !behaviours_whole();
	free(results);
	return failed > 0;
}
