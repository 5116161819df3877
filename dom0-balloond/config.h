/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /etc/balloond/balloond.conf, in the syntax of xl.conf: one table of keys gives
 * the parser, its bounds, --help-config, the example file's check and the manual.
 */
#ifndef BALLOOND_CONFIG_H
#define BALLOOND_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "core/host.h"

#define CONFIG_FILE	"/etc/balloond/balloond.conf"

/*
 * CONFIG_KEYS(K): K(key, type, member, low, high, default, doc, test)
 * Types: size (KiB, bounds in KiB), number, surplus, dom0 and choice (names), path
 * (absolute), vms (a list).
 */
#define CONFIG_KEYS(K)								\
	K(free_min, size, host.free_min_kib, 0, 1 << 30, "32",			\
	  "pool kept free for Xen, migration and emergencies", "cli:config")	\
	K(headroom_min, size, host.headroom_min_kib, 0, 1 << 30, "32",		\
	  "a guest may grow at least so far above its target without asking", "cli:config") \
	K(hysteresis, size, host.hysteresis_kib, 0, 1 << 30, "4",		\
	  "smaller changes of a target wait", "cli:config")			\
	K(shrink_divisor, number, host.shrink_divisor, 1, 64, "8",		\
	  "a lazy step takes 1/n of what a guest holds too much", "cli:config")	\
	K(shrink_interval, number, host.shrink_interval_ms, 100, 600000, "2000", \
	  "milliseconds between lazy steps", "cli:config")			\
	K(surplus, surplus, host.surplus, 0, 0, "free",				\
	  "who gets what nobody wants: free, guests or dom0", "cli:config")	\
	K(dom0, dom0, zero, 0, 0, "fixed",					\
	  "fixed: dom0 counts at what it has; balance: a guest that comes first", "cli:config") \
	K(dom0_min, size, zero_min_kib, 0, 1 << 30, "0",			\
	  "floor of a balanced dom0; 0: by its size, see balloond(8)", "cli:config") \
	K(dom0_max, size, zero_max_kib, 0, 1 << 30, "0",			\
	  "a balanced dom0 never grows above; 0: as far as Xen lets it", "cli:config") \
	K(default_min, size, default_min_kib, 0, 1 << 30, "0",			\
	  "floor of a VM without one; 0: by its size, see balloond(8)", "cli:config") \
	K(default_weight, number, default_weight, 1, WEIGHT_MAX, "256",		\
	  "weight of a VM without one", "cli:config")				\
	K(idle_after, number, idle_after_s, 1, 1 << 30, "300",			\
	  "seconds with at most 1 % of a vcpu after which a VM counts as idle", "cli:idle")	\
	K(on_refusal, choice, on_refusal, 0, 0, "suggest",			\
	  "a start that doesn't fit: refuse it, suggest which VMs would make it fit if closed, or " \
	  "run a command that closes idle ones", "cli:on_refusal")		\
	K(on_refusal_command, path, on_refusal_command, 0, 0, "",		\
	  "for command: a program; its arguments: the KiB that are short, and the names of idle " \
	  "VMs with idle_shutdown=1 that suffice", "cli:on_refusal")		\
	K(vms, vms, vms, 0, 0, "",						\
	  "per VM: [ \"NAME min=256 max=1024 weight=512 fixed=1 idle_shutdown=1\", ... ]", "cli:config")

/* CONFIG_CHOICES(C): C(type, how to write them, names by their number) */
#define CONFIG_CHOICES(C)							\
	C(surplus, "\"free\", \"guests\" or \"dom0\"", "free", "guests", "dom0")	\
	C(dom0, "\"fixed\" or \"balance\"", "fixed", "balance")		\
	C(choice, "\"refuse\", \"suggest\" or \"command\"", "refuse", "suggest", "command")

/* One VM's line; KIB_NONE or 0: not said. */
struct vm_settings {
	char name[64];
	int64_t min_kib, max_kib;
	uint32_t weight;
	int fixed;		/* 1: not to be balanced; 0: to be, though pinned to NUMA nodes */
	bool idle_shutdown;	/* may be closed for a start, when it idles */
};

enum zero_setting { ZERO_FIXED, ZERO_BALANCE };
enum on_refusal { ON_REFUSAL_refuse, ON_REFUSAL_suggest, ON_REFUSAL_command };

struct settings {
	struct host_config host;
	enum zero_setting zero;
	int64_t zero_min_kib, zero_max_kib;	/* 0: not said */
	int64_t default_min_kib;
	uint32_t default_weight;
	uint32_t idle_after_s;
	enum on_refusal on_refusal;
	char on_refusal_command[256];	/* absolute, or empty */
	struct vm_settings *vms;
	uint32_t n_vms;
};

void config_default(struct settings *settings);
void config_finish(struct settings *settings);

/*
 * Read `file`; on error one message a fault, with file, line and what to write
 * instead, goes to `report`, and *out is untouched.
 * @return 0; -ENOENT: no such file; -EINVAL; -EIO and others: not readable
 */
int config_read(const char *file, FILE *report, struct settings *out);

const struct vm_settings *config_vm(const struct settings *settings, const char *name);

/* "config": what holds now, sizes in KiB. */
struct json;
void config_json(const struct settings *settings, const char *file, struct json *json);

/* --help-config: every key with its default and meaning. */
void config_print_keys(FILE *out);

#endif
