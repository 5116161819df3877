// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/unit/two_guests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/balloonsim/sim_daemon.h"

struct puppet zero, a, b;

int two_guests_setup(const char *conf)
{
	w = world_new(1, 2048 * MIB);
	puppet_add(w, &zero, "Domain-0", false, 512, 512);
	puppet_add(w, &a, "a", false, 512, 1024);
	puppet_add(w, &b, "b", false, 512, 1024);
	a.speed_kib_ms = b.speed_kib_ms = 1024;
	return sim_daemon_start(w, conf) ? 0 : -1;
}

int two_guests_teardown(void **state)
{
	(void)state;
	world_free(w);
	return 0;
}

void pass(uint64_t us)
{
	world_run(w, w->now_us + us);
}

const struct balloond *daemon_now(void)
{
	const struct balloond *d = sim_daemon_state(w);

	assert_non_null(d);
	return d;
}

void no_breach(void)
{
	if (w->stats.breaches)
		fail_msg("%llu breaches; %s", (unsigned long long)w->stats.breaches,
			 w->stats.first_breach);
}
