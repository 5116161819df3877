#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# make install and uninstall, into a folder that is thrown away.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
. tests/tap.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
build=${BUILD:-build}
unset MAKEFLAGS MFLAGS MAKELEVEL

WANTED='etc/balloond/balloond.conf 644
usr/bin/xlmem 755
usr/lib/systemd/system/balloond.service 644
usr/lib/sysusers.d/balloond.conf 644
usr/sbin/balloond 755
usr/share/bash-completion/completions/xlmem 644
usr/share/man/man1/xlmem.1 644
usr/share/man/man5/balloond.conf.5 644
usr/share/man/man8/balloond.8 644'

placed()	# DIR: its files and their modes
{
	(cd "$1" && find . -type f -printf '%P %m\n' | LC_ALL=C sort)
}

AGENT='usr/lib/systemd/system/selfballoond.service 644
usr/sbin/selfballoond 755
usr/share/man/man8/selfballoond.8 644'

install_agent()
{
	make -s install-agent DESTDIR="$work/agent" BUILD="$build"
	equal files "$(placed "$work/agent")" "$AGENT"
	"$work/agent/usr/sbin/selfballoond" --help >/dev/null
	if command -v systemd-analyze >/dev/null; then
		sed -i -E "s|/usr/(s?bin)/|$work/agent/usr/\1/|" "$work/agent/usr/lib/systemd/system/selfballoond.service"
		systemd-analyze verify --man=no "$work/agent/usr/lib/systemd/system/selfballoond.service"
	fi
}

# What its files in sysfs mean comes with the module.
install_dkms()
{
	make -s install-dkms DESTDIR="$work/dkms" BUILD="$build"
	equal files "$(placed "$work/dkms" | grep -v '^usr/src/xen-selfballoon-')" \
		'usr/lib/modules-load.d/xen-selfballoon.conf 644
usr/share/doc/xen-selfballoon/ABI-xen-selfballoon 644'
	make -s uninstall DESTDIR="$work/dkms" BUILD="$build"
	equal files "$(placed "$work/dkms")" ''
}

install_all()
{
	make -s install DESTDIR="$work/a" BUILD="$build"
	equal files "$(placed "$work/a")" "$WANTED"
	"$work/a/usr/sbin/balloond" -n -c "$work/a/etc/balloond/balloond.conf"
	"$work/a/usr/bin/xlmem" help >/dev/null
	grep -q '^Type=notify' "$work/a/usr/lib/systemd/system/balloond.service"
	if command -v systemd-analyze >/dev/null; then
		sed -i -E "s|/usr/(s?bin)/|$work/a/usr/\1/|" "$work/a/usr/lib/systemd/system/balloond.service"
		systemd-analyze verify --man=no "$work/a/usr/lib/systemd/system/balloond.service"
	fi
	bash -n "$work/a/usr/share/bash-completion/completions/xlmem"
}

# An administrator's configuration is never overwritten, nor removed.
config_kept()
{
	mkdir -p "$work/b/etc/balloond"
	echo '# mine' >"$work/b/etc/balloond/balloond.conf"
	make -s install DESTDIR="$work/b" BUILD="$build"
	equal config "$(cat "$work/b/etc/balloond/balloond.conf")" '# mine'
	make -s uninstall DESTDIR="$work/b" BUILD="$build"
	equal files "$(placed "$work/b")" 'etc/balloond/balloond.conf 644'
}

prefix()
{
	make -s install install-agent DESTDIR="$work/c" PREFIX=/usr/local BUILD="$build"
	make -s "$build/balloond.service" "$build/selfballoond.service" BUILD="$build"	# as they were
	grep -q '^ExecStart=/usr/local/sbin/balloond' \
		"$work/c/usr/local/lib/systemd/system/balloond.service"
	grep -q '^ExecStart=/usr/local/sbin/selfballoond' \
		"$work/c/usr/local/lib/systemd/system/selfballoond.service"
	[[ -x $work/c/usr/local/sbin/balloond && -x $work/c/usr/local/bin/xlmem ]]
	[[ -x $work/c/usr/local/sbin/selfballoond ]]
}

# A folder of any name.
spaces()
{
	make -s install install-agent install-dkms DESTDIR="$work/d e" BUILD="$build"
	equal files "$(placed "$work/d e" | grep -vE '^usr/src/|modules-load|^usr/share/doc/')" \
		"$(printf '%s\n%s' "$WANTED" "$AGENT" | LC_ALL=C sort)"
	make -s uninstall DESTDIR="$work/d e" BUILD="$build"
	equal files "$(placed "$work/d e")" 'etc/balloond/balloond.conf 644'
}

# In a tree without sources: what was built goes, what was downloaded stays.
cleaned()
{
	mkdir -p "$work/tree/guest-driver" "$work/tree/build/"{cache,tests}
	find . -path ./build -prune -o \( -name '*.mk' -o -name Makefile \) -print0 |
		xargs -0 cp -t "$work/tree" --parents
	touch "$work/tree/guest-driver/xen-selfballoon.ko"
	make -s -C "$work/tree" clean BUILD=build
	equal left "$(cd "$work/tree" && find . -name '*.ko' -o -path './build/*')" ./build/cache
}

completion()
{
	# shellcheck source=/dev/null
	. "$build/xlmem.completion"
	COMP_WORDS=(xlmem re) COMP_CWORD=1 COMPREPLY=()
	_xlmem
	equal commands "${COMPREPLY[*]}" "reserve release restore reload"
	COMP_WORDS=(xlmem he) COMP_CWORD=1 COMPREPLY=()
	_xlmem
	equal commands "${COMPREPLY[*]}" help
	COMP_WORDS=(xlmem set --w) COMP_CWORD=2 COMPREPLY=()
	_xlmem
	equal options "${COMPREPLY[*]}" --weight
	touch "$work/web.save"
	COMP_WORDS=(xlmem restore --wait 5 "$work/we") COMP_CWORD=4 COMPREPLY=()
	_xlmem
	equal files "${COMPREPLY[*]}" "$work/web.save"
	COMP_WORDS=(xlmem save web "$work/we") COMP_CWORD=3 COMPREPLY=()
	_xlmem
	equal files "${COMPREPLY[*]}" "$work/web.save"
	COMP_WORDS=(xlmem reserve 1g --wait "$work/we") COMP_CWORD=4 COMPREPLY=()
	_xlmem
	equal files "${COMPREPLY[*]}" ""
}

check install install_all
check install_agent install_agent
check install_dkms install_dkms
check install_config_kept config_kept
check install_prefix prefix
check install_spaces spaces
check clean cleaned
check completion completion
tap_end
