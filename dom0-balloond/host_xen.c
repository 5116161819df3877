// SPDX-License-Identifier: GPL-2.0-or-later
#include "host_xen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xenctrl.h>

#include "log.h"
#include "schema.h"

#define CAPABILITIES	"/proc/xen/capabilities"
#define BATCH		256	/* domains a hypercall */

struct xen {
	xc_interface *xc;
	xc_domaininfo_t batch[BATCH];
	uint32_t n_nodes;	/* of memory, processors or both */
	xc_cputopo_t *cpus;	/* read once, on a host of several nodes */
	unsigned int n_cpus;
	xc_cpumap_t map;	/* one vcpu's */
};

static int64_t pages_kib(uint64_t pages)
{
	/* dom0 without a limit has max_pages of all ones. */
	return pages > SCHEMA_KIB_MAX / 4 ? (int64_t)SCHEMA_KIB_MAX : (int64_t)(pages * 4);
}

static int call(int r)
{
	return r < 0 ? -errno : 0;
}

/* Some of libxc's calls crash or only say EINVAL away from Xen: look first. */
static int check_dom0(void)
{
	char text[128];
	int fd = open(CAPABILITIES, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -ENODEV;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n < 0)
		return -ENODEV;
	text[n] = '\0';
	return strstr(text, "control_d") ? 0 : -ENODEV;
}

int xen_open(struct xen **out)
{
	struct xen *xen;
	int rc = check_dom0();

	if (rc)
		return rc;
	xen = calloc(1, sizeof(*xen));
	if (!xen)
		return -ENOMEM;
	xen->xc = xc_interface_open(log_logger(), NULL, 0);
	if (!xen->xc) {
		rc = errno == EPERM ? -EACCES : -errno;
		free(xen);
		return rc ? rc : -EIO;
	}
	*out = xen;
	return 0;
}

void xen_close(struct xen *xen)
{
	if (!xen)
		return;
	xc_interface_close(xen->xc);
	free(xen->cpus);
	free(xen->map);
	free(xen);
}

static void dom_fill(struct xen_dom *dom, const xc_domaininfo_t *info)
{
	*dom = (struct xen_dom){
		.domid = info->domain,
		.hvm = info->flags & XEN_DOMINF_hvm_guest,
		.paused = info->flags & (XEN_DOMINF_paused | XEN_DOMINF_shutdown),
		.dying = info->flags & XEN_DOMINF_dying,
		.reboots = (info->flags & XEN_DOMINF_shutdown) &&
			   (info->flags >> XEN_DOMINF_shutdownshift &
			    XEN_DOMINF_shutdownmask) == SHUTDOWN_reboot,
		.xenstore = info->flags & XEN_DOMINF_xs_domain,
		.ran = info->cpu_time > 0,
		.cpu_ns = info->cpu_time,
		.actual_kib = pages_kib(info->tot_pages),
		.max_kib = pages_kib(info->max_pages),
		.claim_kib = pages_kib(info->outstanding_pages),
	};
	memcpy(dom->uuid, info->handle, sizeof(dom->uuid));
}

int xen_list(struct xen *xen, struct xen_dom *out, uint32_t max)
{
	uint32_t first = 0, n = 0;

	for (;;) {
		int r = xc_domain_getinfolist(xen->xc, first, BATCH, xen->batch);

		if (r < 0)
			return -errno;
		for (int i = 0; i < r && n < max; i++)
			dom_fill(&out[n++], &xen->batch[i]);
		if (r < BATCH || n == max)
			return (int)n;
		first = xen->batch[r - 1].domain + 1;
	}
}

int xen_dom(struct xen *xen, uint32_t domid, struct xen_dom *out)
{
	int r = xc_domain_getinfolist(xen->xc, domid, 1, xen->batch);

	if (r < 0)
		return -errno;
	/* The list begins at the next domain there is. */
	if (r == 0 || xen->batch[0].domain != domid)
		return -ESRCH;
	dom_fill(out, &xen->batch[0]);
	return 0;
}

int xen_memory(struct xen *xen, int64_t *total_kib, int64_t *free_kib, int64_t *claims_kib)
{
	xc_physinfo_t info = { 0 };

	if (xc_physinfo(xen->xc, &info))
		return -errno;
	/* free_pages includes pages not yet scrubbed: populating one scrubs it. */
	*total_kib = pages_kib(info.total_pages);
	*free_kib = pages_kib(info.free_pages);
	*claims_kib = pages_kib(info.outstanding_pages);
	xen->n_nodes = info.nr_nodes;
	return 0;
}

static int topology_read(struct xen *xen)
{
	unsigned int n = 0;

	if (xen->cpus)
		return 0;
	if (xc_cputopoinfo(xen->xc, &n, NULL))
		return -errno;
	if (!xen->map)
		xen->map = xc_cpumap_alloc(xen->xc);
	xen->cpus = calloc(n, sizeof(*xen->cpus));
	if (!xen->map || !xen->cpus || xc_cputopoinfo(xen->xc, &n, xen->cpus)) {
		int rc = xen->map && xen->cpus ? -errno : -ENOMEM;

		free(xen->cpus);
		xen->cpus = NULL;
		return rc;
	}
	xen->n_cpus = n;
	return 0;
}

/* Of the processors in `map`; NULL: of all. Xen has at most 64 nodes. */
static uint64_t nodes_of(const struct xen *xen, xc_cpumap_t map)
{
	uint64_t nodes = 0;

	for (unsigned int cpu = 0; cpu < xen->n_cpus; cpu++)
		if (xen->cpus[cpu].node < 64 && (!map || xc_cpumap_testcpu((int)cpu, map)))
			nodes |= 1ULL << xen->cpus[cpu].node;
	return nodes;
}

int xen_pinned_nodes(struct xen *xen, uint32_t domid, uint64_t *nodes)
{
	int vcpu = 0, rc;

	*nodes = 0;
	if (xen->n_nodes < 2)
		return 0;
	rc = topology_read(xen);
	if (rc)
		return rc;
	while (!xc_vcpu_getaffinity(xen->xc, domid, vcpu, xen->map, NULL,
				    XEN_VCPUAFFINITY_HARD)) {
		*nodes |= nodes_of(xen, xen->map);
		vcpu++;
	}
	/* EINVAL: it has no more of them. */
	if (errno != EINVAL || !vcpu)
		return -errno;
	if (*nodes == nodes_of(xen, NULL))
		*nodes = 0;
	return 0;
}

int xen_command_line(struct xen *xen, char *line, uint32_t size)
{
	xen_commandline_t text;

	if (xc_version(xen->xc, XENVER_commandline, &text) < 0)
		return -errno;
	text[sizeof(text) - 1] = '\0';
	snprintf(line, size, "%s", text);
	return 0;
}

int xen_set_max(struct xen *xen, uint32_t domid, int64_t max_kib)
{
	return call(xc_domain_setmaxmem(xen->xc, domid, (uint64_t)max_kib));
}

int xen_set_pod_target(struct xen *xen, uint32_t domid, int64_t target_kib)
{
	return call(xc_domain_set_pod_target(xen->xc, domid, (uint64_t)target_kib / 4,
					     NULL, NULL, NULL));
}

int xen_pod(struct xen *xen, uint32_t domid, int64_t *entries_kib, int64_t *cache_kib)
{
	uint64_t tot, cache, entries;

	if (xc_domain_get_pod_target(xen->xc, domid, &tot, &cache, &entries))
		return -errno;
	*entries_kib = pages_kib(entries);
	*cache_kib = pages_kib(cache);
	return 0;
}
