// SPDX-License-Identifier: GPL-2.0-or-later
/* reserve, assign, release: a reservation's life by hand. */
#include <inttypes.h>
#include <stdio.h>

#include "reserve.h"
#include "numbers.h"
#include "size.h"

/* The id is all that is printed: for scripts. It outlives this process. */
enum status cmd_reserve(const struct args *args)
{
	struct reserve_wish wish = {
		.name = args->option[OPTION_name],
		.owner = "token",
	};
	struct client client;
	struct answer answer;
	enum status status;
	int64_t id;

	if (size_parse(args->word[0], &wish.size_kib) || !wish.size_kib)
		return complain(args, STATUS_usage, "%s is no size: a number of MiB, or with a suffix b, k, m, g or t",
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
		printf("%" PRId64 "\n", id);
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
