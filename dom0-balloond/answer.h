/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The model as JSON, by the field tables of control_table.h, and in words. */
#ifndef BALLOOND_ANSWER_H
#define BALLOOND_ANSWER_H

#include <stddef.h>
#include <stdint.h>

struct balloond;
struct json;

void answer_host(struct json *json, const struct balloond *b);
void answer_domain(struct json *json, const char *key, const struct balloond *b, uint32_t i);
void answer_reservation(struct json *json, const char *key, const struct balloond *b,
			uint32_t r);
void answer_counters(struct json *json, const struct balloond *b);

/* Why this target, and the source of every setting: some lines of text. */
void explain_text(const struct balloond *b, uint32_t i, char *text, size_t size);

#endif
