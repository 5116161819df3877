// SPDX-License-Identifier: GPL-2.0-or-later
#include "numa.h"

#include <stdio.h>

#include "balloond.h"
#include "host_xen.h"

int numa_read(struct balloond *b, const struct dom *dom, struct vm *vm)
{
	char text[NUMA_TEXT_MAX];
	uint64_t nodes;
	int rc = xen_pinned_nodes(b->xen, dom->domid, &nodes);

	if (rc || nodes == vm->pinned_nodes)
		return rc;
	vm->pinned_nodes = nodes;
	log_info("%s(%u): %s%s", dom->name, dom->domid,
		 nodes ? "pinned to NUMA " : "not pinned to NUMA nodes any more",
		 numa_text(nodes, text));
	return 0;
}

bool numa_fixes(const struct balloond *b, const struct dom *dom, const struct vm *vm)
{
	const struct vm_settings *conf = config_vm(&b->settings, dom->name);

	return MECHANISM(numa) && vm->pinned_nodes && !(conf && conf->fixed == 0);
}

const char *numa_text(uint64_t nodes, char text[NUMA_TEXT_MAX])
{
	int at = 0;

	text[0] = '\0';
	for (int i = 0, end; i < 64; i = end + 1) {
		for (end = i; end < 64 && nodes >> end & 1; end++)
			;
		if (end == i)
			continue;
		at += snprintf(text + at, NUMA_TEXT_MAX - (size_t)at, "%s%d",
			       at ? "," : nodes & (nodes - 1) ? "nodes " : "node ", i);
		if (end > i + 1)
			at += snprintf(text + at, NUMA_TEXT_MAX - (size_t)at, "-%d", end - 1);
	}
	return text;
}
