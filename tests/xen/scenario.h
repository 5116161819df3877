/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A scenario: a host, its guests, steps and expectations, from one readable
 * file. tests/xen/scenarios/README.md describes the language.
 */
#ifndef LAB_SCENARIO_H
#define LAB_SCENARIO_H

#include <stddef.h>

#include "tools/scenario/cond.h"

#define SCN_GUESTS 24
#define SCN_STEPS 400
#define SCN_ARGS 8
#define SCN_NAMES 64

struct scn_guest {
	char name[24];
	char type[8], kernel[8];
	char swap[24];		/* "none", "zram:MIB", "disk:MIB" */
	char root[8];		/* "tmpfs", which is swapped, or "ramfs" */
	char module[128];	/* "no", or parameters ("-": none) */
	char min[16], max[16], weight[16];
	char on_reboot[16];	/* "restart" or "destroy" */
	char cfg[256];		/* more lines of its cfg; a later line of the same key counts */
	int memory, maxmem, vcpus;	/* MiB */
	int swap_disk;		/* index of the host's disk, -1 none */
};

enum scn_op {
	SCN_START, SCN_STOP, SCN_DESTROY, SCN_TOUCH, SCN_READ, SCN_WORK, SCN_TELL, SCN_VERIFY,
	SCN_IN, SCN_RUN, SCN_SPAWN, SCN_KILL, SCN_DAEMON, SCN_AWAIT, SCN_SLEEP,
	SCN_MARK, SCN_EXPECT, SCN_SAME, SCN_REPEAT, SCN_END, SCN_SOAK, SCN_CRASHES,
	SCN_NOTE,
};

struct scn_step {
	int line;
	int any_exit;		/* NAME? of run and in: a bad exit is no failure */
	int jump;		/* of end: the step after its repeat */
	enum scn_op op;
	int argc;
	char *argv[SCN_ARGS];
	char *text;		/* the words after the colon, or all of a note */
	struct cond cond;	/* of await and expect */
	long bound_ms;		/* of await */
};

struct scenario {
	char name[64];
	const char *file;
	char title[160];
	int host, dom0, dom0_max;	/* MiB */
	int nodes;		/* NUMA */
	long bound_ms;		/* of all steps together, virtual */
	int real_s;		/* real seconds until the host is killed */
	int guests, steps, expectations, disks;
	int needs_daemon, needs_tool, needs_module, needs_devicemodel;
	struct scn_guest guest[SCN_GUESTS];
	struct scn_step step[SCN_STEPS];
	char conf[4096];	/* lines for balloond.conf */
};

/*
 * Reads @file; every "$NAME" in it becomes the value of the parameter of that
 * name, from @params ("NAME=value", NULL at the end) or its `param` line.
 * Errors go to standard error as file:line: what, and the fix. Returns their number.
 */
int scenario_read(struct scenario *s, const char *file, const char *const *params);

struct scn_guest *scenario_guest(struct scenario *s, const char *name);

/* Of a `start`: how many of its words are guests, before `by xlmem ...`. */
int scenario_starts(const struct scn_step *st);

#endif
