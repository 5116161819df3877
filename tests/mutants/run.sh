#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# tests/mutants/run.sh: every safety mechanism off in turn; its test must fail,
# and pass with all of them on. TAP; the table goes where tests/run shows notes,
# or to standard error.
set -euo pipefail
cd "$(dirname "$0")/../.."
source tests/tap.sh

dir=${BUILD:-build}/mutants/tests
export CMOCKA_MESSAGE_OUTPUT=TAP
unset MUTANT MUTANT_TEST
declare -A program verdict
table=${CHECK_NOTES:-$(mktemp -d)}/mutants
n=0 killed=0

for p in "$dir"/*/*; do
	[[ -x $p && -f $p ]] || continue
	group=$(basename "$(dirname "$p")")
	while read -r line; do
		name=${line#*- }
		verdict[$group:${name#"$group":}]=${line%%ok*}ok
		program[$group:${name#"$group":}]=$p
	done < <(timeout 120 "$p" 2>/dev/null | grep -E '^(not )?ok ' || true)
done

# killed MECHANISM TEST: does the test fail without it?
killed()
{
	local name=$2 p=${program[$2]:-} said

	if [[ ${verdict[$name]:-} != ok ]]; then
		echo "$name doesn't pass with every mechanism on: ${verdict[$name]:-there is none}"
		return 1
	fi
	# cmocka knows it by the name it prints, which may have its group before it
	[[ $name == policy:* ]] || name="*${name#*:}"
	said=$(MUTANT=$1 MUTANT_TEST=$name timeout 120 "$p" 2>/dev/null || true)
	grep -q '^not ok ' <<<"$said"
}

while IFS=$'\t' read -r name test lost; do
	if [[ $test == store:* ]]; then	# by tests/store/crash_notices.sh
		continue
	fi
	n=$((n + 1))
	if why=$(killed "$name" "$test"); then
		killed=$((killed + 1)) word=killed
	else
		word=SURVIVED
		failed+="$name: $lost, and $test passes. $why"$'\n'
	fi
	printf '%-18s %-38s %s\n' "$name" "$test" "$word" >>"$table"
done < <(MUTANT=\? "$dir/policy/goal")

echo "$n mechanisms, $killed killed" >>"$table"
[[ -n ${CHECK_NOTES:-} ]] || cat "$table" >&2
if [[ $n -gt 0 && $n -eq $killed ]]; then
	tap_ok unit:mutants
else
	tap_not_ok unit:mutants "${failed:-no mechanisms}"
fi
tap_end
