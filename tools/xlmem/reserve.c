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
	char text[REFUSAL_TEXT_MAX];

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
		refusal_format(text, sizeof(text), wish, answer);
		return complain(args, answer->status, "%s", text);
	}
	return answer->status;
}
