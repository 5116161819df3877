# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A host to test on: the real balloond over the real xenstored, with guests that
# obey (fake_xen.h). Source it first of all: it runs the script again beside
# a xenstored, in whose temporary folder everything lies.
#
#	host_start [MIB of dom0, web, db]	a host of 2 GiB, and its daemon
#	daemon_start, daemon_stop, daemon_kill	the daemon alone
#	xlmem, ask				as users have them

set -uo pipefail
cd "$(dirname "${BASH_SOURCE[1]}")/../.." || exit 2
build=$(readlink -f "${BUILD:-build}")
if [[ -z ${STORE_DIR:-} ]]; then
	FAKE_XEN_MIB=${FAKE_XEN_MIB:-2048} exec tests/store/with-xenstored \
		"$(readlink -f "${BASH_SOURCE[1]}")"
fi
# shellcheck source=tests/tap.sh
. tests/tap.sh

PATH=$build:$PATH
export BALLOOND_SOCKET=$STORE_DIR/control.sock
conf=$STORE_DIR/balloond.conf
web=/tool/balloond/vm/00000000-0000-0000-0000-000000000001
db=/tool/balloond/vm/00000000-0000-0000-0000-000000000002

# balloond on the fake hypervisor: the one built under the sanitizers, whose
# runtime must be loaded before all else.
faked=(env LD_PRELOAD="$(gcc -print-file-name=libasan.so) $FAKE_XEN_PRELOAD"
	"$build/san/balloond")

# Every test is a subshell: pids are kept in files.
running()
{
	[[ -e $STORE_DIR/$1.pid ]] || return 1
	# Ended and waiting for somebody to ask how (Z) is not running, once the last of its
	# threads has ended, too: until then its lock is held.
	awk '$1 == "State:" { state = $2 } $1 == "Threads:" { threads = $2 }
		END { exit state == "" || (state == "Z" && threads < 2) }' \
		"/proc/$(cat "$STORE_DIR/$1.pid")/status" 2>/dev/null
}

end()	# SIGNAL NAME
{
	if running "$2"; then
		kill "-$1" "$(cat "$STORE_DIR/$2.pid")"
		eventually 60 not running "$2"
	fi
	rm -f "$STORE_DIR/$2.pid"
}

not()
{
	! "$@"
}

# What is asked of guests in many seconds by default, at once.
quick_conf()
{
	printf 'shrink_divisor = 1\nshrink_interval = 100\n' >"$conf"
}

daemon_start()
{
	[[ -e $conf ]] || quick_conf
	"${faked[@]}" -f -c "$conf" "$@" >>"$STORE_DIR/log" 2>&1 &
	echo $! >"$STORE_DIR/balloond.pid"
	disown $!
	eventually 60 answers
}

answers()
{
	if ! running balloond; then
		echo "balloond ended: $(tail -n 5 "$STORE_DIR/log")"
		return 1
	fi
	xlmem list --json >/dev/null
}

# What balloond must never do, by its own checker, is kept of every balloond of the run.
breaches_keep()
{
	running balloond || return 0
	timeout 60 "$build/xlmem" info --json >"$STORE_DIR/info" || return 0
	jq -r '.counters | to_entries[] | select(.key == ("plan_breaches", "applied_breaches"))
		| select(.value > 0) | "\(.key) \(.value)"' "$STORE_DIR/info" >>"$STORE_DIR/breaches"
}

# Run last; a host that ran no balloond is no proof.
no_breaches()
{
	breaches_keep
	equal "breaches" "$(cat "$STORE_DIR/breaches")" ""
}

daemon_stop()
{
	breaches_keep
	end TERM balloond
}

daemon_kill()
{
	breaches_keep
	end KILL balloond
}

# Empty the host and fill it: dom0, web (PV) and db (PVH), each with 256 MiB that
# it needs, so that about 1 GiB is free. Then the guests and the daemon.
host_start()
{
	host_stop
	fake-xen init "$FAKE_XEN_MIB"
	xenstore-rm /tool/balloond 2>/dev/null || true
	fake-xen add 0 Domain-0 512
	fake-xen add 1 web 256 max=1024 "$@"
	fake-xen add 2 db 256 max=512 type=pvh offset=100
	fake-xen guests >>"$STORE_DIR/log" 2>&1 &
	echo $! >"$STORE_DIR/guests.pid"
	disown $!
	daemon_start
	eventually 60 reported
}

host_stop()
{
	daemon_kill
	end KILL guests
	for domid in $(xenstore-list /local/domain 2>/dev/null); do
		xenstore-rm "/local/domain/$domid"
	done
}

reported()
{
	[[ $(domain web .need_kib) != null && $(domain db .need_kib) != null ]]
}

# domain NAME FILTER: jq's answer about one domain of the list
domain()
{
	xlmem list --json | jq -r ".domains[] | select(.name == \"$1\") | $2"
}

list()
{
	xlmem list --json | jq -r "$1"
}

counter()
{
	xlmem info --json | jq -r ".counters.$1"
}

# is COMMAND... WANTED: what the command prints
is()
{
	equal "${*:1:$#-1}" "$("${@:1:$#-1}")" "${!#}"
}

# status WANTED COMMAND...: its output in $out
status()
{
	local wanted=$1 rc=0
	shift
	out=$("$@" 2>&1) || rc=$?
	equal "status of $* ($out)" "$rc" "$wanted"
}

host_end()
{
	host_stop
	tap_end
}
