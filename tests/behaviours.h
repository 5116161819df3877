/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Behaviours that a good memory manager shows, gathered from what the peers test
 * and what their users reported, and what shows each of them here:
 * BEHAVIOURS(B), B(number, area, behaviour, test, reason). The test passes, or is
 * NULL; the reason says where ours differs and why, or is NULL; one of them is
 * there. "later:" begins the reason of what isn't built. Rows of one number are
 * parts of one behaviour. tests/static/tables.c checks it, `make behaviours`
 * prints it. Sizes are MiB.
 */
#ifndef BEHAVIOURS_H
#define BEHAVIOURS_H

/* From XenServer's squeezed. */
#define BEHAVIOURS_POLICY(B)							\
	B(1, policy, "700, 400 and 900 of the same range, 200 free and a pool of 100: all "	\
	  "rest at 700, needed or not; 400 grows by what lies free, then by what 900 gave",	\
	  "unit:case_equal_guests", NULL)					\
	B(2, policy, "ranges of 512 and 3584 with 4024 to hand out",		\
	  "unit:plan_ranges",							\
	  "squeezed gives each 98 % of its range (1015, 4033); ours 1024 and 4024: a size "	\
	  "limit is no entitlement, so the fair share is max-min above the floors")	\
	B(3, policy, "plenty, and the surplus goes to guests: each at its maximum, the rest free", \
	  "unit:plan_surplus_to_guests", NULL)					\
	B(3, policy, "minimum equals maximum and nothing to give, or no guest: no division "	\
	  "by zero, nothing is ordered", "unit:case_nothing_to_give", NULL)	\
	B(4, policy, "a guest that is to come gets its share like those that run",	\
	  "unit:case_start_joins",						\
	  "squeezed picks a size between two bounds before the start; xl's `memory` is one "	\
	  "size, so the reservation is exact or refused, and the share follows when it runs") \
	B(5, policy, "targets, free memory, promises and pool add up; never negative",	\
	  "unit:plan_random_hosts", NULL)					\
	B(5, policy, "a share is exact to 1 KiB", "unit:levels_like_pouring", NULL)	\
	B(5, policy, "scarcity loses to rounding less than a page and 1 KiB a guest",	\
	  "unit:case_rounding",							\
	  "Xen counts pages: a target is rounded down to one, and no more is lost")

#define BEHAVIOURS_FREEING(B)							\
	B(6, freeing, "a lower limit nobody knew of: inactive after 5 s, others pay, the "	\
	  "request is met", "unit:case_hidden_limit", NULL)			\
	B(7, freeing, "stalls of 4.5 s, twelve times: never a verdict",		\
	  "unit:loop_short_stalls", NULL)					\
	B(8, freeing, "refused because of floors: their holders are listed, nobody is blamed",	\
	  "cli:reserve", NULL)							\
	B(8, freeing, "refused because one holds on above its floor: it is named",	\
	  "cli:reserve_hopeless", NULL)						\
	B(9, freeing, "a stuck donor, nothing free: the guest on its way up becomes the donor, "	\
	  "and not being able to grow isn't held against it", "unit:case_acceptor_pays", NULL)	\
	B(10, freeing, "given before it is free (two phases off): a test fails",	\
	  "unit:actions_urgent_first", NULL)					\
	B(10, freeing, "a constant distance from the target not measured: a test fails",	\
	  "unit:sim_offset", NULL)						\
	B(10, freeing, "so with each safety mechanism in turn", "unit:mutants", NULL)	\
	B(11, freeing, "one that can't grow, and says so: its share goes to the others",	\
	  "unit:plan_word_is_bounded", NULL)					\
	B(11, freeing, "one that can't grow and doesn't say so: found out, its share goes to "	\
	  "the others", "unit:case_cannot_grow", NULL)				\
	B(12, freeing, "after success every guest takes all that Xen lets it take: what was "	\
	  "granted is still free", "unit:case_drift", NULL)			\
	B(13, freeing, "more came free than was asked for: handed out, though all targets are "	\
	  "met", "unit:case_too_much_freed", NULL)				\
	B(14, freeing, "more than all floors allow: refused with nothing written",	\
	  "sim:refusal", NULL)							\
	B(15, freeing, "a page in 5 s, or 19 s still and 1 s moving: uncooperative, asked ever "	\
	  "less often", "unit:case_slow_drip", NULL)				\
	B(16, freeing, "stuck, tried, forgiven, stuck: the others' targets never fall for it",	\
	  "unit:case_others_calm", NULL)					\
	B(16, freeing, "it is tried again with back-off and forgiven", "unit:loop_stuck_donor", NULL) \
	B(16, freeing, "the same with the daemon whole", "sim:stuck", NULL)

/* Lives of domains, reservations and daemons: XenServer, Qubes. */
#define BEHAVIOURS_LIVES(B)							\
	B(17, lives, "a client dies with two reservations: both end, others' stay",	\
	  "unit:daemon_owner_gone", NULL)					\
	B(18, lives, "taken over by a domain: counted once, and by nobody else; again in full "	\
	  "when the domain vanishes", "unit:plan_reservations", NULL)		\
	B(19, lives, "a build that takes minutes keeps its memory and its limit; others are "	\
	  "balanced meanwhile", "sim:slow-build", NULL)				\
	B(20, lives, "a guest without a driver keeps what it was given", "sim:stock",	\
	  "the reservation ends when the domain runs: from then on its own limit holds the "	\
	  "memory, with or without a driver")					\
	B(21, lives, "granted and not populated isn't free", "unit:plan_grants", NULL)	\
	B(21, lives, "balancing between the grant and the domain's creation can't take it",	\
	  "cli:create_real",							\
	  "Qubes stops balancing meanwhile; here the promise counts and balancing goes on")	\
	B(21, lives, "a child of the holder doesn't keep a reservation alive", "cli:create", NULL) \
	B(22, lives, "a domain dies at any instant of a turn: the turns go on, and no key of "	\
	  "it is made again", "unit:case_dies_meanwhile", NULL)			\
	B(22, lives, "... nor when its keys go before Xen says so", "store:keys_gone", NULL)	\
	B(23, lives, "a restore takes exactly what it had and shrinks nobody", "sim:moved", NULL)	\
	B(23, lives, "saved or migrated: left alone meanwhile", "cli:freeze", NULL)	\
	B(23, lives, "an incoming migration makes its reservation", "cli:migrate_receive",	\
	  "of xlmem migrate; xl's own and libvirt's say nothing of it, so it takes what is free")	\
	B(24, lives, "booting, without a driver yet: counts with all it was given",	\
	  "unit:admission_by_what_is_held",					\
	  "a request that fails because of such guests isn't retried for a minute: the "	\
	  "refusal comes at once and says whom to stop, and a toolstack may ask again")	\
	B(25, lives, "free memory while the host boots isn't trusted", NULL,	\
	  "nothing is derived from one reading: free memory is read anew for every raise and "	\
	  "every grant, so there is no value that could be taken too early")	\
	B(26, lives, "restarted: reservations and assignments are read back", "store:reservation", NULL) \
	B(26, lives, "... and offsets, and targets stay", "store:offset", NULL)	\
	B(27, lives, "no daemon: a client says so at once", "cli:no_daemon", NULL)	\
	B(27, lives, "xenstored is lost, or comes back empty: reconnected, all told anew",	\
	  "store:reconnect", NULL)

#define BEHAVIOURS_ACCOUNTING(B)						\
	B(28, accounting, "the 1 MiB of max_pages above the target counts both ways, reading "	\
	  "and writing", "unit:daemon_raise_put_off", NULL)			\
	B(28, accounting, "a constant offset of memory/target is measured, kept and used both "	\
	  "ways", "store:offset", NULL)						\
	B(28, accounting, "a large constant offset, 68 under PV's shim", NULL,	\
	  "only offsets up to 1 are measured. A larger distance looks like a guest that grew "	\
	  "or holds on, whose target must follow at once, or it can't be restored: set a "	\
	  "guest under the shim to fixed")					\
	B(28, accounting, "a target above the ceiling is found by the checker of every turn",	\
	  "unit:check_finds_applied_breaches", NULL)				\
	B(29, accounting, "a balloon that rounds, up to 1: arrived, not stuck, and the request "	\
	  "is met", "unit:case_nearly_there",					\
	  "Qubes forgives 16; here it is 1, the room that libxl restores a guest with: one "	\
	  "that has 16 more than its target couldn't be restored, so its target follows it")	\
	B(30, accounting, "restored twenty times: max_pages and target don't creep", "sim:moved", NULL) \
	B(30, accounting, "claims aren't free", "unit:admission_by_floors", NULL)	\
	B(30, accounting, "a claim and the max_pages it is for count once", "unit:sim_claim_once", NULL) \
	B(30, accounting, "a start is charged for its vcpus and its map", "cli:create_refused",	\
	  "Qubes counts 38 pages a vcpu; here 1 MiB a vcpu, and 1 more with the shadow of PVH " \
	  "and HVM that libxl adds: above what was measured, as a promised start must not fail") \
	B(31, accounting, "free in the last moment is in time", "unit:case_last_moment", NULL)	\
	B(31, accounting, "a page short a hundred times uses up no patience",	\
	  "unit:case_one_page_short", NULL)

/* From Qubes' qmemman. */
#define BEHAVIOURS_DEMAND(B)							\
	B(32, demand, "what a guest writes is one number a field, digits only, or no data",	\
	  "unit:record_lines", NULL)						\
	B(32, demand, "... and bounded by its size", "unit:daemon_report_bounded", NULL)	\
	B(32, demand, "memory/meminfo of Qubes' agents", NULL,			\
	  "later: only our own report is read so far; a guest without it is a stock guest")	\
	B(33, demand, "what a guest prefers to have", "policy:goal-table",	\
	  "no 1.3 times used plus 350 for dom0: used memory misses what is promised and not "	\
	  "yet touched and takes cache for need. The guest's own need (committed, kernel, "	\
	  "watermarks, reserve) counts, and its headroom is leased, not owned")	\
	B(34, demand, "400 wanted and donors short: nobody is touched; else two donors give "	\
	  "400 to 421 evenly, and one without data nothing", "unit:case_request_of_400", NULL)	\
	B(35, demand, "4096 to give: more need, more memory; the full stay, what they can't "	\
	  "take goes to others; one order each", "unit:case_plenty", NULL)	\
	B(36, demand, "short: nobody below its share gives, 50 are kept, donors go before "	\
	  "acceptors", "unit:case_small_ones_keep",				\
	  "one below its need but above its fair share does give: else who came first would "	\
	  "keep all")								\
	B(37, demand, "small changes move nothing, a need of 16 does", "unit:case_small_changes",	\
	  "no threshold of 150 over all: an order concerns one guest here, so 1/32 of each is "	\
	  "the measure")							\
	B(37, demand, "noise of 5 % turns nobody round", "unit:loop_noise", NULL)

/* From Proxmox' pvestatd. */
#define BEHAVIOURS_SHARES(B)							\
	B(38, shares, "2:1 above minima of 1000: +90 is 1060/1030, +150 is 1100/1050",	\
	  "unit:case_shares",							\
	  "+270 is 1180/1090 at once: no cap of 100 a round, because what is given is free "	\
	  "already and the guest waits for it")					\
	B(39, shares, "repeated: 1120/1060, 1180/1090, 1600/1300", "unit:case_shares",	\
	  "+600 is 1400/1200, not 1300/1300, which comes of the cap alone: the same memory is "	\
	  "shared the same, whatever way led there")				\
	B(40, shares, "one is full: all growth goes to the other", "unit:case_shares",	\
	  "+500 is 1500, not 1100: no cap")					\
	B(41, shares, "who is pressed first: +11 is 1018, +80 1087, +593 1300/1300; back by "	\
	  "400 1200/1000, by 593 1007/1000", "unit:case_pressed_first",		\
	  "+200 is 1207: no cap. Back by 200 is 1300/1100, not 1200/1200: the idle one pays "	\
	  "first")								\
	B(41, shares, "back is in steps, so that cache isn't thrown away at once",	\
	  "unit:actions_lazy_steps", NULL)					\
	B(42, shares, "a difference of 10 or less: nothing", "unit:case_small_changes",	\
	  "4, or 1/32 of the guest if that is more; but a need is met at any size")	\
	B(42, shares, "no balloon or no word: never touched", "unit:loop_stock_untouched", NULL)	\
	B(42, shares, "migrating: never touched", "cli:freeze", NULL)		\
	B(42, shares, "a share of 0: never touched", "unit:sim_fixed",		\
	  "weight 0 is refused, as in xl: `fixed` says it, and passthrough implies it")	\
	B(42, shares, "no minimum: never touched", "unit:floors_table",		\
	  "without one the floor comes from a table over the VM's size, so that VMs nobody "	\
	  "configured take part")

/* From oVirt's MoM. */
#define BEHAVIOURS_RULES(B)							\
	B(43, rules, "GiB now/unused at a need of used and 10 %: 4/2 shrinks by a step, 4/0.3 "	\
	  "stays, 4/0.1 grows when there is plenty, 7.99/2 of 8 stays", "unit:case_used_and_a_tenth", \
	  "no pressure levels of the host at 20, 10, 5 % free: what one lacks and another "	\
	  "doesn't need moves at any level. A step is 1/8 of the gap, not 5 % of the guest, "	\
	  "growth is the whole gap, and swap is forced only when needs don't fit")	\
	B(43, rules, "host at 4 %, needs don't fit: all give, down to the floor, and swap",	\
	  "sim:scarce", NULL)							\
	B(44, rules, "at its minimum: gives nothing; under it: lifted to it",	\
	  "unit:case_minimum", NULL)						\
	B(45, rules, "a bad configuration is refused with its line, the old one stays; a good "	\
	  "one is read anew", "cli:reload", NULL)				\
	B(45, rules, "named policies in order, an empty policy", NULL,		\
	  "there is no policy language: one policy with settings; what a rule would say about "	\
	  "a VM are its min, max, weight and fixed")				\
	B(45, rules, "counters beyond 2^31 reach the client whole", "unit:daemon_large_counters", NULL)

/* From ChromeOS' VM memory service. */
#define BEHAVIOURS_STALLS(B)							\
	B(46, stalls, "nothing after 1 ms is no stall, after 5 s it is: the order is taken back, "	\
	  "nothing asked for 10 s, then 32", "unit:case_stall",			\
	  "it isn't 15 a second for 4 s: a slow donor that moves still helps and is only called "	\
	  "slow (more than a minute to go). All is taken back, not 128: the target of one that " \
	  "doesn't move must be what it has, or it can't be restored")		\
	B(46, stalls, "slow is said, and it stays a donor", "unit:actions_slow", NULL)	\
	B(47, stalls, "the same order again is none; the next goes on from the target, one "	\
	  "against a growth from what is there; none below the floor",		\
	  "unit:case_order_upon_order", NULL)					\
	B(47, stalls, "a step waits until the last one was taken", "unit:actions_lazy_steps", NULL) \
	B(47, stalls, "an order that Xen refuses is counted, said, and tried again",	\
	  "cli:actions_failed", NULL)						\
	B(48, stalls, "requests don't pull a balloon to and fro", "unit:figure_noise",	\
	  "no priorities that block each other: one plan weighs all demands, so a guest has "	\
	  "one target and no two requesters")					\
	B(48, stalls, "a guest that grows ends a shrink nobody waits for",	\
	  "unit:actions_growth_ends_lazy_shrink", NULL)				\
	B(48, stalls, "a stall blocks what would follow", "unit:case_stall", NULL)	\
	B(49, stalls, "the host's pressure is split evenly over guests that listen, others are "	\
	  "left alone", "unit:case_even_pressure", NULL)			\
	B(49, stalls, "partly met: who waits is told what is missing and who holds it",	\
	  "cli:reserve_hopeless", NULL)						\
	B(50, stalls, "cache is wanted, not needed; shared and unevictable memory is no cache",	\
	  "policy:cache-is-no-need",						\
	  "no cap of cache that dom0 computes: cache counts as a want, which goes after every "	\
	  "need and every headroom")						\
	B(50, stalls, "whatever the host lacks, a guest keeps some memory available",	\
	  "policy:order-spares", NULL)						\
	B(50, stalls, "a small excess is left, twice that is taken", "unit:actions_lazy_steps", NULL)

#define BEHAVIOURS(B)								\
	BEHAVIOURS_POLICY(B) BEHAVIOURS_FREEING(B) BEHAVIOURS_LIVES(B)		\
	BEHAVIOURS_ACCOUNTING(B) BEHAVIOURS_DEMAND(B) BEHAVIOURS_SHARES(B)	\
	BEHAVIOURS_RULES(B) BEHAVIOURS_STALLS(B)

#define BEHAVIOURS_LAST		50

#endif
