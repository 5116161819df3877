#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The crash points can fail: with a mechanism taken out they do.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
. tests/tap.sh
build=$(readlink -f "${BUILD:-build}")
export CRASH_BALLOOND=$build/mutants/balloond

# notices MECHANISM ROUND PATH: points whose path has PATH are lost without it alone
notices()
{
	CRASH_ONLY=$2 CRASH_MATCH=$3 tests/store/crash_points.sh
	if MUTANT=$1 CRASH_ONLY=$2 CRASH_MATCH=$3 tests/store/crash_points.sh 2>/dev/null; then
		echo "without $1 all points are survived"
		return 1
	fi
}

check crash_notices_own_target notices own_target kill /pin
check crash_notices_size_last notices size_last kill /reservation/N/
tap_end
