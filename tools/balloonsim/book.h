/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All values of a run: at marks, and their extremes between marks. One row of
 * numbers: every guest's values, those of all together, dom0's, the host's.
 */
#ifndef SIM_BOOK_H
#define SIM_BOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scn_values.h"

#define BOOK_UNKNOWN	INT64_MIN

struct book_mark;

struct book {
	uint32_t n_guests;
	size_t n;			/* numbers in a row */
	int64_t *low, *high;		/* since the last mark */
	struct book_mark *marks;	/* as they came */
	uint32_t n_marks;
};

void book_init(struct book *book, uint32_t n_guests);
void book_free(struct book *book);

/* Where a value stands in a row. `who`: a guest's index, n_guests: all, + 1: dom0 */
size_t book_guest_slot(const struct book *book, uint32_t who, enum guest_value which);
size_t book_host_slot(const struct book *book, enum host_value which);

/* The values now: extremes take them in; a mark keeps them. */
void book_sample(struct book *book, const int64_t *row);
void book_mark(struct book *book, const char *name, const int64_t *row);

/* At the last mark of this name, or between two. @return BOOK_UNKNOWN: it wasn't known */
int64_t book_at(const struct book *book, size_t slot, const char *mark);
int64_t book_between(const struct book *book, size_t slot, const struct value_name *v);

#endif
