// SPDX-License-Identifier: GPL-2.0-or-later
#include "lab.h"

#include <stdbool.h>
#include <string.h>

/* Nothing that a PVH guest doesn't have, but for the device model itself. */
#define HVM_CFG	"vga = \"none\"\nvnc = 0\nsdl = 0\nnographic = 1\nusb = 0\n"

int guest_config(const struct scenario *s, int guest)
{
	const struct scn_guest *g = &s->guest[guest];
	bool hvm = !strcmp(g->type, "hvm");
	/*
	 * An interrupt handler that reads the clock leaves for Xen before it updates the
	 * time: else the emulator may interrupt that again (tests/xen/README.md).
	 */
	const char *tsc_mode = strcmp(g->type, "pvh") ? "native" : "always_emulate";
	char path[96];
	FILE *f;

	snprintf(path, sizeof(path), RESULTS "/%s.cfg", g->name);
	f = fopen(path, "we");
	if (!f)
		return -1;
	/* The uuid says "ballst" and the guest's number: the sampler goes by it. */
	fprintf(f, "name = \"%s\"\nuuid = \"62616c6c-7374-4000-8000-0000000000%02x\"\n"
		"type = \"%s\"\nkernel = \"/img/%s-%s\"\nramdisk = \"/img/guest-%s.cpio\"\n"
		"memory = %d\nmaxmem = %d\nvcpus = %d\ntsc_mode = \"%s\"\n"
		"on_crash = \"destroy\"\non_reboot = \"%s\"\n",
		g->name, (unsigned int)guest, g->type, hvm ? "vmlinuz" : "vmlinux",
		g->kernel, g->kernel, g->memory, g->maxmem, g->vcpus, tsc_mode, g->on_reboot);
	if (g->swap_disk >= 0)
		fprintf(f, "disk = [ \"phy:/dev/ram%d,xvdb,w\" ]\n", g->swap_disk);
	if (g->min[0])
		fprintf(f, "balloon_min = \"%s\"\n", g->min);
	if (g->max[0])
		fprintf(f, "balloon_max = \"%s\"\n", g->max);
	if (g->weight[0])
		fprintf(f, "balloon_weight = \"%s\"\n", g->weight);
	fprintf(f, "cmdline = \"console=hvc0 quiet panic=-1 cryptomgr.notests rodata=off");
	if (!strcmp(g->root, "ramfs"))
		fprintf(f, " rootfstype=ramfs");
	if (!strncmp(g->swap, "zram:", 5))
		fprintf(f, " lab.swap=%s", g->swap);
	else if (g->swap_disk >= 0)
		fprintf(f, " lab.swap=disk:/dev/xvdb");
	if (strcmp(g->module, "no") && strcmp(g->module, "agent"))
		fprintf(f, " lab.module=%s", g->module);
	fprintf(f, "\"\n%s%s", hvm ? HVM_CFG : "", g->cfg);
	return fclose(f);
}
