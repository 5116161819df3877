// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Plays systemd to balloond: READY=1 once it serves, WATCHDOG=1 in time as long as
 * its turns come through, and none when a call never returns or Xen can't be read.
 * TAP; run by watchdog.sh.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "crash_host.h"

#define WATCHDOG_S	30
#define MIB		1024LL

static struct stage s;
static int notified, n_tests, n_bad;

static void verdict(bool good, const char *name)
{
	if (!good)
		printf("# %s\n", s.why);
	n_bad += !good;
	printf("%sok %d - watchdog_%s\n", good ? "" : "not ", ++n_tests, name);
	fflush(stdout);
}

/* How often it was said since the last look. */
static int said(const char *word)
{
	char text[64];
	ssize_t n;
	int times = 0;

	while ((n = recv(notified, text, sizeof(text) - 1, MSG_DONTWAIT)) > 0) {
		text[n] = '\0';
		times += !strcmp(text, word);
	}
	return times;
}

static void begin(void)
{
	stage_reset(&s, 2048);
	stage_add(&s, (struct fake_dom){ .domid = 0, .name = "Domain-0", .static_kib = 512 * MIB },
		  512);
	stage_add(&s, (struct fake_dom){ .domid = 1, .name = "web", .static_kib = 1024 * MIB,
		  .obeys = true, .reports = true, .need_kib = 256 * MIB, .want_kib = 256 * MIB },
		  256);
	said("");
	stage_start(&s);
	if (said("READY=1") != 1)
		stage_fail(&s, "READY=1 was not said once");
	stage_run(&s, 5000);
	said("");
}

/* Never silent for so long as systemd would wait. */
static void fed(int seconds)
{
	for (int at = 0; at < seconds; at += WATCHDOG_S - 5) {
		stage_run(&s, (WATCHDOG_S - 5) * 1000);
		if (!said("WATCHDOG=1"))
			stage_fail(&s, "not a word in %d s", WATCHDOG_S - 5);
	}
}

/* From now on `how` happens at the next call of that kind: nothing is said then. */
static void starves(enum crash_kind kind, enum crash_how how)
{
	begin();
	s.crash->kind = kind;
	s.crash->nth = s.crash->count[kind] + 1;
	s.crash->how = how;
	fake_find(s.xen, 1)->need_kib = 500 * MIB;	/* it has something to do */
	while (!s.crash->done)
		stage_step(&s, 100);
	said("");
	stage_run(&s, WATCHDOG_S * 1000);
	if (said("WATCHDOG=1"))
		stage_fail(&s, "it says that it lives");
}

static void serves(void)
{
	begin();
	fed(600);
	stage_stop(&s);
	if (!said("STOPPING=1"))
		stage_fail(&s, "STOPPING=1 was not said");
}

/* A xenstored that is away is no reason to be killed. */
static void store_away(void)
{
	begin();
	s.crash->opens_fail = 300;
	s.crash->kind = CRASH_READ;
	s.crash->nth = s.crash->count[CRASH_READ] + 1;
	s.crash->how = CRASH_RESET;
	fed(200);
	if (!s.crash->done || !s.crash->lost)
		stage_fail(&s, "the store was not lost");
}

static void hangs_in_xen(void)
{
	starves(CRASH_SETMAX, CRASH_HANG);
}

static void hangs_in_store(void)
{
	starves(CRASH_WRITE, CRASH_HANG);
}

static void unreadable(void)
{
	starves(CRASH_GETINFO, CRASH_REFUSE);
}

static void test(void (*body)(void), const char *name)
{
	volatile bool good = false;

	if (!setjmp(s.failed)) {
		body();
		good = true;
	}
	stage_kill(&s);
	verdict(good, name);
}

int main(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *dir = getenv("STORE_DIR");
	char usec[32];

	notified = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/notify", dir ? dir : "");
	if (bind(notified, (struct sockaddr *)&address, sizeof(address)) ||
	    !stage_open(&s, getenv("CRASH_BALLOOND"))) {
		fprintf(stderr, "watchdog: run it by watchdog.sh\n");
		return 2;
	}
	setenv("NOTIFY_SOCKET", address.sun_path, 1);
	snprintf(usec, sizeof(usec), "%d", WATCHDOG_S * 1000000);
	setenv("WATCHDOG_USEC", usec, 1);
	test(serves, "served");
	test(store_away, "store_away");
	test(hangs_in_xen, "hangs_in_xen");
	test(hangs_in_store, "hangs_in_store");
	test(unreadable, "unreadable");
	printf("1..%d\n", n_tests);
	return n_bad != 0;
}
