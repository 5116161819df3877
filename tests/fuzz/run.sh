#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# tests/fuzz/run.sh: every fuzzer over its corpus and RUNS inputs more, always the
# same ones (FUZZ_S=seconds: new ones for so long); none may crash, and each must
# find the bug planted for it. TAP; the table goes where tests/run shows notes, or
# to standard error. What crashed stays in build/fuzz/crashes.
set -euo pipefail
cd "$(dirname "$0")/../.."
source tests/tap.sh

dir=${BUILD:-build}/fuzz
crashes=$dir/crashes
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
table=${CHECK_NOTES:-$work}/fuzz
mkdir -p "$crashes"

# Inputs in `make check`: some 15 s of processor time in all.
declare -A RUNS=([report]=100000 [socket]=2500 [config]=40000 [state]=2500 [plan]=5000)

# fuzz PROGRAM NAME LIMIT...: says what libFuzzer says
fuzz()
{
	local program=$1 name=$2 options=(-timeout=20 -print_final_stats=1)
	shift 2

	options+=(-artifact_prefix="$crashes/$name-")
	if [[ $name == config ]]; then
		# libxlutil says every fault, and leaks: looked for once, at the end.
		options+=(-close_fd_mask=2 -detect_leaks=0)
	fi
	if [[ -f tests/fuzz/$name.dict ]]; then
		options+=(-dict="tests/fuzz/$name.dict")
	fi
	rm -rf "$work/corpus"
	mkdir "$work/corpus"
	"$program" "${options[@]}" "$@" "$work/corpus" "tests/fuzz/corpus/$name" 2>&1
}

# Lines and branches of what is fuzzed that were taken.
coverage()
{
	llvm-profdata merge -o "$work/$1.profdata" "$work/$1.profraw"
	llvm-cov export -summary-only -instr-profile="$work/$1.profdata" "$dir/$1" 2>/dev/null |
		jq -r '[.data[0].files[].summary | select(.lines.covered > 0)] |
			"\(map(.lines.covered) | add) \(map(.lines.count) | add) " +
			"\(map(.branches.covered) | add) \(map(.branches.count) | add)"'
}

number()
{
	sed -nE "s/.*$1 ([0-9]+).*/\1/p" "$work/said" | tail -n 1
}

clean()
{
	local name=$1 limit=(-runs="${RUNS[$1]}" -seed=1) rc=0 lines of branches ofbranches
	shift

	if [[ -n ${FUZZ_S:-} ]]; then
		limit=(-max_total_time="$FUZZ_S")
	fi
	export LLVM_PROFILE_FILE=$work/$name.profraw
	fuzz "$dir/$name" "$name" "${limit[@]}" >"$work/said" || rc=$?
	if [[ $rc -ne 0 ]]; then
		printf '%-8s crashed\n' "$name" >>"$table"
		tap_not_ok "fuzz:$name" "$(grep -E '^tests/|runtime error|ERROR|in [a-z_]+ .*\.c:|Test unit|Seed' \
			"$work/said" | head -n 24)"
		return
	fi
	read -r lines of branches ofbranches < <(coverage "$name")
	printf '%-8s %8d executions, 0 crashes, %5d edges, %5d of %5d lines, %5d of %5d branches\n' \
		"$name" "$(number number_of_executed_units:)" "$(number 'cov:')" \
		"$lines" "$of" "$branches" "$ofbranches" >>"$table"
	tap_ok "fuzz:$name"
}

# The same budget, with at most six seeds (one of state's finds it two times in
# three): a fuzzer that doesn't find this would find nothing.
planted()
{
	local name=$1 rc=0 seed

	for seed in 1 2 3 4 5 6; do
		rc=0
		LLVM_PROFILE_FILE=/dev/null fuzz "$dir/planted/$name" "$name" \
			-runs="${RUNS[$name]}" -seed=$seed -artifact_prefix="$work/" >"$work/said" || rc=$?
		[[ $rc -eq 0 ]] || break
	done
	if [[ $rc -eq 77 || $rc -eq 1 ]]; then
		printf '%-8s planted bug found after %d executions: %s\n' "$name" \
			"$(((seed - 1) * RUNS[$name] + $(number number_of_executed_units:)))" \
			"$(grep -m1 -oE 'AddressSanitizer: [a-z-]+|runtime error: .*|^tests/.*: .*|I[0-9]: .*' \
				"$work/said" | cut -c 1-90)" >>"$table"
		tap_ok "fuzz:${name}_planted"
	else
		tap_not_ok "fuzz:${name}_planted" "status $rc: $(tail -n 3 "$work/said")"
	fi
}

for name in report socket config state plan; do
	clean "$name"
done
for name in report socket config state plan; do
	planted "$name"
done
[[ -n ${CHECK_NOTES:-} ]] || cat "$table" >&2
tap_end
