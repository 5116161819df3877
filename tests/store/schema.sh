#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# xenstore-check on real stores, good and bad, and the schema's text.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 2
build=$(readlink -f "${BUILD:-build}")
. tests/tap.sh

if [[ -z ${STORE_DIR:-} ]]; then
	exec tests/store/with-xenstored "$(readlink -f "$0")"
fi

vm=/tool/balloond/vm/00000000-0000-0000-0000-000000000001
home=/local/domain/1
lease='version=1 ceiling_kib=1048576 epoch=7'
report='version=1 boot=1 epoch=7 seq=3 need_kib=10 want_kib=20 floor_kib=5 limit_kib=40 urgent=0'

put()	# PATH VALUE PERMISSIONS...
{
	xenstore-write -- "$1" "$2" && xenstore-chmod "$1" "${@:3}"
}

fill()
{
	fake-xen add 0 Domain-0 512
	fake-xen add 1 web 1024 max=2048
	put $home/memory/selfballoon '' n0 r1
	put $home/memory/selfballoon/lease "$lease" n0 r1
	put $home/memory/selfballoon/target 1048576 n0 r1
	put $home/data/selfballoon '' n0 r1
	put $home/data/selfballoon/report "$report" n0 b1
	xenstore-write -- $vm/min 262144 $vm/max 1048576 $vm/weight 512 $vm/pin 524288 \
		$vm/offset -100 $vm/cfg/min 1024 $vm/cfg/max 2048 $vm/cfg/weight 1 \
		$vm/idle_shutdown 1 $vm/cfg/idle_shutdown 0
	local r=/tool/balloond/reservation/3
	xenstore-write -- $r/size 4096 $r/name web2 $r/owner token $r/expires 0 $r/domain 5 \
		$r/purpose create $r/min 2048 $r/max 8192
}

good()
{
	equal "verdict" "$("$build/xenstore-check")" "25 keys checked, 0 findings"
}

# finds WHAT PATH VALUE [PERMISSIONS...]: exactly this is found, then undone
finds()
{
	local what=$1 path=$2 value=$3 old perms
	shift 3
	old=$(xenstore-read "$path" 2>/dev/null) || old=absent
	perms=$(xenstore-ls -fp | sed -n "s|^$path = .*(\\([^)]*\\))\$|\\1|p" | tr , ' ')
	xenstore-write -- "$path" "$value"
	if [[ $# -gt 0 ]]; then
		xenstore-chmod "$path" "$@"
	fi
	local said rc=0
	said=$("$build/xenstore-check") || rc=$?
	if [[ $old == absent ]]; then
		xenstore-rm "$path"
	else
		# shellcheck disable=SC2086
		xenstore-write -- "$path" "$old" && xenstore-chmod "$path" $perms
	fi
	if [[ $rc -ne 1 || $said != *"$what"* || $said != *", 1 findings" ]]; then
		echo "$path = $value: wanted '$what', got: $said"
		return 1
	fi
}

bad_values()
{
	finds "is no lease" $home/memory/selfballoon/lease "$lease epoch=7"
	finds "is no lease" $home/memory/selfballoon/lease ""
	finds "is no report" $home/data/selfballoon/report "need_kib=5"
	finds "is no decimal" $home/memory/target 12x
	finds "is no decimal" $home/memory/static-max 1099511627777
	finds "is no decimal" $vm/min -1
	finds "is no signed" $vm/offset --1
	finds "is no decimal" $vm/weight 65536
	finds "at least 1" $vm/weight 0
	finds "min is more than max" $vm/min 1048577
	finds "is no decimal" $vm/idle_shutdown 2
	finds "min is more than max" /tool/balloond/reservation/3/min 8193
	finds "is empty" /tool/balloond/reservation/3/name ""
	finds "is no decimal" /tool/balloond/reservation/3/domain 99999
}

bad_places()
{
	finds "not in the schema" $vm/surprise 1
	finds "not in the schema" $vm/cfg/surprise 1
	finds "not in the schema" $home/memory/selfballoon/surprise 1
	finds "not in the schema" $home/data/selfballoon/surprise 1
	finds "not in the schema" /tool/balloond/surprise 1
	finds "named by no uuid" /tool/balloond/vm/web ""
	finds "has no size" /tool/balloond/reservation/4 ""
}

bad_permissions()
{
	finds "may write it" $home/memory/selfballoon/lease "$lease" n0 b1
	finds "belongs to domain 1" $home/memory/target 1048576 n1
	finds "can't read" $home/memory/selfballoon/lease "$lease" n0
	finds "can't write" $home/data/selfballoon/report "$report" n0 r1
	finds "domain 2 may write" $home/data/selfballoon/report "$report" n0 b1 w2
	finds "everybody may write" $vm/min 262144 w0
}

no_store()
{
	local rc=0
	said=$(XENSTORED_PATH=/nonexistent XENSTORED_RUNDIR=/nonexistent \
		"$build/xenstore-check" 2>&1) || rc=$?
	equal status $rc 2
	[[ $said == *"run it in dom0"* ]]
}

help()
{
	"$build/xenstore-check" --help | grep -q '^Usage: xenstore-check'
	local rc=0
	"$build/xenstore-check" --nothing 2>/dev/null || rc=$?
	equal status $rc 2
}

text()
{
	# shellcheck disable=SC2016 # the text's own dollars
	equal "keys of xenstore-paths.pandoc" \
		"$(sed -n 's/^#### \([^ ]*\) = .*/\1/p' xenstore-schema/xenstore-paths.pandoc |
			sed 's/\$UUID/<uuid>/; s/\$ID/<id>/')" \
		"$("$build/xenstore-check" --keys | cut -f 1)"
	equal "keys that the guest may write" \
		"$(sed -n 's/^#### \([^ ]*\) = .*\[w\]$/\1/p' xenstore-schema/xenstore-paths.pandoc)" \
		"$("$build/xenstore-check" --keys | awk -F '\t' '$2 == "guest" { print $1 }')"
}

fill || exit 1
check schema_good good
check schema_bad_values bad_values
check schema_bad_places bad_places
check schema_bad_permissions bad_permissions
check schema_no_store no_store
check schema_help help
check schema_text text
tap_end
