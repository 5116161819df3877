// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Guests that aren't balanced: they are leased what a toolstack gave them, and its orders
 * are followed, whatever balloond comes or goes meanwhile. Each test fails without its
 * mechanism (tests/mutants).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "balloond.h"
#include "schema.h"
#include "tests/unit/two_guests.h"
#include "tools/balloonsim/sim_daemon.h"
#include "tools/balloonsim/sim_store.h"
#include "tools/balloonsim/sim_xen.h"

#define CONF	TWO_GUESTS_CONF
#define A_FIXED	CONF "vms = [ \"a fixed=1\" ]\n"

/* xl mem-set, which lowers Xen's limit, too; or whoever writes the target alone. */
enum how { BY_XL, BY_TARGET, HOWS };

static void order(enum how how, int64_t mib)
{
	if (how == BY_XL)
		puppet_mem_set(w, &a, mib);
	else
		sim_write_number(w, mib * MIB, "/local/domain/%u/" KEY_TARGET, a.dom->domid);
}

static int setup(void **state)
{
	(void)state;
	return two_guests_setup(A_FIXED);
}

/* A fixed guest's module is leased its target, lest it goes on alone; nothing beyond. */
static void sim_lease_fixed(void **state)
{
	two_guests_teardown(state);
	assert_int_equal(two_guests_setup(A_FIXED), 0);
	pass(5 * SIM_S);
	assert_int_equal(puppet_lease_kib(w, &a), 512 * MIB);
	puppet_need(w, &a, 700);
	pass(5 * SIM_S);
	assert_int_equal(a.dom->tot_kib, 512 * MIB);
	/* The toolstack's orders, up and down; on its way it isn't ordered by the lease. */
	puppet_mem_set(w, &a, 600);
	pass(5 * SIM_S);
	assert_int_equal(a.dom->tot_kib, 600 * MIB);
	puppet_kind(w, &a, PUPPET_stuck);
	puppet_need(w, &a, 100);
	puppet_mem_set(w, &a, 300);
	pass(5 * SIM_S);
	assert_int_equal(puppet_lease_kib(w, &a), 600 * MIB);
	puppet_kind(w, &a, PUPPET_ideal);
	pass(15 * SIM_S);
	assert_int_equal(puppet_lease_kib(w, &a), 300 * MIB);
	/* Nor is it moved by a balloond that comes or goes. */
	puppet_mem_set(w, &a, 400);
	sim_daemon_stop(w);
	sim_daemon_start(w, A_FIXED);
	pass(5 * SIM_S);
	assert_int_equal(puppet_target_kib(w, &a), 400 * MIB);
	assert_int_equal(a.dom->tot_kib, 400 * MIB);
	no_breach();
}

/* a is 112 MiB above what it was just ordered to. */
static void on_its_way(void **state, enum how how)
{
	two_guests_teardown(state);
	assert_int_equal(setup(state), 0);
	pass(5 * SIM_S);
	puppet_kind(w, &a, PUPPET_stuck);
	puppet_need(w, &a, 100);
	order(how, 300);
	pass(2 * SIM_S);
	sim_release(w, a.dom, 100 * MIB);
	pass(2 * SIM_S);
	assert_int_equal(puppet_lease_kib(w, &a), 512 * MIB);
	assert_int_equal(a.dom->tot_kib, 412 * MIB);
}

/* Its lease is more than it was ordered to, and still nothing that balloond takes back. */
static void sim_fixed_restart(void **state)
{
	for (enum how how = 0; how < HOWS; how++) {
		on_its_way(state, how);
		for (int i = 0; i < 2; i++) {
			sim_daemon_kill(w);
			sim_daemon_start(w, A_FIXED);
			pass(2 * SIM_S);
			assert_int_equal(puppet_target_kib(w, &a), 300 * MIB);
		}
		puppet_kind(w, &a, PUPPET_ideal);
		pass(20 * SIM_S);
		assert_int_equal(a.dom->tot_kib, 300 * MIB);
		assert_int_equal(puppet_lease_kib(w, &a), 300 * MIB);
		no_breach();
	}
}

/* Nor by one that takes no turn: balloond --settle. */
static void sim_fixed_settle(void **state)
{
	for (enum how how = 0; how < HOWS; how++) {
		int64_t max_kib;

		on_its_way(state, how);
		max_kib = a.dom->max_kib;
		sim_daemon_kill(w);
		sim_daemon_start(w, A_FIXED);
		sim_daemon_stop(w);
		assert_int_equal(puppet_target_kib(w, &a), 300 * MIB);
		sim_daemon_start(w, A_FIXED);
		pass(2 * SIM_S);
		sim_daemon_stop(w);
		assert_int_equal(puppet_target_kib(w, &a), 300 * MIB);
		assert_int_equal(a.dom->max_kib, max_kib);
	}
}

/* An order pins nothing, and the last one counts: once balanced it has what it needs. */
static void sim_fixed_unpinned(void **state)
{
	static const char *const device = "/local/domain/0/backend/pci/%u";

	for (int restart = 0; restart < 2; restart++) {
		const char *conf = restart ? A_FIXED : CONF;
		int i;

		two_guests_teardown(state);
		assert_int_equal(two_guests_setup(conf), 0);
		if (!restart)
			sim_write(w, "", device, a.dom->domid);
		pass(5 * SIM_S);
		puppet_need(w, &a, 100);
		sim_daemon_kill(w);
		order(BY_XL, 300);
		sim_daemon_start(w, conf);
		pass(15 * SIM_S);
		assert_int_equal(puppet_lease_kib(w, &a), 300 * MIB);
		order(BY_XL, 600);
		pass(5 * SIM_S);
		assert_int_equal(a.dom->tot_kib, 600 * MIB);
		sim_remove(w, device, a.dom->domid);
		if (restart) {
			sim_daemon_kill(w);
			sim_daemon_start(w, CONF);
		}
		pass(15 * SIM_S);
		i = balloond_find(daemon_now(), a.dom->domid);
		assert_int_equal(daemon_now()->host.doms[i].kind, DOM_GUEST);
		assert_int_equal(daemon_now()->host.doms[i].pin_kib, KIB_NONE);
		puppet_need(w, &a, 700);
		pass(5 * SIM_S);
		assert_int_equal(a.dom->tot_kib, 700 * MIB);
		no_breach();
	}
}

/* Made fixed while no balloond ran: what it was lent as a guest is taken back. */
static void sim_fixed_meanwhile(void **state)
{
	for (int settle = 0; settle < 2; settle++) {
		two_guests_teardown(state);
		assert_int_equal(two_guests_setup(CONF), 0);
		pass(5 * SIM_S);
		puppet_need(w, &a, 600);
		pass(5 * SIM_S);
		sim_daemon_kill(w);
		puppet_need(w, &a, 550);
		sim_release(w, a.dom, 50 * MIB);
		assert_true(puppet_lease_kib(w, &a) > 600 * MIB);
		sim_daemon_start(w, A_FIXED);
		if (settle)
			sim_daemon_stop(w);
		else
			pass(2 * SIM_S);
		assert_int_equal(a.dom->tot_kib, 550 * MIB);
		assert_int_equal(puppet_target_kib(w, &a), 550 * MIB);
		assert_int_equal(a.dom->max_kib, 551 * MIB);
		assert_int_equal(puppet_lease_kib(w, &a), settle ? KIB_NONE : 550 * MIB);
	}
}

/* Made fixed, and ordered to grow, before balloond saw either: it grows. */
static void sim_fixed_at_once(void **state)
{
	for (enum how how = 0; how < HOWS; how++) {
		two_guests_teardown(state);
		assert_int_equal(two_guests_setup(CONF), 0);
		pass(5 * SIM_S);
		puppet_need(w, &a, 100);
		pass(5 * SIM_S);
		sim_write(w, "", "/local/domain/0/backend/pci/%u", a.dom->domid);
		order(how, 600);
		pass(5 * SIM_S);
		assert_int_equal(puppet_target_kib(w, &a), 600 * MIB);
		assert_int_equal(a.dom->tot_kib, 600 * MIB);
		no_breach();
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, two_guests_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(sim_lease_fixed), TEST(sim_fixed_restart), TEST(sim_fixed_settle),
		TEST(sim_fixed_unpinned), TEST(sim_fixed_meanwhile), TEST(sim_fixed_at_once),
	};

	return cmocka_run_group_tests_name("sim_fixed", tests, NULL, NULL);
}
