// SPDX-License-Identifier: GPL-2.0-or-later
#include "scn_values.h"

#include <stdio.h>
#include <string.h>

#define VALUE_ROW(name, kind, meaning) { #name, VALUE_##kind },
static const struct value_row {
	const char *name;
	enum value_kind kind;
} guest_rows[] = { GUEST_VALUES(VALUE_ROW) }, host_rows[] = { HOST_VALUES(VALUE_ROW) };

const char *guest_value_name(enum guest_value which)
{
	return guest_rows[which].name;
}

const char *host_value_name(enum host_value which)
{
	return host_rows[which].name;
}

enum value_kind guest_value_kind(enum guest_value which)
{
	return guest_rows[which].kind;
}

enum value_kind host_value_kind(enum host_value which)
{
	return host_rows[which].kind;
}

static bool copy(char out[SCN_NAME_MAX], const char *from, size_t len)
{
	if (!len || len >= SCN_NAME_MAX)
		return false;
	memcpy(out, from, len);
	out[len] = '\0';
	return true;
}

static const char *marks(struct value_name *v, const char *at)
{
	const char *dots = strstr(at, "..");
	size_t len = dots ? (size_t)(dots - at) : strlen(at);

	if (!copy(v->mark[0], at, len) || (dots && !copy(v->mark[1], dots + 2, strlen(dots + 2))))
		return "after @ comes a mark's name, or FROM..TO";
	return NULL;
}

static bool field(struct value_name *v, const char *name)
{
	const struct value_row *rows = v->base[0] ? guest_rows : host_rows;
	unsigned int n = v->base[0] ? GUEST_VALUE_COUNT : HOST_VALUE_COUNT;

	for (v->field = 0; v->field < n; v->field++) {
		if (!strcmp(rows[v->field].name, name)) {
			v->kind = rows[v->field].kind;
			return true;
		}
	}
	return false;
}

const char *value_parse(struct value_name *v, const char *text)
{
	char words[128], *at, *dot;
	const char *why;

	*v = (struct value_name){ .base = "" };
	if ((size_t)snprintf(words, sizeof(words), "%s", text) >= sizeof(words))
		return "it is too long";
	at = strchr(words, '@');
	if (at) {
		*at++ = '\0';
		why = marks(v, at);
		if (why)
			return why;
	}
	dot = strrchr(words, '.');
	/* a.max@m is max_pages at m; a.tot.max@m..n is the largest tot. */
	if (dot && v->mark[1][0] && (!strcmp(dot, ".min") || !strcmp(dot, ".max"))) {
		struct value_name whole = *v;

		*dot = '\0';
		if (strchr(words, '.') || field(&whole, words))
			v->fold = dot[2] == 'i' ? FOLD_MIN : FOLD_MAX;
		else
			*dot = '.';
		dot = strrchr(words, '.');
	}
	if (dot) {
		*dot = '\0';
		/* As on the emulated host, where each job is one. */
		if (!strcmp(dot + 1, "touched"))
			words[strcspn(words, ".")] = '\0';
		if (!copy(v->base, words, strlen(words)))
			return "before the dot comes a guest's name, all or dom0";
	}
	if (!field(v, dot ? dot + 1 : words))
		return v->base[0] ? "a guest has no such value" : "the host has no such value";
	if (v->fold && v->kind == VALUE_COUNTER)
		return "a counter has no least and largest; leave out .min or .max";
	if (v->mark[1][0] && !v->fold && v->kind == VALUE_GAUGE)
		return "between two marks it has many values; write .min or .max before the @";
	return NULL;
}
