// SPDX-License-Identifier: GPL-2.0-or-later
/* Water-filling against examples and against a slow, obvious one; floors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/levels.h"
#include "core/plan.h"

#define N_MAX	64

static void fill_is(int64_t total, int64_t left, uint32_t n, const struct level *in,
		    const int64_t *shares)
{
	struct level l[N_MAX];

	for (uint32_t i = 0; i < n; i++)
		l[i] = in[i];
	assert_int_equal(levels_fill(l, n, total), left);
	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(l[i].share_kib, shares[i]);
}

#define L(low, high, w)	{ .low_kib = (low), .high_kib = (high), .weight = (w) }
#define FILL(total, left, shares, ...) do {					\
	const struct level in[] = { __VA_ARGS__ };				\
	const int64_t out[] = { ONLY shares };					\
	fill_is(total, left, sizeof(in) / sizeof(in[0]), in, out);		\
} while (0)
#define ONLY(...)	__VA_ARGS__

static void levels_equal_thirds(void **state)
{
	(void)state;
	FILL(300, 0, (100, 100, 100), L(0, 500, 1), L(0, 500, 1), L(0, 500, 1));
	/* What rounding leaves goes to the first, 1 KiB each. */
	FILL(302, 0, (101, 101, 100), L(0, 500, 1), L(0, 500, 1), L(0, 500, 1));
}

static void levels_weights(void **state)
{
	(void)state;
	FILL(90, 0, (60, 30), L(0, 500, 2), L(0, 500, 1));
	FILL(65536, 0, (65535, 1), L(0, 1 << 20, 65535), L(0, 1 << 20, 1));
}

static void levels_high(void **state)
{
	(void)state;
	FILL(150, 0, (65, 20, 65), L(0, 100, 1), L(0, 20, 1), L(0, 100, 1));
	FILL(250, 30, (100, 20, 100), L(0, 100, 1), L(0, 20, 1), L(0, 100, 1));
	FILL(0, 0, (0, 0), L(0, 100, 1), L(0, 100, 1));
	FILL(5, 5, (0), L(0, 0, 1));
	FILL(200, 0, (10, 20, 85, 85), L(0, 10, 1), L(0, 20, 1), L(0, 90, 1), L(0, 100, 1));
}

static void levels_low(void **state)
{
	(void)state;
	FILL(60, 0, (50, 10), L(50, 50, 1), L(0, 100, 1));
	FILL(60, 0, (40, 20), L(40, 100, 1), L(0, 100, 1));
	FILL(100, 0, (50, 50), L(40, 100, 1), L(0, 100, 1));
	FILL(30, -20, (50, 0), L(50, 50, 1), L(0, 100, 1));
	FILL(-7, -7, (0, 0), L(0, 50, 1), L(0, 100, 1));
	/* One up, one down: each pulls the level its own way. */
	FILL(100, 0, (70, 10, 20), L(70, 90, 1), L(0, 10, 1), L(0, 90, 1));
}

/* The largest sizes that the store's contract admits, with the largest weights. */
static void levels_no_overflow(void **state)
{
	struct level l[N_MAX];
	int64_t sum = 0;

	(void)state;
	for (uint32_t i = 0; i < N_MAX; i++)
		l[i] = (struct level)L(0, 1LL << 40, i % 2 ? 65535 : 1);
	assert_int_equal(levels_fill(l, N_MAX, (33LL << 40) + 12345), 0);
	for (uint32_t i = 0; i < N_MAX; i++)
		sum += l[i].share_kib;
	assert_int_equal(sum, (33LL << 40) + 12345);
	assert_int_equal(l[1].share_kib, 1LL << 40);
	assert_int_equal(l[2].share_kib, (1LL << 35) + 386);
}

static uint64_t seed = 1;
static uint32_t rnd(uint32_t below)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)(seed >> 33) % below;
}

/* Slow and obvious: 1/FINE KiB at a time to whoever has least by weight. */
#define FINE	16
static void pour_slowly(struct level *l, uint32_t n, int64_t total)
{
	for (uint32_t i = 0; i < n; i++) {
		l[i].share_kib = l[i].low_kib;
		total -= l[i].low_kib;
	}
	while (total > 0) {
		struct level *least = NULL;

		for (uint32_t i = 0; i < n; i++) {
			if (l[i].share_kib >= l[i].high_kib)
				continue;
			if (!least || (l[i].share_kib + 1) * least->weight <
				      (least->share_kib + 1) * l[i].weight)
				least = &l[i];
		}
		if (!least)
			return;
		least->share_kib++;
		total--;
	}
}

static void levels_like_pouring(void **state)
{
	(void)state;
	for (int run = 0; run < 1000; run++) {
		uint64_t run_seed = seed;
		struct level fast[N_MAX], slow[N_MAX];
		uint32_t n = 1 + rnd(12);
		int64_t total = rnd(1500), sum = 0, high = 0, low = 0;
		bool lows = rnd(2);

		for (uint32_t i = 0; i < n; i++) {
			fast[i] = (struct level)L(lows && !rnd(3) ? rnd(100) : 0, 0, 1 + rnd(5));
			fast[i].high_kib = fast[i].low_kib + rnd(rnd(2) ? 10 : 300);
			high += fast[i].high_kib;
			low += fast[i].low_kib;
			slow[i] = fast[i];
			slow[i].low_kib *= FINE;
			slow[i].high_kib *= FINE;
		}
		levels_fill(fast, n, total);
		pour_slowly(slow, n, total * FINE);
		for (uint32_t i = 0; i < n; i++) {
			int64_t diff = fast[i].share_kib * FINE - slow[i].share_kib;

			sum += fast[i].share_kib;
			if (diff <= -FINE - 6 || diff >= FINE + 6 ||
			    fast[i].share_kib < fast[i].low_kib ||
			    fast[i].share_kib > fast[i].high_kib)
				fail_msg("seed %llu: entry %u: %lld, slowly %lld",
					 (unsigned long long)run_seed, i,
					 (long long)fast[i].share_kib,
					 (long long)slow[i].share_kib / FINE);
		}
		assert_int_equal(sum, total > high ? high : total < low ? low : total);
	}
}

static void floors_table(void **state)
{
	static const int table[][2] = {
		{ 128, 72 }, { 512, 168 }, { 2048, 360 }, { 8192, 744 },
		{ 32768, 1512 }, { 64, 40 }, { 8, 8 }, { 0, 0 }, { -1, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_int_equal(floor_default_kib(table[i][0] * KIB_PER_MIB),
				 table[i][1] * KIB_PER_MIB);
	/* No step where two lines meet. */
	for (int64_t size = 4; size < 16384 * KIB_PER_MIB; size += 4) {
		int64_t step = floor_default_kib(size) - floor_default_kib(size - 4);

		assert_in_range(step, 0, 4);
		assert_true(floor_default_kib(size) <= size);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(levels_equal_thirds),
		cmocka_unit_test(levels_weights),
		cmocka_unit_test(levels_high),
		cmocka_unit_test(levels_low),
		cmocka_unit_test(levels_no_overflow),
		cmocka_unit_test(levels_like_pouring),
		cmocka_unit_test(floors_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
