// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the daemon does beside the plan: it settles, probes, keeps promises and orders.
 * Each test fails without its mechanism (tests/mutants).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "balloond.h"
#include "record.h"
#include "report.h"
#include "schema.h"
#include "store.h"
#include "tests/unit/two_guests.h"
#include "tools/balloonsim/sim_daemon.h"
#include "tools/balloonsim/sim_store.h"
#include "tools/balloonsim/sim_tool.h"
#include "tools/balloonsim/sim_xen.h"

#define CONF	TWO_GUESTS_CONF

static char answer[4096];
static int answers;

static int setup(void **state)
{
	(void)state;
	answers = 0;
	return two_guests_setup(CONF);
}

static const struct dom *seen(const struct puppet *p)
{
	int i = balloond_find(daemon_now(), p->dom->domid);

	assert_true(i >= 0);
	return &daemon_now()->host.doms[i];
}

static void replied(struct world *world, void *arg, const char *json)
{
	(void)world, (void)arg;
	answers++;
	snprintf(answer, sizeof(answer), "%s", json ? json : "dead");
}

static void reserve(int64_t mib, const char *more)
{
	sim_ask(w, replied, NULL, "{\"command\":\"reserve\",\"size_kib\":%lld%s}",
		(long long)(mib * MIB), more);
}

/* One without a report hears that dom0 listens, before it would go on alone. */
static void sim_lease_first(void **state)
{
	struct puppet c;

	(void)state;
	puppet_add(w, &c, "c", false, 128, 128);
	puppet_kind(w, &c, PUPPET_stock);
	pass(SIM_S);
	assert_false(seen(&c)->has_report);
	assert_non_null(sim_read(w, "/local/domain/%u/" KEY_LEASE, c.dom->domid));
}

/* What was lent to it while it was built is no room that it may count on. */
static void sim_lease_bounded(void **state)
{
	struct puppet c;

	(void)state;
	puppet_end(w, &b, 0);	/* nobody lacks what c isn't leased */
	pass(5 * SIM_S);
	puppet_add(w, &c, "c", true, 100, 128);
	puppet_kind(w, &c, PUPPET_stock);
	sim_set_max(w, c.dom, 300 * MIB);
	pass(SIM_S);
	/* In tot_pages, which on HVM are 64 KiB more than the target. */
	assert_int_equal(puppet_lease_kib(w, &c), 128 * MIB + 64);
}

/* Spoilt or removed it is written again at once; by who does it all the time, once a second. */
static void sim_lease_kept(void **state)
{
	static const char *const path = "/local/domain/%u/" KEY_LEASE;
	char was[SCHEMA_RECORD_MAX];
	uint64_t turns, writes;

	(void)state;
	pass(60 * SIM_S);
	snprintf(was, sizeof(was), "%s", sim_read(w, path, a.dom->domid));
	turns = daemon_now()->counters.turns;
	pass(9 * SIM_S);		/* its own writes make no turns */
	assert_true(daemon_now()->counters.turns <= turns + 1);
	sim_remove(w, path, a.dom->domid);
	pass(100 * SIM_MS);
	assert_non_null(sim_read(w, path, a.dom->domid));
	assert_string_equal(sim_read(w, path, a.dom->domid), was);
	writes = w->stats.writes;
	for (int i = 0; i < 100; i++) {
		sim_write(w, "version=1 mode=directed ceiling=4 epoch=1", path, a.dom->domid);
		pass(100 * SIM_MS);
	}
	pass(2 * SIM_S);
	assert_string_equal(sim_read(w, path, a.dom->domid), was);
	assert_in_range(w->stats.writes - writes, 5, 15);
}

/* Grown while no daemon ran: followed before anything else, in the start itself. */
static void sim_settle_start(void **state)
{
	(void)state;
	pass(5 * SIM_S);
	sim_daemon_kill(w);
	puppet_need(w, &a, 600);
	pass(5 * SIM_S);
	assert_int_equal(a.dom->tot_kib, 600 * MIB);
	assert_int_equal(puppet_target_kib(w, &a), 512 * MIB);
	sim_daemon_start(w, CONF);
	assert_int_equal(puppet_target_kib(w, &a), 600 * MIB);
}

static void sim_settle_stop(void **state)
{
	(void)state;
	pass(5 * SIM_S);
	puppet_need(w, &a, 600);
	pass(5 * SIM_S);
	assert_true(a.dom->max_kib > 601 * MIB);
	sim_daemon_stop(w);
	assert_false(sim_daemon_runs(w));
	assert_int_equal(a.dom->max_kib, 601 * MIB);
	assert_int_equal(puppet_target_kib(w, &a), 600 * MIB);
}

/* Nobody is directed by a daemon that ended: xl mem-set counts again, up and down. */
static void sim_settle_lease(void **state)
{
	(void)state;
	pass(5 * SIM_S);
	sim_daemon_stop(w);
	assert_null(sim_read(w, "/local/domain/%u/" KEY_LEASE, a.dom->domid));
	puppet_mem_set(w, &a, 700);
	pass(5 * SIM_S);
	assert_int_equal(a.dom->tot_kib, 700 * MIB);
	sim_daemon_start(w, CONF);
	pass(5 * SIM_S);
	assert_non_null(sim_read(w, "/local/domain/%u/" KEY_LEASE, a.dom->domid));
	assert_int_equal(seen(&a)->progress, PROGRESS_SETTLED);
}

/* A module that died while no daemon ran is found out at once. */
static void sim_settle_epoch(void **state)
{
	(void)state;
	pass(5 * SIM_S);
	sim_daemon_stop(w);
	puppet_kind(w, &a, PUPPET_deaf);
	sim_daemon_start(w, CONF);
	pass(21 * SIM_S);
	assert_int_equal(seen(&a)->progress, PROGRESS_SILENT);
	assert_int_not_equal(seen(&b)->progress, PROGRESS_SILENT);
}

/* A guest that says the highest epoch there is: the next one is a number, too. */
static void sim_epoch_ends(void **state)
{
	uint64_t writes;

	(void)state;
	pass(5 * SIM_S);
	sim_daemon_stop(w);
	pass(SIM_S);
	a.epoch = SCHEMA_COUNT_MAX - 1;
	puppet_say(w, &a);
	sim_daemon_start(w, CONF);
	for (int i = 0; i < 3; i++) {
		pass(10 * SIM_S);
		assert_int_not_equal(puppet_lease_kib(w, &a), KIB_NONE);
		writes = w->stats.writes;
		pass(5 * SIM_S);
		assert_int_equal(w->stats.writes, writes);
		sim_daemon_kill(w);
		sim_daemon_start(w, CONF);
	}
}

/* ... and one that died in silence as soon as memory is asked of it. */
static void sim_epoch_probe(void **state)
{
	(void)state;
	pass(5 * SIM_S);
	puppet_need(w, &a, 300);
	pass(5 * SIM_S);
	puppet_kind(w, &a, PUPPET_deaf);
	pass(640 * SIM_S);
	assert_int_not_equal(seen(&a)->progress, PROGRESS_SILENT);
	puppet_need(w, &b, 1000);
	pass(20 * SIM_S);
	assert_int_equal(seen(&a)->progress, PROGRESS_SILENT);
	assert_int_not_equal(seen(&b)->progress, PROGRESS_SILENT);
	puppet_kind(w, &a, PUPPET_ideal);
	pass(SIM_S);
	assert_int_equal(seen(&a)->progress, PROGRESS_SETTLED);
}

static void order(struct world *world, void *arg)
{
	puppet_mem_set(world, arg, 480);
}

/* An order that comes at any instant of a turn stands. */
static void sim_target_stale(void **state)
{
	(void)state;
	for (uint64_t us = 0; us < 1500; us += 15) {
		two_guests_teardown(state);
		setup(state);
		w->costs.hypercall_us = 20;
		pass(5 * SIM_S);
		puppet_need(w, &a, 300);
		world_at(w, w->now_us + us, order, &a);
		pass(5 * SIM_S);
		assert_int_equal(puppet_target_kib(w, &a), 480 * MIB);
		assert_int_equal(seen(&a)->pin_kib, 480 * MIB);
	}
}

/* ... and outlives demand and the daemon. */
static void sim_foreign_pin(void **state)
{
	(void)state;
	pass(5 * SIM_S);
	puppet_need(w, &a, 300);
	puppet_mem_set(w, &a, 400);
	pass(600 * SIM_S);
	assert_int_equal(a.dom->tot_kib, 400 * MIB);
	sim_daemon_kill(w);
	sim_daemon_start(w, CONF);
	pass(600 * SIM_S);
	assert_int_equal(a.dom->tot_kib, 400 * MIB);
}

/* An order of which no daemon heard, since none ran, stands like any other. */
static void sim_absent_order(void **state)
{
	(void)state;
	pass(5 * SIM_S);
	sim_daemon_kill(w);
	puppet_need(w, &a, 300);
	puppet_mem_set(w, &a, 400);
	pass(5 * SIM_S);
	sim_daemon_start(w, CONF);
	pass(600 * SIM_S);
	assert_int_equal(a.dom->tot_kib, 400 * MIB);
	assert_int_equal(seen(&a)->pin_kib, 400 * MIB);
	assert_int_equal(seen(&b)->pin_kib, KIB_NONE);
}

static void babble(struct world *world, void *arg)
{
	struct puppet *p = arg;

	p->said_kib = 300 * MIB + (int64_t)(p->seq % 7) * 20 * MIB;
	puppet_say(world, p);
	world_at(world, world->now_us + 20 * SIM_MS, babble, arg);
}

static void sim_report_gap(void **state)
{
	uint64_t before;

	(void)state;
	pass(5 * SIM_S);
	before = daemon_now()->counters.reports;
	world_at(w, w->now_us, babble, &a);
	pass(10 * SIM_S);
	assert_in_range(daemon_now()->counters.reports - before, 100,
			10000 / REPORT_GAP_MS + 2);
}

/* b lacks what a gives back as it reboots: a's memory waits for it, a minute at most. */
static void sim_reboot_kept(void **state)
{
	const struct reservation *kept;

	(void)state;
	pass(5 * SIM_S);
	puppet_need(w, &b, 1000);
	pass(20 * SIM_S);
	a.dom->reboots = a.dom->paused = true;
	sim_dom_kill(w, a.dom, 200 * SIM_MS);
	pass(2 * SIM_S);
	assert_int_equal(daemon_now()->host.n_reservations, 1);
	kept = &daemon_now()->host.reservations[0];
	assert_string_equal(kept->name, "a");
	assert_true(w->free_kib >= kept->size_kib && kept->size_kib > 480 * MIB);
	pass(57 * SIM_S);
	assert_true(w->free_kib >= 480 * MIB);
	pass(20 * SIM_S);
	assert_int_equal(daemon_now()->host.n_reservations, 0);
	assert_int_equal(b.dom->tot_kib, 1000 * MIB);
}

/* Five seconds of a report a millisecond. */
static void gabble(struct world *world, void *arg)
{
	static int said;

	puppet_say(world, arg);
	if (++said % 5000)
		world_at(world, world->now_us + SIM_MS, gabble, arg);
}

/* A flood loses its watch, is heard once a second, and like others afterwards. */
static void sim_flood(void **state)
{
	uint64_t events, reports;

	(void)state;
	pass(5 * SIM_S);
	events = store_counters(daemon_now()->store)->events;
	reports = daemon_now()->counters.reports;
	world_at(w, w->now_us, gabble, &a);
	pass(5 * SIM_S);
	assert_int_equal(daemon_now()->counters.floods, 1);
	assert_in_range(store_counters(daemon_now()->store)->events - events, 100, 300);
	assert_in_range(daemon_now()->counters.reports - reports, 3, 12);
	a.said_kib = 520 * MIB;
	puppet_say(w, &a);
	pass(1100 * SIM_MS);
	assert_int_equal(seen(&a)->need_kib, 520 * MIB);
	pass(10 * SIM_S);
	a.said_kib = 530 * MIB;
	puppet_say(w, &a);
	pass(100 * SIM_MS);
	assert_int_equal(seen(&a)->need_kib, 530 * MIB);
}

static void sim_report_epoch(void **state)
{
	(void)state;
	pass(5 * SIM_S);
	a.epoch = 12345;
	a.said_kib = 700 * MIB;
	puppet_say(w, &a);
	pass(SIM_S);
	assert_int_equal(daemon_now()->counters.ignored_reports, 1);
	assert_int_equal(seen(&a)->need_kib, 512 * MIB);
}

/* Stuck on what it needed, and now says that it needs less: asked at once. */
static void sim_stuck_heard(void **state)
{
	(void)state;
	pass(5 * SIM_S);
	a.said_kib = 300 * MIB;
	puppet_kind(w, &a, PUPPET_stuck);
	pass(60 * SIM_S);
	assert_int_equal(seen(&a)->progress, PROGRESS_STUCK);
	assert_true(seen(&a)->history.retry_ms > w->now_us / SIM_MS + 2000);
	a.said_kib = KIB_NONE;
	a.kind = PUPPET_ideal;
	puppet_need(w, &a, 200);
	pass(2 * SIM_S);
	assert_true(a.dom->tot_kib < 500 * MIB);
}

/* Granted, the daemon dies, and the memory is still promised. */
static void sim_persist(void **state)
{
	(void)state;
	pass(5 * SIM_S);
	reserve(300, ",\"owner\":\"token\",\"expire_s\":900");
	pass(2 * SIM_S);
	assert_non_null(strstr(answer, "\"granted\""));
	sim_daemon_kill(w);
	sim_daemon_start(w, CONF);
	pass(2 * SIM_S);
	assert_int_equal(daemon_now()->host.n_reservations, 1);
	puppet_need(w, &a, 1000);
	pass(60 * SIM_S);
	assert_true(w->free_kib - w->unused_kib >= 300 * MIB);
	pass(900 * SIM_S);	/* its time is over */
	assert_int_equal(daemon_now()->host.n_reservations, 0);
	assert_true(w->free_kib - w->unused_kib < 100 * MIB);
}

/* What was granted is not anybody's, not even in the first turn after a restart. */
static void sim_recall_first(void **state)
{
	(void)state;
	pass(5 * SIM_S);
	reserve(300, ",\"owner\":\"token\",\"expire_s\":900");
	pass(2 * SIM_S);
	assert_non_null(strstr(answer, "\"granted\""));
	sim_daemon_kill(w);
	puppet_need(w, &b, 200);	/* what a is to have comes from b, by and by */
	puppet_need(w, &a, 860);
	sim_daemon_start(w, CONF);
	for (int i = 0; i < 2000; i++) {
		pass(SIM_MS);
		assert_true(w->free_kib - w->unused_kib >= 300 * MIB);
	}
}

/* Its connection died with the daemon: 30 s to come back. */
static void sim_orphan(void **state)
{
	(void)state;
	pass(5 * SIM_S);
	reserve(300, ",\"name\":\"x\"");
	pass(2 * SIM_S);
	assert_non_null(strstr(answer, "\"granted\""));
	for (int reclaimed = 0; reclaimed < 2; reclaimed++) {
		sim_daemon_kill(w);
		sim_daemon_start(w, CONF);
		pass(29 * SIM_S);
		assert_int_equal(daemon_now()->host.n_reservations, 1);
		if (!reclaimed)
			reserve(300, ",\"name\":\"x\"");
		pass(12 * SIM_S);
		assert_int_equal(daemon_now()->host.n_reservations, !reclaimed);
	}
}

/* Slow donors: admitted, but the memory doesn't come; a refusal in time. */
static void sim_wait_bounded(void **state)
{
	(void)state;
	pass(5 * SIM_S);
	a.speed_kib_ms = b.speed_kib_ms = 1;	/* a MiB a second */
	reserve(900, ",\"wait_s\":20");
	pass(40 * SIM_S);
	assert_int_equal(answers, 1);
	assert_non_null(strstr(answer, "\"refused\""));
	assert_int_equal(daemon_now()->host.n_reservations, 0);
}

/* Of those that hold on to what they were asked for the three with most are named, most first. */
static void sim_who_holds(void **state)
{
	static struct puppet more[3];
	static const int64_t mib[] = { 350, 450, 400 };

	(void)state;
	puppet_end(w, &a, 0);
	puppet_end(w, &b, 0);
	pass(SIM_S);
	puppet_add(w, &more[0], "third", false, mib[0], 1024);
	puppet_add(w, &more[1], "first", false, mib[1], 1024);
	puppet_add(w, &more[2], "second", false, mib[2], 1024);
	puppet_add(w, &a, "fourth", false, 250, 1024);
	pass(5 * SIM_S);
	for (int i = 0; i < 3; i++) {
		puppet_kind(w, &more[i], PUPPET_stuck);
		puppet_need(w, &more[i], 100);
	}
	puppet_kind(w, &a, PUPPET_stuck);
	puppet_need(w, &a, 100);
	reserve(450, ",\"wait_s\":60");
	pass(100 * SIM_S);
	assert_int_equal(answers, 1);
	assert_non_null(strstr(answer, " MiB are missing: first, second, third; xlmem list"));
}

/* xenstored comes back empty: what was promised is written again. */
static void sim_kept(void **state)
{
	(void)state;
	pass(5 * SIM_S);
	reserve(300, ",\"owner\":\"token\",\"expire_s\":900");
	pass(2 * SIM_S);
	sim_store_stop(w);
	pass(5 * SIM_S);
	sim_store_start(w, true);
	pass(15 * SIM_S);
	assert_int_equal(sim_read_kib(w, 0, KEY_RESERVATION "/1/size"), 300 * MIB);
}

/* libxl claims, sets max_pages and builds: the memory counts once. */
static void sim_claim_once(void **state)
{
	uint8_t uuid[16] = "c";
	struct sim_dom *dom;

	(void)state;
	pass(5 * SIM_S);
	dom = sim_dom_new(w, "c", uuid, false, 0);
	sim_set_max(w, dom, 200 * MIB);
	assert_true(sim_claim(w, dom, 200 * MIB));
	sim_fire(w, "@introduceDomain");
	pass(SIM_S);
	assert_int_equal(daemon_now()->host.claims_kib, 0);
	sim_populate(w, dom, 100 * MIB);
	pass(SIM_S);
	assert_int_equal(daemon_now()->host.claims_kib, 0);
	sim_set_max(w, dom, 1LL << 40);		/* not set: the claim counts */
	sim_fire(w, "@introduceDomain");
	pass(SIM_S);
	assert_int_equal(daemon_now()->host.claims_kib, 100 * MIB);
}

/* A device passed through pins its guest's memory. */
static void sim_fixed(void **state)
{
	int64_t target;

	(void)state;
	pass(5 * SIM_S);
	sim_write(w, "", "/libxl/%u/device/pci/0", a.dom->domid);
	sim_write(w, "", "/local/domain/0/backend/pci/%u/0", a.dom->domid);
	pass(SIM_S);
	assert_int_equal(seen(&a)->kind, DOM_FIXED);
	target = puppet_target_kib(w, &a);
	puppet_need(w, &a, 200);
	pass(60 * SIM_S);
	assert_int_equal(puppet_target_kib(w, &a), target);
	/* Unplugged, and the key that isn't watched goes last. */
	sim_remove(w, "/local/domain/0/backend/pci/%u", a.dom->domid);
	pass(SIM_S);
	sim_remove(w, "/libxl/%u/device/pci", a.dom->domid);
	pass(12 * SIM_S);
	assert_int_equal(seen(&a)->kind, DOM_GUEST);
}

/*
 * Tied to one of two nodes, a guest is left alone; not where it is said otherwise,
 * nor on a host without nodes; and all of it is noticed while it runs.
 */
static void sim_numa(void **state)
{
	int64_t target;

	(void)state;
	a.dom->pinned_nodes = 2;
	pass(12 * SIM_S);
	assert_int_equal(seen(&a)->kind, DOM_GUEST);
	w->n_nodes = 2;
	pass(12 * SIM_S);
	assert_int_equal(seen(&a)->kind, DOM_FIXED);
	assert_int_equal(seen(&b)->kind, DOM_GUEST);
	target = puppet_target_kib(w, &a);
	puppet_need(w, &a, 200);
	pass(60 * SIM_S);
	assert_int_equal(puppet_target_kib(w, &a), target);

	sim_daemon_kill(w);
	sim_daemon_start(w, CONF "vms = [ \"a fixed=0\", \"b fixed=0\" ]\n");
	sim_write(w, "", "/local/domain/0/backend/pci/%u/0", b.dom->domid);
	pass(60 * SIM_S);
	assert_int_equal(seen(&a)->kind, DOM_GUEST);
	assert_true(puppet_target_kib(w, &a) < target);
	assert_int_equal(seen(&b)->kind, DOM_FIXED);	/* no setting changes that */

	sim_daemon_kill(w);
	sim_daemon_start(w, CONF);
	pass(12 * SIM_S);
	assert_int_equal(seen(&a)->kind, DOM_FIXED);
	a.dom->pinned_nodes = 0;
	pass(12 * SIM_S);
	assert_int_equal(seen(&a)->kind, DOM_GUEST);
	no_breach();
}

static void freeze(const struct puppet *p)
{
	answers = 0;
	sim_ask(w, replied, NULL, "{\"command\":\"freeze\",\"domain\":%u}", p->dom->domid);
}

/* It came while xenstored was gone: nobody says that it is held still. */
static void sim_freeze_known(void **state)
{
	struct puppet c;

	(void)state;
	pass(5 * SIM_S);
	sim_store_stop(w);
	pass(SIM_S / 10);
	puppet_add(w, &c, "c", false, 256, 512);
	puppet_mem_set(w, &c, 100);
	freeze(&c);
	pass(SIM_S / 10);
	assert_int_equal(answers, 1);
	assert_null(strstr(answer, "\"ok\":true"));
}

/* A PV guest on its way down has less max_pages than memory: they stay. */
static void sim_freeze_cuts(void **state)
{
	(void)state;
	pass(5 * SIM_S);
	a.kind = PUPPET_stuck;
	sim_set_max(w, a.dom, 400 * MIB);
	freeze(&a);
	pass(SIM_S / 1000);
	assert_non_null(strstr(answer, "\"ok\":true"));
	assert_true(a.dom->max_kib <= a.dom->tot_kib);
}

/* What is held still can be restored, though it grows into its slack. */
static void sim_freeze_offset(void **state)
{
	struct puppet c;

	(void)state;
	puppet_add(w, &c, "c", true, 256, 512);
	sim_write_number(w, 256 * MIB - 64, "/local/domain/%u/" KEY_TARGET, c.dom->domid);
	c.offset_kib = -64;
	pass(20 * SIM_S);
	freeze(&c);
	pass(SIM_S / 10);
	assert_true(c.dom->max_kib <= puppet_target_kib(w, &c) + MAX_PAGES_SLACK_KIB);
}

/* The toolstack removes its home and then destroys it, which takes its time. */
static void sim_dying_quiet(void **state)
{
	uint64_t turns;

	(void)state;
	pass(30 * SIM_S);
	sim_remove(w, "/local/domain/%u/" KEY_LEASE, a.dom->domid);
	sim_destroy_over(w, a.dom, 600 * SIM_S);
	pass(5 * SIM_S);
	turns = daemon_now()->counters.turns;
	pass(60 * SIM_S);
	/* As its pages come, four times a second; not a hundred times. */
	assert_true(daemon_now()->counters.turns < turns + 60 * 10);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, two_guests_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(sim_lease_first), TEST(sim_lease_bounded), TEST(sim_lease_kept),
		TEST(sim_settle_start), TEST(sim_settle_stop), TEST(sim_settle_lease),
		TEST(sim_settle_epoch),
		TEST(sim_epoch_probe), TEST(sim_epoch_ends), TEST(sim_target_stale), TEST(sim_foreign_pin),
		TEST(sim_absent_order), TEST(sim_recall_first),
		TEST(sim_reboot_kept), TEST(sim_report_gap), TEST(sim_flood), TEST(sim_report_epoch), TEST(sim_stuck_heard),
		TEST(sim_persist), TEST(sim_orphan), TEST(sim_wait_bounded), TEST(sim_who_holds), TEST(sim_kept),
		TEST(sim_claim_once), TEST(sim_fixed), TEST(sim_numa),
		TEST(sim_freeze_known), TEST(sim_freeze_cuts), TEST(sim_freeze_offset), TEST(sim_dying_quiet),
	};

	return cmocka_run_group_tests_name("sim_daemon", tests, NULL, NULL);
}
