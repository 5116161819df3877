// SPDX-License-Identifier: GPL-2.0-or-later
#include "zero.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "balloond.h"
#include "core/account.h"
#include "core/plan.h"
#include "host_xen.h"
#include "store.h"

/* goal.c judges by intervals: the module's are 5 s, but dom0 is waited for. */
#define TICK_MS		1000
/* While it stalls: its growth goes on in steps. */
#define URGENT_LOOK_MS	100

/* What is taken before anybody has looked: 320 MiB/s, at a look each 200 ms. */
#define GLANCE_MS	200
#define RESERVED_KIB	(64 * KIB_PER_MIB)
/* So much more since the last look is worth a turn; and so much asks for more ahead. */
#define GROWN_KIB	(4 * KIB_PER_MIB)
#define GROWS_KIB	(16 * KIB_PER_MIB)
#define RESERVED_DIVISOR 10

/* A dom0 smaller than that is asked for nothing by default. */
#define FLOOR_LEAST_KIB	(512 * KIB_PER_MIB)

/* What its kernel knows of and Xen's tot_pages don't; more than that is no constant. */
#define OFFSET_MAX_KIB	(256 * KIB_PER_MIB)

static uint64_t not_negative(int64_t kib)
{
	return kib > 0 ? (uint64_t)kib : 0;
}

/*
 * The module's input (estimate.c), from the outside of the kernel. In MiB, a dom0 of
 * 1024 with 300 committed:
 *
 *	MemTotal  free	LRU  reclaimable | kernel  reserved | need
 *	   980	   400	500	20	 |   60      100    | 300+60+100+11+44 = 515
 *
 * with 7.5 of min_free_kbytes and 44 that MemTotal never shows.
 */
static int64_t kernel_kib(const struct zero_facts *f)
{
	int64_t kib = f->total_kib - f->free_kib - f->active_kib - f->inactive_kib -
		      f->unevictable_kib - f->reclaimable_kib +
		      (int64_t)not_negative(f->unevictable_kib - f->mlocked_kib);

	return kib_max(kib, 0);
}

static int64_t anon_kib(const struct zero_facts *f)
{
	return f->active_anon_kib + f->inactive_anon_kib;
}

static int64_t used_kib(const struct zero_facts *f)
{
	return kib_max(f->committed_kib, anon_kib(f)) + kernel_kib(f);
}

static void input_fill(struct goal_input *in, struct goal_config *cfg,
		       const struct zero_facts *f, const struct dom *dom)
{
	in->tot_kib = not_negative(dom->actual_kib);
	in->hidden_kib = not_negative(dom->actual_kib - f->total_kib);
	in->committed_kib = (uint64_t)f->committed_kib;
	/* Nobody helps dom0 while it stalls: promises count, touched or not. */
	in->anon_kib = (uint64_t)kib_max(f->committed_kib, anon_kib(f));
	in->kernel_kib = (uint64_t)kernel_kib(f);
	/* The high watermark: half above the lowest. */
	in->reserve_kib = (uint64_t)(f->min_free_kib + f->min_free_kib / 2);
	in->avail_kib = (uint64_t)f->available_kib;
	in->swap_kib = (uint64_t)f->swap_free_kib;
	in->free_kib = (uint64_t)f->free_kib;
	in->cache_kib = (uint64_t)f->active_file_kib;
	/* What was near isn't counted for dom0: all is. */
	in->refault_kib = in->near_kib = (uint64_t)f->refaults * KIB_PER_PAGE;
	/* Not a part of what it has, or its need would grow as it does. */
	cfg->reserved_kib = (uint64_t)(RESERVED_KIB + used_kib(f) / RESERVED_DIVISOR);
}

void zero_judge(struct zero *zero, const struct zero_facts *facts, uint64_t now_ms,
		int64_t limit_kib, struct dom *dom)
{
	struct goal_config cfg = { .enabled = true, .downhysteresis = 1, .uphysteresis = 1 };
	/* As if its target were its lease: that is how far it can grow without us. */
	struct goal_input in = {
		.now_ms = now_ms, .directed = true, .asked_kib = not_negative(dom->target_kib),
		.ceiling_kib = not_negative(dom->target_kib), .room_kib = not_negative(limit_kib),
		.static_max_kib = not_negative(limit_kib),
	};
	int64_t swaps = facts->swap_ins + facts->swap_outs;
	struct goal_verdict verdict;
	bool strains = zero->pressed || (zero->looked_ms && swaps > zero->swaps);

	if (strains)
		zero->strained_ms = now_ms;
	if (now_ms - zero->tick_ms >= TICK_MS || !zero->looked_ms) {
		zero->tick_ms = now_ms;
		in.events |= GOAL_TICK;
	}
	if (strains || zero->grows)
		in.events |= GOAL_RECLAIM;
	zero->used_kib = used_kib(facts);
	zero->grows = false;
	zero->swaps = swaps;
	zero->looked_ms = now_ms;
	zero->pressed = false;
	input_fill(&in, &cfg, facts, dom);
	goal_decide(&cfg, &zero->goal, &in, &verdict);
	zero->urgent = verdict.urgent;
	zero->strains = zero->strained_ms && now_ms - zero->strained_ms < ZERO_CALM_MS;

	dom->has_report = true;
	dom->report_ms = now_ms;
	dom->need_kib = (int64_t)verdict.need_kib;
	dom->want_kib = (int64_t)verdict.want_kib;
	dom->guest_floor_kib = dom->limit_kib = 0;
	dom->urgent = verdict.urgent;
	dom->strained = zero->strains;
}

static bool look(struct balloond *b, struct zero_facts *facts)
{
	struct zero *zero = &b->zero;
	int rc = 0;

	if (!zero->open) {
		rc = zero_proc_open(&zero->proc, "");
		zero->open = !rc;
	}
	if (!rc)
		rc = zero_proc_read(&zero->proc, facts);
	if (rc && !zero->failed)
		log_error("dom0 isn't balanced: its kernel's numbers can't be read: %s",
			  strerror(-rc));
	if (!rc && zero->failed)
		log_info("dom0 is balanced: its kernel's numbers can be read");
	zero->failed = rc;
	return !rc;
}

/*
 * Its kernel compares memory/target with its own count of pages, which differs from
 * Xen's by a constant; both are read, so nothing needs to be measured.
 */
static void offset_read(struct dom *dom, struct vm *vm, const struct zero_facts *facts)
{
	int64_t diff_kib = facts->balloon_kib - dom->actual_kib;

	if (facts->balloon_kib == KIB_NONE || diff_kib > OFFSET_MAX_KIB ||
	    diff_kib < -OFFSET_MAX_KIB)
		return;
	/* While it moves the two counts are of different instants. */
	if (vm->offset_known && (facts->balloon_kib != facts->balloon_target_kib ||
				 vm->still_kib != dom->actual_kib))
		return;
	vm->offset_known = true;
	dom->offset_kib = diff_kib;
}

/* The most it can ever have without hotplug: its kernel's map, made for Xen's dom0_mem. */
static int64_t limit_kib(const struct balloond *b, const struct dom *dom,
			 const struct zero_facts *facts)
{
	int64_t limit = facts->balloon_room_kib != KIB_NONE ?
			facts->balloon_room_kib - dom->offset_kib : b->zero.max_kib;

	limit = kib_min(limit, b->host.total_kib);
	return kib_down(kib_max(limit, dom->actual_kib), KIB_PER_PAGE);
}

int zero_make_room(struct balloond *b, const struct dom *dom, int64_t target_kib)
{
	int64_t max_kib = dom->static_max_kib - dom->offset_kib + MAX_PAGES_SLACK_KIB;
	int rc;

	if (b->zero.max_kib >= target_kib)
		return 0;
	rc = b->ops->set_max(b, dom->domid, max_kib);
	if (!rc)
		b->zero.max_kib = max_kib;
	return rc;
}

static void policy(const struct balloond *b, struct dom *dom, struct vm *vm, int64_t limit)
{
	const struct settings *s = &b->settings;
	int64_t floor_kib = s->zero_min_kib;

	dom->static_max_kib = limit + dom->offset_kib;
	dom->policy_max_kib = s->zero_max_kib ? kib_min(s->zero_max_kib, limit) : limit;
	if (!floor_kib)
		floor_kib = kib_max(floor_default_kib(dom->policy_max_kib), FLOOR_LEAST_KIB);
	dom->floor_kib = kib_min(floor_kib, dom->policy_max_kib);
	dom->floor_explicit = s->zero_min_kib;
	dom->weight = s->default_weight;
	vm->min_source = s->zero_min_kib ? SOURCE_CONF : SOURCE_DEFAULT;
	vm->max_source = s->zero_max_kib ? SOURCE_CONF : SOURCE_DEFAULT;
	vm->weight_source = SOURCE_CONF;
	dom->pin_kib = vm->pin_kib == KIB_NONE ? KIB_NONE :
		       kib_clamp(vm->pin_kib - dom->offset_kib, dom->floor_kib,
				 dom->policy_max_kib);
}

/* libxl writes dom0's keys when xl first asks for them; here that may be later. */
static void target_adopt(struct balloond *b, struct dom *dom, struct vm *vm)
{
	char text[24];

	if (vm->raw_target_kib != KIB_NONE)
		return;
	vm->raw_target_kib = dom->actual_kib + dom->offset_kib;
	snprintf(text, sizeof(text), "%" PRId64, vm->raw_target_kib);
	if (b->options.dry_run || store_write(b->store, text, "/local/domain/0/" KEY_TARGET))
		return;
	snprintf(text, sizeof(text), "%" PRId64, dom->static_max_kib);
	if (!store_exists(b->store, "/local/domain/0/" KEY_STATIC_MAX))
		store_write(b->store, text, "/local/domain/0/" KEY_STATIC_MAX);
}

/* Not to be read now: what it was promised stays its own, and nobody lowers it. */
static void as_it_was(struct dom *dom, const struct vm *vm)
{
	dom->kind = DOM_ZERO_BALANCED;
	dom->hvm = false;
	dom->has_report = true;
	dom->strained = true;
	dom->target_kib = vm->raw_target_kib - dom->offset_kib;
	dom->max_kib = dom->target_kib + MAX_PAGES_SLACK_KIB;
}

void zero_refresh(struct balloond *b, struct dom *dom, struct vm *vm,
		  const struct xen_dom *xen)
{
	struct zero_facts facts;
	int64_t limit;

	bool judged = dom->has_report && b->settings.zero == ZERO_BALANCE;

	dom->kind = DOM_ZERO;
	dom->has_report = false;
	if (b->settings.zero != ZERO_BALANCE)
		zero_finish(&b->zero);
	if (b->settings.zero != ZERO_BALANCE || !vm->known) {
		dom->pin_kib = KIB_NONE;
		return;
	}
	if (!look(b, &facts)) {
		if (judged && MECHANISM(zero_unread))
			as_it_was(dom, vm);
		return;
	}
	if (!vm->watched) {
		vm_watch(b, vm);
		vm_policy_read(b, dom, vm);
	}
	dom->kind = DOM_ZERO_BALANCED;
	dom->hvm = false;		/* its max_pages are not ours, so can't be too low */
	offset_read(dom, vm, &facts);
	b->zero.max_kib = xen->max_kib;
	limit = limit_kib(b, dom, &facts);
	dom->static_max_kib = limit + dom->offset_kib;
	target_adopt(b, dom, vm);
	dom->target_kib = vm->raw_target_kib - dom->offset_kib;
	dom->max_kib = dom->target_kib + MAX_PAGES_SLACK_KIB;
	policy(b, dom, vm, limit);
	zero_judge(&b->zero, &facts, b->now_ms, limit, dom);
}

int zero_poll(const struct balloond *b, struct pollfd *fd)
{
	if (!b->zero.open || b->zero.proc.pressure_fd < 0)
		return 0;
	*fd = (struct pollfd){ .fd = b->zero.proc.pressure_fd, .events = POLLPRI };
	return 1;
}

void zero_poll_done(struct balloond *b, const struct pollfd *fd)
{
	if (!(fd->revents & (POLLPRI | POLLERR)))
		return;
	b->zero.pressed = true;
	b->turn_wanted = true;
}

uint64_t zero_glance_ms(const struct balloond *b)
{
	uint64_t last_ms = b->zero.glanced_ms > b->zero.looked_ms ? b->zero.glanced_ms
								  : b->zero.looked_ms;

	return b->zero.open && !b->zero.failed ? last_ms + GLANCE_MS : UINT64_MAX;
}

void zero_glance(struct balloond *b)
{
	struct zero *zero = &b->zero;
	struct zero_facts facts;
	int64_t rise_kib;

	if (b->now_ms < zero_glance_ms(b))
		return;
	zero->glanced_ms = b->now_ms;
	if (zero_proc_read(&zero->proc, &facts))
		return;
	rise_kib = used_kib(&facts) - zero->used_kib;
	if (rise_kib < GROWN_KIB && facts.swap_ins + facts.swap_outs <= zero->swaps)
		return;
	zero->grows = rise_kib >= GROWS_KIB;
	b->turn_wanted = true;
}

uint64_t zero_due_ms(const struct balloond *b)
{
	return b->zero.open && b->zero.urgent ? b->now_ms + URGENT_LOOK_MS : UINT64_MAX;
}

void zero_finish(struct zero *zero)
{
	if (zero->open)
		zero_proc_close(&zero->proc);
	*zero = (struct zero){ .failed = false };
}
