// SPDX-License-Identifier: GPL-2.0-or-later
/* What lies free, as a word: when it changes, and when it doesn't. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/plan.h"
#include "tests/unit/toy_host.h"

static struct host host;

static void free_is(int64_t mib, enum free_state state, bool changed)
{
	host.free_kib = mib * MIB;
	assert_int_equal(free_state_update(&host), changed);
	assert_int_equal(host.free_state, state);
}

/* Down at a threshold, up a quarter above it; several steps in one go. */
static void free_state_hysteresis(void **state)
{
	(void)state;
	host = (struct host){ .config.free_min_kib = 32 * MIB };
	free_is(1000, FREE_AMPLE, false);
	free_is(128, FREE_AMPLE, false);
	free_is(127, FREE_TIGHT, true);
	/* What swings around a threshold stays. */
	for (int i = 0; i < 10; i++)
		free_is(i & 1 ? 120 : 159, FREE_TIGHT, false);
	free_is(160, FREE_AMPLE, true);
	free_is(31, FREE_LOW, true);
	free_is(39, FREE_LOW, false);
	free_is(40, FREE_TIGHT, true);
	free_is(7, FREE_EMPTY, true);
	free_is(9, FREE_EMPTY, false);
	free_is(10, FREE_LOW, true);
	free_is(0, FREE_EMPTY, true);
	free_is(1000, FREE_AMPLE, true);
	/* Claimed memory isn't free. */
	host.claims_kib = 990 * MIB;
	free_is(1000, FREE_LOW, true);
	/* Without a pool there is nothing to be short of. */
	host.config.free_min_kib = 0;
	free_is(990, FREE_AMPLE, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(free_state_hysteresis),
	};

	return cmocka_run_group_tests_name("core_free_state", tests, NULL, NULL);
}
