/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the parser's files: a line in words, each with its column; faults. */
#ifndef SCN_READER_H
#define SCN_READER_H

#include "scenario.h"

struct scn_word {
	char *text;
	int column;		/* from 1 */
};

struct scn_mark {
	char kind;		/* m: a mark, j: a job "guest.job", r: a reservation */
	char name[2 * SCN_NAME_MAX];
	int first, last;	/* lines that make it */
};

struct scn_param {
	char *name, *value;
};

struct reader {
	struct scenario *s;
	FILE *report;
	int line, faults;
	bool line_bad;		/* one fault a line is enough */
	char *raw;		/* the line as written */
	struct scn_word word[SCN_WORDS];
	int n;
	struct scn_mark *marks;
	uint32_t n_marks;
	uint32_t repeat;	/* the open one's step + 1; 0: none */
	int host_line, repeat_line;
	uint64_t at_us;		/* the least that the time can be by now */
	struct scn_param *params;
	uint32_t n_params;
	int *conf_lines;	/* where each line of conf stands */
	uint32_t n_conf_lines;
};

void fault(struct reader *r, int column, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The same about a line other than this one. */
void fault_at(struct reader *r, int line, int column, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The line `param NAME VALUE`: $NAME in the words below is VALUE. */
void param_line(struct reader *r);

/* Cuts the line into words. @return false: none, or too many */
bool reader_words(struct reader *r, char *line);
/* What stands from word i on, as written. */
const char *reader_rest(const struct reader *r, int i);

bool is_name(const char *text);
/* "key=value" in word i: the value, its column in *column; NULL: another key */
char *value_of(struct reader *r, int i, const char *key, int *column);

/* Each says what is wrong and leaves *out alone then. */
bool read_size(struct reader *r, int column, const char *what, const char *text, int64_t *kib);
bool read_time(struct reader *r, int column, const char *text, uint64_t *us);
bool read_count(struct reader *r, int column, const char *what, const char *text, int64_t low,
		int64_t high, int64_t *out);

struct scn_mark *known(struct reader *r, char kind, const char *name);
void learn(struct reader *r, char kind, const char *name);

/* scn_orders.c, scn_steps.c: who takes a step's arguments */
#define SCN_TAKER(op, word, least, most, words, usage, meaning) \
	void words(struct reader *r, struct scn_step *st);
SCN_STEPS(SCN_TAKER)
const char *step_usage(enum scn_op op);
/* Word i names a guest, or with a * at its end all whose names begin so. */
void guest_word(struct reader *r, struct scn_step *st, int i);

/* scn_guest.c, scn_steps.c, scn_check.c */
void guest_line(struct reader *r);
void step_line(struct reader *r);
void condition_check(struct reader *r, const struct cond *cond, int column);
void scenario_check(struct reader *r);

/* A zeroed element more at the end; never NULL. */
void *one_more(void *array, uint32_t n, size_t size);

#endif
