// SPDX-License-Identifier: GPL-2.0-or-later
#include "fuzz.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "schema.h"

static const uint8_t *at, *end;
static int say_fd = 2;

/* Before libFuzzer closes what the code under test writes to (-close_fd_mask). */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	say_fd = dup(2);
	/* A cmocka assertion out of a test: a crash, not an exit. */
	setenv("CMOCKA_TEST_ABORT", "1", 1);
	return 0;
}

void fuzz_fail(const char *file, int line, const char *what, const char *format, ...)
{
	va_list args;

	dprintf(say_fd, "%s:%d: %s: ", file, line, what);
	va_start(args, format);
	vdprintf(say_fd, format, args);
	va_end(args);
	dprintf(say_fd, "\n");
	abort();
}

void fuzz_begin(const uint8_t *data, size_t size)
{
	at = data;
	end = data + size;
}

bool fuzz_over(void)
{
	return at == end;
}

int64_t fuzz_rnd(int64_t below)
{
	uint64_t value = 0;

	if (below <= 1)
		return 0;
	for (uint64_t rest = (uint64_t)below - 1; rest; rest >>= 8)
		value = value << 8 | (at < end ? *at++ : 0);
	return (int64_t)(value % (uint64_t)below);
}

int64_t fuzz_kib(void)
{
	switch (fuzz_rnd(8)) {
	case 0:	return 0;
	case 1:	return (int64_t)SCHEMA_KIB_MAX;
	case 2:	return fuzz_rnd((int64_t)SCHEMA_KIB_MAX + 1);
	case 3:	return fuzz_rnd(4096);
	default: return fuzz_rnd(4096) * 1024;
	}
}
