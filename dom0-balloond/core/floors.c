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
 */
static const struct {
	int64_t size_kib;	/* below this size: */
	int64_t base_kib;	/* floor = base + size / divisor */
	int divisor;
} table[] = {
	{   128 * KIB_PER_MIB,	  8 * KIB_PER_MIB,  2 },
	{   512 * KIB_PER_MIB,	 40 * KIB_PER_MIB,  4 },
	{  2048 * KIB_PER_MIB,	104 * KIB_PER_MIB,  8 },
	{  8192 * KIB_PER_MIB,	232 * KIB_PER_MIB, 16 },
	{ INT64_MAX,		488 * KIB_PER_MIB, 32 },
};

int64_t floor_default_kib(int64_t static_max_kib)
{
	int64_t floor_kib;
	unsigned int i = 0;

	if (static_max_kib <= 0)
		return 0;
	while (static_max_kib >= table[i].size_kib)
		i++;
	floor_kib = table[i].base_kib + static_max_kib / table[i].divisor;
	return kib_min(floor_kib, static_max_kib);
}
