/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Follow-ups for all (I11): libxl saves memory/target and restores with max_pages
 * of that + 1 MiB, so a guest larger than its target can't be restored.
 */
#ifndef BALLOOND_SETTLE_H
#define BALLOOND_SETTLE_H

struct balloond;

/* At start: every target at least what its guest holds; their leases say we live. */
void settle_start(struct balloond *b);

/*
 * At stop: nobody can grow past what balloond no longer watches, and nobody is directed
 * any more: with the lease gone the toolstack's targets count again.
 * @return number of guests that could not be settled
 */
int settle_stop(struct balloond *b);

#endif
