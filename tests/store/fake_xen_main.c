// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fake-xen: changes the hypervisor of fake_xen.h as a toolstack, an operator and
 * the guests themselves would, with the store written as libxl writes it.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xenstore.h>

#include "fake_xen.h"
#include "xenstore-schema/record.h"

#define PAGES_PER_MIB	256
#define TICK_MS		20
#define STEP_PAGES	(64 * PAGES_PER_MIB)	/* a balloon moves this a tick */

static struct fake_xen *xen;
static struct xs_handle *store;

static void die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
static void die(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	fputs("fake-xen: ", stderr);
	vfprintf(stderr, format, list);
	fputc('\n', stderr);
	va_end(list);
	exit(1);
}

/* A guest goes on: the domain or the store may just have gone. */
#define complain(...)	(playing ? (void)0 : die(__VA_ARGS__))
static bool playing;

static int64_t number(const char *text)
{
	char *end;
	int64_t value = strtoll(text, &end, 10);

	if (end == text || *end)
		die("%s is no number", text);
	return value;
}

static void store_open(void)
{
	store = xs_open(0);
	if (!store)
		die("no xenstored: %s", strerror(errno));
}

/* "key=value" below a domain's home, readable to the guest as libxl has it. */
static void put(uint32_t domid, char guest_may, const char *key, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
static void put(uint32_t domid, char guest_may, const char *key, const char *format, ...)
{
	struct xs_permissions perms[2] = { { .id = 0 }, { .id = domid, .perms = XS_PERM_READ } };
	char path[128], value[SCHEMA_RECORD_MAX];
	va_list list;

	va_start(list, format);
	vsnprintf(value, sizeof(value), format, list);
	va_end(list);
	snprintf(path, sizeof(path), "/local/domain/%u%s%s", domid, *key ? "/" : "", key);
	if (guest_may == 'w')
		perms[0].id = domid;
	if (!xs_write(store, XBT_NULL, path, value, strlen(value)) ||
	    !xs_set_permissions(store, XBT_NULL, path, perms, guest_may == 'w' ? 1 : 2))
		complain("%s: %s", path, strerror(errno));
}

static char *get(uint32_t domid, const char *key)
{
	char path[128];
	unsigned int len;

	if (!store)
		return NULL;
	snprintf(path, sizeof(path), "/local/domain/%u/%s", domid, key);
	return xs_read(store, XBT_NULL, path, &len);
}

static int64_t get_kib(uint32_t domid, const char *key)
{
	char *text = get(domid, key);
	int64_t value = text ? strtoll(text, NULL, 10) : -1;

	free(text);
	return value;
}

static struct fake_dom *dom_of(const char *text)
{
	struct fake_dom *dom = fake_find(xen, (uint32_t)number(text));

	if (!dom)
		die("no domain %s", text);
	return dom;
}

/* What libxl writes for a domain, as far as memory goes. */
static void dom_store(const struct fake_dom *dom)
{
	uint32_t domid = dom->domid;
	char uuid[40], path[80];

	snprintf(uuid, sizeof(uuid), "00000000-0000-0000-0000-0000000000%02x", domid & 0xff);
	put(domid, 'r', "", "%s", "");
	put(domid, 'r', "domid", "%u", domid);
	put(domid, 'r', "name", "%s", dom->name);
	put(domid, 'r', "vm", "/vm/%s", uuid);
	put(domid, 'r', "memory", "%s", "");
	put(domid, 'r', "memory/static-max", "%" PRId64, dom->static_kib);
	put(domid, 'r', "memory/target", "%" PRId64,
	    (int64_t)dom->tot_pages * 4 + dom->offset_kib);
	put(domid, 'w', "data", "%s", "");
	snprintf(path, sizeof(path), "/vm/%s/uuid", uuid);
	xs_write(store, XBT_NULL, path, uuid, strlen(uuid));
	if (domid && !xs_introduce_domain(store, domid, 1, domid))
		die("introduce %u: %s", domid, strerror(errno));
}

static void cmd_init(char **word)
{
	(void)word;	/* read when the file was made */
}

/* add DOMID NAME MIB [max=MIB] [type=pvh] [offset=KIB] [paused=1] [obeys=0] [reports=0] */
static void cmd_add(char **word)
{
	uint32_t domid = (uint32_t)number(word[0]);
	int64_t kib = number(word[2]) * 1024, static_kib = kib;
	struct fake_dom dom = { .used = true, .domid = domid, .obeys = true, .reports = true,
				.need_kib = kib, .want_kib = kib };
	const char *name = word[1];
	struct fake_dom *slot = NULL;
	int i;

	for (word += 3; *word; word++) {
		char *value = strchr(*word, '=');

		if (!value)
			die("%s is no key=value", *word);
		*value++ = '\0';
		if (!strcmp(*word, "max"))
			static_kib = number(value) * 1024;
		else if (!strcmp(*word, "type"))
			dom.pvh = !strcmp(value, "pvh");
		else if (!strcmp(*word, "offset"))
			dom.offset_kib = number(value);
		else if (!strcmp(*word, "paused"))
			dom.paused = number(value) != 0;
		else if (!strcmp(*word, "obeys"))
			dom.obeys = number(value) != 0;
		else if (!strcmp(*word, "reports"))
			dom.reports = number(value) != 0;
		else
			die("unknown key %s", *word);
	}
	dom.reports &= domid != 0;
	for (i = 0; i < FAKE_DOMS && !slot; i++)
		slot = xen->dom[i].used ? NULL : &xen->dom[i];
	if (!slot || fake_find(xen, domid))
		die("no room for domain %u", domid);
	dom.uuid[14] = (uint8_t)(domid >> 8);
	dom.uuid[15] = (uint8_t)domid;
	dom.static_kib = static_kib;
	snprintf(dom.name, sizeof(dom.name), "%s", name);
	dom.max_pages = domid ? (static_kib + FAKE_SLACK_KIB) / 4 : UINT32_MAX;

	fake_lock();
	*slot = dom;
	fake_move(xen, slot, kib / 4);
	fake_unlock();
	if (slot->tot_pages != (uint64_t)kib / 4) {
		slot->used = false;
		die("%s needs %" PRId64 " MiB and only %" PRIu64 " are free", name, kib / 1024,
		    fake_free_pages(xen) / PAGES_PER_MIB);
	}

	dom_store(slot);
}

/* After xenstored lost everything: as if the toolstack told it all again. */
static void cmd_store(char **word)
{
	(void)word;
	for (int i = 0; i < FAKE_DOMS; i++)
		if (xen->dom[i].used)
			dom_store(&xen->dom[i]);
}

static void cmd_remove(char **word)
{
	struct fake_dom *dom = dom_of(word[0]);
	char path[64];
	uint32_t domid = dom->domid;

	dom->used = false;
	xs_release_domain(store, domid);
	snprintf(path, sizeof(path), "/local/domain/%u", domid);
	xs_rm(store, XBT_NULL, path);
}

/* The guest populates or gives back by itself, as far as Xen lets it. */
static void cmd_tot(char **word)
{
	fake_lock();
	fake_move(xen, dom_of(word[0]), number(word[1]) * PAGES_PER_MIB);
	fake_unlock();
}

static void cmd_max(char **word)
{
	dom_of(word[0])->max_pages = number(word[1]) * PAGES_PER_MIB;
}

/* What xl mem-set does, behind balloond's back. */
static void cmd_mem_set(char **word)
{
	struct fake_dom *dom = dom_of(word[0]);
	int64_t kib = number(word[1]) * 1024;

	dom->max_pages = (kib + FAKE_SLACK_KIB) / 4;
	put(dom->domid, 'r', "memory/target", "%" PRId64, kib + dom->offset_kib);
}

static void cmd_need(char **word)
{
	struct fake_dom *dom = dom_of(word[0]);

	dom->need_kib = number(word[1]) * 1024;
	dom->want_kib = word[2] ? number(word[2]) * 1024 : dom->need_kib;
	dom->seq = 0;	/* a report is due */
}

static void cmd_refuse(char **word)
{
	xen->refuses = number(word[0]) != 0;
}

static void cmd_rob(char **word)
{
	xen->rob_pages = (uint64_t)number(word[0]) * PAGES_PER_MIB;
}

static void cmd_unpause(char **word)
{
	dom_of(word[0])->paused = false;
}

static void guest_report(struct fake_dom *dom, const struct lease *lease)
{
	struct report report = {
		.version = SCHEMA_VERSION, .boot = 7, .epoch = lease->epoch,
		.seq = dom->seq + 1, .need_kib = (u64)dom->need_kib,
		.want_kib = (u64)dom->want_kib, .floor_kib = 16384,
		.limit_kib = (u64)get_kib(dom->domid, KEY_STATIC_MAX),
	};
	char text[SCHEMA_RECORD_MAX], *last = get(dom->domid, KEY_REPORT);
	bool there = last && *last;

	free(last);
	/* `fake-xen need` may come at any moment: what was said is what counts. */
	if (there && dom->seq && dom->epoch == lease->epoch &&
	    dom->said_need_kib == (int64_t)report.need_kib &&
	    dom->said_want_kib == (int64_t)report.want_kib)
		return;
	dom->epoch = lease->epoch;
	dom->said_need_kib = (int64_t)report.need_kib;
	dom->said_want_kib = (int64_t)report.want_kib;
	dom->seq++;
	if (report_format(&report, text, sizeof(text)) > 0)
		put(dom->domid, 'w', KEY_REPORT, "%s", text);
}

/* One tick of a guest: its goal is clamp(max(target, need)) inside its lease. */
static void guest_tick(struct fake_dom *dom)
{
	int64_t target_kib = get_kib(dom->domid, KEY_TARGET);
	char *text = get(dom->domid, KEY_LEASE);
	struct lease lease = { 0 };
	int64_t goal_kib;
	uint64_t goal;

	if (text && dom->reports && !lease_parse(text, strlen(text), &lease))
		guest_report(dom, &lease);
	free(text);
	if (!dom->obeys || target_kib < 0)
		return;
	goal_kib = target_kib - dom->offset_kib;
	if (lease.version && goal_kib < dom->need_kib)
		goal_kib = dom->need_kib < (int64_t)lease.ceiling_kib ? dom->need_kib :
			   goal_kib < (int64_t)lease.ceiling_kib ? (int64_t)lease.ceiling_kib :
			   goal_kib;
	fake_lock();
	goal = (uint64_t)goal_kib / 4;
	if (goal > dom->tot_pages + STEP_PAGES)
		goal = dom->tot_pages + STEP_PAGES;
	if (goal + STEP_PAGES < dom->tot_pages)
		goal = dom->tot_pages - STEP_PAGES;
	fake_move(xen, dom, goal);
	fake_unlock();
}

/* Plays every guest until it is killed or the store is gone. */
static void cmd_guests(char **word)
{
	(void)word;
	playing = true;
	for (;;) {
		char *name = get(0, "name");

		if (!name && store)	/* xenstored may have died and come back */
			xs_close(store);
		if (!name)
			store = xs_open(0);
		free(name);
		for (int i = 0; store && i < FAKE_DOMS; i++)
			if (xen->dom[i].used && xen->dom[i].domid && !xen->dom[i].paused)
				guest_tick(&xen->dom[i]);
		usleep(TICK_MS * 1000);
	}
}

static void cmd_show(char **word)
{
	(void)word;
	fake_lock();
	printf("total_kib %" PRIu64 " free_kib %" PRIu64 " changes %" PRIu64 "\n",
	       xen->total_pages * 4, fake_free_pages(xen) * 4, xen->changes);
	for (int i = 0; i < FAKE_DOMS; i++)
		if (xen->dom[i].used)
			printf("domain %u actual_kib %" PRIu64 " max_kib %" PRIu64
			       " target_kib %" PRId64 "\n", xen->dom[i].domid,
			       xen->dom[i].tot_pages * 4, xen->dom[i].max_pages * 4,
			       get_kib(xen->dom[i].domid, KEY_TARGET));
	fake_unlock();
}

static const struct {
	const char *name;
	int words;
	void (*run)(char **word);
	const char *usage;
} commands[] = {
	{ "init", 1, cmd_init, "MIB: a machine with so much memory, without domains" },
	{ "add", 3, cmd_add, "DOMID NAME MIB [max= type= offset= paused= obeys= reports=]" },
	{ "store", 0, cmd_store, ": write all domains to an empty store" },
	{ "remove", 1, cmd_remove, "DOMID" },
	{ "unpause", 1, cmd_unpause, "DOMID" },
	{ "tot", 2, cmd_tot, "DOMID MIB: the guest moves by itself" },
	{ "max", 2, cmd_max, "DOMID MIB: somebody sets max_pages" },
	{ "mem-set", 2, cmd_mem_set, "DOMID MIB: as xl mem-set" },
	{ "need", 2, cmd_need, "DOMID MIB [WANT]: what its driver reports" },
	{ "refuse", 1, cmd_refuse, "0|1: Xen refuses every setmaxmem" },
	{ "rob", 1, cmd_rob, "MIB: somebody claims them at the next raise of a max_pages" },
	{ "guests", 0, cmd_guests, ": play all guests until killed" },
	{ "show", 0, cmd_show, ": free memory, and every domain's" },
};

int main(int argc, char **argv)
{
	size_t n = sizeof(commands) / sizeof(commands[0]), i;

	for (i = 0; argc > 1 && i < n; i++) {
		bool init = !strcmp(argv[1], "init");

		if (strcmp(argv[1], commands[i].name))
			continue;
		if (argc - 2 < commands[i].words)
			die("usage: %s %s", commands[i].name, commands[i].usage);
		xen = fake_open(init);
		if (!xen)
			die("%s: %s", FAKE_XEN_ENV, strerror(errno));
		if (init)
			xen->total_pages = (uint64_t)number(argv[2]) * PAGES_PER_MIB;
		else
			store_open();
		commands[i].run(argv + 2);
		return 0;
	}
	for (i = 0; i < n; i++)
		fprintf(stderr, "fake-xen %s %s\n", commands[i].name, commands[i].usage);
	return 2;
}
