// SPDX-License-Identifier: GPL-2.0-or-later
#include <stddef.h>

#include "kib.h"
#include "plan.h"

/*
 * Below these parts of the pool a worse state begins; it ends a quarter higher,
 * lest a start that comes and goes, or a guest that swings, flips it. With the
 * default pool of 32 MiB:
 *
 *	state		falls below	ends at		MiB
 *	tight		128		160
 *	low		32		40
 *	empty		8		10
 */
static const struct {
	int64_t times, part;
} falls[] = {
	[FREE_TIGHT] = { 4, 1 }, [FREE_LOW] = { 1, 1 }, [FREE_EMPTY] = { 1, 4 },
};
#define RETURN_DIVISOR	4

static int64_t fall_kib(const struct host *host, enum free_state state)
{
	return host->config.free_min_kib * falls[state].times / falls[state].part;
}

bool free_state_update(struct host *host)
{
	enum free_state was = host->free_state, state = was;
	int64_t free_kib = host->free_kib - host->claims_kib;

	while (state < FREE_EMPTY && free_kib < fall_kib(host, state + 1))
		state++;
	while (state > FREE_AMPLE) {
		int64_t back_kib = fall_kib(host, state);

		if (MECHANISM(free_hysteresis))
			back_kib += back_kib / RETURN_DIVISOR;
		if (free_kib < back_kib)
			break;
		state--;
	}
	host->free_state = state;
	return state != was;
}
