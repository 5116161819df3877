// SPDX-License-Identifier: GPL-2.0-or-later
/* reserve, assign, release: a reservation's life by hand. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "reserve.h"
#include "numbers.h"
#include "size.h"

/* SIZE or MIN-MAX. @return 0, or -1: it is neither */
static int sizes_parse(const char *text, struct reserve_wish *wish)
{
	const char *dash = strchr(text, '-');
	char least[32];

	if (!dash)
		return size_parse(text, &wish->size_kib) || !wish->size_kib ? -1 : 0;
	if ((size_t)(dash - text) >= sizeof(least))
		return -1;
	snprintf(least, sizeof(least), "%.*s", (int)(dash - text), text);
	if (size_parse(least, &wish->min_kib) || size_parse(dash + 1, &wish->size_kib))
		return -1;
	return wish->min_kib && wish->min_kib <= wish->size_kib ? 0 : -1;
}

/* For scripts the id alone, and of a range its size, in MiB. It outlives this process. */
static void print_reservation(const struct reserve_wish *wish, int64_t id, int64_t size_kib)
{
	if (!wish->min_kib)
		printf("%" PRId64 "\n", id);
	else if (size_kib % 1024)
		printf("%" PRId64 " %" PRId64 "k\n", id, size_kib);
	else
		printf("%" PRId64 " %" PRId64 "\n", id, size_kib / 1024);
}

enum status cmd_reserve(const struct args *args)
{
	struct reserve_wish wish = {
		.name = args->option[OPTION_name],
		.purpose = args->option[OPTION_purpose],
		.owner = "token",
		.again = "xlmem reserve",
	};
	struct client client;
	struct answer answer;
	enum status status;
	int64_t id;

	if (sizes_parse(args->word[0], &wish))
		return complain(args, STATUS_usage, "%s is no size and no range MIN-MAX: numbers of MiB, or with a suffix b, k, m, g or t",
				args->word[0]);
	if (reserve_options(args, &wish))
		return STATUS_usage;
	if (!client_open(&client, &answer))
		return answer_show(args, &answer);
	status = reserve(args, &client, &wish, &id, &answer);
	client_close(&client);
	if (args->json)
		answer_show(args, &answer);
	else if (status == STATUS_DONE)
		print_reservation(&wish, id, reserve_size(&answer, &wish));
	answer_finish(&answer);
	return status;
}

enum status cmd_assign(const struct args *args)
{
	struct request request;
	struct answer answer;
	enum status status;
	int64_t id;

	if (number_parse(args->word[0], 0, UINT32_MAX, &id))
		return complain(args, STATUS_usage, "%s is no reservation's id: see `xlmem list`",
				args->word[0]);
	request_start(&request, "assign");
	request_number(&request, "id", id);
	request_text(&request, "domain", args->word[1]);
	status = ask_once(args, &request, &answer);
	answer_finish(&answer);
	return status;
}

enum status cmd_release(const struct args *args)
{
	struct request request;
	struct answer answer;
	enum status status;
	int64_t id;

	request_start(&request, "release");
	if (number_parse(args->word[0], 0, UINT32_MAX, &id))
		request_text(&request, "name", args->word[0]);
	else
		request_number(&request, "id", id);
	status = ask_once(args, &request, &answer);
	answer_finish(&answer);
	return status;
}
