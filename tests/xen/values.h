/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of the values a scenario can speak of, as one table. */
#ifndef LAB_VALUES_H
#define LAB_VALUES_H

enum value_kind {
	VALUE_UNKNOWN,		/* of a run or of a job: BASE is its name */
	VALUE_GUEST,		/* sampled: a domain's field */
	VALUE_STAT,		/* asked of the guest's agent */
	VALUE_HOST,		/* sampled: the host's */
};

enum value_field {
	FIELD_TOT, FIELD_MAX, FIELD_TARGET, FIELD_CEILING, FIELD_NEED, FIELD_WANT, FIELD_FLOOR,
	FIELD_ALIVE, FIELD_DOMID, FIELD_WRITES, FIELD_MOVES,
	FIELD_FREE, FIELD_CLAIMS, FIELD_SLACK, FIELD_TIME, FIELD_QUIET,
	FIELD_COUNT,
	FIELD_NONE = FIELD_COUNT,
};

struct value_name {
	char base[64];		/* "dom0", "a", "a.spike", "out", "xen" */
	char field[32];
	char mark[2][24];	/* @FROM or @FROM..TO; else empty */
	enum value_kind kind;
	enum value_field which;	/* of VALUE_GUEST and VALUE_HOST */
	int fold;		/* -1 .min, 1 .max over FROM..TO */
};

/* Takes @text apart; 0, or -1 when it has no such form. */
int value_parse(struct value_name *v, const char *text);

#endif
