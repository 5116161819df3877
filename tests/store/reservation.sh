#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Reservations from request to end: each ends once, whatever happens to its client, its
# domain, the daemon; what it holds is never counted twice and never anybody else's.
# shellcheck source=tests/store/host.sh
. "$(dirname "$0")/host.sh"

count()
{
	is list '.reservations | length' "$1"
}

states()
{
	is list '[.reservations[] | "\(.name) \(.state) \(.domid)"] | join(", ")' "$1"
}

# Nobody gives anything back unless it is asked for.
lazy_conf()
{
	printf 'shrink_divisor = 64\nshrink_interval = 600000\n' >"$conf"
}

# web holds 600 MiB that it doesn't need, and gives them slowly when it must: who
# wants more than the 680 MiB that are free waits some seconds.
slow_host()
{
	lazy_conf
	host_start
	fake-xen need 1 600
	eventually 60 is domain web .target_kib 614400
	eventually 60 is domain web .actual_kib 614400
	fake-xen slow 1 40
	fake-xen need 1 100
}

# A client that holds its connection until its standard input ends, after its answers.
client()
{
	rm -f "$STORE_DIR/client.fifo"
	mkfifo "$STORE_DIR/client.fifo"
	perl -e 'use IO::Socket::UNIX; my $s = IO::Socket::UNIX->new(Peer => $ENV{BALLOOND_SOCKET}) or die;
		$| = 1; print $s "$ARGV[0]\n"; $s->flush; print scalar <$s>; $SIG{ALRM} = "DEFAULT"; alarm 100; <STDIN>' \
		"$1" <"$STORE_DIR/client.fifo" >"$STORE_DIR/client.out" 2>&1 &
	echo $! >"$STORE_DIR/client.pid"
	disown $!
	exec 9>"$STORE_DIR/client.fifo"
}

request()
{
	echo "{\"command\":\"reserve\",\"size_kib\":$(($1 * 1024)),\"name\":\"new\",\"wait_s\":60}"
}

# Killed while it waits, when it was granted, and while its domain is built.
client_killed()
{
	slow_host
	client "$(request 800)"
	eventually 60 states "new waiting null"
	end KILL client
	eventually 60 count 0

	client "$(request 100)"
	eventually 60 states "new granted null"
	end KILL client
	eventually 60 count 0

	# The build goes on without it, and what it needs stays its own.
	client "$(request 300)"
	eventually 60 states "new granted null"
	fake-xen add 5 new 50 max=300 paused=1
	eventually 60 states "new assigned 5"
	end KILL client
	fake-xen need 1 1024
	sleep 1
	states "new assigned 5"
	fake-xen tot 5 300
	is domain new .actual_kib 307200
	fake-xen unpause 5
	eventually 60 count 0
	xenstore-check
}

# The request is read whole, then the daemon dies.
daemon_killed_as()	# STATE-BEFORE
{
	daemon_kill
	daemon_start
	eventually 60 is list '[.reservations[] | .name] | join(", ")' new
}

# In each of its states it is there again after the daemon was killed, and ends once.
daemon_killed()
{
	local id
	slow_host
	xlmem reserve 800 --name new --wait 300 >/dev/null 2>&1 &
	eventually 60 states "new waiting null"
	daemon_killed_as waiting
	eventually 60 states "new granted null"		# the donor went on meanwhile
	daemon_killed_as granted
	eventually 60 states "new granted null"
	id=$(list '.reservations[].id')
	fake-xen add 5 new 50 max=800 paused=1
	eventually 60 states "new assigned 5"
	is list .host.reserved_kib 0
	daemon_killed_as assigned
	states "new assigned 5"
	is list .host.reserved_kib 0
	fake-xen tot 5 800
	fake-xen unpause 5
	eventually 60 count 0
	status 1 xlmem release "$id"
	is xenstore-list /tool/balloond/reservation ""
}

# The same client asks again after the restart: it is the same reservation.
reclaimed()
{
	local id
	host_start
	client "$(request 200)"
	eventually 60 states "new granted null"
	id=$(list '.reservations[].id')
	daemon_kill
	daemon_start
	eventually 60 count 1
	end KILL client
	client "$(request 200)"
	eventually 60 grep -q '"ok":true' "$STORE_DIR/client.out"
	is list '.reservations[].id' "$id"
	end KILL client
	eventually 60 count 0
}

# Dead before it is built; and renamed while it is: the reservation goes with the domain.
domain_dies()
{
	local id
	host_start
	id=$(xlmem reserve 300 --name new)
	fake-xen add 5 new 50 max=300 paused=1
	eventually 60 states "new assigned 5"
	xenstore-write /local/domain/5/name other
	xlmem reload
	is list .host.reserved_kib 0
	states "new assigned 5"
	fake-xen remove 5
	eventually 60 count 0
	status 1 xlmem release "$id"

	id=$(xlmem reserve 300 --name new)
	fake-xen add 6 new 50 max=300 paused=1
	eventually 60 states "new assigned 6"
	xenstore-write /local/domain/6/name other
	fake-xen tot 6 300
	fake-xen unpause 6
	eventually 60 count 0
	eventually 60 is domain other .kind guest
}

# One domain takes over one of two reservations of its name; none is counted twice.
same_name()
{
	local a b
	host_start
	a=$(xlmem reserve 100 --name new)
	b=$(xlmem reserve 200 --name new)
	is list .host.reserved_kib 307200
	status 2 xlmem release new
	[[ $out == *"2 reservations are for \"new\": say the id" ]]
	fake-xen add 5 new 50 max=100 paused=1
	eventually 60 states "new assigned 5, new granted null"
	is list .host.reserved_kib 204800
	fake-xen unpause 5
	eventually 60 states "new granted null"
	# The one that runs isn't what the second is for.
	status 5 xlmem assign "$b" 5
	fake-xen add 6 new 50 max=200 paused=1
	eventually 60 states "new assigned 6"
	status 1 xlmem release "$a"
	fake-xen remove 6
	eventually 60 count 0
	is list .host.reserved_kib 0
}

# A build of minutes, as the others see it: what it hasn't touched yet isn't theirs, however
# much they need, and what it holds isn't counted again.
slow_build()
{
	local mib left last=999999
	quick_conf
	host_start
	xlmem reserve 600 --name new >/dev/null
	fake-xen add 5 new 20 max=600 paused=1
	eventually 60 states "new assigned 5"
	fake-xen need 1 1024
	fake-xen need 2 512
	for mib in 20 {50..600..50}; do
		fake-xen tot 5 "$mib"
		is domain new .actual_kib $((mib * 1024))	# Xen had it
		left=$(list '.host.reserved_kib + (.domains[] | select(.name == "new") |
			.ceiling_kib - .actual_kib) | . / 1024 | floor')
		[[ $left -le $last && $left -ge $((600 - mib)) ]]
		last=$left
		[[ $(list .host.slack_kib) -ge 0 ]]
		sleep 0.1
	done
	is domain new .actual_kib 614400
	fake-xen unpause 5
	eventually 60 count 0
}

# xl for the race: a build that takes its memory bit by bit, and fails for want of it.
race_xl()
{
	cat >"$STORE_DIR/xl" <<-'END'
		#!/bin/bash
		name=$(sed -n 's/^name = "\(.*\)"/\1/p' "$2")
		id=${name#vm}
		fake-xen add "$id" "$name" 10 max=350 paused=1 || exit 1
		xenstore-write "/local/domain/$id/memory/target" 358400	# as libxl says it
		for ((mib = 30; mib <= 350; mib += 20)); do
			fake-xen tot "$id" $mib
			sleep 0.05
		done
		fake-xen show | grep -q "^domain $id actual_kib 358400 " || exit 1
		fake-xen need "$id" 350
		fake-xen unpause "$id"
	END
	chmod +x "$STORE_DIR/xl"
	export XLMEM_XL=$STORE_DIR/xl
}

# Four starts at once, of 350 MiB; 186 are free, 1100 are with the donors' slow leave.
start_race()
{
	local i ok=0 refused=0 rc pids=()
	lazy_conf
	host_start
	fake-xen need 1 900
	fake-xen need 2 450
	eventually 60 is list '[.domains[1, 2].target_kib] | add' $((1350 * 1024))
	eventually 60 is list '[.domains[1, 2].actual_kib] | add' $((1350 * 1024))
	fake-xen slow 1 150
	fake-xen slow 2 100
	fake-xen need 1 100
	fake-xen need 2 100
	race_xl
	for i in 11 12 13 14; do
		printf 'name = "vm%d"\nmemory = 350\n' $i >"$STORE_DIR/vm$i.cfg"
		xlmem create "$STORE_DIR/vm$i.cfg" >"$STORE_DIR/vm$i.out" 2>&1 &
		pids+=($!)
	done
	for i in 0 1 2 3; do
		rc=0
		wait "${pids[i]}" || rc=$?
		case $rc in
		0) ok=$((ok + 1)) ;;
		3)
			refused=$((refused + 1))
			grep -qE "^xlmem: vm1[1-4] needs 355 MiB; [0-9]+ MiB short above the others' floors\.$" \
				"$STORE_DIR/vm1$((i + 1)).out" ;;
		*) cat "$STORE_DIR/vm1$((i + 1)).out"; return 1 ;;
		esac
	done
	equal "started, refused" "$ok $refused" "3 1"
	is list '[.domains[] | select(.name | startswith("vm")) | .actual_kib] | tostring' \
		'[358400,358400,358400]'
	eventually 60 count 0
	[[ $(list .host.slack_kib) -ge 0 ]]
	is counter starts_granted 3
	is counter starts_refused 1
	xenstore-check
}

check client_killed client_killed
check daemon_killed daemon_killed
check reclaimed reclaimed
check domain_dies domain_dies
check same_name same_name
check slow_build slow_build
check start_race start_race
check reservation_breaches no_breaches
host_end
