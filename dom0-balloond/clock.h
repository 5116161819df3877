/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The only clocks of the daemon; the simulator has its own. */
#ifndef BALLOOND_CLOCK_H
#define BALLOOND_CLOCK_H

#include <stdint.h>

uint64_t clock_ms(void);	/* CLOCK_MONOTONIC */
int64_t clock_wall_s(void);	/* since the Epoch */

#endif
