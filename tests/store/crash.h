/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What crash.c, loaded into balloond, and the test that started it share: a
 * clock that stands until the test moves it, every call to the store and Xen
 * numbered by kind, and the one of them at which something goes wrong.
 */
#ifndef CRASH_H
#define CRASH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define CRASH_ENV	"CRASH_FILE"	/* path of struct crash */
#define CRASH_SYNC	"/crash/sync"	/* written by the test, seen by crash.c alone */
#define CRASH_CALLS	65536
#define CRASH_WHAT	64

/* CRASH_KINDS(K): K(name, words, changes anything, xenstore) */
#define CRASH_KINDS(K)						\
	K(WRITE, "store write", 1, 1)				\
	K(REMOVE, "store remove", 1, 1)				\
	K(BEGIN, "transaction begun", 1, 1)			\
	K(END, "transaction ended", 1, 1)			\
	K(WATCH, "watch", 1, 1)					\
	K(UNWATCH, "unwatch", 1, 1)				\
	K(SETMAX, "setmaxmem", 1, 0)				\
	K(SETPOD, "set_pod_target", 1, 0)			\
	K(READ, "store read", 0, 1)				\
	K(LIST, "store list", 0, 1)				\
	K(GETINFO, "getdomaininfo", 0, 0)			\
	K(PHYSINFO, "physinfo", 0, 0)

#define CRASH_ENUM(name, words, changes, store) CRASH_##name,
enum crash_kind { CRASH_KINDS(CRASH_ENUM) CRASH_KIND_COUNT };

/* CRASH_HOWS(H): what happens at the call, H(name, words) */
#define CRASH_HOWS(H)						\
	H(NEVER, "nothing")					\
	H(BEFORE, "kill -9 before it")				\
	H(AFTER, "kill -9 after it")				\
	H(RESET, "connection reset")				\
	H(INFLIGHT, "connection lost while it waited")		\
	H(STORE, "xenstored killed before it")			\
	H(HANG, "never returns")				\
	H(REFUSE, "refused from then on")

#define CRASH_HOW_ENUM(name, words) CRASH_##name,
enum crash_how { CRASH_HOWS(CRASH_HOW_ENUM) };

struct crash_call {
	uint32_t kind, nth;	/* nth of its kind in the run, from 1 */
	uint32_t site;		/* of the chain of callers */
	char what[CRASH_WHAT];	/* path with its numbers left out */
};

struct crash {
	_Atomic uint64_t now_ms;	/* the clock */
	_Atomic uint64_t due_ms;	/* balloond sleeps until then, if nothing comes */
	_Atomic uint32_t idle;		/* it sleeps */
	_Atomic uint32_t synced;	/* last letter of CRASH_SYNC that it saw */
	_Atomic uint32_t lost;		/* its store connection is broken */
	uint32_t opens_fail;		/* so many reconnects fail first */
	int32_t xenstored;		/* pid, for CRASH_STORE */

	uint32_t how, kind, nth;	/* injection */
	_Atomic uint32_t done;		/* it happened */

	uint32_t count[CRASH_KIND_COUNT];
	uint32_t n_calls;
	struct crash_call call[CRASH_CALLS];
};

#endif
