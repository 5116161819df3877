/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every difference between kernel versions and processors. Empty of version
 * tests so far: what the module uses is the same in 6.1 and 6.12. Written for
 * x86-64 alone: its pages of 4 KiB are Xen's own, and the probe knows its registers.
 */
#ifndef SELFBALLOON_COMPAT_H
#define SELFBALLOON_COMPAT_H

#include <linux/build_bug.h>
#include <linux/mmzone.h>
#include <linux/ptrace.h>

#ifndef CONFIG_X86_64
#error "xen-selfballoon is written for x86-64"
#endif

/* It has given up (MAX_RECLAIM_RETRIES in mm/internal.h). An int, later an atomic_t. */
static inline bool kswapd_hopeless(const struct pglist_data *node)
{
	BUILD_BUG_ON(sizeof(node->kswapd_failures) != sizeof(int));
	return READ_ONCE(*(const int *)&node->kswapd_failures) >= 16;
}

/* First argument of a function, seen from a probe at its first instruction. */
static inline unsigned long first_argument(const struct pt_regs *regs)
{
	return regs->di;
}

static inline void first_argument_set(struct pt_regs *regs, unsigned long value)
{
	regs->di = value;
}

#endif
