/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Domains that go and come again with the same uuid: reboot, save and restore,
 * migration on the same host. With xlmem as with plain xl.
 */
#ifndef SIM_AWAY_H
#define SIM_AWAY_H

#include "sim_tool.h"

enum sim_back {
	SIM_BACK,		/* in `dom` */
	SIM_STAYED,		/* it couldn't go, and goes on in `dom` */
	SIM_GONE,		/* somebody ended it first */
	SIM_LOST,		/* for good: `why` */
};
typedef void (*sim_is_back)(struct world *w, void *arg, enum sim_back how, struct sim_dom *dom,
			    const char *why);

struct sim_save {
	uint64_t away_us;	/* from the save to the restore */
	bool freeze;		/* xlmem save: balloond holds it still; else xl save */
	bool reserve;		/* memory is reserved before the restore */
	sim_is_back back;	/* NULL: nobody wants to know */
	void *arg;
};

/* `back` may be NULL. Of a domain that the toolstack didn't build nothing happens. */
void sim_reboot(struct world *w, struct sim_dom *dom, sim_is_back back, void *arg);
bool sim_save(struct world *w, struct sim_dom *dom, const struct sim_save *save);
/* xl migrate to localhost; with freeze, xlmem migrate. */
bool sim_migrate(struct world *w, struct sim_dom *dom, bool freeze, sim_is_back back, void *arg);

/* It can't be restored: it holds more than its target and libxl's constant. */
bool sim_is_over_target(struct world *w, const struct sim_dom *dom);

#endif
