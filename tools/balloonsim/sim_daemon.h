/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon in the simulated host: its own objects (round, tick, apply, snapshot,
 * commands, reservations), without sockets, signals and a terminal.
 */
#ifndef SIM_DAEMON_H
#define SIM_DAEMON_H

#include "world.h"

struct balloond;

/* conf: lines of balloond.conf, NULL: defaults. @return false: said why on stderr */
bool sim_daemon_start(struct world *w, const char *conf);
/* As SIGTERM does: settles. */
void sim_daemon_stop(struct world *w);
/* As SIGKILL does, between two turns. */
void sim_daemon_kill(struct world *w);
/* As SIGKILL does, at its n-th call to Xen or xenstored from now (1: the next). */
void sim_daemon_kill_at(struct world *w, uint64_t n);
bool sim_daemon_runs(const struct world *w);
/* Its model, for reading; NULL when it doesn't run. */
const struct balloond *sim_daemon_state(const struct world *w);

/*
 * A line to the control socket on a connection of its own. `answer` is called once
 * with the last answer (JSON), or with NULL when the daemon died before it.
 * @return the connection, for sim_hang_up()
 */
typedef void (*sim_answer)(struct world *w, void *arg, const char *json);
uint32_t sim_ask(struct world *w, sim_answer answer, void *arg, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void sim_hang_up(struct world *w, uint32_t connection);

/* For sim_xen.c and sim_client.c: balloond makes a call; it has something to look at. */
void sim_daemon_call(struct world *w);
void sim_daemon_wake(struct world *w);
/* For sim_guest.c: dom0's kernel reclaims, so the PSI trigger fires, once a second. */
void sim_daemon_pressed(struct world *w);

#endif
