#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Builds the guests' kernels that look for faults in what runs on them, from
# Debian's linux-source-6.1 and debug-kernel.config, into the cache:
#	debug	lockdep, sleeping in atomic context, RCU, lists, objects; PV and PVH
#	kasan	the same and KASAN; PVH only
# and adds them to the images, beside 6.1 and 6.12 (vmlinux-debug, kver-debug, ...;
# their headers to headers/KVER). What was built of this package with this fragment
# and this gcc is taken as it is. Arguments: which of them (both). Prints the images'
# folder.
set -eu -o pipefail
unset MAKEFLAGS MFLAGS MAKELEVEL

here=$(dirname "$(readlink -f "$0")")
say() { echo "debug-kernel: $*" >&2; }
die() { echo "debug-kernel: $*" >&2; exit 1; }
[ $# -gt 0 ] || set -- debug kasan

img=$("$here/images.sh") || die "no images"
cache=$(dirname "$img")
exec 9>"$cache/lock"
flock 9

deb=$(compgen -G "$cache/deb/linux-source-6.1_*.deb" | sort -V | tail -n 1 || true)
if [ -z "$deb" ]; then
	say "downloading linux-source-6.1, 140 MB"
	(cd "$cache/deb" && apt-get -qq download linux-source-6.1 2>&1) | grep -v "unsandboxed" || true
	deb=$(compgen -G "$cache/deb/linux-source-6.1_*.deb") || die "could not download linux-source-6.1"
fi
key=$({ basename "$deb"; gcc --version; cat "$here/debug-kernel.config"; } | sha256sum | cut -c1-16)
made=$cache/debug-$key

# build KIND TREE DIR: a kernel and what a module for it is built with, into DIR.
build() {
	local kind=$1 tree=$2 dir=$3 line kver vars
	{
		echo "CONFIG_LOCALVERSION=\"-$kind\""
		if [ "$kind" = kasan ]; then cat "$here/debug-kernel.config"
		else sed '/^# kasan/,$d' "$here/debug-kernel.config"; fi
	} >"$dir/config"
	make -s -C "$tree" KCONFIG_ALLCONFIG="$dir/config" allnoconfig >/dev/null
	grep '^CONFIG_' "$dir/config" | while read -r line; do
		grep -qxF "$line" "$tree/.config" || die "kconfig did not take $line"
	done
	mapfile -t vars < <(sed -n 's/^# make //p' "$dir/config")
	say "building $kind: a thousand files, ten minutes on two idle processors"
	make -s -C "$tree" -j"$(nproc)" "${vars[@]}" vmlinux modules_prepare modules >"$dir/build.log" 2>&1 ||
		{ tail -n 20 "$dir/build.log" >&2; die "$kind does not build"; }
	kver=$(make -s -C "$tree" kernelrelease)
	echo "$kver" >"$dir/kver"
	strip -s -o "$dir/vmlinux" "$tree/vmlinux"
	# All is built in: guest-init finds no module to load.
	mkdir -p "$dir/root/lib/modules/$kver"
	: >"$dir/root/lib/modules/$kver/modules.order-load"
	(cd "$dir/root" && find . -mindepth 1 | cpio --quiet -o -H newc -R 0:0) >"$dir/modules.cpio"
	rm -rf "$dir/root"
	# As Debian's headers, but in one folder.
	mkdir -p "$dir/headers/build"
	(cd "$tree" && {
		find . arch/x86 -maxdepth 1 -name 'Makefile*'
		find include scripts arch/x86/include -type f -o -type l
		printf '%s\n' Module.symvers .config tools/objtool/objtool
	} | cpio --quiet -pdm "$dir/headers/build")
	find "$dir/headers/build/scripts" -name '*.o' -delete
}

for kind; do
	[ ! -d "$made/$kind" ] || continue
	if [ -z "${work:-}" ]; then
		work=$(mktemp -d "$cache/work.XXXXXX")
		trap 'rm -rf "$work"' EXIT
		dpkg --fsys-tarfile "$deb" | tar -xO --wildcards '*/linux-source-6.1.tar.xz' | tar -C "$work" -xJ
	fi
	mkdir "$work/$kind"
	build "$kind" "$work/linux-source-6.1" "$work/$kind"
	mkdir -p "$made"
	mv "$work/$kind" "$made/"
done
for kind; do
	kver=$(cat "$made/$kind/kver")
	rm -f "$cache/headers/"*"-$kind"
	ln -s "../debug-$key/$kind/headers" "$cache/headers/$kver"
	for f in vmlinux kver; do ln -sf "../debug-$key/$kind/$f" "$img/$f-$kind"; done
	cat "$img/guest-6.1.cpio" "$made/$kind/modules.cpio" >"$img/guest-$kind.cpio.new"
	mv "$img/guest-$kind.cpio.new" "$img/guest-$kind.cpio"
done
find "$cache" -maxdepth 1 -name 'debug-*' ! -name "debug-$key" -exec rm -rf {} +
echo "$img"
