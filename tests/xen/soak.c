// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The step `soak TIME GUEST...`: random acts of a toolstack, of workloads and of
 * fate on these guests, judged from outside (soak_watch.c). What was done and what
 * broke become values soak.ACT, soak.ACT_per_hour, soak.violations, soak.lost ...;
 * LAB_SEED gives another run.
 */
#include "soak.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ACTS(A): A(name, how often); beside these a start every START_EVERY_MS */
#define ACTS(A)									\
	A(start, 12) A(stop, 1) A(destroy, 1) A(pause, 3) A(spike, 14) A(calm, 8)	\
	A(save, 3) A(mem_set, 3) A(mem_max, 3) A(automatic, 4) A(set, 3)	\
	A(rename, 1) A(daemon_kill, 3) A(reserve, 3)

#define ACT_ENUM(name, often) ACT_##name,
enum act { ACTS(ACT_ENUM) ACT_COUNT };

#define ACT_NAME(name, often) #name,
static const char *const act_names[] = { ACTS(ACT_NAME) };
#define ACT_OFTEN(name, often) often,
static const int act_often[] = { ACTS(ACT_OFTEN) };

#define START_EVERY_MS	50000
#define LOAD_MIB	16	/* of a guest's workload at first */
#define FULL_PERCENT	93	/* spikes go on until needs are so much of what is there */
/* An order and a new domain are events; a changed limit is seen at the next look, within 10 s. */
#define EVENT_MS	2000
/* Memory taken unasked is others' to give: who can't is found out after 5 s, and planned around. */
#define GIVE_MS		8000
#define LIMIT_MS	11000
#define ORDER_MS	60000	/* xl's own time */
#define SAID		300	/* of what a failed command said, told */

static struct scenario *scn;
static struct soak_guest slots[SCN_ARGS];
static int n_slots;
static int acts[ACT_COUNT];

static int between(int low, int high)
{
	return low + (int)(random() % (high - low + 1));
}

static const char *name_of(const struct soak_guest *s)
{
	return scn->guest[s->guest].name;
}

static void wait_ms(int low, int high)
{
	lab_wait(between(low, high), NULL, NULL);
}

/* By a signal, be it xl's own child: with XSAVE under emulation heaps were corrupt now and then. */
static bool by_signal(int rc, const char *text)
{
	return rc == 134 || rc == 139 ||
	       (rc && (strstr(text, "ended with 134") || strstr(text, "ended with 139") ||
		       strstr(text, "died due to fatal signal")));
}

static bool crashed;	/* the last run() */

static int __attribute__((format(printf, 2, 3))) run(const char *name, const char *fmt, ...)
{
	char command[256], file[64];
	const char *text = "";
	va_list ap;
	size_t len;
	int rc;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	snprintf(file, sizeof(file), RESULTS "/%s.out", name);
	unlink(file);
	rc = run_now(name, command);
	snprintf(file, sizeof(file), "%s.out", name);
	book_values.text(NULL, file, &text);
	len = strlen(text);
	if (rc)
		book_event("soak", "exit %d: %s: %s", rc, command,
			   text + (len > SAID ? len - SAID : 0));
	crashed = by_signal(rc, text);
	if (crashed) {
		soak_counts[COUNT_xl_crashed]++;
		book_event("xl_crashed", "%s", command);
	}
	return rc;
}

/* Before its next life: why it died, or where it hangs, is on its console and Xen's. */
static void keep_console(struct soak_guest *s)
{
	run("soak-lost", "{ date; xl list; xl vcpu-list; xl debug-keys d; xl debug-keys q; xlmem list; "
	    "tail -n 20 " RESULTS "/daemon.out; tail -n 40 " RESULTS "/%s.console; "
	    "xl dmesg | tail -n 200; } >>" RESULTS "/lost 2>&1", name_of(s));
	s->lost = false;
}

/* Of what its workload wrote and what its kernel counted, before it goes. */
static void account(struct soak_guest *s)
{
	char value[40];
	int64_t n = 0;

	step_words(SCN_VERIFY, name_of(s), "load", NULL, NULL);
	snprintf(value, sizeof(value), "%s.load.intact", name_of(s));
	if (book_values.number(NULL, value, &n) || !n) {
		soak_counts[COUNT_spoiled]++;
		book_event("violation", "the workload of %s is not intact", name_of(s));
		keep_console(s);
	}
	stats_refresh(NULL);
	snprintf(value, sizeof(value), "%s.oom_kill", name_of(s));
	if (!book_values.number(NULL, value, &n) && n) {
		soak_counts[COUNT_oom] += (int)n;
		book_event("violation", "%s: %lld OOM kills", name_of(s), (long long)n);
	}
}

static struct soak_guest *some(bool up)
{
	int first = between(0, n_slots - 1);

	for (int i = 0; i < n_slots; i++) {
		struct soak_guest *s = &slots[(first + i) % n_slots];

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

/* What xl left half built, which may have no name yet, or one that the next start wants. */
static void clean_up(const struct soak_guest *s)
{
	for (int tries = 0; tries < 5; tries++) {
		sampler_tick();
		if (sampler_domid(s->guest) < 0)
			return;
		run("soak-destroy", "exec xl destroy %d", sampler_domid(s->guest));
		wait_ms(100, 1000);
	}
}

/* By balloond's fault, as far as the run can tell; what is left of it goes. */
static void lost(struct soak_guest *s, const char *how)
{
	soak_counts[COUNT_lost]++;
	book_event("violation", "%s %s", name_of(s), how);
	keep_console(s);
	s->up = false;
	clean_up(s);
}

/* --- the acts: @return whether there was anything to do --------------------------- */

static bool load(struct soak_guest *s, const char *word, int mib, enum act act)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", mib);
	if (step_words(SCN_TELL, name_of(s), "load", word, text))
		return true;
	s->mib += act == ACT_spike ? mib : -mib;
	acts[act]++;
	return true;
}

static int least(int a, int b)
{
	return a < b ? a : b;
}

static int need_mib(const struct soak_guest *s)
{
	return book_latest()->dom[s->guest][FIELD_NEED] / 1024;
}

static bool act_spike(void)
{
	struct soak_guest *s = some(true);
	int64_t room_kib = there_kib() * FULL_PERCENT / 100 - sum_need_kib();
	int most = s ? scn->guest[s->guest].maxmem / 2 - s->mib : 0;

	if (room_kib / 1024 < most)
		most = (int)(room_kib / 1024);
	/* Beyond what an operator allowed a workload is killed, and rightly. */
	if (s && s->pin_mib)
		most = least(most, s->pin_mib - need_mib(s));
	if (s && s->max_mib)
		most = least(most, s->max_mib - need_mib(s));
	return most >= 8 && load(s, "grow", between(4, most), ACT_spike);
}

static bool act_calm(void)
{
	struct soak_guest *s = some(true);

	return s && s->mib > LOAD_MIB + 8 && load(s, "free", between(4, s->mib - LOAD_MIB), ACT_calm);
}

static bool act_start(void)
{
	struct soak_guest *s = some(false);
	int rc;

	if (!s)
		return false;
	link_forget(s->guest);
	if (guest_config(scn, s->guest))
		return false;
	rc = run("soak-create", "exec xlmem create --wait 20 " RESULTS "/%s.cfg", name_of(s));
	if (rc == 3) {
		soak_counts[COUNT_refused]++;
		act_calm();	/* and is tried again */
		return true;
	}
	if (crashed) {
		clean_up(s);
		return true;
	}
	if (rc) {		/* admitted, and then its build failed */
		lost(s, "could not be built");
		return true;
	}
	sampler_tick();
	s->up = true;
	if (guest_await_up(s->guest)) {
		if (s->up)
			lost(s, "did not come up");
		else		/* the judge told */
			keep_console(s);
		clean_up(s);
		return true;
	}
	s->mib = LOAD_MIB;
	s->max_mib = 0;		/* an order stays: it is its UUID's */
	step_words(SCN_TOUCH, name_of(s), "load", "16", NULL);
	acts[ACT_start]++;
	return true;
}

static bool end(enum scn_op op, enum act act)
{
	struct soak_guest *s = some(true);

	if (!s)
		return false;
	account(s);
	s->up = false;
	step_words(op, name_of(s), NULL, NULL, NULL);
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
	struct soak_guest *s = some(true);

	if (!s)
		return false;
	s->paused = true;
	acts[ACT_pause] += !run("soak-pause", "exec xl pause %s", name_of(s));
	wait_ms(500, 8000);
	run("soak-pause", "exec xl unpause %s", name_of(s));
	s->paused = false;
	return true;
}

/*
 * xl restores without asking, and what the guest had may be others' by now: then its
 * file is still there, and who asks balloond gets room for it.
 */
static bool restore(const struct soak_guest *s)
{
	bool asks = between(0, 1);

	if (!asks) {
		watch_foreign();
		asks = run("soak-restore", "exec xl restore /tmp/soak.save");
		watch_foreign_over(GIVE_MS);
		if (!asks)
			return true;
		clean_up(s);
		soak_counts[COUNT_restored_again]++;
	}
	for (int tries = 0; tries < 3; tries++) {
		if (!run("soak-restore", "exec xlmem restore --wait 30 /tmp/soak.save"))
			return true;
		if (!crashed)
			return false;
		clean_up(s);
	}
	return false;
}

static bool act_save(void)
{
	struct soak_guest *s = some(true);
	int64_t bound_ms = 30000;

	if (!s)
		return false;
	s->up = false;		/* it is to go, and to come back */
	if (run("soak-save", "exec %s save %s /tmp/soak.save", between(0, 1) ? "xl" : "xlmem",
		name_of(s))) {
		s->up = true;	/* still there, or lost */
		return true;
	}
	wait_ms(100, 3000);
	if (restore(s)) {
		sampler_tick();
		s->up = true;
		acts[ACT_save]++;
	} else {
		lost(s, "could not be restored");
	}
	run("soak-rm", "rm -f /tmp/soak.save");
	while (s->up && !link_up(s->guest) && (bound_ms -= 100) > 0)
		lab_wait(100, NULL, NULL);
	return true;
}

static bool act_mem_set(void)
{
	struct soak_guest *s = some(true);
	int need = s ? need_mib(s) : 0, most = s ? scn->guest[s->guest].maxmem : 0, before;

	if (s && s->max_mib)
		most = least(most, s->max_mib);
	if (need <= 0 || need + 16 > most)
		return false;
	before = s->pin_mib;
	s->pin_mib = between(need + 8, most);
	watch_foreign();
	watch_order(s, ORDER_MS);
	if (run("soak-set", "exec xl mem-set %s %d", name_of(s), s->pin_mib))
		s->pin_mib = before;
	else
		acts[ACT_mem_set]++;
	watch_foreign_over(GIVE_MS);
	watch_order(s, EVENT_MS);
	return true;
}

static bool act_mem_max(void)
{
	struct soak_guest *s = some(true);
	int tot = s ? book_latest()->dom[s->guest][FIELD_TOT] / 1024 : 0;

	if (tot <= 0)
		return false;
	s->max_mib = between(tot + 2, tot + 64);
	watch_foreign();
	acts[ACT_mem_max] += !run("soak-max", "exec xl mem-max %s %d", name_of(s), s->max_mib);
	watch_foreign_over(LIMIT_MS);
	return true;
}

static bool act_automatic(void)
{
	struct soak_guest *s = some(true);

	if (!s)
		return false;
	s->pin_mib = 0;
	acts[ACT_automatic] += !run("soak-auto", "exec xlmem set %s --auto", name_of(s));
	return true;
}

static bool act_set(void)
{
	struct soak_guest *s = some(true);

	if (s)
		acts[ACT_set] += !run("soak-set", "exec xlmem set %s --weight %d", name_of(s),
				      between(64, 1024));
	return s;
}

static bool act_rename(void)
{
	struct soak_guest *s = some(true);

	if (!s)
		return false;
	acts[ACT_rename] += !run("soak-name", "exec xl rename %s other", name_of(s));
	wait_ms(200, 3000);
	run("soak-name", "exec xl rename other %s", name_of(s));
	return true;
}

/* What the daemon counted goes with it. */
static void account_daemon(void)
{
	static const struct { const char *field; enum soak_count count; } fields[] = {
		{ "\"ignored_reports\":", COUNT_ignored_reports }, { "\"floods\":", COUNT_floods },
		{ "\"foreign_targets\":", COUNT_foreign_targets },
		{ "\"plan_breaches\":", COUNT_breaches }, { "\"applied_breaches\":", COUNT_breaches },
	};
	const char *text = "", *at;

	if (run("soak-info", "rm -f " RESULTS "/soak-info.out; exec xlmem info --json >" RESULTS
		"/soak-info.out") || book_values.text(NULL, "soak-info.out", &text))
		return;
	for (unsigned int i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if ((at = strstr(text, fields[i].field)))
			soak_counts[fields[i].count] += atoi(at + strlen(fields[i].field));
}

static bool act_daemon_kill(void)
{
	struct scn_step st = { .op = SCN_DAEMON, .argc = 1, .argv = { (char *)(uintptr_t)"kill" } };

	account_daemon();
	watch_daemon(false);
	if (step_do(&st))
		return true;
	acts[ACT_daemon_kill]++;
	wait_ms(50, 3000);
	st.argv[0] = (char *)(uintptr_t)"start";
	step_do(&st);
	watch_daemon(true);
	return true;
}

/* For nobody, and given back by its time. */
static bool act_reserve(void)
{
	int mib = between(8, 64), seconds = between(2, 10);
	int64_t asked_ms = lab_now();
	int rc = run("soak-reserve", "exec xlmem reserve %d --expire %d --wait 3", mib, seconds);

	/* Its time began when it was asked for, or when it was granted: at least so long. */
	if (!rc)
		watch_reserved(mib * 1024, asked_ms + 1000 * seconds - 1000);
	acts[ACT_reserve] += rc == 0;
	soak_counts[COUNT_refused] += rc == 3;
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

static void result(int64_t length_ms)
{
	char name[32];

	for (int i = 0; i < ACT_COUNT; i++) {
		int per_hour = (int)(acts[i] * 3600000LL / length_ms);

		snprintf(name, sizeof(name), "%s_per_hour", act_names[i]);
		book_set("soak", act_names[i], acts[i]);
		book_set("soak", name, per_hour);
		book_event("soak", "%s %d, %d an hour", act_names[i], acts[i], per_hour);
	}
	watch_result();
}

int soak_run(struct scenario *s, const struct scn_step *st)
{
	int64_t length_ms, begin_ms, next_ms;

	scn = s;
	cond_number(st->argv[0], &length_ms);
	for (n_slots = 0; n_slots < st->argc - 1; n_slots++)
		slots[n_slots].guest = (int)(scenario_guest(s, st->argv[n_slots + 1]) - s->guest);
	watch_begin(s, slots, n_slots);
	/* How it is filled is not what it is about. */
	for (int tries = 0; tries < 3 * n_slots && some(false); tries++)
		act_start();
	memset(acts, 0, sizeof(acts));
	watch_begin(s, slots, n_slots);
	begin_ms = lab_now();
	for (next_ms = START_EVERY_MS; lab_now() - begin_ms < length_ms;) {
		if (lab_now() - begin_ms >= next_ms) {
			if (!some(false) && !(between(0, 1) ? act_stop() : act_destroy()))
				continue;
			act_start();
			next_ms += START_EVERY_MS;
		} else {
			act_once();
		}
		wait_ms(200, 6000);
		for (int i = 0; i < n_slots; i++)
			if (slots[i].lost)
				keep_console(&slots[i]);
	}
	length_ms = lab_now() - begin_ms;
	lab_wait(2 * LIMIT_MS, NULL, NULL);
	for (int i = 0; i < n_slots; i++)
		if (slots[i].up)
			account(&slots[i]);
	account_daemon();
	watch_end();
	result(length_ms);
	return 0;
}
