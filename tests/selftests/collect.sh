# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# collect.sh: the results of tests that ran in a guest. Sourced by those who started it.

# collect_all OUT TAP STATUS TEST...: one list, TAP, of all results below OUT/tap; STATUS is
# tests/lab/run's. Sets "number" and "failed". A test whose plan is missing or does not fit
# its results was cut short.
collect_all() {
	local out=$1 tap=$2 lab=$3 t
	shift 3
	number=0
	failed=0
	: > "$tap"
	for t; do
		collect "$t"
	done
	case $lab in
	0 | 1) result ok "the guest's kernel log" ;;
	126) result 'not ok' "the guest's kernel log" ;;
	*) result 'not ok' "the guest: status $lab" ;;
	esac
}

result() {
	number=$((number + 1))
	echo "$1 $number - $2" >> "$tap"
	[ "$1" = ok ] || failed=$((failed + 1))
}

collect() {
	local test=$1 line seen=0 plan=none why=
	while IFS= read -r line; do
		case $line in
		1..*) plan=${line#1..} ;;
		'ok '*) seen=$((seen + 1)) why= && result ok "$test: ${line#* - }" ;;
		'not ok '*) seen=$((seen + 1)) why=yes && result 'not ok' "$test: ${line#* - }" ;;
		'#'*) [ -z "$why" ] || echo "$line" >> "$tap" ;;
		esac
	done 2> /dev/null < "$out/tap/$test"
	[ "$seen" = "$plan" ] || result 'not ok' "$test: cut short after $seen results"
}
