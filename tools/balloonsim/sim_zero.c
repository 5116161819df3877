// SPDX-License-Identifier: GPL-2.0-or-later
/* What dom0's simulated kernel says of itself, in place of zero_proc.c's files. */
#include <errno.h>

#include "core/host.h"
#include "dom0-balloond/zero_proc.h"
#include "guest_parts.h"
#include "sim_xen.h"

/* Without a guest in dom0 there is no kernel to ask. */
static const struct sim_guest *kernel(void)
{
	const struct sim_dom *dom = sim_dom_find(sim_xen_world(), 0);

	return dom ? dom->guest : NULL;
}

int zero_proc_open(struct zero_proc *proc, const char *root)
{
	(void)root;
	proc->pressure_fd = 0;	/* there is a trigger: sim_daemon_pressed() */
	return kernel() ? 0 : -ENOENT;
}

int zero_proc_read(struct zero_proc *proc, struct zero_facts *out)
{
	const struct sim_guest *g = kernel();
	const struct guest_memory *m;

	(void)proc;
	if (!g)
		return -ENOENT;
	m = &g->memory;
	*out = (struct zero_facts){
		.total_kib = g->dom->tot_kib - m->hidden_kib,
		.free_kib = memory_free_kib(g),
		.available_kib = memory_avail_kib(g),
		.active_kib = m->anon_kib + m->cache_kib,
		.inactive_kib = m->scan_kib,
		.active_anon_kib = m->anon_kib,
		.active_file_kib = m->cache_kib,
		.swap_free_kib = kib_max(0, g->config.swap_kib - m->swapped_kib),
		.committed_kib = workload_committed_kib(m),
		.swap_ins = (int64_t)m->swapped_in_pages,
		.swap_outs = (int64_t)g->stats.swapout_kib / PAGE_KIB,
		.refaults = (int64_t)m->refault_pages,
		.min_free_kib = m->min_kib,
		.balloon_kib = g->dom->tot_kib + g->config.offset_kib,
		.balloon_target_kib = g->balloon.target_kib + g->config.offset_kib,
		.balloon_room_kib = g->config.static_max_kib,
	};
	return 0;
}

void zero_proc_close(struct zero_proc *proc)
{
	(void)proc;
}
