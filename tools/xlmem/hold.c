// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * save, migrate: a domain larger than its memory/target saves and can't be
 * restored. So balloond holds it still at what it has until xl is done; the hold
 * ends with our connection. Without balloond, `balloond --settle` sets what it
 * would have set; and if that isn't to be had either, xl goes ahead with a
 * warning, because a save must never be refused by a memory manager.
 */
#include "hold.h"

#include <stdio.h>

#include "child.h"

#define PATIENCE_S	30

static enum status hold(struct client *client, const char *command,
			const char *domain, struct answer *answer)
{
	struct request request;
	enum status status;

	request_start(&request, command);
	request_text(&request, "domain", domain);
	status = client_ask(client, &request, PATIENCE_S, NULL, NULL, answer);
	answer_finish(answer);
	return status;
}

static void settle(const char *why)
{
	char *const argv[] = { (char *)child_balloond(), (char *)"--settle", NULL };

	warn("%s", why);
	if (child_run(argv))
		warn("`%s --settle` failed: going on, but if the domain has just grown it may not restore; keep it until it has",
		     child_balloond());
}

enum status hold_begin(const struct args *args, struct client *client, const char *domain)
{
	struct answer answer;

	if (!client_open(client, &answer)) {
		if (answer.status == STATUS_permission)
			return complain(args, answer.status, "%s", answer.message);
		settle(answer.message);
	} else if (hold(client, "freeze", domain, &answer) != STATUS_DONE) {
		if (answer.status == STATUS_unknown_domain ||
		    answer.status == STATUS_permission) {
			client_close(client);
			return complain(args, answer.status, "%s", answer.message);
		}
		settle(answer.message);
	}
	return STATUS_DONE;
}

enum status hold_end(const struct args *args, struct client *client, const char *domain,
		     const char *command, int exit_status)
{
	struct answer answer;

	if (exit_status && client->fd >= 0)
		hold(client, "thaw", domain, &answer);
	client_close(client);
	if (exit_status)
		return complain(args, STATUS_failed, "`%s %s` ended with %d, %s goes on",
				child_xl(), command, exit_status, domain);
	if (args->json)
		puts("{\"ok\":true}");
	return STATUS_DONE;
}
