/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Conditions of a scenario, on the emulated host and in the simulated one: `SUM OP SUM`, or `NAME has TEXT`, `NAME hasnt TEXT`.
 * A SUM is TERM {+|- TERM}, a TERM a value's name, a number, or NUMBER * NAME.
 * Words are separated by blanks. Numbers are integers: memory in KiB, time in
 * ms; the suffixes K M G and ms s min say so (200M is 204800, 30s is 30000).
 */
#ifndef SCENARIO_COND_H
#define SCENARIO_COND_H

#include <stdint.h>
#include <stddef.h>

#define COND_TERMS 12

enum cond_op { COND_EQ, COND_NE, COND_LT, COND_LE, COND_GT, COND_GE, COND_HAS, COND_HASNT };

struct cond_term {
	int side;		/* 0 left, 1 right of the operator */
	int64_t factor;		/* signed; the number itself when name is NULL */
	const char *name;
};

struct cond {
	const char *text;	/* as written */
	enum cond_op op;
	int terms;
	struct cond_term term[COND_TERMS];
	const char *needle;	/* of has and hasnt */
	char *words;		/* a copy that the names point into */
	size_t bad;		/* where in the text a refusal found its fault */
};

/* The values: how names become numbers or texts. Negative when unknown. */
struct cond_values {
	int (*number)(void *ctx, const char *name, int64_t *value);
	int (*text)(void *ctx, const char *name, const char **value);
	void *ctx;
};

/*
 * Parses @text, which must outlive @cond; words are cut out of a copy, which
 * cond_free() ends, also after a refusal. Returns 0, or -1 with a sentence in @why.
 */
int cond_parse(struct cond *cond, const char *text, char *why, size_t why_size);
void cond_free(struct cond *cond);

/*
 * 1 holds, 0 doesn't, -1 a name has no value; @seen gets the values met, like
 * "a.tot=131072 (free@x is not known)".
 */
int cond_eval(const struct cond *cond, const struct cond_values *values, char *seen, size_t seen_size);

/* A number with its suffix; returns 0, or -1. */
int cond_number(const char *word, int64_t *value);

#endif
