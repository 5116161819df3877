// SPDX-License-Identifier: GPL-2.0-only
/*
 * Value table, a guest of static-max 512 MiB with hidden 40, kernel 60,
 * reserve 16, reserved_mb 38 (MiB; Committed_AS leads, the rest is constant):
 *
 *  committed  need  | asked ceiling tot  | goal
 *	 10	164  |	200	320 200  |  200  rests where dom0 says
 *	300	454  |	200	320 200  |  320  grows at once, to its lease
 *	300	454  |	200	480 200  |  454  and no further than it needs
 *	 10	164  |	 64	320 200  |  168  its floor: refused, said so
 *	100	254  |	 64	320 300  |  254  held by need: kept alive
 *	100	254  |	200	200 300  |  200  a lease under what it has: an order,
 *					         memory is short and shared fairly
 *	100	254  |	 64	 65 300  |  168  but never under its floor
 *
 * `xl mem-set` lowers asked and Xen's limit, not the lease: then it gives only
 * what it can spare.
 */
#include "goal_parts.h"

/*
 * A fall of need counts after it has lasted a window: shorter ones are a shell forking,
 * not memory that dom0 could use. While dom0 has less for this guest than it needs,
 * others wait for what it has done with; but not if it was a lull, and the need is back
 * soon: then it is as slow as ever for a while, or memory would turn round at every one.
 */
#define FALL_MS		2000
#define FALL_SHORT_MS	500
#define LULL_MS		4000
#define LULL_HOLD_MS	60000

/* A promise that nobody touches in one to two of these windows is worth no memory. */
#define IDLE_MS		10000

/*
 * What was held is remembered for two to three of these: at least 5 minutes, for what cron
 * starts as often.
 */
#define HELD_MS		160000

/*
 * A balloond that died is started again within a second or two, and has taken the
 * leases with it: until then nobody needs what the guest would give up by itself.
 */
#define ALONE_MS	10000

/* Pressure is over when none was seen for so long. */
#define CALM_MS		2000

/*
 * The most asked for ahead in a small guest; in a large one it is 1/8. Twice the
 * rise, without a limit, took 250 MiB too many from others for a spike of 300.
 */
#define AHEAD_MAX_KIB	MIB(128)

/* So much untouched isn't the next piece of a program that takes memory piece by piece. */
#define TOLD_KIB	MIB(16)

/*
 * Growth is over when need did not rise for so long: a task that waits for memory
 * does not grow either, but what it waits for is in the formula.
 */
#define STILL_MS	1000

/*
 * What the formula misses is kept for 4 s, then twice as long every time it
 * turns out to be still in use, or to be missed again.
 */
#define EXTRA_HOLD_MS	4000ULL
#define EXTRA_HOLD_MAX	600000ULL

/* Grown by itself past dom0's target: what libxl's own slack doesn't cover. */
#define GROWN_KIB	MIB(1)

/* Reports: the smallest change of a size worth a write, and their rate. */
#define SAY_MIN_KIB	MIB(4)
#define SAY_GAP_MS	1000
#define SAY_URGENT_MS	100

u64 goal_reserved(u64 ram_kib)
{
	return u64_max(ram_kib / 32, MIB(16));
}

u64 goal_unreclaimable(u64 reclaimable_kib, u64 reserve_kib)
{
	return MECHANISM(guest_slab) ? u64_min(reclaimable_kib / 2, reserve_kib) : 0;
}

/*
 * As Hyper-V's balloon driver: what a Linux of that size needs in practice,
 * MiB. Continuous at every step.
 *
 *	static max	 64  128  256	512  1024  2048	 8192  32768
 *	floor		 40   72  104	168   232   360	  744	1512
 */
u64 goal_floor(u64 static_max_kib)
{
	if (static_max_kib < MIB(128))
		return MIB(8) + static_max_kib / 2;
	if (static_max_kib < MIB(512))
		return MIB(40) + static_max_kib / 4;
	if (static_max_kib < MIB(2048))
		return MIB(104) + static_max_kib / 8;
	if (static_max_kib < MIB(8192))
		return MIB(232) + static_max_kib / 16;
	return MIB(488) + static_max_kib / 32;
}

static u64 floor_of(const struct goal_config *cfg, const struct goal_input *in)
{
	u64 floor = u64_max(goal_floor(in->static_max_kib), cfg->min_usable_kib);

	if (in->static_max_kib)
		floor = u64_min(floor, in->static_max_kib);
	return floor;
}

/* Free and reclaimable memory so low that the next burst stalls. */
static u64 low_mark(const struct goal_input *in)
{
	return u64_max(MIB(4), in->tot_kib / 64);
}

static bool differs(u64 a, u64 b, u64 least, u64 part)
{
	u64 by = a > b ? a - b : b - a;

	return by > u64_max(least, a / part);
}

/* Promised to processes, and neither in memory nor swapped out. */
static u64 untouched_kib(const struct goal_input *in)
{
	return u64_sub(in->committed_kib, in->anon_kib + in->swapped_kib);
}

/*
 * Committed_AS counts memory that nobody touches: sparse mappings, stacks, heaps sized
 * for the worst case, forks that only exec. What lay untouched for a whole window counts
 * as little as if it weren't promised; from the first touch it is held, and counts as
 * before. What is promised anew counts at once, and what can't be touched since there is
 * no memory for it goes on counting. MiB:
 *
 *	committed	 50  370  370  370  370   50
 *	held		 50   50  210  210  260   50
 *	s		  0    1   10   20   21   22
 *	idle		  0    0    0  160  110    0
 *	counts		 50  370  370  210  260   50
 *
 * A parent with much memory that forks all the time promises it anew for each child, and
 * between two generations nothing is untouched. What was promised in each of the last two
 * windows, and more than was ever held in the last minutes, counts as little, however
 * often it came and went. Minutes, because a job that comes every few seconds may hold
 * what it was promised for a moment only, which some looks miss. MiB, the most in a window:
 *
 *	committed	160  880  880  880  880  880  880  160
 *	held		160  240  240  240  700  240  240  160
 *	s		  0   10   20   30   40   70  640  700
 *	recurring	  0    0    0  640  180  180  640    0
 *	counts		160  880  880  240  700  700  240  160
 */
static void past_update(struct goal_state *state, const struct goal_input *in, bool over)
{
	u64 held = in->anon_kib + in->swapped_kib;

	if (over) {
		state->past[2] = state->past[1];
		state->past[1] = state->past[0];
		state->past[0].committed_kib = state->past[0].held_kib = 0;
	}
	/* What can't be touched tells nothing, nor what came just before. */
	if (MECHANISM(guest_short) && in->avail_kib < low_mark(in))
		state->past[0].committed_kib = state->past[1].committed_kib = 0;
	state->past[0].committed_kib = u64_max(state->past[0].committed_kib, in->committed_kib);
	state->past[0].held_kib = u64_max(state->past[0].held_kib, held);
	held = u64_max(state->past[0].held_kib,
		       u64_max(state->past[1].held_kib, state->past[2].held_kib));
	if (in->now_ms - state->span_since_ms >= HELD_MS) {
		state->most_kib[2] = state->most_kib[1];
		state->most_kib[1] = state->most_kib[0];
		state->most_kib[0] = 0;
		state->span_since_ms = in->now_ms;
	}
	if (!MECHANISM(guest_jobs))
		state->most_kib[0] = state->most_kib[1] = 0;
	state->most_kib[0] = u64_max(state->most_kib[0], held);
}

/* Never of what was held. */
static u64 recurring_kib(const struct goal_state *state, u64 committed_kib)
{
	u64 twice = u64_min(state->past[1].committed_kib, state->past[2].committed_kib);
	u64 held = u64_max(state->most_kib[0], u64_max(state->most_kib[1], state->most_kib[2]));

	return MECHANISM(guest_forks) ? u64_sub(u64_min(twice, committed_kib), held) : 0;
}

/* Promised, untouched, and worth no memory. */
static u64 worthless_kib(const struct goal_state *state, const struct goal_input *in)
{
	return u64_min(u64_max(state->idle_kib, recurring_kib(state, in->committed_kib)),
		       untouched_kib(in));
}

static void idle_update(struct goal_state *state, const struct goal_input *in)
{
	u64 untouched = untouched_kib(in);
	bool over = in->now_ms - state->idle_since_ms >= IDLE_MS;

	past_update(state, in, over);
	state->idle_least_kib = u64_min(state->idle_least_kib, untouched);
	state->idle_kib = u64_min(state->idle_kib, untouched);
	if (MECHANISM(guest_short) && in->avail_kib < low_mark(in))
		state->idle_least_kib = 0;
	if (!MECHANISM(guest_idle) || !over)
		return;
	state->idle_kib = u64_max(state->idle_kib, state->idle_least_kib);
	state->idle_least_kib = untouched;
	state->idle_since_ms = in->now_ms;
}

/*
 * The formula: what is promised to processes and used (or what they hold, where they
 * took memory without a promise), what the kernel itself uses, watermarks, the
 * administrator's reserve, and what MemTotal never showed.
 */
static u64 need_formula(const struct goal_config *cfg, const struct goal_state *state,
			const struct goal_input *in)
{
	if (MECHANISM(guest_kexec) && in->whole)
		return in->room_kib;
	return u64_max(in->committed_kib - worthless_kib(state, in), in->anon_kib) +
	       in->kernel_kib + in->reserve_kib + cfg->reserved_kib + in->hidden_kib;
}

/*
 * How far it may grow now: the lease and Xen's limit, or alone what the
 * toolstack allowed; never by hotplug.
 */
static u64 reach_of(const struct goal_input *in)
{
	u64 reach = in->directed && MECHANISM(guest_lease) ? in->ceiling_kib : in->asked_kib;

	if (in->max_kib)
		reach = u64_min(reach, in->max_kib);
	if (in->directed && in->room_kib)
		reach = u64_min(reach, in->room_kib);
	return reach;
}

/*
 * What an order leaves available. MemAvailable at which six shell pipelines at once
 * (8 MiB of stacks, tables and slab) got the first task killed, in guests of
 * 256 MiB with 200 MiB of tmpfs and no swap, taken down in steps of 6 MiB:
 *
 *			    lived	killed	panicked
 *	PV, kernel 6.1	  14.1 MiB	 8.1	  5
 *	PVH, kernel 6.12   0.1		 0	  0
 *
 * 16 MiB for such a burst, and a part for the pages of programs: MemAvailable calls
 * them available as long as they are not dirty.
 */
static u64 order_leaves(const struct goal_input *in)
{
	return MECHANISM(guest_spared) ?
	       u64_max(MIB(16) + in->tot_kib / 16, 2 * in->reserve_kib) : 0;
}

/*
 * What it may have at most: its reach or what it has, whatever Xen's limit says
 * now; but dom0's lease may order it below that, down to its floor, as far as
 * that costs only cache and swap: what can be swapped comes free step by step,
 * and the order is carried out with it. Half of the swap counts: it may be zram
 * (DESIGN.md, assumption 12), and the next burst wants some. Nothing is killed by
 * an order.
 */
static u64 most_of(const struct goal_input *in, u64 least)
{
	u64 spare;

	if (!MECHANISM(guest_obeys) || !in->directed || !in->ceiling_kib ||
	    in->ceiling_kib >= in->tot_kib)
		return u64_max(reach_of(in), in->tot_kib);
	spare = u64_sub(in->avail_kib + in->swap_kib / 2, order_leaves(in));
	return u64_max(u64_max(in->ceiling_kib, least), u64_sub(in->tot_kib, spare));
}

/*
 * Directed: clamp(max(asked, need), floor, most). The floor forbids shrinking;
 * growing to it is dom0's business.
 * Alone: the size it chose itself, never above what the toolstack allowed;
 * memory in use is not given away on anyone's order.
 */
static u64 goal_of(const struct goal_config *cfg, const struct goal_input *in,
		   u64 need, u64 own)
{
	u64 least = MECHANISM(guest_floor) ? u64_min(floor_of(cfg, in), in->tot_kib) : 0;
	u64 goal = in->asked_kib;

	if (MECHANISM(guest_need) && cfg->enabled && in->directed)
		goal = u64_max(goal, need);
	else if (cfg->enabled)
		goal = u64_max(u64_min(goal, own), u64_min(need, in->tot_kib));
	return u64_min(u64_max(goal, least), most_of(in, least)) & ~3ULL;
}

/*
 * What squeeze.c takes to carry out an order is nobody's need: the guest would ask for
 * as much more just when it is to have less. MemAvailable ends at 0, where up to the
 * reserve lacks.
 */
static struct goal_input without_squeezed(struct goal_input in)
{
	if (!MECHANISM(guest_squeezed) || !in.squeezed_kib)
		return in;
	in.kernel_kib = u64_sub(in.kernel_kib, in.squeezed_kib);
	in.avail_kib += in.avail_kib ? in.squeezed_kib :
				       u64_sub(in.squeezed_kib, in.reserve_kib);
	in.squeezed_kib = 0;
	return in;
}

static u64 hold(const struct goal_config *cfg, const struct goal_state *state,
		const struct goal_input *in)
{
	u64 need = u64_max(need_formula(cfg, state, in) + state->extra_kib,
			   u64_max(state->need_kib, state->ask_kib));

	/* Before the first decision there is no size of its own: the one asked for. */
	return goal_of(cfg, in, MECHANISM(guest_hold) ? need : 0,
		       state->own_kib ? state->own_kib : in->asked_kib);
}

u64 goal_hold(const struct goal_config *cfg, const struct goal_state *state,
	      const struct goal_input *in)
{
	const struct goal_input settled = without_squeezed(*in);

	return hold(cfg, state, &settled);
}

/*
 * Swapped pages that come back while the guest has all that the formula asks for: it
 * misses something, however much page cache could still be dropped. MiB:
 *
 *	has, beyond the formula	came back in 1 s, free	| swaps
 *		 0			2	 12	| yes
 *		 0			1/200	 12	| no, noise
 *		 0			40	 60	| no, it fits
 *		-50			40	 12	| no, that it is short is known
 */
static bool swaps(struct goal_state *state, const struct goal_input *in, u64 known_kib)
{
	u64 came = u64_sub(in->swapback_kib, state->swapback_kib);
	u64 fades = (in->now_ms - state->swaps_ms) * BACK_KIB / BACK_MS;

	state->swapback_kib = in->swapback_kib;
	state->swaps_kib = u64_sub(state->swaps_kib, fades);
	state->swaps_ms += fades * BACK_MS / BACK_KIB;
	if (in->free_kib > enough_free(in))
		return false;
	state->swaps_kib += came;
	if (in->tot_kib < known_kib)
		state->swaps_kib = 0;
	if (state->swaps_kib < BACK_KIB)
		return false;
	state->swaps_kib = 0;
	return MECHANISM(guest_swaps);
}

/*
 * Pressure with as much memory as the formula asks for shows that it misses
 * something: ask for more, in steps of 1/8. Dropped as a whole once that much
 * lies unused, so that it never swings.
 */
static void extra_update(struct goal_state *state, const struct goal_input *in,
			 u64 formula)
{
	u64 low = low_mark(in);
	bool pressed = swaps(state, in, formula + state->extra_kib) ||
		       (MECHANISM(guest_taught) && in->avail_kib < low &&
			(in->events & (GOAL_RECLAIM | GOAL_OOM)));

	if (pressed && in->tot_kib >= formula + state->extra_kib) {
		u64 step = u64_min(u64_max(in->tot_kib / 8, MIB(16)), MIB(256));

		if (in->now_ms > state->extra_until_ms + EXTRA_HOLD_MAX)
			state->extra_hold_ms = 0;
		if (!state->extra_kib)
			state->extra_hold_ms = u64_min(u64_max(2 * state->extra_hold_ms,
							       EXTRA_HOLD_MS),
						       EXTRA_HOLD_MAX);
		state->extra_kib = in->tot_kib + step - formula;
		state->extra_until_ms = in->now_ms + state->extra_hold_ms;
		return;
	}
	if (!state->extra_kib || in->now_ms < state->extra_until_ms)
		return;
	/*
	 * Unused is what lies free of the part that was really granted; with less
	 * than the formula asks for, pressure proves nothing about the rest.
	 */
	if (in->tot_kib < formula ||
	    in->avail_kib >= low + u64_min(state->extra_kib, in->tot_kib - formula)) {
		state->extra_kib = 0;
		return;
	}
	state->extra_hold_ms = u64_min(state->extra_hold_ms * 2, EXTRA_HOLD_MAX);
	state->extra_until_ms = in->now_ms + state->extra_hold_ms;
}

/*
 * While a spike lasts it asks for as much again as it has risen so far: a program
 * that takes memory piece by piece promises itself only the next piece, and a
 * round trip to dom0 for each of them took 12 of them for 300 MiB. Topped up when
 * half of it is used, given up when the growth or the pressure ends: where memory
 * is short the pressure stays, and a need of 128 MiB too much made others smaller.
 * Nothing is asked for ahead of a need that was promised at once and is not yet touched; of
 * what rises beyond that, as much again, however it was promised. MiB of raw need, 128
 * before, and what it asks for:
 *
 *	pieces of 8		136	144	152	160	168
 *	  asks for		152	160	176	176	208
 *	320 at once, then 20	448	448	468	488
 *	  asks for		448	448	488	528
 */
static void ask_update(struct goal_state *state, const struct goal_input *in, u64 raw,
		       bool pressed)
{
	if (!MECHANISM(guest_ahead) || !pressed || !state->calm_kib) {
		state->calm_kib = u64_max(state->need_kib, raw);
		state->grown_kib = state->calm_kib;
		state->ask_kib = 0;
		state->told_kib = 0;
		return;
	}
	if (raw >= state->grown_kib + MIB(4)) {
		state->grown_kib = raw;
		state->grown_ms = in->now_ms;
	}
	if (state->grown_kib == state->calm_kib ||
	    (MECHANISM(guest_still) && in->now_ms - state->grown_ms >= STILL_MS)) {
		state->ask_kib = 0;
		return;
	}
	if (MECHANISM(guest_told) && !state->ask_kib && !state->told_kib &&
	    untouched_kib(in) - worthless_kib(state, in) >= TOLD_KIB)
		state->told_kib = raw;
	if (state->told_kib && raw < state->told_kib + MIB(4))
		return;
	if (!state->ask_kib || raw + state->ahead_kib / 2 >= state->ask_kib) {
		u64 risen = u64_sub(raw, state->told_kib ? state->told_kib : state->calm_kib);

		state->ahead_kib = u64_min(u64_max(risen, MIB(16)),
					   u64_max(in->tot_kib / 8, AHEAD_MAX_KIB));
		state->ask_kib = raw + state->ahead_kib;
	}
}

/* Is what dom0 has for it less than it needs, and could take? */
static bool short_of(const struct goal_state *state, const struct goal_input *in)
{
	u64 most = in->room_kib ? in->room_kib : in->static_max_kib;

	return MECHANISM(guest_yields) && in->directed &&
	       reach_of(in) < u64_min(state->need_kib, most);
}

/* It fell at once, and half of that was back. */
static void lull_update(struct goal_state *state, u64 raw, u64 now_ms)
{
	u64 fall = u64_sub(state->fell_kib, state->fell_to_kib);

	if (now_ms - state->fell_ms >= LULL_MS) {
		state->fell_kib = 0;
	} else if (state->fell_kib && raw >= state->fell_kib - fall / 2) {
		state->fell_kib = 0;
		if (!MECHANISM(guest_lulls))
			return;
		state->lull_kib = now_ms < state->lulls_ms ? u64_max(state->lull_kib, fall) : fall;
		state->lulls_ms = now_ms + LULL_HOLD_MS;
	}
}

/*
 * One more look. A window begins with the first that finds more than @less under @need_kib,
 * and ends with the first that doesn't.
 */
static void window_look(struct goal_window *w, u64 need_kib, u64 raw, u64 less, u64 now_ms)
{
	if (raw + less >= need_kib) {
		w->peak_kib = need_kib;
	} else if (w->peak_kib >= need_kib) {
		w->peak_kib = raw;
		w->since_ms = now_ms;
	} else {
		w->peak_kib = u64_max(w->peak_kib, raw);
	}
}

static void windows_look(struct goal_state *state, u64 raw, u64 now_ms)
{
	u64 less = now_ms < state->lulls_ms ? 2 * state->lull_kib : 0;

	window_look(&state->fall, state->need_kib, raw, 0, now_ms);
	window_look(&state->deep, state->need_kib, raw, less, now_ms);
}

/*
 * Up at once; down to the highest value of a whole window. MiB, of a guest that needs 370:
 *
 *	ms after its work ended	  0	300	800	2300	| falls
 *	may have 400: raw		120	120	120	| at 2300
 *	may have 320: raw		120	120		| at 800: others wait
 *	may have 320: raw		120	370		| not
 *	... and of a fall of 125 or
 *	more, within the last minute,
 *	half was soon back		120	120	120	| at 2300
 *	... of 100, and noise first
 *			      365	120	120		| at 800, to 120
 */
static void need_update(struct goal_state *state, const struct goal_input *in, u64 raw)
{
	u64 top_kib, peak_kib, wait_ms;
	bool others_wait, soon, fell;

	lull_update(state, raw, in->now_ms);
	state->need_kib = u64_max(state->need_kib, raw);
	state->top_kib = u64_max(state->top_kib, raw);
	windows_look(state, raw, in->now_ms);
	if (raw >= state->need_kib)
		return;
	others_wait = short_of(state, in);
	soon = others_wait && state->deep.peak_kib < state->need_kib &&
	       in->now_ms - state->deep.since_ms >= FALL_SHORT_MS;
	peak_kib = soon && MECHANISM(guest_deep) ? state->deep.peak_kib : state->fall.peak_kib;
	/*
	 * Noise is no fall, so its return is no lull; and while others wait its window is short,
	 * to delay a fall by no more. Of little steps the one that makes more than noise of them
	 * is a fall, from their top.
	 */
	top_kib = MECHANISM(guest_steps) ? state->top_kib : state->need_kib;
	fell = differs(top_kib, peak_kib, SAY_MIN_KIB, 64);
	wait_ms = others_wait && !fell ? FALL_SHORT_MS : FALL_MS;
	if (MECHANISM(guest_late) && !soon && in->now_ms - state->fall.since_ms < wait_ms)
		return;
	if (fell && soon) {
		/* One in steps is one; what rose in between by half of a step begins anew. */
		if (!state->fell_kib || u64_sub(state->need_kib, state->fell_to_kib) >=
					(state->need_kib - peak_kib) / 2)
			state->fell_kib = top_kib;
		state->fell_to_kib = peak_kib;
		state->fell_ms = in->now_ms;
	}
	if (fell)
		state->top_kib = peak_kib;
	state->need_kib = peak_kib;
	windows_look(state, raw, in->now_ms);
}

/* The first look: what was before it is no news. */
static void begin(struct goal_state *state, const struct goal_input *in)
{
	cache_begin(state, in);
	state->swapback_kib = in->swapback_kib;
	state->swaps_ms = in->now_ms;
}

bool goal_waits(const struct goal_state *state, const struct goal_input *in)
{
	return MECHANISM(guest_waits) && !in->directed && state->directed_ms &&
	       in->now_ms - state->directed_ms < ALONE_MS;
}

/* Alone: the whole gap up, a fraction of it down, as it always was. */
static void own_update(const struct goal_config *cfg, struct goal_state *state,
		       const struct goal_input *in)
{
	u64 need = u64_max(state->need_kib, state->ask_kib);
	u64 aim = u64_max(need, floor_of(cfg, in));

	if (in->directed)
		state->directed_ms = in->now_ms;
	if (goal_waits(state, in))
		aim = u64_max(aim, in->tot_kib);
	if (in->room_kib)
		aim = u64_min(aim, u64_max(in->room_kib, in->tot_kib));
	if (in->directed || !cfg->enabled || !state->own_kib) {
		state->own_kib = in->asked_kib;
	} else if (in->events & (GOAL_RECLAIM | GOAL_OOM)) {
		state->own_kib = u64_max(state->own_kib, aim);
	} else if (in->events & GOAL_TICK) {
		if (MECHANISM(guest_slowly) && aim < in->tot_kib)
			state->own_kib = in->tot_kib -
				(in->tot_kib - aim) / u64_max(cfg->downhysteresis, 1);
		else
			state->own_kib = in->tot_kib +
				(aim - in->tot_kib) / u64_max(cfg->uphysteresis, 1);
	}
}

/*
 * libxl restores a domain at its target and 1 MiB: dom0 must hear of what was grown by
 * itself past that, however little need rose (DESIGN.md, I11). MiB:
 *
 *	asked	 200   200   200   200   201.5 180   180   180
 *	tot	 200   200.9 201.5 202.4 202.4 202.4 190   191.5
 *	growths	 0     0     1     1     1     1     1     2
 */
static void growths_update(struct goal_state *state, const struct goal_input *in)
{
	if (!in->directed || in->tot_kib <= in->asked_kib + GROWN_KIB)
		state->level_kib = in->directed ? in->asked_kib : in->tot_kib;
	state->level_kib = u64_min(state->level_kib, u64_max(in->tot_kib, in->asked_kib));
	if (MECHANISM(guest_grew) && in->tot_kib > state->level_kib + GROWN_KIB) {
		state->growths++;
		state->level_kib = in->tot_kib;
	}
}

static void decide(const struct goal_config *cfg, struct goal_state *state,
		   const struct goal_input *in, struct goal_verdict *out)
{
	bool pressed;
	u64 formula, raw;

	if (!state->hold_ms)
		begin(state, in);
	idle_update(state, in);
	formula = need_formula(cfg, state, in);
	if ((in->events & (GOAL_RECLAIM | GOAL_OOM)) || in->avail_kib < low_mark(in) || in->whole)
		state->pressed_ms = in->now_ms;
	pressed = state->pressed_ms && in->now_ms - state->pressed_ms < CALM_MS;

	extra_update(state, in, formula);
	raw = formula + state->extra_kib;
	ask_update(state, in, raw, pressed);
	need_update(state, in, raw);
	own_update(cfg, state, in);
	out->need_kib = u64_max(state->need_kib, state->ask_kib);
	cache_update(state, in, out->need_kib);
	out->want_kib = out->need_kib + state->worth_kib;
	out->floor_kib = floor_of(cfg, in);
	out->limit_kib = in->room_kib ? in->room_kib : in->static_max_kib;
	out->reach_kib = u64_max(reach_of(in), in->tot_kib);
	out->goal_kib = goal_of(cfg, in, out->need_kib, state->own_kib);
	out->refused = in->asked_kib < u64_min(out->floor_kib, in->tot_kib);
	growths_update(state, in);
	out->growths = state->growths;

	/* Urgent: pressed now, needs more than it may take, and dom0 can help. */
	state->urgent = MECHANISM(guest_urgent) && cfg->enabled && in->directed && pressed &&
			out->need_kib > out->reach_kib &&
			out->limit_kib > out->reach_kib;
	out->urgent = state->urgent;
}

void goal_decide(const struct goal_config *cfg, struct goal_state *state,
		 const struct goal_input *in, struct goal_verdict *out)
{
	const struct goal_input settled = without_squeezed(*in);

	decide(cfg, state, &settled, out);
}

u64 goal_look_ms(const struct goal_state *state, const struct goal_input *in,
		 const struct goal_verdict *v, u64 interval_ms)
{
	if (v->urgent || v->goal_kib > in->tot_kib + GROWN_KIB)
		return GOAL_LOOK_FAST_MS;
	/* No hook tells of memory that processes leave. Less than dom0 is told of is noise. */
	if (short_of(state, in))
		return state->need_kib - u64_min(state->fall.peak_kib, state->deep.peak_kib) >=
			SAY_MIN_KIB ? GOAL_LOOK_FAST_MS : u64_min(FALL_SHORT_MS, interval_ms);
	if (state->fall.peak_kib < state->need_kib || state->ask_kib)
		return u64_min(FALL_MS / 2, interval_ms);
	return interval_ms;
}

struct goal_said goal_say(const struct goal_verdict *v, u64 epoch, u64 now_ms)
{
	return (struct goal_said) {
		.any = true,
		.at_ms = now_ms,
		.epoch = epoch,
		.need_kib = v->need_kib,
		.want_kib = v->want_kib,
		.floor_kib = v->floor_kib,
		.limit_kib = v->limit_kib,
		.growths = v->growths,
		.urgent = v->urgent,
	};
}

u64 goal_report_due(const struct goal_said *said, const struct goal_verdict *v,
		    u64 epoch, u64 now_ms)
{
	u64 gap, passed;

	if (!said->any)
		return 0;
	if (said->epoch == epoch && said->urgent == v->urgent && said->growths == v->growths &&
	    said->floor_kib == v->floor_kib &&
	    !differs(said->need_kib, v->need_kib, SAY_MIN_KIB, 64) &&
	    !differs(said->limit_kib, v->limit_kib, SAY_MIN_KIB, 64) &&
	    !differs(said->want_kib, v->want_kib, 2 * SAY_MIN_KIB, 32))
		return GOAL_NEVER;
	gap = v->urgent ? SAY_URGENT_MS : SAY_GAP_MS;
	passed = now_ms - said->at_ms;
	return passed >= gap || !MECHANISM(guest_rate) ? 0 : gap - passed;
}
