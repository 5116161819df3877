/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xlmem's commands and options: the parser, the help, the manual, the shell's
 * completion and the checks all come from these two tables.
 */
#ifndef XLMEM_COMMANDS_H
#define XLMEM_COMMANDS_H

/*
 * XLMEM_COMMANDS(C): C(name, least, most, words, options, summary, test)
 *   least, most  how many words it takes; MANY: what follows is xl's
 *   options      names in XLMEM_OPTIONS beside --json and --help
 * In a name _ stands for -, as users write it: at_least is --at-least.
 *   test         the test that uses it for real
 */
#define MANY	1000
#define XLMEM_COMMANDS(C)							\
	C(list, 0, 0, "", "",						\
	  "What every domain holds, needs and may take, and what the host has left.", "cli:list") \
	C(explain, 1, 1, "DOMAIN", "",						\
	  "Why a domain's target is what it is, and where each setting comes from.", "cli:explain") \
	C(set, 1, 1, "DOMAIN", "min max weight idle-shutdown auto",				\
	  "Change a domain's settings; they last over its reboots.", "cli:set")	\
	C(create, 1, MANY, "CFG [XL-ARGUMENT...]", "wait at-least",		\
	  "Free the memory that the domain of CFG needs, then xl create it; or refuse at once.", "cli:create") \
	C(reserve, 1, 1, "SIZE|MIN-MAX", "name purpose expire wait",		\
	  "Free memory and keep it for a domain to come; prints the reservation's id, and of a range the size that fits.", "cli:reserve") \
	C(assign, 2, 2, "ID DOMAIN", "",					\
	  "Let a domain being built take a reservation's memory over.", "cli:reserve") \
	C(release, 1, 1, "ID|NAME", "",						\
	  "Give up a reservation.", "cli:reserve")				\
	C(save, 2, MANY, "DOMAIN FILE [XL-ARGUMENT...]", "",			\
	  "Hold the domain's memory still, then xl save it; works without balloond too.", "cli:save") \
	C(migrate, 2, MANY, "DOMAIN HOST [XL-ARGUMENT...]", "",			\
	  "Hold the domain's memory still, reserve there, then xl migrate it; or go on here.", "cli:migrate")	\
	C(restore, 1, MANY, "FILE [XL-ARGUMENT...]", "wait",			\
	  "Free the memory that the domain saved in FILE needs, then xl restore it; or refuse at once.", "cli:restore") \
	C(migrate_receive, 2, MANY, "NAME SIZE [XL-ARGUMENT...]", "wait",	\
	  "The other end of migrate, which runs it: free the memory for NAME, then xl migrate-receive.", "cli:migrate_receive") \
	C(info, 0, 0, "", "",							\
	  "The daemon's version, its counters and its configuration.", "cli:info") \
	C(reload, 0, 0, "", "",							\
	  "Let the daemon read its configuration again; errors keep the old.", "cli:reload")

/* XLMEM_OPTIONS(O): O(name, argument or "", summary, test) */
#define XLMEM_OPTIONS(O)							\
	O(json, "", "Print the daemon's answer, one JSON object a line.", "cli:list_json") \
	O(help, "", "Print this command's help.", "cli:help")			\
	O(min, "SIZE", "Guaranteed: the domain is never asked to go below.", "cli:set") \
	O(max, "SIZE", "The domain never grows above.", "cli:set")		\
	O(weight, "N", "Share of what is scarce, 1 to 65535; 256 by default.", "cli:set") \
	O(idle_shutdown, "0|1", "1: it may be shut down for a start that doesn't fit, when it idles.", "cli:set_idle_shutdown") \
	O(auto, "", "Drop an operator's order and these settings; balance again.", "cli:set_auto") \
	O(at_least, "SIZE", "Start it with what fits and is fair, from SIZE up to its memory=.", "cli:create_at_least") \
	O(purpose, "TEXT", "What the memory is for, shown in the list; at most 32 bytes.", "cli:reserve") \
	O(name, "NAME", "The domain that the memory is for.", "cli:reserve")	\
	O(expire, "SECONDS", "End the reservation by itself if unused.", "cli:reserve_expire") \
	O(wait, "SECONDS", "How long to wait for memory that can still come; 60 by default.", "cli:reserve_wait")

/*
 * DOMAIN_COLUMNS(C): C(title, field, cell) of `xlmem list`; what a field is
 * CONTROL_DOMAIN_FIELDS says. Sizes are MiB, as in `xl list`.
 */
#define DOMAIN_COLUMNS(C)							\
	C(NAME, name, TEXT)							\
	C(ID, domid, NUMBER)							\
	C(MEM, actual_kib, MIB)							\
	C(TARGET, target_kib, MIB)						\
	C(CEILING, ceiling_kib, MIB)						\
	C(NEED, need_kib, MIB)							\
	C(WANT, want_kib, MIB)							\
	C(MIN, floor_kib, MIB)							\
	C(MAX, max_kib, MIB)							\
	C(WEIGHT, weight, NUMBER)						\
	C(STATE, state, TEXT)							\
	C(IGNORED, ignored_reports, NUMBER)					\
	C(WHY, reason, TEXT)

static inline void name_dashes(char *name)
{
	for (; *name; name++)
		if (*name == '_')
			*name = '-';
}

#endif
