#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The policy core calls nothing: no allocation, no I/O, no clock, no C library.
object=${BUILD:-build}/dom0-balloond/core.o
echo 1..2
undefined=$(nm -u "$object") || exit 1
[ -z "$undefined" ] || { echo "# $undefined"; printf 'not '; }
echo "ok 1 - core_calls_nothing"
if objdump -d "$object" | grep -Eq '%(xmm|ymm|st)'; then printf 'not '; fi
echo "ok 2 - core_no_floating_point"
