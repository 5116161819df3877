#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What `make run` shows of a run, from events that lie there, and what it does in
# a dom0, with programs that only say that they were called.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
. tests/tap.sh

show=${BUILD:-build}/tests/xen/labshow
here=tests/cli
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

plain()
{
	local rc=0
	"$show" --plain $here/labshow.jsonl >"$work/plain" || rc=$?
	equal status $rc 1	# an expectation failed
	diff -u $here/labshow.golden "$work/plain"
}

# The events come late, in pieces that end within a line.
followed()
{
	local rc=0 writer
	(sleep 0.3
	 head -c 700 $here/labshow.jsonl
	 sleep 0.3
	 tail -c +701 $here/labshow.jsonl
	 sleep 5) >"$work/live.jsonl" &
	writer=$!
	"$show" --plain --follow $writer "$work/live.jsonl" >"$work/live" || rc=$?
	kill $writer
	equal status $rc 1
	diff -u $here/labshow.golden "$work/live"
}

# Who wrote them is gone before the end was told.
abandoned()
{
	local rc=0
	head -n 7 $here/labshow.jsonl >"$work/half.jsonl"
	sleep 0 &
	"$show" --plain --follow $! "$work/half.jsonl" >"$work/half" || rc=$?
	equal status $rc 1
	grep -q 'two guests start' "$work/half"
}

plot()
{
	local rc=0
	"$show" --plain --svg "$work/m.svg" $here/labshow.jsonl >/dev/null || rc=$?
	equal "status, by an expectation that fails in it" $rc 1
	grep -q '^</svg>' "$work/m.svg"
	grep -q 'two guests &#60;&#38; a host&#62;' "$work/m.svg"
	equal floors "$(grep -c 'class="f"' "$work/m.svg")" 2	# a's, and the legend's
	equal numbers "$(grep -c '<circle' "$work/m.svg")" 2
	! grep -E 'nan|inf' "$work/m.svg"
}

moving()
{
	command -v script >/dev/null
	local rc=0
	script -qec "stty cols 100; $show $here/labshow.jsonl" "$work/tty" >/dev/null || rc=$?
	equal "status, by an expectation that fails in it" $rc 1
	grep -q "$(printf '\033')\[?25h" "$work/tty"	# the cursor is back
	grep -q 'PVH 6.12' "$work/tty"
}

usage()
{
	local rc=0
	"$show" 2>"$work/usage" || rc=$?
	equal status $rc 2
	grep -q '^usage' "$work/usage"
	equal help "$("$show" --help)" "$(cat "$work/usage")"
	rc=0
	"$show" /nowhere 2>"$work/nowhere" || rc=$?
	equal status $rc 1
	grep -q 'No such file' "$work/nowhere"
}

# Installed, started, shown, in this order.
in_dom0()
{
	unset MAKEFLAGS MFLAGS MAKELEVEL
	mkdir "$work/bin"
	echo control_d >"$work/capabilities"
	for name in make systemctl xlmem sudo; do
		printf '#!/bin/sh\necho "%s $*" >>%s/called\n[ %s != sudo ] || exec "$@"\n' \
			$name "$work" $name >"$work/bin/$name"
		chmod +x "$work/bin/$name"
	done
	XEN_CAPABILITIES=$work/capabilities PATH=$work/bin:$PATH BUILD=build tests/xen/story
	equal called "$(grep -v '^sudo' "$work/called")" 'make -s install BUILD=build
systemctl daemon-reload
systemctl restart balloond
xlmem list'
}

check show_plain plain
check show_followed followed
check show_abandoned abandoned
check show_plot plot
check show_moving moving
check show_usage usage
check run_in_dom0 in_dom0
tap_end
