// SPDX-License-Identifier: GPL-2.0-or-later
#include "lab.h"

#include <stdarg.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define BOOT_MS 90000		/* a slow guest among many takes about 30 s */
#define ANSWER_MS 60000		/* of an agent whose guest is short of memory */
#define COMMAND_MS 300000

static struct scenario *scn;
static const struct scn_step *current;
static int failures;

static int __attribute__((format(printf, 1, 2))) fail(const char *fmt, ...)
{
	char text[900];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	failures++;
	book_event("failed", "%s:%d: %s", scn->name, current->line, text);
	return -1;
}

static int guest_of(const char *name)
{
	return (int)(scenario_guest(scn, name) - scn->guest);
}

/* --- things to wait for --------------------------------------------------------- */

static int is_over(void *name)
{
	return !child_pid(name);
}

static int is_gone(void *guest)
{
	return sampler_domid(*(int *)guest) < 0;
}

static int is_up(void *guest)
{
	return link_up(*(int *)guest) || sampler_domid(*(int *)guest) < 0;
}

static int is_answered(void *guest)
{
	return link_answer(*(int *)guest) || sampler_domid(*(int *)guest) < 0;
}

static int holds(void *cond)
{
	char seen[800];

	return cond_eval(cond, &book_values, seen, sizeof(seen)) == 1;
}

static int verify_over(void *base)
{
	char name[80];
	int64_t v;

	snprintf(name, sizeof(name), "%s.verified", (char *)base);
	if (!book_values.number(NULL, name, &v) && v)
		return 1;
	snprintf(name, sizeof(name), "%s.alive", (char *)base);
	return !book_values.number(NULL, name, &v) && !v;
}

int daemon_listens(void *unused)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = "/run/balloond/control.sock" };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int ok = fd >= 0 && !connect(fd, (struct sockaddr *)&addr, sizeof(addr));

	(void)unused;
	if (fd >= 0)
		close(fd);
	return ok || !child_pid("daemon");
}

/* --- helpers ---------------------------------------------------------------------- */

/* The agent's answer; NULL (and a failure unless @quiet) when none came. */
static const char *answer_of(int guest, int sent, int quiet)
{
	if (!sent && !lab_wait(ANSWER_MS, is_answered, &guest) && link_answer(guest))
		return link_answer(guest);
	if (!quiet)
		fail("guest %s does not answer", scn->guest[guest].name);
	return NULL;
}

int run_now(const char *name, const char *command)
{
	char value[40];
	int64_t exit_code;

	if (child_start(name, command))
		return fail("cannot run %s", command);
	if (lab_wait(COMMAND_MS, is_over, (void *)(uintptr_t)name))
		return fail("still running after %d s: %s", COMMAND_MS / 1000, command);
	snprintf(value, sizeof(value), "%s.exit", name);
	return book_values.number(NULL, value, &exit_code) ? -1 : (int)exit_code;
}

void stats_refresh(const struct cond *cond)
{
	for (int g = 0; g < scn->guests; g++) {
		int wanted = !cond;
		const char *answer;

		for (int i = 0; cond && i < cond->terms; i++) {
			struct value_name v;

			wanted |= cond->term[i].name && !value_parse(&v, cond->term[i].name) &&
				  v.kind == VALUE_STAT && !v.mark[0][0] &&
				  !strcmp(v.base, scn->guest[g].name);
		}
		if (!wanted || !link_up(g) || sampler_domid(g) < 0)
			continue;
		answer = answer_of(g, link_send(g, "stat"), 1);
		if (answer)
			book_line(scn->guest[g].name, answer);
	}
}

int guest_await_up(int guest)
{
	return lab_wait(BOOT_MS, is_up, &guest) || sampler_domid(guest) < 0 ? -1 : 0;
}

/* --- the steps ---------------------------------------------------------------------- */

static int do_start(const struct scn_step *st)
{
	int n = scenario_starts(st);
	char name[40], arguments[200] = "", command[400];
	size_t len = 0;

	for (int i = n + 2; i < st->argc && len < sizeof(arguments); i++)
		len += (size_t)snprintf(arguments + len, sizeof(arguments) - len, "%s ", st->argv[i]);
	for (int i = 0; i < n; i++) {
		int g = guest_of(st->argv[i]);

		link_forget(g);
		snprintf(name, sizeof(name), "create-%.16s", st->argv[i]);
		snprintf(command, sizeof(command), "exec %s create %s" RESULTS "/%s.cfg",
			 n < st->argc ? "xlmem" : "xl", arguments, st->argv[i]);
		if (guest_config(scn, g) || run_now(name, command)) {
			const char *out = "";
			char what[48];

			snprintf(what, sizeof(what), "%s.out", name);
			book_values.text(NULL, what, &out);
			return fail("guest %s could not be created: %.600s", st->argv[i], out);
		}
	}
	sampler_tick();		/* or they'd seem gone */
	for (int i = 0; i < n; i++) {
		if (guest_await_up(guest_of(st->argv[i])))
			return fail("guest %s did not come up", st->argv[i]);
		book_event("up", "%s", st->argv[i]);
	}
	return 0;
}

static int do_stop(const struct scn_step *st)
{
	for (int i = 0; i < st->argc; i++) {
		int g = guest_of(st->argv[i]);
		char command[64];

		if (sampler_domid(g) < 0)
			continue;
		if (st->op == SCN_STOP)
			answer_of(g, link_send(g, "poweroff"), 1);
		if (st->op == SCN_DESTROY || lab_wait(30000, is_gone, &g)) {
			snprintf(command, sizeof(command), "exec xl destroy %s", st->argv[i]);
			run_now("destroy", command);
		}
		if (lab_wait(30000, is_gone, &g))
			return fail("guest %s does not go", st->argv[i]);
	}
	return 0;
}

static int do_job(const struct scn_step *st)
{
	int g = guest_of(st->argv[0]);
	char base[64];
	const char *answer;
	int sent;

	snprintf(base, sizeof(base), "%s.%s", st->argv[0], st->argv[1]);
	if (st->op == SCN_TELL) {
		book_line(base, !strcmp(st->argv[2], "free") ? "freed=0" : "touched=0");
		sent = link_send(g, "tell %s %s %s", st->argv[1], st->argv[2],
				 st->argc > 3 ? st->argv[3] : "");
	} else {
		book_line(base, "alive=1 touched=0 failed=0 verified=0");
		if (st->op == SCN_WORK)
			sent = link_send(g, "work %s %s", st->argv[1], st->text);
		else if (st->op == SCN_TOUCH)
			sent = link_send(g, "start %s touch %s %s %s", st->argv[1], st->argv[2],
					 st->argc > 3 ? st->argv[3] : "", st->argc > 4 ? st->argv[4] : "");
		else
			sent = link_send(g, "start %s read %s /cache/%s", st->argv[1], st->argv[2],
					 st->argv[1]);
	}
	answer = answer_of(g, sent, 0);
	if (answer && strncmp(answer, "ok", 2))
		return fail("the agent of %s cannot do it", st->argv[0]);
	return answer ? 0 : -1;
}

/* A workload that died, or whose guest died, is not intact. */
static int do_verify(const struct scn_step *st)
{
	int g = guest_of(st->argv[0]);
	char base[64], name[80];
	int64_t bad = -1, verified = 0;
	const char *answer;

	snprintf(base, sizeof(base), "%s.%s", st->argv[0], st->argv[1]);
	book_line(base, "verified=0 intact=0");
	answer = answer_of(g, link_send(g, "tell %s verify", st->argv[1]), 1);
	if (answer && !strncmp(answer, "ok", 2)) {
		book_line(base, "alive=1");	/* it is, also after a restore */
		lab_wait(2 * ANSWER_MS, verify_over, base);
	}
	snprintf(name, sizeof(name), "%s.verified", base);
	book_values.number(NULL, name, &verified);
	snprintf(name, sizeof(name), "%s.bad", base);
	book_values.number(NULL, name, &bad);
	book_set(base, "intact", verified && !bad);
	return 0;
}

static void unescape(char *text)
{
	char *to = text;

	for (; *text; text++) {
		if (*text == '\\' && text[1])
			*to++ = *++text == 'n' ? '\n' : *text;
		else
			*to++ = *text;
	}
	*to = 0;
}

static int do_in(const struct scn_step *st)
{
	int g = guest_of(st->argv[0]), code, n = 0;
	const char *answer = answer_of(g, link_send(g, "run %s", st->text), st->any_exit);
	char *out;

	if (!answer && st->any_exit) {
		book_set(st->argv[1], "exit", -1);
		book_event("silent", "%s", st->argv[0]);
		return 0;
	}
	if (!answer || sscanf(answer, "exit %d%n", &code, &n) != 1)
		return -1;
	out = strdup(answer + n + (answer[n] == ' '));
	if (!out)
		return -1;
	unescape(out);
	book_line(st->argv[1], out);
	book_set(st->argv[1], "exit", code);
	book_text(st->argv[1], "out", out);
	if (code && !st->any_exit)
		fail("in %s: exit %d: %.500s", st->argv[0], code, out);
	free(out);
	return code && !st->any_exit ? -1 : 0;
}

static int do_run(const struct scn_step *st)
{
	char path[64];
	const char *out = "";
	int code;

	snprintf(path, sizeof(path), RESULTS "/%s.out", st->argv[0]);
	unlink(path);
	code = run_now(st->argv[0], st->text);
	if (code < 0)
		return -1;
	snprintf(path, sizeof(path), "%s.out", st->argv[0]);
	book_values.text(NULL, path, &out);
	book_line(st->argv[0], out);
	book_event("ran", "%s: exit %d: %.300s", st->argv[0], code, out);
	return code && !st->any_exit ? fail("exit %d: %s", code, st->text) : 0;
}

static int do_daemon(const struct scn_step *st)
{
	char command[512];
	int pid = child_pid("daemon");

	if (!strcmp(st->argv[0], "start")) {
		/* With no more rights than its unit leaves it. */
		snprintf(command, sizeof(command), "exec /usr/lib/setpriv --bounding-set=$(cat /usr/lib/"
			 "balloond.caps) balloond -f %s", st->text ? st->text : "");
		if (child_start("daemon", command))
			return fail("the daemon can't be started");
		if (lab_wait(15000, daemon_listens, NULL) || !child_pid("daemon"))
			return fail("the daemon does not listen; see daemon.out");
		return 0;
	}
	if (!pid)
		return fail("the daemon does not run");
	kill(pid, !strcmp(st->argv[0], "kill") ? SIGKILL : SIGTERM);
	if (lab_wait(30000, is_over, (void *)(uintptr_t)"daemon"))
		return fail("the daemon does not end");
	return 0;
}

static int do_kill(const struct scn_step *st)
{
	static const struct { const char *name; int sig; } signals[] = {
		{ "TERM", SIGTERM }, { "KILL", SIGKILL }, { "HUP", SIGHUP }, { "INT", SIGINT },
		{ "USR1", SIGUSR1 }, { "STOP", SIGSTOP }, { "CONT", SIGCONT },
	};
	int pid = child_pid(st->argv[0]), sig = 0;

	for (unsigned int i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (!strcmp(signals[i].name, st->argc > 1 ? st->argv[1] : "TERM"))
			sig = signals[i].sig;
	if (!sig)
		return fail("unknown signal %s", st->argv[1]);
	if (!pid)
		return fail("%s does not run", st->argv[0]);
	kill(pid, sig);
	return 0;
}

static int do_await(const struct scn_step *st)
{
	int64_t end = lab_now() + st->bound_ms;
	char seen[800];

	do {
		stats_refresh(&st->cond);
		child_texts();
		if (!lab_wait(250, holds, (void *)(uintptr_t)&st->cond)) {
			cond_eval(&st->cond, &book_values, seen, sizeof(seen));
			book_event("holds", "%s (%s)", st->cond.text, seen);
			return 0;
		}
	} while (lab_now() < end);
	cond_eval(&st->cond, &book_values, seen, sizeof(seen));
	return fail("not within %ld ms: %s (%s)", st->bound_ms, st->cond.text, seen);
}

static void do_expect(const struct scn_step *st)
{
	char seen[800];

	stats_refresh(&st->cond);
	child_texts();
	if (cond_eval(&st->cond, &book_values, seen, sizeof(seen)) == 1)
		book_event("ok", "%s (%s)", st->cond.text, seen);
	else
		fail("expected %s (%s)", st->cond.text, seen);
}

static void do_same(const struct scn_step *st)
{
	char seen[800];
	int lines = same_lines(st, seen, sizeof(seen));

	if (lines < 0)
		fail("%s %s isn't as %s %s: %s", st->argv[0], st->argv[1], st->argv[2],
		     st->argv[3], seen);
	else
		book_event("ok", "%s %s is as %s %s, %d lines", st->argv[0], st->argv[1],
			   st->argv[2], st->argv[3], lines);
}

static void do_sleep(const struct scn_step *st)
{
	int64_t from, to;

	cond_number(st->argv[0], &from);
	to = from;
	if (st->argc > 1) {
		cond_number(st->argv[2], &to);
		from += to > from ? random() % (to - from) : 0;
		book_event("sleep", "%lld ms", (long long)from);
	}
	lab_wait(from, NULL, NULL);
}

int step_do(const struct scn_step *st)
{
	switch (st->op) {
	case SCN_START: return do_start(st);
	case SCN_STOP:
	case SCN_DESTROY: return do_stop(st);
	case SCN_TOUCH:
	case SCN_READ:
	case SCN_WORK:
	case SCN_TELL: return do_job(st);
	case SCN_VERIFY: return do_verify(st);
	case SCN_IN: return do_in(st);
	case SCN_RUN: return do_run(st);
	case SCN_SPAWN: return child_start(st->argv[0], st->text) ? fail("cannot spawn") : 0;
	case SCN_KILL: return do_kill(st);
	case SCN_DAEMON: return do_daemon(st);
	case SCN_AWAIT: return do_await(st);
	case SCN_SLEEP: do_sleep(st); return 0;
	case SCN_MARK:
		stats_refresh(NULL);
		sampler_tick();
		book_mark(st->argv[0]);
		book_event("mark", "%s", st->argv[0]);
		return 0;
	case SCN_EXPECT: do_expect(st); return 0;
	case SCN_SAME: do_same(st); return 0;
	case SCN_SOAK: return soak_run(scn, st);
	case SCN_CRASHES: return crashes_run(scn, st);
	case SCN_NOTE: book_event("note", "%s", st->text); return 0;
	case SCN_REPEAT:
	case SCN_END: return 0;
	}
	return 0;
}

int step_words(enum scn_op op, const char *a, const char *b, const char *c, const char *d)
{
	struct scn_step st = { .op = op, .any_exit = 1, .argv = { (char *)(uintptr_t)a,
		(char *)(uintptr_t)b, (char *)(uintptr_t)c, (char *)(uintptr_t)d } };

	while (st.argc < 4 && st.argv[st.argc])
		st.argc++;
	return step_do(&st);
}

int steps_run(struct scenario *s)
{
	const char *seed = getenv("LAB_SEED");
	int left = 0, i = 0;

	scn = s;
	srandom(seed ? (unsigned int)atoi(seed) : 1);
	for (; i < s->steps; i++) {
		current = &s->step[i];
		if (current->op == SCN_REPEAT)
			left = atoi(current->argv[0]);
		if (current->op == SCN_END && --left > 0)
			i = current->jump - 1;	/* the repeat; the loop goes past it */
		if (lab_now() > s->bound_ms) {
			fail("out of time: %ld s are over", s->bound_ms / 1000);
			break;
		}
		if (step_do(current))
			break;
	}
	for (i++; i < s->steps; i++) {
		current = &s->step[i];
		if (current->op == SCN_EXPECT)
			fail("not reached: expect %s", current->cond.text);
		if (current->op == SCN_SAME)
			fail("not reached: same %s %s", current->argv[0], current->argv[1]);
	}
	return failures;
}
