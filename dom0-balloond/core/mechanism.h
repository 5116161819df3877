/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The switch of a safety mechanism: the constant 1, so that it costs nothing.
 * Only builds for `make check-mutants` can turn one off, which a named test must
 * then notice: tests/mutants/mechanisms.h.
 */
#ifndef MECHANISM
#define MECHANISM(name)	1
#endif
