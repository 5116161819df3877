// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * In every test program of `make check-mutants`: MUTANT=name turns a mechanism
 * off, MUTANT_TEST=test runs that one alone; MUTANT=? prints the table, a line
 * of name, test and what is lost for each.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MECHANISM_ROW(name, lost, test)	{ #name, test, lost },
static const struct {
	const char *name, *test, *lost;
} rows[] = { MECHANISMS(MECHANISM_ROW) };
#define N_ROWS (int)(sizeof(rows) / sizeof(rows[0]))

int mutant_off;

__attribute__((constructor)) static void mutant_choose(void)
{
	const char *name = getenv("MUTANT"), *test = getenv("MUTANT_TEST");

	if (test)
		cmocka_set_test_filter(test);
	if (!name)
		return;
	for (int i = 0; i < N_ROWS; i++) {
		if (!strcmp(name, rows[i].name))
			mutant_off = i + 1;
		if (*name == '?')
			printf("%s\t%s\t%s\n", rows[i].name, rows[i].test, rows[i].lost);
	}
	if (mutant_off)
		return;
	if (*name != '?')
		fprintf(stderr, "no mechanism \"%s\"\n", name);
	exit(*name != '?');
}
