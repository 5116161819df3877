/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps of a scenario that script_orders.c and script_jobs.c do and script.c calls. */
#ifndef SIM_SCRIPT_H
#define SIM_SCRIPT_H

#include <stdint.h>

struct run;
struct scn_step;
struct sim_dom;

/* The running domain of a guest; NULL: there is none, which fails the step. */
struct sim_dom *dom_of(struct run *run, const struct scn_step *step, uint32_t i);

void do_destroy(struct run *run, const struct scn_step *step);
void do_reboot(struct run *run, const struct scn_step *step);
void do_pause(struct run *run, const struct scn_step *step);
void do_save(struct run *run, const struct scn_step *step);
void do_mem(struct run *run, const struct scn_step *step);
void do_become(struct run *run, const struct scn_step *step);
void do_job(struct run *run, const struct scn_step *step);
void do_tell(struct run *run, const struct scn_step *step);
void do_set(struct run *run, const struct scn_step *step);
void do_reserve(struct run *run, const struct scn_step *step);
void do_release(struct run *run, const struct scn_step *step);
void do_daemon(struct run *run, const struct scn_step *step);
void do_xenstored(struct run *run, const struct scn_step *step);

#endif
