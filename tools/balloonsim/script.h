/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps of a scenario that script_orders.c does and script.c calls. */
#ifndef SIM_SCRIPT_H
#define SIM_SCRIPT_H

struct run;
struct scn_step;

void do_destroy(struct run *run, const struct scn_step *step);
void do_reboot(struct run *run, const struct scn_step *step);
void do_pause(struct run *run, const struct scn_step *step);
void do_save(struct run *run, const struct scn_step *step);
void do_mem(struct run *run, const struct scn_step *step);
void do_become(struct run *run, const struct scn_step *step);
void do_touch(struct run *run, const struct scn_step *step);
void do_tell(struct run *run, const struct scn_step *step);
void do_set(struct run *run, const struct scn_step *step);
void do_reserve(struct run *run, const struct scn_step *step);
void do_release(struct run *run, const struct scn_step *step);
void do_daemon(struct run *run, const struct scn_step *step);
void do_xenstored(struct run *run, const struct scn_step *step);

#endif
