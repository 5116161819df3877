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

#include "fake_guest.h"
#include "fake_xen.h"
#include "xenstore-schema/schema.h"

#define PAGES_PER_MIB	256
#define TICK_MS		20

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

static void dom_store(const struct fake_dom *dom)
{
	if (fake_dom_store(store, dom))
		die("domain %u in the store: %s", dom->domid, strerror(errno));
}

static struct fake_dom *dom_of(const char *text)
{
	struct fake_dom *dom = fake_find(xen, (uint32_t)number(text));

	if (!dom)
		die("no domain %s", text);
	return dom;
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
	if (fake_put(store, dom->domid, 'r', KEY_TARGET, "%" PRId64, kib + dom->offset_kib))
		die("target: %s", strerror(errno));
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

static void cmd_busy(char **word)
{
	dom_of(word[0])->busy_percent = (uint32_t)number(word[1]);
}

static void cmd_slow(char **word)
{
	dom_of(word[0])->step_pages = (uint64_t)number(word[1]) * PAGES_PER_MIB * TICK_MS / 1000;
}

static void cmd_pause(char **word)
{
	dom_of(word[0])->paused = true;
}

static void cmd_nodes(char **word)
{
	xen->n_nodes = (uint32_t)number(word[0]);
}

/* xl vcpu-pin: off all processors of a node, or none. */
static void cmd_leave(char **word)
{
	uint32_t node = strcmp(word[1], "none") ? (uint32_t)number(word[1]) : 32;

	dom_of(word[0])->cpus_left_out =
		node < 4 ? ((1u << FAKE_NODE_CPUS) - 1) << node * FAKE_NODE_CPUS : 0;
}

static void cmd_unpause(char **word)
{
	dom_of(word[0])->paused = false;
}

/* Plays every guest until it is killed or the store is gone. */
static void cmd_guests(char **word)
{
	(void)word;
	for (;;) {
		char *name = fake_get(store, 0, "name");

		if (!name && store)	/* xenstored may have died and come back */
			xs_close(store);
		if (!name)
			store = xs_open(0);
		free(name);
		for (int i = 0; store && i < FAKE_DOMS; i++)
			if (xen->dom[i].used && xen->dom[i].domid && !xen->dom[i].paused) {
				xen->dom[i].cpu_ns += TICK_MS * 10000ULL * xen->dom[i].busy_percent;
				fake_guest_tick(xen, store, &xen->dom[i]);
			}
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
			       fake_get_kib(store, xen->dom[i].domid, KEY_TARGET));
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
	{ "busy", 2, cmd_busy, "DOMID PERCENT: of a vcpu that it uses from now on" },
	{ "slow", 2, cmd_slow, "DOMID MIB: its balloon moves so many MiB a second; 0: as any" },
	{ "pause", 1, cmd_pause, "DOMID" },
	{ "nodes", 1, cmd_nodes, "N: so many NUMA nodes, 1 to 4" },
	{ "leave", 2, cmd_leave, "DOMID NODE|none: it may run on every other node only" },
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
