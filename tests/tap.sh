# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# For test scripts that print TAP: source it, give every test's verdict with
# tap_ok or tap_not_ok, or let `check NAME COMMAND...` find it, and end with
# tap_end.

tap_n=0
tap_failed=0

tap_ok()
{
	tap_n=$((tap_n + 1))
	echo "ok $tap_n - $1"
}

# tap_not_ok NAME [WHY]
tap_not_ok()
{
	tap_n=$((tap_n + 1))
	tap_failed=$((tap_failed + 1))
	if [[ -n ${2:-} ]]; then
		echo "# ${2//$'\n'/$'\n'# }"
	fi
	echo "not ok $tap_n - $1"
}

tap_skip()
{
	tap_n=$((tap_n + 1))
	echo "ok $tap_n - $1 # SKIP $2"
}

# check NAME COMMAND...: passes when COMMAND succeeds; shows what it said if not.
# It runs in a subshell with set -e, which `if` would switch off.
check()
{
	local name=$1 said rc
	shift
	set +e
	said=$(set -eu -o pipefail; "$@" 2>&1)
	rc=$?
	if [[ $rc -eq 0 ]]; then
		tap_ok "$name"
	else
		tap_not_ok "$name" "$said (status $rc)"
	fi
}

# equal WHAT GOT WANTED
equal()
{
	if [[ $2 != "$3" ]]; then
		printf '%s: got\n%s\nwanted\n%s\n' "$1" "$2" "$3"
		return 1
	fi
}

# eventually SECONDS COMMAND...: tries until it succeeds.
eventually()
{
	local end=$((SECONDS + $1)) said
	shift
	while ! said=$("$@" 2>&1); do
		if [[ $SECONDS -ge $end ]]; then
			echo "not in time: $*: $said"
			return 1
		fi
		sleep 0.05
	done
}

tap_end()
{
	echo "1..$tap_n"
	[[ $tap_failed -eq 0 ]]
}
