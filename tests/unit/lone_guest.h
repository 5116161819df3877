/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Simulated guests without a daemon: the test says what dom0 would. */
#ifndef LONE_GUEST_H
#define LONE_GUEST_H

#include "record.h"
#include "tools/balloonsim/guest_parts.h"

#define MIB	1024LL
#define HOME	"/local/domain/%u/"

extern struct world *w;

int lone_setup(void **state);
int lone_teardown(void **state);

void later(uint64_t us);
void ask(struct sim_guest *g, int64_t mib);
void lease(struct sim_guest *g, int64_t ceiling_mib);
bool said(const struct sim_guest *g, struct report *r);

/* 1 GiB at most, 64 MiB of kernel, 100 of programs, 64 of cache; booted with 512. */
struct sim_guest_config kind(enum sim_character character);
struct sim_guest *boot(const struct sim_guest_config *config);
struct sim_guest *boot_ideal(void);

/* Every page is somewhere, and nowhere twice. */
void assert_whole(const struct sim_guest *g);

#endif
