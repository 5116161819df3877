// SPDX-License-Identifier: GPL-2.0-or-later
/* What a person reads on the terminal: a row a guest, then the host. */
#include <stdlib.h>

#include "run.h"

#define ROWS_MAX	40	/* more guests are summed up */

/* MiB for what is KiB. */
static const struct column {
	const char *title;
	enum guest_value which;
	enum { MIB, PLAIN } unit;
} columns[] = {
	{ "has", GUEST_tot, MIB }, { "target", GUEST_target, MIB },
	{ "ceiling", GUEST_ceiling, MIB }, { "max", GUEST_max, MIB },
	{ "need", GUEST_need, MIB }, { "demand", GUEST_demand, MIB },
	{ "unmet MiB s", GUEST_unmet, PLAIN }, { "swapped in", GUEST_swapin, MIB },
	{ "killed", GUEST_oom_kill, PLAIN }, { "moved", GUEST_moved, MIB },
	{ "reversals", GUEST_reversals, PLAIN }, { "writes", GUEST_writes, PLAIN },
};

#define N_COLUMNS (sizeof(columns) / sizeof(columns[0]))

static void cells(FILE *out, const int64_t *values)
{
	for (size_t k = 0; k < N_COLUMNS; k++) {
		int64_t v = values[columns[k].which];

		if (v == BOOK_UNKNOWN)
			fprintf(out, " %11s", "-");
		else
			fprintf(out, " %11lld",
				(long long)(columns[k].unit == MIB ? (v + 512) / 1024 : v));
	}
	fputc('\n', out);
}

void output_table(struct run *run, FILE *out)
{
	const struct sim_stats *stats = &run->w->stats;
	uint32_t n = run->s->n_guests;
	int64_t *row = run_row(run), *host = row + book_host_slot(&run->book, 0);

	fprintf(out, "%s: %s\n", run->s->name, run->s->title);
	fprintf(out, "\n%-16s", "MiB");
	for (size_t k = 0; k < N_COLUMNS; k++)
		fprintf(out, " %11s", columns[k].title);
	fputc('\n', out);
	for (uint32_t i = 0; i < n && i < ROWS_MAX; i++) {
		fprintf(out, "%-16s", run->s->guests[i].vm.name);
		cells(out, row + book_guest_slot(&run->book, i, 0));
	}
	if (n > ROWS_MAX)
		fprintf(out, "... and %u more\n", n - ROWS_MAX);
	fprintf(out, "%-16s", "all");
	cells(out, row + book_guest_slot(&run->book, n, 0));
	fprintf(out, "\nfree %lld MiB, slack %lld MiB; balloond: %lld turns, %lld calls, %lld writes, "
		"%lld limits set, %lld starts\n", (long long)host[HOST_free] / 1024,
		(long long)host[HOST_slack] / 1024, (long long)host[HOST_turns],
		(long long)host[HOST_calls], (long long)host[HOST_writes],
		(long long)host[HOST_moves], (long long)host[HOST_restarts]);
	fprintf(out, "%.3f s simulated, %llu events, seed %llu, %llu broken invariants\n",
		(double)run->w->now_us / (double)SIM_S, (unsigned long long)stats->events,
		(unsigned long long)run->w->seed, (unsigned long long)stats->breaches);
	for (uint32_t i = 0; i < run->n_failures; i++)
		fprintf(out, "%s\n", run->failures[i]);
	fprintf(out, "%s: %u of %u expectations hold\n", run->n_failures ? "FAILED" : "ok", run->held,
		run->held + run->failed);
	free(row);
}
