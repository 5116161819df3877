// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * labkexec: another kernel in a guest's place, as kexec-tools does it.
 *
 *	labkexec load BZIMAGE INITRD CMDLINE
 *	labkexec exec
 *
 * As /init of that INITRD it is the second kernel's only program: it goes on touching
 * memory and says so on the console, in labagent's way: job "second".
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE	4096UL
#define TRIES	10

/* @return pages of `bytes` that don't hold what was put there */
static unsigned long bad_pages(size_t bytes)
{
	char *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned long bad = 0;
	size_t at;

	if (p == MAP_FAILED)
		return bytes / PAGE;
	for (at = 0; at < bytes; at += PAGE)
		*(size_t *)(p + at) = at;
	for (at = 0; at < bytes; at += PAGE)
		bad += *(size_t *)(p + at) != at;
	munmap(p, bytes);
	return bad;
}

static unsigned long available_kib(void)
{
	FILE *f = fopen("/proc/meminfo", "r");
	unsigned long kib = 0;
	char line[128];

	while (f && !kib && fgets(line, sizeof(line), f))
		sscanf(line, "MemAvailable: %lu", &kib);
	if (f)
		fclose(f);
	return kib;
}

static void second_kernel(void)
{
	unsigned long bad = 0, kib = 0;
	int fd;

	mkdir("/proc", 0755);
	mkdir("/dev", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("dev", "/dev", "devtmpfs", 0, NULL);
	fd = open("/dev/hvc0", O_WRONLY);
	if (fd >= 0)
		dup2(fd, STDOUT_FILENO);
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 0; i < TRIES; i++) {
		kib = available_kib() * 3 / 4;
		bad += bad_pages(kib * 1024);
	}
	printf("@L J second up=1 bad=%lu touched_kib=%lu\n", bad, kib);
	while (pause())
		;
}

static int load(const char *kernel, const char *initrd, const char *cmdline)
{
	int k = open(kernel, O_RDONLY | O_CLOEXEC), i = open(initrd, O_RDONLY | O_CLOEXEC);

	if (k < 0 || i < 0 ||
	    syscall(SYS_kexec_file_load, k, i, strlen(cmdline) + 1, cmdline, 0)) {
		perror("labkexec load");
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (getpid() == 1)
		second_kernel();
	if (argc == 5 && !strcmp(argv[1], "load"))
		return load(argv[2], argv[3], argv[4]);
	if (argc == 2 && !strcmp(argv[1], "exec")) {
		reboot(RB_KEXEC);
		perror("labkexec exec");
		return 1;
	}
	fprintf(stderr, "usage: labkexec load BZIMAGE INITRD CMDLINE | labkexec exec\n");
	return 2;
}
