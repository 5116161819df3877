/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a guest asks for, without the noise in it. */
#ifndef BALLOOND_CORE_DEMAND_H
#define BALLOOND_CORE_DEMAND_H

#include "host.h"

/*
 * Take the guest's last word into history.need_kib and want_kib. A rise counts
 * at once, so does a fall of more than a tenth; a smaller fall counts when it
 * has lasted DEMAND_HOLD_MS. Noise of +-5 % thus ends at its upper edge and
 * moves nothing.
 */
#define DEMAND_HOLD_MS	30000
void demand_update(struct dom *dom, uint64_t now_ms);

/*
 * Largest growth of a guest by its own need in one control latency, halved every
 * five minutes: history.growth_kib. Called before seen_kib is renewed.
 */
void growth_update(struct dom *dom, int64_t headroom_min_kib, uint64_t now_ms);

#endif
