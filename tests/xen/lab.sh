# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Functions for scripts in dom0 of the emulated host: . /usr/lib/lab.sh

# guest NAME [type=pv|pvh] [kernel=6.1|6.12] [memory=MIB] [maxmem=MIB] [vcpus=N]
#       [swap=zram:MIB] [module=-|PARAMETERS] [cmdline=WORDS] [xl=LINE]
# writes /lab/NAME.cfg, starts the guest with plain xl (or $LAB_CREATE, e.g.
# "xlmem create") and waits until it is up. Its console: /lab/NAME.console.
guest() {
	guest_cfg "$@" && guest_start "$1"
}

guest_cfg() {
	name=$1 type=pv kernel=6.1 memory=128 maxmem='' vcpus=1 swap='' module='' cmdline='' xl=''
	shift
	for word; do
		case $word in
		type=* | kernel=* | memory=* | maxmem=* | vcpus=* | swap=* | module=* | cmdline=* | xl=*)
			eval "${word%%=*}=\${word#*=}" ;;
		*)
			echo "guest: unknown word $word" >&2
			return 2 ;;
		esac
	done
	cat >"/lab/$name.cfg" <<-CFG
		name = "$name"
		type = "$type"
		kernel = "/img/vmlinux-$kernel"
		ramdisk = "/lab/boot/guest-$kernel.cpio"
		memory = $memory
		maxmem = ${maxmem:-$memory}
		vcpus = $vcpus
		tsc_mode = "native"
		on_crash = "destroy"
		on_reboot = "destroy"
		cmdline = "console=hvc0 quiet panic=-1 ${swap:+lab.swap=$swap} ${module:+lab.module=$module} $cmdline"
		$xl
	CFG
}

guest_start() {
	${LAB_CREATE:-xl create} "/lab/$1.cfg" >"/lab/$1.create.log" 2>&1 || {
		rc=$?
		cat "/lab/$1.create.log"
		return $rc
	}
	console "$1"
	await 60 grep -q "guest: up" "/lab/$1.console" || {
		echo "guest $1 did not come up"
		return 1
	}
}

# console NAME: (again) follow a guest's console, e.g. after xl restore.
console() {
	: >>"/lab/$1.console"
	tty=$(xenstore-read "/local/domain/$(xl domid "$1")/console/tty")
	stty -F "$tty" raw -echo
	cat "$tty" >>"/lab/$1.console" 2>/dev/null &
}

# await SECONDS COMMAND...: until COMMAND succeeds; 1 when it doesn't in time.
await() {
	bound=$(($(cut -d. -f1 /proc/uptime) + $1))
	shift
	until "$@"; do
		[ "$(cut -d. -f1 /proc/uptime)" -lt $bound ] || return 1
		usleep 50000
	done
}

# in_guest NAME COMMAND: runs it in the guest's shell, prints what it prints,
# returns its exit code; 124 when there is no answer in ${LAB_BOUND:-60} s.
in_guest() {
	lab_seq=$((${lab_seq:-0} + 1))
	tty=$(xenstore-read "/local/domain/$(xl domid "$1")/console/tty") || return 125
	size=$(stat -c %s "/lab/$1.console")
	printf '{ %s\n}; echo "@@%s:$?@@"\n' "$2" "$lab_seq" >"$tty"
	await "${LAB_BOUND:-60}" grep -q "@@$lab_seq:[0-9]*@@" "/lab/$1.console" || return 124
	tail -c "+$((size + 1))" "/lab/$1.console" | sed "/@@$lab_seq:/,\$d" | tr -d '\r'
	return "$(sed -n "s/.*@@$lab_seq:\([0-9]*\)@@.*/\1/p" "/lab/$1.console" | tail -1)"
}

# pages NAME: tot_pages in KiB as Xen counts them (xl list rounds to MiB).
mem_of() { xl list "$1" | awk 'NR == 2 { print $3 }'; }
