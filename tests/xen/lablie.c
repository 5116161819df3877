// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lablie: a hostile guest of the emulated host. It writes to xenstore, as fast as
 * it is answered, whatever a guest may write: reports that are none, reports that
 * lie, keys that come and go.
 *
 *	lablie SECONDS [SEED] [WRITES_PER_S] [KEY]
 *
 * Prints how often each kind was written, and how often xenstored refused.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <xen/io/xs_wire.h>

#include "xenstore-schema/schema.h"

/* LIES(L): L(name), each a function lie_NAME below */
#define LIES(L) L(none) L(digits) L(negative) L(huge) L(everything) L(nothing) L(replayed) \
	L(unknown_epoch) L(twice) L(long) L(binary) L(removed) L(below) L(others_key)

static int bus;
static const char *key = KEY_REPORT;
static uint64_t rnd_state;

static uint64_t rnd(uint64_t n)
{
	rnd_state = rnd_state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (rnd_state >> 33) % n;
}

static int all(ssize_t (*io)(int, void *, size_t), void *data, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = io(bus, (char *)data + done, len - done);

		if (n <= 0 && errno != EINTR)
			return -1;
		if (n > 0)
			done += (size_t)n;
	}
	return 0;
}

static ssize_t out(int fd, void *data, size_t len)
{
	return write(fd, data, len);
}

/* @return 0; 1: xenstored said no; -1: it doesn't answer */
static int ask(uint32_t type, const char *path, const void *value, size_t len)
{
	static char body[XENSTORE_PAYLOAD_MAX];
	struct xsd_sockmsg msg = { .type = type, .len = (uint32_t)(strlen(path) + 1 + len) };
	char packet[sizeof(msg) + XENSTORE_PAYLOAD_MAX];

	if (msg.len > sizeof(body))
		return -1;
	memcpy(packet, &msg, sizeof(msg));
	memcpy(packet + sizeof(msg), path, strlen(path) + 1);
	if (len)
		memcpy(packet + sizeof(msg) + strlen(path) + 1, value, len);
	if (all(out, packet, sizeof(msg) + msg.len) || all(read, &msg, sizeof(msg)) ||
	    msg.len > sizeof(body) || all(read, body, msg.len))
		return -1;
	return msg.type == XS_ERROR;
}

static int __attribute__((format(printf, 1, 2))) say(const char *fmt, ...)
{
	char text[4000];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return ask(XS_WRITE, key, text, (size_t)n);
}

static int report(uint64_t boot, uint64_t epoch, uint64_t seq, uint64_t kib)
{
	return say("version=1 boot=%" PRIu64 " epoch=%" PRIu64 " seq=%" PRIu64 " need_kib=%" PRIu64
		   " want_kib=%" PRIu64 " floor_kib=%" PRIu64 " limit_kib=%" PRIu64 " urgent=1",
		   boot, epoch, seq, kib, kib, kib, kib);
}

static int lie_none(void)
{
	static const char *const texts[] = { "", " ", "hello", "version=1", "%s%n", "version=2 boot=1" };

	return say("%s", texts[rnd(sizeof(texts) / sizeof(texts[0]))]);
}

static int lie_digits(void)
{
	char digits[401];

	memset(digits, '0' + (int)rnd(10), 400);
	digits[400] = '\0';
	return say("version=1 boot=1 epoch=0 seq=1 need_kib=%s want_kib=9 floor_kib=0 limit_kib=9 "
		   "urgent=0", digits);
}

static int lie_negative(void)
{
	return say("version=1 boot=1 epoch=0 seq=1 need_kib=-%" PRIu64 " want_kib=9 floor_kib=0 "
		   "limit_kib=9 urgent=0", rnd(1 << 20));
}

static int lie_huge(void)
{
	return report(1, 0, 1, UINT64_MAX - rnd(4));
}

static int lie_everything(void)
{
	return report(7, 0, rnd(1 << 20), 1 << 24);
}

static int lie_nothing(void)
{
	return report(7, 0, rnd(1 << 20), 0);
}

static int lie_replayed(void)
{
	return report(rnd(3), 0, rnd(3), (1 + rnd(256)) << 10);
}

static int lie_unknown_epoch(void)
{
	return report(7, 1 + rnd(UINT32_MAX), 5, 1 << 18);
}

static int lie_twice(void)
{
	return say("version=1 boot=1 epoch=0 seq=1 need_kib=5 need_kib=6 want_kib=9 floor_kib=0 "
		   "limit_kib=9 urgent=0");
}

static int lie_long(void)
{
	char text[3500];

	memset(text, '=', sizeof(text));
	return ask(XS_WRITE, key, text, sizeof(text));
}

static int lie_binary(void)
{
	char text[64];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)rnd(256);
	return ask(XS_WRITE, key, text, sizeof(text));
}

static int lie_removed(void)
{
	return ask(XS_RM, key, NULL, 0);
}

static int lie_below(void)
{
	char path[64];

	snprintf(path, sizeof(path), "%.40s/%u/%u", key, (unsigned int)rnd(8), (unsigned int)rnd(8));
	return ask(rnd(2) ? XS_MKDIR : XS_WRITE, path, "x", rnd(2));
}

static int lie_others_key(void)
{
	static const char *const keys[] = { KEY_LEASE, KEY_TARGET, "/tool/balloond/x",
					    "/local/domain/0/" KEY_REPORT };

	return ask(XS_WRITE, keys[rnd(4)], "version=1 mode=directed ceiling_kib=9999999 epoch=1", 50);
}

#define LIE_ROW(name) { #name, lie_##name, 0 },
static struct {
	const char *name;
	int (*tell)(void);
	unsigned int told;
} lies[] = { LIES(LIE_ROW) };
#define N_LIES (sizeof(lies) / sizeof(lies[0]))

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int main(int argc, char **argv)
{
	int64_t start_ms = now_ms(), end_ms = start_ms + 1000 * (argc > 1 ? atoi(argv[1]) : 0);
	unsigned int rate = argc > 3 ? (unsigned int)atoi(argv[3]) : 0, n = 0, refused = 0;

	rnd_state = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	if (argc > 4)
		key = argv[4];
	bus = open("/dev/xen/xenbus", O_RDWR | O_CLOEXEC);
	if (argc < 2 || bus < 0) {
		fprintf(stderr, "usage: lablie SECONDS [SEED] [WRITES_PER_S] [KEY], in a guest\n");
		return 2;
	}
	while (now_ms() < end_ms) {
		unsigned int k = (unsigned int)rnd(N_LIES);
		int r = lies[k].tell();

		if (r < 0) {
			perror("lablie: xenstored doesn't answer");
			return 1;
		}
		lies[k].told++;
		refused += (unsigned int)r;
		n++;
		/* A busy processor costs the emulator real time: pieces of 10 ms. */
		while (rate && n >= rate * (uint64_t)(now_ms() - start_ms) / 1000 + rate / 100 &&
		       now_ms() < end_ms)
			usleep(10000);
	}
	printf("refused=%u", refused);
	for (size_t k = 0; k < N_LIES; k++)
		printf(" %s=%u", lies[k].name, lies[k].told);
	putchar('\n');
	return 0;
}
