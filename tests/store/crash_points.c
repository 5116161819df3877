// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * crash_points [--all]: a story is played once to count its calls, then again for
 * every call that changes something, with balloond killed just before it and just
 * after it, and for every call to xenstored, with the connection lost instead of it or
 * in the middle of it. Each must end as the first did. With CRASH_ONLY=emptied
 * xenstored is killed there, and empty when it is back. Without --all a sample that has every kind, path and chain of
 * callers. TAP; run by crash_points.sh.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crash_story.h"

#define WORDS(name, words, ...) words,
#define CHANGES(name, words, changes, store) changes,
#define STORE(name, words, changes, store) store,
static const char *const kind_words[] = { CRASH_KINDS(WORDS) };
static const bool kind_changes[] = { CRASH_KINDS(CHANGES) };
static const bool kind_store[] = { CRASH_KINDS(STORE) };
static const char *const how_words[] = { CRASH_HOWS(WORDS) };

static char clean[ENDING_MAX], ending[ENDING_MAX];
static struct crash_call calls[CRASH_CALLS];
static uint32_t n_calls, n_tests, n_bad;

static void verdict(bool good, const char *name)
{
	n_bad += !good;
	printf("%sok %u - %s\n", good ? "" : "not ", ++n_tests, name);
	fflush(stdout);
}

/* The first call of its kind with that path, by those callers if `exact`. */
static bool is_first(uint32_t i, bool exact)
{
	for (uint32_t k = 0; k < i; k++)
		if (calls[k].kind == calls[i].kind && !strcmp(calls[k].what, calls[i].what) &&
		    (!exact || calls[k].site == calls[i].site))
			return false;
	return true;
}

/* All, or a sample that has every kind, path and chain of callers. */
static bool is_tried(uint32_t i, enum crash_how how, bool all)
{
	switch (how) {
	case CRASH_BEFORE:
		return all || is_first(i, true);
	case CRASH_INFLIGHT:
		return kind_changes[calls[i].kind] && (all || is_first(i, false));
	case CRASH_STORE:	/* takes a second, and is the same wherever it is */
		return is_first(i, !all ? false : true) && (all || kind_changes[calls[i].kind]);
	default:
		return all || is_first(i, false);
	}
}

static void differs(char *why, size_t size)
{
	const char *a = clean, *b = ending;

	while (*a && *a == *b)
		a++, b++;
	while (a > clean && a[-1] != '\n')
		a--, b--;
	snprintf(why, size, "ends otherwise: \"%.*s\", was \"%.*s\"", (int)strcspn(b, "\n"), b,
		 (int)strcspn(a, "\n"), a);
}

/* @return true: as if nothing had happened; else s->why */
static bool survives(struct stage *s, const struct crash_call *call, enum crash_how how,
		     bool *tried)
{
	stage_reset(s, 2048);
	s->crash->how = how;
	s->crash->kind = call->kind;
	s->crash->nth = call->nth;
	s->crash->opens_fail = 2;
	*tried = false;
	if (!story_run(s, ending)) {
		*tried = s->crash->done;
		return false;
	}
	*tried = s->crash->done;
	if (!strcmp(clean, ending))
		return true;
	differs(s->why, sizeof(s->why));
	return false;
}

struct tally {
	uint32_t points, tried, lost;
};

static void round_of(struct stage *s, const char *name, const enum crash_how *hows, uint32_t n_hows,
		     bool all, bool (*wanted)(uint32_t kind))
{
	struct tally tally[CRASH_KIND_COUNT] = { 0 }, sum = { 0 };
	const char *match = getenv("CRASH_MATCH");	/* only at these paths */
	time_t begin = time(NULL);
	uint32_t missed = 0;

	for (uint32_t i = 0; i < n_calls; i++) {
		struct tally *t = &tally[calls[i].kind];

		if (!wanted(calls[i].kind))
			continue;
		for (uint32_t h = 0; h < n_hows; h++) {
			bool tried, good;

			t->points += is_tried(i, hows[h], true);
			if (!is_tried(i, hows[h], all) || (match && !strstr(calls[i].what, match)))
				continue;
			good = survives(s, &calls[i], hows[h], &tried);
			t->tried += tried;
			t->lost += tried && !good;
			missed += !tried;
			if (good && tried)
				continue;
			printf("# %s: %s %u (%s), call %u, site %08x: %s\n", how_words[hows[h]],
			       kind_words[calls[i].kind], calls[i].nth, calls[i].what, i,
			       calls[i].site, s->why[0] ? s->why : "wasn't reached");
		}
	}
	for (int k = 0; k < CRASH_KIND_COUNT; k++) {
		if (!tally[k].points)
			continue;
		printf("# > %-13s %-18s %5u points, %5u tried, %u lost\n", name, kind_words[k],
		       tally[k].points, tally[k].tried, tally[k].lost);
		sum.points += tally[k].points;
		sum.tried += tally[k].tried;
		sum.lost += tally[k].lost;
	}
	printf("# > %-13s %-18s %5u points, %5u tried, %u lost, %lld s\n", name, "all", sum.points,
	       sum.tried, sum.lost, (long long)(time(NULL) - begin));
	verdict(sum.tried && !sum.lost && !missed, name);
}

static bool changes(uint32_t kind)
{
	return kind_changes[kind];
}

static bool store(uint32_t kind)
{
	return kind_store[kind];
}

int main(int argc, char **argv)
{
	static const enum crash_how kills[] = { CRASH_BEFORE, CRASH_AFTER };
	static const enum crash_how losses[] = { CRASH_RESET, CRASH_INFLIGHT };
	static const enum crash_how empties[] = { CRASH_STORE };
	bool all = argc > 1 && !strcmp(argv[1], "--all");
	const char *only = getenv("CRASH_ONLY");
	static struct stage s;

	if (!stage_open(&s, getenv("CRASH_BALLOOND"))) {
		fprintf(stderr, "crash_points: run it by crash_points.sh\n");
		return 2;
	}
	stage_reset(&s, 2048);
	if (!story_run(&s, clean)) {
		printf("# %s\n", s.why);
		verdict(false, "crash_clean");
		printf("1..%u\n", n_tests);
		return 1;
	}
	n_calls = s.crash->n_calls;
	memcpy(calls, s.crash->call, sizeof(calls));
	printf("# > the story makes %u calls in %u steps\n", n_calls, s.steps);
	verdict(true, "crash_clean");
	if (argc > 1 && !strcmp(argv[1], "--clean")) {
		fputs(clean, stdout);
		return 0;
	}
	if (argc == 2 && !strcmp(argv[1], "--list")) {
		for (uint32_t i = 0; i < n_calls; i++)
			printf("%u %u %s %s %08x\n", calls[i].kind, calls[i].nth, kind_words[calls[i].kind],
			       calls[i].what, calls[i].site);
		return 0;
	}
	if (argc == 5 && !strcmp(argv[1], "--one")) {
		struct crash_call one = { .kind = (uint32_t)atoi(argv[2]),
					  .nth = (uint32_t)atoi(argv[3]) };
		bool tried;

		verdict(survives(&s, &one, (enum crash_how)atoi(argv[4]), &tried) && tried, "one");
		printf("# %s\n1..%u\n", s.why, n_tests);
		return n_bad != 0;
	}
	if (!only || !strcmp(only, "kill"))
		round_of(&s, "crash_kill", kills, 2, all, changes);
	if (!only || !strcmp(only, "lost"))
		round_of(&s, "crash_lost", losses, 2, all, store);
	/* What is lost with xenstored itself in that moment is no fault of balloond's. */
	if (only && !strcmp(only, "emptied"))
		round_of(&s, "crash_emptied", empties, 1, all, store);
	printf("1..%u\n", n_tests);
	return n_bad != 0;
}
