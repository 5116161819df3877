// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Is a balloon moving? Judged by how long it takes to move by an amount that
 * counts, not by the last turn: stalls under five seconds are normal (XenServer's
 * squeezed found the same figure), and one page now and then is no progress.
 */
#include "account.h"
#include "bounds.h"
#include "demand.h"
#include "plan.h"
#include "progress.h"

static uint64_t backoff_ms(uint32_t count)
{
	uint64_t wait_ms = BACKOFF_MIN_MS;

	while (MECHANISM(backoff) && count-- > 1 && wait_ms < BACKOFF_MAX_MS)
		wait_ms *= 2;
	return wait_ms < BACKOFF_MAX_MS ? wait_ms : BACKOFF_MAX_MS;
}

static void judge_shrink(struct dom *dom, int64_t lag_kib, uint64_t now_ms)
{
	struct dom_history *h = &dom->history;
	int64_t moved_kib = h->from_kib - dom->actual_kib;
	int64_t ms = (int64_t)(now_ms - h->from_ms);

	if (moved_kib >= (MECHANISM(drip) ?
			  kib_max(PROGRESS_MIN_KIB, lag_kib / PROGRESS_MIN_DIVISOR) : 1)) {
		/* More than a minute to go at this rate: slow. */
		dom->progress = MECHANISM(slow) && moved_kib * SLOW_MS < lag_kib * ms ?
			PROGRESS_SLOW : PROGRESS_MOVING;
		h->probing = false;
	} else if (MECHANISM(stuck) && ms >= PROGRESS_WINDOW_MS) {
		dom->progress = PROGRESS_STUCK;
		h->shrinking = false;
		h->probing = false;
		h->stuck_ms = now_ms;
		h->retry_ms = now_ms + backoff_ms(++h->stuck_count);
	} else {
		if (dom->progress == PROGRESS_SETTLED)
			dom->progress = PROGRESS_MOVING;
		return;
	}
	h->from_kib = dom->actual_kib;
	h->from_ms = now_ms;
}

static void judge(const struct host *host, struct dom *dom, uint64_t now_ms)
{
	struct dom_history *h = &dom->history;
	int64_t lag_kib = dom->actual_kib - dom->target_kib;

	/* An order that isn't ours (xl mem-set) is a shrink under way as well. */
	if (MECHANISM(foreign_shrink) && !h->shrinking && dom->target_kib < h->seen_target_kib &&
	    lag_kib > ARRIVED_KIB) {
		h->shrinking = true;
		h->from_kib = dom->actual_kib;
		h->from_ms = now_ms;
	}

	if (h->shrinking && (lag_kib <= ARRIVED_KIB ||
	    /* Nobody waits for it and it grows instead: let it. */
	    (MECHANISM(growth_wins) && !host->pressing &&
	     dom->actual_kib > h->from_kib + ARRIVED_KIB))) {
		h->shrinking = false;
		h->probing = false;
		dom->progress = PROGRESS_SETTLED;
	} else if (h->shrinking) {
		judge_shrink(dom, lag_kib, now_ms);
	} else if (dom->progress != PROGRESS_STUCK ||
		   (MECHANISM(forgiven) && dom->actual_kib <= h->from_kib - FORGIVEN_KIB) ||
		   /* Its time is up, and there is nothing to ask of it by now. */
		   (MECHANISM(stuck_over) && now_ms >= h->retry_ms &&
		    progress_probe_kib(host, dom) >= dom->actual_kib - FORGIVEN_KIB)) {
		dom->progress = PROGRESS_SETTLED;
	}

	/*
	 * Forgiven is not forgotten: who stalls 19 s of 20 gets a longer pause
	 * each time, who was good for as long as the longest pause starts anew.
	 */
	if (MECHANISM(forgotten) && dom->progress != PROGRESS_STUCK &&
	    now_ms - h->stuck_ms >= BACKOFF_MAX_MS)
		h->stuck_count = 0;
}

static void dom_update(const struct host *host, struct dom *dom, uint64_t now_ms)
{
	struct dom_history *h = &dom->history;
	bool silent = MECHANISM(silent) && dom->has_report && dom->unechoed_ms &&
		      now_ms - dom->unechoed_ms >= SILENT_MS;

	if (!h->known) {
		h->known = true;
		h->seen_kib = h->from_kib = dom->actual_kib;
		h->growth_from_kib = dom->actual_kib;
		h->seen_target_kib = dom->target_kib;
		h->from_ms = h->growth_from_ms = h->growth_ms = now_ms;
		h->demand_ms = h->shrink_ms = now_ms;
	}
	growth_update(dom, host->config.headroom_min_kib, now_ms);
	h->seen_kib = dom->actual_kib;

	if (silent) {
		dom->progress = PROGRESS_SILENT;
		h->shrinking = h->probing = false;
		return;
	}
	if (dom->progress == PROGRESS_SILENT || dom->progress == PROGRESS_DRIVERLESS)
		dom->progress = PROGRESS_SETTLED;
	if (MECHANISM(paused) && dom->paused) {	/* it can't move: the window starts when it can */
		h->from_kib = dom->actual_kib;
		h->from_ms = now_ms;
		return;
	}
	judge(host, dom, now_ms);
	h->seen_target_kib = dom->target_kib;
	if (!dom->has_report && dom->progress == PROGRESS_SETTLED)
		dom->progress = PROGRESS_DRIVERLESS;
}

void progress_update(struct host *host, uint64_t now_ms)
{
	for (uint32_t i = 0; i < host->n_doms; i++)
		if (dom_is_guest(&host->doms[i]))
			dom_update(host, &host->doms[i], now_ms);
}

int64_t progress_probe_kib(const struct host *host, const struct dom *dom)
{
	const struct dom_bounds *b = &dom->bounds;
	int64_t wish_kib = b->want_kib;

	if (host->scarce)
		wish_kib = kib_max(b->floor_kib, kib_min(b->need_kib, dom->fair_kib));
	wish_kib = kib_max(wish_kib, dom->actual_kib - PROBE_KIB);
	if (MECHANISM(own_probe))
		wish_kib = kib_max(wish_kib, kib_min(dom_stays_kib(dom), b->need_kib));
	return kib_down(wish_kib + KIB_PER_PAGE - 1, KIB_PER_PAGE);
}

/*
 * Pinned under its need it gets no order (actions_free.c), and its need holds it
 * where it is, whoever waits: it is asked again when it says that it needs less.
 */
bool progress_asks(const struct host *host, const struct dom *dom)
{
	int64_t least_kib = progress_probe_kib(host, dom);

	if (MECHANISM(pin_asks) && dom->has_report && dom->pin_kib != KIB_NONE &&
	    dom->pin_kib < dom->history.need_kib)
		least_kib = kib_max(least_kib, dom->history.need_kib);
	return least_kib < dom->actual_kib - FORGIVEN_KIB;
}
