// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * any_state [SEED [STATES]]: balloond started on hosts in any state: domains with
 * any sizes, half built, dying; leases, targets, settings, offsets, reservations and
 * reports that are garbage. Xen's numbers must not get worse from its first call on,
 * what is owed may only shrink, and the garbage is gone after a minute. TAP; run by
 * any_state.sh.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xenstore.h>

#include "crash_host.h"
#include "fake_guest.h"
#include "xenstore-schema/schema.h"

#define MIB	1024LL
#define UUID	"00000000-0000-0000-0000-0000000000%02x"

static struct stage s;
static uint64_t dice_state;

/* 0 .. sides - 1 */
static uint32_t dice(uint32_t sides)
{
	dice_state = dice_state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)(dice_state >> 33) % sides;
}

static void put(const char *path, const char *value)
{
	xs_write(s.store, XBT_NULL, path, value, (unsigned int)strlen(value));
}

/* A number as it should be, or what nobody should have written. */
static const char *word(void)
{
	static const char *const garbage[] = {
		"", "0", "-1", "-99999999999", "x", "1x", " 7", "18446744073709551616",
		"99999999999999999999999999999999", "1099511627776", "4294967295", "007", "1\n2",
		"version=1 ceiling_kib=1048576 epoch=7", "version=1 ceiling_kib=1 epoch=1",
		"version=1 boot=1 epoch=9 seq=1 need_kib=9 want_kib=1 floor_kib=1 limit_kib=1 urgent=2",
	};
	static char number[24];

	if (dice(2))
		return garbage[dice(sizeof(garbage) / sizeof(garbage[0]))];
	snprintf(number, sizeof(number), "%u", dice(2048 * 1024));
	return number;
}

static void domain(uint32_t domid)
{
	static const char *const keys[] = { KEY_TARGET, KEY_STATIC_MAX, KEY_LEASE, KEY_REPORT,
					    KEY_OWN_TARGET, "name" };
	struct fake_dom dom = {
		.domid = domid, .pvh = dice(2), .paused = !dice(4), .obeys = dice(4), .reports = dice(3),
		.static_kib = 64 * MIB + dice(960) * MIB, .offset_kib = dice(3) ? 0 : dice(900),
	};
	char path[160];
	int64_t have_kib;

	snprintf(dom.name, sizeof(dom.name), "vm%u", dice(6) ? domid : 1);
	have_kib = dice(5) ? dice((uint32_t)dom.static_kib) : 0;
	dom.need_kib = dice((uint32_t)dom.static_kib);
	dom.want_kib = dom.need_kib;
	dom.max_pages = dice(3) ? (uint64_t)dom.static_kib / 4 + 256 : dice(6) ?
			(uint64_t)have_kib / 4 + dice(65536) : dice(2) ? 0 : UINT32_MAX;
	dom.dying = !dice(12);
	stage_add(&s, dom, (uint64_t)have_kib / 1024);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (dice(4))
			continue;
		snprintf(path, sizeof(path), "/local/domain/%u/%s", domid, keys[i]);
		put(path, word());
	}
	if (!dice(10)) {	/* its toolstack died first */
		snprintf(path, sizeof(path), "/local/domain/%u", domid);
		xs_rm(s.store, XBT_NULL, path);
	}
}

static void settings(uint32_t domid)
{
	static const char *const keys[] = { "min", "max", "weight", "pin", "offset", "cfg/min",
					    "cfg/max", "cfg/weight", "surprise" };
	char path[160];

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (dice(3))
			continue;
		if (dice(12))
			snprintf(path, sizeof(path), KEY_VM "/" UUID "/%s", domid, keys[i]);
		else
			snprintf(path, sizeof(path), KEY_VM "/vm%u/%s", domid, keys[i]);
		put(path, word());
	}
}

static void reservation(uint32_t id)
{
	static const char *const keys[] = { "name", "owner", "expires", "domain", "size" };
	static const char *const owners[] = { "token", "connection", "me" };
	char path[160];

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (!dice(4))
			continue;
		snprintf(path, sizeof(path), KEY_RESERVATION "/%s/%s", id % 5 ? (char[]){
			 (char)('1' + id % 9), 0 } : "99999999999", keys[i]);
		put(path, i == 1 ? owners[dice(3)] : i == 0 ? "vm3" : word());
	}
}

/* Balloond's own keys are as its schema has them, and none of a VM's last boot. */
static void clean(void)
{
	char **names, path[160];
	unsigned int n;

	names = xs_directory(s.store, XBT_NULL, KEY_VM, &n);
	for (unsigned int i = 0; names && i < n; i++) {
		uint32_t domid = (uint32_t)strtoul(names[i] + strlen(names[i]) - 2, NULL, 16);
		bool uuid = strlen(names[i]) == 36;

		snprintf(path, sizeof(path), KEY_VM "/%s", names[i]);
		if (!uuid)
			stage_fail(&s, "%s is still there", path);
		if (!fake_find(s.xen, domid) && *stage_read(&s, "%s/offset", path))
			stage_fail(&s, "%s/offset of a VM that isn't there", path);
	}
	free(names);
	names = xs_directory(s.store, XBT_NULL, KEY_RESERVATION, &n);
	for (unsigned int i = 0; names && i < n; i++) {
		snprintf(path, sizeof(path), KEY_RESERVATION "/%s", names[i]);
		if (!*stage_read(&s, "%s/size", path) || strlen(names[i]) > 9)
			stage_fail(&s, "%s is still there", path);
	}
	free(names);
	names = xs_directory(s.store, XBT_NULL, "/local/domain", &n);
	for (unsigned int i = 0; names && i < n; i++)
		if (!fake_find(s.xen, (uint32_t)atoi(names[i])))
			stage_fail(&s, "/local/domain/%s of a dead domain", names[i]);
	free(names);
}

static void state(uint64_t seed)
{
	uint32_t n;

	dice_state = seed;
	dice(2);
	stage_reset(&s, 1024 + dice(3072));
	stage_add(&s, (struct fake_dom){ .domid = 0, .name = "Domain-0", .static_kib = 512 * MIB },
		  512);
	n = 1 + dice(10);
	for (uint32_t domid = 1; domid <= n; domid++)
		domain(domid);
	for (uint32_t domid = 1; domid <= 14; domid++)
		settings(domid);
	for (uint32_t id = dice(12); id > 0; id--)
		reservation(id);
	if (!dice(4))
		s.xen->claimed_pages = dice(200) * MIB_PAGES;
	s.least_kib = stage_slack_kib(&s);
	if (s.least_kib > 0)
		s.least_kib = 0;
	stage_start(&s);
	stage_run(&s, 3000);
	for (uint32_t domid = 1; domid <= n; domid++) {
		struct fake_dom *dom = fake_find(s.xen, domid);

		if (dom->dying || !dice(5))
			stage_remove(&s, domid);
	}
	for (int second = 0; second < 60; second++)
		stage_step(&s, 1000);
	clean();
	stage_stop(&s);
}

int main(int argc, char **argv)
{
	static uint64_t seed, end, first;
	static unsigned int bad;

	first = seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	end = seed + (argc > 2 ? strtoull(argv[2], NULL, 10) : 100);
	if (!stage_open(&s, getenv("CRASH_BALLOOND"))) {
		fprintf(stderr, "any_state: run it by any_state.sh\n");
		return 2;
	}
	for (; seed < end; seed++) {
		if (!setjmp(s.failed)) {
			state(seed);
		} else {
			printf("# any_state %" PRIu64 " 1: %s\n", seed, s.why);
			bad++;
		}
	}
	stage_kill(&s);
	printf("# > any_state: %" PRIu64 " states, %u not survived\n", end - first, bad);
	printf("%sok 1 - any_state\n1..1\n", bad ? "not " : "");
	return bad != 0;
}
