# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What the benches on the emulated host share. Source it with BUILD set or not.
BUILD=${BUILD:-build}
out=$BUILD/bench
mkdir -p "$out"

# one_of NAME VALUE ALLOWED...: ends the bench unless VALUE is allowed
one_of() {
	local name=$1 value=$2
	shift 2
	[[ " $* " == *" $value "* ]] && return
	echo "bench: $name: \"$value\" is none of: $*" >&2
	exit 2
}

# number_of NAME VALUE: ends the bench unless it is a number from 1 on
number_of() {
	[[ $2 =~ ^[1-9][0-9]{0,5}$ ]] && return
	echo "bench: $1: \"$2\" is not a number from 1 on" >&2
	exit 2
}

# What the benches take from the environment.
parameters_check() {
	local word
	for word in ${CELLS:-}; do one_of CELLS "$word" pv:6.1 pv:6.12 pvh:6.1 pvh:6.12; done
	for word in ${SEEDS:-}; do number_of SEEDS "$word"; done
	number_of JOBS "${JOBS:-1}"
	number_of RUNS "${RUNS:-1}"
}

# bench_run LABEL SCENARIO DIR SEED [PARAM=VALUE...]: its results are in DIR. The emulation
# fails now and then: once more, then; not where something is missing, or the scenario is bad.
bench_run() {
	local label=$1 scenario=$2 dir=$3 seed=$4 try rc
	shift 4
	rm -rf "$dir"
	for try in 1 2; do
		rc=0
		LAB_SEED=$seed "${XENLAB:-tests/xen/xenlab}" scenario --quiet --results "$dir" "$scenario" "$@" \
			>"$dir.log" 2>&1 || rc=$?
		if [ $rc = 0 ]; then
			echo "bench: $label, seed $seed: done (try $try)" >&2
			return 0
		fi
		echo "bench: $label, seed $seed: failed (try $try), exit $rc: $(
			{ grep -hE '^# +[0-9.]+ failed:' "$dir/host.log" || tail -n 1 "$dir.log"; } 2>/dev/null | head -n 1)" >&2
		case $rc in 2 | 3) return 1 ;; esac
		[ $try = 2 ] || { rm -rf "$dir.first" && mv "$dir" "$dir.first"; }
		echo "bench: see $dir$([ $try = 2 ] || echo .first)" >&2
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
