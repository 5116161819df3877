// SPDX-License-Identifier: GPL-2.0-or-later
#include "toy_events.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define EVENT_NAME(name, text) text,
const char *const toy_event_names[] = { TOY_EVENTS(EVENT_NAME) };

static void drop_reservation(struct toy *toy, uint32_t at)
{
	for (toy->host.n_reservations--; at < toy->host.n_reservations; at++)
		toy->reservations[at] = toy->reservations[at + 1];
}

/* Admission first, as the daemon does; sometimes it is built at once. */
static void reserve(struct toy *toy, struct toy_chance *chance)
{
	struct admission answer;
	int64_t mib = chance->rnd(600);

	admission_decide(&toy->host, mib * MIB, &answer);
	if (answer.verdict == ADMIT_REFUSED) {
		chance->refused++;
		assert_true(answer.shortfall_kib > 0);
		assert_true(answer.fits_kib < mib * MIB || !mib);
		return;
	}
	chance->admitted++;
	if (toy->host.n_reservations < 8)
		toy_reserve(toy, mib);
}

static void start(struct toy *toy, struct toy_chance *chance)
{
	for (uint32_t i = 0; i < toy->host.n_reservations; i++) {
		struct reservation *r = &toy->reservations[i];
		struct dom *dom;

		if (r->state != RESERVATION_GRANTED || r->size_kib < 8 * MIB)
			continue;
		chance->granted++;
		dom = toy_build(toy, r->size_kib / MIB - 2);
		r->state = RESERVATION_ASSIGNED;
		r->domid = dom->domid;
		return;
	}
}

void toy_event(struct toy *toy, struct toy_chance *chance, enum toy_event what)
{
	struct dom *dom = toy->host.n_doms ? &toy->doms[chance->rnd(toy->host.n_doms)] : NULL;
	struct toy_guest *g = dom ? toy_guest(toy, dom) : NULL;
	int64_t free_mib = toy->host.free_kib / MIB, least_kib;

	chance->counts[what]++;
	toy->dirty = true;
	if (what == TOY_EVENT_ADD && toy->host.n_doms < 12 && free_mib > 80) {
		int64_t mib = 40 + chance->rnd(free_mib - 40 < 600 ? free_mib - 40 : 600);

		dom = toy_add(toy, (enum toy_character)chance->rnd(TOY_DEAF + 1), mib,
			      mib + chance->rnd(1000), chance->rnd(mib + 100));
		if (chance->rnd(2))	/* as the module has it */
			dom->guest_floor_kib = floor_default_kib(dom->static_max_kib);
		return;
	}
	if (what == TOY_EVENT_BUILD && toy->host.n_doms < 12)	/* behind our back */
		toy_build(toy, 20 + chance->rnd(200));
	if (what == TOY_EVENT_RESERVE)
		reserve(toy, chance);
	if (what == TOY_EVENT_START && toy->host.n_doms < 12)
		start(toy, chance);
	if (what == TOY_EVENT_RELEASE && toy->host.n_reservations)
		drop_reservation(toy, (uint32_t)chance->rnd(toy->host.n_reservations));
	if (what == TOY_EVENT_RESTART)
		for (uint32_t i = 0; i < toy->host.n_doms; i++) {
			toy->doms[i].history = (struct dom_history){ 0 };
			toy->doms[i].progress = PROGRESS_SETTLED;
		}
	if (!dom || dom->kind != DOM_GUEST)
		return;
	if (what == TOY_EVENT_NEED)
		toy_needs(toy, dom, chance->rnd(dom->static_max_kib / MIB + 1), chance->rnd(2000));
	if (what == TOY_EVENT_SPIKE)
		toy_needs(toy, dom, dom->actual_kib / MIB + chance->rnd(400), 0);
	if (what == TOY_EVENT_DESTROY && !chance->rnd(3))
		toy_destroy(toy, dom);
	if (what == TOY_EVENT_CHARACTER && dom->has_report) {
		g->character = chance->rnd(2) ? TOY_IDEAL : (enum toy_character)chance->rnd(TOY_DEAF + 1);
		if (g->character == TOY_STOCK)
			g->character = TOY_IDEAL;
		g->limit_kib = chance->rnd(dom->static_max_kib);
		dom->unechoed_ms = g->character == TOY_DEAF ? toy->now_ms : 0;
	}
	if (what == TOY_EVENT_PAUSE)
		dom->paused = !dom->paused;
	if (what == TOY_EVENT_MEM_SET) {
		dom->pin_kib = dom->target_kib = chance->rnd(dom->static_max_kib) & ~3LL;
		if (!dom->hvm || dom->pin_kib > dom->actual_kib)
			dom->max_kib = dom->pin_kib + MAX_PAGES_SLACK_KIB;
	}
	if (what == TOY_EVENT_AUTO)
		dom->pin_kib = KIB_NONE;
	if (what == TOY_EVENT_MAX)
		dom->max_kib = dom->actual_kib + MAX_PAGES_SLACK_KIB +
			       (chance->rnd(300 * MIB) & ~3LL);
	if (what == TOY_EVENT_POLICY) {
		dom->weight = 1 + (uint32_t)chance->rnd(1024);
		dom->floor_kib = chance->rnd(dom->static_max_kib / 2);
		dom->floor_explicit = chance->rnd(2);
		/* One that the guest's own floor forbids is asked for again for ever. */
		least_kib = dom->floor_kib > dom->guest_floor_kib ? dom->floor_kib : dom->guest_floor_kib;
		dom->policy_max_kib = chance->rnd(2) ? dom->static_max_kib :
				      least_kib + chance->rnd(dom->static_max_kib - least_kib + 1);
	}
	if (what == TOY_EVENT_REPORT_GONE && g->character != TOY_STOCK)
		dom->has_report = !dom->has_report;
}
