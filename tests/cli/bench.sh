#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The benches of the emulated host fail when a run brought no number, by one that says
# what it is told to.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
. tests/tap.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XENLAB=$work/xenlab VALUES=$work/values

cat >"$XENLAB" <<'END'
#!/bin/bash
# scenario --quiet --results DIR ...
mkdir -p "$4"
cp "$VALUES" "$4/values"
echo "time,a.tot,a.target" >"$4/samples.csv"
exit "${FAILS:-0}"
END
chmod +x "$XENLAB"

# bench NAME [VARIABLE=VALUE...]: its exit status
bench()
{
	env BUILD="$work" "${@:2}" "tests/bench/$1" >"$work/out" 2>&1
	echo $?
}

LEASE='born.load.ms@born=1000
time@populate=100
time@populated=350
a.load.ms@first_met=1300
a.load.ms@again_met=1200
a.pswpout@again_met=0'

GRANT=$(for n in 1 2 3; do
	printf '%s\n' "grant$n.ms=100" "time@write$n=5" "time@freed$n=105" {a,b}".tot@ask$n=4096" \
		{a,b}".tot@granted$n=1024"
done)

# complete NAME VALUES VARIABLE=VALUE...: done with all of them, and not without any one
complete()
{
	local missing
	printf '%s\n' "$2" >"$VALUES"
	equal "$1" "$(bench "$1" "${@:3}")" 0
	while read -r missing; do
		grep -vxF "$missing" <<<"$2" >"$VALUES"
		equal "$1 without $missing" "$(bench "$1" "${@:3}")" 1
	done <<<"$2"
}

lease() { complete guest "$LEASE" SEEDS=1 CELLS=pv:6.1 WHAT=lease; }
grant() { complete grant "$GRANT" RUNS=1 CELLS=pv:6.1; }

nothing()
{
	local what
	echo other=1 >"$VALUES"
	for what in lease antiphase overhead; do
		equal "$what" "$(bench guest SEEDS=1 CELLS=pv:6.1 "WHAT=$what")" 1
	done
	equal grant "$(bench grant RUNS=1)" 1
	equal spike "$(bench spike RUNS=1 CELLS=pv:6.1)" 1
	equal accuracy "$(bench accuracy SEEDS=1 CELLS=pv:6.1 WORKS=steady)" 1
}

# Of a run that failed nothing is left to be taken for a figure later.
failed_run()
{
	local args=(accuracy SEEDS=1 CELLS=pv:6.1 WORKS=steady)

	echo other=1 >"$VALUES"
	equal exit "$(bench "${args[@]}")" 1
	equal exit "$(bench "${args[@]}" FAILS=1 KEEP=smallest)" 1
	equal kept "$(cd "$work/bench" && echo *steady.pv.6.1.1/values)" smallest.steady.pv.6.1.1/values
	equal exit "$(bench "${args[@]}" FAILS=1)" 1
	equal left "$(find "$work/bench" -path "*steady.pv.6.1.1/values")" ''
}

check bench_lease lease
check bench_grant grant
check bench_nothing nothing
check bench_failed failed_run
tap_end
