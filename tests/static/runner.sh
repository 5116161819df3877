#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# tests/run itself: each way in which a test program can go wrong must count.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/tests/unit"
n=0

# expect NAME STATUS LAST_LINE BODY...: a program of each BODY, run together
expect()
{
	local name=$1 status=$2 last=$3 programs=() body out rc
	shift 3
	for body; do
		programs+=("$work/tests/unit/p${#programs[@]}")
		printf '#!/bin/sh\n%s\n' "$body" >"${programs[-1]}"
		chmod +x "${programs[-1]}"
	done
	out=$(BUILD=$work CHECK_TIMEOUT=1 tests/run "${programs[@]}")
	rc=$?
	n=$((n + 1))
	if [[ $rc -eq $status && $(tail -n 1 <<<"$out") == "$last" ]]; then
		echo "ok $n - runner_$name"
	else
		echo "# status $rc, wanted $status and '$last': ${out//$'\n'/$'\n'# }"
		echo "not ok $n - runner_$name"
	fi
}

good='echo "1..2"; echo "ok 1 - a"; echo "ok 2 - b"'
expect good		0 "2 passed, 0 failed" "$good"
expect failing		1 "1 passed, 1 failed" 'echo "ok 1 - a"; echo "not ok 2 - b"; echo 1..2; exit 1'
expect silent		1 "0 passed, 1 failed" 'exit 0'
expect dying		1 "2 passed, 1 failed" "$good; kill -9 \$\$"
expect bad_exit		1 "2 passed, 1 failed" "$good; exit 3"
expect short_plan	1 "1 passed, 1 failed" 'echo "1..2"; echo "ok 1 - a"'
expect no_plan		1 "1 passed, 1 failed" 'echo "ok 1 - a"'
expect hanging		1 "2 passed, 1 failed" "$good; sleep 20"
expect twice		1 "2 passed, 2 failed" "$good" "$good"
expect skipped		0 "1 passed, 0 failed" 'echo "1..2"; echo "ok 1 - a"; echo "ok 2 - b # SKIP no Xen"'
expect nothing_ran	1 "0 passed, 0 failed" 'echo "1..0 # SKIP no Xen"'

# The end of a long log is what is read: it names what failed, and why.
n=$((n + 1))
printf '#!/bin/sh\n%s\n' 'echo "# the reason"; echo "not ok 1 - broken"; echo 1..1; exit 1' \
	>"$work/tests/unit/p0"
printf '#!/bin/sh\n%s\n' "$good" >"$work/tests/unit/p1"
last=$(BUILD=$work tests/run "$work/tests/unit/p0" "$work/tests/unit/p1" | tail -n 6 | tr -d '\n')
if [[ $last == "Failed:"*"unit:broken"*"# the reason"*"2 passed, 1 failed" ]]; then
	echo "ok $n - runner_named_at_the_end"
else
	echo "# $last"
	echo "not ok $n - runner_named_at_the_end"
fi

# Two at a time: each waits for the other. And after "--" one by one, in order.
meet() {
	echo "touch $work/$1; for i in \$(seq 100); do test -e $work/$2 && break; sleep 0.05; done"
	echo "test -e $work/$2 && echo ok 1 - $1 && echo 1..1; : >$work/$1.met"
}
for pair in "one two" "two one"; do
	read -r me other <<<"$pair"
	printf '#!/bin/sh\n%s\n' "$(meet "$me" "$other")" >"$work/tests/unit/$me"
	chmod +x "$work/tests/unit/$me"
done
printf '#!/bin/sh\n%s\n' "test -e $work/one.met && test -e $work/two.met && echo ok 1 - after && echo 1..1" \
	>"$work/tests/unit/after"
chmod +x "$work/tests/unit/after"
n=$((n + 1))
last=$(BUILD=$work CHECK_JOBS=2 CHECK_TIMEOUT=10 tests/run "$work/tests/unit/one" "$work/tests/unit/two" \
	-- "$work/tests/unit/after" | tail -n 1)
[ "$last" = "3 passed, 0 failed" ] || { echo "# $last"; echo -n "not "; }
echo "ok $n - runner_at_a_time"
echo "1..$n"
