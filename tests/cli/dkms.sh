#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The module's source as a guest gets it: whole, and built by dkms, into folders that are
# thrown away.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
. tests/tap.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
build=$(realpath "${BUILD:-build}")
unset MAKEFLAGS MFLAGS MAKELEVEL
mapfile -t headers < <({ compgen -G "${BALLAST_CACHE:-$build/cache}/xen/headers/*/build" ||
	compgen -G '/lib/modules/*/build'; } | sort -V)

conf_says()	# VARIABLE: its value in dkms.conf, as dkms reads it
{
	# shellcheck disable=SC2034
	local kernel_source_dir=HEADERS dkms_tree=TREE
	# shellcheck source=/dev/null
	. guest-driver/dkms.conf
	echo "${!1}"
}

dkms_conf()
{
	equal name "$(conf_says PACKAGE_NAME)" xen-selfballoon
	equal version "$(conf_says PACKAGE_VERSION)" \
		"$(sed -nE 's/^#define BALLAST_VERSION\t"(.*)"/\1/p' xenstore-schema/version.h)"
	equal module "$(conf_says 'BUILT_MODULE_NAME[0]').ko" "$(sed -n 's/^obj-m := \(.*\).o$/\1/p' guest-driver/Kbuild).ko"
	equal place "$(conf_says 'DEST_MODULE_LOCATION[0]')" /updates/dkms
	equal autoinstall "$(conf_says AUTOINSTALL)" yes
	equal config "$(conf_says BUILD_EXCLUSIVE_CONFIG)" CONFIG_XEN_BALLOON
	equal arch "$(conf_says BUILD_EXCLUSIVE_ARCH)" x86_64
	for v in 6.1.0-56-amd64 6.12.117+deb12-amd64 7.3.1; do
		[[ $v =~ $(conf_says BUILD_EXCLUSIVE_KERNEL) ]]
	done
	for v in 5.10.0-30-amd64 6.0.1 4.19.0; do
		[[ ! $v =~ $(conf_says BUILD_EXCLUSIVE_KERNEL) ]]
	done
}

# What was installed is all that it takes: the newest kernel, dkms.conf's own line.
dkms_builds()
{
	local make into="$work/TREE/xen-selfballoon/$version/build"

	mkdir -p "$into"
	cp -r "$source/." "$into"
	make=$(conf_says 'MAKE[0]')
	make=${make//HEADERS/${headers[-1]}}
	make=${make//TREE/$work/TREE}
	$make KCFLAGS=-Werror
	equal modinfo "$(modinfo -F version "$into/xen-selfballoon.ko")" "$version"
}

# By dkms itself, for the oldest.
dkms_itself()
{
	local kver

	kver=$(basename "$(dirname "${headers[0]}")")
	mkdir "$work/dkms"
	# With a key of its own: dkms would make one for this machine.
	mok_signing_key=$work/mok.key mok_certificate=$work/mok.pub \
		dkms build "xen-selfballoon/$version" -k "$kver" --kernelsourcedir "${headers[0]}" \
		--sourcetree "$(dirname "$source")" --dkmstree "$work/dkms"
	compgen -G "$work/dkms/xen-selfballoon/$version/$kver/x86_64/module/xen-selfballoon.ko*"
}

dkms_uninstall()
{
	make -s uninstall DESTDIR="$work/a" BUILD="$build" >/dev/null
	equal left "$(find "$work/a" -name 'xen-selfballoon*')" ''
}

# Without a kernel's headers it says whose there are, here and in the cache; without any,
# no more than what to install.
module_headers()
{
	local said none="no headers of kernel 0.0: install linux-headers-0.0"

	mkdir -p "$work/cache/xen/headers/1.2.3/build"
	said=$(make module KVER=0.0 BUILD="$work/module" BALLAST_CACHE="$work/cache" 2>&1) && return 1
	grep -qE "^$none or name another with KVER=: (.* )?1\.2\.3( |$)" <<<"$said"
	compgen -G '/lib/modules/*/build' >/dev/null && return
	said=$(make module KVER=0.0 BUILD="$work/module" BALLAST_CACHE="$work/none" 2>&1) && return 1
	grep -qx "$none" <<<"$said"
}

check dkms_conf dkms_conf
version=$(conf_says PACKAGE_VERSION)
source=$work/a/usr/src/xen-selfballoon-$version
check dkms_install make -s install-dkms DESTDIR="$work/a" BUILD="$build"
if [[ ${#headers[@]} -eq 0 ]]; then
	tap_skip dkms_builds "no kernel's headers here"
	tap_skip dkms_itself "no kernel's headers here"
else
	check dkms_builds dkms_builds
	if [[ $EUID -ne 0 ]] || ! command -v dkms >/dev/null; then
		tap_skip dkms_itself "needs dkms, and root"
	else
		check dkms_itself dkms_itself
	fi
fi
check dkms_uninstall dkms_uninstall
check module_headers module_headers
tap_end
