#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Rules that hold for every file of the repository, as TAP.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2

n=0
# report NAME FINDINGS: passes when there are none; shows them otherwise.
report()
{
	n=$((n + 1))
	if [[ -z $2 ]]; then
		echo "ok $n - $1"
	else
		echo "# ${2//$'\n'/$'\n'# }"
		echo "not ok $n - $1"
	fi
}

files()
{
	find . \( -path ./.git -o -path ./build -o -path ./out \) -prune -o \
		-type f "$@" -print | sed 's|^\./||' | sort
}

sources()	# not what a module build leaves beside them
{
	files \( -name '*.c' -o -name '*.h' \) ! -name '*.mod.c'
}

scripts()
{
	files | while read -r file; do
		IFS= read -r first <"$file" 2>/dev/null
		if [[ $first =~ ^'#!'.*(ba)?sh ]]; then
			echo "$file"
		fi
	done
}

text_files()
{
	files ! -name '*.o' ! -name '*.ko' ! -name '*.mod' ! -name '*.mod.c' \
		! -name '*.cmd' ! -name 'Module.symvers' ! -name 'modules.order' \
		! -name '*.out' ! -name '*.golden' ! -name '*.svg' ! -name '.git' |
		while read -r file; do
			[[ $(head -c 8000 "$file" | tr -d '\0' | wc -c) -eq \
			   $(head -c 8000 "$file" | wc -c) ]] && echo "$file"
		done
}

spdx_missing()
{
	text_files | grep -vE '(^|/)(\.gitignore|COPYING.*|LICENSE.*|corpus/.*)$' |
		grep -v '^LICENSES/' | while read -r file; do
		head -n 5 "$file" | grep -q 'SPDX-License-Identifier: ' || echo "$file"
	done
}

license_wrong()
{
	sources | grep '^guest-driver/' | while read -r file; do
		head -n 5 "$file" | grep -q 'Identifier: GPL-2.0-only' ||
			echo "$file: the module's files are GPL-2.0-only"
	done
}

too_long()
{
	text_files | while read -r file; do
		lines=$(wc -l <"$file")
		[[ $lines -gt 750 ]] && echo "$file: $lines lines, the ceiling is 750"
	done
}

lint_scripts()
{
	mapfile -t list < <(scripts)
	# SC2317: it doesn't see that a trap calls a function; SC2119: nor that
	# arguments may be left out.
	shellcheck -x -f gcc -e SC2317,SC2119,SC2120 "${list[@]}" 2>&1
}

# The kernel's macros are sparse's business.
lint_c()
{
	mapfile -t list < <(sources | grep -v '^guest-driver/' | grep '\.c$')
	mkdir -p "${BUILD:-build}/check/cppcheck"
	cppcheck --quiet --cppcheck-build-dir="${BUILD:-build}/check/cppcheck" \
		--std=c11 --enable=warning,portability,performance \
		--inline-suppr -I. -Ixenstore-schema -Idom0-balloond -D_GNU_SOURCE \
		--suppress=missingIncludeSystem --suppress=unknownMacro \
		-j 2 "${list[@]}" 2>&1
}

# Pages made of a template lie in build/man; scdoc itself leaves empty paragraphs.
lint_manual()
{
	local build=${BUILD:-build}
	for page in $(files -name '*.scd') "$build"/man/*.scd; do
		scdoc <"$page" 2>&1 >/dev/null | sed "s|^|$page: |"
		scdoc <"$page" 2>/dev/null | mandoc -T lint -W warning 2>&1 |
			grep -v 'skipping paragraph macro' | sed "s|^|$page: |"
	done
}

# The test that a counter's row names must at least speak of it.
counters_unread()
{
	local counter group name list
	sed -nE 's/^\tC\((\w+), "[^"]*", "(\w+):(\w+)"\).*/\1 \2 \3/p' dom0-balloond/balloond.h |
		while read -r counter group name; do
		mapfile -t list < <(grep -lE "^check $name " "tests/$group/"*.sh 2>/dev/null)
		[[ $group == xen ]] && list=("tests/xen/scenarios/$name.scn")
		[[ $group == unit ]] && mapfile -t list < <(grep -lE "^static void $name\(" tests/unit/*.c)
		[[ ${list[*]} ]] && list+=(tests/store/host.sh)
		grep -qw "$counter" "${list[@]}" /dev/null ||
			echo "$group:$name doesn't read the counter $counter"
	done
}

# What xlmem list may say of a domain, and its manual doesn't.
words_unexplained()
{
	local word
	{
		sed -nE '/text\[REASON_COUNT\]/,/};/s/\[REASON_[A-Z_]*\] = "([^"]*)"/\n\1\n/gp' dom0-balloond/tick.c
		sed -nE '/^static void state_text/,/^}/{s/\[PROGRESS_[A-Z]*\] = "([^"]*)"/\n\1\n/g; s/"\,([a-z]*)"/\n\1\n/g; p}' \
			dom0-balloond/answer.c
	} | grep -xE "[a-z][a-z' :]+" | while read -r word; do
		grep -qxF "*$word*" tools/xlmem/xlmem.1.scd.in || echo "xlmem(1) lacks \"$word\""
	done
}

# Every target once, and the main ones first.
help_wrong()
{
	local help
	help=$(env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -s help)
	diff <(files -name '*.mk' | xargs sed -n 's/^## //p' | sort) <(grep . <<<"$help" | sort)
	diff <(printf 'make %s\n' build run check) <(head -n 3 <<<"$help" | awk '{ print $1, $2 }')
}

report spdx_in_every_file "$(spdx_missing)"
report module_license "$(license_wrong)"
report file_length "$(too_long)"
report help "$(help_wrong)"
report words_explained "$(words_unexplained)"
report counters_read "$(counters_unread)"
report shellcheck "$(lint_scripts)"
report cppcheck "$(lint_c)"
report manual_lint "$(lint_manual)"
echo "1..$n"
