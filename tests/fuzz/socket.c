// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What clients of the control socket may send: the input is bytes of up to four
 * connections over a real socket, in fragments of any size, before a daemon on the
 * simulated host. Every line is answered by one JSON object, and in order; who may
 * not change anything changes nothing; the host's values hold.
 *
 * Bytes are sent as they are, but 0xff and what comes after it:
 *	0-3	to this connection from now on, which is made if it isn't there
 *	4-7	the same, by one who may not change anything
 *	h, c	it sends no more; it is closed
 *	s	what was collected until here is sent, and the daemon's loop goes round
 *	t N	N * 100 ms pass, with turns
 *	* N	the last 64 bytes, N times more: long lines
 *	z	a byte 0; any other: itself
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "balloond.h"
#include "clock.h"
#include "control.h"
#include "host_xen.h"
#include "json.h"
#include "round.h"
#include "settle.h"
#include "snapshot.h"
#include "store.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/puppet.h"
#include "tools/balloonsim/sim_daemon.h"
#include "tools/balloonsim/sim_store.h"
#include "tools/balloonsim/sim_xen.h"

#define CONNECTIONS	4
#define SENT_MAX	(1 << 20)
#define ROUNDS_MAX	4000
#define N_DOMS		4

struct connection {
	int fd;			/* -1: none */
	bool sends;
	uint32_t asked;		/* whole lines that want an answer */
	uint32_t answered;
	size_t line;		/* bytes of the line that isn't whole yet */
	bool blank, refused;	/* ... nothing in it so far; it is too long, which was said */
	char *text;		/* of answers, since the last whole line */
	size_t text_len;
};

static struct world *w;
static struct balloond b;
static struct puppet puppets[N_DOMS];
static struct connection connections[CONNECTIONS];
static bool peer_changes, anybody_changes;
static char path[108];
static char pending[8192];
static size_t n_pending, sent;

/* --- what of the daemon's surroundings isn't simulated elsewhere --------------- */

uint64_t clock_ms(void)
{
	return w->now_us / SIM_MS;
}

int64_t clock_wall_s(void)
{
	return (int64_t)(w->now_us / SIM_S);
}

void sim_daemon_call(struct world *world)
{
	(void)world;
}

void sim_daemon_wake(struct world *world)
{
	(void)world;
}

void sim_daemon_pressed(struct world *world)
{
	(void)world;
}

bool sim_daemon_runs(const struct world *world)
{
	(void)world;
	return false;
}

void sim_daemon_kill(struct world *world)
{
	(void)world;
}

/* Who connects: the harness runs as one user only. */
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *len);
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	struct ucred *peer = value;

	(void)fd;
	MUST(level == SOL_SOCKET && name == SO_PEERCRED && *len == sizeof(*peer));
	*peer = (struct ucred){ .pid = 1, .uid = peer_changes ? 0 : geteuid() + 4711 };
	return 0;
}

/* --- what nobody may change without the right to ------------------------------- */

static uint64_t mix(uint64_t sum, int64_t value)
{
	return (sum ^ (uint64_t)value) * 0x100000001b3ULL;
}

static uint64_t owned(void)
{
	uint64_t sum = b.host.n_reservations;

	for (uint32_t i = 0; i < b.host.n_doms; i++) {
		const struct dom *dom = &b.host.doms[i];
		const struct vm *vm = &b.vms[i];

		sum = mix(mix(mix(sum, dom->floor_kib), dom->policy_max_kib), dom->weight);
		sum = mix(mix(mix(sum, vm->pin_kib), vm->frozen_by), vm->set.min_kib);
		sum = mix(mix(mix(sum, dom->max_kib), dom->target_kib), dom->lease_kib);
	}
	return mix(sum, b.settings.host.free_min_kib);
}

/* --- the client's side ----------------------------------------------------------- */

static void answer_take(struct connection *c, char *line)
{
	struct request *answer;
	char why[256] = "";
	const char *text;
	bool ok;

	answer = request_parse(line, why, sizeof(why));
	MUST(answer, "%s: %.200s", why, line);
	if (request_bool(answer, "ok", &ok) == REQUEST_OK) {
		c->answered++;
		MUST(c->answered <= c->asked, "%u answers to %u lines", c->answered, c->asked);
	} else {
		MUST(request_string(answer, "event", &text) == REQUEST_OK, "%.200s", line);
	}
	request_free(answer);
}

static void answers_take(struct connection *c)
{
	char buffer[16384], *end, *start;
	ssize_t n;

	while (c->fd >= 0 && (n = recv(c->fd, buffer, sizeof(buffer), MSG_DONTWAIT)) > 0) {
		c->text = realloc(c->text, c->text_len + (size_t)n + 1);
		memcpy(c->text + c->text_len, buffer, (size_t)n);
		c->text_len += (size_t)n;
		c->text[c->text_len] = '\0';
		for (start = c->text; (end = strchr(start, '\n')); start = end + 1) {
			*end = '\0';
			answer_take(c, start);
		}
		c->text_len -= (size_t)(start - c->text);
		memmove(c->text, start, c->text_len + 1);
	}
}

/* Each line wants an answer, but those of nothing but white space. */
static void count(struct connection *c, const char *data, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (data[i] == '\n') {
			c->asked += !c->blank && !c->refused;
			c->line = 0;
			c->blank = true;
			c->refused = false;
			continue;
		}
		c->blank = c->blank && (data[i] == ' ' || data[i] == '\t' || data[i] == '\r');
		if (++c->line == CONTROL_LINE_MAX && !c->refused) {
			c->refused = true;	/* so long without an end */
			c->asked++;
		}
	}
}

static void serve(void)
{
	struct pollfd fds[1 + CONTROL_CLIENTS_MAX];
	uint64_t before = owned();
	uint32_t n = control_poll(&b, fds);
	int ready;

	/* libFuzzer looks at its clock in a SIGALRM every some seconds. */
	do
		ready = poll(fds, n, 0);
	while (ready < 0 && errno == EINTR);
	MUST(ready >= 0, "poll: %m");
	b.now_ms = clock_ms();
	control_serve(&b, fds, n);
	MUST(anybody_changes || owned() == before, "by one without the right");
	for (int i = 0; i < CONNECTIONS; i++)
		answers_take(&connections[i]);
}

static void pass(uint64_t ms)
{
	world_run(w, w->now_us + ms * SIM_MS);
	b.now_ms = clock_ms();
	round_events(&b);
	round_turn(&b);
	MUST(!b.counters.plan_breaches && !b.counters.applied_breaches);
	MUST(!w->stats.breaches, "%s", w->stats.first_breach);
	serve();
}

static void push(struct connection *c)
{
	size_t done = 0;

	for (int round = 0; done < n_pending && c->fd >= 0 && c->sends; round++) {
		ssize_t n = send(c->fd, pending + done, n_pending - done,
				 MSG_DONTWAIT | MSG_NOSIGNAL);

		/* One that waits for memory reads no further: time must pass. */
		if (n < 0 && errno != EAGAIN)
			break;
		if (n > 0) {
			count(c, pending + done, (size_t)n);
			done += (size_t)n;
		}
		serve();
		if (round > 64)
			break;
	}
	n_pending = 0;
}

static void put(struct connection *c, char byte)
{
	if (sent++ >= SENT_MAX)
		return;
	pending[n_pending++] = byte;
	if (n_pending == sizeof(pending))
		push(c);
}

static void connection_open(struct connection *c, bool may_change)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (c->fd >= 0)
		return;
	free(c->text);
	*c = (struct connection){ .fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0),
				  .sends = true, .blank = true };
	strcpy(address.sun_path, path);
	MUST(!connect(c->fd, (struct sockaddr *)&address, sizeof(address)), "%s", path);
	peer_changes = may_change;
	anybody_changes |= may_change;
	serve();
}

static void connection_end(struct connection *c)
{
	if (c->fd < 0 || !c->sends)
		return;
	push(c);
	shutdown(c->fd, SHUT_WR);
	c->sends = false;
	c->asked += c->line && !c->blank && !c->refused;	/* the last needs no end */
}

static void connection_close(struct connection *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	c->text_len = 0;
	serve();
}

static void play(const uint8_t *data, size_t size)
{
	struct connection *c = &connections[0];

	for (size_t i = 0; i < size; i++) {
		uint8_t what = i + 1 < size ? data[i + 1] : 0, n = i + 2 < size ? data[i + 2] : 0;

		if (data[i] != 0xff) {
			put(c, (char)data[i]);
			continue;
		}
		i++;
		if (what < 8) {
			push(c);
			c = &connections[what % CONNECTIONS];
			connection_open(c, what < CONNECTIONS);
		} else if (what == 'h') {
			connection_end(c);
		} else if (what == 'c') {
			push(c);
			connection_close(c);
		} else if (what == 's') {
			push(c);
			serve();
		} else if (what == 't') {
			push(c);
			pass(n * 100u);
			i++;
		} else if (what == '*') {
			size_t from = i - 1 < 64 ? 0 : i - 65, len = i - 1 - from;

			while (n--)
				for (size_t k = 0; k < len; k++)
					put(c, (char)data[from + k]);
			i++;
		} else {
			put(c, what == 'z' ? '\0' : (char)what);
		}
	}
	push(c);
}

/* --- the daemon's life ------------------------------------------------------------- */

static void start(void)
{
	w = world_new(1, 2048 * MIB);
	sim_xen_enter(w);
	puppet_add(w, &puppets[0], "Domain-0", false, 512, 512);
	puppet_add(w, &puppets[1], "web", false, 256, 1024);
	puppet_add(w, &puppets[2], "db", true, 512, 1024);
	puppet_add(w, &puppets[3], "db", false, 128, 512);
	b = (struct balloond){ .ops = &host_real, .options.config_file = "/nonexistent" };
	config_default(&b.settings);
	setenv(CONTROL_SOCKET_ENV, path, 1);
	MUST(!xen_open(&b.xen) && !store_open(&b.store) && !watches_set(&b) && !snapshot_init(&b));
	MUST(!control_open(&b));
	pass(1000);
	connection_open(&connections[0], false);
}

/* All have half-closed: until every line is answered and every one let go. */
static void finish(void)
{
	int open = CONNECTIONS, rounds = ROUNDS_MAX;

	for (int i = 0; i < CONNECTIONS; i++) {
		connection_end(&connections[i]);
		rounds += (int)connections[i].asked;	/* one of each in a round */
	}
	for (int round = 0; open && round < rounds; round++) {
		/* Who waits for memory is refused in time. */
		if (round % 50 == 49)
			pass(round < 400 ? 1000 : 90000000);
		serve();
		open = 0;
		for (int i = 0; i < CONNECTIONS; i++) {
			struct connection *c = &connections[i];
			char byte;

			if (c->fd < 0 || !recv(c->fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK))
				continue;
			open++;
		}
	}
	for (int i = 0; i < CONNECTIONS; i++) {
		struct connection *c = &connections[i];

		MUST(c->fd < 0 || c->answered == c->asked, "%u lines, %u answers", c->asked,
		     c->answered);
		MUST(!c->text_len, "half an answer");
		if (c->fd >= 0)
			close(c->fd);
		free(c->text);
		*c = (struct connection){ .fd = -1 };
	}
	MUST(!open, "a connection stays open");
	serve();
	control_close(&b);
	snapshot_finish(&b);
	store_close(b.store);
	config_finish(&b.settings);
	world_free(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	n_pending = sent = 0;
	anybody_changes = false;
	peer_changes = false;
	if (!path[0])
		snprintf(path, sizeof(path), "/tmp/fuzz-socket.%d", getpid());
	for (int i = 0; i < CONNECTIONS; i++)
		connections[i].fd = -1;
	start();
	play(data, size);
	finish();
	return 0;
}
