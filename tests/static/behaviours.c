// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `make behaviours`: the table as a text, with what the last `make check` found of
 * each test (its results are the argument).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/behaviours.h"

#define WIDTH	96

static char *results;
static size_t ran;	/* rows of whose test they speak */

/* What the line "VERDICT NAME" of the results says. */
static const char *verdict(const char *test)
{
	static const char *const words[][2] = {
		{ "ok", "passed" }, { "failed", "FAILED" }, { "skipped", "not run here" },
	};

	for (int i = 0; results && i < 3; i++) {
		char line[256];

		snprintf(line, sizeof(line), "\n%s %s\n", words[i][0], test);
		if (strstr(results, line)) {
			ran++;
			return words[i][1];
		}
	}
	return "not in the last run";
}

/* In lines of WIDTH, the first one begun with `lead`, the others as far to the right. */
static void put(const char *lead, const char *text)
{
	int column = printf("%s", lead), margin = column;

	while (*text) {
		int n = (int)strcspn(text, " ");

		if (column > margin && column + 1 + n > WIDTH) {
			printf("\n%*s", margin, "");
			column = margin;
		}
		column += printf("%s%.*s", column > margin ? " " : "", n, text);
		text += n + strspn(text + n, " ");
	}
	printf("\n");
}

static void row(int number, const char *area, const char *text, const char *test,
		const char *reason)
{
	static const char *last = "";
	char lead[16];

	if (strcmp(last, area))
		printf("%s%s\n", *last ? "\n" : "", area);
	last = area;
	snprintf(lead, sizeof(lead), "%4d  ", number);
	put(lead, text);
	if (test)
		printf("      > %s %s\n", test, verdict(test));
	if (reason)
		put(test ? "      but: " : "      not: ", reason);
}

int main(int argc, char **argv)
{
	FILE *in = argc > 1 ? fopen(argv[1], "r") : NULL;
	size_t size = 0, shown = 0, differ = 0, none = 0;

	if (in) {
		if (getdelim(&results, &size, '\0', in) < 0)
			results = NULL;
		fclose(in);
	}
#define ROW(number, area, text, test, reason)		\
	row(number, #area, text, test, reason);		\
	shown += (test) && !(reason);			\
	differ += (test) && (reason);			\
	none += !(test);
	BEHAVIOURS(ROW)
	printf("\n%zu shown, %zu shown with a difference, %zu not here and why; of %zu tests %zu were "
	       "in the last run\n", shown, differ, none, shown + differ, ran);
	free(results);
	return 0;
}
