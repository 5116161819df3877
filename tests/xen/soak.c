// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The step `soak TIME GUEST...`: random acts of a toolstack, of workloads and of
 * fate on these guests, watched from outside with every sample. What was done and
 * what broke become values soak.ACT, soak.violations, soak.lost ...; LAB_SEED
 * gives another run.
 */
#include "lab.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* ACTS(A): A(name, how often) */
#define ACTS(A)									\
	A(start, 12) A(stop, 1) A(destroy, 1) A(pause, 3) A(spike, 14) A(calm, 8)	\
	A(save, 3) A(mem_set, 3) A(mem_max, 2) A(automatic, 3) A(set, 3)	\
	A(rename, 1) A(daemon_kill, 3) A(reserve, 2)
#define COUNTS(C)	/* of what isn't an act */				\
	C(refused) C(xl_crashed) C(violations) C(lost) C(oom) C(spoiled)

#define ACT_ENUM(name, often) ACT_##name,
enum act { ACTS(ACT_ENUM) ACT_COUNT };
#define COUNT_ENUM(name) COUNT_##name,
enum count { COUNTS(COUNT_ENUM) COUNT_COUNT };

#define ACT_NAME(name, often) #name,
static const char *const act_names[] = { ACTS(ACT_NAME) };
#define COUNT_NAME(name) #name,
static const char *const count_names[] = { COUNTS(COUNT_NAME) };
#define ACT_OFTEN(name, often) often,
static const int act_often[] = { ACTS(ACT_OFTEN) };

#define START_EVERY_MS	45000	/* one a minute at least */
#define LOAD_MIB	16	/* of a guest's workload at first */
#define FULL_PERCENT	93	/* spikes go on until needs are so much of what is there */
/*
 * So long a foreign act, a restart of the daemon or a move may show: balloond
 * looks at least every 10 s.
 */
#define GRACE_MS	15000
#define NEAR_KIB	(1024 + 64)	/* I11, and the offset of a PVH guest */

static struct scenario *scn;
static struct slot {
	int guest, mib;
	bool up, paused;
	int64_t over_ms, under_ms;	/* above its target, under its floor: since then */
} slots[SCN_ARGS];
static int n_slots;
static int acts[ACT_COUNT], counts[COUNT_COUNT];
static int64_t foreign_ms, daemon_ms, start_ms, deficit_ms;
static int64_t held_sum, free_sum;	/* for the commitment */

static int between(int low, int high)
{
	return low + (int)(random() % (high - low + 1));
}

static const char *name_of(const struct slot *s)
{
	return scn->guest[s->guest].name;
}

static void wait_ms(int low, int high)
{
	lab_wait(between(low, high), NULL, NULL);
}

static int __attribute__((format(printf, 2, 3))) run(const char *name, const char *fmt, ...)
{
	char command[256];
	va_list ap;
	int rc;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	rc = run_now(name, command);
	if (rc)
		book_event("soak", "exit %d: %s", rc, command);
	return rc;
}

static void violation(const char *what, const struct slot *s, int64_t kib)
{
	counts[COUNT_violations]++;
	book_event("violation", "%s%s%s: %lld KiB", s ? name_of(s) : "", s ? ": " : "", what,
		   (long long)kib);
}

/* Once an episode: since when it lasts; @return whether it just became too long. */
static bool lasts(int64_t *since_ms, bool is, int64_t now)
{
	bool was = *since_ms && now - *since_ms > GRACE_MS;

	if (!is)
		*since_ms = 0;
	else if (!*since_ms)
		*since_ms = now;
	return is && !was && now - *since_ms > GRACE_MS;
}

/* From outside, with every sample: Xen's and xenstore's words only. */
static void look(void)
{
	const struct sample *now = book_latest();
	int64_t ms = lab_now();
	bool fair = child_pid("daemon") && ms - daemon_ms > GRACE_MS &&
		    ms - foreign_ms > GRACE_MS;

	for (int i = 0; i < scn->guests; i++)
		if (now->dom[i][FIELD_ALIVE] > 0)
			held_sum += now->dom[i][FIELD_TOT];
	free_sum += now->free;
	if (lasts(&deficit_ms, fair && now->slack < -1024, ms))
		violation("I1: promised and not there", NULL, -now->slack);
	for (int i = 0; i < n_slots; i++) {
		struct slot *s = &slots[i];
		const int32_t *v = now->dom[s->guest];
		int64_t floor_kib = atol(scn->guest[s->guest].min) * 1024;
		bool there = fair && s->up && !s->paused && v[FIELD_TARGET] >= 0;

		if (lasts(&s->over_ms, there && v[FIELD_TOT] > v[FIELD_TARGET] + NEAR_KIB, ms))
			violation("I11: above its target", s, v[FIELD_TOT] - v[FIELD_TARGET]);
		if (lasts(&s->under_ms, there && v[FIELD_TARGET] < floor_kib - NEAR_KIB, ms))
			violation("I2: target under its floor", s, floor_kib - v[FIELD_TARGET]);
		if (s->up && v[FIELD_ALIVE] == 0) {
			counts[COUNT_lost]++;
			s->up = false;
			book_event("violation", "%s is lost", name_of(s));
		}
	}
}

static int do_step(enum scn_op op, const char *a, const char *b, const char *c, const char *d)
{
	struct scn_step st = { .op = op, .any_exit = 1, .argv = { (char *)(uintptr_t)a,
		(char *)(uintptr_t)b, (char *)(uintptr_t)c, (char *)(uintptr_t)d } };

	while (st.argc < 4 && st.argv[st.argc])
		st.argc++;
	return step_do(&st);
}

/* Of what its workload wrote and what its kernel counted, before it goes. */
static void account(struct slot *s)
{
	char value[40];
	int64_t n = 0;

	do_step(SCN_VERIFY, name_of(s), "load", NULL, NULL);
	snprintf(value, sizeof(value), "%s.load.intact", name_of(s));
	if (book_values.number(NULL, value, &n) || !n) {
		counts[COUNT_spoiled]++;
		book_event("violation", "the workload of %s is not intact", name_of(s));
	}
	stats_refresh(NULL);
	snprintf(value, sizeof(value), "%s.oom_kill", name_of(s));
	if (!book_values.number(NULL, value, &n) && n) {
		counts[COUNT_oom] += (int)n;
		book_event("violation", "%s: %lld OOM kills", name_of(s), (long long)n);
	}
}

static struct slot *some(bool up)
{
	int first = between(0, n_slots - 1);

	for (int i = 0; i < n_slots; i++) {
		struct slot *s = &slots[(first + i) % n_slots];

		if (s->up == up && !s->paused)
			return s;
	}
	return NULL;
}

static int64_t sum_need_kib(void)
{
	const struct sample *now = book_latest();
	int64_t sum = 0;

	for (int i = 0; i < n_slots; i++)
		if (slots[i].up && now->dom[slots[i].guest][FIELD_NEED] > 0)
			sum += now->dom[slots[i].guest][FIELD_NEED];
	return sum;
}

/* What the guests share in all. */
static int64_t there_kib(void)
{
	const struct sample *now = book_latest();
	int64_t sum = now->free;

	for (int i = 0; i < n_slots; i++)
		if (slots[i].up)
			sum += now->dom[slots[i].guest][FIELD_TOT];
	return sum;
}

/* Of the last lines that a command said: its file goes on from run to run. */
static bool text_has(const char *name, const char *what)
{
	const char *text = "";
	size_t len;

	if (book_values.text(NULL, name, &text))
		return false;
	len = strlen(text);
	return strstr(len > 200 ? text + len - 200 : text, what) != NULL;
}

/* --- the acts: @return whether there was anything to do --------------------------- */

static bool act_start(void)
{
	struct slot *s = some(false);
	int rc;

	if (!s)
		return false;
	link_forget(s->guest);
	if (guest_config(scn, s->guest))
		return false;
	rc = run("soak-create", "exec xlmem create --wait 20 " RESULTS "/%s.cfg", name_of(s));
	start_ms = lab_now();
	if (rc == 3) {
		counts[COUNT_refused]++;
		return true;
	}
	/* By a signal: under emulation a program's heap is corrupt now and then. */
	if (rc == 134 || rc == 139 || text_has("soak-create.out", "ended with 134") ||
	    text_has("soak-create.out", "ended with 139")) {
		counts[COUNT_xl_crashed]++;
		return true;
	}
	if (rc) {		/* admitted, and then its build failed */
		counts[COUNT_lost]++;
		book_event("violation", "%s could not be built", name_of(s));
		return true;
	}
	sampler_tick();
	s->up = true;
	if (guest_await_up(s->guest)) {
		book_event("violation", "%s did not come up", name_of(s));
		counts[COUNT_lost] += s->up;
		s->up = false;
		return true;
	}
	s->mib = LOAD_MIB;
	do_step(SCN_TOUCH, name_of(s), "load", "16", NULL);
	acts[ACT_start]++;
	return true;
}

static bool end(enum scn_op op, enum act act)
{
	struct slot *s = some(true);

	if (!s)
		return false;
	account(s);
	s->up = false;
	do_step(op, name_of(s), NULL, NULL, NULL);
	acts[act]++;
	return true;
}

static bool act_stop(void)
{
	return end(SCN_STOP, ACT_stop);
}

static bool act_destroy(void)
{
	return end(SCN_DESTROY, ACT_destroy);
}

static bool act_pause(void)
{
	struct slot *s = some(true);

	if (!s)
		return false;
	s->paused = true;
	foreign_ms = lab_now();
	acts[ACT_pause] += !run("soak-pause", "exec xl pause %s", name_of(s));
	wait_ms(500, 8000);
	run("soak-pause", "exec xl unpause %s", name_of(s));
	foreign_ms = lab_now();
	s->paused = false;
	return true;
}

static bool load(struct slot *s, const char *word, int mib, enum act act)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", mib);
	if (do_step(SCN_TELL, name_of(s), "load", word, text))
		return true;
	s->mib += act == ACT_spike ? mib : -mib;
	acts[act]++;
	return true;
}

static bool act_spike(void)
{
	struct slot *s = some(true);
	int64_t room_kib = there_kib() * FULL_PERCENT / 100 - sum_need_kib();
	int most = s ? scn->guest[s->guest].maxmem / 2 - s->mib : 0;

	if (room_kib / 1024 < most)
		most = (int)(room_kib / 1024);
	return most >= 8 && load(s, "grow", between(4, most), ACT_spike);
}

static bool act_calm(void)
{
	struct slot *s = some(true);

	return s && s->mib > LOAD_MIB + 8 && load(s, "free", between(4, s->mib - LOAD_MIB), ACT_calm);
}

static bool act_save(void)
{
	struct slot *s = some(true);
	int64_t bound_ms = 30000;

	if (!s)
		return false;
	foreign_ms = lab_now();
	s->up = false;		/* it is to go, and to come back */
	if (run("soak-save", "exec %s save %s /tmp/soak.save", between(0, 1) ? "xl" : "xlmem",
		name_of(s))) {
		s->up = true;	/* still there, or lost */
		return true;
	}
	wait_ms(100, 3000);
	if (run("soak-restore", "exec xl restore /tmp/soak.save")) {
		counts[COUNT_lost]++;
		book_event("violation", "%s could not be restored", name_of(s));
	} else {
		sampler_tick();
		s->up = true;
		acts[ACT_save]++;
	}
	run("soak-rm", "rm -f /tmp/soak.save");
	foreign_ms = lab_now();
	while (s->up && !link_up(s->guest) && (bound_ms -= 100) > 0)
		lab_wait(100, NULL, NULL);
	return true;
}

static bool act_mem_set(void)
{
	struct slot *s = some(true);
	int64_t need = s ? book_latest()->dom[s->guest][FIELD_NEED] / 1024 : 0;
	int most = s ? scn->guest[s->guest].maxmem : 0;

	if (need <= 0 || need + 16 > most)
		return false;
	foreign_ms = lab_now();
	acts[ACT_mem_set] += !run("soak-set", "exec xl mem-set %s %d", name_of(s),
				  between((int)need + 8, most));
	foreign_ms = lab_now();
	return true;
}

static bool act_mem_max(void)
{
	struct slot *s = some(true);
	int tot = s ? book_latest()->dom[s->guest][FIELD_TOT] / 1024 : 0;

	if (tot <= 0)
		return false;
	foreign_ms = lab_now();
	acts[ACT_mem_max] += !run("soak-max", "exec xl mem-max %s %d", name_of(s),
				  between(tot + 2, tot + 64));
	foreign_ms = lab_now();
	return true;
}

static bool act_automatic(void)
{
	struct slot *s = some(true);

	if (s)
		acts[ACT_automatic] += !run("soak-auto", "exec xlmem set %s --auto", name_of(s));
	return s;
}

static bool act_set(void)
{
	struct slot *s = some(true);

	if (s)
		acts[ACT_set] += !run("soak-set", "exec xlmem set %s --weight %d", name_of(s),
				      between(64, 1024));
	return s;
}

static bool act_rename(void)
{
	struct slot *s = some(true);

	if (!s)
		return false;
	acts[ACT_rename] += !run("soak-name", "exec xl rename %s other", name_of(s));
	wait_ms(200, 3000);
	run("soak-name", "exec xl rename other %s", name_of(s));
	return true;
}

static bool act_daemon_kill(void)
{
	struct scn_step st = { .op = SCN_DAEMON, .argc = 1, .argv = { (char *)(uintptr_t)"kill" } };

	if (step_do(&st))
		return true;
	acts[ACT_daemon_kill]++;
	wait_ms(50, 3000);
	st.argv[0] = (char *)(uintptr_t)"start";
	step_do(&st);
	daemon_ms = lab_now();
	return true;
}

/* For nobody, and given back by its time. */
static bool act_reserve(void)
{
	int rc = run("soak-reserve", "exec xlmem reserve %d --expire %d --wait 3", between(8, 64),
		     between(1, 10));

	acts[ACT_reserve] += rc == 0;
	counts[COUNT_refused] += rc == 3;
	return true;
}

#define ACT_ROW(name, often) act_##name,
static bool (*const act[])(void) = { ACTS(ACT_ROW) };

static void act_once(void)
{
	for (int tries = 0; tries < 20; tries++) {
		int k = 0, at = 0, sum = 0;

		for (int i = 0; i < ACT_COUNT; i++)
			sum += act_often[i];
		at = between(0, sum - 1);
		while (at >= act_often[k])
			at -= act_often[k++];
		/* A full host is what it is about. */
		if (k == ACT_calm && sum_need_kib() * 100 < there_kib() * 85)
			continue;
		if (act[k]())
			return;
	}
}

static void result(void)
{
	int64_t all = held_sum + free_sum;

	for (int i = 0; i < ACT_COUNT; i++) {
		book_set("soak", act_names[i], acts[i]);
		book_event("soak", "%s %d", act_names[i], acts[i]);
	}
	for (int i = 0; i < COUNT_COUNT; i++) {
		book_set("soak", count_names[i], counts[i]);
		book_event("soak", "%s %d", count_names[i], counts[i]);
	}
	book_set("soak", "percent", all ? 100 * held_sum / all : 0);
	book_event("soak", "memory handed out: %lld %%", all ? 100LL * held_sum / all : 0);
}

int soak_run(struct scenario *s, const struct scn_step *st)
{
	int64_t length_ms, end_ms;

	scn = s;
	cond_number(st->argv[0], &length_ms);
	end_ms = lab_now() + length_ms;
	for (n_slots = 0; n_slots < st->argc - 1; n_slots++)
		slots[n_slots].guest = (int)(scenario_guest(s, st->argv[n_slots + 1]) - s->guest);
	daemon_ms = lab_now();
	lab_look = look;
	while (lab_now() < end_ms) {
		if (lab_now() - start_ms >= START_EVERY_MS && !some(false))
			act_stop();
		if (lab_now() - start_ms >= START_EVERY_MS)
			act_start();
		else
			act_once();
		wait_ms(200, 4000);
	}
	lab_wait(2 * GRACE_MS, NULL, NULL);
	for (int i = 0; i < n_slots; i++)
		if (slots[i].up)
			account(&slots[i]);
	lab_look = NULL;
	result();
	return 0;
}
