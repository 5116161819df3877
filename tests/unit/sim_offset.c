// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How far a guest's memory/target lies from its memory at rest: measured once a boot.
 * Each test fails without its mechanism (tests/mutants).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "balloond.h"
#include "schema.h"
#include "tests/unit/two_guests.h"
#include "tools/balloonsim/sim_store.h"
#include "tools/balloonsim/sim_xen.h"

static struct puppet c;

static int setup(void **state)
{
	(void)state;
	return two_guests_setup(TWO_GUESTS_CONF);
}

static const struct dom *seen(const struct puppet *p)
{
	int i = balloond_find(daemon_now(), p->dom->domid);

	assert_true(i >= 0);
	return &daemon_now()->host.doms[i];
}

#define OFFSET_C	KEY_VM "/63000000-0000-0000-0000-000000000000/offset"

/* The guest "c", of 256 MiB, with an offset that nobody knows yet. */
static void add_c(struct puppet *p, int64_t offset_kib)
{
	puppet_add(w, p, "c", true, 256, 512);
	sim_write_number(w, 256 * MIB + offset_kib, "/local/domain/%u/" KEY_TARGET, p->dom->domid);
	p->offset_kib = offset_kib;
}

/* A guest that keeps a distance from its target is measured, not followed. */
static void sim_offset(void **state)
{
	(void)state;
	add_c(&c, -100);
	pass(20 * SIM_S);
	assert_int_equal(seen(&c)->offset_kib, -100);
	assert_int_equal(seen(&c)->target_kib, 256 * MIB);
}

/* Migrated to this same host it has one uuid twice for a while, and then goes on. */
static void sim_offset_shared(void **state)
{
	struct puppet moved, again;

	(void)state;
	add_c(&c, 100);
	pass(20 * SIM_S);
	add_c(&moved, 100);
	pass(5 * SIM_S);
	assert_string_equal(sim_read(w, OFFSET_C), "100");
	puppet_end(w, &c, SIM_S);
	pass(5 * SIM_S);
	assert_non_null(sim_read(w, OFFSET_C));
	/* In one look the old one is gone and the new one there. */
	puppet_end(w, &moved, 0);
	add_c(&again, 100);
	pass(5 * SIM_S);
	assert_non_null(sim_read(w, OFFSET_C));
	/* The last one takes it along. */
	puppet_end(w, &again, SIM_S);
	pass(5 * SIM_S);
	assert_null(sim_read(w, OFFSET_C));
}

/* Ordered to its own floor by a guess it rests there: what is left says nothing. */
static void sim_offset_floor(void **state)
{
	(void)state;
	puppet_add(w, &c, "c", true, 168, 512);
	c.offset_kib = 20;
	c.floor_kib = 168 * MIB;
	puppet_need(w, &c, 100);
	sim_write_number(w, 168 * MIB - 64, "/local/domain/%u/" KEY_TARGET, c.dom->domid);
	pass(20 * SIM_S);
	assert_int_equal(c.dom->tot_kib, 168 * MIB);
	assert_null(sim_read(w, OFFSET_C));
	puppet_mem_set(w, &c, 300);
	pass(20 * SIM_S);
	assert_int_equal(c.dom->tot_kib, 300 * MIB - 20);
	assert_string_equal(sim_read(w, OFFSET_C), "20");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, two_guests_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(sim_offset), TEST(sim_offset_shared), TEST(sim_offset_floor),
	};

	return cmocka_run_group_tests_name("sim_offset", tests, NULL, NULL);
}
