/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where did the balloon's target come from: from us, through our probe, or past it?
 * Pure, as goal.h, and built in user space for tests/policy.
 */
#ifndef SELFBALLOON_FOREIGN_H
#define SELFBALLOON_FOREIGN_H

#include "goal.h"

struct foreign {
	unsigned long set_pages;	/* the last target known */
	unsigned int known_hits;	/* how often the probe had run then */
	unsigned int told_hits;		/* ... and when memory/target last changed */
	u64 told_kib, told_ms;		/* to this; when it missed the probe, else 0 */
};

/*
 * Did @target get where it is without us? To be asked once for each. @let: the probe
 * let it through, or made it of another; it has run @hits times.
 */
bool foreign_target(struct foreign *f, unsigned long target, bool let, unsigned int hits,
		    u64 now_ms);

/* The watch: memory/target is @target_kib now. */
void foreign_told(struct foreign *f, u64 target_kib, unsigned int hits, u64 now_ms);

#endif
