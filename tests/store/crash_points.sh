#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# balloond killed at its calls, and xenstored lost at them: crash_points.c. Also runs
# the other programs of this folder that have a host on a stage (crash_host.h): each is
# this script by another name.
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$(readlink -f "${BUILD:-build}")
if [[ -z ${STORE_DIR:-} ]]; then
	exec tests/store/with-xenstored "$PWD/tests/store/$(basename "$0")" "$@"
fi
export BALLOOND_SOCKET=$STORE_DIR/control.sock
export CRASH_PRELOAD=$build/tests/store/crash.so
export CRASH_BALLOOND=${CRASH_BALLOOND:-$build/balloond}
printf 'shrink_divisor = 2\nshrink_interval = 500\n' >"$STORE_DIR/balloond.conf"
rc=0
"$build/tests/store/$(basename "$0" .sh)" "$@" || rc=$?
if [[ $rc -ne 0 ]]; then
	tail -n "${CRASH_LOG:-30}" "$STORE_DIR/log" >&2
fi
exit $rc
