# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the benches on the emulated host share. Source it with BUILD set or not.
BUILD=${BUILD:-build}
out=$BUILD/bench
mkdir -p "$out"

# bench_run LABEL SCENARIO DIR SEED [PARAM=VALUE...]: its results are in DIR. The emulation
# fails now and then: once more, then.
bench_run() {
	local label=$1 scenario=$2 dir=$3 seed=$4 try
	shift 4
	for try in 1 2; do
		if LAB_SEED=$seed "${XENLAB:-tests/xen/xenlab}" scenario --quiet --results "$dir" "$scenario" "$@" \
			>"$dir.log" 2>&1; then
			echo "bench: $label, seed $seed: done (try $try)" >&2
			return 0
		fi
		echo "bench: $label, seed $seed: failed (try $try), see $dir" >&2
	done
	return 1
}

# value DIR NAME: "?" when there is none, which no arithmetic takes
value() { sed -n "s/^$2=//p" "$1/values" | tail -n 1 | grep . || echo "?"; }

are_numbers() {
	local n
	for n; do [[ $n =~ ^-?[0-9]+(\.[0-9]+)?$ ]] || return; done
}

# measured FUNCTION...: what it prints; without all of its numbers nothing, and $failed is 1
measured() {
	local text
	if text=$("$@") && [[ -n $text && $text != *"?"* ]]; then
		echo "$text"
	else
		echo "bench: a value is missing: $* of ${dir:-}" >&2
		# shellcheck disable=SC2034 # the bench exits with it
		failed=1
	fi
}

export BUILD out
export -f bench_run
