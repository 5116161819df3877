#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# xlmem against a daemon that plays back: what it sends, prints and exits with.
# shellcheck disable=SC2089,SC2090 # JSON's own quotes
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
xlmem=$(readlink -f "${BUILD:-build}")/xlmem
. tests/tap.sh

work=$(mktemp -d)
trap 'stop; rm -rf "$work"' EXIT
export BALLOOND_SOCKET=$work/sock

# The daemon's pid is in a file: every test is a subshell of its own.
stop()
{
	if [[ -e $work/pid ]]; then
		# shellcheck disable=SC2046
		kill $(cat "$work/pid") 2>/dev/null
		rm -f "$work/pid" "$work/sock" "$work/there.sock"
	fi
}

# serve: (re)start the daemon on $work/can; answer NAME TEXT puts a text there
serve()
{
	stop
	tests/cli/canned "$work/sock" "$work/can" >"$work/log" 2>&1 &
	echo $! >"$work/pid"
	eventually 5 test -S "$work/sock"
}

fresh()
{
	rm -rf "$work/can"
	mkdir "$work/can"
}

answer()
{
	printf '%s' "$2" >"$work/can/$1"
}

OK='{"ok":true}
'

# run STATUS ARGUMENT...: its output in $out, both streams
run()
{
	local wanted=$1 rc=0
	shift
	out=$("$xlmem" "$@" 2>&1) || rc=$?
	equal "status of xlmem $* ($out)" "$rc" "$wanted"
}

sent()
{
	equal "requests" "$(cat "$work/can/requests")" "$1"
}

usage()
{
	local words
	for words in "" "nothing" "list extra" "list --min 3" "explain" "explain a b" \
		"set web" "set web --min" "set web --min x" "set web --min -1" \
		"set web --min 1x" "set web --min 1kk" "set web --weight 0" \
		"set web --weight 65536" "set web --weight 1m" "set web --max 2000000t" \
		"set web --min 99999999999999999999" "set web --bad 1" "set web --idle-shutdown 2" "set web --idle_shutdown 1" "set --auto" \
		"create" "create /nonexistent" "reserve" "reserve x" "reserve 0" \
		"reserve 10-" "reserve -10" "reserve 20-10" "reserve 0-10" "reserve 1-2-3" "reserve 1x-2" \
		"reserve 10 --expire 0" "reserve 10 --wait x" "assign 1" "assign x web" \
		"release" "save web" "migrate web" "restore" "migrate-receive web" \
		"migrate_receive web 1"; do
		# shellcheck disable=SC2086
		run 2 $words
		if [[ -n $words && $out != xlmem:* ]]; then
			echo "xlmem $words: $out"
			return 1
		fi
	done
	run 6 set web --min 512 --max 256
	run 2 list extra
	equal fault "$out" 'xlmem: list takes no "extra"; usage: xlmem list [options]'
	run 2 assign 1
	equal fault "$out" 'xlmem: assign lacks DOMAIN; usage: xlmem assign [options] ID DOMAIN'
	run 2 create --at-least web.cfg
	equal fault "$out" \
		"xlmem: create lacks CFG: \"web.cfg\" is --at-least's SIZE; usage: xlmem create [options] CFG [XL-ARGUMENT...]"
}

help_all()
{
	local command
	run 0 help
	for command in list explain set create reserve assign release save migrate restore \
		migrate-receive info reload; do
		[[ $out == *"  $command "* ]]
		"$xlmem" $command --help | grep -q -- "Usage: xlmem $command"
		"$xlmem" help $command | grep -q -- "--json"
	done
	"$xlmem" set --help | grep -q -- "--weight"
	[[ $out == *--version* ]]
	run 0 --version
	[[ $out =~ ^xlmem\ [0-9.]+$ ]]
	equal version "$("$xlmem" -V)" "$out"
}

no_daemon()
{
	BALLOOND_SOCKET=$work/none run 4 list
	[[ $out == *"no balloond at $work/none"*"systemctl start balloond"* ]]
	BALLOOND_SOCKET=$work/none run 4 list --json
	[[ $out == '{"ok":false,"error":{"code":"no_daemon","message":'* ]]
	if [[ ! -e /proc/xen/capabilities ]]; then
		BALLOOND_SOCKET='' run 4 list
		[[ $out == *"this is no Xen dom0"*"dom0 of a Xen host" ]]
	fi
	printf 'name = "web"\nmemory = 64\n' >"$work/cfg"
	BALLOOND_SOCKET=$work/none run 4 create "$work/cfg"
	[[ $out == *"or use plain \`xl create $work/cfg\`" ]]
}

permission()
{
	if [[ $EUID -ne 0 ]]; then
		return 0
	fi
	fresh; answer list "$OK"; serve
	chmod 700 "$work/sock"
	chmod 711 "$work"
	cp "$xlmem" "$work/xlmem"
	local rc=0
	out=$(setpriv --reuid 65534 --regid 65534 --clear-groups "$work/xlmem" list 2>&1) || rc=$?
	equal status $rc 8
	[[ $out == *"run as root"* ]]
}

lost()
{
	fresh; answer list '{"ok":tr'; answer info ''; answer explain 'no json
'; serve
	run 7 list
	[[ $out == *"went away before it answered"*journalctl* ]]
	run 7 info
	run 7 explain web
	run 7 info --json
	[[ $out == *'"code":"daemon_lost"'* ]]
}

# Every refusal that the daemon knows has its own status.
refusals()
{
	local pair
	for pair in failed=1 usage=2 refused=3 unknown_domain=5 setting_refused=6 \
		permission=8 never_heard_of=1; do
		fresh
		answer explain '{"ok":false,"error":{"code":"'"${pair%=*}"'","message":"So it is."}}
'
		serve
		run "${pair#*=}" explain web
		equal text "$out" "xlmem: So it is."
		run "${pair#*=}" explain web --json
		equal json "$out" "$(cat "$work/can/explain")"
	done
}

golden()
{
	fresh
	answer list '{"ok":true,"host":{"total_kib":4194304,"free_kib":140288,"claims_kib":0,"free_min_kib":32768,"reserved_kib":65536,"unused_ceilings_kib":4096,"slack_kib":-1024,"state":"scarce","free_state":"ample"},"domains":[{"domid":0,"name":"Domain-0","uuid":"0","kind":"dom0","actual_kib":524288,"target_kib":null,"ceiling_kib":null,"need_kib":null,"want_kib":null,"floor_kib":null,"max_kib":null,"static_max_kib":524288,"weight":256,"state":"settled","reason":"not ours","ignored_reports":0},{"domid":12,"name":"web","uuid":"1","kind":"guest","actual_kib":1048575,"target_kib":1048576,"ceiling_kib":2097152,"need_kib":900000,"want_kib":1000000,"floor_kib":262144,"max_kib":2097152,"static_max_kib":2097152,"weight":512,"state":"moving, urgent","reason":"its need","ignored_reports":3}],"reservations":[{"id":7,"name":"db","purpose":"create","size_kib":65536,"state":"granted","domid":null,"expires_s":29}]}
'
	answer explain '{"ok":true,"domain":{},"text":"web rests at 1024 MiB because of its need.\nmin: by xlmem set"}
'
	answer info '{"ok":true,"version":"1.0","uptime_s":5,"counters":{"turns":3,"deep":{"er":1}},"config":{"surplus":"free","on":true,"none":null}}
'
	serve
	run 0 list
	equal list "$out" "$(cat tests/cli/list.golden)"
	run 0 list --json
	equal json "$out" "$(cat "$work/can/list")"
	run 0 explain web
	equal explain "$out" $'web rests at 1024 MiB because of its need.\nmin: by xlmem set'
	run 0 info
	equal info "$(tr -s " " <<<"$out")" $'version 1.0\nuptime_s 5\ncounters.turns 3\ncounters.deep.er 1\nconfig.surplus free\nconfig.on yes\nconfig.none -'
}

requests()
{
	fresh
	local name
	for name in set assign release reload explain; do
		answer $name "$OK"
	done
	answer reserve '{"event":"waiting","freed_kib":1,"size_kib":2}
{"ok":true,"id":7}
'
	serve
	run 0 set web --min 256 --max 1g --weight 512
	run 0 set --auto 'a "b" \c'
	run 0 set web --min 262144k
	run 0 set web --min 1b
	run 0 set web --idle-shutdown 1
	run 0 reserve 10 --name x --expire 30 --wait 5
	equal id "$out" 7
	run 0 reserve 1t
	run 0 reserve 64-1g --purpose 'a word'
	equal range "$out" "7 1024"
	run 0 assign 7 web
	run 0 release 7
	run 0 release web
	run 0 reload
	sent '{"command":"set","domain":"web","min_kib":262144,"max_kib":1048576,"weight":512}
{"command":"set","domain":"a \"b\" \\c","auto":true}
{"command":"set","domain":"web","min_kib":262144}
{"command":"set","domain":"web","min_kib":1}
{"command":"set","domain":"web","idle_shutdown":1}
{"command":"reserve","size_kib":10240,"name":"x","owner":"token","wait_s":5,"expire_s":30}
{"command":"reserve","size_kib":1073741824,"name":"","owner":"token","wait_s":60}
{"command":"reserve","size_kib":1048576,"name":"","min_kib":65536,"purpose":"a word","owner":"token","wait_s":60}
{"command":"assign","id":7,"domain":"web"}
{"command":"release","id":7}
{"command":"release","name":"web"}
{"command":"reload"}'
}

fake_xl()
{
	cat >"$work/xl" <<-END
		#!/bin/bash
		echo "xl \$*" >>"$work/can/xl"
		ls -l /proc/self/fd | grep -c socket >>"$work/can/sockets"
		sleep ${2:-0}
		exit $1
	END
	chmod +x "$work/xl"
	export XLMEM_XL=$work/xl
}

REFUSED='{"ok":false,"error":{"code":"refused","message":"no","shortfall_kib":140000,"fits_kib":384512,"holders":[{"name":"a","domid":1,"floor_kib":204800},{"name":"b","domid":2,"floor_kib":307200},{"name":"c","domid":3,"floor_kib":1024},{"name":"d","domid":4,"floor_kib":204800}],"idle":[{"name":"a","domid":1,"idle_s":7300,"frees_kib":205824}],"stop":["a","b"],"stop_any":true}}
'

create_refused()
{
	fresh; answer reserve "$REFUSED"; fake_xl 0; serve
	printf 'name = "web"\nmemory = 512\ntype = "pvh"\nmaxmem = 1024\nvcpus = 2\n' >"$work/cfg"
	run 3 create "$work/cfg"
	equal text "$out" "xlmem: web needs 528 MiB; 137 MiB short above the others' floors.
  Guaranteed to others: b 300, a 200, d 200 MiB and 1 more; \`xlmem set NAME --min SIZE\` lowers one.
  Idle, and enough if closed: a (for 2 h, frees 201 MiB): \`xl shutdown a\`.
  Stopping any of: a, b would make it fit: \`xl shutdown NAME\`.
  Up to 359 MiB fit now: \`xlmem create --at-least 359 $work/cfg\`."
	[[ ! -e $work/can/xl ]]
	# 512 MiB + 4 + 2 of vcpus + shadow: 2 of vcpus and 8 of maxmem
	sent '{"command":"reserve","size_kib":540672,"name":"web","purpose":"create","owner":"connection","wait_s":60}'
	run 3 create --json "$work/cfg"
	equal json "$out" "${REFUSED%$'\n'}"
	answer reserve "${REFUSED/true/false}"
	run 3 reserve 512 --name web
	[[ $out == *"Stopping all of: a, b would"* ]]
	[[ $out == *"Up to 375 MiB fit now: \`xlmem reserve 375\`." ]]
	answer reserve "$(sed 's/"a","b"//; s/384512/0/; s/"idle":.*}],/"idle":[],/' <<<"$REFUSED")
"
	run 3 reserve 512
	[[ $out == *"No stop of others is known to make it fit." ]]
	# Under what it is guaranteed it doesn't begin.
	answer reserve "$REFUSED"
	echo 'balloon_min = 400' >>"$work/cfg"
	run 3 create "$work/cfg"
	[[ $out != *"--at-least"* ]]
}

create_done()
{
	fresh
	answer reserve '{"ok":true,"id":9}
'
	answer assign.1 '{"ok":false,"error":{"code":"unknown_domain","message":"not yet"}}
'
	answer assign "$OK"; answer set "$OK"; answer release "$OK"
	fake_xl 0 0.6; serve
	printf 'name = "web"\nmemory = 64\nballoon_min = 32\nballoon_max = "1g"\nballoon_weight = 300\nballoon_idle_shutdown = 1\n' >"$work/cfg"
	run 0 create --wait 7 "$work/cfg" -p 'memory=128'
	equal xl "$(cat "$work/can/xl")" "xl create $work/cfg -p memory=128"
	equal "sockets that xl inherits" "$(cat "$work/can/sockets")" 0
	sent '{"command":"reserve","size_kib":136192,"name":"web","purpose":"create","owner":"connection","wait_s":7}
{"command":"assign","id":9,"domain":"web"}
{"command":"assign","id":9,"domain":"web"}
{"command":"set","domain":"web","from":"cfg","min_kib":32768,"max_kib":1048576,"weight":300,"idle_shutdown":1}
{"command":"release","id":9}'
}

# What fits and is fair is promised; xl is told so after the cfg and the user's words.
create_at_least()
{
	fresh
	# 200 MiB, and 5 for Xen's books
	answer reserve '{"event":"waiting","freed_kib":1,"size_kib":209920}
{"ok":true,"id":9,"reservation":{"size_kib":209920}}
'
	answer assign "$OK"; answer release "$OK"; answer set "$OK"
	fake_xl 0; serve
	printf 'name = "web"\nmemory = 512\nballoon_min = 100\n' >"$work/cfg"
	run 0 create --at-least 64 "$work/cfg" -p
	equal text "$out" "xlmem: web starts with 200 MiB of 512"
	equal xl "$(tail -n 1 "$work/can/xl")" "xl create $work/cfg -p memory=200 maxmem=512"
	# not under balloon_min
	grep -q '"size_kib":529408,"name":"web","min_kib":107520,"purpose":"create",' "$work/can/requests"
	printf 'maxmem = 800\n' >>"$work/cfg"
	run 0 create --json --at-least 128 "$work/cfg"
	equal xl "$(tail -n 1 "$work/can/xl")" "xl create $work/cfg memory=200"
	grep -q '"min_kib":136192,' "$work/can/requests"
	equal json "$(grep -v '^xlmem: ' <<<"$out")" '{"event":"waiting","freed_kib":1,"size_kib":209920}
{"ok":true,"size_kib":209920,"memory_kib":204800}'
	printf 'type = "hvm"\nname = "web"\nmemory = 512\n' >"$work/cfg"
	run 0 create --at-least 64 "$work/cfg"
	[[ $(tail -n 1 "$work/can/xl") != *maxmem* ]]
	run 2 create --at-least 513 "$work/cfg"
	run 2 create --at-least x "$work/cfg"
	printf 'vnuma = [ [ "pnode=0", "size=512" ] ]\n' >>"$work/cfg"
	run 2 create --at-least 64 "$work/cfg"
	# All of it fits: xl builds what the cfg says.
	answer reserve '{"ok":true,"id":9,"reservation":{"size_kib":529408}}
'
	printf 'name = "web"\nmemory = 512\n' >"$work/cfg"
	run 0 create --at-least 64 "$work/cfg"
	equal xl "$(tail -n 1 "$work/can/xl")" "xl create $work/cfg"
}

create_failed()
{
	fresh
	answer reserve '{"ok":true,"id":9}
'
	answer release "$OK"
	fake_xl 3; serve
	printf 'name = "web"\nmemory = 64\n' >"$work/cfg"
	run 1 create "$work/cfg"
	[[ $out == *"create\` ended with 3, its memory is free again" ]]
	grep -q '"command":"release","id":9' "$work/can/requests"
}

create_bad_cfg()
{
	local text
	for text in 'memory = 64' 'name = "w"\nmemory = "x"' 'name = "w"\nmemory = ' \
		'name = "w"\nmemory=64\nballoon_min = 65' 'name = "w"\nballoon_weight = 0' \
		'name = "w"\nballoon_min = 9\nballoon_max = 8'; do
		# shellcheck disable=SC2059
		printf "$text\n" >"$work/cfg"
		run 2 create "$work/cfg"
	done
}

save()
{
	fresh; answer freeze "$OK"; answer thaw "$OK"; fake_xl 0; serve
	run 0 save web "$work/file" -c
	equal xl "$(cat "$work/can/xl")" "xl save web $work/file -c"
	sent '{"command":"freeze","domain":"web"}'
	fake_xl 5
	run 1 save web "$work/file"
	equal last "$(tail -n 1 "$work/can/requests")" '{"command":"thaw","domain":"web"}'
}

# A save is never refused for want of a daemon.
save_alone()
{
	fresh; fake_xl 0
	printf '#!/bin/bash\necho "balloond $*" >>%s/can/xl\n' "$work" >"$work/balloond"
	chmod +x "$work/balloond"
	export XLMEM_BALLOOND=$work/balloond
	BALLOOND_SOCKET=$work/none run 0 save web file
	equal "calls" "$(cat "$work/can/xl")" $'balloond --settle\nxl save web file'
	XLMEM_BALLOOND=/nonexistent BALLOOND_SOCKET=$work/none run 0 save web file
	[[ $out == *"may not restore"* ]]
	answer freeze '{"ok":false,"error":{"code":"unknown_domain","message":"no such domain"}}
'
	serve
	run 5 save wub file
	equal "calls" "$(wc -l <"$work/can/xl")" 3
}

# saved FILE JSON [FLAGS [BYTE-ORDER [LENGTH]]]: as xl save writes it, without the stream
saved()
{
	perl -e 'my ($json, $flags, $order, $len) = @ARGV;
		$json .= "\0";
		print pack("a32 L L L L L", "Xen saved domain, xl format\n \0 \r", $order // 0x01020304,
			$flags // 3, 0, 4 + length $json, $len // length $json), $json, "stream"
		' -- "${@:2}" >"$1"
}

# stream WORD...: libxl's, over libxc's with a record for each "COUNT@PFN[:TYPE]"; types 13
# and 15 are no pages, 14 pages without contents.
stream()
{
	perl -e '
		print "LibxlFmt", pack("N N", 2, 0), pack("L L", 5, 3), "emu\0\0\0\0\0", pack("L L", 1, 0);
		print pack("Q N N n n L", ~0, 0x58454e46, 3, 0, 0, 0), pack("L S S L L", 1, 12, 0, 4, 17);
		print pack("L L", 11, 0), pack("L L", 14, 5), "abcde\0\0\0";
		for (@ARGV) {
			my ($count, $pfn, $type) = /^(\d+)@(\d+)(?::(\d+))?$/ or next;
			my $pages = defined $type ? 0 : $count;
			print pack("L L L L", 1, 8 + 8 * $count + 4096 * $pages, $count, 0);
			print pack("Q", ($type // 0) << 60 | $pfn + $_) for 0 .. $count - 1;
			print "\0" x 4096 for 1 .. $pages;
		}
		print pack("L L L L", 0, 0, 0, 0) unless $ARGV[-1] eq "cut";
		' -- "$@"
}

# held KIB WORD...: with that stream so much is reserved
held()
{
	{ saved /dev/stdout "$SAVED" | head -c -6; stream "${@:2}"; } >"$work/web.save"
	run 0 restore --json "$work/web.save"
	equal "reserved with ${*:2}" "$out" "{\"ok\":true,\"size_kib\":$1}"
}

# A guest that couldn't follow its target down when it was saved has more pages than that.
restore_held()
{
	fresh
	answer reserve '{"ok":true,"id":9}
'
	answer release "$OK"; answer assign "$OK"; fake_xl 0; serve
	held 540672 3@0 50000@3:14				# under its target
	held $((540672 + 4 * 10003 - 4 * 1072)) 3@0 60000@3:14 60000@60003:14 20000@120003:14 \
		1000@200000:15 1000@201000:13			# 140003 pages, 131072 of target
	held $((540672 + 4 * 8928)) 60000@0:14 60000@60000:14 60000@60000:14 20000@120000:14
	held $((540672 + 524288)) 60000@0:14 60000@60000:14 60000@120000:14 60000@180000:14 60000@300000:14
	held 540672 60000@0:14 60000@60000:14 20000@120000:14 cut
}

SAVED='{"c_info":{"type":"pvh","name":"web","uuid":"x"},"b_info":{"max_vcpus":2,"avail_vcpus":[0,1],"max_memkb":1048576,"target_memkb":524288,"shadow_memkb":9000}}'

restore()
{
	fresh
	answer reserve '{"ok":true,"id":9}
'
	answer release "$OK"; answer assign "$OK"; fake_xl 0; serve
	saved "$work/web.save" "$SAVED"
	run 0 restore "$work/web.save" -p -e
	equal xl "$(cat "$work/can/xl")" "xl restore $work/web.save -p -e"
	equal "sockets that xl inherits" "$(cat "$work/can/sockets")" 0
	# as create has it: 512 + 4 + 2 of vcpus + shadow: 2 of vcpus and 8 of maxmem
	sent '{"command":"reserve","size_kib":540672,"name":"web","purpose":"restore","owner":"connection","wait_s":60}
{"command":"release","id":9}'
	# What was said of shadow memory counts when it is more.
	saved "$work/web.save" "${SAVED/9000/20480}"
	run 0 restore --wait 5 --json "$work/web.save"
	equal json "$out" '{"ok":true,"size_kib":550912}'
	saved "$work/web.save" "$SAVED"
	run 2 restore "$work/web.save" other.cfg
	fake_xl 4
	run 1 restore "$work/web.save"
	[[ $out == *"restore\` ended with 4, its memory is free again" ]]
	grep -c release "$work/can/requests" | grep -qx 3
	answer reserve "$REFUSED"
	rm "$work/can/xl"
	run 3 restore "$work/web.save"
	[[ $out == "xlmem: web needs 528 MiB; "* && $out != *"Up to"* && ! -e $work/can/xl ]]
	BALLOOND_SOCKET=$work/none run 4 restore "$work/web.save"
	[[ $out == *"or use plain \`xl restore $work/web.save\`" ]]
}

# bad_save WHAT ARGUMENTS-OF-SAVED...
bad_save()
{
	saved "$work/bad" "${@:2}"
	run 2 restore "$work/bad"
	[[ $out == "xlmem: "*"$1"* ]] || { echo "$1: $out"; return 1; }
}

# Whatever the file holds: one sentence, nothing asked, nothing started.
restore_garbage()
{
	local i deep
	fresh; fake_xl 0; serve
	: >"$work/can/requests"
	run 2 restore /nonexistent
	run 2 restore "$work"
	mkfifo "$work/fifo"
	run 2 restore "$work/fifo"
	run 2 restore tests/cli/xlmem.sh
	[[ $out == *"was not written by \`xl save\`" ]]
	bad_save "newer xl" "$SAVED" 7
	bad_save "no configuration in JSON" "$SAVED" 2
	bad_save "other byte order" "$SAVED" 3 67305985
	for i in 4294967295 2147483648 1048577 1000; do
		bad_save "damaged" "$SAVED" 3 16909060 $i
	done
	bad_save "no JSON" "${SAVED%?}"
	bad_save "no JSON" "x$SAVED"
	deep=$(printf '%0100000d' 0)
	bad_save "nested too deeply" "${deep//0/[}"
	bad_save "name" '{"c_info":{"type":"pv","name":""},"b_info":{"target_memkb":1}}'
	bad_save "name" '{"c_info":{"type":"pv","name":"'"${deep:0:64}"'"},"b_info":{"target_memkb":1}}'
	bad_save "name" '[]'
	bad_save "type" '{"c_info":{"type":"x","name":"w"},"b_info":{"target_memkb":1}}'
	for i in -1 0 '"1"' 1.5 99999999999999999999 1099511627777 null; do
		bad_save "target_memkb" '{"c_info":{"type":"pv","name":"w"},"b_info":{"target_memkb":'$i'}}'
		bad_save "max_memkb" '{"c_info":{"type":"pv","name":"w"},"b_info":{"target_memkb":1,"max_memkb":'$i'}}'
		bad_save "max_vcpus" '{"c_info":{"type":"pv","name":"w"},"b_info":{"target_memkb":1,"max_vcpus":'$i'}}'
	done
	# Cut off anywhere, and with any byte of its head changed.
	saved "$work/good" "$SAVED"
	for ((i = 0; i < 52 + ${#SAVED}; i += 7)); do
		head -c $i "$work/good" >"$work/bad"
		run 2 restore "$work/bad"
	done
	for ((i = 0; i < 52; i += 2)); do
		perl -pe 'BEGIN { $/ = undef } substr($_, '$i', 1) ^= "\x55" unless '$i' >= 40 && '$i' < 48' \
			"$work/good" >"$work/bad"
		[[ $i -ge 40 && $i -lt 48 ]] || run 2 restore "$work/bad"
	done
	equal "requests" "$(cat "$work/can/requests")" ""
	[[ ! -e $work/can/xl ]]
}

# xl, and ssh to a host with or without xlmem: migrate's two ends on one machine. The
# other end's daemon plays back from $work/there.
two_hosts()
{
	mkdir -p "$work/there"
	rm -f "$work/there/"*
	tests/cli/canned "$work/there.sock" "$work/there" >>"$work/log" 2>&1 &
	echo $! >>"$work/pid"
	eventually 5 test -S "$work/there.sock"
	mkdir -p "$work/bin"
	cat >"$work/bin/xl" <<-END
		#!/bin/bash
		echo "xl \$*" >>"$work/can/xl"
		case \$1 in
		list) echo '[{"domid":1,"config":$SAVED}]' ;;
		migrate)
			[[ \${*: -3:1} == "" ]] || exit 0
			banner=\$(sh -c "\${*: -1}" </dev/null)
			[[ \$banner == ready ]] ;;
		migrate-receive) echo ready ;;
		esac
	END
	cat >"$work/bin/ssh" <<-END
		#!/bin/bash
		export BALLOOND_SOCKET=$work/there.sock
		echo "ssh \$1" >>"$work/can/xl"
		shift
		exec sh -c "\$*"
	END
	chmod +x "$work/bin/xl" "$work/bin/ssh"
	ln -sf "$xlmem" "$work/bin/xlmem"
	export PATH=$work/bin:$PATH XLMEM_XL=$work/bin/xl
}

sent_there()
{
	equal "requests there" "$(cat "$work/there/requests")" "$1"
}

migrate()
{
	fresh; answer freeze "$OK"; answer thaw "$OK"; serve; two_hosts
	printf '{"event":"waiting","freed_kib":1,"size_kib":2}\n{"ok":true,"id":9}\n' >"$work/there/reserve"
	echo '{"ok":true}' >"$work/there/release"
	run 0 migrate web there -e --debug -p -C some.cfg
	equal xl "$(sed 's/exec ssh.*/.../' "$work/can/xl")" "xl list -l web
xl migrate -e --debug -p -C some.cfg -s  web ...
ssh there
xl migrate-receive -e -d -p"
	sent '{"command":"freeze","domain":"web"}'
	sent_there '{"command":"reserve","size_kib":540672,"name":"web--incoming","purpose":"migrate","owner":"connection","wait_s":60}
{"command":"release","id":9}'
	# Several letters in one word, as getopt takes them; the last one's argument apart.
	rm "$work/can/xl"
	run 0 migrate web there -eps ssh2 -Fsssh
	equal xl "$(sed 's/exec ssh.*/.../' "$work/can/xl")" "xl list -l web
xl migrate -ep -F -s  web ...
ssh there
xl migrate-receive -e -p"
	# Refused there: its xl is not even started, and the domain goes on here. It is
	# asked by a way of the user's own, and a name is no command of a shell's.
	rm "$work/can/xl" "$work/there/requests"
	printf %s "$REFUSED" >"$work/there/reserve"
	cp "$work/bin/ssh" "$work/bin/ssh2"
	# shellcheck disable=SC2016
	sed -i 's/"name":"web"/"name":"a$(touch x); c"/; s/echo .\[/cat <<"E"\n[/; s/}\]. ;;/}]\nE\n;;/' "$work/bin/xl"
	run 1 migrate web there -sssh2
	[[ $out == *"needs 528 MiB; "*"can't come here; it goes on where it is"*"web goes on" ]]
	# shellcheck disable=SC2016
	grep -qF '"name":"a$(touch x); c--incoming"' "$work/there/requests"
	[[ ! -e x ]]
	grep -q migrate-receive\$ "$work/can/xl" && return 1
	equal last "$(tail -n 1 "$work/can/requests")" '{"command":"thaw","domain":"web"}'
}

# No xlmem there, no balloond there, no word of xl's here: said, and it goes on.
migrate_alone()
{
	fresh; answer freeze "$OK"; serve; two_hosts
	sed -i '1aexport PATH=/usr/bin:/bin:'"$work/bin2" "$work/bin/ssh"
	mkdir -p "$work/bin2"
	ln -sf "$work/bin/xl" "$work/bin2/xl"
	run 0 migrate web there
	[[ $out == *"xlmem: no xlmem on there: going on without a reservation there"* ]]
	equal last "$(tail -n 1 "$work/can/xl")" "xl migrate-receive"
	sed -i '2d; s|^export BALLOOND.*|export BALLOOND_SOCKET=/nonexistent|' "$work/bin/ssh"
	run 0 migrate web there
	[[ $out == *"no balloond at /nonexistent"*"receiving it without a reservation"* ]]
	run 0 migrate web "a command" -s ''
	[[ $out == *"with -s '' the host is a command of your own"* ]]
	equal last "$(tail -n 1 "$work/can/xl")" "xl migrate web a command -s "
	sed -i 's/^list) .*/list) echo no json ;;/' "$work/bin/xl"
	run 0 migrate web there
	[[ $out == *"going on without a reservation on the other side: xl list's answer is no JSON"* ]]
	equal last "$(tail -n 1 "$work/can/xl")" "xl migrate web there"
}

migrate_receive()
{
	fresh; answer release "$OK"
	answer reserve '{"ok":true,"id":9}
'
	serve; two_hosts
	out=$("$xlmem" migrate-receive --wait 3 web 64m -e 2>/dev/null)
	equal "output, which is xl's alone" "$out" ready
	sent '{"command":"reserve","size_kib":65536,"name":"web--incoming","purpose":"migrate","owner":"connection","wait_s":3}
{"command":"release","id":9}'
	answer reserve "$REFUSED"
	out=$("$xlmem" migrate-receive web 64m 2>/dev/null) && return 1
	equal "output of a refusal" "$out" ""
	run 2 migrate-receive --json web 64m
	run 2 migrate-receive web x
}

check usage usage
check help help_all
check no_daemon no_daemon
check permission permission
check daemon_lost lost
check refusals refusals
check golden golden
check requests requests
check create_refused create_refused
check create create_done
check create_at_least create_at_least
check create_failed create_failed
check create_bad_cfg create_bad_cfg
check save save
check save_alone save_alone
check restore restore
check restore_held restore_held
check restore_garbage restore_garbage
check migrate migrate
check migrate_alone migrate_alone
check migrate_receive migrate_receive
tap_end
