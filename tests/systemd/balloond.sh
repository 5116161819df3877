#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What balloond.service promises, under a real systemd; the tests are steps of one story.
# shellcheck source=tests/store/host.sh
. "$(dirname "$0")/../store/host.sh"
# shellcheck source=tests/systemd/host.sh
. tests/systemd/host.sh

# Where this isn't dom0 the unit is skipped, which is no failure.
elsewhere()
{
	is property ConditionResult no
	is property ActiveState inactive
	is inside systemctl is-enabled $unit enabled
	is inside systemctl --failed --no-legend ""
}

# Of our units; what it says of the machine's own isn't ours.
verify()
{
	inside systemd-analyze verify --man=no $unit selfballoond.service >"$STORE_DIR/verify" 2>&1 || true
	not grep balloond "$STORE_DIR/verify"
	# Nor what PID 1 said when it read them.
	not grep -E 'balloond.service:[0-9]+:' <<<"$(journal _PID=1)"
}

# Active when a first look at everything was through, not when its process runs.
ready()
{
	guests_start
	inside systemctl kill -s STOP xenstored
	inside systemctl start --no-block $unit
	eventually 60 not is property MainPID 0
	sleep 1
	is property ActiveState activating
	inside systemctl kill -s CONT xenstored
	eventually 60 is property ActiveState active
	active
	is property NRestarts 0
	eventually 60 is domain web .actual_kib 262144
	eventually 60 settled
}

memory_of()	# KEY
{
	inside sed -n "s/^$1:[[:space:]]*//p" "/proc/$(property MainPID)/status"
}

memory()
{
	local locked
	locked=$(memory_of VmLck)
	[[ ${locked% kB} -gt 1000 ]]
	# What kills a child of its may not end it.
	is property OOMPolicy continue
}

# systemd itself needs a right for this, and goes on without.
oom_score()
{
	is inside cat "/proc/$(property MainPID)/oom_score_adj" -1000
}

# The same sandbox around a script that tries what balloond does and what it mustn't. This
# kernel has no /proc/xen for Xen's files, but another folder to mount such on.
sandbox()
{
	local said
	inside mount -t tmpfs xenfs /proc/driver
	inside sh -c 'echo control_d >/proc/driver/capabilities'
	sed 's|/proc/xen|/proc/driver|' "$STORE_DIR/stage/usr/lib/systemd/system/$unit" \
		>"/proc/$(pid1)/root/run/systemd/system/probe.service"
	drop_in probe.service "[Service]" "Type=oneshot" \
		"ExecStart=" "ExecStart=/usr/lib/ballast/probe" "ExecStopPost=" "Restart=no" "WatchdogSec=0"
	inside systemctl start probe
	said=$(cat "/proc/$(pid1)/root/run/balloond/probe")
	equal devices "$(sed -n 's/^device //p' <<<"$said")" "$(printf '%s\n' 'privcmd may' \
		'hypercall may' 'xenbus may' 'evtchn may not' 'gntdev may not' 'gntalloc may not')"
	equal files "$(sed -n 's/^file //p' <<<"$said")" "$(printf '%s\n' '/run/balloond may' \
		'/usr may not' '/etc may not' '/var may not' '/root may not' '/run may not' \
		'/sys may not' '/proc/sys may not')"
	equal dom0 "$(sed -n 's/^dom0 //p' <<<"$said")" control_d
	equal store "$(sed -n 's/^store //p' <<<"$said")" web
	grep -E '^pressure (may$|none)' <<<"$said" || { echo "$said"; return 1; }
	equal remount "$(sed -n 's/^undoing it //p' <<<"$said")" "may not"
	equal rights "$(sed -n 's/^rights //p' <<<"$said")" "NoNewPrivs 1 Seccomp 2"
	not equal network "$(sed -n 's/^network //p' <<<"$said")" \
		"$(inside readlink /proc/self/ns/net)" >/dev/null
}

reload()
{
	local pid
	pid=$(property MainPID)
	settings 'vms = [ "web min=300" ]'
	inside systemctl reload $unit
	is domain web .floor_kib 307200
	settings 'nonsense = 1'
	not inside systemctl reload $unit
	is domain web .floor_kib 307200
	active
	settings
	inside systemctl reload $unit
	is property MainPID "$pid"
}

# The manual's own script, from within the sandbox: the work is done outside of it.
rescue()
{
	local id
	settings 'idle_after = 1' 'on_refusal = "command"' 'vms = [ "web idle_shutdown=1" ]' \
		'on_refusal_command = "/usr/lib/ballast/close-idle"'
	inside systemctl reload $unit
	eventually 60 is list '[.domains[].idle_s] | min >= 1' true
	id=$(xlmem reserve 1250 --name new)
	is list '.reservations[] | "\(.id) \(.name) \(.state)"' "$id new granted"
	is list '[.domains[].name] | tostring' '["Domain-0","db"]'
	is inside cat /run/balloond/oom 0
	is inside cat /var/closed "shutdown web"
	xlmem release "$id"
	settings
	inside systemctl reload $unit
	fake-xen add 1 web 256 max=1024
	eventually 60 settled
}

# 1 if Xen lets web grow above its target by itself.
room()
{
	fake-xen show | awk '$2 == 1 { print ($6 > $8 + 1024) }'
}

# Killed it comes back and goes on: nobody's target moves, nothing is promised twice.
killed()
{
	local pid before id n
	fake-xen need 1 600
	eventually 60 is domain web '.actual_kib >= 614400' true
	id=$(xlmem reserve 100 --name later)
	eventually 60 settled
	before=$(targets)
	n=$(property NRestarts)
	pid=$(property MainPID)
	as_dom0 RestartSec=3
	equal "within its lease" "$(room)" 1
	inside systemctl kill -s KILL $unit
	eventually 60 is property SubState auto-restart
	equal "settled meanwhile, to its target" "$(room)" 0
	as_dom0
	eventually 60 restarted "$pid"
	is property NRestarts $((n + 1))
	eventually 60 settled
	equal targets "$(targets)" "$before"
	is list '[.reservations[] | "\(.id) \(.name) \(.state)"] | tostring' "[\"$id later granted\"]"
	xlmem release "$id"
	not_breached
}

# What trying again doesn't mend is not tried again.
refused()
{
	inside systemctl stop $unit
	settings 'nonsense = 1'
	not inside systemctl start $unit
	sleep 2
	equal end "$(property ActiveState) $(property ExecMainStatus) $(property NRestarts)" "failed 3 0"
	settings
	inside systemctl start $unit
	active
}

# Stopped it leaves every guest at what it has, also one that grew by itself.
stop()
{
	as_dom0
	inside systemctl restart $unit
	eventually 60 settled
	equal "within its lease" "$(room)" 1
	fake-xen need 1 720
	inside systemctl stop $unit
	equal end "$(property ActiveState) $(property Result) $(property ExecMainStatus)" \
		"inactive success 0"
	journal -u $unit | tail -n 20 | grep -q "the guests are settled"
	[[ ! -e $BALLOOND_SOCKET ]]
	equal "within its target" "$(fake-xen show | awk '$2 == 1 { print ($4 <= $8) }') $(room)" "1 0"
	inside systemctl start $unit
	active
	not_breached
}

# A figure for people; ours is what systemd calls OK, of a service that needs Xen's devices.
security()
{
	inside systemd-analyze security --no-pager --threshold=40 "$1"
}

exposure()
{
	local name
	for name in balloond selfballoond; do
		echo "# > systemd-analyze security: $(inside systemd-analyze security --no-pager \
			$name.service | sed -n 's/^.*Overall/overall/p')"
	done
}

host_boot
[[ $SYSTEMD_LACKS ]] || exposure
try elsewhere elsewhere
try verify verify
try ready ready
try memory memory
if [[ ! $SYSTEMD_LACKS && $((0x$(awk '$1 == "CapBnd:" { print $2 }' /proc/self/status) >> 24 & 1)) -eq 0 ]]; then
	tap_skip oom_score "no CAP_SYS_RESOURCE"
else
	try oom_score oom_score
fi
try sandbox sandbox
try security security $unit
try reload reload
try rescue rescue
try killed killed
try refused refused
try stop stop
host_told
