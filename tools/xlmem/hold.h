/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A domain's memory is held still while xl saves it or sends it away. */
#ifndef XLMEM_HOLD_H
#define XLMEM_HOLD_H

#include "client.h"

/*
 * Until the connection ends. Without balloond the domain is settled at least;
 * only an unknown domain and missing rights are refused, and complained about.
 */
enum status hold_begin(const struct args *args, struct client *client, const char *domain);
/* xl ended with `exit_status`: if it failed the domain goes on, balanced. */
enum status hold_end(const struct args *args, struct client *client, const char *domain,
		     const char *command, int exit_status);

#endif
