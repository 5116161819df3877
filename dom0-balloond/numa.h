/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guests whose processors are tied to some of the host's NUMA nodes. Their memory
 * is there too, and what another node's guest gives back is of no use to them: they
 * are fixed unless their administrator says fixed=0. libxl's own placement ties
 * nobody: it sets where a guest had better run (soft affinity), and memory follows
 * when there is any; were these fixed, too, nobody on such a host would be balanced.
 */
#ifndef BALLOOND_NUMA_H
#define BALLOOND_NUMA_H

#include <stdbool.h>
#include <stdint.h>

struct balloond;
struct dom;
struct vm;

#define NUMA_TEXT_MAX	192	/* 32 single nodes, the worst of 64 */

/* Which nodes it is pinned to, at first and then with the audits. @return 0, or -errno */
int numa_read(struct balloond *b, const struct dom *dom, struct vm *vm);

/* It is pinned, and nobody said that it is to be balanced all the same. */
bool numa_fixes(const struct balloond *b, const struct dom *dom, const struct vm *vm);

/* "node 1", "nodes 0-2,5"; none: "". @return text */
const char *numa_text(uint64_t nodes, char text[NUMA_TEXT_MAX]);

#endif
