/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reserving: what it says while it waits, and when it is refused. */
#ifndef XLMEM_RESERVE_H
#define XLMEM_RESERVE_H

#include "client.h"

struct reserve_wish {
	int64_t size_kib;
	int64_t min_kib;	/* less will do, down to this; 0: it won't */
	const char *name;	/* NULL: nobody in particular */
	const char *purpose;	/* NULL: not said */
	int64_t wait_s, expire_s;	/* expire_s 0: it doesn't */
	const char *owner;	/* "connection" or "token" */
	/* For a refusal: "again SIZE again_end" asks for less; NULL: less won't do. */
	const char *again, *again_end;
	int64_t overhead_kib;	/* in size_kib, and not in that SIZE */
	int64_t again_least_kib;
};

/* Take --wait and --expire, or complain about them. */
enum status reserve_options(const struct args *args, struct reserve_wish *wish);

/*
 * Ask for a reservation on an open connection, with a progress line on a
 * terminal, with --json a line an event. A refusal is printed, with --json as it
 * came.
 */
enum status reserve(const struct args *args, struct client *client,
		    const struct reserve_wish *wish, int64_t *id,
		    struct answer *answer);

/* What was promised, in KiB. */
int64_t reserve_size(const struct answer *answer, const struct reserve_wish *wish);

/* A few lines: what is short, who holds it, and each thing that would help. */
#define REFUSAL_TEXT_MAX	2048
void refusal_format(char *text, size_t size, const struct reserve_wish *wish,
		    const struct answer *answer);

#endif
