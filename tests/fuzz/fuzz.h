/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the fuzzers' bodies share: saying what is wrong, and numbers out of bytes. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property that doesn't hold is a crash; it says which, also with stderr closed. */
#define MUST(ok, ...)								\
	do {									\
		if (!(ok))							\
			fuzz_fail(__FILE__, __LINE__, #ok, "" __VA_ARGS__);	\
	} while (0)
_Noreturn void fuzz_fail(const char *file, int line, const char *what, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The input as a source of numbers; at its end there are only zeros. */
void fuzz_begin(const uint8_t *data, size_t size);
bool fuzz_over(void);
/* In [0, below), below > 0; takes as many bytes as such a number has. */
int64_t fuzz_rnd(int64_t below);
/* A size as a reader lets it through: 0 to SCHEMA_KIB_MAX, the ends among them. */
int64_t fuzz_kib(void);

#endif
