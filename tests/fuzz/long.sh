#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# tests/fuzz/long.sh: every fuzzer for half a minute, with inputs that are new each time.
FUZZ_S=${FUZZ_S:-30} exec "$(dirname "$0")/run.sh"
