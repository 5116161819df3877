#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What balloond counts, made to happen: its counters go up by it.
# shellcheck source=tests/store/host.sh
. "$(dirname "$0")/../store/host.sh"

remember()
{
	before=$(xlmem info --json | jq .counters)
}

# more NAME: how much it grew since remember
more()
{
	echo $(($(counter "$1") - $(jq ".$1" <<<"$before")))
}

rose()
{
	[[ $(more "$1") -gt 0 ]]
}

actions()
{
	local before
	host_start
	fake-xen need 1 300
	eventually 60 is domain web .target_kib 307200
	remember
	xlmem reserve 900 --name all
	rose actions_cut
	remember
	xlmem release all
	eventually 60 rose actions_raise
	remember
	fake-xen need 1 256
	eventually 60 rose actions_shrink
	eventually 60 is domain web .target_kib 262144
	remember
	xlmem set web --min 300
	eventually 60 rose actions_target
	is counter actions_failed 0
	is counter raises_put_off 0
}

# web grows inside its lease and says nothing.
actions_follow()
{
	local before
	host_start obeys=0
	remember
	fake-xen tot 1 300
	eventually 60 rose actions_follow
}

# Xen refuses: it is counted and said, and tried until it goes.
actions_failed()
{
	local before
	host_start
	remember
	fake-xen refuse 1
	xlmem reserve 900 --name all --wait 120 >/dev/null 2>&1 &
	eventually 60 rose actions_failed
	grep -qE '(web\(1\)|db\(2\)): cut failed' "$STORE_DIR/log"
	is list '.reservations[].state' waiting
	fake-xen refuse 0
	wait $!
	is list '.reservations[].state' granted
}

# Two are to be raised; somebody claims memory as soon as the first one is.
raises_put_off()
{
	local before
	host_start
	xlmem reserve 900 --name all
	remember
	fake-xen rob 200
	xlmem release all
	eventually 60 rose raises_put_off
	eventually 60 list 'if .host.claims_kib == 204800 then . else error end'
	eventually 60 list 'if .host.slack_kib >= 0 then . else error end'
}

foreign_targets()
{
	local before
	host_start
	remember
	fake-xen need 1 300	# what balloond writes itself doesn't count
	eventually 60 is domain web .target_kib 307200
	is more foreign_targets 0
	xenstore-write /local/domain/1/memory/target 400000
	eventually 60 is domain web .actual_kib 400000
	is more foreign_targets 1
}

foreign_limits()
{
	local before
	host_start
	eventually 60 is domain web .target_kib 262144
	remember
	fake-xen need 1 300	# what balloond sets itself doesn't count
	eventually 60 is domain web .target_kib 307200
	is more foreign_limits 0
	fake-xen max 1 1000
	xlmem set db --weight 300	# a turn looks at all
	eventually 60 is more foreign_limits 1
	grep -q 'web(1): someone else set max_pages, .*>1000 MiB' "$STORE_DIR/log"
}

starts()
{
	local before
	host_start
	remember
	xlmem reserve 20
	is more starts_granted 1
	is more starts_refused 0
	status 3 xlmem reserve 1t
	is more starts_granted 1
	is more starts_refused 1
}

check actions actions
check actions_follow actions_follow
check actions_failed actions_failed
check raises_put_off raises_put_off
check foreign_targets foreign_targets
check foreign_limits foreign_limits
check starts starts
check counters_breaches no_breaches
host_end
