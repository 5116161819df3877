/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Constants of the progress monitor, and the probe of a stuck guest. */
#ifndef BALLOOND_CORE_PROGRESS_H
#define BALLOOND_CORE_PROGRESS_H

#include "host.h"

/*
 * Five seconds without 1 MiB, or 1/256 of what is asked, make a guest stuck. The
 * slowest balloon that was measured (stock driver, one vcpu, busy guest) frees
 * tens of MiB a second; at 1/256 in five the rest would take 20 minutes.
 */
#define PROGRESS_WINDOW_MS	5000
#define PROGRESS_MIN_KIB	KIB_PER_MIB
#define PROGRESS_MIN_DIVISOR	256
#define SLOW_MS			60000

/* Guests miss their target by constants: within this they have arrived (I11). */
#define ARRIVED_KIB		KIB_PER_MIB

/* A stuck guest is asked again after 10 s, 20 s, ... 10 min, for a little. */
#define BACKOFF_MIN_MS		10000
#define BACKOFF_MAX_MS		600000
#define PROBE_KIB		(32 * KIB_PER_MIB)

/* A stuck guest that comes down by this much of itself is forgiven. */
#define FORGIVEN_KIB		(4 * KIB_PER_MIB)

/* A guest that doesn't echo a new epoch for so long is silent: its driver
   answers within one of its intervals, 5 s at most. */
#define SILENT_MS		10000

/* The target of the next probe; not under actual: there is nothing to gain. */
int64_t progress_probe_kib(const struct host *host, const struct dom *dom);

/* Whether a probe of this stuck guest could bring anything. */
bool progress_asks(const struct host *host, const struct dom *dom);

#endif
