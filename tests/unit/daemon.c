// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The daemon without Xen and without a store: what it makes of requests, of
 * guests' words, of settings from four sources.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "apply.h"
#include "balloond.h"
#include "build.h"
#include "command.h"
#include "host_xen.h"
#include "idle.h"
#include "json.h"
#include "report.h"
#include "snapshot.h"

static int snapshot_rc, snapshots;

static int fake_snapshot(void *ctx, struct host *host)
{
	(void)ctx;
	(void)host;
	snapshots++;
	return snapshot_rc;
}

static int fake_number(void *ctx, uint32_t domid, int64_t *kib)
{
	(void)ctx;
	(void)domid;
	*kib = 262144;
	return 0;
}

static int fake_free(void *ctx, int64_t *free_kib, int64_t *claims_kib)
{
	*free_kib = ((struct balloond *)ctx)->host.free_kib;
	*claims_kib = 0;
	return 0;
}

static int fake_actuals(void *ctx, struct host *host, enum read_how how)
{
	(void)ctx;
	(void)host;
	(void)how;
	return 0;
}

static int64_t max_set, lease_set;

static int fake_max(void *ctx, uint32_t domid, int64_t max_kib)
{
	(void)ctx;
	(void)domid;
	max_set = max_kib;
	return 0;
}

static int fake_lease(void *ctx, const struct dom *dom, int64_t kib)
{
	(void)ctx;
	(void)dom;
	lease_set = kib;
	return 0;
}

static int fake_set(void *ctx, const struct dom *dom, int64_t kib)
{
	(void)ctx;
	(void)dom;
	(void)kib;
	return 0;
}

static const struct host_ops fake_ops = {
	fake_snapshot, fake_number, fake_free, fake_actuals, fake_max, fake_set,
	fake_lease,
};

static struct balloond b;

static void dom_add(uint32_t domid, const char *name, enum dom_kind kind)
{
	struct dom *dom = &b.host.doms[b.host.n_doms];
	struct vm *vm = &b.vms[b.host.n_doms++];

	*dom = (struct dom){
		.domid = domid, .kind = kind, .actual_kib = 262144, .max_kib = 263168,
		.target_kib = 262144, .static_max_kib = 1048576, .pin_kib = KIB_NONE,
	};
	snprintf(dom->name, sizeof(dom->name), "%s", name);
	dom->uuid[15] = (uint8_t)domid;
	*vm = (struct vm){
		.domid = domid, .known = true, .ran = true, .pin_kib = KIB_NONE,
		.still_ms = b.now_ms,
		.set = VM_POLICY_NONE, .cfg = VM_POLICY_NONE,
	};
	vm_policy_resolve(&b, dom, vm);
}

static int setup(void **state)
{
	(void)state;
	b = (struct balloond){ .ops = &fake_ops, .now_ms = 1000, .options.dry_run = true };
	config_default(&b.settings);
	b.host.config = b.settings.host;
	b.host.total_kib = b.host.free_kib = 2 << 20;
	if (snapshot_init(&b))
		return -1;
	dom_add(0, "Domain-0", DOM_ZERO);
	dom_add(1, "web", DOM_GUEST);
	dom_add(2, "db", DOM_GUEST);
	dom_add(3, "db", DOM_FIXED);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	snapshot_finish(&b);
	config_finish(&b.settings);
	return 0;
}

static bool says(bool may_change, const char *line, const char *wanted)
{
	struct json *json = command_run(&b, 1, may_change, line);
	char text[65536] = "later";
	size_t len = 5;
	const char *got;

	if (json) {
		got = json_text(json, &len);
		assert_true(len < sizeof(text));
		memcpy(text, got, len);
		text[len] = '\0';
		json_free(json);
	}
	if (strstr(text, wanted))
		return true;
	print_error("%s: wanted %s, got %s\n", line, wanted, text);
	return false;
}

static void daemon_bad_requests(void **state)
{
	static const char *const usage[] = {
		"", "{", "}", "[]", "3", "null", "\"list\"", "{\"command\":3}", "{}",
		"{\"command\":\"nope\"}", "{\"command\":\"list\",\"domain\":1}",
		"{\"command\":\"set\",\"domain\":\"web\"}",
		"{\"command\":\"set\",\"domain\":\"web\",\"weight\":0}",
		"{\"command\":\"set\",\"domain\":\"web\",\"weight\":65536}",
		"{\"command\":\"set\",\"domain\":\"web\",\"weight\":\"1\"}",
		"{\"command\":\"set\",\"domain\":\"web\",\"min_kib\":-1}",
		"{\"command\":\"set\",\"domain\":\"web\",\"min_kib\":1e30}",
		"{\"command\":\"set\",\"domain\":\"web\",\"min_kib\":99999999999999999999}",
		"{\"command\":\"set\",\"domain\":\"web\",\"auto\":1}",
		"{\"command\":\"set\",\"domain\":\"web\",\"weight\":1,\"from\":\"me\"}",
		"{\"command\":\"set\",\"domain\":[],\"weight\":1}",
		"{\"command\":\"reserve\"}", "{\"command\":\"reserve\",\"size_kib\":0}",
		"{\"command\":\"reserve\",\"size_kib\":1,\"owner\":\"me\"}",
		"{\"command\":\"assign\",\"domain\":1}", "{\"command\":\"release\"}",
		"{\"command\":\"list\"} x", "{\"command\":\"list\"}{}", "\x80\xff",
	};
	char *deep = malloc(40002);

	(void)state;
	for (size_t i = 0; i < sizeof(usage) / sizeof(usage[0]); i++)
		assert_true(says(true, usage[i], "\"code\":\"usage\""));
	memset(deep, '[', 40000);
	deep[40000] = '\0';
	assert_true(says(true, deep, "\"code\":\"usage\""));
	free(deep);
}

static void daemon_domains_named(void **state)
{
	(void)state;
	assert_true(says(false, "{\"command\":\"explain\",\"domain\":\"web\"}", "\"domid\":1"));
	assert_true(says(false, "{\"command\":\"explain\",\"domain\":2}", "\"domid\":2"));
	assert_true(says(false, "{\"command\":\"explain\",\"domain\":\"3\"}", "\"domid\":3"));
	assert_true(says(false, "{\"command\":\"explain\",\"domain\":"
			 "\"00000000-0000-0000-0000-000000000001\"}", "\"domid\":1"));
	assert_true(says(false, "{\"command\":\"explain\",\"domain\":\"db\"}", "unknown_domain"));
	assert_true(says(false, "{\"command\":\"explain\",\"domain\":77}", "unknown_domain"));
	assert_true(says(false, "{\"command\":\"explain\",\"domain\":-1}", "unknown_domain"));
	assert_true(says(false, "{\"command\":\"explain\",\"domain\":4294967297}",
			 "unknown_domain"));
}

static void daemon_rights(void **state)
{
	(void)state;
	assert_true(says(false, "{\"command\":\"list\"}", "\"ok\":true"));
	assert_true(says(false, "{\"command\":\"info\"}", "\"ok\":true"));
	assert_true(says(false, "{\"command\":\"set\",\"domain\":\"web\",\"weight\":1}",
			 "\"permission\""));
	assert_true(says(false, "{\"command\":\"reserve\",\"size_kib\":1}", "\"permission\""));
	assert_int_equal(b.host.doms[1].weight, WEIGHT_DEFAULT);
}

/* However many readers ask: of a tenth of a second one look; who changes sees what is. */
static void daemon_look_shared(void **state)
{
	(void)state;
	snapshots = 0;
	for (int i = 0; i < 20; i++)
		assert_true(says(false, i & 1 ? "{\"command\":\"list\"}" :
				 "{\"command\":\"explain\",\"domain\":1}", "\"ok\":true"));
	assert_int_equal(snapshots, 1);
	assert_true(says(true, "{\"command\":\"list\"}", "\"ok\":true"));
	assert_int_equal(snapshots, 2);
	b.now_ms += 99;
	assert_true(says(false, "{\"command\":\"info\"}", "\"ok\":true"));
	assert_int_equal(snapshots, 2);
	b.now_ms++;
	assert_true(says(false, "{\"command\":\"info\"}", "\"ok\":true"));
	assert_int_equal(snapshots, 3);
}

static void daemon_settings_refused(void **state)
{
	(void)state;
	assert_true(says(true, "{\"command\":\"set\",\"domain\":\"web\",\"min_kib\":1048577}",
			 "its maxmem is 1024 MiB"));
	assert_true(says(true, "{\"command\":\"set\",\"domain\":\"web\",\"min_kib\":524288,"
			 "\"max_kib\":262144}", "raise max too"));
	assert_true(says(true, "{\"command\":\"set\",\"domain\":\"web\",\"min_kib\":524288}",
			 "\"floor_kib\":524288"));
	assert_true(says(true, "{\"command\":\"set\",\"domain\":\"web\",\"max_kib\":262144}",
			 "lower min too"));
	assert_true(says(true, "{\"command\":\"set\",\"domain\":0,\"weight\":1}",
			 "setting_refused"));
	b.host.free_kib = 65536;
	assert_true(says(true, "{\"command\":\"set\",\"domain\":\"web\",\"min_kib\":1048576}",
			 "MiB short"));
	assert_int_equal(b.host.doms[1].floor_kib, 524288);
}

static void daemon_precedence(void **state)
{
	struct dom *dom = &b.host.doms[1];
	struct vm *vm = &b.vms[1];
	struct vm_settings conf = { .name = "web", .min_kib = 300 * 1024, .max_kib = KIB_NONE };

	(void)state;
	assert_int_equal(dom->floor_kib, 232 * 1024);
	assert_int_equal(vm->min_source, SOURCE_DEFAULT);
	assert_false(dom->floor_explicit);

	b.settings.default_min_kib = 100 * 1024;
	vm_policy_resolve(&b, dom, vm);
	assert_int_equal(dom->floor_kib, 100 * 1024);
	assert_int_equal(vm->min_source, SOURCE_CONF);

	b.settings.vms = malloc(sizeof(conf));
	*b.settings.vms = conf;
	b.settings.n_vms = 1;
	vm_policy_resolve(&b, dom, vm);
	assert_int_equal(dom->floor_kib, 300 * 1024);
	assert_int_equal(dom->policy_max_kib, dom->static_max_kib);
	assert_int_equal(dom->weight, WEIGHT_DEFAULT);

	vm->cfg = (struct vm_policy){ 400 * 1024, 500 * 1024, 7, KIB_NONE };
	vm_policy_resolve(&b, dom, vm);
	assert_int_equal(dom->floor_kib, 400 * 1024);
	assert_int_equal(dom->policy_max_kib, 500 * 1024);
	assert_int_equal(dom->weight, 7);
	assert_int_equal(vm->weight_source, SOURCE_CFG);

	vm->set = (struct vm_policy){ 600 * 1024, KIB_NONE, 9, KIB_NONE };
	vm->pin_kib = 1;
	vm_policy_resolve(&b, dom, vm);
	assert_int_equal(dom->floor_kib, 500 * 1024);	/* not over max */
	assert_int_equal(dom->weight, 9);
	assert_int_equal(vm->min_source, SOURCE_SET);
	assert_int_equal(dom->pin_kib, 500 * 1024);	/* not under floor */
	assert_true(says(false, "{\"command\":\"explain\",\"domain\":1}",
			 "min 500 MiB (xlmem set), max 500 MiB (the VM's cfg), weight 9 (xlmem set)"));

	assert_true(says(true, "{\"command\":\"set\",\"domain\":1,\"auto\":true}", "\"ok\":true"));
	assert_int_equal(dom->floor_kib, 400 * 1024);
	assert_int_equal(dom->pin_kib, KIB_NONE);
}

static void daemon_report_bounded(void **state)
{
	struct dom *dom = &b.host.doms[1];
	struct report report = {
		.need_kib = 1ULL << 40, .want_kib = 1ULL << 40, .floor_kib = 1ULL << 40,
		.limit_kib = 1ULL << 40, .urgent = 1,
	};

	(void)state;
	report_take(dom, &report);
	assert_true(dom->has_report);
	assert_int_equal(dom->need_kib, dom->static_max_kib);
	assert_int_equal(dom->want_kib, dom->static_max_kib);
	assert_int_equal(dom->guest_floor_kib, dom->static_max_kib);
	assert_int_equal(dom->limit_kib, dom->static_max_kib);
	report.limit_kib = 0;	/* says none */
	report_take(dom, &report);
	assert_int_equal(dom->limit_kib, dom->static_max_kib);
}

static void daemon_reservation(void **state)
{
	uint64_t before = b.counters.starts_refused;

	(void)state;
	assert_true(says(true, "{\"command\":\"reserve\",\"size_kib\":4194304,\"name\":\"x\"}",
			 "\"code\":\"refused\""));
	assert_true(says(true, "{\"command\":\"reserve\",\"size_kib\":4194304,\"name\":\"x\"}",
			 "\"stop_any\""));
	assert_int_equal(b.counters.starts_refused, before + 2);
	assert_int_equal(b.host.n_reservations, 0);

	assert_true(says(true, "{\"command\":\"reserve\",\"size_kib\":1024,\"name\":\"x\"}", "later"));
	assert_int_equal(b.host.n_reservations, 1);
	promises_grant(&b);
	assert_int_equal(b.host.reservations[0].state, RESERVATION_GRANTED);
	assert_true(says(true, "{\"command\":\"reserve\",\"size_kib\":1024,\"owner\":\"token\","
			 "\"expire_s\":5}", "later"));
	promises_grant(&b);
	assert_true(says(false, "{\"command\":\"list\"}", "\"state\":\"granted\""));

	promises_client_gone(&b, 1);	/* the token stays */
	assert_int_equal(b.host.n_reservations, 1);
	assert_int_equal(b.host.reservations[0].id, 2);
	assert_true(says(true, "{\"command\":\"release\",\"id\":1}", "it has ended"));
	assert_true(says(true, "{\"command\":\"release\",\"id\":2}", "\"ok\":true"));
	assert_int_equal(b.host.n_reservations, 0);
}

/* An owner of two hangs up: both end, and nobody else's. */
static void daemon_owner_gone(void **state)
{
	(void)state;
	for (uint32_t client = 1; client <= 3; client++)
		assert_null(command_run(&b, client / 2 + 1, true,
					"{\"command\":\"reserve\",\"size_kib\":1024}"));
	promises_grant(&b);
	assert_int_equal(b.host.n_reservations, 3);
	promises_client_gone(&b, 2);
	assert_int_equal(b.host.n_reservations, 1);
	assert_int_equal(b.host.reservations[0].id, 1);
}

/* What is counted for years goes out whole. */
static void daemon_large_counters(void **state)
{
	(void)state;
	b.counters.turns = (1ULL << 31) + 5;
	b.counters.requests = (1ULL << 53) + 1;
	assert_true(says(false, "{\"command\":\"info\"}", "\"turns\":2147483653,"));
	assert_true(says(false, "{\"command\":\"info\"}", "\"requests\":9007199254740993"));
}

/* A command that hangs has its minute; who waits for it, no longer than it said. */
static void daemon_rescue_bounded(void **state)
{
	static const char *const ask = "{\"command\":\"reserve\",\"size_kib\":2201600,\"wait_s\":5}";

	(void)state;
	b.options.dry_run = false;	/* nothing is written for it */
	b.settings.on_refusal = ON_REFUSAL_command;
	strcpy(b.settings.on_refusal_command, "/bin/sleep");
	b.settings.idle_after_s = 1;
	strcpy(b.host.doms[1].name, "infinity");	/* what sleep is told */
	assert_true(says(true, ask, "\"idle\":[{\"name\":\"infinity\""));	/* not marked */
	assert_int_equal(b.rescue.child, 0);
	b.vms[1].idle_shutdown = true;
	assert_true(says(true, ask, "later"));
	assert_true(b.rescue.child > 0 && b.rescue.waits);
	assert_int_equal(b.host.n_reservations, 0);	/* nobody moves for it */
	assert_true(says(true, ask, "\"refused\""));	/* one at a time */
	b.now_ms += 5000;
	promises_update(&b);
	assert_false(b.rescue.waits);
	assert_int_equal(b.counters.starts_refused, 3);
	assert_true(b.rescue.child > 0);
	b.now_ms += 56000;
	for (int i = 0; i < 1000 && b.rescue.child; i++) {
		promises_update(&b);
		usleep(10000);
	}
	assert_int_equal(b.rescue.child, 0);
	/* Who hangs up waits no more. */
	assert_true(says(true, ask, "later"));
	promises_client_gone(&b, 1);
	assert_false(b.rescue.waits);
	rescue_finish(&b);
	for (int i = 0; i < 1000 && b.rescue.child; i++) {
		promises_update(&b);
		usleep(10000);
	}
	assert_int_equal(b.rescue.child, 0);
}

/* web, marked, is told to close for a start of `kib`. */
static void rescue_begin(int64_t kib)
{
	char ask[128];

	b.options.dry_run = false;	/* nothing is written for it */
	b.settings.on_refusal = ON_REFUSAL_command;
	strcpy(b.settings.on_refusal_command, "/bin/true");
	b.settings.idle_after_s = 1;
	b.vms[1].idle_shutdown = true;
	snprintf(ask, sizeof(ask), "{\"command\":\"reserve\",\"name\":\"late\",\"size_kib\":%lld,"
		 "\"wait_s\":5}", (long long)kib);
	assert_true(says(true, ask, "later"));
	assert_true(b.rescue.waits);
	b.options.dry_run = true;
}

static void rescue_end(void)
{
	promises_client_gone(&b, 1);
	for (int i = 0; i < 1000 && b.rescue.child; i++) {
		promises_update(&b);
		usleep(10000);
	}
	assert_int_equal(b.rescue.child, 0);
	assert_int_equal(b.host.kept_kib, 0);
}

/* What couldn't be looked at for lack of memory is refused to nobody, and closes nothing. */
static void daemon_look_fails(void **state)
{
	struct json *json;
	size_t len;

	(void)state;
	b.settings.on_refusal = ON_REFUSAL_command;
	snapshot_rc = -ENOMEM;
	json = command_run(&b, 1, true, "{\"command\":\"reserve\",\"name\":\"x\","
			   "\"size_kib\":1024,\"wait_s\":5}");
	snapshot_rc = 0;
	assert_non_null(json);
	assert_non_null(strstr(json_text(json, &len), "\"failed\""));
	json_free(json);
	assert_false(b.rescue.waits);
}

/* Idle VMs are closed for one start: who asks after it isn't promised what it lacks. */
static void daemon_rescue_first(void **state)
{
	static const char *const ask = "{\"command\":\"reserve\",\"size_kib\":102400}";
	static const char *const range = "{\"command\":\"reserve\",\"size_kib\":102400,\"min_kib\":1024}";
	static const char *const min = "{\"command\":\"set\",\"domain\":\"web\",\"min_kib\":307200}";

	(void)state;
	rescue_begin(2201600);
	assert_true(says(true, ask, "what waits for idle VMs to close: late"));
	assert_true(says(true, range, "refused"));
	assert_true(says(true, min, "doesn't fit"));
	assert_int_equal(b.host.n_reservations, 0);
	rescue_end();
	assert_true(says(true, ask, "later"));	/* it would have fitted alone */
	assert_int_equal(b.host.reservations[0].size_kib, 102400);
}

/* What web leaves goes to no guest that grows meanwhile, but for what was theirs before. */
static void daemon_rescue_kept(void **state)
{
	struct admission left;
	struct dom *web = &b.host.doms[1];
	int64_t slack_kib, frees_kib;

	(void)state;
	web->has_report = true;		/* a donor: 262144 of which 237568 is its floor */
	rescue_begin(2201600);
	frees_kib = admission_stop_frees_kib(web);
	assert_true(frees_kib < web->actual_kib);
	slack_kib = host_slack_kib(&b.host);
	web->actual_kib -= 8192;	/* as a donor */
	b.host.free_kib += 8192;
	promises_update(&b);
	assert_int_equal(b.host.kept_kib, 0);
	web->kind = DOM_DYING;
	promises_update(&b);
	assert_int_equal(b.host.kept_kib, 0);
	slack_kib = host_slack_kib(&b.host);
	web->actual_kib -= 81920;
	b.host.free_kib += 81920;
	promises_update(&b);
	assert_int_equal(b.host.kept_kib, 81920);
	assert_int_equal(host_slack_kib(&b.host), slack_kib);
	b.host.free_kib += web->actual_kib - 262144;	/* and somebody holds more by now */
	web->actual_kib = 0;
	promises_update(&b);
	assert_true(b.rescue.waits);
	assert_int_equal(b.host.kept_kib, frees_kib);
	b.host.kept_kib = 0;
	admission_decide(&b.host, 0, &left);
	b.host.free_kib -= left.fits_kib;	/* somebody else starts in it, and in all the rest */
	promises_update(&b);
	assert_int_equal(b.host.kept_kib, 0);
	b.host.free_kib += left.fits_kib;
	promises_update(&b);
	assert_int_equal(b.host.kept_kib, frees_kib);
	b.host.free_kib += 262144;
	promises_update(&b);		/* all is there: from here on it is a reservation */
	assert_false(b.rescue.waits);
	assert_int_equal(b.host.kept_kib, 0);
	assert_int_equal(b.host.n_reservations, 1);
	rescue_end();
}

/* Bursts too short to count, a window with one, and a counter that stands still. */
static void daemon_idle(void **state)
{
	struct vm *vm = &b.vms[1];

	(void)state;
	vm->idle = (struct vm_idle){ 0 };
	idle_update(vm, 5000000000, 1000);
	assert_int_equal(idle_s(vm, 4999), 3);
	idle_update(vm, 5009000000, 1999);	/* too soon to tell */
	idle_update(vm, 5010000000, 2000);	/* 10 ms in 1 s: no more than 1 % */
	assert_int_equal(idle_s(vm, 4000), 3);
	idle_update(vm, 5050000000, 5000);	/* 40 ms in 3 s */
	assert_int_equal(idle_s(vm, 5000), 0);
	idle_update(vm, 5050000000, 25000);
	assert_int_equal(idle_s(vm, 25000), 20);
}

static void daemon_freeze(void **state)
{
	(void)state;
	assert_true(says(true, "{\"command\":\"freeze\",\"domain\":\"web\"}",
			 "\"state\":\"settled,frozen\""));
	assert_int_equal(b.host.doms[1].kind, DOM_FIXED);
	command_client_gone(&b, 1);
	assert_int_equal(b.vms[1].frozen_by, 0);
}

/* Created paused: what it was lent to be built goes back, until it moves again. */
static void daemon_loan_ends(void **state)
{
	struct dom *dom;

	(void)state;
	dom_add(4, "paused", DOM_BUILDING);
	dom = &b.host.doms[4];
	build_help(&b);
	assert_int_equal(b.vms[4].lent_over_kib, 263168);
	assert_true(dom->max_kib > 263168 + 128 * KIB_PER_MIB);
	b.now_ms += 29000;
	build_over(&b);
	assert_true(dom->max_kib > 263168);
	b.now_ms += 2000;
	build_over(&b);
	build_help(&b);
	assert_int_equal(dom->max_kib, 262144 + 32 * KIB_PER_MIB);

	dom->actual_kib += 4096;	/* a restore that had to wait for its disk */
	b.vms[4].still_ms = b.now_ms;
	build_help(&b);
	assert_true(dom->max_kib > 262144 + 64 * KIB_PER_MIB);
	dom->kind = DOM_GUEST;		/* it runs, and without a module */
	b.now_ms += 60000;
	build_over(&b);
	assert_int_equal(dom->max_kib, dom->actual_kib + MAX_PAGES_SLACK_KIB);
	assert_int_equal(b.vms[4].lent_over_kib, 0);
}

/* What lies free is looked at again for each raise; too little: it waits a turn. */
static void daemon_raise_put_off(void **state)
{
	const struct action raise = { .type = ACTION_RAISE, .domid = 1, .ceiling_kib = 362144,
				      .target_kib = 362144, .lease_kib = 362144 };
	struct applied applied = { 0 };

	(void)state;
	b.host.free_kib = b.host.config.free_min_kib + 100000 + 3 * MAX_PAGES_SLACK_KIB - 4;
	max_set = 0;
	actions_apply(&b, &raise, 1, &applied);
	assert_int_equal(max_set, 0);
	assert_int_equal(b.counters.raises_put_off, 1);
	assert_true(b.turn_wanted);
	b.host.free_kib += 4;
	actions_apply(&b, &raise, 1, &applied);
	assert_int_equal(max_set, 362144 + MAX_PAGES_SLACK_KIB);
	assert_int_equal(b.counters.raises_put_off, 1);
}

/* Grown between the look and the cut: what it has by now is its lease. */
static void daemon_cut_grown(void **state)
{
	struct dom *dom = &b.host.doms[1];

	(void)state;
	dom->actual_kib = 200000;	/* it holds 262144 by now */
	assert_int_equal(ceiling_cut(&b, dom, 210000, 210000), 0);
	assert_int_equal(max_set, 210000 + MAX_PAGES_SLACK_KIB);
	assert_int_equal(dom->actual_kib, 262144);
	assert_int_equal(lease_set, 262144);
	dom->hvm = true;		/* Xen wants no max_pages under it ... */
	assert_int_equal(ceiling_cut(&b, dom, 200000, 200000), 0);
	assert_int_equal(max_set, 262144);	/* ... and a cut is no raise */
	dom->max_kib = 263168;
	assert_int_equal(ceiling_cut(&b, dom, 200000, 200000), 0);
	assert_int_equal(max_set, 262144 + MAX_PAGES_SLACK_KIB);
	assert_int_equal(lease_set, 200000);	/* it was known: an order stands */
}

/* A host that is always as full as the array allows. */
int __wrap_xen_list(struct xen *xen, struct xen_dom *out, uint32_t max);
int __wrap_xen_list(struct xen *xen, struct xen_dom *out, uint32_t max)
{
	(void)xen;
	for (uint32_t i = 0; i < max; i++)
		out[i] = (struct xen_dom){ .domid = i, .uuid[15] = (uint8_t)i, .actual_kib = 4 };
	return (int)max;
}

/* A step holds a domain while all are read again, and one more has just appeared. */
static void daemon_reread_stays(void **state)
{
	const struct dom *dom = &b.host.doms[1];

	(void)state;
	assert_int_equal(snapshot_actuals(&b, READ_NOW), 0);
	assert_ptr_equal(dom, &b.host.doms[1]);
	assert_int_equal(dom->actual_kib, 4);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(daemon_bad_requests), TEST(daemon_domains_named), TEST(daemon_rights), TEST(daemon_look_shared), TEST(daemon_settings_refused),
		TEST(daemon_precedence), TEST(daemon_report_bounded), TEST(daemon_reservation), TEST(daemon_owner_gone),
		TEST(daemon_large_counters), TEST(daemon_rescue_bounded),
		TEST(daemon_look_fails), TEST(daemon_rescue_first), TEST(daemon_rescue_kept), TEST(daemon_idle),
		TEST(daemon_freeze),
		TEST(daemon_loan_ends), TEST(daemon_raise_put_off), TEST(daemon_cut_grown), TEST(daemon_reread_stays),
	};

	log_init(false, false);
	return cmocka_run_group_tests_name("daemon", tests, NULL, NULL);
}
