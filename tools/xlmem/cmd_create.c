// SPDX-License-Identifier: GPL-2.0-or-later
/* create: memory first, then xl create. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "child.h"
#include "numbers.h"
#include "reserve.h"
#include "size.h"
#include "vmcfg.h"

/* What the cfg says about the domain's share; what `xlmem set` said outdoes it. */
static enum status settings(const struct args *args, struct client *client,
			    const struct vmcfg *cfg)
{
	struct request request;
	struct answer answer;

	if (cfg->min_kib < 0 && cfg->max_kib < 0 && cfg->weight < 0 && cfg->idle_shutdown < 0)
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
	if (cfg->idle_shutdown >= 0)
		request_number(&request, "idle_shutdown", cfg->idle_shutdown);
	if (tell(client, &request, &answer) == STATUS_DONE)
		return STATUS_DONE;
	return complain(args, answer.status, "%s runs, but its settings were not taken: %s",
			cfg->name, answer.message);
}

/*
 * --at-least: what will do, from that up to the cfg's memory. Under balloon_min
 * it would begin below what it is guaranteed.
 */
static enum status wish_range(const struct args *args, const struct vmcfg *cfg,
			      struct reserve_wish *wish)
{
	const char *text = args->option[OPTION_at_least];
	int64_t least_kib;

	if (!text)
		return STATUS_DONE;
	if (size_parse(text, &least_kib) || !least_kib)
		return complain(args, STATUS_usage,
				"--at-least takes a size: a number of MiB, or with a suffix b, k, m, g or t");
	if (cfg->has_vnuma)
		return complain(args, STATUS_usage, "%s: vnuma says how much memory each node has: no other size will do",
				args->word[0]);
	if (least_kib > cfg->memory_kib)
		return complain(args, STATUS_usage, "--at-least %s is more than %s's memory, %" PRId64 " MiB",
				text, cfg->name, mib_floor(cfg->memory_kib));
	if (least_kib < cfg->min_kib && cfg->min_kib <= cfg->memory_kib)
		least_kib = cfg->min_kib;
	least_kib = mib_ceil(least_kib) * 1024;
	if (least_kib < cfg->memory_kib)
		wish->min_kib = wish->size_kib - cfg->memory_kib + least_kib;
	return STATUS_DONE;
}

/*
 * What xl is to build with: later settings outdo those of the file. xl takes whole
 * MiB. Without maxmem the domain could never grow to what its file says, so that is
 * said too; not to HVM, which may have no balloon to start with less than its maxmem.
 */
static void override(const struct vmcfg *cfg, int64_t memory_kib, char *memory, char *maxmem,
		     size_t size)
{
	snprintf(memory, size, "memory=%" PRId64, mib_floor(memory_kib));
	maxmem[0] = '\0';
	if (!cfg->has_maxmem && !cfg->hvm)
		snprintf(maxmem, size, "maxmem=%" PRId64, mib_floor(cfg->memory_kib));
}

static char **create_argv(const struct args *args, char *memory, char *maxmem)
{
	char **argv = child_argv("create", args->word, args->n);
	int n = args->n + 2;

	if (memory[0])
		argv[n++] = memory;
	if (maxmem[0])
		argv[n++] = maxmem;
	return argv;
}

enum status cmd_create(const struct args *args)
{
	struct reserve_wish wish = { .owner = "connection", .purpose = "create" };
	char memory[48] = "", maxmem[48] = "";
	struct client client;
	struct answer answer;
	struct vmcfg cfg;
	enum status status;
	char why[512];
	int exit_status;
	int64_t id, memory_kib;

	if (vmcfg_read(args->word[0], args->n - 1, args->word + 1, &cfg, why, sizeof(why)))
		return complain(args, STATUS_usage, "%s", why);
	wish.name = cfg.name;
	wish.size_kib = vmcfg_need_kib(&cfg);
	wish.overhead_kib = wish.size_kib - cfg.memory_kib;
	wish.again = cfg.has_vnuma ? NULL : "xlmem create --at-least";
	wish.again_end = args->word[0];
	wish.again_least_kib = cfg.min_kib;
	if (reserve_options(args, &wish) || wish_range(args, &cfg, &wish))
		return STATUS_usage;
	if (!client_open(&client, &answer))
		return complain(args, answer.status, "%s; or use plain `xl create %s`",
				answer.message, args->word[0]);

	status = reserve(args, &client, &wish, &id, &answer);
	if (status != STATUS_DONE) {
		if (args->json)
			answer_show(args, &answer);
		goto out;
	}

	memory_kib = cfg.memory_kib - wish.size_kib + reserve_size(&answer, &wish);
	if (memory_kib < cfg.memory_kib) {
		override(&cfg, memory_kib, memory, maxmem, sizeof(memory));
		warn("%s starts with %" PRId64 " MiB of %" PRId64, cfg.name, mib_floor(memory_kib),
		     mib_floor(cfg.memory_kib));
	}
	exit_status = build_run(&client, id, cfg.name, create_argv(args, memory, maxmem));
	if (exit_status) {
		build_release(&client, id);
		status = complain(args, STATUS_failed,
				  "`%s create` ended with %d, its memory is free again",
				  child_xl(), exit_status);
		goto out;
	}
	status = settings(args, &client, &cfg);
	build_release(&client, id);
	if (status == STATUS_DONE && args->json)
		printf("{\"ok\":true,\"size_kib\":%" PRId64 ",\"memory_kib\":%" PRId64 "}\n",
		       wish.size_kib - cfg.memory_kib + memory_kib, memory_kib);
out:
	answer_finish(&answer);
	client_close(&client);
	return status;
}
