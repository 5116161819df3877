// SPDX-License-Identifier: GPL-2.0-or-later
#include "recall.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "balloond.h"
#include "promise.h"
#include "store.h"

#define ABSENT_CFG_MAX	64

/* A uuid as uuid_text() writes it. */
static bool uuid_parse(const char *name, uint8_t uuid[16])
{
	unsigned int byte[16];
	char again[37];
	int n = 0;

	if (sscanf(name, "%2x%2x%2x%2x-%2x%2x-%2x%2x-%2x%2x-%2x%2x%2x%2x%2x%2x%n",
		   &byte[0], &byte[1], &byte[2], &byte[3], &byte[4], &byte[5], &byte[6], &byte[7],
		   &byte[8], &byte[9], &byte[10], &byte[11], &byte[12], &byte[13], &byte[14],
		   &byte[15], &n) != 16 || n != 36)
		return false;
	for (int i = 0; i < 16; i++)
		uuid[i] = (uint8_t)byte[i];
	uuid_text(uuid, again);
	return !strcmp(name, again);
}

static bool is_present(const struct balloond *b, const uint8_t uuid[16])
{
	for (uint32_t i = 0; i < b->host.n_doms; i++)
		if (!memcmp(b->host.doms[i].uuid, uuid, 16))
			return true;
	return false;
}

/* The names below a VM's folder: how many, and is "cfg" one of them? */
static unsigned int kept_of(struct balloond *b, const char *uuid, bool *cfg)
{
	unsigned int n;
	char **names = store_list(b->store, &n, KEY_VM "/%s", uuid);

	*cfg = false;
	for (unsigned int i = 0; i < n; i++)
		*cfg |= !strcmp(names[i], "cfg");
	free(names);
	return n;
}

/* @return how many were dropped, wholly or what their cfg said */
static unsigned int absent_drop(struct balloond *b, char **names, unsigned int n)
{
	unsigned int dropped = 0, cfgs = 0;

	/* The store lists the oldest first: the last ones stay. */
	for (unsigned int i = n; i-- > 0;) {
		bool ours, cfg;
		uint8_t uuid[16];
		unsigned int kept;

		ours = uuid_parse(names[i], uuid);
		if (ours && is_present(b, uuid))
			continue;
		/* Measured in a boot that is over. */
		store_remove(b->store, KEY_VM "/%s/offset", names[i]);
		kept = kept_of(b, names[i], &cfg);
		cfgs += cfg;
		if (ours && kept && (!cfg || cfgs <= ABSENT_CFG_MAX))
			continue;
		store_remove(b->store, KEY_VM "/%s%s", names[i], ours && kept > 1 ? "/cfg" : "");
		dropped++;
	}
	return dropped;
}

static void clean(struct balloond *b, unsigned int more_than)
{
	unsigned int n, dropped = 0;
	char **names;

	if (b->options.dry_run)
		return;
	names = store_list(b->store, &n, KEY_VM);
	if (names && n > more_than)
		dropped = absent_drop(b, names, n);
	free(names);
	if (dropped)
		log_info("of %u VMs that aren't there any more nothing is kept", dropped);
}

void absent_clean(struct balloond *b)
{
	clean(b, 0);
}

void absent_bound(struct balloond *b)
{
	b->vm_ended = false;
	clean(b, b->host.n_doms + ABSENT_CFG_MAX);
}

int recall(struct balloond *b)
{
	int rc = b->ops->snapshot(b, &b->host);

	if (rc)
		return rc;
	rc = promises_load(b);
	if (rc)
		return rc;
	/* What was granted lies free still, before anybody's need is looked at. */
	if (MECHANISM(recall_first))
		promises_grant(b);
	absent_clean(b);
	return 0;
}
