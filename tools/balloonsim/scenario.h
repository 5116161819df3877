/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A scenario of balloonsim: a host, its guests, steps and expectations, from one
 * readable file. tests/sim/README.md describes the language; where the words
 * are those of tests/xen/scenarios, they mean the same.
 */
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H

#include <stdio.h>

#include "scn_values.h"
#include "sim_tool.h"
#include "tools/scenario/cond.h"
#include "world.h"

#define SCN_WORDS	64	/* in a line */

/* SCN_STEPS(S): S(op, word, least, most arguments, who takes them, usage, meaning) */
#define SCN_STEPS(S)								\
	S(START, "start", 1, 40, start_words, "start GUEST[?]... [by xlmem] [wait=TIME]",	\
	  "one after the other, each until it runs; by xl unless said. With wait=, " \
	  "so long for memory. A start that doesn't succeed fails the scenario, " \
	  "unless a ? follows the name")	\
	S(BEGIN, "begin", 1, 40, start_words, "begin GUEST... [by xlmem] [wait=TIME]",	\
	  "the same, and goes on at once; the outcome is in GUEST.exit")	\
	S(DESTROY, "destroy", 1, 40, end_words, "destroy GUEST... [over=TIME]",	\
	  "their domains end at once. Their pages come free as fast as Xen scrubs them, or " \
	  "over so long") \
	S(STOP, "stop", 1, 40, end_words, "stop GUEST... [over=TIME]",	\
	  "the same: a workload has nothing to save")	\
	S(REBOOT, "reboot", 1, 40, guests_words, "reboot GUEST...",	\
	  "the domain ends and comes again, with a new id and the same uuid")	\
	S(PAUSE, "pause", 1, 40, guests_words, "pause GUEST...",	\
	  "as xl pause")	\
	S(UNPAUSE, "unpause", 1, 40, guests_words, "unpause GUEST...",	\
	  "as xl unpause")	\
	S(SAVE, "save", 2, 2, save_words, "save GUEST TIME",	\
	  "xl save at once, xl restore after TIME; goes on at once")	\
	S(TOUCH, "touch", 3, 5, touch_words, "touch GUEST JOB SIZE [rate=SIZE] [unpromised]",	\
	  "a workload fills so much memory, at once or at so much a second; goes on" \
	  " at once. Unpromised, it isn't in Committed_AS")	\
	S(SHARE, "share", 3, 4, touch_words, "share GUEST JOB SIZE [rate=SIZE]",	\
	  "the same into tmpfs: Cached counts it, but it can only be swapped, and nobody's " \
	  "end frees it but `tell`") \
	S(READ, "read", 3, 5, read_words, "read GUEST JOB SIZE [rate=SIZE] [reuse=CURVE]",	\
	  "a workload reads so much into the page cache, at once and for good. With rate= it " \
	  "reads on in files of that size, so much a second, and what isn't cached misses; a " \
	  "CURVE below says how much, even unless said") \
	S(PROMISE, "promise", 3, 3, amount_words, "promise GUEST JOB SIZE",	\
	  "a workload is promised so much memory by its kernel and touches none of " \
	  "it")	\
	S(KERNEL, "kernel", 3, 3, amount_words, "kernel GUEST JOB SIZE",	\
	  "its kernel takes so much for page tables, slab, huge pages: not in Committed_AS, " \
	  "not to be swapped, not freed by a kill") \
	S(TELL, "tell", 3, 4, tell_words, "tell GUEST JOB grow SIZE|free [SIZE]|use SIZE|end",	\
	  "a job grows, gives back, ends; or uses only so much of what it touched or shares: " \
	  "the rest is cold, swapped first and not missed") \
	S(BECOME, "become", 2, 2, become_words, "become GUEST CHARACTER",	\
	  "it changes its character")	\
	S(MEM_SET, "mem-set", 2, 2, size_words, "mem-set GUEST SIZE",	\
	  "as xl mem-set, behind balloond's back")	\
	S(MEM_MAX, "mem-max", 2, 2, size_words, "mem-max GUEST SIZE",	\
	  "as xl mem-max")	\
	S(SET, "set", 2, 5, set_words, "set GUEST [min=SIZE] [max=SIZE] [weight=N] [auto]",	\
	  "as xlmem set")	\
	S(RESERVE, "reserve", 2, 3, reserve_words, "reserve NAME SIZE [wait=TIME]",	\
	  "as xlmem reserve, held until release or the end; goes on at once, " \
	  "NAME.exit says how it ended")	\
	S(RELEASE, "release", 1, 1, reserve_words, "release NAME",	\
	  "the reservation ends")	\
	S(DAEMON, "daemon", 1, 5, daemon_words, "daemon start|stop|kill [at N [to N]]",	\
	  "stop lets it settle; kill ends it between two turns, or at its N-th call" \
	  " to Xen or xenstored from now, or at a random one")	\
	S(XENSTORED, "xenstored", 1, 2, xenstored_words, "xenstored stop|start [empty]",	\
	  "it dies; it is back, as it was or empty")	\
	S(AWAIT, "await", 1, SCN_WORDS, condition_words, "await CONDITION within TIME",	\
	  "until the condition holds; if it doesn't in time, the scenario has " \
	  "failed and ends")	\
	S(RUN, "run", 4, 7, run_words, "run NAME[?]: xl mem-set|mem-max GUEST MIB, or " \
	  "xlmem reserve MIB [--name N]",					\
	  "these commands of dom0, done as mem-set, mem-max and reserve NAME; a "	\
	  "reservation is waited for, and unless a ? follows NAME it must be granted") \
	S(SLEEP, "sleep", 1, 3, time_words, "sleep TIME [to TIME]",	\
	  "with two times: random between them")	\
	S(AT, "at", 1, 1, time_words, "at TIME",	\
	  "until so long after the beginning")	\
	S(MARK, "mark", 1, 1, mark_words, "mark NAME",	\
	  "remembers every value")	\
	S(REPEAT, "repeat", 1, 1, repeat_words, "repeat N, up to the line `end`",	\
	  "no repeat inside a repeat")	\
	S(END, "end", 0, 0, repeat_words, "end",	\
	  "of what is repeated")	\
	S(NOTE, "note", 1, SCN_WORDS, note_words, "note TEXT",	\
	  "is said; a text that begins with a number is drawn as a chapter")	\
	S(EXPECT, "expect", 1, SCN_WORDS, condition_words, "expect CONDITION",	\
	  "where it stands; a scenario without any is refused")

#define SCN_ENUM(op, word, least, most, words, usage, meaning) SCN_##op,
enum scn_op { SCN_STEPS(SCN_ENUM) SCN_OP_COUNT };

enum scn_tell { TELL_GROW, TELL_FREE, TELL_USE, TELL_END };
enum scn_daemon { DAEMON_START, DAEMON_STOP, DAEMON_KILL };

struct scn_guest {
	struct sim_vm vm;
	int64_t disk_kib;	/* of the emulated host: dom0 has so much more for its swap */
	int line;
};

struct scn_step {
	enum scn_op op;
	int line;
	uint32_t *guests, n_guests;	/* indices; their arguments */
	bool may_fail;			/* of start: GUEST? */
	bool by_xlmem, automatic, empty, waits, unpromised;
	char name[SCN_NAME_MAX];	/* of a job, a mark, a reservation */
	int64_t kib, rate_kib_ms;	/* KIB_NONE: not said */
	int64_t min_kib, max_kib, weight;
	uint64_t us, to_us;		/* sleep, at, save, wait, over; of await: the bound */
	int64_t count, to_count;	/* of repeat; of daemon kill: at that call */
	unsigned int word;		/* scn_tell, scn_daemon, sim_character, sim_curve */
	uint32_t jump;			/* of end: the step after its repeat */
	char *text;			/* note's; or the condition's */
	struct cond cond;		/* of await and expect */
};

struct scenario {
	const char *file;
	char name[64], title[160];
	int64_t host_kib, dom0_kib;
	int zero;			/* the guest that is dom0; -1: dom0 is only a size */
	uint64_t bound_us, sample_us;
	struct sim_costs costs;		/* 0: the world's own */
	bool overcommitted;		/* floors above the host are meant */
	char *conf;			/* lines of balloond.conf */
	struct scn_guest *guests;
	struct scn_step *steps;
	uint32_t n_guests, n_steps, expectations;
};

/*
 * Read and check `file` whole. Faults go to `report` as file:line:column: what is
 * wrong, and the fix. @return how many; then *s holds nothing
 */
int scenario_read(struct scenario *s, const char *file, FILE *report);
/* The same for lines that are there already; `file` is their name. */
int scenario_parse(struct scenario *s, const char *file, FILE *in, FILE *report);
void scenario_free(struct scenario *s);

/* What Xen keeps of the host for itself. */
int64_t scenario_xen_kib(const struct scenario *s);

/* -1: no guest is called so */
int scenario_guest(const struct scenario *s, const char *name, size_t len);

#endif
