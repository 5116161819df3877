// SPDX-License-Identifier: GPL-2.0-or-later
#include "log.h"

bool log_allowed(struct log_limit *limit, uint64_t now_ms, uint64_t gap_ms)
{
	if (now_ms < limit->next_ms) {
		limit->held++;
		return false;
	}
	limit->next_ms = now_ms + gap_ms;
	limit->held = 0;
	return true;
}
