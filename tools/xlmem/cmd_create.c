// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * create: memory first, then xl create.
 *
 * The reservation belongs to our connection, which no child inherits: whatever
 * ends us ends it. It is handed to the domain as soon as balloond sees it, so
 * that memory isn't counted twice while the domain fills.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "child.h"
#include "reserve.h"
#include "vmcfg.h"

#define ASSIGN_EVERY_MS	200
#define PATIENCE_S	30

/* One question on our connection whose answer matters only by its status. */
static enum status tell(struct client *client, struct request *request,
			struct answer *answer)
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

static enum status release(struct client *client, int64_t id)
{
	struct request request;
	struct answer answer;

	request_start(&request, "release");
	request_number(&request, "id", id);
	return tell(client, &request, &answer);
}

/* What the cfg says about the domain's share; what `xlmem set` said outdoes it. */
static enum status settings(const struct args *args, struct client *client,
			    const struct vmcfg *cfg)
{
	struct request request;
	struct answer answer;

	if (cfg->min_kib < 0 && cfg->max_kib < 0 && cfg->weight < 0)
		return STATUS_DONE;
	request_start(&request, "set");
	request_text(&request, "domain", cfg->name);
	request_text(&request, "from", "cfg");
	if (cfg->min_kib >= 0)
		request_number(&request, "min_kib", cfg->min_kib);
	if (cfg->max_kib >= 0)
		request_number(&request, "max_kib", cfg->max_kib);
	if (cfg->weight >= 0)
		request_number(&request, "weight", cfg->weight);
	if (tell(client, &request, &answer) == STATUS_DONE)
		return STATUS_DONE;
	return complain(args, answer.status, "%s runs, but its settings were not taken: %s",
			cfg->name, answer.message);
}

/* xl create to its end, the reservation handed over on the way. */
static int build(const struct args *args, struct client *client, int64_t id,
		 const char *name)
{
	char **argv = child_argv("create", args->word, args->n);
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

enum status cmd_create(const struct args *args)
{
	struct reserve_wish wish = { .owner = "connection" };
	struct client client;
	struct answer answer;
	struct vmcfg cfg;
	enum status status;
	char why[512];
	int exit_status;
	int64_t id;

	if (vmcfg_read(args->word[0], args->n - 1, args->word + 1, &cfg, why, sizeof(why)))
		return complain(args, STATUS_usage, "%s", why);
	if (reserve_options(args, &wish))
		return STATUS_usage;
	if (!client_open(&client, &answer))
		return complain(args, answer.status, "%s; or use plain `xl create %s`",
				answer.message, args->word[0]);

	wish.name = cfg.name;
	wish.size_kib = vmcfg_need_kib(&cfg);
	status = reserve(args, &client, &wish, &id, &answer);
	if (status != STATUS_DONE) {
		if (args->json)
			answer_show(args, &answer);
		goto out;
	}

	exit_status = build(args, &client, id, cfg.name);
	if (exit_status) {
		release(&client, id);
		status = complain(args, STATUS_failed,
				  "`%s create` ended with %d, its memory is free again",
				  child_xl(), exit_status);
		goto out;
	}
	status = settings(args, &client, &cfg);
	release(&client, id);
	if (status == STATUS_DONE && args->json)
		printf("{\"ok\":true,\"size_kib\":%" PRId64 "}\n", wish.size_kib);
out:
	answer_finish(&answer);
	client_close(&client);
	return status;
}
