// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * restore, migrate-receive: a domain that comes back, or in, needs exactly what it
 * had: memory first, then xl.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "child.h"
#include "numbers.h"
#include "saved.h"
#include "size.h"

enum status cmd_restore(const struct args *args)
{
	struct reserve_wish wish = { .owner = "connection", .purpose = "restore" };
	struct client client;
	struct answer answer;
	struct vmcfg cfg;
	enum status status;
	char why[512];
	int exit_status;
	int64_t id;

	/* xl takes a second file for another configuration, of which we'd know nothing. */
	for (int i = 1; i < args->n; i++)
		if (args->word[i][0] != '-')
			return complain(args, STATUS_usage, "restore takes the saved file alone, and xl's options after it; with another configuration use plain `xl restore`");
	if (saved_read(args->word[0], &cfg, why, sizeof(why)))
		return complain(args, STATUS_usage, "%s", why);
	wish.name = cfg.name;
	wish.size_kib = vmcfg_need_kib(&cfg);
	if (reserve_options(args, &wish))
		return STATUS_usage;
	if (!client_open(&client, &answer))
		return complain(args, answer.status, "%s; or use plain `xl restore %s`",
				answer.message, args->word[0]);
	status = reserve(args, &client, &wish, &id, &answer);
	if (status != STATUS_DONE) {
		if (args->json)
			answer_show(args, &answer);
		goto out;
	}
	/* xl's options may stand after the file's name: getopt sorts them out. */
	exit_status = build_run(&client, id, cfg.name,
				child_argv("restore", args->word, args->n));
	build_release(&client, id);
	if (exit_status)
		status = complain(args, STATUS_failed,
				  "`%s restore` ended with %d, its memory is free again",
				  child_xl(), exit_status);
	else if (args->json)
		printf("{\"ok\":true,\"size_kib\":%" PRId64 "}\n", wish.size_kib);
out:
	answer_finish(&answer);
	client_close(&client);
	return status;
}

/*
 * The other end of `xlmem migrate`. Standard input and output are xl's alone: what
 * we say goes to standard error, which the sender's terminal shows. xl builds the
 * domain as NAME--incoming, and renames it when it may run.
 */
enum status cmd_migrate_receive(const struct args *args)
{
	struct reserve_wish wish = { .owner = "connection", .purpose = "migrate" };
	char name[64], **argv;
	struct client client;
	struct answer answer;
	enum status status;
	int exit_status;
	int64_t id;

	if (args->json)
		return complain(&(struct args){ 0 }, STATUS_usage, "migrate-receive takes no --json: its output is xl's");
	if (size_parse(args->word[1], &wish.size_kib) || !wish.size_kib)
		return complain(args, STATUS_usage, "%s is no size", args->word[1]);
	snprintf(name, sizeof(name), "%s--incoming", args->word[0]);
	wish.name = name;
	if (reserve_options(args, &wish))
		return STATUS_usage;
	argv = child_argv("migrate-receive", args->word + 2, args->n - 2);
	if (!client_open(&client, &answer)) {
		warn("%s: %s; receiving it without a reservation", args->word[0], answer.message);
		exit_status = child_run(argv);
		free(argv);
		return exit_status ? STATUS_failed : STATUS_DONE;
	}
	status = reserve(args, &client, &wish, &id, &answer);
	if (status == STATUS_DONE) {
		exit_status = build_run(&client, id, name, argv);
		build_release(&client, id);
		status = exit_status ? STATUS_failed : STATUS_DONE;
	} else {
		warn("%s can't come here; it goes on where it is", args->word[0]);
		free(argv);
	}
	answer_finish(&answer);
	client_close(&client);
	return status;
}
