// SPDX-License-Identifier: GPL-2.0-or-later
#include "kib.h"
#include "plan.h"

/*
 * The default floor, the values of Linux's hv_balloon: what a guest of that size
 * needs at least to run its kernel and services. Straight lines between
 * memory maps of 128, 512, 2048 and 8192 MiB:
 *
 *	size	128	512	2048	8192	32768	MiB
 *	floor	 72	168	 360	 744	 1512	MiB
 *	slope	1/2	1/4	1/8	1/16	1/32
 *
 * Each is flatter than the one before, so the lowest of them all is the one.
 */
static const struct {
	int64_t base_kib;	/* floor = base + size / 2^shift */
	int shift;
} lines[] = {
	{   8 * KIB_PER_MIB, 1 },
	{  40 * KIB_PER_MIB, 2 },
	{ 104 * KIB_PER_MIB, 3 },
	{ 232 * KIB_PER_MIB, 4 },
	{ 488 * KIB_PER_MIB, 5 },
};

int64_t floor_default_kib(int64_t static_max_kib)
{
	int64_t floor_kib = static_max_kib;

	if (static_max_kib <= 0)
		return 0;
	for (unsigned int i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		floor_kib = kib_min(floor_kib,
				    lines[i].base_kib + (static_max_kib >> lines[i].shift));
	return floor_kib;
}
