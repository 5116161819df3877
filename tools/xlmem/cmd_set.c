// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "client.h"
#include "numbers.h"
#include "size.h"

enum status cmd_set(const struct args *args)
{
	const char *min = args->option[OPTION_min], *max = args->option[OPTION_max];
	const char *weight = args->option[OPTION_weight];
	const char *idle = args->option[OPTION_idle_shutdown];
	int64_t min_kib = 0, max_kib = 0, weight_value = 0, idle_value = 0;
	struct request request;
	struct answer answer;
	enum status status;

	if (!min && !max && !weight && !idle && !args->option[OPTION_auto])
		return complain(args, STATUS_usage,
				"nothing to set: give --min, --max, --weight, --idle-shutdown or --auto");
	if ((min && size_parse(min, &min_kib)) || (max && size_parse(max, &max_kib)))
		return complain(args, STATUS_usage,
				"a size is a number of MiB, or has a suffix b, k, m, g or t");
	if (weight && number_parse(weight, 1, 65535, &weight_value))
		return complain(args, STATUS_usage, "a weight is a number from 1 to 65535");
	if (idle && number_parse(idle, 0, 1, &idle_value))
		return complain(args, STATUS_usage, "--idle-shutdown is 0 or 1");
	if (min && max && min_kib > max_kib)
		return complain(args, STATUS_setting_refused,
				"min %s is more than max %s", min, max);

	request_start(&request, "set");
	request_text(&request, "domain", args->word[0]);
	if (min)
		request_number(&request, "min_kib", min_kib);
	if (max)
		request_number(&request, "max_kib", max_kib);
	if (weight)
		request_number(&request, "weight", weight_value);
	if (idle)
		request_number(&request, "idle_shutdown", idle_value);
	if (args->option[OPTION_auto])
		request_true(&request, "auto");
	status = ask_once(args, &request, &answer);
	answer_finish(&answer);
	return status;
}
