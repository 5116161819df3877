// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "client.h"

enum status cmd_explain(const struct args *args)
{
	struct request request;
	struct answer answer;
	enum status status;
	const char *text;

	request_start(&request, "explain");
	request_text(&request, "domain", args->word[0]);
	status = ask_once(args, &request, &answer);
	text = field_text(answer.tree, "text");
	if (status == STATUS_DONE && !args->json && text)
		printf("%s%s", text, *text && text[strlen(text) - 1] == '\n' ? "" : "\n");
	answer_finish(&answer);
	return status;
}
