// SPDX-License-Identifier: GPL-2.0-or-later
#include "reserve.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "numbers.h"

#define WAIT_S		60	/* a guest that gives up 10 GiB takes this long */
#define WAIT_MAX_S	86400
#define BAR_WIDTH	30

/* On a terminal one line that moves; with --json each event as it came. */
static void show_progress(const struct answer *event, void *data)
{
	int64_t freed_kib = field_number(event->tree, "freed_kib");
	int64_t size_kib = field_number(event->tree, "size_kib");
	const struct args *args = data;
	int done;

	if (args->json) {
		puts(event->line);
		fflush(stdout);
		return;
	}
	if (!isatty(STDERR_FILENO) || freed_kib < 0 || size_kib <= 0)
		return;
	if (freed_kib > size_kib)
		freed_kib = size_kib;
	done = (int)(freed_kib * BAR_WIDTH / size_kib);
	fprintf(stderr, "\r[%.*s%*s] %" PRId64 " of %" PRId64 " MiB free ", done,
		"##############################", BAR_WIDTH - done, "",
		mib_floor(freed_kib), mib_ceil(size_kib));
	fflush(stderr);
}

static void clear_progress(const struct args *args)
{
	if (!args->json && isatty(STDERR_FILENO))
		fprintf(stderr, "\r%*s\r", BAR_WIDTH + 40, "");
}

static size_t append(char *text, size_t size, size_t at, const char *more)
{
	int n = at < size ? snprintf(text + at, size - at, "%s", more) : 0;

	return at + n;
}

void refusal_format(char *text, size_t size, const char *name, int64_t size_kib,
		    const struct answer *answer)
{
	yajl_val error = field(answer->tree, "error");
	yajl_val stop = field(error, "stop");
	int64_t shortfall_kib = field_number(error, "shortfall_kib");
	int64_t fits_kib = field_number(error, "fits_kib");
	char part[128];
	size_t at = 0, i;

	/* Refused after waiting: nothing but the time was short. */
	if (answer->status != STATUS_refused || shortfall_kib == FIELD_NONE ||
	    fits_kib == FIELD_NONE) {
		snprintf(text, size, "%s", answer->message);
		return;
	}
	snprintf(part, sizeof(part), "%s needs %" PRId64 " MiB; %" PRId64
		 " MiB short above the others' floors.",
		 name, mib_ceil(size_kib), mib_ceil(shortfall_kib));
	at = append(text, size, at, part);
	if (YAJL_IS_ARRAY(stop) && stop->u.array.len) {
		bool any = YAJL_IS_TRUE(field(error, "stop_any"));

		at = append(text, size, at, stop->u.array.len == 1 ? " Stopping " :
			    any ? " Stopping any of: " : " Stopping all of: ");
		for (i = 0; i < stop->u.array.len; i++) {
			const char *one = YAJL_GET_STRING(stop->u.array.values[i]);

			at = append(text, size, at, i ? ", " : "");
			at = append(text, size, at, one ? one : "?");
		}
		at = append(text, size, at, " would make it fit");
	} else {
		at = append(text, size, at, " Stopping others would not make it fit");
	}
	if (fits_kib > 0) {
		snprintf(part, sizeof(part), "; up to %" PRId64 " MiB would fit now",
			 mib_floor(fits_kib));
		at = append(text, size, at, part);
	}
	append(text, size, at, ".");
}

enum status reserve_options(const struct args *args, struct reserve_wish *wish)
{
	const char *wait = args->option[OPTION_wait];
	const char *expire = args->option[OPTION_expire];

	wish->wait_s = WAIT_S;
	wish->expire_s = 0;
	if (wait && number_parse(wait, 0, WAIT_MAX_S, &wish->wait_s))
		return complain(args, STATUS_usage, "--wait takes seconds, at most a day");
	if (expire && number_parse(expire, 1, INT32_MAX, &wish->expire_s))
		return complain(args, STATUS_usage, "--expire takes seconds, at least 1");
	return STATUS_DONE;
}

int64_t reserve_size(const struct answer *answer, const struct reserve_wish *wish)
{
	int64_t size_kib = field_number(field(answer->tree, "reservation"), "size_kib");

	return size_kib == FIELD_NONE ? wish->size_kib : size_kib;
}

enum status reserve(const struct args *args, struct client *client,
		    const struct reserve_wish *wish, int64_t *id,
		    struct answer *answer)
{
	struct request request;
	char text[2048];

	request_start(&request, "reserve");
	request_number(&request, "size_kib", wish->size_kib);
	request_text(&request, "name", wish->name ? wish->name : "");
	if (wish->min_kib)
		request_number(&request, "min_kib", wish->min_kib);
	if (wish->purpose)
		request_text(&request, "purpose", wish->purpose);
	request_text(&request, "owner", wish->owner);
	request_number(&request, "wait_s", wish->wait_s);
	if (wish->expire_s)
		request_number(&request, "expire_s", wish->expire_s);
	client_ask(client, &request, (int)wish->wait_s + 30, show_progress,
		   (void *)args, answer);
	clear_progress(args);

	*id = field_number(answer->tree, "id");
	if (answer->status == STATUS_DONE && *id == FIELD_NONE) {
		answer->status = STATUS_failed;
		snprintf(answer->message, sizeof(answer->message),
			 "balloond gave no id for the reservation");
	}
	if (answer->status != STATUS_DONE && !args->json) {
		refusal_format(text, sizeof(text),
			       wish->name ? wish->name : "the reservation",
			       wish->min_kib ? wish->min_kib : wish->size_kib, answer);
		return complain(args, answer->status, "%s", text);
	}
	return answer->status;
}
