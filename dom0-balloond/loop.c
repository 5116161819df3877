// SPDX-License-Identifier: GPL-2.0-or-later
#include "loop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "balloond.h"
#include "clock.h"
#include "control.h"
#include "notify.h"
#include "reload.h"
#include "round.h"
#include "store.h"

/* @return false: asked to end */
static bool signal_take(struct balloond *b, int fd)
{
	struct signalfd_siginfo info;
	char why[512];

	if (read(fd, &info, sizeof(info)) != sizeof(info))
		return true;
	if (info.ssi_signo != SIGHUP)
		return false;
	balloond_reload(b, why, sizeof(why));
	return true;
}

static int timeout_ms(const struct balloond *b, uint64_t turn_last_ms, uint64_t watchdog_ms)
{
	uint64_t now = clock_ms();
	uint64_t due = round_due_ms(b, turn_last_ms);

	if (watchdog_ms < due)
		due = watchdog_ms;
	if (zero_glance_ms(b) < due)
		due = zero_glance_ms(b);
	if (control_waiting(b))
		due = now;
	return due <= now ? 0 : (int)(due - now);
}

/*
 * Only a turn that came through says that balloond, Xen and xenstored live: a call
 * that hangs ends in a restart, and so does a Xen that can't be read any more. A lost
 * xenstored does not: trying again every second is all that a new balloond could do,
 * and it wouldn't know what an emptied store has lost. With the audit, so that the
 * watchdog wakes nobody.
 */
static void watchdog_feed(const struct balloond *b, uint64_t every_ms, uint64_t *due_ms)
{
	if (!every_ms || b->now_ms + every_ms / 2 < *due_ms)
		return;
	if (!b->turn_failed)
		notify("WATCHDOG=1");
	*due_ms = b->now_ms + every_ms;
}

int loop_run(struct balloond *b, int signal_fd)
{
	struct pollfd fds[2 + 1 + 1 + CONTROL_CLIENTS_MAX];
	uint64_t every_ms = notify_watchdog_ms(), turn_ms = b->now_ms;
	uint64_t watchdog_ms = every_ms ? b->now_ms + every_ms : UINT64_MAX;

	for (;;) {
		uint32_t n, first;

		fds[0] = (struct pollfd){ .fd = signal_fd, .events = POLLIN };
		fds[1] = (struct pollfd){ .fd = store_fd(b->store), .events = POLLIN };
		first = 2 + zero_poll(b, fds + 2);
		n = first + control_poll(b, fds + first);
		if (poll(fds, n, timeout_ms(b, turn_ms, watchdog_ms)) < 0 && errno != EINTR)
			return EXIT_FAILED;
		b->now_ms = clock_ms();

		if (fds[0].revents && !signal_take(b, signal_fd))
			return EXIT_DONE;
		if (fds[1].revents)
			round_events(b);
		if (first > 2)
			zero_poll_done(b, fds + 2);
		zero_glance(b);
		control_serve(b, fds + first, n - first);
		if (b->now_ms >= b->turn_due_ms || b->now_ms >= round_due_ms(b, turn_ms) ||
		    b->now_ms >= watchdog_ms) {
			round_turn(b);
			turn_ms = b->now_ms;
			watchdog_feed(b, every_ms, &watchdog_ms);
		}
	}
}
