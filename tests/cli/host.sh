#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# xlmem with the real balloond, on a host whose hypervisor is a file.
# shellcheck source=tests/store/host.sh
. "$(dirname "$0")/../store/host.sh"

# The rest of the tests share one host; each leaves it as it was.
shared()
{
	running balloond || host_start
	xlmem set web --auto
	xlmem set db --auto
	fake-xen need 1 256
	fake-xen need 2 256
	eventually 60 is domain web .target_kib 262144
}

list_table()
{
	shared
	local table
	table=$(xlmem list)
	[[ $(head -n 1 <<<"$table") == "NAME "*" WHY" ]]
	grep -qE '^web +1 +256 +256 +[0-9]+ +256 +256 +[0-9]+ +1024 +256 +settled +0 ' <<<"$table"
	grep -qE '^Domain-0 +0 +512 ' <<<"$table"
	tail -n 1 <<<"$table" | grep -qE '^Host, MiB: total 2048, free 1024, .*; plenty, free memory ample$'
}

# Every field of the tables is there, has its type, and says what is so.
list_json()
{
	shared
	local id json object name type at bad=0
	id=$(xlmem reserve 10-20 --name fields --purpose "a test" --expire 500 | cut -d ' ' -f 1)
	json=$(xlmem list --json)
	xlmem release "$id"
	while read -r object name type; do
		case $object in
		domain) at='.domains[]' ;;
		host) at='.host' ;;
		reservation) at='.reservations[]' ;;
		esac
		if ! jq -e "[$at | if has(\"$name\") then .$name else false end |
				if type == \"number\" then . == floor and \"$type\" == \"int\"
				elif type == \"string\" then \"$type\" == \"string\"
				else . == null end] | all and length > 0" <<<"$json" >/dev/null; then
			echo "$object.$name is no $type: $(jq -c "[$at.$name]" <<<"$json")"
			bad=1
		fi
	done < <("$build/xlmem-generate" fields)
	equal "keys of the answer" "$(jq -c '[.domains[0], .host, .reservations[0] | keys | length]' <<<"$json")" \
		"$("$build/xlmem-generate" fields | cut -d ' ' -f 1 | sort | uniq -c |
			awk '{ n[$2] = $1 } END { printf "[%d,%d,%d]", n["domain"], n["host"], n["reservation"] }')"

	equal "web" "$(jq -c '.domains[1] | [.domid, .name, .uuid, .kind, .actual_kib, .target_kib,
		.need_kib, .want_kib, .max_kib, .static_max_kib, .weight, .state, .ignored_reports]' <<<"$json")" \
		'[1,"web","00000000-0000-0000-0000-000000000001","guest",262144,262144,262144,262144,1048576,1048576,256,"settled",0]'
	equal "ceiling" "$(jq '.domains[1].ceiling_kib + 1024' <<<"$json")" \
		"$(fake-xen show | awk '$2 == 1 && $1 == "domain" { print $6 }')"
	equal "host" "$(jq -c '.host | [.total_kib, .free_kib, .claims_kib, .free_min_kib, .reserved_kib]' <<<"$json")" \
		'[2097152,1048576,0,32768,20480]'
	equal "slack" "$(jq '.host | .free_kib - .claims_kib - .free_min_kib - .reserved_kib
		- .unused_ceilings_kib - .slack_kib' <<<"$json")" 0
	equal "reservation" "$(jq -c '.reservations[0] | [.name, .purpose, .size_kib, .min_kib, .max_kib,
		.state, .domid, .expires_s > 490]' <<<"$json")" \
		'["fields","a test",20480,10240,20480,"granted",null,true]'
	[[ $(jq -r '.domains[0].kind' <<<"$json") == dom0 && $bad -eq 0 ]]
}

explain()
{
	shared
	xlmem explain web | grep -q 'weight 256 (default)'
	xlmem set web --weight 300 --min 123
	xlmem explain web | grep -q 'weight 300 (xlmem set)'
	xlmem explain 1 | grep -q 'min 123 MiB (xlmem set)'
	xlmem explain 00000000-0000-0000-0000-000000000001 --json |
		jq -e '.ok and .domain.weight == 300 and (.text | length > 50)' >/dev/null
	status 5 xlmem explain nobody
	status 5 xlmem explain 4711
	fake-xen add 9 web 16
	status 5 xlmem explain web
	[[ $out == *"say the id"* ]]
	fake-xen remove 9
	eventually 60 xlmem explain web
}

explain_paused()
{
	shared
	fake-xen pause 1
	xlmem set db --weight 300	# a turn looks at all
	eventually 60 said "It is paused: it can't move, so nothing is asked of it." web
	fake-xen unpause 1
	xlmem set db --weight 256
	eventually 60 unsaid "It is paused" web
}

explain_silent()
{
	shared
	fake-xen add 7 stock 50 reports=0
	eventually 60 said "neither the module xen-selfballoon nor selfballoond runs in it" stock
	fake-xen remove 7
}

said()
{
	xlmem explain "$2" | grep -q "$1"
}

unsaid()
{
	! said "$@"
}

# Who comes, or changes its name, without a word to balloond is in the log.
unannounced()
{
	shared
	local id
	fake-xen add 7 stray 50
	eventually 60 grep -q 'stray(7): came without a reservation and holds 50 MiB' "$STORE_DIR/log"
	xenstore-write /local/domain/7/name cat
	eventually 60 grep -q 'stray(7): its name is cat now' "$STORE_DIR/log"
	xenstore-write /local/domain/7/memory/static-max 81920
	eventually 60 grep -q 'cat(7): memory/static-max is 80 MiB now' "$STORE_DIR/log"
	fake-xen remove 7
	id=$(xlmem reserve 60 --name asked)
	fake-xen add 8 asked 50 paused=1
	xlmem assign "$id" asked
	fake-xen unpause 8
	eventually 60 is domain asked .kind guest
	xenstore-write /local/domain/8/name answered
	eventually 60 grep -q 'asked(8): its name is answered now' "$STORE_DIR/log"
	equal "came with one" "$(grep -c '(8): came without' "$STORE_DIR/log")" 0
	fake-xen remove 8
}

info()
{
	shared
	local before refused name
	xlmem info | grep -q "^config.free_min  *32768"
	[[ $(xlmem info --json | jq -r .version) == "$(balloond --version | cut -d ' ' -f 2)" ]]
	[[ $(xlmem info --json | jq .uptime_s) -lt 600 ]]
	before=$(counter turns) refused=$(counter starts_refused)
	status 3 xlmem reserve 1t
	fake-xen need 1 300
	eventually 60 is domain web .need_kib 307200
	is counter starts_refused $((refused + 1))
	[[ $(counter turns) -gt $before ]]
	for name in store_reads store_writes store_events reports; do
		[[ $(counter $name) -gt 0 ]]
	done
	is counter plan_breaches 0
	is counter applied_breaches 0
}

settings()
{
	shared
	xlmem set web --min 300 --max 600 --weight 1000
	is domain web '"\(.floor_kib) \(.max_kib) \(.weight)"' "307200 614400 1000"
	eventually 60 is domain web .target_kib 307200	# a floor is held
	xlmem set 1 --max 400
	is domain web .max_kib 409600
	local before
	before=$(xlmem list --json | jq -c '.domains[1] | [.floor_kib, .max_kib, .weight]')
	status 6 xlmem set web --min 500
	[[ $out == *"more than max"* ]]
	status 6 xlmem set web --max 100
	status 6 xlmem set web --min 2g
	status 6 xlmem set Domain-0 --min 100
	equal "after refusals" "$(xlmem list --json |
		jq -c '.domains[1] | [.floor_kib, .max_kib, .weight]')" "$before"
	status 5 xlmem set nobody --min 1
	xlmem set web --json --weight 7 | jq -e '.ok and .domain.weight == 7' >/dev/null
}

set_idle_shutdown()
{
	shared
	xlmem set web --idle-shutdown 1
	[[ $(xlmem explain web) == *"It may be shut down for a start that doesn't fit"*"(xlmem set)"* ]]
	xlmem set web --idle-shutdown 0
	[[ $(xlmem explain web) != *"may be shut down"* ]]
	xlmem set web --auto
}

# At work it never idles; then the seconds go up by themselves.
idle()
{
	host_start
	fake-xen busy 1 50
	eventually 60 is domain db '.idle_s >= 3' true
	is domain web '.idle_s < 3' true
	fake-xen busy 1 0
	fake-xen busy 2 2	# more than 1 % of a vcpu
	eventually 60 is domain web '.idle_s >= 3' true
	is domain db '.idle_s < 3' true
	# A refusal names those that idle and suffice: not who works.
	printf 'idle_after = 2\n' >"$conf"
	xlmem reload
	status 3 xlmem reserve 1250 --json
	equal "idle" "$(jq -c '[.error.idle[] | [.name, .idle_s >= 2, .frees_kib > 200000]]' <<<"$out")" \
		'[["web",true,true]]'
	status 3 xlmem reserve 1250
	[[ $out == *"Idle, and enough if closed: web (for "*"): \`xl shutdown web\`."* ]]
	# Closing it wouldn't do for this one.
	status 3 xlmem reserve 1400 --json
	equal "idle" "$(jq -c '.error.idle' <<<"$out")" '[]'
	fake-xen busy 2 0
	eventually 60 is domain db '.idle_s >= 3' true
	status 3 xlmem reserve 1400 --json
	equal "idle" "$(jq -c '[.error.idle[].name]' <<<"$out")" '["web","db"]'
	quick_conf
	host_start
}

# refusing WORD MORE...: a daemon with on_refusal = WORD and a command that notes what
# it was given, then shuts down by SCRIPT
refusing()
{
	cat >"$STORE_DIR/close-idle" <<-END
		#!/bin/bash
		export FAKE_XEN=$FAKE_XEN XENSTORED_PATH=$XENSTORED_PATH PATH=$PATH
		export XENSTORED_RUNDIR=$XENSTORED_RUNDIR
		echo "\$*" >>"$STORE_DIR/closed"
		ls /proc/self/fd | wc -l >>"$STORE_DIR/fds"
		cat /proc/self/oom_score_adj >"$STORE_DIR/oom"
		$2
	END
	chmod +x "$STORE_DIR/close-idle"
	rm -f "$STORE_DIR/closed" "$STORE_DIR/fds"
	printf '%s\n' 'shrink_divisor = 1' 'shrink_interval = 100' 'idle_after = 1' \
		"on_refusal = \"$1\"" "on_refusal_command = \"$STORE_DIR/close-idle\"" \
		'vms = [ "web idle_shutdown=1" ]' >"$conf"
	host_start
	eventually 60 is list '[.domains[].idle_s] | min >= 1' true
}

on_refusal()
{
	local id
	refusing refuse true
	status 3 xlmem reserve 1250 --json
	equal "bare" "$(jq -c '.error | [.stop, .idle, .shortfall_kib > 0, .fits_kib > 0]' <<<"$out")" \
		'[[],[],true,true]'
	[[ ! -e $STORE_DIR/closed ]]

	# By then web was told to go, and what it held is granted as any memory is.
	refusing command 'sleep 1; fake-xen remove 1'
	echo 500 >"/proc/$(cat "$STORE_DIR/balloond.pid")/oom_score_adj"	# as its unit does
	id=$(xlmem reserve 1250 --name new)
	is list '.reservations[] | "\(.id) \(.name) \(.state)"' "$id new granted"
	is list '[.domains[].name] | tostring' '["Domain-0","db"]'
	is cut -d ' ' -f 2- "$STORE_DIR/closed" web
	[[ $(cut -d ' ' -f 1 "$STORE_DIR/closed") -gt 1000 ]]
	is cat "$STORE_DIR/fds" 4	# ls has 0, 1, 2 and the folder
	is cat "$STORE_DIR/oom" 0	# not as balloond, which must live
	is counter starts_refused 0

	# db isn't marked, and web alone doesn't suffice: nobody is closed.
	refusing command 'fake-xen remove 1'
	status 3 xlmem reserve 1450 --json
	equal "idle" "$(jq -c '[.error.idle[].name]' <<<"$out")" '["web","db"]'
	[[ ! -e $STORE_DIR/closed ]]

	# It doesn't come: refused when the wait is over; nobody was moved meanwhile.
	refusing command true
	local before
	eventually 60 xenstore-read $web/offset
	eventually 60 xenstore-read $db/offset
	before=$(fake-xen show)
	xlmem reserve 1250 --wait 2 --json >"$STORE_DIR/answer" &
	eventually 60 test -s "$STORE_DIR/closed"
	status 3 xlmem reserve 1250 --json		# one at a time
	is wc -l <"$STORE_DIR/closed" 1
	wait $! && return 1
	equal "answer" "$(jq -c '[.event, .ok, .error.code, .error.shortfall_kib > 0]' "$STORE_DIR/answer" |
		tail -n 1)" '[null,false,"refused",true]'
	[[ $(head -n 1 "$STORE_DIR/answer") == '{"event":"waiting",'* ]]
	equal "what it changed" "$(fake-xen show)" "$before"
	is counter starts_refused 2

	# A command that can't be run is a plain refusal, and said.
	rm "$STORE_DIR/close-idle"
	status 3 timeout 20 xlmem reserve 1250 --wait 300
	grep -q "close-idle can't be run: No such file" "$STORE_DIR/log"
	quick_conf
	host_start
}

# However much it needs, and whatever its ceiling was.
set_max()
{
	shared
	xlmem set 1 --max 400
	fake-xen need 1 500
	eventually 60 is domain web .target_kib 409600
	eventually 60 is domain web .actual_kib 409600
	eventually 60 is domain web .ceiling_kib 409600
	xlmem set 1 --max 450
	eventually 60 is domain web .actual_kib 460800
}

set_auto()
{
	shared
	xlmem set web --weight 7 --min 10
	fake-xen mem-set 1 300
	eventually 60 is xenstore-read $web/pin 307200
	xlmem set web --auto
	is domain web .weight 256
	eventually 60 is domain web .state settled
	status 1 xenstore-read $web/pin
	status 1 xenstore-read $web/weight
	xlmem set web --min 10
	echo '{"command":"set","domain":"web","auto":true,"from":"cfg","weight":9}' | ask >/dev/null
	status 1 xenstore-read $web/min
	is xenstore-read $web/cfg/weight 9
	xenstore-rm $web/cfg
	is domain web .weight 256
}

reserve()
{
	shared
	local id before after
	# Measured a while after the start, and a ceiling may follow it.
	eventually 60 xenstore-read $web/offset
	eventually 60 xenstore-read $db/offset
	before=$(fake-xen show; xenstore-ls /local/domain)
	status 3 xlmem reserve 1600 --name big
	[[ $out == "xlmem: big needs 1600 MiB; "*" MiB short above the others' floors."$'\n'*"Guaranteed to others: "*"Up to "*" MiB fit now: "* ]]
	status 3 xlmem reserve 1600 --name big --json
	jq -e '.error | .code == "refused" and .shortfall_kib > 0 and .fits_kib > 0
		and (.holders | length == 2) and (.stop | type == "array")' <<<"$out" >/dev/null
	after=$(fake-xen show; xenstore-ls /local/domain)
	equal "what a refusal changed" "$after" "$before"

	id=$(xlmem reserve 900 --name new)
	is list .host.reserved_kib 921600
	# What is promised to one can't be had by another.
	status 3 xlmem reserve 900
	fake-xen add 7 new 50 max=900 paused=1
	xlmem assign "$id" new
	is list '.reservations[] | "\(.state) \(.domid)"' "assigned 7"
	# Its max_pages now hold what the reservation held: counted once.
	is list .host.reserved_kib 0
	eventually 60 list 'if .host.slack_kib >= 0 then . else error end'
	fake-xen tot 7 500
	eventually 60 list 'if .host.slack_kib >= 0 then . else error end'
	xlmem release "$id"
	is list '.reservations | length' 0
	status 1 xlmem release "$id"
	fake-xen remove 7
}

# A domain of that name that was there before is not the one it is for; nor is the
# domain whose id happens to be the name.
reserve_not_older()
{
	shared
	local id
	id=$(xlmem reserve 50 --name web)
	fake-xen add 7 web 50 paused=1
	eventually 60 is list '.reservations[] | "\(.state) \(.domid)"' "assigned 7"
	fake-xen remove 7
	eventually 60 is list '.reservations | length' 0
	id=$(xlmem reserve 50 --name 1)
	status 5 xlmem assign "$id" 1
	is list '.reservations[] | "\(.state) \(.domid)"' "granted null"
	xlmem release "$id"
}

# What helps a restore is taken back from a domain that isn't balanced.
fixed_build()
{
	host_start max=256
	fake-xen remove 2
	printf 'shrink_divisor = 1\nshrink_interval = 100\nvms = [ "fx fixed=1" ]\n' >"$conf"
	xlmem reload
	fake-xen add 8 fx 100 paused=1
	eventually 60 is domain fx '.ceiling_kib > 102400' true
	fake-xen unpause 8
	eventually 60 is domain fx '"\(.kind) \(.ceiling_kib)"' "fixed 102400"
	fake-xen remove 8
	quick_conf
	host_start
}

# Processors of one node of two: fixed and explained; fixed=0 is of no more avail than that.
numa()
{
	host_start
	daemon_kill
	fake-xen nodes 3
	fake-xen leave 1 0
	fake-xen leave 2 2
	xenstore-write /local/domain/0/backend/pci/2/0 ""
	daemon_start
	is domain web .kind fixed
	xlmem explain web | grep -q '^It is not balanced: pinned to NUMA nodes 1-2: .* fixed=0 in balloond'
	is domain db .kind fixed
	printf 'vms = [ "web fixed=0", "db fixed=0" ]\n' >"$conf"
	xlmem reload
	is list '.domains[1].kind' guest
	is info_conf web false
	xlmem explain web | grep -q '^It is pinned to NUMA nodes 1-2, and balloond.conf says fixed=0'
	is domain db .kind fixed
	xlmem explain db | grep -q '^It is not balanced: has PCI passthrough, whatever fixed=0'
	quick_conf
	xenstore-rm /local/domain/0/backend/pci
	host_start
}

info_conf()
{
	xlmem info --json | jq -r ".config.vms[] | select(.name == \"$1\") | .fixed"
}

# web holds so much that it doesn't need; nobody has found out yet that it won't move.
web_holds()
{
	fake-xen need 1 "$1"
	fake-xen tot 1 "$1"
	eventually 60 is domain web .target_kib $(($1 * 1024))
	fake-xen need 1 100
}

# A range takes its fair share beside guests that need all there is: a third each.
reserve_range()
{
	host_start
	local id size
	fake-xen need 1 1024
	fake-xen need 2 512
	xlmem set web --min 200
	xlmem set db --min 200
	eventually 60 is domain db .actual_kib 524288
	eventually 60 is domain web '.actual_kib > 1000000' true
	read -r id size < <(xlmem reserve 100-1g --name new)
	# Above floors of 200, 200 and 100 lie 1002 MiB: db takes 312, the others half
	# each of the rest.
	[[ $size -ge 444 && $size -le 446 ]]
	is list '.reservations[] | "\(.size_kib) \(.min_kib) \(.max_kib)"' "$((size * 1024)) 102400 1048576"
	eventually 60 is domain web ".actual_kib / 1024 - $size | . > 80 and . < 120" true
	xlmem release "$id"
	# Its least doesn't fit: refused, and nobody moves.
	status 3 xlmem reserve 1200-1300
	[[ $out == *" needs 1200 MiB; "* ]]
	host_start
	is xlmem reserve 100-200 "$(($(list '.reservations | length') + 1)) 200"
	status 2 xlmem reserve 10 --purpose 012345678901234567890123456789123
}

# The donor keeps what it was to give: a range takes what is there when its time is over.
reserve_range_late()
{
	host_start obeys=0
	web_holds 700
	local id size
	read -r id size < <(xlmem reserve 100-700 --wait 2)
	[[ $size -gt 400 && $size -lt 600 ]]
	is list '.reservations[] | "\(.state) \(.size_kib)"' "granted $((size * 1024))"
	is xenstore-read "/tool/balloond/reservation/$id/size" $((size * 1024))
	list 'if .host.slack_kib >= 0 then . else error end' >/dev/null
	host_start
}

reserve_expire()
{
	shared
	xlmem reserve 10 --expire 5 >/dev/null
	is list '.reservations | length' 1
	eventually 60 is list '.reservations | length' 0
}

# web holds what it doesn't need and doesn't move: the memory doesn't come.
reserve_wait()
{
	host_start obeys=0
	fake-xen tot 1 1000
	fake-xen need 1 100
	local start=$SECONDS
	status 3 xlmem reserve 500 --wait 2
	xlmem release "$(xlmem reserve 10 --wait 0)"
	[[ $((SECONDS - start)) -ge 1 ]]
	is list '.reservations | length' 0
	host_start
}

# Needs come before a reservation that waits, and nobody spins meanwhile.
reserve_need_first()
{
	host_start obeys=0
	web_holds 700
	xlmem reserve 650 --wait 300 >/dev/null 2>&1 &
	eventually 60 is list '.reservations[].state' waiting
	local turns
	fake-xen need 2 450
	eventually 60 is domain db .actual_kib 460800
	turns=$(counter turns)
	sleep 1
	[[ $(counter turns) -lt $((turns + 40)) ]]
	kill $! 2>/dev/null || true	# it may have been refused by now, which is not the point
	host_start
}

# A donor that doesn't give is found out, and a start isn't kept waiting for it.
reserve_hopeless()
{
	host_start obeys=0
	web_holds 700
	status 3 timeout 120 xlmem reserve 650 --wait 86400 --json
	jq -e '.error | .code == "refused" and .shortfall_kib > 0 and (.message | contains(": web"))' \
		<<<"$(tail -n 1 <<<"$out")" >/dev/null
	host_start
}

create()
{
	shared
	printf 'name = "vm3"\nmemory = 200\nballoon_min = 64\nballoon_weight = 99\n' >"$STORE_DIR/cfg"
	cat >"$STORE_DIR/xl" <<-END
		#!/bin/bash
		fake-xen add 3 vm3 50 max=200 paused=1
		sleep 0.5
		fake-xen tot 3 200
		xlmem list --json >"$STORE_DIR/during"
		fake-xen unpause 3
	END
	chmod +x "$STORE_DIR/xl"
	XLMEM_XL=$STORE_DIR/xl xlmem create "$STORE_DIR/cfg"
	equal "while it was built" "$(jq -c '.reservations[] | [.name, .state, .domid]' "$STORE_DIR/during")" \
		'["vm3","assigned",3]'
	is list '.reservations | length' 0
	eventually 60 is domain vm3 '"\(.kind) \(.floor_kib) \(.weight)"' "guest 65536 99"
	xlmem explain vm3 | grep -q "the VM's cfg"
	printf '#!/bin/bash\nexit 4\n' >"$STORE_DIR/xl"
	sed -i s/vm3/vm4/ "$STORE_DIR/cfg"
	XLMEM_XL=$STORE_DIR/xl status 1 xlmem create "$STORE_DIR/cfg"
	is list '.reservations | length' 0

	# Killed while xl runs: the reservation goes with it.
	printf '#!/bin/bash\nexec sleep 60\n' >"$STORE_DIR/xl"
	XLMEM_XL=$STORE_DIR/xl xlmem create "$STORE_DIR/cfg" >/dev/null 2>&1 &
	local pid=$!
	eventually 60 is list '.reservations | length' 1
	kill -9 $pid
	eventually 60 is list '.reservations | length' 0
	fake-xen remove 3
}

# While it is held, a domain doesn't move whatever it needs; then it does.
freeze()
{
	shared
	cat >"$STORE_DIR/xl" <<-END
		#!/bin/bash
		fake-xen need 1 400
		sleep 1
		fake-xen show >"$STORE_DIR/during"
		exit 1
	END
	chmod +x "$STORE_DIR/xl"
	XLMEM_XL=$STORE_DIR/xl status 1 xlmem save web file
	equal "while it was saved" "$(grep '^domain 1 ' "$STORE_DIR/during")" \
		"domain 1 actual_kib 262144 max_kib 263168 target_kib 262144"
	eventually 60 is domain web .actual_kib 409600
}

# Made fixed while it has a lease it grows on: a save must still settle it.
freeze_fixed()
{
	host_start
	printf 'vms = [ "web fixed=1" ]\n' >"$conf"
	xlmem reload
	is domain web .kind fixed
	# It keeps what it has, and no lease in which nobody would follow it.
	eventually 60 is domain web .ceiling_kib 262144
	fake-xen need 1 500
	sleep 0.5
	is domain web .actual_kib 262144
	printf '#!/bin/bash\nfake-xen show >%s/during\n' "$STORE_DIR" >"$STORE_DIR/xl"
	XLMEM_XL=$STORE_DIR/xl xlmem save web file
	equal "while it was saved" "$(grep '^domain 1 ' "$STORE_DIR/during")" \
		"domain 1 actual_kib 262144 max_kib 263168 target_kib 262144"
	quick_conf
	host_start
}

reload()
{
	shared
	echo 'free_min = 48' >"$conf"
	xlmem reload
	is list .host.free_min_kib 49152
	printf 'free_min = 64\nsurpluss = "free"\n' >"$conf"
	status 1 xlmem reload
	[[ $out == *"$conf:2"*surpluss* ]]
	is list .host.free_min_kib 49152
	quick_conf
	xlmem reload
	is list .host.free_min_kib 32768
}

check list list_table
check list_json list_json
check explain explain
check explain_paused explain_paused
check explain_silent explain_silent
check unannounced unannounced
check info info
check set settings
check set_idle_shutdown set_idle_shutdown
check set_max set_max
check set_auto set_auto
check reserve reserve
check reserve_not_older reserve_not_older
check reserve_range reserve_range
check reserve_range_late reserve_range_late
check reserve_expire reserve_expire
check reserve_wait reserve_wait
check reserve_need_first reserve_need_first
check reserve_hopeless reserve_hopeless
check idle idle
check on_refusal on_refusal
check fixed_build fixed_build
check numa numa
check create_real create
check freeze freeze
check freeze_fixed freeze_fixed
check reload reload
check host_store xenstore-check
check host_breaches no_breaches
host_end
