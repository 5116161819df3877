/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A random host that runs. Its guests have slots; what is in one is a puppet or a
 * simulated kernel, told apart in random_slot.c alone.
 *
 *	random_case.c	which events
 *	random_host.c	the run, and what each event does
 *	random_slot.c	a guest: what it needs, what becomes of it
 *	random_tool.c	the toolstack for puppets; starts and promises
 *	random_away.c	saved, migrated, rebooted, renamed
 *	random_liar.c	guests that lie, and who must not suffer from it
 *	random_fair.c	shares and room, from Xen's facts and the policy alone
 *	random_check.c	what must be so
 */
#ifndef TESTS_RANDOM_RUN_H
#define TESTS_RANDOM_RUN_H

#include "balloond.h"
#include "random_host.h"
#include "tests/unit/puppet.h"
#include "tools/balloonsim/sim_tool.h"
#include "tools/balloonsim/sim_xen.h"

#define SLOTS		14
#define ZERO_MIN_MIB	256U
#define ZERO_MIB	400
#define ZERO_MAX_MIB	800U
#define REST_US		(130 * SIM_S)
/* What somebody did behind the daemon's back is over by then. */
#define FOREIGN_US	(60 * SIM_S)

/* A token's reservation that was granted: it is there until it expires (I6). */
struct kept {
	uint32_t id;
	uint64_t until_us;
};

enum slot_state { SLOT_EMPTY, SLOT_ASKED, SLOT_BUILDING, SLOT_RUNS };

struct slot {
	struct run *run;
	enum slot_state state;
	char name[16];
	bool hvm;
	int64_t mem_kib, max_kib;
	uint32_t connection;
	bool liar;			/* all its life */
	unsigned int style;		/* how it lies */

	struct puppet p;		/* a puppet, and its domain */
	struct sim_dom *dom;
	struct sim_vm vm;		/* or a kernel, found by its name */
	bool away;			/* saved, on its way or rebooting */

	uint64_t honest_us;		/* since when it is ideal and says the truth */
	int64_t fits_kib;		/* when its start was asked for */
	bool squeezes;			/* it fits, and others have to come down for it */
	/* The most it held in this window of HELD_US and the last. */
	int64_t held_kib[2];
	uint64_t held_at;
	int64_t lease_kib;		/* after the last turn */
};

struct run {
	struct world *w;
	enum random_world world;
	bool real;			/* its guests are simulated kernels */
	struct puppet zero;
	bool balanced;			/* dom0 is, and has a kernel */
	uint64_t zero_us;		/* foreign_us before its last event */
	int64_t zero_target_kib;	/* after the last turn */
	uint64_t zero_turn_us;
	struct slot slots[SLOTS];
	struct kept kept[16];
	struct random_counts *counts;
	struct counters last;		/* the daemon's, as last added up */
	char conf[512];
	uint32_t names;
	uint64_t foreign_us;		/* when somebody last acted behind its back */
	uint64_t up_us;			/* when the daemon or xenstored was last started */
	uint64_t store_back_us;
	uint64_t turn_us;		/* the last one */
	int64_t promised_kib;		/* to reservations, and since when it is so much */
	uint64_t promised_us;
	int64_t spare_kib[2];		/* least that lay free in this second and the last */
	uint64_t spare_at;
	bool calm;			/* whoever comes back now is well */
	bool trace, failed;
	char *why;
	uint32_t size;
};

__attribute__((format(printf, 2, 3)))
void random_fail(struct run *r, const char *format, ...);

uint32_t random_any(uint64_t *state);

/* random_slot.c */
struct slot *slot_new(struct run *r, const struct random_event *e);
struct slot *slot_running(struct run *r, uint32_t a);	/* NULL: none runs */
/* The slot whose guest is in this domain; NULL: none. */
struct slot *slot_of(struct run *r, uint32_t domid);
/* Its domain while its guest runs in it; NULL: it is being built, away or gone. */
struct sim_dom *slot_dom(const struct slot *s);
int64_t slot_need_kib(const struct slot *s);	/* the truth */
void slot_demand(struct slot *s, int64_t mib);
void slot_spike(struct slot *s, const struct random_event *e);
void slot_lie(struct slot *s, const struct random_event *e);
void slot_kind(struct slot *s, const struct random_event *e);
void slot_pause(struct slot *s);
bool slot_is_honest(const struct slot *s);	/* ideal, and says the truth */
void slot_well(struct slot *s);			/* from now on it is */
void slot_mem_set(struct slot *s, int64_t mib);
void slot_destroy(struct run *r, struct slot *s);

/* random_tool.c */
void tool_start(struct run *r, struct slot *s, const struct random_event *e);
void tool_create(struct run *r, struct slot *s);
void tool_hang_up(struct run *r, struct slot *s);
void tool_promise(struct run *r, const struct random_event *e);
void tool_end(struct run *r, struct slot *s);	/* of a puppet */

/* random_away.c */
void away_begin(struct run *r, struct slot *s, const struct random_event *e);

/* random_liar.c */
void liar_begin(struct run *r, struct slot *s);
void liar_call(struct world *w);		/* amid a turn */
int64_t liar_wiggle_kib(struct run *r);		/* what readings may miss of that */
void liar_turn(struct run *r);
void liar_rest(struct run *r);

/*
 * random_fair.c: what max-min by weight gives each guest above its floor whatever
 * anybody says it needs. Who may not move counts at no less than it holds.
 * `dom` of balloond names the guests and their policy.
 */
struct fair {
	uint32_t n;
	struct fair_guest {
		uint32_t domid;
		int64_t floor_kib, low_kib, high_kib, cap_kib, share_kib;
		uint32_t weight;
	} guests[SLOTS + 2];
	bool fits;			/* the floors do */
};
#define HELD_US		(10 * SIM_S)
void fair_held(struct run *r);			/* remember what is held by now */
int64_t fair_zero_kib(const struct run *r, const struct balloond *b);
int64_t fair_held_kib(const struct slot *s);
void fair_of_host(struct run *r, const struct balloond *b, struct fair *f);
void fair_of_plan(struct run *r, const struct balloond *b, struct fair *f);
/* For who looks at a failure: every guest's part in it. */
void fair_show(const struct run *r, const struct balloond *b, const struct fair *f);
/* min(its need, its share), and not above its size and its policy's max */
int64_t fair_due_kib(const struct fair *f, uint32_t domid, int64_t need_kib);
/* The largest start that must be granted. */
int64_t fair_start_kib(struct run *r, const struct balloond *b);

/* random_check.c */
void check_always(struct run *r);
void check_rest(struct run *r);
void check_calm(struct run *r);
void check_turn(struct world *w);
void check_killed(struct world *w, struct sim_guest *guest);
void check_start_asked(struct run *r, struct slot *s);
void check_start_granted(struct run *r, const struct slot *s);
void check_start_refused(struct run *r, const struct slot *s);

/* random_host.c */
void random_daemon_up(struct run *r);
__attribute__((format(printf, 2, 3)))
void random_ask(struct run *r, const char *format, ...);	/* the answer doesn't matter */

#endif
