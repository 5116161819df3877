// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "child.h"
#include "hold.h"

enum status cmd_save(const struct args *args)
{
	const char *domain = args->word[0];
	enum status status;
	struct client client;
	int exit_status;
	char **argv;

	status = hold_begin(args, &client, domain);
	if (status != STATUS_DONE)
		return status;
	argv = child_argv("save", args->word, args->n);
	exit_status = child_run(argv);
	free(argv);
	return hold_end(args, &client, domain, "save", exit_status);
}
