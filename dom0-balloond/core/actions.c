// SPDX-License-Identifier: GPL-2.0-or-later
/* What freeing and giving share: wishes, their cost, the list, when to look next. */
#include <stddef.h>

#include "account.h"
#include "actions.h"
#include "bounds.h"
#include "progress.h"

/* While memory moves, look that often. */
#define TRANSFER_TURN_MS	50
/* A lazy step that is late: not worth more than this. */
#define LAZY_TURN_MS		500

int64_t need_part_kib(const struct dom *dom)
{
	int64_t part_kib = dom->bounds.need_kib;

	/* What a stuck one holds beyond that is no need: it would grow by its slack. */
	if (dom_is_driverless(dom))
		part_kib = kib_max(part_kib, dom->bounds.held_kib);
	return kib_min(dom->plan_target_kib, part_kib);
}

int64_t shrink_least_kib(const struct host *host, const struct dom *dom)
{
	/* Whoever waits may wait for the last page; and a limit is no noise. */
	return host->pressing || dom_above_limit(dom) ? 0 : dom_hysteresis_kib(&host->config, dom);
}

enum wish action_wish(const struct host *host, const struct dom *dom)
{
	int64_t ceiling_kib = dom_ceiling_kib(dom), part_kib, room_kib;

	if (!dom_is_guest(dom) || dom_is_held(dom))
		return WISH_NONE;
	part_kib = need_part_kib(dom);
	if (dom_is_driverless(dom))	/* it gets what it was given, to a hair */
		return part_kib - ceiling_kib > host->config.hysteresis_kib ?
			WISH_NEED : WISH_NONE;
	if (part_kib > ceiling_kib && (part_kib - ceiling_kib >= RAISE_MIN_KIB ||
				       part_kib >= dom->bounds.need_kib))
		return MECHANISM(zero_wish) && dom_is_zero(dom) ? WISH_FIRST :
		       MECHANISM(urgent) && dom->urgent ? WISH_URGENT : WISH_NEED;

	/* Headroom is topped up when half of it is used. */
	if (dom->history.shrinking || dom->actual_kib > dom->plan_ceiling_kib)
		return WISH_NONE;
	room_kib = ceiling_kib - kib_max(dom->plan_target_kib, dom->actual_kib);
	if (room_kib < (dom->plan_ceiling_kib - dom->plan_target_kib) / 2 &&
	    dom->plan_ceiling_kib - ceiling_kib >= ROOM_MIN_KIB)
		return WISH_ROOM;
	return WISH_NONE;
}

int64_t raise_cost_kib(const struct host *host, const struct dom *dom, int64_t ceiling_kib)
{
	return kib_max(0, dom_unused_at_kib(dom, ceiling_kib) -
			  dom_unused_kib(host, dom));
}

struct action *list_add(struct list *list, enum action_type type, const struct dom *dom)
{
	struct action *a;

	if (list->n >= list->max)
		return NULL;
	a = &list->out[list->n++];
	a->type = type;
	a->domid = dom->domid;
	a->ceiling_kib = a->lease_kib = dom_ceiling_kib(dom);
	a->target_kib = dom->target_kib;
	a->reason = dom->reason;
	return a;
}

/* Remember an order as given; what it asks is judged by progress.c. */
void note_target(struct dom *dom, int64_t target_kib, uint64_t now_ms)
{
	struct dom_history *h = &dom->history;
	int8_t direction = target_kib > dom->target_kib ? 1 : -1;

	if (h->direction && h->direction != direction)
		h->reversals++;
	h->direction = direction;

	/* Asked for more while under way: the window of progress goes on. */
	if (!h->shrinking) {
		h->from_kib = dom->actual_kib;
		h->from_ms = now_ms;
	}
	h->shrinking = target_kib < dom->actual_kib - ARRIVED_KIB;
	h->probing = h->shrinking && dom->progress == PROGRESS_STUCK;
}

/* When this guest's memory, or our patience with it, asks for the next look. */
static uint64_t dom_due_ms(const struct host *host, const struct dom *dom,
			   uint64_t now_ms)
{
	const struct dom_history *h = &dom->history;
	uint64_t step_ms = h->shrink_ms + host->config.shrink_interval_ms;

	if (dom->progress == PROGRESS_STUCK && !h->shrinking) {
		if (MECHANISM(retry_due) && progress_asks(host, dom))
			return h->retry_ms;
		return UINT64_MAX;
	}
	if (MECHANISM(transfer_turns) && h->shrinking && host->pressing)
		return now_ms + TRANSFER_TURN_MS;
	if (h->shrinking)	/* the next step once this one is taken */
		return step_ms > now_ms ? step_ms : now_ms + LAZY_TURN_MS;
	if (!dom_is_driverless(dom) &&
	    dom->target_kib - dom->plan_target_kib > shrink_least_kib(host, dom))
		return step_ms;
	return UINT64_MAX;
}

uint64_t turn_due_ms(const struct host *host, uint64_t now_ms)
{
	uint64_t due_ms = UINT64_MAX;

	for (uint32_t i = 0; i < host->n_doms; i++) {
		const struct dom *dom = &host->doms[i];

		if (dom_is_guest(dom) && !dom_is_held(dom)) {
			uint64_t at_ms = dom_due_ms(host, dom, now_ms);

			due_ms = at_ms < due_ms ? at_ms : due_ms;
		}
	}
	return due_ms > now_ms ? due_ms : now_ms + TRANSFER_TURN_MS;
}
