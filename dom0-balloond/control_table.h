/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control socket's commands and fields, one table for balloond, xlmem and
 * the manual. /run/balloond/control.sock (BALLOOND_SOCKET overrides); one JSON
 * object a line each way, at most CONTROL_LINE_MAX bytes; any number of requests
 * a connection, answered in order.
 *
 * Request:  {"command":"set","domain":"web","min_kib":262144}
 * Answer:   {"ok":true, ...}
 * Refusal:  {"ok":false,"error":{"code":"refused","message":"one sentence", ...}}
 * Progress: {"event":"waiting","freed_kib":N,"size_kib":N}  before an answer
 *
 * A domain is named by name, domid (a number or its digits) or uuid.
 */
#ifndef BALLOOND_CONTROL_TABLE_H
#define BALLOOND_CONTROL_TABLE_H

#include "version.h"

#define CONTROL_SOCKET		"/run/balloond/control.sock"
#define CONTROL_SOCKET_ENV	"BALLOOND_SOCKET"
#define CONTROL_LINE_MAX	65536	/* a request; answers may be longer */

/* CONTROL_COMMANDS(C): C(name, changes, arguments, answer, test) */
#define CONTROL_COMMANDS(C)							\
	C(list, 0, "",								\
	  "host{...}, domains[{...}], reservations[{...}]", "xen:spike")	\
	C(explain, 0, "domain",							\
	  "domain{...}, and text: why this target, source of every setting", "cli:explain")	\
	C(info, 0, "",								\
	  "version, uptime_s, host{...}, counters{...}, config{...}", "cli:info")	\
	C(set, 1, "domain [min_kib] [max_kib] [weight] [idle_shutdown] [auto] [from=cfg]",	\
	  "domain{...} as it is now; auto drops pin and settings; from=cfg: they come " \
	  "from the VM's cfg, which later settings outdo", "cli:set")		\
	C(reserve, 1, "size_kib [min_kib] name [purpose] [expire_s] [wait_s] "	\
	  "[owner=connection|token]",						\
	  "id and reservation{} once the memory lies free, after waiting events; with min_kib "	\
	  "its size is what fits and is fair, from that up to size_kib", "xen:refusal")	\
	C(assign, 1, "id domain",						\
	  "the reservation now shrinks as the domain is built", "xen:refusal")	\
	C(release, 1, "id or name",						\
	  "the reservation is gone; what was not built is free again", "xen:refusal")	\
	C(freeze, 1, "domain",							\
	  "max_pages := tot_pages + slack, target := actual, lease held", "xen:save")	\
	C(thaw, 1, "domain",							\
	  "the domain is balanced again (also on disconnect)", "xen:save")	\
	C(reload, 1, "",							\
	  "the configuration was read again; errors keep the old", "cli:reload")

/*
 * CONTROL_ERRORS(E): E(code, xlmem exit status, meaning)
 * Statuses of DESIGN: 0 done, 1 failed, 2 usage, 4 no daemon, 7 daemon lost
 * mid-answer, which no answer carries.
 */
#define CONTROL_ERRORS(E)							\
	E(failed,		1, "it went wrong; message says how")		\
	E(usage,		2, "bad request: not JSON, unknown command or argument")	\
	E(refused,		3, "not enough memory above the others' floors")	\
	E(unknown_domain,	5, "no such domain, or the name is ambiguous")	\
	E(setting_refused,	6, "the setting contradicts another or the host")	\
	E(permission,		8, "only root changes, group balloond reads")

/*
 * Fields of a domain{} object, in the order shown. Sizes are integers in KiB;
 * null: not known. F(name, type, meaning, test)
 */
#define CONTROL_DOMAIN_FIELDS(F)						\
	F(domid, "int", "Xen's domain id", "cli:list_json")			\
	F(name, "string", "name", "cli:list_json")				\
	F(uuid, "string", "uuid", "cli:list_json")				\
	F(kind, "string", "guest, fixed, dom0, building, dying", "cli:list_json")	\
	F(actual_kib, "int", "tot_pages", "cli:list_json")			\
	F(target_kib, "int", "where it should rest", "cli:list_json")		\
	F(ceiling_kib, "int", "how far it may grow without asking", "cli:list_json")	\
	F(need_kib, "int", "what it would swap, stall or fail without", "cli:list_json")	\
	F(want_kib, "int", "need and page cache that pays", "cli:list_json")	\
	F(floor_kib, "int", "min: guaranteed", "cli:list_json")			\
	F(max_kib, "int", "never above this", "cli:list_json")			\
	F(static_max_kib, "int", "size limit of its memory map", "cli:list_json")	\
	F(weight, "int", "share of what is scarce", "cli:list_json")		\
	F(state, "string", "settled, moving, slow, stuck, silent, driverless; with pinned, paused, urgent, frozen", "cli:list_json")	\
	F(reason, "string", "why this target", "cli:list_json")			\
	F(idle_s, "int", "seconds since it last used more than 1 % of a vcpu", "cli:idle")	\
	F(ignored_reports, "int", "what it wrote and was refused", "xen:garbage")

/* Fields of the host{} object. */
#define CONTROL_HOST_FIELDS(F)							\
	F(total_kib, "int", "the machine's memory", "cli:list_json")		\
	F(free_kib, "int", "Xen's free memory", "cli:list_json")		\
	F(claims_kib, "int", "outstanding claims", "cli:list_json")		\
	F(free_min_kib, "int", "pool kept free", "cli:list_json")		\
	F(reserved_kib, "int", "promised and not yet built", "cli:list_json")	\
	F(unused_ceilings_kib, "int", "sum of max_pages - tot_pages", "cli:list_json")	\
	F(slack_kib, "int", "what can be promised now (I1); negative: a deficit", "cli:list_json")	\
	F(state, "string", "plenty, scarce, overcommitted: the needs", "cli:list_json")	\
	F(free_state, "string", "ample, tight, low, empty: the free memory", "cli:list_json")

/* Fields of a reservation{} object. */
#define CONTROL_RESERVATION_FIELDS(F)						\
	F(id, "int", "id", "cli:reserve")					\
	F(name, "string", "VM it is for", "cli:reserve")			\
	F(purpose, "string", "create, restore, migrate, or the asker's own word", "cli:reserve")	\
	F(size_kib, "int", "overhead included", "cli:reserve")			\
	F(min_kib, "int", "of a range: the least that will do, or null", "cli:reserve_range")	\
	F(max_kib, "int", "of a range: what it would like, or null", "cli:reserve_range")	\
	F(state, "string", "waiting, granted, assigned", "cli:reserve")		\
	F(domid, "int", "the domain that takes it over, or null", "cli:reserve")	\
	F(expires_s, "int", "seconds left, or null", "cli:reserve")

/*
 * A refusal's error{} object also carries: shortfall_kib, fits_kib (largest
 * size that would be admitted), holders [{name, domid, floor_kib}], idle [{name,
 * domid, idle_s, frees_kib}] (those idle that suffice together, the fewest; none:
 * they don't), stop [name, ...] and stop_any (true: any one of them; false: all
 * together). on_refusal = "refuse" leaves idle and stop empty.
 */

#endif
