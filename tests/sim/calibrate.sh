#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The simulator against what the emulated host made of the same scenarios, as it is
# recorded in calibrate/*.values. `make calibrate` runs that host anew.
set -u
cd "$(dirname "$0")/../.." || exit 2
# shellcheck source=tests/tap.sh
. tests/tap.sh

sim=$PWD/${BUILD:-build}/san/balloonsim
[[ ${BUILD:-build} == /* ]] && sim=$BUILD/san/balloonsim
here=tests/sim/calibrate
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# agrees NAME TYPE KERNEL. Other chances don't come to other sizes.
agrees()
{
	local seed
	"$here/of" "$2" "$3" "$here/$1.scn" >"$work/$1.scn"
	for seed in 1 2 3; do
		timeout 120 "$sim" --seed $seed --csv "$work/csv" "$work/$1.scn" >"$work/said" ||
			{ tail -n 5 "$work/said"; return 1; }
		"$here/extract" sim "$work/csv" >"$work/simulated"
		"$here/compare" "$here/$1.$2-$3.values" "$work/simulated"
	done
}

# status N COMMAND...
status()
{
	local wanted=$1 rc=0
	shift
	"$@" >"$work/out" || rc=$?
	equal "status of $*: $(<"$work/out")" "$rc" "$wanted"
}

# The comparison finds what it is to find.
finds()
{
	cat >"$work/one" <<-'END'
	size m a 102400
	size m b 204800
	event m a grows 100 20000
	event m b shrinks 900 20000
	END
	status 0 "$here/compare" "$work/one" "$work/one"
	sed 's/^size m b.*/size m b 184400/' "$work/one" >"$work/two"
	status 0 "$here/compare" "$work/one" "$work/two"
	sed 's/^size m b.*/size m b 184300/' "$work/one" >"$work/two"
	status 1 "$here/compare" "$work/one" "$work/two"
	grep -q '^DIFFERS: b at m differs by more than 10 %' "$work/out"
	grep -v '^size m b' "$work/one" >"$work/two"
	status 1 "$here/compare" "$work/one" "$work/two"
	status 1 "$here/compare" "$work/two" "$work/one"
	sed 's/^event m a.*/event m a grows 1200 20000/' "$work/one" >"$work/two"
	status 1 "$here/compare" "$work/one" "$work/two"
	grep -q 'a before b on the emulated host' "$work/out"
	sed 's/^event m a.*/event m a grows 1100 20000/' "$work/one" >"$work/two"
	status 0 "$here/compare" "$work/one" "$work/two"
	sed 's/^event m a grows/event m a shrinks/' "$work/one" >"$work/two"
	status 1 "$here/compare" "$work/one" "$work/two"
	grep -v '^event m a' "$work/one" >"$work/two"
	status 1 "$here/compare" "$work/one" "$work/two"
	status 1 "$here/compare" "$work/two" "$work/one"
	: >"$work/none"
	status 1 "$here/compare" "$work/none" "$work/none"
}

for file in "$here"/*.values; do
	IFS=' ' read -r name type kernel <<<"$(basename "$file" .values | sed 's/[.-]/ /; s/-/ /')"
	check "sim:calibrate_${name}_${type}_$kernel" agrees "$name" "$type" "$kernel"
done
check sim:calibrate_finds finds
tap_end
