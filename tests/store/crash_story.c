// SPDX-License-Identifier: GPL-2.0-or-later
#include "crash_story.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xenstore.h>

#include "fake_guest.h"
#include "xenstore-schema/record.h"

#define MIB		1024LL
#define HOST_MIB	2048
#define NEAR_MIB	12	/* what hysteresis, offset and slack leave */
#define UUID		"00000000-0000-0000-0000-0000000000%02x"

enum { WEB = 1, DB = 2, STOCK = 3, NEW = 5, FAIL = 6 };

static char answer[ANSWER_MAX];

static void need(struct stage *s, uint32_t domid, int64_t mib)
{
	struct fake_dom *dom = fake_find(s->xen, domid);

	dom->need_kib = dom->want_kib = mib * MIB;
}

/* UNTIL(condition, seconds): it comes true in time, of the host's clock */
#define UNTIL(condition, seconds)						\
	do {									\
		uint64_t end_ = s->crash->now_ms + (seconds) * 1000ULL;		\
		while (!(condition)) {						\
			if (s->crash->now_ms >= end_)				\
				stage_fail(s, "line %d: not within %d s: %s", __LINE__, \
					   (int)(seconds), #condition);		\
			stage_step(s, 100);					\
		}								\
	} while (0)

static bool ok(struct stage *s)
{
	if (strstr(answer, "\"ok\":true"))
		return true;
	stage_fail(s, "refused: %.300s", answer);
}

static bool near_mib(struct stage *s, uint32_t domid, int64_t mib)
{
	return llabs((int64_t)stage_mib(s, domid) - mib) <= NEAR_MIB;
}

static const char *reservation(struct stage *s, uint32_t id, const char *key)
{
	return stage_read(s, "/tool/balloond/reservation/%u/%s", id, key);
}

/* How many reservations of that name the store has, and the id of one; NULL: all. */
static unsigned int named(struct stage *s, const char *name, uint32_t *id)
{
	unsigned int n, found = 0;
	char **ids = xs_directory(s->store, XBT_NULL, "/tool/balloond/reservation", &n);

	for (unsigned int i = 0; ids && i < n; i++) {
		uint32_t one = (uint32_t)strtoul(ids[i], NULL, 10);

		if ((name && strcmp(reservation(s, one, "name"), name)) ||
		    !*reservation(s, one, "size"))
			continue;
		*id = one;
		found++;
	}
	free(ids);
	return found;
}

/*
 * Asks until there is an answer; whoever lost one first looks whether it got what
 * it asked for. A connection's own is asked for again as it is.
 */
static struct told *reserve(struct stage *s, int slot, const char *name, int64_t mib,
			    int expire_s)
{
	struct told *told = &s->told[slot];
	char more[64] = "";
	unsigned int promised = 0;
	uint32_t id = 0, any;

	*told = (struct told){ .size_kib = mib * MIB, .domid = -1, .sock = -1,
			       .connection = !expire_s };
	snprintf(told->name, sizeof(told->name), "%s", name);
	if (expire_s)
		snprintf(more, sizeof(more), ",\"owner\":\"token\",\"expire_s\":%d", expire_s);
	for (int i = 0; !stage_ask(s, &told->sock, answer, "{\"command\":\"reserve\",\"name\":"
				   "\"%s\",\"size_kib\":%" PRId64 "%s}", name,
				   told->size_kib, more); i++) {
		if (i == 50)
			stage_fail(s, "%s: no answer", name);
		stage_step(s, 100);
		if (expire_s && named(s, name, &id))
			break;
	}
	if (!id) {
		ok(s);
		id = (uint32_t)strtoul(strstr(answer, "\"id\":") + 5, NULL, 10);
	}
	told->id = id;
	told->granted = true;
	for (int i = 0; i < STAGE_PROMISES; i++)
		promised += s->told[i].granted;
	if (named(s, NULL, &any) != promised)
		stage_fail(s, "%u reservations are there, %u were told", named(s, NULL, &any), promised);
	if (named(s, name, &id) != 1 || id != told->id)
		stage_fail(s, "%s: reservation %u is there %u times, last as %u", name, told->id,
			   named(s, name, &id), id);
	return told;
}

static void told_end(struct stage *s, struct told *told)
{
	if (told->sock > 0)
		close(told->sock);
	told->sock = 0;
	told->granted = false;
	UNTIL(!*reservation(s, told->id, "size"), 60);
}

static void assign(struct stage *s, const struct told *told)
{
	stage_insist(s, answer, "{\"command\":\"assign\",\"id\":%u,\"domain\":\"%s\"}", told->id,
		     told->name);
	ok(s);
}

static void guests(struct stage *s)
{
	stage_add(s, (struct fake_dom){ .domid = 0, .name = "Domain-0", .static_kib = 512 * MIB },
		  512);
	stage_add(s, (struct fake_dom){ .domid = WEB, .name = "web", .static_kib = 1024 * MIB,
		  .obeys = true, .reports = true, .need_kib = 256 * MIB, .want_kib = 256 * MIB }, 256);
	stage_add(s, (struct fake_dom){ .domid = DB, .name = "db", .static_kib = 512 * MIB,
		  .obeys = true, .reports = true, .pvh = true, .offset_kib = 100,
		  .need_kib = 256 * MIB, .want_kib = 256 * MIB }, 256);
	stage_add(s, (struct fake_dom){ .domid = STOCK, .name = "stock", .static_kib = 256 * MIB,
		  .obeys = true }, 128);
}

static void spike_and_back(struct stage *s)
{
	need(s, WEB, 700);
	UNTIL(stage_mib(s, WEB) >= 700, 60);
	need(s, WEB, 300);
	need(s, DB, 450);
	UNTIL(stage_mib(s, DB) >= 450 && near_mib(s, WEB, 300), 120);
}

static void settings(struct stage *s)
{
	struct fake_dom *web = fake_find(s->xen, WEB);

	stage_insist(s, answer, "{\"command\":\"set\",\"domain\":\"web\",\"min_kib\":204800,"
		     "\"max_kib\":921600,\"weight\":512}");
	ok(s);
	stage_insist(s, answer, "{\"command\":\"set\",\"domain\":\"stock\",\"from\":\"cfg\","
		     "\"min_kib\":102400}");
	ok(s);
	/* An operator's orders: one stands, the other is taken back. */
	web->max_pages = 401 * MIB_PAGES;
	fake_put(s->store, WEB, 'r', KEY_TARGET, "%lld", 400 * MIB);
	UNTIL(near_mib(s, WEB, 400) && atoi(stage_read(s, "/tool/balloond/vm/" UUID "/pin", WEB))
	      == 400 * MIB, 60);
	stage_insist(s, answer, "{\"command\":\"set\",\"domain\":\"web\",\"auto\":true,"
		     "\"weight\":300}");
	ok(s);
	fake_put(s->store, STOCK, 'r', KEY_TARGET, "%lld", 144 * MIB);
	UNTIL(near_mib(s, STOCK, 144), 60);
	UNTIL(near_mib(s, WEB, 300), 60);
}

/* A start that has to wait for others to shrink, and is built slowly. */
static void start(struct stage *s)
{
	struct told *told;
	struct fake_dom *dom;

	need(s, WEB, 800);
	UNTIL(stage_mib(s, WEB) >= 800, 60);
	need(s, WEB, 300);
	told = reserve(s, 0, "new", 500, 0);
	need(s, WEB, 800);	/* before it is built: not from what was promised */
	stage_run(s, 500);
	told->domid = NEW;
	dom = stage_add(s, (struct fake_dom){ .domid = NEW, .name = "new", .paused = true,
			.static_kib = 499 * MIB, .obeys = true, .reports = true,
			.need_kib = 300 * MIB, .want_kib = 300 * MIB }, 10);
	stage_run(s, 100);
	assign(s, told);
	for (uint64_t mib = 60; mib <= 499; mib += 63) {
		fake_move(s->xen, dom, mib * MIB_PAGES);
		stage_run(s, 400);
		if (told->granted && !*reservation(s, told->id, "size"))
			stage_fail(s, "reservation of a domain being built is gone");
	}
	fake_move(s->xen, dom, 499 * MIB_PAGES);
	need(s, WEB, 300);
	stage_step(s, 100);
	dom->paused = false;
	told_end(s, told);
	UNTIL(near_mib(s, NEW, 300), 60);
}

/* A build that fails, a client that goes away, a token whose time ends. */
static void starts_that_end(struct stage *s)
{
	struct told *fails = reserve(s, 0, "fail", 200, 0), *goes, *ends;

	fails->domid = FAIL;
	stage_add(s, (struct fake_dom){ .domid = FAIL, .name = "fail", .paused = true,
		  .static_kib = 199 * MIB }, 50);
	stage_run(s, 500);
	assign(s, fails);
	fails->granted = false;		/* what it has is free when it is gone */
	fake_find(s->xen, FAIL)->dying = true;
	stage_run(s, 300);
	stage_remove(s, FAIL);
	told_end(s, fails);

	goes = reserve(s, 1, "goes", 100, 0);
	told_end(s, goes);

	ends = reserve(s, 2, "ends", 100, 20);
	reserve(s, 3, "stays", 60, 100000);
	stage_run(s, 10000);
	if (!*reservation(s, ends->id, "size"))
		stage_fail(s, "a token ended before its time");
	ends->granted = false;	/* at some moment from now */
	UNTIL(!*reservation(s, ends->id, "size"), 60);
}

static void save(struct stage *s)
{
	int sock = -1;

	while (!stage_ask(s, &sock, answer, "{\"command\":\"freeze\",\"domain\":\"web\"}"))
		stage_step(s, 100);
	ok(s);
	stage_run(s, 1000);
	if (sock > 0)
		stage_ask(s, &sock, answer, "{\"command\":\"thaw\",\"domain\":\"web\"}");
	if (sock > 0)
		close(sock);
}

static void death(struct stage *s)
{
	fake_find(s->xen, NEW)->dying = true;
	stage_run(s, 300);
	stage_remove(s, NEW);
	UNTIL(!*stage_read(s, "/tool/balloond/vm/" UUID "/offset", NEW), 60);
}

/* I2 and I11 where everything rests, by Xen's numbers and the store's. */
static void rests(struct stage *s)
{
	for (int i = 0; i < FAKE_DOMS; i++) {
		const struct fake_dom *dom = &s->xen->dom[i];
		int64_t actual_kib = (int64_t)dom->tot_pages * 4, target_kib;
		int64_t max_kib = (int64_t)dom->max_pages * 4;

		if (!dom->used || !dom->domid)
			continue;
		target_kib = fake_get_kib(s->store, dom->domid, KEY_TARGET) - dom->offset_kib;
		if (actual_kib > target_kib + MIB)
			stage_fail(s, "I11: %s has %" PRId64 " KiB, target %" PRId64, dom->name,
				   actual_kib, target_kib);
		if (target_kib > max_kib || max_kib > dom->static_kib + MIB)
			stage_fail(s, "I2: %s: target %" PRId64 ", max_pages %" PRId64
				   ", static %" PRId64, dom->name, target_kib, max_kib,
				   dom->static_kib);
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void tree(struct stage *s, const char *path, char *out)
{
	unsigned int n;
	char **names = xs_directory(s->store, XBT_NULL, path, &n);
	const char *value = stage_read(s, "%s", path);
	size_t at = strlen(out);

	/* Ids and times are those of the last that asked. */
	if (!strncmp(path, "/tool/balloond/reservation/", 27))
		snprintf(out + at, ENDING_MAX - at, "reservation%s = %s\n", path[27 + strcspn(path + 27, "/")] ?
			 strrchr(path, '/') : "",
			 strstr(path, "/expires") ? "some time" : value);
	else if (strstr(path, "/offset"))	/* smaller ones look like a need that is held */
		snprintf(out + at, ENDING_MAX - at, "%s = about %d MiB\n", path,
			 (atoi(value) + 512) / 1024);
	else
		snprintf(out + at, ENDING_MAX - at, "%s = %s\n", path, value);
	if (names)
		qsort(names, n, sizeof(*names), by_name);
	for (unsigned int i = 0; names && i < n; i++) {
		char below[256];

		snprintf(below, sizeof(below), "%s/%s", path, names[i]);
		tree(s, below, out);
	}
	free(names);
}

/* Everything that is kept, and nothing that is not; and where the guests came to rest. */
static void ending_take(struct stage *s, char *out)
{
	unsigned int n;
	char **names;

	out[0] = '\0';
	tree(s, "/tool/balloond/vm", out);
	tree(s, "/tool/balloond/reservation", out);
	names = xs_directory(s->store, XBT_NULL, "/local/domain", &n);
	for (unsigned int i = 0; names && i < n; i++) {
		uint32_t domid = (uint32_t)atoi(names[i]);
		size_t at = strlen(out);

		/* Within what hysteresis leaves: the middle of a band of 16 MiB. */
		snprintf(out + at, ENDING_MAX - at, "domain %u: about %" PRIu64 " MiB\n", domid,
			 (stage_mib(s, domid) + 8) / 16 * 16);
	}
	free(names);
}

bool story_run(struct stage *s, char ending[ENDING_MAX])
{
	ending[0] = '\0';
	if (setjmp(s->failed)) {
		stage_kill(s);
		return false;
	}
	guests(s);
	s->least_kib = stage_slack_kib(s);	/* max_pages as libxl leaves them */
	if (s->least_kib > 0)
		s->least_kib = 0;
	stage_start(s);
	stage_run(s, 5000);
	spike_and_back(s);
	settings(s);
	start(s);
	starts_that_end(s);
	save(s);
	death(s);
	need(s, WEB, 296);
	need(s, DB, 296);
	UNTIL(near_mib(s, DB, 296) && near_mib(s, WEB, 296), 60);
	stage_run(s, 20000);
	rests(s);
	stage_stop(s);
	rests(s);
	ending_take(s, ending);
	return true;
}
