/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What libxl writes for a domain of fake_xen.h, and how its guest behaves. A store
 * or a domain that has just gone is no fault of a guest's.
 */
#ifndef FAKE_GUEST_H
#define FAKE_GUEST_H

#include <xenstore.h>

#include "fake_xen.h"

/* A key below a domain's home that the guest may read ('r') or write ('w'). 0 or -1 */
int fake_put(struct xs_handle *store, uint32_t domid, char guest_may, const char *key,
	     const char *format, ...) __attribute__((format(printf, 5, 6)));
char *fake_get(struct xs_handle *store, uint32_t domid, const char *key);
int64_t fake_get_kib(struct xs_handle *store, uint32_t domid, const char *key);	/* -1: none */

/* All that libxl writes, as far as memory goes. 0, or -1 with errno */
int fake_dom_store(struct xs_handle *store, const struct fake_dom *dom);

/* One tick of a guest: it reports, and goes 64 MiB towards its goal. */
void fake_guest_tick(struct fake_xen *xen, struct xs_handle *store, struct fake_dom *dom);

#endif
