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
 * A guest that says it needs more, has had room for it for UNTAKEN_MS and hasn't
 * grown can't grow, whatever it says: a limit of its kernel that nobody reports. Or
 * it lies. A module grows at once, a stock balloon that backs off is woken by the
 * target that changes with this. What it leaves lying others may have: until it
 * grows, it counts with what it has and UNTAKEN_ROOM_KIB, by which it can show.
 * @return what of its demand counts at most
 */
#define UNTAKEN_MS		10000
#define UNTAKEN_ROOM_KIB	(4 * KIB_PER_MIB)
int64_t demand_taken_kib(const struct dom *dom);

/*
 * Largest growth of a guest by its own need in one control latency, halved every
 * five minutes: history.growth_kib. Called before seen_kib is renewed.
 */
void growth_update(struct dom *dom, int64_t headroom_min_kib, uint64_t now_ms);

#endif
