/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages that a guest gives back and takes again within microseconds are seen twice: free
 * when free memory is read, its own in the readings before and after. In no order of
 * readings is that safe: of 2000 raises beside a guest that moved 4 MiB to and fro, 16
 * promised these twice.
 *
 * But whatever guests do, free memory and all domains' pages have one sum. The higher
 * of two readings around that of free gives one that is not too low for who moves one
 * way only, and for who moves to and fro is often right. The least of the last ones is
 * what is there. So who does this loses the host what it moves, and gains nothing.
 * Several who do it in concert are seen double by all readings now and then, by at most
 * what they move between two hypercalls: for that there is the pool (free_min).
 */
#ifndef BALLOOND_CERTAIN_H
#define BALLOOND_CERTAIN_H

#include <stdint.h>

#define CERTAIN_SUMS	128	/* of one guest too high with 3 of 8, of five with 9 of 10 */
#define CERTAIN_MS	60000	/* what Xen itself gave back is seen by then */
#define CERTAIN_LEAST	16	/* at once, after a domain came or went */

struct certain {
	uint32_t n, at;
	int64_t sums_kib[CERTAIN_SUMS];
};

/* Domains came or went, and Xen's own memory for them. */
void certain_forget(struct certain *certain);
void certain_note(struct certain *certain, int64_t sum_kib);
/* What `sum_kib` has too much; 0 as long as nothing is known. */
int64_t certain_doubt_kib(const struct certain *certain, int64_t sum_kib);
/* What it may lack: balloond isn't to blame itself for what only wasn't seen. */
int64_t certain_unseen_kib(const struct certain *certain, int64_t sum_kib);

#endif
