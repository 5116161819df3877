// SPDX-License-Identifier: GPL-2.0-or-later
#include "cond.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const op_name[] = { "==", "!=", "<", "<=", ">", ">=", "has", "hasnt" };

int cond_number(const char *word, int64_t *value)
{
	static const struct { const char *suffix; int64_t factor; } units[] = {
		{ "", 1 }, { "K", 1 }, { "M", 1024 }, { "G", 1024 * 1024 },
		{ "ms", 1 }, { "s", 1000 }, { "min", 60000 },
	};
	char *end;

	errno = 0;
	*value = strtoll(word, &end, 10);
	if (end == word || errno || llabs(*value) > INT64_MAX / (1024 * 1024))
		return -1;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (!strcmp(end, units[i].suffix)) {
			*value *= units[i].factor;
			return 0;
		}
	}
	return -1;
}

static int op_of(const char *word)
{
	for (int i = 0; i < (int)(sizeof(op_name) / sizeof(op_name[0])); i++)
		if (!strcmp(word, op_name[i]))
			return i;
	return -1;
}

int cond_parse(struct cond *cond, const char *text, char *why, size_t why_size)
{
	char *save = NULL, *word;
	int side = 0, op = -1, want_term = 1;
	int64_t sign = 1;

	memset(cond, 0, sizeof(*cond));
	cond->text = text;
	cond->words = strdup(text);
	if (!cond->words) {
		snprintf(why, why_size, "out of memory");
		return -1;
	}
	for (word = strtok_r(cond->words, " \t", &save); word; word = strtok_r(NULL, " \t", &save)) {
		struct cond_term *t = &cond->term[cond->terms];

		cond->bad = (size_t)(word - cond->words);
		if (!want_term && op < 0 && (op = op_of(word)) >= 0) {
			side = 1;
			sign = 1;
			want_term = 1;
			cond->op = (enum cond_op)op;
			if (op >= COND_HAS) {
				while (save && (*save == ' ' || *save == '\t'))
					save++;
				cond->needle = save && *save ? save : NULL;
				want_term = !cond->needle;
				break;
			}
		} else if (!want_term && (!strcmp(word, "+") || !strcmp(word, "-"))) {
			sign = *word == '-' ? -1 : 1;
			want_term = 1;
		} else if (!want_term && !strcmp(word, "*") && !t[-1].name) {
			cond->terms--;	/* NUMBER * NAME: the name comes now */
			sign = t[-1].factor;
			want_term = 2;
		} else if (want_term && cond->terms < COND_TERMS) {
			t->side = side;
			if (!cond_number(word, &t->factor)) {
				t->factor *= sign;
				t->name = NULL;
			} else if (isalpha((unsigned char)*word)) {
				t->factor = sign;
				t->name = word;
			} else {
				snprintf(why, why_size, "'%s' is neither a number nor a name", word);
				return -1;
			}
			cond->terms++;
			want_term = 0;
		} else {
			snprintf(why, why_size,
				 "'%s' does not fit here; write SUM OP SUM with blanks between", word);
			return -1;
		}
	}
	if (op < 0 || want_term) {
		cond->bad = strlen(text);
		snprintf(why, why_size, "%s; write e.g. a.tot@end >= 200M",
			 op < 0 ? "no comparison" : "nothing to compare with");
		return -1;
	}
	if (op >= COND_HAS && (cond->terms != 1 || !cond->term[0].name)) {
		cond->bad = 0;
		snprintf(why, why_size, "%s takes one name and a text", op_name[op]);
		return -1;
	}
	return 0;
}

void cond_free(struct cond *cond)
{
	free(cond->words);
	cond->words = NULL;
}

static void see(char *seen, size_t size, const char *fmt, const char *name, int64_t value)
{
	size_t len = strlen(seen);

	if (len + 2 < size) {
		if (len)
			seen[len++] = ' ';
		/* Both formats come from cond_eval below. */
		snprintf(seen + len, size - len, "%s%s", name, fmt);
		if (!*fmt)
			snprintf(seen + strlen(seen), size - strlen(seen), "=%lld", (long long)value);
	}
}

int cond_eval(const struct cond *cond, const struct cond_values *values, char *seen, size_t seen_size)
{
	int64_t sum[2] = { 0, 0 };
	int unknown = 0;

	*seen = 0;
	if (cond->op >= COND_HAS) {
		const char *text;
		int found;

		if (values->text(values->ctx, cond->term[0].name, &text)) {
			see(seen, seen_size, " is not known", cond->term[0].name, 0);
			return -1;
		}
		found = strstr(text, cond->needle) != NULL;
		snprintf(seen, seen_size, "%s is \"%.300s\"", cond->term[0].name, text);
		return cond->op == COND_HAS ? found : !found;
	}
	for (int i = 0; i < cond->terms; i++) {
		const struct cond_term *t = &cond->term[i];
		int64_t value = 1;

		if (t->name && values->number(values->ctx, t->name, &value)) {
			see(seen, seen_size, " is not known", t->name, 0);
			unknown = 1;
			continue;
		}
		if (t->name)
			see(seen, seen_size, "", t->name, value);
		sum[t->side] += t->factor * value;
	}
	if (unknown)
		return -1;
	switch (cond->op) {
	case COND_EQ: return sum[0] == sum[1];
	case COND_NE: return sum[0] != sum[1];
	case COND_LT: return sum[0] < sum[1];
	case COND_LE: return sum[0] <= sum[1];
	case COND_GT: return sum[0] > sum[1];
	default: return sum[0] >= sum[1];
	}
}
