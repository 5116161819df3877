// SPDX-License-Identifier: GPL-2.0-only
/*
 * The contract over libxenstore: lease, target and static-max in, the report out.
 * Paths are relative to the guest's own home.
 */
#include "agent.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xenstore.h>

#include "record.h"
#include "schema.h"

#define REPORT_DIR	"data/selfballoon"
#define REREAD_MS	1000	/* to fetch again what couldn't be, as the module's */

static const char *const watched[] = { KEY_LEASE, KEY_TARGET, KEY_STATIC_MAX };

int store_open(struct agent *agent)
{
	agent->xs = xs_open(0);
	if (!agent->xs) {
		fprintf(stderr, "selfballoond: no xenstore (%s): is /dev/xen/xenbus there, and this root?\n",
			strerror(errno));
		return -1;
	}
	for (size_t i = 0; i < sizeof(watched) / sizeof(watched[0]); i++)
		if (!xs_watch(agent->xs, watched[i], watched[i])) {
			fprintf(stderr, "selfballoond: no watch on %s: %s\n", watched[i],
				strerror(errno));
			return -1;
		}
	return xs_fileno(agent->xs);
}

/* NULL with ENOENT: it isn't there. With anything else it says nothing: again, later. */
static char *key_read(struct agent *agent, const char *key, unsigned int *len)
{
	char *text = xs_read(agent->xs, XBT_NULL, key, len);

	if (!text && errno != ENOENT)
		agent->unread = key;
	return text;
}

/* *kib stays if it can't be read; one that isn't there, or is none, is 0. */
static void kib_read(struct agent *agent, const char *key, uint64_t *kib)
{
	unsigned int len;
	char *text = key_read(agent, key, &len);
	u64 value = 0;

	if (!text && errno != ENOENT)
		return;
	if (text && decimal_parse(text, len, SCHEMA_KIB_MAX, &value))
		value = 0;
	*kib = value;
	free(text);
}

/* What libxenstore says of a connection that is gone; it makes no other by itself. */
static bool is_lost(int error)
{
	return error == EPIPE || error == EBADF;
}

/* A lease that isn't there, or is none, is no lease; one that can't be read stays. */
static int lease_read(struct agent *agent)
{
	struct told *told = &agent->told;
	unsigned int len;
	char *text = key_read(agent, KEY_LEASE, &len);
	struct lease lease = { 0 };

	if (!text && errno != ENOENT)
		return is_lost(errno) ? -1 : 0;
	told->directed = text && !lease_parse(text, len, &lease);
	if (text && !told->directed)
		fprintf(stderr, "selfballoond: the lease is malformed: going on alone\n");
	told->ceiling_kib = told->directed ? lease.ceiling_kib : 0;
	told->epoch = told->directed ? lease.epoch : 0;
	free(text);
	return 0;
}

int store_read(struct agent *agent)
{
	const char *unread = agent->unread;
	unsigned int len;
	char **event, *said;
	uint64_t target_kib = agent->told.target_kib;

	while ((event = xs_check_watch(agent->xs)))
		free(event);
	if (errno != EAGAIN)
		return -1;
	agent->unread = NULL;
	if (lease_read(agent))
		return -1;
	kib_read(agent, KEY_TARGET, &target_kib);
	if (target_kib && target_kib != agent->told.target_kib)
		agent->in.asked_kib = target_kib;
	agent->told.target_kib = target_kib;
	kib_read(agent, KEY_STATIC_MAX, &agent->told.static_max_kib);
	if (agent->unread && !unread)
		fprintf(stderr, "selfballoond: can't read %s: the last one stays, trying again\n",
			agent->unread);
	agent->reread_ms = now_ms() + REREAD_MS;

	/* After a restore the store is a new one, without what the guest wrote. */
	said = xs_read(agent->xs, XBT_NULL, KEY_REPORT, &len);
	if (!said && errno == ENOENT)
		agent->said.any = false;
	free(said);
	return 0;
}

uint64_t store_due_ms(const struct agent *agent)
{
	uint64_t now = now_ms();

	if (!agent->unread)
		return UINT64_MAX;
	return agent->reread_ms > now ? agent->reread_ms - now : 0;
}

void store_report(struct agent *agent)
{
	const struct goal_verdict *v = &agent->verdict;
	const struct report report = {
		.version = SCHEMA_VERSION, .boot = agent->boot,
		.epoch = agent->told.epoch, .seq = agent->seq + 1,
		.need_kib = v->need_kib, .want_kib = v->want_kib,
		.floor_kib = v->floor_kib, .limit_kib = v->limit_kib,
		.urgent = v->urgent,
		.committed_kib = agent->in.committed_kib, .avail_kib = agent->in.avail_kib,
		.swapin = agent->swapin, .refault = agent->refault,
	};
	char line[SCHEMA_RECORD_MAX];
	int len;

	if (goal_report_due(&agent->said, v, agent->told.epoch, agent->in.now_ms))
		return;
	len = report_format(&report, line, sizeof(line));
	if (len < 0 || !xs_write(agent->xs, XBT_NULL, KEY_REPORT, line, (unsigned int)len)) {
		agent->lost = len >= 0 && is_lost(errno);
		fprintf(stderr, "selfballoond: can't write %s: %s\n", KEY_REPORT, strerror(errno));
		agent->said.any = true;	/* again, after the gap */
		agent->said.at_ms = agent->in.now_ms;
		agent->said.epoch = GOAL_NEVER;
		return;
	}
	agent->seq++;
	agent->said = goal_say(v, agent->told.epoch, agent->in.now_ms);
}

/* A guest without the agent has no need that anyone could know. */
void store_close(struct agent *agent)
{
	if (agent->seq)
		xs_rm(agent->xs, XBT_NULL, REPORT_DIR);
	xs_close(agent->xs);
}
