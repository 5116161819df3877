/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What happens between two sleeps: xenstore's events are taken in, and a turn is
 * taken when one is due. Knows no file descriptors: the loop and the simulator
 * both run it.
 */
#ifndef BALLOOND_ROUND_H
#define BALLOOND_ROUND_H

#include <stdint.h>

struct balloond;

/* Watches that belong to no domain. */
int watches_set(struct balloond *b);

/* Take in what the store says has changed. */
void round_events(struct balloond *b);
/* Take a turn, after finding xenstored again if it was lost. */
void round_turn(struct balloond *b);
/* When the next turn is due, if the last was at turn_last_ms. */
uint64_t round_due_ms(const struct balloond *b, uint64_t turn_last_ms);

#endif
