/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The contract between guest and dom0: every xenstore key that Ballast reads or
 * writes, and the fields of its two records. One table for the kernel module,
 * the daemon, the tools, the checker and the text in xenstore-paths.pandoc.
 *
 * Sizes are KiB of Xen's tot_pages unless a name says otherwise.
 */
#ifndef BALLAST_SCHEMA_H
#define BALLAST_SCHEMA_H

#define SCHEMA_VERSION		1

/* Bounds on everything a guest writes; what exceeds them is ignored, counted. */
#define SCHEMA_RECORD_MAX	1024		/* bytes in one record */
#define SCHEMA_KIB_MAX		(1ULL << 40)	/* 1 PiB: larger is a lie */
#define SCHEMA_COUNT_MAX	(1ULL << 62)

/* Where the keys live. ~ stands for /local/domain/DOMID. */
#define KEY_TARGET		"memory/target"
#define KEY_STATIC_MAX		"memory/static-max"
#define KEY_LEASE		"memory/selfballoon/lease"
#define KEY_OWN_TARGET		"memory/selfballoon/target"
#define KEY_REPORT		"data/selfballoon/report"
#define KEY_TOOL		"/tool/balloond"
#define KEY_VM			"/tool/balloond/vm"
#define KEY_RESERVATION		"/tool/balloond/reservation"

/*
 * SCHEMA_KEYS(K): K(path, owner, kind, summary, test)
 *   path   in the notation of Xen's xenstore-paths; ~ is the domain's home
 *   owner  who writes it: dom0 | guest | toolstack
 *   kind   decimal | signed | record name | text
 *   test   the test that changes or reads the real key
 */
#define SCHEMA_KEYS(K)								\
	K("~/memory/target", "dom0", "decimal",					\
	  "where the guest should rest, KiB, in Xen's units (tot_pages + offset)", "xen:spike")	\
	K("~/memory/static-max", "toolstack", "decimal",			\
	  "size limit of the guest's memory map, KiB", "xen:spike")		\
	K("~/memory/selfballoon/lease", "dom0", "lease",			\
	  "how far the guest may grow without asking", "xen:spike")		\
	K("~/memory/selfballoon/target", "dom0", "decimal",			\
	  "memory/target as balloond wrote it last, KiB", "store:pin_absent")	\
	K("~/data/selfballoon/report", "guest", "report",			\
	  "what the guest needs, and why", "xen:spike")				\
	K("/tool/balloond/vm/<uuid>/min", "dom0", "decimal",			\
	  "policy: floor of the VM, KiB", "store:policy")			\
	K("/tool/balloond/vm/<uuid>/max", "dom0", "decimal",			\
	  "policy: never above this, KiB", "store:policy")			\
	K("/tool/balloond/vm/<uuid>/weight", "dom0", "decimal",			\
	  "policy: share of what is scarce, 1..65535", "store:policy")		\
	K("/tool/balloond/vm/<uuid>/idle_shutdown", "dom0", "decimal",		\
	  "policy: 1: may be closed for a start when it idles", "store:policy")	\
	K("/tool/balloond/vm/<uuid>/cfg/min", "dom0", "decimal",		\
	  "as min, from the VM's cfg: min outdoes it", "store:policy")		\
	K("/tool/balloond/vm/<uuid>/cfg/max", "dom0", "decimal",		\
	  "as max, from the VM's cfg: max outdoes it", "store:policy")		\
	K("/tool/balloond/vm/<uuid>/cfg/weight", "dom0", "decimal",		\
	  "as weight, from the VM's cfg: weight outdoes it", "store:policy")	\
	K("/tool/balloond/vm/<uuid>/cfg/idle_shutdown", "dom0", "decimal",	\
	  "as idle_shutdown, from the VM's cfg", "store:policy")		\
	K("/tool/balloond/vm/<uuid>/pin", "dom0", "decimal",			\
	  "an operator's order: the memory/target to rest at, KiB", "store:pin")		\
	K("/tool/balloond/vm/<uuid>/offset", "dom0", "signed",			\
	  "memory/target minus tot_pages once settled, KiB, may be negative", "store:offset")	\
	K("/tool/balloond/reservation/<id>/size", "dom0", "decimal",		\
	  "memory promised and not yet built, KiB, overhead included", "store:reservation")	\
	K("/tool/balloond/reservation/<id>/name", "dom0", "text",		\
	  "what it is for: the name of the VM to be built", "store:reservation")	\
	K("/tool/balloond/reservation/<id>/purpose", "dom0", "text",		\
	  "create, restore, migrate, or the asker's own word", "store:reservation")	\
	K("/tool/balloond/reservation/<id>/min", "dom0", "decimal",		\
	  "of a range: the least that will do, KiB", "store:reservation_range")	\
	K("/tool/balloond/reservation/<id>/max", "dom0", "decimal",		\
	  "of a range: what it would like, KiB", "store:reservation_range")	\
	K("/tool/balloond/reservation/<id>/owner", "dom0", "text",		\
	  "connection | token", "store:reservation")				\
	K("/tool/balloond/reservation/<id>/expires", "dom0", "decimal",		\
	  "seconds since the Epoch; 0: with its owner", "store:reservation")	\
	K("/tool/balloond/reservation/<id>/domain", "dom0", "decimal",		\
	  "the domain that takes it over while it is built", "store:reservation")

/*
 * A record is one line of `key=value` pairs with one space between, ASCII, at
 * most SCHEMA_RECORD_MAX bytes; values of known keys are decimals without sign
 * or leading zeros. Unknown keys are ignored, so that fields can be added; a
 * known key twice, or one with a bad value, refuses the line.
 *
 * FIELD(name, max, need): need 1 = must be there.
 *
 * Lease, dom0 -> guest. Its presence means directed mode.
 */
#define LEASE_FIELDS(F)								\
	F(version,	SCHEMA_VERSION,		1)				\
	F(ceiling_kib,	SCHEMA_KIB_MAX,		1)	/* tot_pages */		\
	F(epoch,	SCHEMA_COUNT_MAX,	1)	/* bumped by a restart, a
				probe of a silent guest; echoed in the report */

/* Report, guest -> dom0. Sizes in tot_pages KiB; counters since boot. */
#define REPORT_FIELDS(F)							\
	F(version,	SCHEMA_VERSION,		1)				\
	F(boot,		~0ULL,			1)	/* random at module load */	\
	F(epoch,	SCHEMA_COUNT_MAX,	1)	/* of the lease last read; 0 none */ \
	F(seq,		SCHEMA_COUNT_MAX,	1)	/* + 1 a report */	\
	F(need_kib,	SCHEMA_KIB_MAX,		1)				\
	F(want_kib,	SCHEMA_KIB_MAX,		1)	/* >= need_kib */	\
	F(floor_kib,	SCHEMA_KIB_MAX,		1)	/* the guest's own */	\
	F(limit_kib,	SCHEMA_KIB_MAX,		1)	/* it can't grow past */ \
	F(urgent,	1,			1)	/* stalls or OOM until grown */ \
	F(committed_kib, SCHEMA_KIB_MAX,	0)	/* Committed_AS */	\
	F(avail_kib,	SCHEMA_KIB_MAX,		0)	/* MemAvailable */	\
	F(swapin,	SCHEMA_COUNT_MAX,	0)	/* pages */		\
	F(refault,	SCHEMA_COUNT_MAX,	0)	/* pages */		\
	F(rescues,	SCHEMA_COUNT_MAX,	0)	/* OOM kills put off */	\
	F(refused,	SCHEMA_COUNT_MAX,	0)	/* targets under the floor */ \
	F(overshoot_kib, SCHEMA_KIB_MAX,	0)	/* worst, under its goal */

#endif
