// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The judge of a soak: Xen's and xenstore's words only, with every sample. A
 * promise is judged all the time but for what its invariant itself allows, and how
 * much of the time that was is a result as well: a judge who looks away finds nothing.
 *
 *	I1	at once, whether the daemon lives or not. After a foreign act that
 *		raises a limit, until it is right again.
 *	I2	at once. After a foreign order, until it is right again.
 *	I11	a growth is followed, a shrink goes on; not while nobody can: the
 *		daemon is dead, or the guest is paused.
 */
#include "soak.h"

#include <stdlib.h>
#include <string.h>

#define FOLLOW_MS	1500		/* the guest's report, up to 1 s after its last, and a turn */
/* balloond calls a shrink stuck after 5 s, and takes its order back in the next turn. */
#define SHRINK_MS	6000
#define SHRINK_KIB	1024
#define NEAR_KIB	(1024 + 64)	/* I11, and the offset of a PVH guest */
#define NOISE_KIB	64		/* libxl's own for a domain: its console and store pages */
#define TURN_MS		250		/* a turn that began before an act may not know of it */
#define DAEMON_MS	2000		/* a start, and its first turn */
#define GAP_MS		1000		/* no sample for so long: nobody looked */
#define FULL_PERCENT	80

int soak_counts[COUNT_COUNT];

#define COUNT_NAME(name) #name,
static const char *const count_names[] = { SOAK_COUNTS(COUNT_NAME) };

static struct scenario *scn;
static struct soak_guest *guests;
static int n_guests;
static int64_t pool_kib, reserved_kib, reserved_ms;
static int64_t last_ms, begin_ms;
static int64_t all_ms, guests_ms;	/* looked at; by all guests together */
static int64_t armed_ms[3];		/* I1; I2, I11 by all guests together */
static bool foreign, deficit;
static int64_t foreign_end_ms, foreign_until_ms;
static bool daemon_expected;
static int64_t daemon_ms;
static int64_t least_kib;
static int64_t percent_sum, percent_least, full_ms;

static const char *name_of(const struct soak_guest *g)
{
	return scn->guest[g->guest].name;
}

/* All that was judged, for whoever looks for the cause. */
static void tell_state(void)
{
	const struct sample *now = book_latest();
	char text[900];
	size_t len;

	len = (size_t)snprintf(text, sizeof(text), "free %d slack %d claims %d reserved %lld", now->free,
			       now->slack, now->claims, (long long)reserved_kib);
	for (int i = 0; i < scn->guests && len < sizeof(text); i++) {
		const int32_t *v = now->dom[i];

		if (v[FIELD_ALIVE] >= 0 && v[FIELD_TOT] >= 0)
			len += (size_t)snprintf(text + len, sizeof(text) - len,
						" | %s %d: tot %d max %d target %d ceiling %d need %d",
						scn->guest[i].name, sampler_domid(i), v[FIELD_TOT],
						v[FIELD_MAX], v[FIELD_TARGET], v[FIELD_CEILING],
						v[FIELD_NEED]);
	}
	book_event("state", "%s", text);
}

static void violation(const char *what, const struct soak_guest *g, int64_t kib)
{
	soak_counts[COUNT_violations]++;
	book_event("violation", "%s%s%s: %lld KiB", g ? name_of(g) : "", g ? ": " : "", what,
		   (long long)kib);
	tell_state();
}

void watch_foreign(void)
{
	foreign = true;
}

void watch_foreign_over(int64_t bound_ms)
{
	foreign = false;
	foreign_end_ms = lab_now();
	foreign_until_ms = foreign_end_ms + bound_ms;
}

void watch_order(struct soak_guest *g, int64_t bound_ms)
{
	g->order_ms = lab_now() + bound_ms;
	/* A shrink that is under way begins anew, whichever way the order goes. */
	if (g->due_ms)
		g->due_ms = lab_now() + SHRINK_MS;
}

void watch_reserved(int64_t kib, int64_t until_ms)
{
	reserved_kib = kib;
	reserved_ms = until_ms;
}

void watch_daemon(bool up)
{
	daemon_expected = up;
	daemon_ms = lab_now();
}

/* What is free beyond all promises and the pool. */
static int64_t left_kib(int64_t ms)
{
	return book_latest()->slack - pool_kib - (ms < reserved_ms ? reserved_kib : 0);
}

static void look_sum(int64_t ms, int64_t passed_ms)
{
	bool excused = foreign || ms < foreign_until_ms;
	int64_t left = left_kib(ms);

	/* Domains are read one after the other, and move meanwhile: no deficit lasts. */
	if (left < -NOISE_KIB && !excused) {
		sampler_tick();
		left = left_kib(ms);
	}
	if (!foreign && foreign_until_ms && left >= 0 && ms >= foreign_end_ms + TURN_MS)
		foreign_until_ms = 0;
	if (!excused) {
		armed_ms[0] += passed_ms;
		if (left < least_kib)
			least_kib = left;
		if (left < -NOISE_KIB && !deficit)
			violation("I1: promised and not there", NULL, -left);
	}
	deficit = !excused && left < -NOISE_KIB;
}

static void look_floor(struct soak_guest *g, const int32_t *v, int64_t ms, int64_t passed_ms)
{
	int64_t floor_kib = atol(scn->guest[g->guest].min) * 1024;
	bool under = v[FIELD_TARGET] >= 0 && v[FIELD_TARGET] < floor_kib - NEAR_KIB;

	if (!under && ms >= g->order_ms - GAP_MS)
		g->order_ms = 0;
	if (ms < g->order_ms)
		return;
	armed_ms[1] += passed_ms;
	if (under && !g->under)
		violation("I2: target under its floor", g, floor_kib - v[FIELD_TARGET]);
	g->under = under;
}

static void look_target(struct soak_guest *g, const int32_t *v, int64_t ms, int64_t passed_ms)
{
	int32_t tot = v[FIELD_TOT], target = v[FIELD_TARGET];
	bool judged = daemon_expected && ms - daemon_ms > DAEMON_MS && !g->paused && target >= 0;
	bool ordered;

	if (!judged || tot <= target + NEAR_KIB) {
		if (judged)
			armed_ms[2] += passed_ms;
		g->due_ms = 0;
		g->told = false;
		g->fresh = !judged;
		g->target_kib = target;
		return;
	}
	/* Above an order by its need it is followed and asked down again between two samples. */
	ordered = g->pin_mib && target <= g->pin_mib * 1024 + NEAR_KIB;
	if (!g->due_ms && !g->fresh && !ordered && target >= g->target_kib) {
		g->due_ms = ms + FOLLOW_MS;
		g->from_kib = tot;
	} else if (!g->due_ms || target < g->target_kib || tot <= g->from_kib - SHRINK_KIB) {
		g->due_ms = ms + SHRINK_MS;
		g->from_kib = tot;
	}
	if (ms > g->due_ms && !g->told) {
		violation("I11: above its target", g, tot - target);
		g->told = true;
	}
	g->fresh = false;
	g->target_kib = target;
}

static void look_commitment(int64_t passed_ms)
{
	const struct sample *now = book_latest();
	int64_t held_kib = 0, percent;

	for (int i = 0; i < scn->guests; i++)
		if (now->dom[i][FIELD_ALIVE] > 0)
			held_kib += now->dom[i][FIELD_TOT];
	percent = 100 * held_kib / (held_kib + now->free + 1);
	percent_sum += percent * passed_ms;
	if (percent < percent_least)
		percent_least = percent;
	if (percent >= FULL_PERCENT)
		full_ms += passed_ms;
}

static int64_t percent_of(int64_t part, int64_t all)
{
	return all ? 100 * part / all : 0;
}

static void progress(void)
{
	book_event("soak", "minute %lld: violations %d, lost %d, armed %lld %lld %lld %%, handed out "
		   "%lld %% on average and %lld %% at least", (long long)(last_ms - begin_ms) / 60000,
		   soak_counts[COUNT_violations], soak_counts[COUNT_lost],
		   (long long)percent_of(armed_ms[0], last_ms - begin_ms),
		   (long long)percent_of(armed_ms[1], guests_ms),
		   (long long)percent_of(armed_ms[2], guests_ms),
		   (long long)(all_ms ? percent_sum / all_ms : 0), (long long)percent_least);
}

static void look(void)
{
	const struct sample *now = book_latest();
	int64_t ms = lab_now(), passed_ms = ms - last_ms;

	last_ms = ms;
	if (passed_ms > GAP_MS)
		passed_ms = 0;
	all_ms += passed_ms;
	if (daemon_expected && !child_pid("daemon")) {
		soak_counts[COUNT_daemon_died]++;
		daemon_expected = false;
		book_event("violation", "balloond died");
	}
	look_commitment(passed_ms);
	look_sum(ms, passed_ms);
	if (ms / 60000 != (ms - passed_ms) / 60000)	/* for whoever waits, or gives up */
		progress();
	for (int i = 0; i < n_guests; i++) {
		struct soak_guest *g = &guests[i];
		const int32_t *v = now->dom[g->guest];

		if (!g->up) {
			g->fresh = true;
			g->due_ms = 0;
			g->under = false;
			continue;
		}
		if (v[FIELD_ALIVE] == 0) {
			soak_counts[COUNT_lost]++;
			g->up = false;
			g->lost = true;
			book_event("violation", "%s is lost", name_of(g));
			continue;
		}
		guests_ms += passed_ms;
		look_floor(g, v, ms, passed_ms);
		look_target(g, v, ms, passed_ms);
	}
}

void watch_begin(struct scenario *s, struct soak_guest *g, int n)
{
	const char *pool = strstr(s->conf, "free_min=\"");

	scn = s;
	guests = g;
	n_guests = n;
	pool_kib = pool ? atol(pool + strlen("free_min=\"")) * 1024 : 0;
	all_ms = guests_ms = percent_sum = full_ms = 0;
	memset(armed_ms, 0, sizeof(armed_ms));
	percent_least = 100;
	least_kib = INT64_MAX;
	begin_ms = last_ms = lab_now();
	daemon_expected = true;
	lab_look = look;
}

void watch_end(void)
{
	lab_look = NULL;
}

static void put(const char *name, int64_t value, const char *words)
{
	book_set("soak", name, value);
	book_event("soak", "%s %lld%s%s", name, (long long)value, *words ? " " : "", words);
}

void watch_result(void)
{
	for (int i = 0; i < COUNT_COUNT; i++)
		put(count_names[i], soak_counts[i], "");
	put("minutes", (last_ms - begin_ms) / 60000, "of virtual time");
	put("watched", percent_of(all_ms, last_ms - begin_ms), "% of it, a sample at least every second");
	put("i1_armed", percent_of(armed_ms[0], last_ms - begin_ms), "% of it: promises against free memory");
	put("i2_armed", percent_of(armed_ms[1], guests_ms), "% of it: floors");
	put("i11_armed", percent_of(armed_ms[2], guests_ms), "% of it: targets followed");
	put("least_kib", least_kib, "KiB free beyond all promises and the pool, the least while armed");
	put("handed_out", all_ms ? percent_sum / all_ms : 0, "% of what guests share, on average");
	put("handed_out_least", percent_least, "%, the least");
	put("handed_out_full", percent_of(full_ms, all_ms), "% of the time 80 % and more were handed out");
}
