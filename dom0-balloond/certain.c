// SPDX-License-Identifier: GPL-2.0-or-later
#include "certain.h"

#include "core/kib.h"
#include "core/mechanism.h"

void certain_forget(struct certain *certain)
{
	certain->n = certain->at = 0;
}

void certain_note(struct certain *certain, int64_t sum_kib)
{
	certain->sums_kib[certain->at] = sum_kib;
	certain->at = (certain->at + 1) % CERTAIN_SUMS;
	if (certain->n < CERTAIN_SUMS)
		certain->n++;
}

int64_t certain_doubt_kib(const struct certain *certain, int64_t sum_kib)
{
	int64_t least_kib = sum_kib;

	for (uint32_t i = 0; MECHANISM(certain) && i < certain->n; i++)
		least_kib = kib_min(least_kib, certain->sums_kib[i]);
	return sum_kib - least_kib;
}

int64_t certain_unseen_kib(const struct certain *certain, int64_t sum_kib)
{
	int64_t most_kib = sum_kib;

	for (uint32_t i = 0; MECHANISM(unseen) && i < certain->n; i++)
		most_kib = kib_max(most_kib, certain->sums_kib[i]);
	return most_kib - sum_kib;
}
