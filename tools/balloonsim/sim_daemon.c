// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim_daemon.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "balloond.h"
#include "clock.h"
#include "command.h"
#include "control.h"
#include "host_xen.h"
#include "json.h"
#include "recall.h"
#include "round.h"
#include "settle.h"
#include "sim_store.h"
#include "sim_xen.h"
#include "snapshot.h"
#include "store.h"

/* A request on its way, or waiting for its answer. */
struct ask {
	struct ask *next;
	uint32_t connection;
	bool taken;
	sim_answer answer;
	void *arg;
	char line[];
};

struct sim_daemon {
	struct balloond b;
	bool runs;
	bool woken;			/* while it was at work */
	uint64_t wake_us;		/* of the event that counts; SIM_NEVER: none */
	uint64_t turn_ms;		/* the last turn */
	uint64_t pressed_us;		/* the trigger fired */
	uint64_t kill_in;		/* dies at that call; 0: lives */
	jmp_buf killed;
	uint64_t breaches;		/* its own checker's, as last looked at */
	uint32_t connections;
	struct ask *asks, *gone;	/* gone: hung up while it was at work */
};

static struct sim_daemon *daemon_of(struct world *w)
{
	if (!w->daemon)
		w->daemon = calloc(1, sizeof(*w->daemon));
	if (!w->daemon)
		abort();
	return w->daemon;
}

bool sim_daemon_runs(const struct world *w)
{
	return w->daemon && w->daemon->runs;
}

const struct balloond *sim_daemon_state(const struct world *w)
{
	return sim_daemon_runs(w) ? &w->daemon->b : NULL;
}

uint64_t clock_ms(void)
{
	return sim_xen_world()->now_us / SIM_MS;
}

int64_t clock_wall_s(void)
{
	return (int64_t)(sim_xen_world()->now_us / SIM_S);
}

/* --- when it wakes --------------------------------------------------------------- */

static void at_work(struct world *w, void *arg);

static void wake_at(struct world *w, struct sim_daemon *d, uint64_t at_us)
{
	if (at_us >= d->wake_us)
		return;
	d->wake_us = at_us;
	world_at(w, at_us, at_work, d);
}

void sim_daemon_wake(struct world *w)
{
	struct sim_daemon *d = w->daemon;

	if (!sim_daemon_runs(w))
		return;
	if (w->in_daemon)
		d->woken = true;
	else
		wake_at(w, d, w->now_us + w->costs.watch_us);
}

void sim_daemon_pressed(struct world *w)
{
	struct sim_daemon *d = w->daemon;

	if (!sim_daemon_runs(w) || !d->b.zero.open || w->now_us < d->pressed_us + SIM_S)
		return;
	d->pressed_us = w->now_us;
	zero_poll_done(&d->b, &(struct pollfd){ .revents = POLLPRI });
	sim_daemon_wake(w);
}

/* What it leaves behind: nothing but what it wrote. */
static void die(struct world *w, struct sim_daemon *d)
{
	struct ask *asks = d->asks;

	d->runs = d->woken = false;
	d->wake_us = SIM_NEVER;
	d->kill_in = 0;
	d->asks = NULL;
	while (d->gone) {
		struct ask *ask = d->gone;

		d->gone = ask->next;
		free(ask);
	}
	world_forget(w, d);
	snapshot_finish(&d->b);
	store_close(d->b.store);
	config_finish(&d->b.settings);
	memset(&d->b, 0, sizeof(d->b));
	while (asks) {
		struct ask *ask = asks;

		asks = ask->next;
		if (ask->answer)
			ask->answer(w, ask->arg, NULL);
		free(ask);
	}
}

void sim_daemon_call(struct world *w)
{
	struct sim_daemon *d = w->daemon;

	w->stats.calls++;
	if (d->kill_in && !--d->kill_in)
		longjmp(d->killed, 1);
}

/* @return false: it was killed on its way */
static bool enter(struct world *w, struct sim_daemon *d, void (*work)(struct world *,
								       struct sim_daemon *))
{
	sim_xen_enter(w);
	sim_xen_round(w);
	w->in_daemon = true;
	if (setjmp(d->killed)) {
		w->in_daemon = false;
		json_free_all();
		die(w, d);
		return false;
	}
	work(w, d);
	w->in_daemon = false;
	return true;
}

/* --- requests ---------------------------------------------------------------------- */

static struct ask **ask_of(struct sim_daemon *d, uint32_t connection)
{
	struct ask **at = &d->asks;

	while (*at && (*at)->connection != connection)
		at = &(*at)->next;
	return at;
}

static void answered(struct world *w, struct sim_daemon *d, uint32_t connection,
		     struct json *json)
{
	struct ask **at = ask_of(d, connection), *ask = *at;
	size_t len;

	if (!ask)
		return;
	*at = ask->next;
	if (ask->answer)
		ask->answer(w, ask->arg, json_text(json, &len));
	free(ask);
}

bool control_send(struct balloond *b, uint32_t client, struct json *answer, bool last)
{
	struct world *w = sim_xen_world();

	(void)b;
	if (last)
		answered(w, w->daemon, client, answer);
	return true;
}

uint32_t sim_ask(struct world *w, sim_answer answer, void *arg, const char *format, ...)
{
	struct sim_daemon *d = daemon_of(w);
	struct ask **at = &d->asks, *ask;
	char line[1024];
	va_list args;

	if (!d->runs) {
		answer(w, arg, NULL);
		return 0;
	}
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	ask = calloc(1, sizeof(*ask) + strlen(line) + 1);
	if (!ask)
		abort();
	ask->connection = ++d->connections;
	ask->answer = answer;
	ask->arg = arg;
	strcpy(ask->line, line);
	while (*at)
		at = &(*at)->next;
	*at = ask;
	sim_daemon_wake(w);
	return ask->connection;
}

void sim_hang_up(struct world *w, uint32_t connection)
{
	struct sim_daemon *d = w->daemon;
	struct ask **at, *ask;

	if (!sim_daemon_runs(w) || !connection)
		return;
	at = ask_of(d, connection);
	ask = *at;
	if (ask) {
		*at = ask->next;
		free(ask);
	}
	if (w->in_daemon) {	/* its loop sees that when it is back there */
		ask = calloc(1, sizeof(*ask));
		if (!ask)
			abort();
		ask->connection = connection;
		ask->next = d->gone;
		d->gone = ask;
	} else {
		sim_xen_enter(w);
		command_client_gone(&d->b, connection);
	}
	sim_daemon_wake(w);
}

static void gone(struct sim_daemon *d)
{
	while (d->gone) {
		struct ask *ask = d->gone;

		d->gone = ask->next;
		command_client_gone(&d->b, ask->connection);
		free(ask);
	}
}

/* One request of each who waits; what comes in meanwhile waits for the next round. */
static void requests(struct world *w, struct sim_daemon *d)
{
	struct ask *ask = d->asks;

	while (ask && ask->taken)
		ask = ask->next;
	while (ask) {
		uint32_t connection = ask->connection;
		struct json *json;

		ask->taken = true;
		json = command_run(&d->b, connection, true, ask->line);
		if (json)
			answered(w, d, connection, json);
		json_free(json);
		for (ask = d->asks; ask && (ask->taken || ask->connection < connection); )
			ask = ask->next;
	}
}

/* --- its life -------------------------------------------------------------------- */

/*
 * It looks at free memory and tot_pages again before it blames itself, and not at
 * max_pages: after a mem-set amid its turn that is blame for another's act. What it
 * ordered itself is still held against the truth, in xen_set_max().
 */
static void breaches_look(struct world *w, struct sim_daemon *d)
{
	uint64_t n = d->b.counters.plan_breaches + d->b.counters.applied_breaches;

	if (n > d->breaches && !w->round_foreign)
		world_breach(w, "balloond's own checker: %llu",
			     (unsigned long long)(n - d->breaches));
	d->breaches = n;
}

static void work_round(struct world *w, struct sim_daemon *d)
{
	struct balloond *b = &d->b;

	b->now_ms = w->now_us / SIM_MS;
	gone(d);
	round_events(b);
	zero_glance(b);
	requests(w, d);
	if (b->now_ms >= b->turn_due_ms || b->now_ms >= round_due_ms(b, d->turn_ms)) {
		round_turn(b);
		d->turn_ms = b->now_ms;
		w->stats.turns++;
		breaches_look(w, d);
		if (w->on_turn)
			w->on_turn(w);
	}
}

static void sleep_on(struct world *w, struct sim_daemon *d)
{
	uint64_t due_ms = round_due_ms(&d->b, d->turn_ms);

	if (d->b.turn_due_ms < due_ms)
		due_ms = d->b.turn_due_ms;
	if (zero_glance_ms(&d->b) < due_ms)
		due_ms = zero_glance_ms(&d->b);
	wake_at(w, d, due_ms > UINT64_MAX / SIM_MS ? SIM_NEVER : due_ms * SIM_MS);
	if (d->woken)
		wake_at(w, d, w->now_us + 1);
	d->woken = false;
}

static void at_work(struct world *w, void *arg)
{
	struct sim_daemon *d = arg;

	/* An earlier one was asked for after this one was; or it is at work. */
	if (!d->runs || w->now_us < d->wake_us || d->wake_us == SIM_NEVER)
		return;
	d->wake_us = SIM_NEVER;
	if (w->in_daemon)
		d->woken = true;
	else if (enter(w, d, work_round))
		sleep_on(w, d);
}

static bool configure(struct balloond *b, const char *conf)
{
	char path[] = "/tmp/balloonsim.XXXXXX";
	int fd, rc;

	if (!conf || !*conf) {
		config_default(&b->settings);
		return true;
	}
	fd = mkstemp(path);
	if (fd < 0 || write(fd, conf, strlen(conf)) != (ssize_t)strlen(conf)) {
		perror("balloonsim: balloond's configuration");
		return false;
	}
	close(fd);
	rc = config_read(path, stderr, &b->settings);
	unlink(path);
	return !rc;
}

static void work_start(struct world *w, struct sim_daemon *d)
{
	struct balloond *b = &d->b;

	b->now_ms = b->started_ms = w->now_us / SIM_MS;
	b->ops = &host_real;
	xen_open(&b->xen);
	if (store_open(&b->store) || watches_set(b) || snapshot_init(b))
		return;
	if (recall(b))
		return;
	settle_start(b);
	b->turn_wanted = true;
}

bool sim_daemon_start(struct world *w, const char *conf)
{
	struct sim_daemon *d = daemon_of(w);

	if (d->runs)
		return true;
	memset(&d->b, 0, sizeof(d->b));
	if (!configure(&d->b, conf))
		return false;
	d->runs = true;
	d->wake_us = SIM_NEVER;
	d->turn_ms = d->breaches = 0;
	w->stats.restarts++;
	if (enter(w, d, work_start))
		sleep_on(w, d);
	return true;
}

static void work_stop(struct world *w, struct sim_daemon *d)
{
	d->b.now_ms = w->now_us / SIM_MS;
	if (!d->b.ops->snapshot(&d->b, &d->b.host))
		settle_stop(&d->b);
}

void sim_daemon_stop(struct world *w)
{
	struct sim_daemon *d = w->daemon;

	if (!sim_daemon_runs(w))
		return;
	if (w->in_daemon) {	/* a scenario's step fell into one of its calls */
		d->kill_in = 1;
		return;
	}
	if (enter(w, d, work_stop))
		die(w, d);
}

void sim_daemon_kill_at(struct world *w, uint64_t n)
{
	if (sim_daemon_runs(w))
		w->daemon->kill_in = n;
}

void sim_daemon_kill(struct world *w)
{
	if (!sim_daemon_runs(w))
		return;
	if (w->in_daemon)
		w->daemon->kill_in = 1;
	else
		die(w, w->daemon);
}
