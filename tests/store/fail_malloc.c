// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * LD_PRELOAD library: makes one allocation fail, the one whose number stands in the
 * file that FAIL_MALLOC names; counts all of them there. The file is two numbers of
 * 64 bits in this machine's order, and a third: how many have failed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct shared {
	int64_t count, fail_at, failed;
};

static struct shared none = { .fail_at = -1 }, *shared;

/* glibc's own, under the names that it exports for this. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *block, size_t size);

static struct shared *attached(void)
{
	const char *path = getenv("FAIL_MALLOC");
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	void *at = fd < 0 ? MAP_FAILED :
		   mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (fd >= 0)
		close(fd);
	return at == MAP_FAILED ? &none : at;
}

static int fails(void)
{
	int64_t n;

	if (!shared)
		shared = attached();
	n = __atomic_add_fetch(&shared->count, 1, __ATOMIC_SEQ_CST);
	if (n != __atomic_load_n(&shared->fail_at, __ATOMIC_SEQ_CST))
		return 0;
	__atomic_add_fetch(&shared->failed, 1, __ATOMIC_SEQ_CST);
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return fails() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *block, size_t size)
{
	return fails() ? NULL : __libc_realloc(block, size);
}
