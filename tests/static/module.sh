#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What the kernel's own tools say of the module's sources: sparse, and checkpatch.pl, which
# only linux-source has: that package installed, its source unpacked or not, or
# CHECKPATCH=/path/to/checkpatch.pl.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
. tests/tap.sh

cache=${BALLAST_CACHE:-${BUILD:-build}/cache}
unset MAKEFLAGS MFLAGS MAKELEVEL

# @return the script, taken out of the packed source if need be: once
checkpatch_find()
{
	local script archive

	for script in "${CHECKPATCH:-}" /usr/src/linux-source-*/scripts/checkpatch.pl \
		"$cache"/checkpatch/linux-source-*/scripts/checkpatch.pl; do
		[[ -f $script ]] && echo "$script" && return
	done
	for archive in /usr/src/linux-source-*.tar.xz; do
		[[ -f $archive ]] || continue
		mkdir -p "$cache/checkpatch"
		tar -C "$cache/checkpatch" -xJf "$archive" --wildcards \
			'*/scripts/checkpatch.pl' '*/scripts/spelling.txt' '*/scripts/const_structs.checkpatch'
		ls "$cache"/checkpatch/linux-source-*/scripts/checkpatch.pl
		return
	done
}

# The tables of rows and what is made of them are neither statements nor values.
checkpatch()
{
	local files=(guest-driver/[!x]*.[ch] guest-driver/Kbuild) said

	said=$(perl "$1" --no-tree -f --show-types --summary-file \
		--ignore COMPLEX_MACRO,TRAILING_SEMICOLON "${files[@]}") ||
		{ echo "$said (status $?)"; return 1; }
	equal 'files found clean' "$(sed -n 's/ total: 0 errors, 0 warnings, .*//p' <<<"$said")" \
		"$(printf '%s\n' "${files[@]}")"
}

# One that dies, or says nothing of a file, found nothing out.
checkpatch_broken()
{
	local fake code

	fake=$(mktemp)
	# shellcheck disable=SC2016  # they are perl's
	for code in 'die' 'exit 0' 'print "$ARGV[-1] total: 0 errors, 0 warnings, 1 lines checked\n"' \
		'print "$_ total: 0 errors, 1 warnings, 1 lines checked\n" for @ARGV'; do
		echo "$code" >"$fake"
		if checkpatch "$fake" >/dev/null 2>&1; then
			echo "passes with a checkpatch.pl that is: $code"
			rm "$fake"
			return 1
		fi
	done
	rm "$fake"
}

if compgen -G "$cache/xen/headers/*/build" >/dev/null && command -v sparse >/dev/null; then
	check module_sparse make -s module-check BUILD="${BUILD:-build}" BALLAST_CACHE="$cache"
else
	tap_skip module_sparse "no kernel's headers here, or no sparse"
fi
check module_checkpatch_broken checkpatch_broken
script=$(checkpatch_find)
if [[ $script ]]; then
	check module_checkpatch checkpatch "$script"
else
	tap_skip module_checkpatch "no checkpatch.pl here: it is in Debian's linux-source"
fi
tap_end
