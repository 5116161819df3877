#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# balloonsim as a program, under the sanitizers: every scenario beside this file,
# its options, its output.
set -u
cd "$(dirname "$0")/../.." || exit 2
# shellcheck source=tests/tap.sh
. tests/tap.sh

sim=$PWD/${BUILD:-build}/san/balloonsim
[[ ${BUILD:-build} == /* ]] && sim=$BUILD/san/balloonsim
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# status N COMMAND...: it must exit so; what it says is in $out
status()
{
	local wanted=$1 rc=0
	shift
	out=$("$@" 2>&1) || rc=$?
	equal "status of $*: $out" "$rc" "$wanted"
}

# Holds with other chances, too.
scenario()
{
	local seed
	for seed in 1 2 3; do
		status 0 timeout 120 "$sim" --seed "$seed" "tests/sim/$1.scn"
	done
}

short()
{
	cat >"$work/short.scn" <<-'END'
	host 1024
	dom0 512
	guest a memory=128 maxmem=256
	daemon start
	start a by xlmem
	note 1 it grows
	touch a load 60 rate=50
	sleep 100ms to 8s
	expect a.alive == 1
	END
}

seed()
{
	short
	"$sim" --json --seed 7 "$work/short.scn" >"$work/one"
	"$sim" --json --seed 7 "$work/short.scn" >"$work/two"
	"$sim" --json --seed 8 "$work/short.scn" >"$work/three"
	cmp "$work/one" "$work/two"
	status 1 cmp -s "$work/one" "$work/three"
	status 2 "$sim" --seed x "$work/short.scn"
	status 2 "$sim" --seed -1 "$work/short.scn"
}

json()
{
	short
	"$sim" -j "$work/short.scn" "$work/short.scn" >"$work/json"
	python3 - "$work/json" <<-'END'
	import json, sys
	runs = [json.loads(line) for line in open(sys.argv[1])]
	assert len(runs) == 2 and runs[0] == runs[1]
	run = runs[0]
	assert run["ok"] is True and run["held"] == 1 and run["failures"] == []
	assert run["first_breach"] is None and run["host"]["breaches"] == 0
	assert run["vms"][0]["name"] == "a" and run["vms"][0]["tot"] > 0
	assert run["counters"]["turns"] > 0
	END
	echo 'expect a.tot == 1' >>"$work/short.scn"
	status 1 "$sim" -j "$work/short.scn"
	[[ $out == *'"ok":false'*"short.scn:10: expect a.tot == 1"* ]]
}

svg()
{
	short
	status 0 "$sim" --svg "$work/a.svg" "$work/short.scn"
	python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' "$work/a.svg"
	grep -q '1 it grows' "$work/a.svg"
	grep -q 'truly needs' "$work/a.svg"
	status 2 "$sim" --svg "$work/nowhere/a.svg" "$work/short.scn"
	status 2 "$sim" --svg "$work/a.svg" "$work/short.scn" "$work/short.scn"
}

csv()
{
	short
	status 0 "$sim" --csv "$work/a.csv" "$work/short.scn"
	head -n 1 "$work/a.csv" | grep -q '^ms,vm,tot_kib,max_kib,'
	grep -qE '^[0-9]+,a,[0-9]+,[0-9]+,[0-9]+,[0-9]+,[0-9]+,[0-9]+,[0-9]+$' "$work/a.csv"
	# Every line has as many cells as the first.
	equal cells "$(awk -F, '{ print NF }' "$work/a.csv" | sort -u)" 9
	status 2 "$sim" --csv "$work/x" --svg "$work/x" "$work/short.scn"
}

check_only()
{
	short
	status 0 "$sim" --check "$work/short.scn" tests/sim/*.scn tests/bench/day.scn
	equal "what it says" "$out" ""
	sed -i 's/^host.*/host -3/' "$work/short.scn"
	status 3 "$sim" tests/sim/liar.scn "$work/short.scn"
	# Nothing was run, and the fault has a place.
	equal "what it says" "${out%%: *}" "$work/short.scn:1:6"
	status 3 "$sim" --check "$work/none.scn"
}

verbose()
{
	short
	status 0 "$sim" -v "$work/short.scn"
	[[ $out == *'balloond: start'*'a(1) runs'*'1 it grows'* ]]
	[[ $out == *'balloond: turn='* ]]
}

help()
{
	local word
	status 0 "$sim" --help
	for word in seed json svg csv check verbose help version; do
		[[ $out == *"--$word"* ]]
	done
	status 0 "$sim" -h
	status 0 "$sim" --version
	grep -qE '^balloonsim [0-9]' <<<"$out"
	status 0 "$sim" -V
	status 2 "$sim"
	status 2 "$sim" --nothing
	status 2 "$sim" --svg
}

begun()
{
	[[ $(find "$1" -type f | wc -l) -eq 2 ]]
}

# A signal in the midst of it: neither the files nor what was to become of them.
interrupted()
{
	local pid rc=0
	cat >"$work/long.scn" <<-'END'
	host 8192
	bound 900d
	sample 1ms
	guest a count=20 memory=128 maxmem=256 character=bursty
	daemon start
	start a*
	sleep 800d
	expect a1.alive == 1
	END
	mkdir "$work/out"
	"$sim" --svg "$work/out/a.svg" --csv "$work/out/a.csv" "$work/long.scn" >"$work/said" 2>&1 &
	pid=$!
	eventually 20 begun "$work/out"
	sleep 0.2
	kill -INT $pid
	wait $pid || rc=$?
	equal status $rc 130
	equal left "$(ls "$work/out")" ""
}

for file in tests/sim/*.scn; do
	name=$(basename "$file" .scn)
	check "sim:$name" scenario "$name"
done
check sim:seed seed
check sim:json json
check sim:svg svg
check sim:csv csv
check sim:check check_only
check sim:verbose verbose
check sim:help help
check sim:interrupted interrupted
tap_end
