/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest of goal.c's value table, and what the policy makes of it. */
#ifndef POLICY_GUEST_H
#define POLICY_GUEST_H

#include "guest-driver/goal.h"

#define MIB(n)	((u64)(n) << 10)

static const struct goal_config config = {
	.enabled = true,
	.downhysteresis = 8,
	.uphysteresis = 1,
	.reserved_kib = MIB(38),
};

/* The guest of goal.c's value table, with static-max 512. */
static inline struct goal_input guest(u64 committed, u64 asked, u64 ceiling, u64 tot)
{
	return (struct goal_input) {
		.now_ms = 100000,
		.tot_kib = MIB(tot),
		.hidden_kib = MIB(40),
		.static_max_kib = MIB(512),
		.room_kib = MIB(512),
		.max_kib = MIB(ceiling) + 1024,
		.committed_kib = MIB(committed),
		.anon_kib = MIB(committed),
		.kernel_kib = MIB(60),
		.reserve_kib = MIB(16),
		.avail_kib = MIB(180),
		.asked_kib = MIB(asked),
		.directed = true,
		.ceiling_kib = MIB(ceiling),
	};
}

static inline struct goal_verdict decide(struct goal_state *state, const struct goal_input *in)
{
	struct goal_verdict v;

	goal_decide(&config, state, in, &v);
	return v;
}

#endif
