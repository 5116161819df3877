/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What may happen to the toy's host, by chance: of a seed (core_random.c) or of a
 * fuzzer's bytes (tests/fuzz/plan.c). The toy judges every step by itself.
 */
#ifndef TESTS_TOY_EVENTS_H
#define TESTS_TOY_EVENTS_H

#include "tests/unit/toy_host.h"

/* TOY_EVENTS(E): E(name, text) */
#define TOY_EVENTS(E)								\
	E(NEED, "need") E(SPIKE, "spike") E(ADD, "add") E(BUILD, "build")	\
	E(DESTROY, "destroy") E(RESERVE, "reserve") E(START, "start")		\
	E(RELEASE, "release") E(CHARACTER, "character") E(PAUSE, "pause")	\
	E(MEM_SET, "mem-set") E(AUTO, "auto") E(MAX, "max") E(POLICY, "policy")	\
	E(RESTART, "restart") E(REPORT_GONE, "report-gone")

#define TOY_EVENT_ENUM(name, text) TOY_EVENT_##name,
enum toy_event { TOY_EVENTS(TOY_EVENT_ENUM) TOY_EVENT_COUNT };
extern const char *const toy_event_names[];

struct toy_chance {
	int64_t (*rnd)(int64_t below);	/* in [0, below) */
	uint32_t counts[TOY_EVENT_COUNT], admitted, refused, granted;
};

void toy_event(struct toy *toy, struct toy_chance *chance, enum toy_event what);

#endif
