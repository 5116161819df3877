/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Taking in what guests write: every word of it may be a lie. */
#ifndef BALLOOND_REPORT_H
#define BALLOOND_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/host.h"

struct balloond;
struct vm;

#define REPORT_GAP_MS	50	/* at most 20 a second from one guest */

/* Read the report of domain `i`. @return false: too soon after the last one */
bool report_read(struct balloond *b, uint32_t i);

/* Pure: bound what `report` says by what can be true of `dom`. */
struct report;
void report_take(struct dom *dom, const struct report *report);

/* Memory is to be asked of domain `i`: if it hasn't spoken for long, is it there? */
void report_probe(struct balloond *b, uint32_t i);
uint64_t report_due_ms(const struct balloond *b);

#endif
