/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every safety mechanism and every level of the plan, and the test that fails
 * when it is taken out: MECHANISMS(M), M(name, what is lost without it, test).
 * `make check-mutants` builds the tests with this file before all others, turns
 * each mechanism off in turn, and demands that its test fails; and that it
 * passes with all of them on.
 */
#ifndef MECHANISMS_H
#define MECHANISMS_H

#define MECHANISMS(M)							\
	/* levels of the plan */					\
	M(floors, "guests are planned under their floors", "unit:plan_shares")	\
	M(overcommit, "floors that don't fit aren't scaled", "unit:plan_overcommitted")	\
	M(needs, "nobody's need is planned", "unit:plan_level_order")	\
	M(weights, "shares ignore weight", "unit:plan_shares")	\
	M(headroom, "no room to grow without asking", "unit:plan_level_order")	\
	M(headroom_fits, "ceilings above the limit", "unit:plan_random_hosts")	\
	M(wants, "no cache that pays for itself", "unit:plan_level_order")	\
	M(hold, "small changes move memory", "unit:actions_lazy_steps")	\
	M(surplus, "what nobody asks for isn't handed out", "unit:plan_surplus_to_guests")	\
	M(hold_counts, "what was held is given twice", "unit:plan_surplus_once")	\
	M(lease, "unused memory isn't leased out", "unit:plan_surplus_to_guests")	\
	M(held, "paused and silent guests are planned as if they moved",	\
	  "unit:plan_who_is_held")	\
	M(stuck_held, "a stuck guest is planned below what it holds", "unit:plan_who_is_held")	\
	M(stuck_capped, "a stuck guest is leased what others could use",	\
	  "unit:plan_stuck_is_capped")	\
	M(driverless, "a stock guest is a donor by default", "unit:plan_random_hosts")	\
	M(dropped, "who drops its report is planned at a target that it doesn't fill",	\
	  "unit:plan_report_dropped")	\
	M(fair_caps, "a stuck guest is asked for more than its share",		\
	  "unit:plan_fair_caps")	\
	M(pins, "an operator's order is undone", "unit:loop_pin")	\
	M(limit, "a guest is given what it can't take", "unit:plan_word_is_bounded")	\
	M(hint_bounded, "a guest's own floor counts without bound",	\
	  "unit:plan_word_is_bounded")	\
	/* what is counted */						\
	M(reserved, "promised memory is given away", "unit:plan_reservations")	\
	M(takeover, "what is built of a reservation counts twice", "unit:plan_reservations")	\
	M(grant_free, "a start is granted before its memory is free", "unit:plan_grants")	\
	M(claims, "claimed memory is given away", "unit:admission_by_floors")	\
	M(free_min, "the pool is given away", "unit:plan_equal_guests")	\
	M(unset_max, "a domain just created counts as everything", "unit:plan_reservations")	\
	M(admit_floors, "starts are promised the others' floors", "unit:admission_by_floors")	\
	M(admit_dying, "a start is refused that fits when a dying guest is gone",	\
	  "unit:admission_after_death")	\
	M(comes, "guests come down for what a dying one leaves anyway", "unit:plan_after_death")	\
	M(admit_held, "... and what paused and silent guests hold",	\
	  "unit:admission_by_what_is_held")	\
	M(admit_stuck, "... and what stuck guests hold", "unit:admission_by_what_is_held")	\
	M(admit_driverless, "... and what stock guests hold", "unit:admission_by_what_is_held")	\
	/* dom0 as a guest that comes first */				\
	M(zero_first, "dom0's need is one among many", "unit:zero_before_needs")	\
	M(zero_kept, "dom0 is lowered below what it needs (I10)", "unit:zero_keeps_its_need")	\
	M(zero_calm, "dom0 is lowered while it swaps (I10)", "unit:zero_not_while_it_strains")	\
	M(zero_wish, "guests are served while dom0 stalls", "unit:zero_wishes_first")	\
	M(zero_unfollowed, "dom0, on its way down, is promised more", "unit:zero_isnt_followed")	\
	M(zero_lazy, "dom0 is pulled down in one go", "unit:zero_gives_lazily")	\
	M(zero_unread, "what dom0 may still take is given away when its numbers can't be read", \
	  "unit:zero_as_it_was")	\
	M(own_floor, "... and what guests keep by floors of their own: refused after a wait", \
	  "unit:admission_own_floor")	\
	M(admit_zero, "starts are promised what dom0 needs", "unit:zero_admission")	\
	M(range_fair, "a start takes what others need", "unit:admission_range")	\
	M(free_hysteresis, "the host's state flips with every page",	\
	  "unit:free_state_hysteresis")	\
	/* what a guest asks for */					\
	M(noise, "noise in a guest's word moves memory", "unit:loop_noise")	\
	M(untaken, "what a guest asks for and can't take is kept for it",	\
	  "unit:case_cannot_grow")	\
	M(growth, "headroom doesn't learn from bursts", "unit:plan_headroom_follows_bursts")	\
	M(growth_fades, "headroom never goes back", "unit:plan_headroom_follows_bursts")	\
	/* progress */							\
	M(slow, "a slow balloon passes for a good one", "unit:actions_slow")	\
	M(stuck, "a stuck balloon is waited for, for ever", "unit:loop_stuck_donor")	\
	M(drip, "a page now and then passes for progress", "unit:loop_stuck_donor")	\
	M(foreign_shrink, "others' orders to shrink aren't watched",	\
	  "unit:actions_foreign_order")	\
	M(growth_wins, "a growing guest is followed only when it was judged",	\
	  "unit:actions_growth_ends_lazy_shrink")	\
	M(forgiven, "a guest that moves again stays stuck", "unit:actions_stuck_again")	\
	M(stuck_over, "a guest of whom nothing is asked stays stuck",	\
	  "unit:actions_stuck_again")	\
	M(forgotten, "one bad day makes long pauses for ever", "unit:actions_backoff_forgets")	\
	M(backoff, "a stuck guest is asked as often at last as at first",	\
	  "unit:loop_stuck_donor")	\
	M(silent, "a dead module passes for a live one", "unit:plan_silence_takes_time")	\
	M(paused, "time in a pause is held against a guest", "unit:actions_paused")	\
	M(retry_due, "a stuck guest's next chance waits for an event",	\
	  "unit:actions_foreign_order")	\
	M(transfer_turns, "memory on its way waits for an event", "unit:loop_spike_and_back")	\
	/* freeing */							\
	M(follow, "a guest that grew can't be restored (I11)", "unit:actions_follow")	\
	M(follow_ahead, "a growth takes two writes", "unit:actions_follow")	\
	M(orders, "guests hold what fairness takes from them", "unit:loop_scarcity_is_fair")	\
	M(order_kept, "what an order took is leased out again at once",	\
	  "unit:actions_order_kept")	\
	M(missed, "a balloon that moves in MiB keeps a start waiting",	\
	  "unit:case_nearly_there")	\
	M(probe_orders, "a stuck guest's need hides that it could move",	\
	  "unit:actions_stuck_again")	\
	M(probe_fair, "a stuck guest is ordered under a share that has risen",	\
	  "unit:actions_probe_fair")	\
	M(own_probe, "a guest on its own floor is asked again for ever", "unit:loop_own_floor") \
	M(probe, "a stuck guest is never tried again", "unit:loop_stuck_donor")	\
	M(pin_asks, "a guest pinned under its need is asked again for ever",	\
	  "unit:actions_pinned_needs")	\
	M(hvm_above, "max_pages of an HVM under its tot_pages", "unit:actions_urgent_first")	\
	M(pressing, "donors take their time while needs wait", "unit:actions_urgent_first")	\
	M(driverless_keeps, "stock guests are squeezed without leave",	\
	  "unit:actions_stock_keeps")	\
	M(hysteresis, "every small change moves memory", "unit:loop_noise")	\
	M(limit_met, "a maximum within hysteresis isn't met", "unit:loop_limit_met")	\
	M(limit_orders, "... nor one under what the guest needs", "unit:loop_limit_met")	\
	M(lazy, "memory is given back in one go", "unit:actions_lazy_steps")	\
	M(one_step, "steps are asked for before the last was taken", "unit:actions_lazy_steps")	\
	M(lazy_cuts, "ceilings are cut that nobody lacks", "unit:loop_spike_and_back")	\
	M(deficit, "ceilings promise what somebody else took", "unit:actions_deficit")	\
	M(target_inside, "targets above ceilings: failed populates",	\
	  "unit:actions_target_inside")	\
	/* giving */							\
	M(urgent, "who stalls waits with the others", "unit:actions_urgent_first")	\
	M(waiting_first, "headroom goes before a start that waits",	\
	  "unit:actions_reservation_waits")	\
	M(give_free, "more is given than lies free (I4)", "unit:actions_urgent_first")	\
	M(raise_only, "a raise takes memory away", "unit:actions_raise_only")	\
	M(wake, "a stock balloon sleeps on", "unit:actions_wake_stock")	\
	/* the daemon's steps */					\
	M(reread, "given on what a guest took meanwhile", "unit:sim_reread")	\
	M(foreign_raised, "given what others' limits, raised amid the turn, promise",	\
	  "unit:sim_foreign_raised")	\
	M(fixed_raised, "... be it of a guest that isn't balanced", "unit:sim_fixed_raised")	\
	M(certain, "given what a guest gives and takes between two readings", "unit:sim_wiggle")	\
	M(certain_whole, "... in a turn in which a domain came or went", "unit:sim_certain_whole") \
	M(certain_bounded, "where they come and go in every turn nobody is given anything", \
	  "unit:sim_certain_bounded")	\
	M(certain_ages, "what Xen took and gave back stays in doubt", "unit:sim_xen_gives_back")	\
	M(unseen, "balloond blames itself for what it only didn't see", "unit:sim_wiggle_blame") \
	M(build_own, "of a reservation a domain gets no more than libxl's limit",	\
	  "unit:case_restored_larger")	\
	M(build_waiting, "... nor that while another start waits", "unit:case_restored_beside")	\
	M(build_early, "... nor when its build takes long", "unit:case_restored_slowly")	\
	M(lend_reread, "... or lent to a domain that is built", "unit:sim_lend_reread")	\
	M(put_off, "raised though too little is free by now", "unit:daemon_raise_put_off")	\
	M(cut_read, "a cut counts what was used by then", "unit:daemon_cut_grown")	\
	M(cut_republish, "a guest that grew is ordered back", "unit:daemon_cut_grown")	\
	M(lease_first, "a guest without work to do gets no lease", "unit:sim_lease_first")	\
	M(lease_bounded, "the first lease of a guest is more than its size", "unit:sim_lease_bounded") \
	M(lease_fixed, "a guest that isn't balanced balloons alone, below what it was given", \
	  "unit:sim_lease_fixed")	\
	M(fixed_ordered, "an order to a guest that isn't balanced is undone by a start or a stop", \
	  "unit:sim_fixed_restart")	\
	M(fixed_follows, "... or pins it for good", "unit:sim_fixed_unpinned")	\
	M(dying_quiet, "turn after turn while a domain dies", "unit:sim_dying_quiet")	\
	M(lease_kept, "a guest believes a lease that somebody else wrote", "unit:sim_lease_kept")	\
	M(settle_start, "grown while no daemon ran, not followed", "unit:sim_settle_start")	\
	M(settle_stop, "stopped, it leaves ceilings open", "unit:sim_settle_stop")	\
	M(settle_lease, "stopped, it leaves guests that obey nobody's lease", "unit:sim_settle_lease") \
	M(settle_epoch, "after a restart dead modules pass for live ones",	\
	  "unit:sim_settle_epoch")	\
	M(epoch_probe, "a module that died silently is never found out",	\
	  "unit:sim_epoch_probe")	\
	M(target_stale, "an operator's order is overwritten", "unit:sim_target_stale")	\
	M(foreign_pin, "an operator's order isn't kept", "unit:sim_foreign_pin")	\
	M(own_target, "an order given while balloond was away isn't kept", "unit:sim_absent_order")	\
	M(report_bounds, "a guest says any number", "unit:daemon_report_bounded")	\
	M(freeze_known, "who isn't known is saved without being held still",	\
	  "unit:sim_freeze_known")	\
	M(freeze_cuts, "a freeze gives what isn't there", "unit:sim_freeze_cuts")	\
	M(freeze_offset, "a PVH guest is held still too large to be restored",	\
	  "unit:sim_freeze_offset")	\
	M(reboot, "what a rebooting guest gives back is given away", "unit:sim_reboot_kept")	\
	M(report_gap, "a guest's flood of reports keeps dom0 busy", "unit:sim_report_gap")	\
	M(flood, "... and so do the events of it", "unit:sim_flood")	\
	M(report_epoch, "a report echoes what was never said", "unit:sim_report_epoch")	\
	M(stuck_heard, "who says that it needs less waits for its retry",	\
	  "unit:sim_stuck_heard")	\
	M(admission, "starts that can't fit are taken on", "unit:daemon_reservation")	\
	M(persist, "a promise dies with the daemon", "unit:sim_persist")	\
	M(size_last, "a promise of which half was written counts",	\
	  "store:crash_notices_size_last")	\
	M(orphan, "a promise whose owner died stays for ever", "unit:sim_orphan")	\
	M(expiry, "a token's promise never ends", "unit:sim_persist")	\
	M(wait_bounded, "a start waits for ever", "unit:sim_wait_bounded")	\
	M(control_kept, "who may only read takes all connections", "unit:control_kept")	\
	M(control_idle, "... and keeps them, doing nothing", "unit:control_idle")	\
	M(look_shared, "readers that ask all the time make root wait", "unit:daemon_look_shared") \
	M(rescue_first, "a start that idle VMs are closed for is overtaken",	\
	  "unit:daemon_rescue_first")	\
	M(rescue_kept, "what was closed for one start goes to guests that grow",	\
	  "unit:daemon_rescue_kept")	\
	M(recall_first, "a promise is given away by the first turn after a restart",	\
	  "unit:sim_recall_first")	\
	M(last_moment, "a start is refused whose memory has just come",	\
	  "unit:case_last_moment")	\
	M(kept, "a promise is lost with an emptied xenstored", "unit:sim_kept")	\
	M(claim_once, "libxl's claim counts twice", "unit:sim_claim_once")	\
	M(fixed, "a guest with passthrough is balanced", "unit:sim_fixed")	\
	M(fixed_again, "a guest whose device went stays fixed", "unit:sim_fixed")	\
	M(numa, "a guest that one node's processors run gets another's memory", "unit:sim_numa") \
	M(offset, "a guest's constant offset passes for growth", "unit:sim_offset")	\
	M(offset_shared, "who migrated to its own host loses its offset", "unit:sim_offset_shared") \
	M(offset_floor, "a guest's own floor passes for its offset", "unit:sim_offset_floor") \
	/* the guest's half */						\
	M(guest_floor, "obeys down to nothing", "policy:goal-table")	\
	M(guest_need, "gives what it needs", "policy:goal-table")	\
	M(guest_hold, "gives what it needs, between two decisions", "policy:goal-table")	\
	M(guest_lease, "grows past its lease", "policy:properties")	\
	M(guest_obeys, "holds what fairness takes from it", "policy:order-spares")	\
	M(guest_squeeze, "an order ends where the kernel's balloon gives up", "unit:sim_guest_ordered") \
	M(guest_squeezed, "what carries out an order counts as need", "policy:squeezed-is-no-need") \
	M(guest_spared, "an order kills", "policy:order-spares")	\
	M(guest_idle, "memory that is promised and never touched counts for ever",	\
	  "policy:idle-promises")	\
	M(guest_forks, "each child of a large parent counts like another parent", \
	  "policy:forked-promises")	\
	M(guest_jobs, "what a job held for a moment is forgotten, and its next promise not believed", \
	  "policy:forked-promises")	\
	M(guest_short, "what a guest can't touch for want of memory is held for idle",	\
	  "policy:growth-ends")	\
	M(guest_taught, "what the formula misses is never had", "policy:pressure-teaches")	\
	M(guest_swaps, "a guest swaps for ever with all that the formula asks for",	\
	  "policy:swapping-teaches")	\
	M(guest_ahead, "a spike takes a round trip a piece", "policy:spike-asks-ahead")	\
	M(guest_told, "a need that was told whole takes 128 MiB more from others", "policy:spike-told-whole") \
	M(guest_still, "what was asked ahead stays", "policy:growth-ends")	\
	M(guest_raced, "of two targets at once our own answer to one is taken for an order", \
	  "policy:targets-race")	\
	M(guest_cache, "cache that comes back is given nothing", "policy:cache-reuse-climbs") \
	M(guest_own, "what the balloon pushed out makes it grow back", "policy:cache-own-doing") \
	M(guest_full, "cache that fits asks for more memory", "policy:cache-table")	\
	M(guest_probes, "cache that nobody reads stays for ever", "policy:cache-scan")	\
	M(guest_far, "a file that fits nowhere is given all that there is", "policy:cache-vain") \
	M(guest_noise, "a trickle of refaults adds up to a want that never falls", "policy:cache-trickle") \
	M(guest_listens, "less is tried while cache comes back and it isn't heard", "policy:cache-squeeze") \
	M(guest_borne, "of several tries at once only the last is taken back", "policy:cache-together") \
	M(guest_squeals, "cache in use is tried again every minute", "policy:cache-squeal") \
	M(guest_late, "gives back in every lull", "policy:need-falls-late")	\
	M(guest_yields, "keeps what others wait for, when its work is over", "policy:need-yields") \
	M(guest_steps, "takes steps down that are each no more than noise for none, however many", "policy:need-lulls")	\
	M(guest_deep, "noise keeps for seconds what a work that is over no longer needs", "policy:need-falls-deep") \
	M(guest_lulls, "gives in every lull what it takes back at once", "policy:need-lulls")	\
	M(guest_slowly, "alone, gives all back at once", "policy:alone-steps")	\
	M(guest_kexec, "the next kernel dies on pages that are in the balloon", "policy:kexec") \
	M(guest_grew, "plain xl save finds a guest above its target", "policy:growth-is-said") \
	M(guest_slab, "slab that never comes back counts as free", "policy:slab") \
	M(guest_waits, "a restart of balloond costs every guest an eighth", "policy:alone-waits") \
	M(guest_urgent, "never says that it stalls", "policy:urgency")	\
	M(guest_rate, "reports without end", "policy:report-rate")

#define MECHANISM_ENUM(name, lost, test)	MUTANT_##name,
enum mutant { MUTANT_none, MECHANISMS(MECHANISM_ENUM) };
extern int mutant_off;
#define MECHANISM(name)	(mutant_off != MUTANT_##name)

#endif
