// SPDX-License-Identifier: GPL-2.0-or-later
/* info and reload: about the daemon itself. */
#include <stdio.h>
#include <string.h>

#include "client.h"

/* One line a value, nested names with dots, as the daemon ordered them. */
static void print_values(const char *prefix, yajl_val value)
{
	char name[256];
	size_t i;

	if (!YAJL_IS_OBJECT(value))
		return;
	for (i = 0; i < value->u.object.len; i++) {
		yajl_val v = value->u.object.values[i];

		if (!*prefix && !strcmp(value->u.object.keys[i], "ok"))
			continue;	/* judged already */
		snprintf(name, sizeof(name), "%s%s%s", prefix, *prefix ? "." : "",
			 value->u.object.keys[i]);
		if (YAJL_IS_OBJECT(v))
			print_values(name, v);
		else if (YAJL_IS_STRING(v))
			printf("%-32s %s\n", name, YAJL_GET_STRING(v));
		else if (YAJL_IS_NUMBER(v))
			printf("%-32s %s\n", name, YAJL_GET_NUMBER(v));
		else if (YAJL_IS_TRUE(v) || YAJL_IS_FALSE(v))
			printf("%-32s %s\n", name, YAJL_IS_TRUE(v) ? "yes" : "no");
		else
			printf("%-32s -\n", name);
	}
}

enum status cmd_info(const struct args *args)
{
	struct request request;
	struct answer answer;
	enum status status;

	request_start(&request, "info");
	status = ask_once(args, &request, &answer);
	if (status == STATUS_DONE && !args->json)
		print_values("", answer.tree);
	answer_finish(&answer);
	return status;
}

enum status cmd_reload(const struct args *args)
{
	struct request request;
	struct answer answer;
	enum status status;

	request_start(&request, "reload");
	status = ask_once(args, &request, &answer);
	answer_finish(&answer);
	return status;
}
