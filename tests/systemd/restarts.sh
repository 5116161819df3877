#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# balloond.service lets nothing end balloond for good: what takes longer of balloond.sh.
# shellcheck source=tests/store/host.sh
. "$(dirname "$0")/../store/host.sh"
# shellcheck source=tests/systemd/host.sh
. tests/systemd/host.sh

# However often and quickly: dom0 is not left without. RestartSec is the test's.
killed_often()
{
	local pid
	as_dom0 RestartSec=50ms
	for _ in {1..50}; do
		pid=$(property MainPID)
		inside systemctl kill -s KILL $unit
		eventually 60 not is property MainPID "$pid"
		eventually 60 not is property MainPID 0
	done
	eventually 60 active
	eventually 60 settled
	not_breached
}

# One that can't start, either: it does as soon as it can.
cannot_start()
{
	local n
	n=$(property NRestarts)
	as_dom0 RestartSec=50ms ExecStartPre=/bin/false
	inside systemctl kill -s KILL $unit
	eventually 60 more_restarts $((n + 50))
	as_dom0
	eventually 60 active
}

more_restarts()	# THAN
{
	[[ $(property NRestarts) -ge $1 ]]
}

# Fed while it lives; stopped it is killed and comes back. WatchdogSec is the test's.
watchdog()
{
	local pid
	is property WatchdogUSec 30s
	as_dom0 WatchdogSec=2
	inside systemctl restart $unit
	pid=$(property MainPID)
	sleep 6
	is property MainPID "$pid"
	active
	inside systemctl kill -s STOP --kill-who=main $unit
	eventually 60 restarted "$pid"
	is property NRestarts 1
	eventually 60 settled
	not_breached
}

# A lost xenstored is waited for, by the same balloond; a new one finds it again.
xenstored_lost()
{
	local pid
	pid=$(property MainPID)
	inside systemctl kill -s KILL xenstored
	sleep 5		# more than WatchdogSec
	is property MainPID "$pid"
	is property ActiveState active
	inside systemctl reset-failed xenstored
	inside systemctl start xenstored
	fake-xen store
	inside systemctl restart guests
	eventually 60 active
	is property MainPID "$pid"
	fake-xen need 1 700
	eventually 60 is domain web '.actual_kib >= 716800' true
	eventually 60 settled
	not_breached
}

# One that hangs costs it its life, and nothing else.
xenstored_hangs()
{
	local pid
	pid=$(property MainPID)
	inside systemctl kill -s STOP xenstored
	eventually 60 not is property MainPID "$pid"
	inside systemctl kill -s CONT xenstored
	eventually 60 restarted "$pid"
	eventually 60 settled
	not_breached
}

begin()
{
	guests_start
	inside systemctl start $unit
	eventually 60 settled
}

host_boot
try begin begin
try killed_often killed_often
try cannot_start cannot_start
try watchdog watchdog
try xenstored_lost xenstored_lost
try xenstored_hangs xenstored_hangs
host_told
