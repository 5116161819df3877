// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * LD_PRELOAD library: the calls by which xenstored and balloond reach Xen, on
 * the file of fake_xen.h instead. Everything between two sockets stays real.
 *
 * xenstored wants: its event channel (a pipe that never speaks), the domains'
 * rings (empty pages), dom0's ring through two files in /proc/xen, and who is
 * alive. Don't run it with -D: it then crashes on what is not there.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xenctrl.h>
#include <xenevtchn.h>
#include <xengnttab.h>

#include "fake_xen.h"

#define PAGE_KIB	4

static struct fake_xen *xen;
static char handle;	/* what the opaque handles point to */

static bool attached(void)
{
	if (!xen)
		xen = fake_open(false);
	return xen != NULL;
}

/* --- libxenctrl --------------------------------------------------------- */

xc_interface *xc_interface_open(xentoollog_logger *logger,
				xentoollog_logger *dombuild_logger, unsigned int flags)
{
	(void)logger;
	(void)dombuild_logger;
	(void)flags;
	return attached() ? (xc_interface *)&handle : NULL;
}

int xc_interface_close(xc_interface *xch)
{
	(void)xch;
	return 0;
}

/* The next domain from `domid` up, as Xen's own listing goes. */
static struct fake_dom *next_dom(uint32_t domid)
{
	struct fake_dom *found = NULL;

	for (int i = 0; i < FAKE_DOMS; i++) {
		struct fake_dom *dom = &xen->dom[i];

		if (dom->used && dom->domid >= domid && (!found || dom->domid < found->domid))
			found = dom;
	}
	return found;
}

static int by_domid(const void *a, const void *b)
{
	uint32_t x = (*(struct fake_dom *const *)a)->domid;
	uint32_t y = (*(struct fake_dom *const *)b)->domid;

	return (x > y) - (x < y);
}

/* All of them from `first` up, in order; next_dom() would take a square of their number. */
static int doms_from(uint32_t first, struct fake_dom **list)
{
	int n = 0;

	for (int i = 0; i < FAKE_DOMS; i++)
		if (xen->dom[i].used && xen->dom[i].domid >= first)
			list[n++] = &xen->dom[i];
	qsort(list, (size_t)n, sizeof(*list), by_domid);
	return n;
}

int xc_domain_getinfolist(xc_interface *xch, uint32_t first, unsigned int max,
			  xc_domaininfo_t *info)
{
	struct fake_dom *list[FAKE_DOMS] = { 0 };
	int n = 0, all;

	(void)xch;
	fake_lock();
	all = doms_from(first, list);
	for (; (unsigned int)n < max && n < all; n++) {
		const struct fake_dom *dom = list[n];

		memset(&info[n], 0, sizeof(info[n]));
		info[n].domain = dom->domid;
		info[n].flags = (dom->pvh ? XEN_DOMINF_hvm_guest | XEN_DOMINF_hap : 0) |
				(dom->paused ? XEN_DOMINF_paused : 0) |
				(dom->dying ? XEN_DOMINF_dying : 0);
		info[n].tot_pages = dom->tot_pages;
		info[n].max_pages = dom->max_pages;
		info[n].cpu_time = dom->paused ? 0 : 1000000000 + dom->cpu_ns;
		info[n].nr_online_vcpus = 1;
		memcpy(info[n].handle, dom->uuid, sizeof(dom->uuid));
	}
	fake_unlock();
	return n;
}

int xc_domain_getinfo(xc_interface *xch, uint32_t first, unsigned int max,
		      xc_dominfo_t *info)
{
	struct fake_dom *dom;
	int n = 0;

	(void)xch;
	fake_lock();
	for (; (unsigned int)n < max && (dom = next_dom(first)); first = dom->domid + 1) {
		memset(&info[n], 0, sizeof(info[n]));
		info[n].domid = dom->domid;
		info[n].hvm = dom->pvh;
		info[n].dying = dom->dying;
		info[n].paused = dom->paused;
		info[n].nr_pages = dom->tot_pages;
		info[n].max_memkb = dom->max_pages * PAGE_KIB;
		n++;
	}
	fake_unlock();
	if (!n)
		errno = ESRCH;
	return n ? n : -1;
}

static unsigned int fake_cpus(void)
{
	return FAKE_NODE_CPUS * (xen->n_nodes ? xen->n_nodes : 1);
}

int xc_physinfo(xc_interface *xch, xc_physinfo_t *info)
{
	(void)xch;
	fake_lock();
	memset(info, 0, sizeof(*info));
	info->total_pages = xen->total_pages;
	info->free_pages = fake_free_pages(xen);
	info->outstanding_pages = xen->claimed_pages;
	info->nr_cpus = fake_cpus();
	info->nr_nodes = info->nr_cpus / FAKE_NODE_CPUS;
	fake_unlock();
	return 0;
}

int xc_cputopoinfo(xc_interface *xch, unsigned int *max, xc_cputopo_t *cpus)
{
	unsigned int n = fake_cpus();

	(void)xch;
	for (unsigned int i = 0; cpus && i < *max && i < n; i++)
		cpus[i] = (xc_cputopo_t){ .core = i, .node = i / FAKE_NODE_CPUS };
	*max = n;
	return 0;
}

xc_cpumap_t xc_cpumap_alloc(xc_interface *xch)
{
	(void)xch;
	return calloc(1, sizeof(uint32_t));
}

/* Every domain has one vcpu. */
int xc_vcpu_getaffinity(xc_interface *xch, uint32_t domid, int vcpu, xc_cpumap_t hard,
			xc_cpumap_t soft, uint32_t flags)
{
	struct fake_dom *dom;

	(void)xch, (void)soft, (void)flags;
	fake_lock();
	dom = fake_find(xen, domid);
	if (dom)
		*hard = (uint8_t)~dom->cpus_left_out;
	fake_unlock();
	errno = dom ? EINVAL : ESRCH;
	return dom && !vcpu ? 0 : -1;
}

int xc_version(xc_interface *xch, int cmd, void *arg)
{
	(void)xch;
	if (cmd == XENVER_commandline)
		strcpy(arg, "dom0_mem=512M");
	return 0;
}

int xc_domain_setmaxmem(xc_interface *xch, uint32_t domid, uint64_t max_memkb)
{
	struct fake_dom *dom;
	bool done = false;

	(void)xch;
	fake_lock();
	dom = fake_find(xen, domid);
	if (dom && !xen->refuses) {
		if (max_memkb / PAGE_KIB > dom->max_pages) {
			xen->claimed_pages += xen->rob_pages;
			xen->rob_pages = 0;
		}
		dom->max_pages = max_memkb / PAGE_KIB;
		xen->changes++;
		done = true;
	}
	fake_unlock();
	errno = dom ? EPERM : ESRCH;
	return done ? 0 : -1;
}

int xc_domain_set_pod_target(xc_interface *xch, uint32_t domid, uint64_t target_pages,
			     uint64_t *tot, uint64_t *cache, uint64_t *entries)
{
	(void)target_pages;
	return xc_domain_get_pod_target(xch, domid, tot, cache, entries);
}

int xc_domain_get_pod_target(xc_interface *xch, uint32_t domid, uint64_t *tot,
			     uint64_t *cache, uint64_t *entries)
{
	struct fake_dom *dom;

	(void)xch;
	fake_lock();
	dom = fake_find(xen, domid);
	if (dom && dom->pvh) {
		if (tot)
			*tot = dom->tot_pages;
		if (cache)
			*cache = 0;
		if (entries)
			*entries = 0;
	}
	fake_unlock();
	errno = dom ? EINVAL : ESRCH;
	return dom && dom->pvh ? 0 : -1;
}

/* --- libxengnttab, libxenevtchn: enough for xenstored -------------------- */

xengnttab_handle *xengnttab_open(struct xentoollog_logger *logger, unsigned int flags)
{
	(void)logger;
	(void)flags;
	return (xengnttab_handle *)&handle;
}

int xengnttab_close(xengnttab_handle *xgt)
{
	(void)xgt;
	return 0;
}

void *xengnttab_map_grant_ref(xengnttab_handle *xgt, uint32_t domid, uint32_t ref,
			      int prot)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)xgt;
	(void)domid;
	(void)ref;
	(void)prot;
	return page == MAP_FAILED ? NULL : page;
}

int xengnttab_unmap(xengnttab_handle *xgt, void *start, uint32_t count)
{
	(void)xgt;
	return munmap(start, count * 4096UL);
}

int xengnttab_set_max_grants(xengnttab_handle *xgt, uint32_t n)
{
	(void)xgt;
	(void)n;
	return 0;
}

static int silence[2] = { -1, -1 };

xenevtchn_handle *xenevtchn_open(struct xentoollog_logger *logger, unsigned int flags)
{
	(void)logger;
	(void)flags;
	return silence[0] >= 0 || !pipe(silence) ? (xenevtchn_handle *)&handle : NULL;
}

int xenevtchn_fd(xenevtchn_handle *xce)
{
	(void)xce;
	return silence[0];
}

int xenevtchn_notify(xenevtchn_handle *xce, evtchn_port_t port)
{
	(void)xce;
	(void)port;
	return 0;
}

int xenevtchn_unmask(xenevtchn_handle *xce, evtchn_port_t port)
{
	(void)xce;
	(void)port;
	return 0;
}

int xenevtchn_unbind(xenevtchn_handle *xce, evtchn_port_t port)
{
	(void)xce;
	(void)port;
	return 0;
}

xenevtchn_port_or_error_t xenevtchn_bind_interdomain(xenevtchn_handle *xce,
						     uint32_t domid, evtchn_port_t port)
{
	(void)xce;
	(void)domid;
	return (int)port;
}

xenevtchn_port_or_error_t xenevtchn_bind_virq(xenevtchn_handle *xce, unsigned int virq)
{
	(void)xce;
	return (int)virq + 100;
}

/* --- files that only a dom0 has ------------------------------------------ */

/* A file of what /proc/xen would have; -1 with errno 0: not one of those. */
static int open_fake(const char *path)
{
	static const struct {
		const char *path, *text;
		size_t size;
	} files[] = {
		{ "/proc/xen/capabilities", "control_d\n", 10 },
		{ "/proc/xen/xsd_port", "1\n", 2 },
		{ "/proc/xen/xsd_kva", "", 4096 },
	};
	int fd;

	errno = 0;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (strcmp(path, files[i].path))
			continue;
		if (!getenv(FAKE_XEN_ENV)) {
			errno = ENODEV;
			return -1;
		}
		fd = memfd_create(path, MFD_CLOEXEC);
		if (fd < 0 || ftruncate(fd, (off_t)files[i].size) ||
		    pwrite(fd, files[i].text, strlen(files[i].text), 0) < 0)
			return -1;
		return fd;
	}
	return -1;
}

typedef int (*open_call)(const char *path, int flags, ...);
typedef FILE *(*fopen_call)(const char *path, const char *mode);

static int open_through(const char *symbol, const char *path, int flags, mode_t mode)
{
	int fd = open_fake(path);

	if (fd >= 0 || errno)
		return fd;
	return ((open_call)(uintptr_t)dlsym(RTLD_NEXT, symbol))(path, flags, mode);
}

/* The mode is there only when a file may be made. */
#define OPEN(name)								\
int name(const char *path, int flags, ...)					\
{										\
	mode_t mode = 0;							\
	va_list list;								\
										\
	va_start(list, flags);							\
	if (flags & (O_CREAT | O_TMPFILE))					\
		mode = va_arg(list, mode_t);					\
	va_end(list);								\
	return open_through(#name, path, flags, mode);				\
}

#define FOPEN(name)								\
FILE *name(const char *path, const char *mode)					\
{										\
	int fd = open_fake(path);						\
										\
	if (fd >= 0)								\
		return fdopen(fd, "r");						\
	if (errno)								\
		return NULL;							\
	return ((fopen_call)(uintptr_t)dlsym(RTLD_NEXT, #name))(path, mode);	\
}

OPEN(open)
OPEN(open64)
FOPEN(fopen)
FOPEN(fopen64)
