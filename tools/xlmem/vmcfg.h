/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an xl.cfg says that matters for memory, and what the domain will cost. */
#ifndef XLMEM_VMCFG_H
#define XLMEM_VMCFG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vmcfg {
	char name[64];
	bool pv;
	int64_t memory_kib, maxmem_kib;
	bool hvm, has_maxmem;
	bool has_vnuma;		/* its nodes say how much memory: no size beside them */
	int64_t vcpus;
	int64_t shadow_kib;	/* said, beside what libxl makes of the others; 0: not */
	int64_t min_kib, max_kib, weight, idle_shutdown;	/* balloon_*; -1: not said */
};

/*
 * Read `file` in xl's syntax, then `words` of the form key=value over it, as
 * `xl create` does.
 * @return 0, or -1 with `why` (size bytes) as one sentence
 */
int vmcfg_read(const char *file, int n, char *const *words, struct vmcfg *out,
	       char *why, size_t size);

/* Memory that must be free for it to be built, overhead included. */
int64_t vmcfg_need_kib(const struct vmcfg *cfg);

#endif
