// SPDX-License-Identifier: GPL-2.0-or-later
#include "zero_proc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/host.h"
#include "record.h"

/*
 * Somebody in dom0 waits for memory for a tenth of a second in one second: a guest's
 * request to a backend in dom0 waits as well.
 */
#define PRESSURE_TRIGGER	"some 100000 1000000"

#define BALLOON	"/sys/devices/system/xen_memory/xen_memory0/"

enum file { MEMINFO, VMSTAT, MIN_FREE, CURRENT, TARGET, LOW, HIGH };
static const struct {
	const char *path;
	bool needed;
} files[ZERO_FILES] = {
	[MEMINFO] = { "/proc/meminfo", true },
	[VMSTAT] = { "/proc/vmstat", true },
	[MIN_FREE] = { "/proc/sys/vm/min_free_kbytes", true },
	[CURRENT] = { BALLOON "info/current_kb", false },
	[TARGET] = { BALLOON "target_kb", false },
	[LOW] = { BALLOON "info/low_kb", false },
	[HIGH] = { BALLOON "info/high_kb", false },
};

struct word {
	const char *name;
	size_t offset;
};

#define WORD_ROW(name, member) { name, offsetof(struct zero_facts, member) },
static const struct word meminfo[] = { ZERO_MEMINFO(WORD_ROW) };
static const struct word vmstat[] = { ZERO_VMSTAT(WORD_ROW) };
#define COUNT(words) (sizeof(words) / sizeof((words)[0]))

/* Nothing that fits 62 bits of KiB or pages is out of bounds. */
#define VALUE_MAX	(1ULL << 62)

/* Lines of NAME, `colon`, blanks, a decimal and whatever follows it. */
static int parse(const char *text, const struct word *words, size_t n, const char *colon,
		 struct zero_facts *out)
{
	uint32_t seen = 0;

	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		size_t len = strcspn(line, *colon ? ":\n" : " \n");

		for (size_t i = 0; i < n; i++) {
			const char *value = line + len + strlen(colon);
			u64 number;

			if (strlen(words[i].name) != len || memcmp(words[i].name, line, len))
				continue;
			if (strncmp(line + len, colon, strlen(colon)))
				return -EPROTO;
			value += strspn(value, " ");
			if (seen & 1u << i || decimal_parse(value, strcspn(value, " \n"), VALUE_MAX,
							    &number))
				return -EPROTO;
			seen |= 1u << i;
			*(int64_t *)((char *)out + words[i].offset) = (int64_t)number;
		}
	}
	return seen == (1u << n) - 1 ? 0 : -EPROTO;
}

int zero_parse_meminfo(const char *text, struct zero_facts *out)
{
	return parse(text, meminfo, COUNT(meminfo), ":", out);
}

int zero_parse_vmstat(const char *text, struct zero_facts *out)
{
	return parse(text, vmstat, COUNT(vmstat), "", out);
}

/* The trigger lives as long as the file is open. Without PSI dom0 is looked at more often. */
static int pressure_open(const char *root)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/proc/pressure/memory", root);
	fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0 && write(fd, PRESSURE_TRIGGER, sizeof(PRESSURE_TRIGGER)) < 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

int zero_proc_open(struct zero_proc *proc, const char *root)
{
	char path[256];
	int rc = 0;

	for (int i = 0; i < ZERO_FILES; i++) {
		snprintf(path, sizeof(path), "%s%s", root, files[i].path);
		proc->fd[i] = open(path, O_RDONLY | O_CLOEXEC);
		if (proc->fd[i] < 0 && files[i].needed && !rc)
			rc = -errno;
	}
	proc->pressure_fd = rc ? -1 : pressure_open(root);
	if (rc)
		zero_proc_close(proc);
	return rc;
}

void zero_proc_close(struct zero_proc *proc)
{
	for (int i = 0; i < ZERO_FILES; i++)
		if (proc->fd[i] >= 0)
			close(proc->fd[i]);
	if (proc->pressure_fd >= 0)
		close(proc->pressure_fd);
	proc->pressure_fd = -1;
}

/* From the beginning; these files come a page at a time. */
static int file_read(int fd, char *text, size_t size)
{
	size_t at = 0;
	ssize_t n;

	do {
		n = pread(fd, text + at, size - 1 - at, (off_t)at);
		if (n < 0)
			return -errno;
		at += (size_t)n;
	} while (n && at < size - 1);
	text[at] = '\0';
	return at < size - 1 ? 0 : -E2BIG;
}

/* A file that is one number. */
static int64_t number_read(int fd)
{
	char text[32];
	u64 number;

	if (fd < 0 || file_read(fd, text, sizeof(text)) ||
	    decimal_parse(text, strcspn(text, "\n"), VALUE_MAX, &number))
		return KIB_NONE;
	return (int64_t)number;
}

int zero_proc_read(struct zero_proc *proc, struct zero_facts *out)
{
	static char text[32768];	/* the loop's own: one reader */
	int64_t low_kib, high_kib;
	int rc;

	rc = file_read(proc->fd[MEMINFO], text, sizeof(text));
	if (!rc)
		rc = zero_parse_meminfo(text, out);
	if (!rc)
		rc = file_read(proc->fd[VMSTAT], text, sizeof(text));
	if (!rc)
		rc = zero_parse_vmstat(text, out);
	if (rc)
		return rc;
	out->min_free_kib = number_read(proc->fd[MIN_FREE]);
	if (out->min_free_kib == KIB_NONE)
		return -EPROTO;
	out->balloon_kib = number_read(proc->fd[CURRENT]);
	out->balloon_target_kib = number_read(proc->fd[TARGET]);
	low_kib = number_read(proc->fd[LOW]);
	high_kib = number_read(proc->fd[HIGH]);
	out->balloon_room_kib = out->balloon_kib == KIB_NONE || low_kib == KIB_NONE ||
		high_kib == KIB_NONE ? KIB_NONE : out->balloon_kib + low_kib + high_kib;
	return 0;
}
