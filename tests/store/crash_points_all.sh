#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every point, not the sample that `make check` takes.
set -euo pipefail
cd "$(dirname "$0")/../.."
tests/store/crash_points.sh --all | sed -u 's/^\(\(not \)\?ok [0-9]* - crash_\)/\1all_/'
