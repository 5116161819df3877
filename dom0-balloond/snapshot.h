/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The model of the host, kept in step with Xen's list of domains. */
#ifndef BALLOOND_SNAPSHOT_H
#define BALLOOND_SNAPSHOT_H

struct balloond;

int snapshot_init(struct balloond *b);
void snapshot_finish(struct balloond *b);

/* host_ops.snapshot of the real host. */
int snapshot_take(struct balloond *b);

/* xenstored came back: every watch is gone and every word may have changed. */
void snapshot_forget(struct balloond *b);

#endif
