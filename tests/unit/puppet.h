/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guests on strings for the simulated host: they say what they are told to say
 * and move as their kind does, without a kernel, swap or a policy of their own.
 */
#ifndef TESTS_PUPPET_H
#define TESTS_PUPPET_H

#include "tools/balloonsim/world.h"

#define MIB	((int64_t)1024)

/* PUPPET_KINDS(K): K(name, meaning) */
#define PUPPET_KINDS(K)								\
	K(ideal, "our driver: max(target, need) inside the lease")		\
	K(stock, "no driver: obeys the target alone, says nothing")		\
	K(stuck, "our driver, never gives a page back")				\
	K(limited, "won't come under limit_kib and doesn't say so")		\
	K(drip, "gives a page in five seconds")					\
	K(napping, "gives in one second of twenty")				\
	K(deaf, "its module died: says and does nothing any more")

#define PUPPET_ENUM(name, meaning) PUPPET_##name,
enum puppet_kind { PUPPET_KINDS(PUPPET_ENUM) PUPPET_KIND_COUNT };
extern const char *const puppet_kinds[];

struct puppet {
	struct sim_dom *dom;		/* NULL: unused */
	enum puppet_kind kind;
	int64_t static_max_kib;
	int64_t need_kib;		/* what it would fail without */
	int64_t said_kib;		/* what it says it needs; KIB_NONE: the truth */
	int64_t floor_kib, limit_kib;
	int64_t offset_kib;		/* memory/target minus tot_pages at rest */
	int64_t speed_kib_ms;		/* of its balloon; 0: at once */
	uint64_t epoch, seq, steps_at;
	bool urgent;
	int64_t moved_kib;
};

/* A built domain that runs, its keys in the store; domid 0 is dom0. */
void puppet_add(struct world *w, struct puppet *p, const char *name, bool hvm, int64_t mib,
		int64_t max_mib);
/* A domain that is there already begins to run. */
void puppet_run(struct world *w, struct puppet *p, struct sim_dom *dom, int64_t max_kib);
/* Its domain is destroyed; its pages come back over this time. */
void puppet_end(struct world *w, struct puppet *p, uint64_t free_us);

void puppet_need(struct world *w, struct puppet *p, int64_t mib);
void puppet_kind(struct world *w, struct puppet *p, enum puppet_kind kind);
void puppet_say(struct world *w, struct puppet *p);
/* Look at target and lease again, as after a pause. */
void puppet_look(struct world *w, struct puppet *p);

int64_t puppet_target_kib(struct world *w, const struct puppet *p);
int64_t puppet_lease_kib(struct world *w, const struct puppet *p);	/* KIB_NONE: it has none */
/* xl mem-set: the target, and max_pages after it. */
void puppet_mem_set(struct world *w, struct puppet *p, int64_t mib);

#endif
