// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who gets a place at the control socket when there are more than there are places. Each
 * test fails without its mechanism (tests/mutants).
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "balloond.h"
#include "control.h"
#include "snapshot.h"

#define ASK	"{\"command\":\"info\"}\n"

static int fake_snapshot(void *ctx, struct host *host)
{
	(void)ctx;
	(void)host;
	return 0;
}

static const struct host_ops fake_ops = { .snapshot = fake_snapshot };
static struct balloond b;
static char socket_path[] = "/tmp/control-XXXXXX";
static int fds[256], n_fds;
static bool peer_is_root;

/* Who connects: the test runs as one user only. */
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *len);
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *len)
{
	(void)fd, (void)level, (void)name, (void)len;
	*(struct ucred *)value = (struct ucred){ .pid = 1,
						 .uid = peer_is_root ? 0 : geteuid() + 4711 };
	return 0;
}

static int setup(void **state)
{
	(void)state;
	b = (struct balloond){ .ops = &fake_ops, .now_ms = 1000, .options.dry_run = true };
	config_default(&b.settings);
	setenv(CONTROL_SOCKET_ENV, socket_path, 1);
	n_fds = 0;
	return snapshot_init(&b) || control_open(&b);
}

static int teardown(void **state)
{
	(void)state;
	while (n_fds)
		close(fds[--n_fds]);
	control_close(&b);
	snapshot_finish(&b);
	config_finish(&b.settings);
	return 0;
}

static void serve(void)
{
	struct pollfd polled[CONTROL_CLIENTS_MAX + 1];
	uint32_t n = control_poll(&b, polled);

	assert_true(poll(polled, n, 0) >= 0);
	control_serve(&b, polled, n);
}

static int joins(bool root)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, socket_path);
	peer_is_root = root;
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	serve();
	return fds[n_fds++] = fd;
}

/* More lines than there are rounds, at once. */
static void asks_on(int fd)
{
	static char lines[1000 * (sizeof(ASK) - 1) + 1];

	for (size_t at = 0; at < sizeof(lines) - 1; at += sizeof(ASK) - 1)
		memcpy(lines + at, ASK, sizeof(ASK) - 1);
	/* Who got no place is hung up on already. */
	if (send(fd, lines, sizeof(lines) - 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		assert_int_equal(errno, EPIPE);
}

static bool is_answered(int fd)
{
	char text[16384];
	ssize_t n;

	if (send(fd, ASK, sizeof(ASK) - 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return false;
	serve();
	n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);
	text[n < 0 ? 0 : n] = '\0';
	return strstr(text, "\"ok\":true");
}

/* Readers who all wait for answers: each has a place in vain, and root has one. */
static void control_kept(void **state)
{
	int root = joins(true);

	(void)state;
	for (int i = 0; i < CONTROL_CLIENTS_MAX; i++)
		asks_on(joins(false));
	for (int i = CONTROL_READERS_MAX; i < CONTROL_CLIENTS_MAX - 1; i++)
		assert_true(is_answered(joins(true)));
	assert_true(is_answered(root));
	assert_false(is_answered(joins(true)));		/* by now they are all root's */
	assert_true(is_answered(root));
}

/* Idle ones go for those who come, the longest idle first; root's don't, idle or not. */
static void control_idle(void **state)
{
	int root = joins(true), first = joins(false), second = joins(false), waits, last = -1;

	(void)state;
	waits = joins(false);
	asks_on(waits);
	for (int i = 3; i < CONTROL_READERS_MAX; i++)
		last = joins(false);
	assert_true(is_answered(first));
	assert_true(is_answered(joins(false)));
	assert_false(is_answered(second));
	assert_true(is_answered(first));
	for (int i = 0; i < 2 * CONTROL_CLIENTS_MAX; i++)
		assert_true(is_answered(joins(false)));
	assert_false(is_answered(last));
	assert_false(is_answered(first));
	assert_true(is_answered(waits));
	for (int i = CONTROL_READERS_MAX; i < CONTROL_CLIENTS_MAX; i++)
		assert_true(is_answered(joins(true)));
	assert_true(is_answered(root));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(control_kept), TEST(control_idle) };

	log_init(false, false);
	if (!mkdtemp(socket_path))
		return 1;
	rmdir(socket_path);
	return cmocka_run_group_tests_name("control", tests, NULL, NULL);
}
