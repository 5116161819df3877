// SPDX-License-Identifier: GPL-2.0-or-later
#include "round.h"

#include <string.h>

#include "balloond.h"
#include "recall.h"
#include "snapshot.h"
#include "store.h"
#include "tick.h"

#define RECONNECT_MS	1000
#define EVENTS_MAX	10000	/* drained in one go: a guest may write for ever */

int watches_set(struct balloond *b)
{
	int rc = store_watch(b->store, "*", "@introduceDomain");

	if (!rc)
		rc = store_watch(b->store, "*", "@releaseDomain");
	if (!rc)	/* libxl's first write for a new domain, long before it is introduced */
		rc = store_watch(b->store, "*", "/vm");
	if (!rc)
		rc = store_watch(b->store, "p", KEY_VM);
	if (!rc)	/* a device passed through later pins its guest's memory */
		rc = store_watch(b->store, "d", "/local/domain/0/backend/pci");
	return rc;
}

void round_events(struct balloond *b)
{
	const char *path, *token;

	for (int n = 0; n < EVENTS_MAX && !store_event(b->store, &path, &token); n++) {
		if (token[0] == 'p' || token[0] == 'd') {
			for (uint32_t i = 0; i < b->host.n_doms; i++)
				b->vms[i].stale |= token[0] == 'p' ? VM_STALE(POLICY) :
								     VM_STALE(DEVICES);
		} else if (token[0] != '*' && !vm_event(b, token)) {
			continue;
		}
		b->turn_wanted = true;
	}
}

/* xenstored was lost: everything that it said must be read again. */
static void reconnect(struct balloond *b)
{
	if (!b->store_missed)
		log_warn("xenstored doesn't answer: trying again every second");
	b->store_missed = true;
	if (store_reopen(b->store) || watches_set(b)) {
		b->turn_wanted = false;	/* it would come much sooner */
		b->turn_due_ms = b->now_ms + RECONNECT_MS;
		return;
	}
	b->store_missed = false;
	b->counters.store_reconnects++;
	log_warn("xenstored is back: reading everything again");
	for (uint32_t i = 0; i < b->host.n_doms; i++)
		vm_policy_keep(b, &b->host.doms[i], &b->vms[i]);
	promises_keep(b);
	absent_clean(b);
	snapshot_forget(b);
	b->turn_wanted = true;
}

void round_turn(struct balloond *b)
{
	int rc;

	/* Idle for long: libxenstore says nothing by itself when xenstored ended. */
	if (!b->turn_wanted && !store_lost(b->store))
		store_ping(b->store);
	if (store_lost(b->store))
		reconnect(b);
	if (store_lost(b->store))
		return;
	rc = tick(b);
	b->turn_failed = rc != 0;
	if (rc)
		log_error("this turn is lost: %s", strerror(-rc));
}

uint64_t round_due_ms(const struct balloond *b, uint64_t turn_last_ms)
{
	/* Lost within a turn or a request: at once, and then every RECONNECT_MS. */
	if (store_lost(b->store) && !b->store_missed)
		return turn_last_ms + TURN_GAP_MS;
	return b->turn_wanted ? turn_last_ms + TURN_GAP_MS : b->turn_due_ms;
}
