// SPDX-License-Identifier: GPL-2.0-only
/* Cache: how much of it is worth memory. */
#include "goal_parts.h"

/*
 * A megabyte is noise, or a 64th of what is held, and so is what comes back so slowly that
 * it takes 100 s for that: 160 KiB/s are forty reads a second of a disk, and many disks do
 * no more than a hundred. Probes of what is in use get rarer: one in 80 minutes.
 */
#define BACK_PART	64
#define BACK_MAX_KIB	MIB(16)	/* of a cache of 1 GiB and more */
#define AHEAD_KIB	MIB(32)	/* beyond what it has, or a part: as well */
#define AHEAD_PART	8
#define PROBE_MS	60000ULL
#define SQUEAL_MS	600000ULL
#define SQUEAL_MAX	(8 * SQUEAL_MS)
#define QUIET_MS	7000	/* what comes back then was dropped for the balloon ... */
#define QUIET_MAX	30000	/* ... and not all of a long squeeze */

/* Growing is at its end when more was asked for and nothing was added for so long. */
#define CLIMB_MS	30000
#define STEP_KIB	MIB(4)	/* or a part: was added, or asked for */
#define STEP_PART	64
#define NEAR_PART	8

void cache_begin(struct goal_state *state, const struct goal_input *in)
{
	state->worth_kib = in->cache_kib;
	state->refault_kib = in->refault_kib;
	state->near_kib = in->near_kib;
	state->back_ms = in->now_ms;
	state->held_kib = in->tot_kib;
	state->hold_ms = PROBE_MS;
	state->probe_ms = in->now_ms + PROBE_MS;
}

/*
 * What came back since the last look and shows that the guest is too small for its cache:
 * not what the balloon had just pushed out, nor what comes back into free memory.
 */
static u64 came_back(struct goal_state *state, const struct goal_input *in)
{
	u64 came = u64_sub(in->refault_kib, state->refault_kib);
	u64 near = u64_min(u64_sub(in->near_kib, state->near_kib), came);

	state->refault_kib = in->refault_kib;
	state->near_kib = in->near_kib;
	if (MECHANISM(guest_far) && in->now_ms < state->far_ms)
		came = near >= came / NEAR_PART ? near : 0;
	if (in->tot_kib > state->held_kib) {
		state->held_kib = in->tot_kib;
	} else if (in->tot_kib + MIB(1) <= state->held_kib) {
		state->held_kib = in->tot_kib;
		if (in->now_ms >= state->quiet_ms)
			state->deaf_ms = in->now_ms + QUIET_MAX;
		state->quiet_ms = in->now_ms + QUIET_MS;
	}
	if (MECHANISM(guest_full) && in->free_kib > enough_free(in))
		return 0;
	state->came_kib += came;
	if (MECHANISM(guest_own) && in->now_ms < u64_min(state->quiet_ms, state->deaf_ms))
		return 0;
	state->climb_came_kib += came;
	state->climb_near_kib += near;
	return came;
}

/*
 * Less makes no difference: a 32nd dom0 isn't told of, another it doesn't act on. But no
 * more than a quarter at a time.
 */
static u64 probe_kib(u64 worth, u64 need)
{
	return u64_max(u64_min(u64_max(worth / 8, (need + worth) / 16), worth / 4), MIB(16));
}

/* So much in so long is no noise. */
static u64 enough_back(const struct goal_state *state)
{
	return u64_min(u64_max(BACK_KIB, state->worth_kib / BACK_PART), BACK_MAX_KIB);
}

/* @return whether so much came back that it can't be noise: that cache is missed */
static bool misses(struct goal_state *state, const struct goal_input *in)
{
	u64 enough = enough_back(state);
	u64 fades = 0;

	if (MECHANISM(guest_noise))
		fades = enough * (in->now_ms - state->back_ms) / BACK_MS;
	state->back_kib += came_back(state, in);
	state->came_kib = u64_sub(state->came_kib, fades);
	if (MECHANISM(guest_listens) && state->came_kib >= enough) {
		/*
		 * In use, heard or not: no time to try with less. That the guest shrinks
		 * doesn't say so: with a job a minute it always does.
		 */
		state->came_kib = 0;
		state->probe_ms = u64_max(state->probe_ms, in->now_ms + PROBE_MS);
	}
	if (u64_sub(state->back_kib, fades) >= enough)
		return true;
	state->back_kib = u64_sub(state->back_kib, fades);
	state->back_ms += fades * BACK_MS / enough;	/* the rest of a KiB with the next look */
	return false;
}

/* It is missing cache: from here it is seen whether growing helps. */
static void climb_begin(struct goal_state *state, const struct goal_input *in, u64 worth)
{
	if (state->climb_tot_kib)
		return;
	state->climb_tot_kib = in->tot_kib;
	state->climb_ms = in->now_ms;
	state->climb_kib = worth;
	state->climb_came_kib = state->climb_near_kib = 0;
}

/*
 * Files that are read from end to end over and over, and are larger than what the guest
 * can have, come back all the same however much of them is kept. What came back when it
 * could grow no further would have been kept by a somewhat larger cache (the kernel
 * activates it, workingset_activate_file), or it wouldn't: where next to none would,
 * growing was for nothing. It is given up, and what comes back counts for 10, 20, 40, at
 * last 80 minutes only where much of it is near: then it is tried again. Tried at all it is
 * because nothing tells such a file from one that would fit. MiB:
 *
 *	has	wants	came back in 30 s, near	|
 *	448	504	300		     2	| as before it grew
 *	448	504	300		    60	| a database: more
 *	448	504	  0		     0	| it fits
 *	448	448	300		     2	| read once a minute: has not asked for more yet
 *	300	337	300		     2	| has just grown: goes on
 */
static bool grew_in_vain(struct goal_state *state, const struct goal_input *in, u64 need)
{
	u64 step = u64_max(STEP_KIB, in->tot_kib / STEP_PART);
	bool grew = in->tot_kib > state->climb_tot_kib + step, missed, far;

	if (!state->climb_tot_kib || (!grew && in->now_ms - state->climb_ms < CLIMB_MS))
		return false;
	missed = state->climb_came_kib * BACK_MS >= enough_back(state) * CLIMB_MS;
	far = missed && state->climb_near_kib < state->climb_came_kib / NEAR_PART;
	state->climb_tot_kib = u64_max(state->climb_tot_kib, in->tot_kib);
	state->climb_ms = in->now_ms;
	state->climb_came_kib = state->climb_near_kib = 0;
	if (grew)
		return false;
	if (MECHANISM(guest_far) && far && need + state->worth_kib > in->tot_kib + step) {
		state->climb_tot_kib = 0;
		return true;
	}
	if (!missed)
		state->climb_tot_kib = 0;
	else if (!far)	/* what it grew so far was of use */
		state->climb_kib = state->worth_kib;
	if (!far && in->now_ms >= state->far_ms)
		state->far_hold_ms = 0;
	return false;
}

/*
 * The tries before this one were borne as far as the guest has come down since: dom0
 * doesn't act on every one of them, but on several at once.
 */
static void try_less(struct goal_state *state, const struct goal_input *in, u64 need)
{
	u64 less = probe_kib(state->worth_kib, need);
	u64 had = MECHANISM(guest_borne) ? u64_sub(in->tot_kib, need) : 0;

	if (!state->probed) {
		state->proven_kib = state->worth_kib;
		state->probed = 1;
	} else if (had + less / 2 <= state->proven_kib) {
		state->proven_kib = u64_max(state->worth_kib, had);
		if (state->probed++ > 1)	/* two were */
			state->hold_ms = u64_max(state->hold_ms / 4, PROBE_MS);
	}
	state->worth_kib = u64_sub(state->worth_kib, less);
	state->probes++;
	state->back_kib = 0;
	/* By then it has come back, if it does. */
	state->probe_ms = in->now_ms + u64_min(state->hold_ms, SQUEAL_MS);
}

/*
 * Cache is worth memory only while dropping it makes it come back. Nothing tells which
 * cache is in use and fits; so while nothing comes back, less is tried, and what then
 * comes back is wanted again, and left alone for longer. The first guess is what the
 * kernel calls active. MiB, of a guest that needs 200 and holds 300:
 *
 *	worth	came back		| worth
 *	 40	6			|  46
 *	120	60			| 137	an eighth of what it holds ahead, no more
 *	160	60			| 160	it has asked for more than that before
 *	 40	1/2			|  40	noise
 *	 40	6, of 50 that are free	|  40	it fits
 *	 40	6, 3 s after 300 was 350|  40	the balloon's doing; if too small, more will come
 *	 40	0 for a minute		|  24	16 less, an eighth, or 1/16 of need and worth
 *	 24	2, the probe's		|  40	as before it
 */
void cache_update(struct goal_state *state, const struct goal_input *in, u64 need)
{
	u64 most = u64_sub(in->tot_kib + u64_max(in->tot_kib / AHEAD_PART, AHEAD_KIB), need);
	bool missed = misses(state, in);

	if (grew_in_vain(state, in, need)) {
		state->worth_kib = u64_min(state->worth_kib, state->climb_kib);
		if (in->now_ms >= state->far_ms + SQUEAL_MAX)
			state->far_hold_ms = 0;
		state->far_hold_ms = u64_min(u64_max(2 * state->far_hold_ms, SQUEAL_MS), SQUEAL_MAX);
		state->far_ms = in->now_ms + state->far_hold_ms;
		state->back_kib = 0;
		state->back_ms = in->now_ms;
		state->probed = 0;
		state->futile++;
		return;
	}
	if (missed) {
		u64 worth = u64_min(state->worth_kib + state->back_kib, most);

		climb_begin(state, in, state->probed ? state->proven_kib : state->worth_kib);
		if (state->probed && MECHANISM(guest_squeals)) {
			/* As before the probe. It takes a moment to get that. */
			worth = state->proven_kib;
			state->quiet_ms = in->now_ms + QUIET_MS;
			state->deaf_ms = in->now_ms + QUIET_MAX;
			state->hold_ms = u64_min(u64_max(2 * state->hold_ms, SQUEAL_MS),
						 SQUEAL_MAX);
			state->squeals++;
			state->probe_ms = in->now_ms + state->hold_ms;
		}
		if (MECHANISM(guest_cache))
			state->worth_kib = u64_max(state->worth_kib, worth);
		state->probed = 0;
		state->back_kib = 0;
		state->back_ms = in->now_ms;
		return;
	}
	if (!(in->events & GOAL_TICK))
		return;
	/* Where little is available earlyoom and systemd-oomd look for somebody to kill. */
	if (!MECHANISM(guest_probes) || !state->worth_kib || in->now_ms < state->probe_ms ||
	    in->avail_kib < in->tot_kib / 8)
		return;
	try_less(state, in, need);
}
