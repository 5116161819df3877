// SPDX-License-Identifier: GPL-2.0-or-later
#include "fake_xen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

static int file = -1;

struct fake_xen *fake_open(bool create)
{
	const char *path = getenv(FAKE_XEN_ENV);
	void *map;

	if (!path) {
		errno = ENODEV;
		return NULL;
	}
	file = open(path, O_RDWR | O_CLOEXEC | (create ? O_CREAT | O_TRUNC : 0), 0600);
	if (file < 0 || (create && ftruncate(file, sizeof(struct fake_xen))))
		return NULL;
	map = mmap(NULL, sizeof(struct fake_xen), PROT_READ | PROT_WRITE, MAP_SHARED,
		   file, 0);
	return map == MAP_FAILED ? NULL : map;
}

void fake_lock(void)
{
	while (flock(file, LOCK_EX) && errno == EINTR)
		;
}

void fake_unlock(void)
{
	flock(file, LOCK_UN);
}

struct fake_dom *fake_find(struct fake_xen *xen, uint32_t domid)
{
	for (int i = 0; i < FAKE_DOMS; i++)
		if (xen->dom[i].used && xen->dom[i].domid == domid)
			return &xen->dom[i];
	return NULL;
}

uint64_t fake_free_pages(const struct fake_xen *xen)
{
	uint64_t used = 0;

	for (int i = 0; i < FAKE_DOMS; i++)
		if (xen->dom[i].used)
			used += xen->dom[i].tot_pages;
	return used < xen->total_pages ? xen->total_pages - used : 0;
}

void fake_move(struct fake_xen *xen, struct fake_dom *dom, uint64_t pages)
{
	uint64_t spare = fake_free_pages(xen);

	if (pages > dom->tot_pages) {
		if (pages > dom->max_pages)
			pages = dom->max_pages;
		if (pages > dom->tot_pages + spare)
			pages = dom->tot_pages + spare;
		if (pages < dom->tot_pages)
			return;
	}
	dom->tot_pages = pages;
}
