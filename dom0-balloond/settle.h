/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Follow-ups for all (I11): libxl saves memory/target and restores with max_pages
 * of that + 1 MiB, so a guest larger than its target can't be restored.
 */
#ifndef BALLOOND_SETTLE_H
#define BALLOOND_SETTLE_H

struct balloond;
struct dom;
struct vm;

/* At start: every target at least what its guest holds; their leases say we live. */
void settle_start(struct balloond *b);

/* Nobody follows it any more: it keeps what it has, or was ordered to have, and no more. */
int settle_one(struct balloond *b, struct dom *dom, const struct vm *vm);

/*
 * At stop: nobody can grow past what balloond no longer watches, and nobody is directed
 * any more: with the lease gone the toolstack's targets count again.
 * @return number of guests that could not be settled
 */
int settle_stop(struct balloond *b);

#endif
