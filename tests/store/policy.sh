#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What balloond keeps in the store, and finds again after kill -9.
# shellcheck source=tests/store/host.sh
. "$(dirname "$0")/host.sh"

restart()
{
	daemon_kill
	daemon_start
	eventually 60 reported
}

policy()
{
	host_start
	xlmem set web --min 200 --max 900 --weight 512 --idle-shutdown 1
	is xenstore-read $web/min 204800
	is xenstore-read $web/max 921600
	is xenstore-read $web/weight 512
	is xenstore-read $web/idle_shutdown 1
	restart
	[[ $(xlmem explain web) == *"It may be shut down for a start"*"(xlmem set)"* ]]
	is domain web '"\(.floor_kib) \(.max_kib) \(.weight)"' "204800 921600 512"
	is domain db .weight 256

	# What the VM's cfg says comes second, and is back when the first goes.
	echo '{"command":"set","domain":"web","from":"cfg","min_kib":102400,"max_kib":819200,"weight":300,"idle_shutdown":0}' |
		ask >/dev/null
	is xenstore-read $web/cfg/min 102400
	is xenstore-read $web/cfg/max 819200
	is xenstore-read $web/cfg/weight 300
	is xenstore-read $web/cfg/idle_shutdown 0
	is domain web .weight 512
	xlmem set web --auto
	status 1 xenstore-read $web/weight
	restart
	is domain web '"\(.floor_kib) \(.max_kib) \(.weight)"' "102400 819200 300"
	xenstore-check
}

pin()
{
	host_start
	fake-xen need 1 100
	fake-xen mem-set 1 300
	eventually 60 is xenstore-read $web/pin 307200
	[[ $(domain web .state) == *pinned* ]]
	is domain web .target_kib 307200
	restart
	[[ $(domain web .state) == *pinned* ]]
	is domain web .target_kib 307200
	is xenstore-read /local/domain/1/memory/target 307200
	xenstore-check
	xlmem set web --auto
	status 1 xenstore-read $web/pin
	[[ $(domain web .state) != *pinned* ]]
}

# To the page: within hysteresis, and below what the guest needs, too.
limit()
{
	host_start
	fake-xen need 1 253
	xlmem set web --max 254
	eventually 60 is domain web '"\(.target_kib) \(.actual_kib)"' "260096 260096"
	xlmem set web --max 250
	eventually 60 is domain web '"\(.target_kib) \(.actual_kib)"' "256000 256000"
	xlmem set web --auto
	eventually 60 is domain web .actual_kib 262144	# what it wants
}

# db's memory/target is always 100 KiB more than its pages; web's below is less.
offset()
{
	host_start offset=-52
	eventually 60 is xenstore-read $db/offset 100
	eventually 60 is xenstore-read $web/offset -52
	fake-xen need 2 400
	eventually 60 is domain db .actual_kib 409600
	eventually 60 is domain db .target_kib 409600
	eventually 60 is xenstore-read /local/domain/2/memory/target 409700
	restart
	is xenstore-read $db/offset 100
	is domain db .target_kib 409600
	xenstore-check
}

reservation()
{
	local id home
	host_start
	id=$(xlmem reserve 300 --name new --purpose test --expire 1000)
	home=/tool/balloond/reservation/$id
	is xenstore-read "$home/size" 307200
	is xenstore-read "$home/name" new
	is xenstore-read "$home/owner" token
	is xenstore-read "$home/purpose" test
	[[ $(xenstore-read "$home/expires") -gt $(date +%s) ]]
	xenstore-check
	restart
	is list '.reservations[] | "\(.id) \(.name) \(.purpose) \(.size_kib) \(.state)"' "$id new test 307200 granted"

	# A domain that takes it over, half built, then wholly.
	fake-xen add 5 new 100 max=300 paused=1
	xlmem assign "$id" new
	is xenstore-read "$home/domain" 5
	is list '.reservations[] | "\(.state) \(.domid)"' "assigned 5"
	restart
	is list '.reservations[] | "\(.state) \(.domid)"' "assigned 5"
	fake-xen tot 5 300
	fake-xen unpause 5
	eventually 60 is list '.reservations | length' 0
	is xenstore-list /tool/balloond/reservation ""

	id=$(xlmem reserve 100 --name other)
	xlmem release other
	is xenstore-list /tool/balloond/reservation ""
	status 1 xlmem release "$id"
	[[ $(xlmem reserve 100) -gt $id ]]
}

# The range is durable, and what was promised of it.
reservation_range()
{
	local id home
	host_start
	id=$(xlmem reserve 100-2g --name new --expire 1000 | cut -d ' ' -f 1)
	home=/tool/balloond/reservation/$id
	is xenstore-read "$home/min" 102400
	is xenstore-read "$home/max" 2097152
	is xenstore-read "$home/size" "$(list '.reservations[].size_kib')"
	xenstore-check
	local before
	before=$(list '.reservations[] | del(.expires_s)')
	restart
	is list '.reservations[] | del(.expires_s)' "$before"
}

# An order that a slow stock guest got while balloond was away stands.
absent_order()
{
	host_start
	fake-xen add 3 stock 300 max=400 obeys=0 reports=0
	eventually 60 is domain stock .kind guest
	daemon_kill
	fake-xen mem-set 3 200
	daemon_start
	eventually 60 is domain stock '"\(.actual_kib) \(.target_kib)"' "307200 204800"
	sleep 0.5
	is xenstore-read /local/domain/3/memory/target 204800
}

# ... and is kept like one that it saw, but isn't an order for ever.
pin_absent()
{
	host_start
	fake-xen need 1 100
	eventually 60 is xenstore-exists /local/domain/1/memory/selfballoon/target ""
	daemon_kill
	fake-xen mem-set 1 300
	daemon_start
	eventually 60 is xenstore-read $web/pin 307200
	is domain web .target_kib 307200
	is xenstore-read /local/domain/1/memory/selfballoon/target 307200
	xenstore-check
	fake-xen need 1 300
	xlmem set web --auto
	restart
	status 1 xenstore-read $web/pin
	is xenstore-read /local/domain/1/memory/selfballoon/target \
		"$(xenstore-read /local/domain/1/memory/target)"
}

# What only a boot or a cfg said of VMs that don't come back isn't kept for ever.
absent_vms()
{
	local i uuid vms=/tool/balloond/vm
	host_start
	daemon_kill
	for i in {100..199}; do
		uuid=00000000-0000-0000-0000-000000000$i
		xenstore-write "$vms/$uuid/offset" 4096 "$vms/$uuid/cfg/min" 1024
	done
	xenstore-write "$vms/$uuid/pin" 1024 "$vms/web/weight" 3
	daemon_start
	is xenstore-exists "$vms/00000000-0000-0000-0000-000000000136/cfg/min" ""
	status 1 xenstore-exists "$vms/00000000-0000-0000-0000-000000000135"
	status 1 xenstore-exists "$vms/$uuid/offset"
	status 1 xenstore-exists "$vms/web"
	is xenstore-read "$vms/$uuid/pin" 1024

	# More of them, and then a VM that ends while balloond runs.
	fake-xen add 3 new 100 max=200
	eventually 60 is domain new .kind guest
	xenstore-write "$vms/00000000-0000-0000-0000-000000000003/cfg/min" 1024
	for i in {200..209}; do
		xenstore-write "$vms/00000000-0000-0000-0000-000000000$i/cfg/min" 1024
	done
	fake-xen remove 3
	eventually 60 not xenstore-exists "$vms/00000000-0000-0000-0000-000000000146"
	is xenstore-exists "$vms/00000000-0000-0000-0000-000000000003/cfg/min" ""
	is xenstore-exists "$vms/00000000-0000-0000-0000-000000000209/cfg/min" ""
	is xenstore-read "$vms/$uuid/pin" 1024
	xenstore-check
}

# Its keys are gone before Xen says so: what is ordered meanwhile doesn't make them anew.
keys_gone()
{
	host_start
	xenstore-rm /local/domain/1/memory
	xlmem set web --min 400
	fake-xen need 2 400
	eventually 60 is domain db .actual_kib 409600
	sleep 0.5
	status 1 xenstore-read /local/domain/1/memory/target
	status 1 xenstore-read /local/domain/1/memory/selfballoon/lease
	fake-xen remove 1
	fake-xen need 2 300
	eventually 60 is domain db .target_kib 307200
}

# A device passed through to a running guest pins all its memory.
devices()
{
	host_start
	is domain web .kind guest
	xenstore-write /local/domain/0/backend/pci/1/0/num_devs 1
	eventually 60 is domain web '"\(.kind) \(.ceiling_kib - .actual_kib)"' "fixed 0"
	is domain db .kind guest
	xenstore-rm /local/domain/0/backend/pci/1
	eventually 60 is domain web .kind guest
	xenstore-rm /local/domain/0/backend
}

# all_of PATH: every key below it
all_of()
{
	xenstore-ls -f "$1" | sort
}

leases()
{
	xenstore-read /local/domain/{1,2}/memory/selfballoon/lease
}

# xenstored dies and comes back empty; then everything is told to it again.
reconnect()
{
	local id reserved leased
	host_start
	eventually 60 is xenstore-read $db/offset 100	# moves a lease
	eventually 60 is xenstore-read $web/offset 0
	xlmem set web --weight 99
	id=$(xlmem reserve 100 --name kept --expire 1000)
	fake-xen add 5 new 100 max=300 paused=1
	xlmem assign "$(xlmem reserve 300 --name new)" new
	leased=$(leases)
	reserved=$(all_of /tool/balloond/reservation)
	[[ $(grep -c "reservation/$id/" <<<"$reserved") -eq 4 ]]
	with-xenstored --restart
	fake-xen store
	eventually 60 reported
	eventually 60 is counter store_reconnects 1
	is domain web '"\(.actual_kib) \(.weight)"' "262144 99"
	is xenstore-read $web/weight 99
	is xenstore-read $db/offset 100
	eventually 60 is all_of /tool/balloond/reservation "$reserved"
	eventually 60 is leases "$leased"
	xlmem set web --weight 77
	is xenstore-read $web/weight 77
	fake-xen mem-set 2 300
	eventually 60 is xenstore-read $db/pin 307300
	eventually 60 is domain db .actual_kib 307200	# it still knows the offset
	eventually 60 is domain db .target_kib 307200
	xenstore-check
}

# said TEXT: by the daemon that runs now
said()
{
	tail -n +$((log_lines + 1)) "$STORE_DIR/log" | grep -qF "$1"
}

# While xenstored is gone balloond stays, says so once, and goes on when it is back.
lost()
{
	local log_lines
	log_lines=$(wc -l <"$STORE_DIR/log")
	host_start
	with-xenstored --stop
	eventually 60 said "xenstored doesn't answer: trying again every second"
	running balloond
	status 0 timeout 60 "$build/xlmem" info
	with-xenstored --start
	fake-xen store
	eventually 60 said "xenstored is back: reading everything again"
	eventually 60 is counter store_reconnects 1
	is grep -c "xenstored doesn't answer" <(tail -n +$((log_lines + 1)) "$STORE_DIR/log") 1
	eventually 60 reported
	fake-xen need 1 300
	eventually 60 is domain web .actual_kib 307200
}

check policy policy
check pin pin
check limit limit
check offset offset
check reservation reservation
check reservation_range reservation_range
check absent_order absent_order
check pin_absent pin_absent
check absent_vms absent_vms
check keys_gone keys_gone
check devices devices
check reconnect reconnect
check lost lost
check breaches no_breaches
host_end
