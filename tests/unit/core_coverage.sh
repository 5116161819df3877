#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs the tests of the policy core on objects that count, and prints for each
# file how many branches were taken at least once; under 95 % in all is a failure.
# COVERAGE_SHOW=1 lists the branches never taken.
set -euo pipefail
cd "$(dirname "$0")/../.."
source tests/tap.sh

dir=${BUILD:-build}/coverage
note=${CHECK_NOTES:-$(mktemp -d)}/coverage
least=95
find "$dir" -name '*.gcda' -delete

for program in "$dir"/tests/unit/core_*; do
	[[ -x $program && -f $program ]] || continue
	"$program" >/dev/null 2>&1 || echo "# $program fails" >&2
done

# gcov's words: Branches executed (reached) and, of all, taken at least once.
gcov -b -c -n -o "$dir/dom0-balloond/core" "$dir"/dom0-balloond/core/*.gcda 2>/dev/null |
	awk -v least=$least '
	/^File / { file = $2; gsub(/\x27/, "", file) }
	/^Taken at least once:/ && file ~ /core\/.*\.c$/ {
		split($4, part, ":"); sub(/%.*/, "", part[2])
		n = $NF; taken = part[2] * n / 100
		sub(/.*core\//, "", file)
		printf "%-18s %4d branches %6.1f %%\n", file, n, part[2]
		all += n; hit += taken; file = ""
	}
	END {
		percent = all ? 100 * hit / all : 0
		printf "%-18s %4d branches %6.1f %% (%d %% wanted)\n", "core/", all, percent, least
		exit percent < least
	}' >"$note" && rc=0 || rc=$?

[[ -n ${CHECK_NOTES:-} ]] || cat "$note" >&2
if [[ -n ${COVERAGE_SHOW:-} ]]; then
	gcov -b -c -t -o "$dir/dom0-balloond/core" "$dir"/dom0-balloond/core/*.gcda 2>/dev/null |
		awk '/:Source:/ { sub(/.*:Source:/, ""); file = $0 }
		     /^ *[0-9#-]+\*?: *[0-9]+:/ { line = $0 }
		     /^branch +[0-9]+ (taken 0|never)/ && file ~ /core\/.*c$/ {
			if (line != last) print file ": " line
			print "\t" $0
			last = line }' >&2
fi
if [[ $rc -eq 0 ]]; then
	tap_ok unit:core_coverage
else
	tap_not_ok unit:core_coverage "$(cat "$note")"
fi
tap_end
