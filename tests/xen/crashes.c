// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The step `crashes MOVER GIVER COMER [WORD]`: balloond plays a story once, and labcrash.so
 * notes the kinds of calls that it makes. Then once for each of them, and just before
 * and just after it, the story goes until balloond is killed there, and another
 * balloond goes on; judged from outside as a soak is. Values crashes.kinds tried
 * missed lost; with a word, other than -, only kinds that have it are tried.
 */
#include "labcrash.h"
#include "soak.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KINDS		96
#define TRIES		3	/* to get to a call */
#define DEATH_MS	6000	/* a turn that does what was asked for */
#define QUIET_MS	1500
#define SETTLE_MS	60000
#define ORDER_MS	2000	/* until an order that was given while it was dead is seen */
#define PROMISE_MS	40000	/* a client's own lives 30 s past a restart */
#define LIST		RESULTS "/crash-kinds"
#define SPIKE		"140"	/* MiB, more than it has */

enum { MOVER, GIVER, COMER, N_GUESTS };

static struct scenario *scn;
static struct soak_guest guests[N_GUESTS];
static char kinds[KINDS][112];
static int n_kinds, missed, lost;
static bool listing, grown, ordered;

static const char *name_of(int i)
{
	return scn->guest[guests[i].guest].name;
}

static int is_dead(void *unused)
{
	(void)unused;
	return !child_pid("daemon");
}

static bool dies(int64_t bound_ms)
{
	return !lab_wait(bound_ms, is_dead, NULL);
}

static int is_quiet(void *unused)
{
	int64_t ms = 0;

	(void)unused;
	return !book_values.number(NULL, "quiet", &ms) && ms >= QUIET_MS;
}

static void __attribute__((format(printf, 1, 2))) ask(const char *format, ...)
{
	char command[160];
	va_list list;

	va_start(list, format);
	vsnprintf(command, sizeof(command), format, list);
	va_end(list);
	run_now("crash-ask", command);
}

/* --- what balloond is asked to do: it may die at any of it ---------------------- */

static void act_weight(void)
{
	static int asked;

	ask("exec xlmem set %s --weight %d", name_of(GIVER), asked++ & 1 ? 300 : 200);
}

static void act_grow(void)
{
	step_words(SCN_TELL, name_of(MOVER), "load", "grow", SPIKE);
	grown = true;
	close(open(LABCRASH_MOVES, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
}

static void act_shrink(void)
{
	if (grown)
		step_words(SCN_TELL, name_of(MOVER), "load", "free", SPIKE);
	grown = false;
}

static void act_reserve(void)
{
	ask("exec xlmem reserve 48 --name %s2 --expire 3 --wait 5", name_of(COMER));
}

static void act_expire(void)
{
	lab_wait(3000, NULL, NULL);
}

static void act_order(void)
{
	ordered = true;
	watch_foreign();
	watch_order(&guests[GIVER], SETTLE_MS);
	ask("exec xl mem-set %s %d", name_of(GIVER), scn->guest[guests[GIVER].guest].maxmem - 40);
}

static void act_automatic(void)
{
	ask("exec xlmem set %s --auto", name_of(GIVER));
}

static void act_go(void)
{
	guests[COMER].up = false;
	step_words(SCN_DESTROY, name_of(COMER), NULL, NULL, NULL);
}

static void act_come(void)
{
	if (guests[COMER].up)
		return;
	link_forget(guests[COMER].guest);
	if (!guest_config(scn, guests[COMER].guest))
		ask("xlmem create " RESULTS "/%s.cfg", name_of(COMER));
}

static void (*const acts[])(void) = { act_weight, act_grow, act_reserve, act_shrink, act_expire,
				      act_order, act_automatic, act_go, act_come };

/* --- one injection ----------------------------------------------------------------- */

static int64_t number_of(const char *name)
{
	int64_t n = 0;

	return book_values.number(NULL, name, &n) ? 0 : n;
}

static void bad(const char *where, const char *what)
{
	lost++;
	book_event("violation", "%s: %s", where, what);
}

/* As if nothing had happened: all there, nothing promised, everybody at rest. */
static void converges(const char *where)
{
	const char *text = "";
	int64_t end_ms;
	char value[40];

	step_words(SCN_DAEMON, "start", NULL, NULL, NULL);
	watch_daemon(true);
	act_shrink();
	if (ordered) {
		watch_foreign_over(ORDER_MS);
		watch_order(&guests[GIVER], ORDER_MS);
		act_automatic();
	}
	ordered = false;
	/* Under emulation a guest hangs in its boot now and then, with all its memory. */
	for (int tries = 0; tries < 2 && !guests[COMER].up; tries++) {
		if (tries)
			act_go();
		if (sampler_domid(guests[COMER].guest) < 0)
			act_come();
		sampler_tick();
		guests[COMER].up = !guest_await_up(guests[COMER].guest);
	}
	if (!guests[COMER].up)
		bad(where, "who was to come isn't there");
	if (lab_wait(SETTLE_MS, is_quiet, NULL))
		bad(where, "it does not come to rest");
	end_ms = lab_now() + PROMISE_MS;
	do {
		ask("rm -f " RESULTS "/crash-ask.out; exec xlmem list --json >" RESULTS "/crash-ask.out");
	} while ((book_values.text(NULL, "crash-ask.out", &text) ||
		  !strstr(text, "\"reservations\":[]")) && lab_now() < end_ms &&
		 !lab_wait(1000, NULL, NULL));
	if (!strstr(text, "\"reservations\":[]"))
		bad(where, "a reservation is left");
	ask("rm -f " RESULTS "/crash-ask.out; exec xlmem info --json >" RESULTS "/crash-ask.out");
	if (book_values.text(NULL, "crash-ask.out", &text) || !strstr(text, "\"plan_breaches\":0,") ||
	    !strstr(text, "\"applied_breaches\":0,"))
		bad(where, "breaches");
	snprintf(value, sizeof(value), "%s.load.intact", name_of(MOVER));
	step_words(SCN_VERIFY, name_of(MOVER), "load", NULL, NULL);
	if (!number_of(value))
		bad(where, "the workload isn't intact");
}

/* @return whether it died where it was to */
static bool story(const char *how, bool ends)
{
	char command[320];

	watch_daemon(false);
	unlink(LABCRASH_MOVES);
	snprintf(command, sizeof(command), "exec env LD_PRELOAD=/usr/lib/labcrash.so %s=\"%s\" balloond -f",
		 listing ? "LABCRASH_LIST" : "LABCRASH", how);
	if (child_start("daemon", command))
		return false;
	lab_wait(15000, daemon_listens, NULL);
	for (unsigned int i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		if (dies(0))
			return true;
		acts[i]();
		if (dies(listing ? DEATH_MS : 1000))
			return true;
	}
	return ends ? dies(DEATH_MS) : false;
}

static void inject(const char *when, const char *kind)
{
	char how[160];
	int64_t begin_ms = lab_now();
	int before = lost + soak_counts[COUNT_violations] + soak_counts[COUNT_lost];
	bool reached = false;

	snprintf(how, sizeof(how), "%s %s", when, kind);
	/* Some calls are a matter of timing. */
	for (int tries = 0; tries < TRIES && !reached; tries++) {
		step_words(SCN_DAEMON, "stop", NULL, NULL, NULL);
		reached = story(how, true);
		if (!reached && child_pid("daemon"))
			step_words(SCN_DAEMON, "kill", NULL, NULL, NULL);
		lab_wait(100, NULL, NULL);
		converges(how);
	}
	if (!reached) {
		missed++;
		book_event("soak", "not reached: %s", how);
	}
	book_event("soak", "killed %s: %s, %lld ms", how, lost + soak_counts[COUNT_violations] +
		   soak_counts[COUNT_lost] == before ? "nothing lost" : "LOST",
		   (long long)(lab_now() - begin_ms));
}

static void kinds_read(void)
{
	FILE *f = fopen(LIST, "re");

	while (f && n_kinds < KINDS && fgets(kinds[n_kinds], sizeof(kinds[0]), f)) {
		kinds[n_kinds][strcspn(kinds[n_kinds], "\n")] = 0;
		n_kinds += kinds[n_kinds][0] != 0;
	}
	if (f)
		fclose(f);
}

int crashes_run(struct scenario *s, const struct scn_step *st)
{
	const char *only = st->argc > N_GUESTS && strcmp(st->argv[N_GUESTS], "-") ?
		st->argv[N_GUESTS] : "";
	int tried = 0;

	scn = s;
	for (int i = 0; i < N_GUESTS; i++) {
		guests[i].guest = (int)(scenario_guest(s, st->argv[i]) - s->guest);
		guests[i].up = true;
	}
	step_words(SCN_TOUCH, name_of(MOVER), "load", "10", NULL);
	watch_begin(s, guests, N_GUESTS);
	step_words(SCN_DAEMON, "stop", NULL, NULL, NULL);
	listing = true;
	story(LIST, false);
	listing = false;
	if (!child_pid("daemon"))
		bad("the first story", "balloond died");
	else
		step_words(SCN_DAEMON, "stop", NULL, NULL, NULL);
	converges("the first story");
	kinds_read();
	for (int i = 0; i < n_kinds; i++) {
		if (!strstr(kinds[i], only))
			continue;
		inject("before", kinds[i]);
		inject("after", kinds[i]);
		tried += 2;
	}
	watch_end();
	watch_result();
	lost += soak_counts[COUNT_violations] + soak_counts[COUNT_lost];
	book_event("soak", "kinds %d, tried %d, not reached %d, lost %d", n_kinds, tried, missed, lost);
	book_set("crashes", "kinds", n_kinds);
	book_set("crashes", "tried", tried);
	book_set("crashes", "missed", missed);
	book_set("crashes", "lost", lost);
	return 0;
}
