/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest may write its report for ever, and every write is an event for balloond.
 * Whoever writes more often than any module does loses the watch on its report for
 * a while: then the report is looked at once a second.
 */
#ifndef BALLOOND_FLOOD_H
#define BALLOOND_FLOOD_H

#include <stdbool.h>
#include <stdint.h>

struct balloond;
struct vm;

/* An event of domain `i`'s report. */
void flood_event(struct balloond *b, uint32_t i);
/* Once a turn: is its report to be looked at, or its watch to be set again? */
void flood_update(struct balloond *b, uint32_t i);
/* When the next of those is due; UINT64_MAX: never. */
uint64_t flood_due_ms(const struct vm *vm);

#endif
