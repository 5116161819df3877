#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What dom0 needs for HVM guests beside images.sh's: Debian's device model, the
# firmware, and the kernels as bzImage, which a device model's loader wants. Prints
# the folder, an overlay for xenlab; its own, because it makes dom0 25 MiB larger.
set -eu -o pipefail
here=$(dirname "$(readlink -f "$0")")
img=$("$here/images.sh")
cache=$(dirname "$img")
die() { echo "xen-devicemodel: $*" >&2; exit 1; }
exec 9>"$cache/lock"
flock 9

made=$cache/dm-$(cat "$here/devicemodel.sh" "$img"/kver-* | sha256sum | cut -c1-16)
if [ -d "$made" ]; then
	echo "$made"
	exit 0
fi
packages=(qemu-system-xen qemu-system-data seabios)
work=$(mktemp -d "$cache/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
for p in "${packages[@]}"; do
	compgen -G "$cache/deb/${p}_*.deb" >/dev/null && continue
	(cd "$work" && apt-get -qq download "$p" 2>&1) | grep -v unsandboxed || true
	mv "$work/${p}"_*.deb "$cache/deb/" || die "could not download $p"
done
unpack() { # unpack PACKAGE [FILE...]
	dpkg --fsys-tarfile "$(compgen -G "$cache/deb/$1_*.deb" | sort -V | tail -1)" |
		tar -x -C "$work/root" "${@:2}"
}
mkdir "$work/root"
for p in "${packages[@]}"; do unpack "$p"; done
unpack xen-utils-4.17 ./usr/lib/xen-4.17/boot/hvmloader
lacks=$(ldd "$work/root/usr/libexec/xen-qemu-system-i386" | sed -n 's/ => not found//p' | xargs)
[ -z "$lacks" ] || die "this machine lacks libraries of qemu-system-xen: $lacks"
dom0=$work/dm/dom0
for f in usr/libexec/xen-qemu-system-i386 usr/lib/xen-4.17/boot/hvmloader \
	usr/share/seabios/bios-256k.bin usr/share/qemu/linuxboot.bin \
	usr/share/qemu/linuxboot_dma.bin usr/share/qemu/kvmvapic.bin usr/share/qemu/keymaps/en-us; do
	install -D -m "$(stat -c %a "$work/root/$f")" "$work/root/$f" "$dom0/$f"
done
mkdir -p "$dom0/img"
for k in 6.1 6.12; do
	kver=$(cat "$img/kver-$k")
	unpack "linux-image-$kver" "./boot/vmlinuz-$kver"
	cp "$work/root/boot/vmlinuz-$kver" "$dom0/img/vmlinuz-$k"
done
mv "$work/dm" "$made"
# shellcheck disable=SC2012 # names of ours
ls -dt "$cache"/dm-* | tail -n +3 | xargs -r rm -rf
echo "$made"
