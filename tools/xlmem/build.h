/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xl builds a domain under a reservation of ours: create, restore, migrate-receive. */
#ifndef XLMEM_BUILD_H
#define XLMEM_BUILD_H

#include "reserve.h"

/* A question on our connection whose answer matters only by its status and message. */
enum status tell(struct client *client, struct request *request, struct answer *answer);

/*
 * Run argv (freed) to its end; the reservation is handed to the domain called `name`
 * as soon as balloond sees it, so that memory isn't counted twice while it fills.
 * @return xl's exit status
 */
int build_run(struct client *client, int64_t id, const char *name, char **argv);

void build_release(struct client *client, int64_t id);

#endif
