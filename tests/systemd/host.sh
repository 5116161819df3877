# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A host under a real systemd: what `make install` places, beside the real xenstored and
# on the fake hypervisor, in a container whose PID 1 is the machine's systemd (boot).
# Source it after tests/store/host.sh, whose words hold here too: xlmem, fake-xen and
# xenstore-* speak to what runs inside.
#
#	host_boot			goes with the script
#	inside COMMAND...		as root in the container
#	property NAME [UNIT]		of balloond.service
#	try NAME COMMAND...		`check`, or a skip where no systemd can be booted
#	drop_in UNIT LINE...		into its drop-in for tests, instead of what was there

# shellcheck disable=SC2154	# build and tap_failed are tests/store/host.sh's
unit=balloond.service

# Nothing, or why no systemd can be booted here.
lacks()
{
	[[ $EUID -eq 0 ]] || { echo "not root"; return; }
	[[ -x /lib/systemd/systemd && -L /lib ]] || { echo "no systemd, or no merged /usr"; return; }
	unshare -m -C -i -u -n -p -f true 2>/dev/null || { echo "no namespaces may be made"; return; }
	mkdir -p "$STORE_DIR/try"
	unshare -m mount -t cgroup2 none "$STORE_DIR/try" 2>/dev/null || { echo "no cgroup2"; return; }
	unshare -m mount -t overlay -o ro,lowerdir="$STORE_DIR/try:/usr" none "$STORE_DIR/try" \
		2>/dev/null || { echo "no overlayfs"; return; }
}

if [[ -z ${SYSTEMD_LACKS+set} ]]; then
	SYSTEMD_LACKS=$(lacks)
	export SYSTEMD_LACKS
	# The mounts go with the script, however it ends.
	if [[ -z $SYSTEMD_LACKS ]]; then
		exec unshare -m "$(readlink -f "${BASH_SOURCE[1]}")"
	fi
fi

pid1()
{
	cat "$STORE_DIR/pid1"
}

inside()
{
	nsenter -t "$(pid1)" -a env -i PATH=/usr/sbin:/usr/bin LANG=C.UTF-8 \
		SYSTEMD_COLORS=0 SYSTEMD_PAGER='' "$@"
}

# What is laid over /usr, and /etc.
stage()
{
	local stage=$STORE_DIR/stage xen
	local tools=$stage/usr/lib/ballast etc=$stage/etc/systemd/system

	(unset MAKEFLAGS MFLAGS MAKELEVEL
	make -s install install-agent DESTDIR="$stage" BUILD="$build") >/dev/null || return
	xen=$(dirname "$(command -v xenstore-read)")
	mkdir -p "$tools" "$etc"
	cp "$build/tests/store/preload.so" "$build/tests/store/fake-xen" "$xen/xenstore-read" \
		"$xen/../lib/xen-4.17/bin/xenstored" "$tools"
	cp tests/systemd/probe "$tools"
	# The manual's example of a command for on_refusal, and an xl for it.
	{
		sed -n '/^\t#!\/bin\/sh++$/,/^exec/{s/^\t//; s/++$//; p}' dom0-balloond/balloond.conf.5.scd.in |
			sed '1a cat /proc/self/oom_score_adj >/run/balloond/oom'
	} >"$tools/close-idle"
	cat >"$stage/usr/sbin/xl" <<-END
		#!/bin/sh
		echo "\$*" >/var/closed
		FAKE_XEN=/dev/shm/xen exec /usr/lib/ballast/fake-xen remove 1
	END
	chmod +x "$tools/close-idle" "$stage/usr/sbin/xl"
	cat >"$etc/xenstored.service" <<-END
		[Service]
		RuntimeDirectory=xenstored
		StateDirectory=xenstored
		Environment=FAKE_XEN=/dev/shm/xen LD_PRELOAD=/usr/lib/ballast/preload.so
		ExecStart=/usr/lib/ballast/xenstored -N
		ExecStartPost=/bin/sh -c 'until test -S /run/xenstored/socket; do sleep 0.05; done'
	END
	cat >"$etc/guests.service" <<-END
		[Unit]
		After=xenstored.service
		[Service]
		Environment=FAKE_XEN=/dev/shm/xen
		ExecStart=/usr/lib/ballast/fake-xen guests
	END
	systemctl -q --root="$stage" enable balloond selfballoond
}

up()
{
	kill -0 "$(pid1)" 2>/dev/null || return 0	# it ended, and a look at it says so
	[[ $(inside systemctl is-system-running 2>/dev/null) =~ running|degraded ]]
}

# Leaves SYSTEMD_LACKS set where systemd itself doesn't come up.
host_boot()
{
	[[ -z $SYSTEMD_LACKS ]] || return 0
	check "$(basename "$0" .sh)_install" stage
	if [[ $tap_failed -gt 0 ]]; then
		SYSTEMD_LACKS="there is nothing to boot"
		return
	fi
	mkdir "$STORE_DIR/cgroup"
	mount -t cgroup2 none "$STORE_DIR/cgroup"
	cgroup=$STORE_DIR/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)/ballast-$$
	mkdir -p "$cgroup"
	trap host_off EXIT
	trap 'exit 130' INT TERM
	(echo "$BASHPID" >"$cgroup/cgroup.procs" &&
		exec setpriv --pdeathsig KILL unshare -m -C -i -u -n -p -f --kill-child \
		tests/systemd/boot "$STORE_DIR") >"$STORE_DIR/boot.log" 2>&1 &
	disown $!
	eventually 10 pgrep -P $! >/dev/null
	pgrep -P $! >"$STORE_DIR/pid1"
	if ! eventually 60 up >/dev/null || ! inside true; then
		cat "$STORE_DIR/boot.log" >&2
		SYSTEMD_LACKS="systemd does not come up: $(head -n 1 "$STORE_DIR/boot.log")"
		return
	fi
	XENSTORED_PATH=/proc/$(pid1)/root/run/xenstored/socket
	BALLOOND_SOCKET=/proc/$(pid1)/root/run/balloond/control.sock
	export XENSTORED_PATH BALLOOND_SOCKET
}

host_off()
{
	kill -KILL "$(pid1)" 2>/dev/null
	eventually 60 rmdirs || cat "$STORE_DIR/boot.log" >&2
	rm -f "$STORE_DIR/pid1"
}

# A cgroup can go when the last process in it is gone.
rmdirs()
{
	find "$cgroup" -depth -type d -exec rmdir {} + && [[ ! -e $cgroup ]]
}

try()
{
	if [[ $SYSTEMD_LACKS ]]; then
		tap_skip "$1" "$SYSTEMD_LACKS"
	else
		check "$@"
	fi
}

property()
{
	inside systemctl show --value -p "$1" "${2:-$unit}"
}

drop_in()
{
	local folder
	folder=/proc/$(pid1)/root/run/systemd/system/$1.d
	mkdir -p "$folder"
	printf '%s\n' "${@:2}" >"$folder/test.conf"
	inside systemctl daemon-reload
}

journal()
{
	inside journalctl -q --no-pager -o short-monotonic "$@"
}

# The end, with what the machine says if something failed.
host_told()
{
	if [[ $tap_failed -gt 0 && ! $SYSTEMD_LACKS ]]; then
		journal | tail -n 100 >&2
	fi
	tap_end
}

# guests_start: dom0, web (PV) and db (PVH) as of host_start, and a unit for balloond that
# takes this for a dom0.
guests_start()
{
	as_dom0
	settings
	eventually 60 is property ActiveState xenstored.service active
	fake-xen init 2048
	fake-xen add 0 Domain-0 512
	fake-xen add 1 web 256 max=1024
	fake-xen add 2 db 256 max=512 type=pvh offset=100
	inside systemctl start guests
}

as_dom0()	# MORE LINES...: of [Service]
{
	drop_in $unit "[Unit]" "ConditionPathExists=" "[Service]" \
		"Environment=FAKE_XEN=/dev/shm/xen LD_PRELOAD=/usr/lib/ballast/preload.so" "$@"
}

active()	# and all that Type=notify promises with it
{
	equal state "$(property ActiveState)/$(property SubState)" active/running &&
		xlmem list --json >/dev/null
}

# settings LINE...: balloond.conf
settings()
{
	printf '%s\n' 'shrink_divisor = 1' 'shrink_interval = 100' "$@" \
		>"/proc/$(pid1)/root/etc/balloond/balloond.conf"
}

targets()
{
	list '[.domains[] | "\(.name) \(.target_kib)"] | join(",")'
}

# Nobody moves for half a second.
settled()
{
	local before
	before=$(targets)
	[[ $(list '[.domains[1:][].state] | unique | tostring') == '["settled"]' ]] || return
	sleep 0.5
	equal targets "$(targets)" "$before"
}

not_breached()
{
	is counter plan_breaches 0
	is counter applied_breaches 0
}

restarted()	# PID
{
	not is property MainPID "$1" >/dev/null && active
}
