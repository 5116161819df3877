/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * At start: what a balloond that is gone left in the store, against the host as it
 * is now.
 */
#ifndef BALLOOND_RECALL_H
#define BALLOOND_RECALL_H

struct balloond;

/*
 * The first look at the host, then its reservations are read back and what the
 * store says of VMs that aren't there is put in order.
 * @return 0, or the error of the look
 */
int recall(struct balloond *b);

/*
 * Of VMs that aren't there the store keeps what an operator said; what their cfg
 * said, of ABSENT_CFG_MAX, since a VM that reboots comes back without it while those
 * made with a new uuid each time never do. What was measured of a boot goes with it.
 */
void absent_clean(struct balloond *b);
/* Is it more than that, once a VM has ended? */
void absent_bound(struct balloond *b);

#endif
