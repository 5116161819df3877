// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Memory runs out at any allocation of a request, and none comes back: what was done is
 * never answered as failed, nor what wasn't as done.
 */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "balloond.h"
#include "command.h"
#include "control.h"
#include "json.h"
#include "snapshot.h"

static int64_t left;	/* allocations that succeed yet; negative: all do */

static bool fails(void)
{
	if (left > 0)
		left--;
	else if (!left)
		errno = ENOMEM;
	return !left;
}

#define WRAP(name, arguments, ...)				\
	void *__real_##name arguments;				\
	void *__wrap_##name arguments;				\
	void *__wrap_##name arguments				\
	{							\
		return fails() ? FAILED_##name : __real_##name(__VA_ARGS__); \
	}
#define FAILED_malloc	NULL
#define FAILED_calloc	NULL
#define FAILED_realloc	NULL
#define FAILED_mmap	MAP_FAILED
WRAP(malloc, (size_t size), size)
WRAP(calloc, (size_t n, size_t size), n, size)
WRAP(realloc, (void *block, size_t size), block, size)
WRAP(mmap, (void *at, size_t size, int protection, int flags, int fd, off_t offset),
     at, size, protection, flags, fd, offset)

static int fake_snapshot(void *ctx, struct host *host)
{
	(void)ctx, (void)host;
	return 0;
}

static const struct host_ops fake_ops = { .snapshot = fake_snapshot };
static struct balloond b;
static char socket_path[] = "/tmp/no-memory-XXXXXX";

static int setup(void **state)
{
	(void)state;
	b = (struct balloond){ .ops = &fake_ops, .now_ms = 1000, .options.dry_run = true };
	config_default(&b.settings);
	b.host.config = b.settings.host;
	b.host.total_kib = b.host.free_kib = 2 << 20;
	if (snapshot_init(&b))
		return -1;
	b.host.doms[0] = (struct dom){
		.domid = 1, .name = "web", .kind = DOM_GUEST, .actual_kib = 262144,
		.max_kib = 263168, .target_kib = 262144, .static_max_kib = 1048576,
	};
	b.vms[0] = (struct vm){ .domid = 1, .known = true, .set = VM_POLICY_NONE,
				.cfg = VM_POLICY_NONE, .pin_kib = KIB_NONE };
	b.host.n_doms = 1;
	vm_policy_resolve(&b, &b.host.doms[0], &b.vms[0]);
	setenv(CONTROL_SOCKET_ENV, socket_path, 1);
	return control_open(&b);
}

static int teardown(void **state)
{
	(void)state;
	control_close(&b);
	snapshot_finish(&b);
	config_finish(&b.settings);
	return 0;
}

static void serve(void)
{
	struct pollfd fds[CONTROL_CLIENTS_MAX + 1];
	uint32_t n = control_poll(&b, fds);

	assert_true(poll(fds, n, 0) >= 0);
	control_serve(&b, fds, n);
}

/* @return what it was told; "" : it was hung up on */
static const char *asked(const char *line, int64_t allocations)
{
	static char text[4096];
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	ssize_t n;

	strcpy(address.sun_path, socket_path);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	serve();
	assert_int_equal(write(fd, line, strlen(line)), strlen(line));
	left = allocations;
	serve();
	promises_grant(&b);
	serve();
	n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);
	close(fd);
	serve();	/* it is gone, and what only it owned */
	assert_true(n >= 0);
	text[n] = '\0';
	return text;
}

static void no_memory_set(void **state)
{
	const struct dom *web = &b.host.doms[0];
	uint32_t done = 0;
	char line[128];

	(void)state;
	for (int64_t n = 0, none = 0; !none; n++) {
		const char *said;

		snprintf(line, sizeof(line), "{\"command\":\"set\",\"domain\":\"web\",\"weight\":%d}\n",
			 (int)n + 1);
		said = asked(line, n);
		none = left;
		left = -1;
		assert_true(strstr(said, "\"ok\":true") || strstr(said, "\"ok\":false"));
		assert_int_equal(!!strstr(said, "\"ok\":true"), web->weight == n + 1);
		done += web->weight == n + 1;
	}
	assert_true(done > 0);
}

/* A token is there, and somebody knows it; or it isn't there. */
static void no_memory_reserve(void **state)
{
	static const char *const ask = "{\"command\":\"reserve\",\"size_kib\":1024,\"owner\":\"token\"}\n";
	uint32_t done = 0;

	(void)state;
	for (int64_t n = 0, none = 0; !none; n++) {
		const char *said = asked(ask, n);

		none = left;
		left = -1;
		assert_int_equal(!!strstr(said, "\"ok\":true"), b.host.n_reservations);
		if (b.host.n_reservations) {
			done++;
			promise_end(&b, 0, "the test is over");
		}
	}
	assert_true(done > 0);
}

/* So many domains that the list wants more than what is always there. */
static void no_memory_list(void **state)
{
	struct json *json;
	size_t len;

	(void)state;
	b.host.n_doms = 60;
	for (uint32_t i = 1; i < b.host.n_doms; i++) {
		b.host.doms[i] = b.host.doms[0];
		b.vms[i] = b.vms[0];
		b.host.doms[i].domid = i + 1;
		b.host.doms[i].name[0] = (char)0xff;
	}
	for (int64_t n = 1, none = 0; !none; n++) {
		left = n;
		json = command_run(&b, 1, false, "{\"command\":\"list\"}");
		none = left;
		left = -1;
		if (none)
			assert_non_null(strstr(json_text(json, &len), "\"name\":\"?eb\""));
		else
			assert_non_null(strstr(json_text(json, &len), "out of memory"));
		assert_int_equal(strlen(json_text(json, &len)), len);
		json_free(json);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(no_memory_set), TEST(no_memory_reserve), TEST(no_memory_list),
	};

	left = -1;
	log_init(false, false);
	if (!mkdtemp(socket_path))
		return 1;
	rmdir(socket_path);
	return cmocka_run_group_tests_name("no_memory", tests, NULL, NULL);
}
