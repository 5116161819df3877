// SPDX-License-Identifier: GPL-2.0-only
#include "foreign.h"

#define SETTLE_MS	100	/* two watches on one node have both been called */

/*
 * Of two that race through the probe the first may be stored last: while the probe is
 * seen to run, whatever is there came through it.
 */
bool foreign_target(struct foreign *f, unsigned long target, bool let, unsigned int hits,
		    u64 now_ms)
{
	bool raced = MECHANISM(guest_raced) && hits != f->known_hits;
	bool known = let || target == f->set_pages || raced;

	if (known && f->told_ms && now_ms - f->told_ms > SETTLE_MS) {
		known = hits != f->told_hits;
		f->told_ms = 0;
	}
	if (!known)
		f->told_ms = 0;
	f->known_hits = hits;
	f->set_pages = target;
	return !known;
}

/*
 * Where the probe doesn't run for it, soon or just before, what the balloon has then is
 * foreign, also if it happens to be our own: balloond's target follows a guest to the
 * size that it took by itself.
 */
void foreign_told(struct foreign *f, u64 target_kib, unsigned int hits, u64 now_ms)
{
	if (f->told_kib && f->told_kib != target_kib && f->told_hits == hits)
		f->told_ms = now_ms;
	f->told_kib = target_kib;
	f->told_hits = hits;
}
