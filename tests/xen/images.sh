#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Downloads Xen and the kernels as Debian packages, unpacks them into the cache
# (nothing is installed) and makes what an emulated host boots from:
#	img/xen			the hypervisor, as the ELF file QEMU wants
#	img/vmlinux-{6.1,6.12}	kernels, already decompressed: unpacking xz under
#				emulation takes longer than the rest of the boot
#	img/dom0.cpio		dom0's initramfs: busybox, Xen's tools, modules
#	img/guest-*.cpio	the guests' initramfs
#	headers/KVER		what a module for these kernels is built with: Debian's
#				linux-headers of 6.12 would install a kernel in /boot
# Safe to run again and at the same time: it works under a lock, in a temporary
# folder that becomes img-STAMP by a rename when all is there; STAMP stands for
# the content of the scripts that made it. The three last used are kept.
set -eu -o pipefail
export PATH="$PATH:/usr/sbin:/sbin"

here=$(dirname "$(readlink -f "$0")")
cache=${BALLAST_CACHE:-build/cache}/xen
say() { echo "xen-images: $*" >&2; }
die() { echo "xen-images: $*" >&2; exit 1; }

for tool in apt-get:apt dpkg:dpkg cpio:cpio xz:xz-utils zstd:zstd depmod:kmod flock:util-linux perl:perl; do
	command -v "${tool%%:*}" >/dev/null || die "${tool%%:*} is missing: apt-get install ${tool##*:}"
done
busybox=$(command -v busybox) || die "busybox is missing: apt-get install busybox-static"
if ldd "$busybox" >/dev/null 2>&1; then die "busybox must be a static one: apt-get install busybox-static"; fi

mkdir -p "$cache"
cache=$(readlink -f "$cache")
exec 9>"$cache/lock"
flock 9

# The stamp names all that goes into the images; a change of any makes them anew.
inputs=("$here/images.sh" "$here/dom0-init" "$here/guest-init")
stamp=$(cat "${inputs[@]}" | sha256sum | cut -c1-16)
made=$cache/img-$stamp
if [ -d "$made" ] && [ -d "$cache/headers/$(cat "$made/kver-6.1")" ] &&
	[ -d "$cache/headers/$(cat "$made/kver-6.12")" ]; then
	touch "$made"
	echo "$made"
	exit 0
fi

# --- packages -----------------------------------------------------------------
# newest_of META: the package behind a meta package, e.g. linux-image-amd64; nothing
# where apt knows none.
newest_of() {
	{ apt-cache depends "$1" 2>/dev/null || true; } |
		sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -1
}
k61=$(newest_of linux-image-amd64)
k612=$(newest_of linux-image-6.12-amd64)
if { [ -z "$k61" ] || [ -z "$k612" ]; } && [ "$(id -u)" = 0 ]; then
	say "the package lists lack a kernel: apt-get update"
	apt-get -qq update
	k61=$(newest_of linux-image-amd64) k612=$(newest_of linux-image-6.12-amd64)
fi
for kernel in "$k61 linux-image-amd64" "$k612 linux-image-6.12-amd64"; do
	[ "${kernel%% *}" ] ||
		die "apt knows no${kernel}: on Debian 12, with bookworm-security in its sources, run apt-get update as root"
done
case $k61 in linux-image-6.1.*) ;; *) die "linux-image-amd64 is $k61, not a 6.1 kernel: Debian 12 is needed" ;; esac

packages=(xen-hypervisor-4.17-amd64 xen-utils-4.17 xenstore-utils "$k61" "$k612"
	libxencall1 libxendevicemodel1 libxenevtchn1 libxenforeignmemory1
	libxengnttab1 libxenhypfs1 libxenmisc4.17 libxenstore4 libxentoolcore1
	libxentoollog1 libyajl2)
# headers_of KVER: the three packages, named as apt knows them.
headers_of() {
	apt-cache depends "linux-headers-$1" |
		sed -n 's/^ *Depends: \(linux-headers-.*\|linux-kbuild-.*\)/\1/p'
	echo "linux-headers-$1"
}
mapfile -t headers61 < <(headers_of "${k61#linux-image-}")
mapfile -t headers612 < <(headers_of "${k612#linux-image-}")
mkdir -p "$cache/deb"
want=()
for p in "${packages[@]}" "${headers61[@]}" "${headers612[@]}"; do
	compgen -G "$cache/deb/${p}_*.deb" >/dev/null || want+=("$p")
done
if [ ${#want[@]} -gt 0 ]; then
	say "downloading ${want[*]}"
	tmp=$(mktemp -d "$cache/download.XXXXXX")
	# _apt can't write into our folder; apt says so and downloads as ourselves.
	(cd "$tmp" && apt-get -qq download "${want[@]}" 2>&1) | grep -v "unsandboxed" || true
	for p in "${want[@]}"; do
		compgen -G "$tmp/${p}_*.deb" >/dev/null || die "could not download $p"
	done
	mv "$tmp"/*.deb "$cache/deb/"
	rmdir "$tmp"
fi

work=$(mktemp -d "$cache/work.XXXXXX")
trap 'rm -rf "$work"' EXIT
root=$work/root
img=$work/img
mkdir -p "$root" "$img"
say "unpacking"
for p in "${packages[@]}"; do
	dpkg -x "$(compgen -G "$cache/deb/${p}_*.deb" | sort -V | tail -1)" "$root"
done

# headers KVER PACKAGE...: into the cache, able to stand anywhere.
headers() {
	local kver=$1 dest=$cache/headers/$1 new=$work/headers-$1 p
	shift
	[ ! -d "$dest" ] || return 0
	for p; do
		dpkg -x "$(compgen -G "$cache/deb/${p}_*.deb" | sort -V | tail -1)" "$new"
	done
	sed -i "s|/usr/src/|../|" "$new/usr/src/linux-headers-$kver/Makefile"
	ln -s "usr/src/linux-headers-$kver" "$new/build"
	mkdir -p "$cache/headers"
	mv "$new" "$dest"
}
headers "${k61#linux-image-}" "${headers61[@]}"
headers "${k612#linux-image-}" "${headers612[@]}"

# --- kernels and hypervisor ---------------------------------------------------
# A bzImage says in its header (Documentation/x86/boot) where its compressed
# ELF kernel lies; the last four bytes of that are its size.
kernel_unpack() {
	local f=$1 sects off len
	sects=$(od -An -tu1 -j497 -N1 "$f")
	off=$(od -An -tu4 -j584 -N4 "$f")
	len=$(od -An -tu4 -j588 -N4 "$f")
	dd if="$f" of="$work/payload" bs=1M iflag=skip_bytes,count_bytes status=none \
		skip=$(((sects + 1) * 512 + off)) count=$((len - 4))
	case $(od -An -tx1 -N4 "$work/payload" | tr -d ' ') in
	fd377a58) xz -dc "$work/payload" ;;
	28b52ffd) zstd -qdc "$work/payload" ;;
	1f8b*) gzip -dc "$work/payload" ;;
	*) die "$f: compressed in an unknown way" ;;
	esac
}
gzip -dc "$root/boot/xen-4.17-amd64.gz" >"$img/xen"
kver61=${k61#linux-image-}
kver612=${k612#linux-image-}
# A third of the ELF file are zeros at the end of its last segment, which any
# loader makes by itself: cut, since guests' kernels lie in dom0's memory.
kernel_trim() {
	perl -e '
		local $/; open(F, "<:raw", $ARGV[0]) or die; $_ = <F>;
		my ($phoff, $n) = (unpack("Q", substr($_, 32)), unpack("S", substr($_, 56)));
		my ($last, $end) = (0, 0);
		for my $p (map { $phoff + 56 * $_ } 0 .. $n - 1) {
			my ($type, undef, $off, undef, undef, $size) = unpack("LLQQQQ", substr($_, $p, 56));
			($last, $end) = ($p, $off + $size) if $type == 1 && $off + $size > $end;
		}
		my $off = unpack("Q", substr($_, $last + 8));
		my $data = substr($_, $off, $end - $off); $data =~ s/\0+\z//;
		substr($_, $last + 32, 8) = pack("Q", length $data);
		substr($_, 40, 8) = pack("Q", 0); substr($_, 60, 4) = pack("SS", 0, 0);
		print substr($_, 0, $off) . $data;' "$1"
}
for k in "6.1 $kver61" "6.12 $kver612"; do
	kernel_unpack "$root/boot/vmlinuz-${k#* }" >"$work/vmlinux"
	kernel_trim "$work/vmlinux" >"$img/vmlinux-${k% *}"
done
echo "$kver61" >"$img/kver-6.1"
echo "$kver612" >"$img/kver-6.12"

# --- initramfs ----------------------------------------------------------------
# modules KVER DEST NAME...: these modules and what they need, decompressed,
# with modules.order-load listing the files in the order to load them.
modules() {
	local kver=$1 dest=$2 m f out dir
	shift 2
	dir=$dest/lib/modules/$kver
	mkdir -p "$dir"
	cp "$root/lib/modules/$kver"/modules.{builtin,builtin.modinfo,order} "$dir/" 2>/dev/null || true
	[ -e "$root/lib/modules/$kver/modules.dep" ] || depmod -b "$root" "$kver"
	for m in "$@"; do
		modprobe -d "$root" -S "$kver" --show-depends "$m" |
			while read -r what f _; do
				[ "$what" = insmod ] || continue
				out=$dir/$(basename "${f%.xz}")
				[ -e "$out" ] && continue
				case $f in *.xz) xz -dc "$f" >"$out" ;; *) cp "$f" "$out" ;; esac
				basename "$out" >>"$dir/modules.order-load"
			done
	done
	depmod -b "$dest" "$kver"
}

# libs DEST FILE...: the shared libraries of FILEs, from the packages first.
libs() {
	local dest=$1
	shift
	LD_LIBRARY_PATH=$root/usr/lib/x86_64-linux-gnu ldd "$@" 2>/dev/null |
		sed -n 's/.*=> \(\/[^ ]*\).*/\1/p' | sort -u |
		while read -r f; do
			cp -nL "$f" "$dest/usr/lib/x86_64-linux-gnu/"
		done
}

pack() { # pack DIR FILE
	(cd "$1" && find . -print0 | LC_ALL=C sort -z | cpio --quiet -0 -o -H newc -R 0:0) >"$2"
}

skeleton() { # skeleton DIR INIT
	mkdir -p "$1"/{bin,sbin,dev,proc,sys,run,tmp,root,etc,mnt,var/log,lib,lib64,usr/bin,usr/sbin,usr/lib/x86_64-linux-gnu}
	cp "$busybox" "$1/bin/busybox"
	ln -s busybox "$1/bin/sh"
	# Some programs ask for bash by name (xl's hotplug scripts do).
	install -m 755 "$here/$2" "$1/init"
	echo 'root:x:0:0:root:/root:/bin/sh' >"$1/etc/passwd"
	echo 'root:x:0:' >"$1/etc/group"
}

say "dom0's initramfs"
dom0=$work/dom0
skeleton "$dom0" dom0-init
xenbin=$root/usr/lib/xen-4.17/bin
mkdir -p "$dom0"/etc/xen/scripts "$dom0"/var/{lib/xen,lib/xenstored,log/xen} "$dom0"/usr/lib/xen-4.17/{bin,boot}
cp "$xenbin"/{xl,xenstored,xenconsoled,xenconsole,xen-init-dom0,libxl-save-helper,xenstore-control} \
	"$dom0/usr/lib/xen-4.17/bin/"
ln -s ../lib/xen-4.17/bin/xl "$dom0/usr/sbin/xl"
for f in "$root"/usr/bin/xenstore-* "$root"/usr/bin/xenstore; do
	[ -f "$f" ] && cp -P "$f" "$dom0/usr/bin/"
done
libs "$dom0" "$dom0"/usr/lib/xen-4.17/bin/* "$dom0"/usr/bin/xenstore
# Loaded by pthread_cancel at run time, so ldd doesn't name it: xl aborts without.
cp -L /lib/x86_64-linux-gnu/libgcc_s.so.1 "$dom0/usr/lib/x86_64-linux-gnu/"
cp -L /lib64/ld-linux-x86-64.so.2 "$dom0/lib64/"
cat >"$dom0/etc/xen/xl.conf" <<'XL'
autoballoon="off"
XL
# The block hotplug script of Xen needs bash, udev and more; this one names the
# device to the backend, which is all that a block device needs.
cat >"$dom0/etc/xen/scripts/block" <<'BLOCK'
#!/bin/sh
case $1 in
add)
	dev=$(xenstore-read "$XENBUS_PATH/params")
	xenstore-write "$XENBUS_PATH/physical-device" "$(stat -c %t:%T "$dev")" \
		"$XENBUS_PATH/physical-device-path" "$dev" \
		"$XENBUS_PATH/hotplug-status" connected ;;
esac
BLOCK
chmod 755 "$dom0/etc/xen/scripts/block"
modules "$kver61" "$dom0" xen-evtchn xen-privcmd xenfs xen-gntdev xen-gntalloc \
	virtio_pci 9pnet_virtio 9p loop xen-blkback
modules "$kver61" "$work/brd" brd
cp "$work/brd/lib/modules/$kver61/brd.ko" "$dom0/lib/modules/$kver61/"
pack "$dom0" "$img/dom0.cpio"

for k in 6.1 6.12; do
	say "the guests' initramfs for $k"
	guest=$work/guest-$k
	skeleton "$guest" guest-init
	kver=$(cat "$img/kver-$k")
	modules "$kver" "$guest" zram lzo-rle lz4 xen-blkfront ext4 crc32c_generic
	pack "$guest" "$img/guest-$k.cpio"
done
mv "$img" "$made"
# shellcheck disable=SC2012 # names of ours
ls -dt "$cache"/img-* | tail -n +4 | xargs -r rm -rf
say "done: $made ($(du -sh "$made" | cut -f1))"
echo "$made"
