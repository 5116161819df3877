// SPDX-License-Identifier: GPL-2.0-or-later
#include "book.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct book_mark {
	char name[SCN_NAME_MAX];
	int64_t *at;			/* a row */
	int64_t *low, *high;		/* between the mark before it and this one */
};

static int64_t *row_new(const struct book *book, int64_t fill)
{
	int64_t *row = malloc(book->n * sizeof(*row));

	if (!row) {
		fprintf(stderr, "balloonsim: out of memory\n");
		exit(1);
	}
	for (size_t i = 0; i < book->n; i++)
		row[i] = fill;
	return row;
}

void book_init(struct book *book, uint32_t n_guests)
{
	*book = (struct book){
		.n_guests = n_guests,
		.n = (n_guests + 2) * (size_t)GUEST_VALUE_COUNT + HOST_VALUE_COUNT,
	};
	book->low = row_new(book, INT64_MAX);
	book->high = row_new(book, INT64_MIN);
}

void book_free(struct book *book)
{
	for (uint32_t i = 0; i < book->n_marks; i++) {
		free(book->marks[i].at);
		free(book->marks[i].low);
		free(book->marks[i].high);
	}
	free(book->marks);
	free(book->low);
	free(book->high);
	*book = (struct book){ 0 };
}

size_t book_guest_slot(const struct book *book, uint32_t who, enum guest_value which)
{
	(void)book;
	return (size_t)who * GUEST_VALUE_COUNT + which;
}

size_t book_host_slot(const struct book *book, enum host_value which)
{
	return (book->n_guests + 2) * (size_t)GUEST_VALUE_COUNT + which;
}

void book_sample(struct book *book, const int64_t *row)
{
	for (size_t i = 0; i < book->n; i++) {
		if (row[i] == BOOK_UNKNOWN)
			continue;
		if (row[i] < book->low[i])
			book->low[i] = row[i];
		if (row[i] > book->high[i])
			book->high[i] = row[i];
	}
}

void book_mark(struct book *book, const char *name, const int64_t *row)
{
	struct book_mark *m;

	book_sample(book, row);
	m = reallocarray(book->marks, book->n_marks + 1, sizeof(*m));
	if (!m)
		abort();
	book->marks = m;
	m = &book->marks[book->n_marks++];
	snprintf(m->name, sizeof(m->name), "%s", name);
	m->low = book->low;
	m->high = book->high;
	m->at = row_new(book, 0);
	memcpy(m->at, row, book->n * sizeof(*row));
	book->low = row_new(book, INT64_MAX);
	book->high = row_new(book, INT64_MIN);
	book_sample(book, row);		/* an interval has both its ends */
}

static int index_of(const struct book *book, const char *mark)
{
	int i = (int)book->n_marks - 1;

	while (i >= 0 && strcmp(book->marks[i].name, mark))
		i--;
	return i;
}

int64_t book_at(const struct book *book, size_t slot, const char *mark)
{
	int i = index_of(book, mark);

	return i < 0 ? BOOK_UNKNOWN : book->marks[i].at[slot];
}

int64_t book_between(const struct book *book, size_t slot, const struct value_name *v)
{
	int from = index_of(book, v->mark[0]), to = index_of(book, v->mark[1]);
	int64_t low = INT64_MAX, high = INT64_MIN, a, b;

	if (from < 0 || to < from)
		return BOOK_UNKNOWN;
	a = book->marks[from].at[slot];
	b = book->marks[to].at[slot];
	if (v->kind == VALUE_COUNTER)
		return a == BOOK_UNKNOWN || b == BOOK_UNKNOWN ? BOOK_UNKNOWN : b - a;
	for (int i = from + 1; i <= to; i++) {
		if (book->marks[i].low[slot] < low)
			low = book->marks[i].low[slot];
		if (book->marks[i].high[slot] > high)
			high = book->marks[i].high[slot];
	}
	if (low > high)
		return BOOK_UNKNOWN;
	return v->fold == FOLD_MIN ? low : high;
}
