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
		ramdisk = "/img/guest-$kernel.cpio"
		memory = $memory
		maxmem = ${maxmem:-$memory}
		vcpus = $vcpus
		tsc_mode = "$([ "$type" = pvh ] && echo always_emulate || echo native)"
		on_crash = "destroy"
		on_reboot = "destroy"
		cmdline = "console=hvc0 quiet panic=-1 cryptomgr.notests rodata=off ${swap:+lab.swap=$swap} ${module:+lab.module=$module} $cmdline"
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

# in_guest NAME COMMAND: has its agent run it in a shell, prints what it prints
# (at most 6000 bytes), returns its exit code; 124: no answer in ${LAB_BOUND:-60} s.
in_guest() {
	lab_seq=$((${lab_seq:-100} + 1))
	tty=$(xenstore-read "/local/domain/$(xl domid "$1")/console/tty") || return 125
	printf '%s run %s\n' "$lab_seq" "$(printf '%s' "$2" | tr '\n' ';')" >"$tty"
	await "${LAB_BOUND:-60}" grep -q "@L $lab_seq exit" "/lab/$1.console" || return 124
	answer=$(sed -n "s/.*@L $lab_seq exit //p" "/lab/$1.console" | tail -n 1)
	printf '%b' "${answer#* }"
	return "${answer%% *}"
}

# mem_of NAME: its memory in MiB, as xl list says it.
mem_of() { xl list "$1" | awk 'NR == 2 { print $3 }'; }
