#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# selfballoond over the real xenstored, in a guest made of files: its home is dom0's.
# The numbers below are one guest's of 512 MiB: 100 MiB committed, 48 MiB the kernel's
# own and 6 of its slab, 6 MiB of reserve; 16 MiB are reserved.
# shellcheck source=tests/store/host.sh
. "$(dirname "$0")/host.sh"

root=$STORE_DIR/guest
balloon=$root/sys/devices/system/xen_memory/xen_memory0
home=/local/domain/0
lease=$home/memory/selfballoon/lease
report=$home/data/selfballoon/report

guest()	# COMMITTED_MIB
{
	mkdir -p "$root/proc" "$balloon/info" "$root/sys/hypervisor" "$root/run"
	rm -f "$root/run/selfballoond.delta"
	echo PV >"$root/sys/hypervisor/guest_type"
	echo 524288 | tee "$balloon/target_kb" >"$balloon/info/current_kb"
	echo 0 | tee "$balloon/info/low_kb" >"$balloon/info/high_kb"
	cat >"$root/proc/meminfo" <<-END
	MemTotal:         512000 kB
	MemFree:          307200 kB
	MemAvailable:     400000 kB
	SwapFree:              0 kB
	Committed_AS:     $(($1 << 10)) kB
	END
	cat >"$root/proc/vmstat" <<-END
	nr_free_pages 76000
	nr_inactive_anon 10000
	nr_active_anon 2000
	nr_inactive_file 15000
	nr_active_file 5000
	nr_unevictable 0
	nr_mlock 0
	nr_isolated_anon 0
	nr_isolated_file 0
	nr_slab_reclaimable 6912
	nr_kernel_misc_reclaimable 0
	pswpin 7
	workingset_refault_anon 1
	workingset_refault_file 2
	END
	cat >"$root/proc/zoneinfo" <<-END
	Node 0, zone      DMA
	  pages free     3000
	        boost    0
	        min      20
	        low      25
	        high     36
	        managed  4000
	        protection: (0, 500, 500, 500)
	    cpu: 0
	              count:    300
	Node 0, zone    DMA32
	  pages free     73000
	        high     1000
	        managed  124000
	        protection: (0, 0, 0, 0)
	    cpu: 0
	              count:    500
	END
	xenstore-write $home/memory/target 524288 $home/memory/static-max 524288
}

# The agent keeps its files open: the same file, with other words.
guest_is()	# SED
{
	local text
	text=$(sed "$1" "$root/proc/meminfo")
	echo "$text" >"$root/proc/meminfo"
}

agent_start()	# [COMMAND that starts it]
{
	"$@" "$build/san/selfballoond" --root="$root" --interval=1 >"$STORE_DIR/agent.log" 2>&1 &
	echo $! >"$STORE_DIR/agent.pid"
	eventually 30 xenstore-exists $report
}

xenstore-exists()
{
	xenstore-read "$1" >/dev/null 2>&1
}

field()	# NAME
{
	xenstore-read $report | tr ' ' '\n' | sed -n "s/^$1=//p"
}

# 100 committed + kernel (all of 512000 KiB but free, lists and reclaimable; of that half, up
# to the reserve) + reserve
# (36 + 500 and 1000 pages) + 16 MiB + 12288 KiB hidden.
kernel_kib=$((512000 - (76000 + 800 + 12000 + 20000 + 6912) * 4 + 1536 * 4))
formula_kib=$(((100 << 10) + kernel_kib + 1536 * 4 + 16384 + 12288))

agent_says()
{
	guest 100
	agent_start
	is field need_kib $formula_kib
	is field want_kib $((formula_kib + 5000 * 4))
	is field limit_kib 524288
	is field swapin 7
	is field refault 3
	is field urgent 0
	is field epoch 0
	end TERM agent
	status 1 xenstore-exists $report
}

# What is locked is held, promised or not, and is no promise that lies untouched.
agent_locked()
{
	local held_kib=$(((12000 + 30000) * 4))

	guest 150
	sed -i 's/^\(nr_unevictable\|nr_mlock\) .*/\1 30000/; s/^nr_free_pages .*/nr_free_pages 46000/' \
		"$root/proc/vmstat"
	agent_start
	is field need_kib $((formula_kib - (100 << 10) + held_kib))
	end TERM agent
}

agent_directed()
{
	guest 100
	xenstore-write $lease "version=1 ceiling_kib=400000 epoch=9"
	agent_start
	is field epoch 9
	# An order under what it needs: it keeps that.
	xenstore-write $home/memory/target 170000
	echo 170000 >"$balloon/target_kb"
	eventually 30 is cat "$balloon/target_kb" $((formula_kib & ~3))
	# What it needs now is beyond the lease: as far as that goes.
	echo 170000 >"$balloon/info/current_kb"
	echo 354288 >"$balloon/info/low_kb"
	guest_is 's/Committed_AS: *[0-9]*/Committed_AS: 400000/'
	eventually 30 is cat "$balloon/target_kb" 400000
	xenstore-write $lease "version=1 ceiling_kib=450000 epoch=10"
	eventually 30 is field epoch 10
	eventually 30 is cat "$balloon/target_kb" 450000
	# It doesn't get there: the stock driver is woken by a page less, and again.
	eventually 30 is cat "$balloon/target_kb" 449996
	eventually 30 is cat "$balloon/target_kb" 450000
	# What it holds and was asked for stands when it goes.
	end TERM agent
	is cat "$balloon/target_kb" 170000
}

# PVH: memory/target is 4 MiB more than the kernel's balloon counts, also for an agent
# that finds what one before it set.
agent_again()
{
	guest 100
	echo PVH >"$root/sys/hypervisor/guest_type"
	echo 520192 | tee "$balloon/target_kb" >"$balloon/info/current_kb"
	agent_start
	is cat "$root/run/selfballoond.delta" 4096
	is field limit_kib 524288
	end KILL agent
	echo 400000 | tee "$balloon/target_kb" >"$balloon/info/current_kb"
	xenstore-rm $report
	agent_start
	is field limit_kib 404096
	end TERM agent
}

# A lease that is none, one that vanishes, a store without the report.
agent_goes_on()
{
	guest 100
	xenstore-write $lease "version=1 ceiling_kib=9999999999999999 epoch=-1"
	agent_start
	is field epoch 0
	grep -q "malformed: going on alone" "$STORE_DIR/agent.log"
	xenstore-write $lease "version=1 ceiling_kib=400000 epoch=3"
	eventually 30 is field epoch 3
	xenstore-rm $lease
	eventually 30 is field epoch 0
	xenstore-rm $report
	xenstore-write $home/memory/target 524288
	eventually 30 xenstore-exists $report
	running agent
	end TERM agent
}

# What can't be read stays as it was, and is read again though nothing changes.
agent_rereads()
{
	export FAIL_READ=$STORE_DIR/fail-read
	guest 100
	xenstore-write $lease "version=1 ceiling_kib=400000 epoch=9"
	echo memory/selfballoon/lease >"$FAIL_READ"
	agent_start env LD_PRELOAD="$(gcc -print-file-name=libasan.so) $build/tests/store/fail-read.so"
	is field epoch 0
	: >"$FAIL_READ"
	eventually 30 is field epoch 9
	echo memory/selfballoon/lease >"$FAIL_READ"
	xenstore-write $lease "version=1 ceiling_kib=400000 epoch=10"
	sleep 3
	is field epoch 9
	is grep -c "can't read memory/selfballoon/lease" "$STORE_DIR/agent.log" 2
	: >"$FAIL_READ"
	eventually 30 is field epoch 10
	# Its floor goes by static-max, which is none of the watched.
	is field floor_kib 172032
	echo memory/static-max >"$FAIL_READ"
	xenstore-write $lease "version=1 ceiling_kib=400000 epoch=11"
	eventually 30 is field epoch 11
	is field floor_kib 172032
	end TERM agent
}

agent_alone()
{
	guest 100
	xenstore-rm $lease 2>/dev/null || true
	agent_start
	# A fraction of the gap an interval.
	eventually 30 below "$balloon/target_kb" $((524288 - (524288 - formula_kib) / 9))
	end TERM agent
}

below()	# FILE KIB
{
	local kib
	kib=$(cat "$1")
	[[ $kib -le $2 && $kib -ge $((formula_kib & ~3)) ]]
}

agent_refuses()
{
	guest 100
	status 2 "$build/san/selfballoond" --interval=0
	status 2 "$build/san/selfballoond" --interval=+5
	status 2 "$build/san/selfballoond" --reserved-mb=1x
	status 2 "$build/san/selfballoond" now
	mkdir -p "$root/sys/module/xen_selfballoon"
	status 1 "$build/san/selfballoond" --root="$root"
	rmdir "$root/sys/module/xen_selfballoon"
	rm -r "$root/sys/devices"
	status 1 "$build/san/selfballoond" --root="$root"
	"$build/san/selfballoond" --help | grep -q -- --reserved-mb
	is "$build/san/selfballoond" --version "self$("$build/balloond" --version)"
}

for name in says locked directed again goes_on rereads alone refuses; do
	check store:agent_$name agent_$name
	end KILL agent
	xenstore-rm $home/data 2>/dev/null
	xenstore-rm $home/memory 2>/dev/null
done
tap_end
