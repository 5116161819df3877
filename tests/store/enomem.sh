#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every allocation of balloond's fails in turn: while it starts it goes on, or ends with
# a message; afterwards it goes on, and no reservation is lost. Not the one under the
# sanitizers, which have a malloc of their own.
# shellcheck source=tests/store/host.sh
. "$(dirname "$0")/host.sh"

fail=$STORE_DIR/fail
notes=${CHECK_NOTES:-$STORE_DIR}/enomem
faked=(env "LD_PRELOAD=$build/tests/store/fail-malloc.so $FAKE_XEN_PRELOAD" "FAIL_MALLOC=$fail"
	"$build/balloond")

# fail_at N: the N-th from now; 0: none
fail_at()
{
	perl -e 'open my $f, "+<", $ARGV[0] or die; binmode $f; read $f, my $b, 8;
		my $n = unpack "q", $b; seek $f, 8, 0;
		print $f pack("q2", $ARGV[1] ? $n + $ARGV[1] : -1, 0)' "$fail" "$1"
}

failed()
{
	perl -e 'open my $f, "<", $ARGV[0] or die; read $f, my $b, 24;
		exit !(unpack "q3", $b)[2]' "$fail"
}

fail_reset()
{
	head -c 24 /dev/zero >"$fail.new"
	mv "$fail.new" "$fail"
}

# The two guests' needs swap, so that memory moves; a start is reserved and given up.
round()
{
	fake-xen need 1 $((256 + $1 % 2 * 200))
	fake-xen need 2 $((300 - $1 % 2 * 100))
	ask 3 2>/dev/null <<'END' | grep -c '^{"ok":' || true
{"command":"list"}
{"command":"reserve","size_kib":4096,"name":"x","wait_s":0}
{"command":"release","name":"x"}
END
}

kept()
{
	list '.reservations[] | select(.name == "kept") | .size_kib' 2>/dev/null
}

enomem_turns()
{
	local k=0 hit=0 pid answers none=0
	host_stop
	fail_reset
	host_start
	xlmem reserve 64 --name kept --expire 3600 >/dev/null
	pid=$(cat "$STORE_DIR/balloond.pid")
	while [[ $none -lt 10 ]]; do
		k=$((k + 1))
		fail_at "$k"
		answers=$(round "$k")
		[[ $answers == 3 ]] || sleep 0.05	# hung up on: nothing else may follow from that
		if failed; then
			hit=$((hit + 1)) none=0
		else
			none=$((none + 1))	# so many there aren't in a round
		fi
		fail_at 0
		if ! running balloond || [[ $(cat "$STORE_DIR/balloond.pid") != "$pid" ]]; then
			echo "allocation $k: balloond died: $(tail -n 3 "$STORE_DIR/log")"
			return 1
		fi
		if [[ $(kept) != 65536 ]]; then
			eventually 60 is kept 65536 || return 1
		fi
	done
	echo "$hit allocations of turns and requests failed one by one: 0 deaths, 0 lost" >>"$notes"
	[[ $hit -ge 30 ]]	# it ran at all: 42 on an idle machine, more on a busy one
	# And the store has it as well.
	fail_reset
	daemon_kill
	daemon_start
	is kept 65536
	[[ $(counter plan_breaches) == 0 && $(counter applied_breaches) == 0 ]]
}

# started N: with its N-th allocation failing it serves, or ends by itself and says why
started()
{
	local status pid
	fail_reset
	fail_at "$1"
	"${faked[@]}" -f -c "$conf" >"$STORE_DIR/said" 2>&1 &
	pid=$!
	for _ in {1..600}; do
		if ! kill -0 "$pid" 2>/dev/null; then
			wait "$pid"
			status=$?
			if [[ $status -ge 128 || $status == 0 || ! -s $STORE_DIR/said ]]; then
				echo "allocation $1: status $status: $(tail -n 3 "$STORE_DIR/said")"
				return 1
			fi
			return 0
		fi
		if [[ $(ask 1 2>/dev/null <<<'{"command":"list"}') == *'"kept"'* ]]; then
			served=$((served + 1))
			kill "$pid"
			wait "$pid"
			return 0
		fi
		sleep 0.02
	done
	kill -9 "$pid"
	echo "allocation $1: it neither serves nor ends: $(tail -n 3 "$STORE_DIR/said")"
	return 1
}

enomem_start()
{
	local k=0 served=0 none=0
	daemon_kill
	while [[ $none -lt 2 ]]; do
		k=$((k + 1))
		started "$k" || return 1
		if failed; then none=0; else none=$((none + 1)); fi
	done
	echo "$((k - none)) allocations of starts failed one by one: $served times it served, else it said why" >>"$notes"
	fail_reset
	daemon_start
	is kept 65536
}

check enomem_turns enomem_turns
check enomem_start enomem_start
host_end
