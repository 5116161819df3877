#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# balloond itself: its options, its configuration, its socket.
# shellcheck source=tests/store/host.sh
. "$(dirname "$0")/../store/host.sh"

daemon_help()
{
	local word
	status 0 balloond --help
	for word in foreground config check dry-run settle help-config verbose help version; do
		[[ $out == *"--$word"* ]]
	done
	is balloond -h "$out"
	balloond --version | grep -qE '^balloond [0-9]'
	is balloond -V "$(balloond --version)"
	status 0 balloond --help-config
	for word in free_min headroom_min hysteresis shrink_divisor shrink_interval \
		surplus dom0 dom0_min dom0_max default_min default_weight idle_after on_refusal \
		on_refusal_command vms; do
		grep -q "^#$word = " <<<"$out"
	done
	balloond --help-config | sed 's/^#\([a-z]\)/\1/' >"$STORE_DIR/example"
	grep -q '^on_refusal = "suggest"$' "$STORE_DIR/example"	# off unless said
	status 0 balloond -n -c "$STORE_DIR/example"
	status 2 balloond --nothing
	status 2 balloond -c
	# -v logs what is usually kept quiet.
	host_stop
	fake-xen init 1024
	fake-xen add 0 Domain-0 512
	daemon_start -v
	daemon_stop
	[[ -s $STORE_DIR/log ]]
}

# refused WHAT TEXT...: -n names file, line and the fix
refused()
{
	local what=$1
	shift
	printf '%s\n' "$@" >"$STORE_DIR/bad"
	status 3 balloond -n -c "$STORE_DIR/bad"
	if [[ $out != "$STORE_DIR/bad:"*"$what"* ]]; then
		echo "$*: wanted '$what', got: $out"
		return 1
	fi
}

daemon_check()
{
	refused '2: unknown key' 'free_min = 1' 'foo = 1'
	refused '1: ' 'free_min = "12x"'
	refused '1: ' 'free_min = -1'
	refused '1: ' 'free_min = "99999999t"'
	refused '1: ' 'shrink_divisor = 0'
	refused '1: ' 'shrink_interval = 99'
	refused 'free", "guests" or "dom0' 'surplus = "x"'
	refused '1: surplus = "dom0": dom0 isn' 'surplus = "dom0"'
	refused '2: dom0_min 513 is over' 'dom0_max = 512' 'dom0_min = 513'
	refused '"fixed" or "balance"' 'dom0 = "x"'
	refused '1: ' 'default_weight = 65536'
	refused ' ' 'vms = [ "web min=512 max=256" ]'
	refused ' ' 'vms = [ "web mim=512" ]'
	refused ' ' 'vms = "web"'
	refused 'fixed=0|1 or idle_shutdown=0|1' 'vms = [ "web idle_shutdown=1", "db idle=1" ]'
	refused '1: vms, VM "web": idle_shutdown' 'vms = [ "web idle_shutdown=2" ]'
	refused '1: idle_after' 'idle_after = 0'
	refused '1: on_refusal = "help": write "refuse", "suggest" or "command"' 'on_refusal = "help"'
	refused '2: on_refusal = "command": say which' 'free_min = 1' 'on_refusal = "command"'
	refused '1: on_refusal_command = "close-idle": write' 'on_refusal_command = "close-idle"'
	refused '1: on_refusal_command' 'on_refusal_command = ""'
	refused '1: on_refusal_command' "on_refusal_command = \"/$(printf '%0300d' 0)\""
	refused ' ' 'free_min = '
	refused '1: ' 'free_min = 1g'	# the example says so
	grep -q 'quotes: "1g"' "$build/balloond.conf"
	status 3 balloond -n -c /nonexistent
	printf 'free_min = "64m"\nvms = [ "web min=1g weight=3", "db fixed=1" ]\n' >"$STORE_DIR/good"
	status 0 balloond -n -c "$STORE_DIR/good"
	status 0 balloond --check --config "$STORE_DIR/good"
	# A daemon doesn't start on it.
	status 3 timeout 60 "${faked[@]}" -f -c "$STORE_DIR/bad"
}

daemon_foreground()
{
	local pid
	host_start
	running balloond
	# The second of two goes, and says why.
	status 7 timeout 60 "${faked[@]}" -f -c "$conf"
	[[ $out == *"another balloond"* ]]
	daemon_stop
	[[ ! -e $BALLOOND_SOCKET ]]
	grep -q 'settled' "$STORE_DIR/log"
	daemon_start
	daemon_kill
	daemon_start	# the socket of a killed one is no obstacle
	daemon_stop
	# Nor is a `balloond --settle` that runs.
	flock "$BALLOOND_SOCKET.lock" sleep 2 &
	eventually 60 not flock -n "$BALLOOND_SOCKET.lock" true
	daemon_start

	# Without -f it comes back once ready, and goes on in the background.
	daemon_stop
	status 0 timeout 60 "${faked[@]}" -c "$conf"
	xlmem list >/dev/null
	pid=$(pgrep -f -x "$build/san/balloond -c $conf")
	kill "$pid"
	eventually 60 not test -e "/proc/$pid"	# its lock goes last
	[[ ! -e $BALLOOND_SOCKET ]]
	if [[ ! -e /proc/xen/capabilities ]]; then
		status 4 balloond -f -c "$conf"
		[[ $out == *"not dom0 of a Xen host"* ]]
	fi
	XENSTORED_PATH=/nonexistent XENSTORED_RUNDIR=/nonexistent status 6 timeout 60 "${faked[@]}" -f -c "$conf"
}

# Each thing that it has no right to, or that isn't there, in one sentence.
no_rights()
{
	local nobody
	host_start
	daemon_stop
	if [[ $EUID -ne 0 ]]; then
		return 0
	fi
	chmod 711 "$STORE_DIR"
	cp "$build/san/balloond" "$FAKE_XEN_PRELOAD" "$STORE_DIR"
	nobody=(timeout 60 setpriv --reuid 65534 --regid 65534 --clear-groups env
		LD_PRELOAD="$(gcc -print-file-name=libasan.so) $STORE_DIR/preload.so"
		"$STORE_DIR/balloond" -f)
	status 5 "${nobody[@]}"
	[[ $out == *"no right to talk to Xen: run balloond as root" ]]
	chmod 666 "$FAKE_XEN"
	status 5 "${nobody[@]}"
	[[ $out == *"$BALLOOND_SOCKET.lock: Permission denied" ]]
	mkdir "$STORE_DIR/nobody"
	chmod 777 "$STORE_DIR/nobody"
	BALLOOND_SOCKET=$STORE_DIR/nobody/sock status 5 "${nobody[@]}"
	[[ $out == *"no right to talk to xenstored: run balloond as root" ]]
	XENSTORED_PATH=/nonexistent XENSTORED_RUNDIR=/nonexistent status 6 timeout 60 "${faked[@]}" -f
	[[ $out == *"xenstored doesn't answer: "*"; start it (systemctl start xenstored)" ]]
}

said_need()
{
	xenstore-read /local/domain/1/data/selfballoon/report | grep -q 'need_kib=512000 '
}

# What it would do is said, and nothing of it done.
dry_run()
{
	local before
	host_start
	daemon_stop
	fake-xen need 1 500
	eventually 60 said_need
	before=$(fake-xen show; xenstore-ls)
	quick_conf
	status 0 timeout 60 "${faked[@]}" --dry-run -c "$conf"
	[[ $out == *"domain 1: max_pages := "*"domain 1 (web): memory/target := "* ]]
	equal "what a dry run changed" "$(fake-xen show; xenstore-ls)" "$before"
}

# with CONF FILTER WANTED: a daemon started with it shows that
configured()
{
	daemon_stop
	printf '%s\n' "$1" >"$conf"
	daemon_start
	eventually 60 is list "$2" "$3"
}

config()
{
	local on_web='.domains[] | select(.name == "web") |'
	local on_dom0='[.domains[0] | .kind, .floor_kib, .max_kib, .need_kib]'
	host_start
	fake-xen need 1 256 500
	configured 'free_min = 50' .host.free_min_kib 51200
	configured 'default_min = 99' "$on_web .floor_kib" 101376
	configured 'default_weight = 99' "$on_web .weight" 99
	configured 'vms = [ "web min=100 max=700 weight=77" ]' \
		"$on_web \"\(.floor_kib) \(.max_kib) \(.weight)\"" "102400 716800 77"
	configured 'vms = [ "web fixed=1" ]' "$on_web .kind" fixed
	configured 'surplus = "guests"' "$on_web .target_kib > 600000" true

	# dom0's need is this machine's.
	configured 'dom0_min = 200' "$on_dom0 | tojson" '["dom0",null,null,null]'
	configured $'dom0 = "balance"\ndom0_min = 200\ndom0_max = 400' \
		"$on_dom0 | .[3] |= (. > 0) | tojson" '["dom0",204800,409600,true]'
	xlmem explain 0 | grep -q "dom0 is balanced: its need comes before every guest's"
	status 6 xlmem set 0 --min 100
	status 0 xlmem set 0 --auto

	# Promised to the last MiB, each keeps as much headroom as is said.
	configured $'headroom_min = 10\nshrink_divisor = 1\nshrink_interval = 100' \
		"$on_web .actual_kib" 512000
	xlmem reserve "$(($(list '.host.slack_kib + .host.unused_ceilings_kib') / 1024 - 30))" --name all
	eventually 60 is list "$on_web .ceiling_kib - .target_kib | . > 10000 and . < 32768" true
	xlmem release all

	# A step of 1/n of 240 MiB, then nothing for an interval.
	configured $'shrink_divisor = 4\nshrink_interval = 2000' "$on_web .target_kib" 512000
	fake-xen need 1 260
	eventually 60 is list "$on_web .target_kib" 450560
	sleep 0.5
	is list "$on_web .target_kib" 450560
	configured $'shrink_divisor = 1\nshrink_interval = 100' "$on_web .target_kib" 266240
	configured $'hysteresis = 40\nshrink_divisor = 1\nshrink_interval = 100' \
		"$on_web .target_kib" 266240
	fake-xen need 1 230
	eventually 60 is list "$on_web .need_kib" 235520
	sleep 0.5
	is list "$on_web .target_kib" 266240
	rm "$conf"
}

# Bad lines get an error object each, and the connection goes on.
protocol()
{
	local line
	host_start
	for line in '{' '[]' '"list"' '{}' '{"command":1}' '{"command":"explode"}' \
		'{"command":"list","surprise":1}' '{"command":"list"}}' 'list' \
		'{"command":"set","domain":"web"}' '{"command":"set","domain":"web","min_kib":"1"}' \
		'{"command":"set","domain":"web","min_kib":-1}' \
		'{"command":"set","domain":"web","min_kib":1.5}' \
		'{"command":"set","domain":"web","min_kib":99999999999999999999}' \
		'{"command":"set","domain":"web","weight":0}' \
		'{"command":"set","domain":["web"],"weight":1}' \
		'{"command":"reserve","name":"x"}' '{"command":"reserve","size_kib":0,"name":"x"}' \
		'{"command":"release"}' '{"command":"reserve","size_kib":1,"owner":"me"}' \
		"$(printf '{"command":"list\001"}')" "$(printf '\377\376')"; do
		printf '%s\n{"command":"info"}\n' "$line" | ask >"$STORE_DIR/answers"
		if [[ $(jq -c '[.ok, .error.code]' "$STORE_DIR/answers" | tr '\n' ' ') != \
			'[false,"usage"] [true,null] ' ]]; then
			echo "$line: $(cut -c 1-200 "$STORE_DIR/answers")"
			return 1
		fi
	done
	equal "a line with a NUL" "$(printf '{"command":"info"}\0x\n' | ask | jq -c '[.ok, .error.code]')" \
		'[false,"usage"]'
	# Too long a line, and one that is just not.
	{
		printf '{"command":"%070000d"}\n' 0
		printf '%*s\n' 65000 '{"command":"info"}'
		printf '\n \n{"command":"info"}\n'
	} | ask 3 >"$STORE_DIR/answers"
	equal "answers" "$(jq -c '[.ok, .error.message]' "$STORE_DIR/answers" | tr '\n' ' ')" \
		'[false,"the line is too long"] [true,null] [true,null] '
	# Many at once, in order, on many connections.
	for _ in {1..20}; do
		printf '{"command":"info"}\n{"command":"nope"}\n' | ask >/dev/null &
	done
	wait
	for _ in {1..50}; do
		echo '{"command":"explain","domain":1}'
	done | ask | jq -e .ok >/dev/null
}

# Everybody may be let in to read; only root changes.
permission()
{
	host_start
	if [[ $EUID -ne 0 ]]; then
		return 0
	fi
	chmod 711 "$STORE_DIR"
	cp "$build/xlmem" "$STORE_DIR/xlmem"
	local nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups "$STORE_DIR/xlmem")
	status 8 "${nobody[@]}" list
	chmod 666 "$BALLOOND_SOCKET"
	status 0 "${nobody[@]}" list
	status 0 "${nobody[@]}" explain web
	status 8 "${nobody[@]}" set web --weight 1
	status 8 "${nobody[@]}" reserve 10
	status 8 "${nobody[@]}" release 1
	status 8 "${nobody[@]}" reload
	is domain web .weight 256
}

# crowd N: so many requests of N connections that sent thousands at once were taken
# up before the only one of the next connection.
crowd_before_us()
{
	rm -f "$STORE_DIR/served"
	tests/cli/crowd "$(cat "$STORE_DIR/balloond.pid")" "$1" 3000 >"$STORE_DIR/served" 2>&1 &
	echo $! >"$STORE_DIR/crowd.pid"
	disown $!
	eventually 90 grep -q . "$STORE_DIR/served"
	cat "$STORE_DIR/served"
}

# It asks and asks and never reads: it is dropped, others are served meanwhile.
slow_reader()
{
	local dropped
	host_start
	dropped=$(counter clients_dropped)
	is crowd_before_us 1 1
	eventually 90 is counter clients_dropped $((dropped + 1))
	end KILL crowd
}

# Fifty who send thousands of requests at once hold nobody up: one line each a round.
crowd()
{
	host_start
	[[ $(counter requests) -gt 0 ]]
	is crowd_before_us 50 50
	end KILL crowd
}

check daemon_help daemon_help
check daemon_check daemon_check
check daemon_foreground daemon_foreground
check no_rights no_rights
check dry_run dry_run
check config config
check protocol protocol
check permission_real permission
check slow_reader slow_reader
check crowd crowd
check daemon_breaches no_breaches
host_end
