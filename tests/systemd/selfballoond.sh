#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# selfballoond.service under a real systemd, in a guest whose balloon is made of files; the
# tests are steps of one story.
# shellcheck source=tests/store/host.sh
. "$(dirname "$0")/../store/host.sh"
# shellcheck source=tests/systemd/host.sh
. tests/systemd/host.sh

unit=selfballoond.service
balloon=/sys/devices/system/xen_memory/xen_memory0
home=/local/domain/0
report=$home/data/selfballoon/report
kib=$(($(awk '$1 == "MemTotal:" { print $2 }' /proc/meminfo) + 16384))

agent_elsewhere()
{
	is property ConditionResult no
	is property ActiveState inactive
}

# The unit's own conditions but for the hypervisor.
agent_unit()	# MORE LINES...: of [Service]
{
	local paths
	mapfile -t paths < <(grep ^ConditionPath "$STORE_DIR/stage/usr/lib/systemd/system/$unit")
	drop_in $unit "[Unit]" "ConditionVirtualization=" "${paths[@]}" "[Service]" "$@"
}

# The balloon, where the kernel has it; all that it looks at otherwise is the machine's own.
balloon()
{
	inside mount -t tmpfs balloon /sys/devices/system
	inside mkdir -p $balloon/info
	inside sh -c "cd $balloon &&
		echo $kib | tee target_kb >info/current_kb && echo 0 | tee info/low_kb >info/high_kb"
	xenstore-write $home/memory/target "$kib" $home/memory/static-max "$kib"
}

reports()
{
	xenstore-read $report | grep -q "need_kib="
}

asked()
{
	[[ $(inside cat $balloon/target_kb) -lt $kib ]]
}

agent_starts()
{
	local locked
	agent_unit RestartSec=100ms
	eventually 60 is property ActiveState xenstored.service active
	balloon
	inside systemctl start $unit
	eventually 60 reports
	is property ActiveState active
	eventually 60 asked		# alone it gives back by itself
	inside test -s /run/selfballoond.delta
	locked=$(inside sed -n 's/^VmLck:[[:space:]]*//p' "/proc/$(property MainPID)/status")
	[[ ${locked% kB} -gt 100 ]]
	not grep -E 'isn.t locked|target_kb:' <<<"$(journal -u $unit)"
	is inside sed -n 's/^NoNewPrivs:\t//p' "/proc/$(property MainPID)/status" 1
}

another()	# THAN PID
{
	not is property MainPID "$1" >/dev/null && not is property MainPID 0 >/dev/null && reports
}

agent_killed()
{
	local pid
	pid=$(property MainPID)
	xenstore-rm $report
	inside systemctl kill -s KILL $unit
	eventually 60 another "$pid"
	# Without xenstore it ends as soon as it has something to say, and finds the next one.
	pid=$(property MainPID)
	inside systemctl restart xenstored
	xenstore-write $home/memory/target "$kib" $home/memory/static-max "$kib"
	inside sh -c "echo $((kib + 1048576)) >$balloon/info/current_kb"
	eventually 60 another "$pid"
}

agent_stop()
{
	inside systemctl stop $unit
	equal end "$(property ActiveState) $(property Result) $(property ExecMainStatus)" \
		"inactive success 0"
	not xenstore-read $report 2>/dev/null
}

# Where the module is loaded it isn't even tried; wrong options are tried once.
agent_unwanted()
{
	inside mount -t tmpfs modules /sys/module
	inside mkdir /sys/module/xen_selfballoon
	inside systemctl start $unit
	is property ConditionResult no
	is property ActiveState inactive
	inside umount /sys/module
	agent_unit RestartSec=100ms ExecStart= "ExecStart=/usr/sbin/selfballoond --interval=0"
	inside systemctl start $unit
	eventually 60 is property ExecMainStatus 2
	sleep 1
	equal end "$(property ActiveState) $(property NRestarts)" "failed 0"
}

host_boot
try agent_elsewhere agent_elsewhere
try agent_starts agent_starts
try agent_killed agent_killed
try agent_stop agent_stop
try agent_unwanted agent_unwanted
host_told
