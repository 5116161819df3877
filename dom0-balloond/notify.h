/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Word to systemd, only when it asked for it (NOTIFY_SOCKET, WATCHDOG_USEC). */
#ifndef BALLOOND_NOTIFY_H
#define BALLOOND_NOTIFY_H

#include <stdint.h>

void notify(const char *state);	/* "READY=1", "STOPPING=1", "WATCHDOG=1", ... */

/* How often WATCHDOG=1 is due, half of what is allowed; 0: not asked for. */
uint64_t notify_watchdog_ms(void);

#endif
