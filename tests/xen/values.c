// SPDX-License-Identifier: GPL-2.0-or-later
#include "values.h"

#include <stdio.h>
#include <string.h>

struct field {
	const char *field;
	enum value_kind kind;
	enum value_field which;
};

static const struct field fields[] = {
	{ "tot", VALUE_GUEST, FIELD_TOT },		/* tot_pages, KiB */
	{ "max", VALUE_GUEST, FIELD_MAX },		/* max_pages, KiB */
	{ "target", VALUE_GUEST, FIELD_TARGET },	/* memory/target, KiB */
	{ "ceiling", VALUE_GUEST, FIELD_CEILING },	/* of the lease, KiB */
	{ "need", VALUE_GUEST, FIELD_NEED },		/* of the report, KiB */
	{ "want", VALUE_GUEST, FIELD_WANT },
	{ "floor", VALUE_GUEST, FIELD_FLOOR },
	{ "alive", VALUE_GUEST, FIELD_ALIVE },		/* 1: there and not shut down or crashed */
	{ "domid", VALUE_GUEST, FIELD_DOMID },
	{ "writes", VALUE_GUEST, FIELD_WRITES },	/* of the watched keys */
	{ "moves", VALUE_GUEST, FIELD_MOVES },		/* changes of max_pages seen */
	{ "oom_kill", VALUE_STAT, FIELD_NONE },
	{ "pswpin", VALUE_STAT, FIELD_NONE },
	{ "pswpout", VALUE_STAT, FIELD_NONE },
	{ "pgmajfault", VALUE_STAT, FIELD_NONE },
	{ "workingset_refault_file", VALUE_STAT, FIELD_NONE },
	{ "MemTotal", VALUE_STAT, FIELD_NONE },
	{ "MemFree", VALUE_STAT, FIELD_NONE },
	{ "MemAvailable", VALUE_STAT, FIELD_NONE },
	{ "Committed_AS", VALUE_STAT, FIELD_NONE },
	{ "Cached", VALUE_STAT, FIELD_NONE },
	{ "SwapFree", VALUE_STAT, FIELD_NONE },
	{ "SwapTotal", VALUE_STAT, FIELD_NONE },
};

static const struct field host_fields[] = {
	{ "free", VALUE_HOST, FIELD_FREE },		/* Xen's free_pages, KiB */
	{ "claims", VALUE_HOST, FIELD_CLAIMS },		/* outstanding, KiB */
	{ "slack", VALUE_HOST, FIELD_SLACK },		/* free - what domains claim or may still take */
	{ "time", VALUE_HOST, FIELD_TIME },		/* ms since the start */
	{ "quiet", VALUE_HOST, FIELD_QUIET },		/* ms since a write or a change of max_pages */
	{ "writes", VALUE_HOST, FIELD_WRITES },		/* of every watched key */
	{ "moves", VALUE_HOST, FIELD_MOVES },
};

static int is_host_field(const char *word, size_t len)
{
	for (unsigned int i = 0; i < sizeof(host_fields) / sizeof(host_fields[0]); i++)
		if (strlen(host_fields[i].field) == len && !strncmp(host_fields[i].field, word, len))
			return 1;
	return 0;
}

int value_parse(struct value_name *v, const char *text)
{
	char copy[128], *at, *dots, *dot;

	memset(v, 0, sizeof(*v));
	v->which = FIELD_NONE;
	if ((size_t)snprintf(copy, sizeof(copy), "%s", text) >= sizeof(copy))
		return -1;
	at = strchr(copy, '@');
	if (at) {
		*at++ = 0;
		dots = strstr(at, "..");
		if (dots) {
			*dots = 0;
			snprintf(v->mark[1], sizeof(v->mark[1]), "%.23s", dots + 2);
		}
		snprintf(v->mark[0], sizeof(v->mark[0]), "%.23s", at);
		if (!v->mark[0][0] || (dots && !v->mark[1][0]))
			return -1;
	}
	dot = strrchr(copy, '.');
	/* a.max@m is max_pages at m; a.tot.max@m..n is the largest tot. */
	if (dot && v->mark[1][0] &&
	    (dot != strchr(copy, '.') || is_host_field(copy, (size_t)(dot - copy))) &&
	    (!strcmp(dot, ".min") || !strcmp(dot, ".max"))) {
		v->fold = dot[2] == 'i' ? -1 : 1;
		*dot = 0;
		dot = strrchr(copy, '.');
	}
	if (!dot) {
		snprintf(v->base, sizeof(v->base), "xen");
		snprintf(v->field, sizeof(v->field), "%.31s", copy);
	} else {
		*dot = 0;
		snprintf(v->base, sizeof(v->base), "%.63s", copy);
		snprintf(v->field, sizeof(v->field), "%.31s", dot + 1);
	}
	if (!v->base[0] || !v->field[0])
		return -1;
	if (!strcmp(v->base, "xen")) {
		for (unsigned int i = 0; i < sizeof(host_fields) / sizeof(host_fields[0]); i++) {
			if (!strcmp(host_fields[i].field, v->field)) {
				v->kind = host_fields[i].kind;
				v->which = host_fields[i].which;
				return 0;
			}
		}
		return -1;
	}
	for (unsigned int i = 0; i < sizeof(fields) / sizeof(fields[0]) && !strchr(v->base, '.'); i++) {
		if (!strcmp(fields[i].field, v->field)) {
			/* NAME.alive is a run's, too: guests are told apart by the caller. */
			v->kind = fields[i].kind;
			v->which = fields[i].which;
		}
	}
	return 0;
}
