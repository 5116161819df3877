/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The model of the host, kept in step with Xen's list of domains. */
#ifndef BALLOOND_SNAPSHOT_H
#define BALLOOND_SNAPSHOT_H

#include "host_ops.h"

struct balloond;

int snapshot_init(struct balloond *b);
void snapshot_finish(struct balloond *b);

/* host_ops.snapshot of the real host. */
int snapshot_take(struct balloond *b);

/* host_ops.read_actuals: tot_pages of every domain again, nothing else. */
int snapshot_actuals(struct balloond *b, enum read_how how);

/* xenstored came back: every watch is gone and every word may have changed. */
void snapshot_forget(struct balloond *b);

#endif
