// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The simulated host under the real daemon, with puppets for guests: they report
 * what they are told to, and obey at once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "balloond.h"
#include "record.h"
#include "tools/balloonsim/sim_daemon.h"
#include "tools/balloonsim/sim_guest.h"
#include "tools/balloonsim/sim_store.h"
#include "tools/balloonsim/sim_xen.h"

#define MIB 1024LL

struct puppet {
	struct sim_dom *dom;
	int64_t need_kib;
	uint64_t seq;
};

static void report(struct world *w, struct puppet *p)
{
	const char *text = sim_read(w, "/local/domain/%u/" KEY_LEASE, p->dom->domid);
	struct lease lease = { 0 };
	char record[SCHEMA_RECORD_MAX];
	struct report r = { .version = SCHEMA_VERSION, .boot = 7, .seq = ++p->seq };

	if (text)
		lease_parse(text, strlen(text), &lease);
	r.epoch = lease.epoch;
	r.need_kib = r.want_kib = (u64)p->need_kib;
	report_format(&r, record, sizeof(record));
	sim_write(w, record, "/local/domain/%u/" KEY_REPORT, p->dom->domid);
}

/* memory/target or the lease changed. */
static void obey(struct world *w, void *arg)
{
	struct puppet *p = arg;
	int64_t target = sim_read_kib(w, 0, "/local/domain/%u/" KEY_TARGET, p->dom->domid);

	if (target < p->dom->tot_kib)
		sim_release(w, p->dom, p->dom->tot_kib - target);
	else
		sim_populate(w, p->dom, target - p->dom->tot_kib);
	report(w, p);
}

static void need(struct world *w, struct puppet *p, int64_t mib)
{
	p->need_kib = mib * MIB;
	report(w, p);
}

static void dom_add(struct world *w, struct puppet *p, const char *name, int64_t mib,
		    int64_t max_mib)
{
	uint8_t uuid[16] = { 0 };
	struct sim_dom *dom;

	memcpy(uuid, name, strlen(name));
	dom = sim_dom_new(w, name, uuid, false, 0);
	assert_non_null(dom);
	sim_set_max(w, dom, max_mib * MIB + 1024);
	assert_int_equal(sim_populate(w, dom, mib * MIB), mib * MIB);
	sim_write(w, name, "/local/domain/%u/name", dom->domid);
	sim_write_number(w, max_mib * MIB, "/local/domain/%u/" KEY_STATIC_MAX, dom->domid);
	sim_write_number(w, mib * MIB, "/local/domain/%u/" KEY_TARGET, dom->domid);
	dom->paused = false;
	dom->ran = true;
	*p = (struct puppet){ .dom = dom };
	if (dom->domid) {
		sim_watch(w, obey, p, "/local/domain/%u/memory", dom->domid);
		need(w, p, mib);
	}
	sim_fire(w, "@introduceDomain");
}

struct fixture {
	struct world *w;
	struct puppet zero, a, b;
};

/* 2 GiB; dom0, a and b with 512 each, which they need. */
static int setup(void **state)
{
	static struct fixture f;

	f.w = world_new(1, 2048 * MIB);
	dom_add(f.w, &f.zero, "Domain-0", 512, 512);
	dom_add(f.w, &f.a, "a", 512, 1024);
	dom_add(f.w, &f.b, "b", 512, 1024);
	if (!sim_daemon_start(f.w, "shrink_divisor = 1\nshrink_interval = 100\n"))
		return -1;
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	world_free(f->w);
	return 0;
}

static void sim_world_moves(void **state)
{
	struct fixture *f = *state;

	world_run(f->w, 20 * SIM_S);
	need(f->w, &f->b, 200);
	world_run(f->w, 40 * SIM_S);
	assert_in_range(f->b.dom->tot_kib, 200 * MIB, 240 * MIB);
	need(f->w, &f->a, 900);
	world_run(f->w, 60 * SIM_S);
	assert_in_range(f->a.dom->tot_kib, 900 * MIB, 1024 * MIB);
	assert_int_equal(f->w->stats.breaches, 0);
	/* What nobody asks for is not worked on. */
	uint64_t writes = f->w->stats.writes + f->w->stats.max_writes;

	world_run(f->w, 3600 * SIM_S);
	assert_int_equal(f->w->stats.writes + f->w->stats.max_writes, writes + 2 * 5);
}

/* Killed at each of its calls in turn, and started again, it gets where it was going. */
static void sim_world_killed(void **state)
{
	struct fixture *f = *state;
	uint64_t at = 1;

	for (; at < 200; at++) {
		need(f->w, &f->a, at & 1 ? 900 : 300);
		need(f->w, &f->b, at & 1 ? 300 : 900);
		sim_daemon_kill_at(f->w, at);
		world_run(f->w, f->w->now_us + 2 * SIM_S);
		sim_daemon_kill(f->w);
		assert_true(sim_daemon_start(f->w, "shrink_divisor = 1\nshrink_interval = 100\n"));
		world_run(f->w, f->w->now_us + 20 * SIM_S);
		assert_in_range((at & 1 ? f->a : f->b).dom->tot_kib, 900 * MIB, 1024 * MIB);
		assert_in_range((at & 1 ? f->b : f->a).dom->tot_kib, 300 * MIB, 340 * MIB);
	}
	assert_int_equal(f->w->stats.breaches, 0);
}

struct reply {
	int n;
	char text[4096];
};

static void replied(struct world *w, void *arg, const char *json)
{
	struct reply *reply = arg;

	(void)w;
	reply->n++;
	snprintf(reply->text, sizeof(reply->text), "%s", json ? json : "dead");
}

static void sim_world_asks(void **state)
{
	struct fixture *f = *state;
	struct reply no = { 0 }, yes = { 0 };

	world_run(f->w, 5 * SIM_S);
	sim_ask(f->w, replied, &no, "{\"command\":\"reserve\",\"size_kib\":%lld}", 1500 * MIB);
	sim_ask(f->w, replied, &yes, "{\"command\":\"reserve\",\"size_kib\":%lld}", 300 * MIB);
	world_run(f->w, 10 * SIM_S);
	assert_int_equal(no.n, 1);
	assert_non_null(strstr(no.text, "\"refused\""));
	assert_int_equal(yes.n, 1);
	assert_non_null(strstr(yes.text, "\"granted\""));
	yes.n = 0;
	sim_ask(f->w, replied, &yes, "{\"command\":\"reserve\",\"size_kib\":1024}");
	sim_daemon_kill(f->w);
	assert_int_equal(yes.n, 1);
	assert_string_equal(yes.text, "dead");
}

/* xenstored goes and comes back. */
static void sim_world_store_lost(void **state)
{
	struct fixture *f = *state;

	world_run(f->w, 5 * SIM_S);
	sim_store_stop(f->w);
	world_run(f->w, 10 * SIM_S);
	need(f->w, &f->b, 200);
	sim_store_start(f->w, false);
	world_run(f->w, 40 * SIM_S);
	assert_int_equal(sim_daemon_state(f->w)->counters.store_reconnects, 1);
	assert_in_range(f->b.dom->tot_kib, 200 * MIB, 240 * MIB);
}

/* The same seed is the same run, to the last call. */
static void sim_world_deterministic(void **state)
{
	struct fixture *f = *state;
	struct sim_stats first;

	for (int run = 0; run < 2; run++) {
		need(f->w, &f->b, 200 + rnd_range(f->w, 0, 100));
		world_run(f->w, 100 * SIM_S);
		if (run)
			assert_memory_equal(&first, &f->w->stats, sizeof(first));
		first = f->w->stats;
		teardown(state);
		setup(state);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(sim_world_moves), TEST(sim_world_killed), TEST(sim_world_asks),
		TEST(sim_world_store_lost), TEST(sim_world_deterministic),
	};

	return cmocka_run_group_tests_name("sim_world", tests, NULL, NULL);
}
