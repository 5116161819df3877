/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What dom0's kernel says of itself: /proc and the balloon's numbers in sysfs. The
 * simulator has its own of these four.
 */
#ifndef BALLOOND_ZERO_PROC_H
#define BALLOOND_ZERO_PROC_H

#include <stddef.h>
#include <stdint.h>

/*
 * ZERO_MEMINFO(W), ZERO_VMSTAT(W): W(name as the kernel writes it, member). All of
 * them must be there: 5.9 or later.
 */
#define ZERO_MEMINFO(W)								\
	W("MemTotal", total_kib) W("MemFree", free_kib)				\
	W("MemAvailable", available_kib) W("Active", active_kib)		\
	W("Inactive", inactive_kib) W("Active(anon)", active_anon_kib)		\
	W("Inactive(anon)", inactive_anon_kib) W("Active(file)", active_file_kib) \
	W("Unevictable", unevictable_kib) W("Mlocked", mlocked_kib)		\
	W("SwapFree", swap_free_kib) W("KReclaimable", reclaimable_kib)		\
	W("Committed_AS", committed_kib)
#define ZERO_VMSTAT(W)								\
	W("pswpin", swap_ins) W("pswpout", swap_outs)				\
	W("workingset_refault_file", refaults)

#define ZERO_MEMBER(name, member)	int64_t member;
struct zero_facts {
	ZERO_MEMINFO(ZERO_MEMBER)
	ZERO_VMSTAT(ZERO_MEMBER)
	int64_t min_free_kib;	/* vm.min_free_kbytes */
	/* The balloon's, in memory/target's units; KIB_NONE: this kernel doesn't say */
	int64_t balloon_kib, balloon_target_kib;
	int64_t balloon_room_kib; /* current + low + high: beyond lies memory hotplug */
};

/* Files stay open: nothing is opened or allocated when memory is short. */
enum { ZERO_FILES = 7 };
struct zero_proc {
	int fd[ZERO_FILES];
	int pressure_fd;	/* PSI trigger, poll for POLLPRI; -1: none */
};

/* Below `root`, "" but for tests. @return 0; negative errno: dom0 can't be judged */
int zero_proc_open(struct zero_proc *proc, const char *root);
int zero_proc_read(struct zero_proc *proc, struct zero_facts *out);
void zero_proc_close(struct zero_proc *proc);

/* -EPROTO: a word is missing, twice, or no number in bounds. */
int zero_parse_meminfo(const char *text, struct zero_facts *out);
int zero_parse_vmstat(const char *text, struct zero_facts *out);

#endif
