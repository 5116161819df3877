// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "numbers.h"
#include "reserve.h"

#define HOLDERS_SHOWN	3

struct out {
	char *text;
	size_t size, at;
};

__attribute__((format(printf, 2, 3)))
static void say(struct out *out, const char *format, ...)
{
	va_list args;
	int n;

	if (out->at + 1 >= out->size)
		return;
	va_start(args, format);
	n = vsnprintf(out->text + out->at, out->size - out->at, format, args);
	va_end(args);
	out->at += n > 0 ? (size_t)n : 0;
}

static const char *or_unknown(const char *text)
{
	return text ? text : "?";
}

/* The i-th of an array of objects by falling `floor_kib`; NULL: there are fewer. */
static yajl_val nth_holder(yajl_val holders, size_t n)
{
	for (size_t i = 0; i < holders->u.array.len; i++) {
		int64_t kib = field_number(holders->u.array.values[i], "floor_kib");
		size_t before = 0;

		for (size_t k = 0; k < holders->u.array.len; k++) {
			int64_t other = field_number(holders->u.array.values[k], "floor_kib");

			before += other > kib || (other == kib && k < i);
		}
		if (before == n)
			return holders->u.array.values[i];
	}
	return NULL;
}

static void say_holders(struct out *out, yajl_val holders)
{
	size_t n;

	if (!YAJL_IS_ARRAY(holders) || !holders->u.array.len)
		return;
	say(out, "\n  Guaranteed to others:");
	for (n = 0; n < HOLDERS_SHOWN && n < holders->u.array.len; n++) {
		yajl_val holder = nth_holder(holders, n);

		say(out, "%s %s %" PRId64, n ? "," : "", or_unknown(field_text(holder, "name")),
		    mib_ceil(field_number(holder, "floor_kib")));
	}
	say(out, " MiB");
	if (holders->u.array.len > n)
		say(out, " and %zu more", holders->u.array.len - n);
	say(out, "; `xlmem set NAME --min SIZE` lowers one.");
}

static void say_time(struct out *out, int64_t seconds)
{
	if (seconds >= 2 * 3600)
		say(out, "%" PRId64 " h", seconds / 3600);
	else if (seconds >= 120)
		say(out, "%" PRId64 " min", seconds / 60);
	else
		say(out, "%" PRId64 " s", seconds);
}

/* @return false: closing idle ones doesn't suffice */
static bool say_idle(struct out *out, yajl_val idle)
{
	if (!YAJL_IS_ARRAY(idle) || !idle->u.array.len)
		return false;
	say(out, "\n  Idle, and enough if closed:");
	for (size_t i = 0; i < idle->u.array.len; i++) {
		yajl_val one = idle->u.array.values[i];

		say(out, "%s %s (for ", i ? "," : "", or_unknown(field_text(one, "name")));
		say_time(out, field_number(one, "idle_s"));
		say(out, ", frees %" PRId64 " MiB)", mib_floor(field_number(one, "frees_kib")));
	}
	if (idle->u.array.len > 1)
		say(out, ": `xl shutdown` each.");
	else
		say(out, ": `xl shutdown %s`.",
		    or_unknown(field_text(idle->u.array.values[0], "name")));
	return true;
}

static void say_stop(struct out *out, yajl_val stop, bool any, bool idle)
{
	if (!YAJL_IS_ARRAY(stop))
		return;
	if (!stop->u.array.len) {
		if (!idle)
			say(out, "\n  No stop of others is known to make it fit.");
		return;
	}
	say(out, "\n  Stopping %s", stop->u.array.len == 1 ? "" : any ? "any of: " : "all of: ");
	for (size_t i = 0; i < stop->u.array.len; i++)
		say(out, "%s%s", i ? ", " : "",
		    or_unknown(YAJL_GET_STRING(stop->u.array.values[i])));
	say(out, " would make it fit: `xl shutdown NAME`.");
}

static void say_smaller(struct out *out, const struct reserve_wish *wish, int64_t fits_kib)
{
	int64_t mib = mib_floor(fits_kib - wish->overhead_kib);

	if (!wish->again || mib <= 0 || mib * 1024 < wish->again_least_kib)
		return;
	say(out, "\n  Up to %" PRId64 " MiB fit now: `%s %" PRId64 "%s%s`.", mib, wish->again, mib,
	    wish->again_end ? " " : "", wish->again_end ? wish->again_end : "");
}

void refusal_format(char *text, size_t size, const struct reserve_wish *wish,
		    const struct answer *answer)
{
	yajl_val error = field(answer->tree, "error");
	int64_t shortfall_kib = field_number(error, "shortfall_kib");
	int64_t fits_kib = field_number(error, "fits_kib");
	struct out out = { text, size, 0 };
	bool idle;

	/* Refused after waiting: nothing but the time was short. */
	if (answer->status != STATUS_refused || shortfall_kib == FIELD_NONE ||
	    fits_kib == FIELD_NONE) {
		snprintf(text, size, "%s", answer->message);
		return;
	}
	say(&out, "%s needs %" PRId64 " MiB; %" PRId64 " MiB short above the others' floors.",
	    wish->name ? wish->name : "the reservation",
	    mib_ceil(wish->min_kib ? wish->min_kib : wish->size_kib), mib_ceil(shortfall_kib));
	say_holders(&out, field(error, "holders"));
	idle = say_idle(&out, field(error, "idle"));
	say_stop(&out, field(error, "stop"), YAJL_IS_TRUE(field(error, "stop_any")), idle);
	say_smaller(&out, wish, fits_kib);
}
