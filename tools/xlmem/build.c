// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The reservation belongs to our connection, which no child inherits: whatever
 * ends us ends it.
 */
#include "build.h"

#include <stdlib.h>

#include "child.h"

#define ASSIGN_EVERY_MS	200
#define PATIENCE_S	30

enum status tell(struct client *client, struct request *request, struct answer *answer)
{
	enum status status = client_ask(client, request, PATIENCE_S, NULL, NULL, answer);

	answer_finish(answer);
	return status;
}

static enum status assign(struct client *client, int64_t id, const char *name)
{
	struct request request;
	struct answer answer;

	request_start(&request, "assign");
	request_number(&request, "id", id);
	request_text(&request, "domain", name);
	return tell(client, &request, &answer);
}

void build_release(struct client *client, int64_t id)
{
	struct request request;
	struct answer answer;

	request_start(&request, "release");
	request_number(&request, "id", id);
	tell(client, &request, &answer);
}

int build_run(struct client *client, int64_t id, const char *name, char **argv)
{
	pid_t pid = child_start(argv);
	bool assigned = false;
	int exit_status = 127;

	while (pid > 0 && !child_wait(pid, assigned ? -1 : ASSIGN_EVERY_MS, &exit_status)) {
		enum status status = assign(client, id, name);

		/* Not there yet: ask again. Anything else won't get better. */
		assigned = status != STATUS_unknown_domain;
		if (assigned && status != STATUS_DONE)
			warn("the reservation could not be handed to %s; it ends with this command",
			     name);
	}
	free(argv);
	return exit_status;
}
