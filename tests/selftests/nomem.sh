# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
#
# nomem.sh: out of memory at the Nth allocation, for the tests that walk them. Sourced after
# lib.sh.
# shellcheck disable=SC2034,SC2154 # for those who source this; what lib.sh sets
addr=$LAB_ADDR4
st=$LAB_TOP/build/selftests
fail=/sys/kernel/debug/failslab
# Allocations an operation may have; it has fewer.
most=1000

# Also those that may wait: these are nearly all.
inject() {
	mountpoint -q /sys/kernel/debug || mount -t debugfs debugfs /sys/kernel/debug
	echo N > $fail/ignore-gfp-wait && echo 0 > $fail/verbose
}

# nth N COMMAND...: in the program's own system calls
nth() {
	local n=$1
	shift
	echo 0 > "$tmp/left"
	NTH=$n NTH_LEFT=$tmp/left "$@" > "$tmp/said" 2>&1 < /dev/null
}

# What came of one: nothing, or one line.
told_once() {
	local status=$1 lines
	mapfile -t lines < "$tmp/said"
	[ "$status" = 0 ] || [ ${#lines[@]} = 1 ] && return
	echo "allocation $2: status $status, ${#lines[@]} lines instead of one:"
	cat "$tmp/said"
	return 1
}

# each UNDO COMMAND...: fail each allocation of the command's in turn; UNDO what it has
# done, or has not
each() {
	local undo=$1 n status left failures=0
	shift
	for ((n = 1; n <= most; n++)); do
		nth $n "$@"
		status=$?
		told_once $status $n && $undo $status || return 1
		[ $((n % 16)) != 0 ] || objects_none || return 1
		[ $status = 0 ] || failures=$((failures + 1))
		read -r left < "$tmp/left"
		[ "$left" -gt 0 ] || continue
		echo "$((n - 1)) allocations, of which $failures could not be done without"
		[ $status = 0 ] && [ $failures -gt 0 ] && objects_none
		return
	done
	echo "no end of allocations"
	return 1
}

objects_none() {
	[ ! -d /sys/module/ceph_xio ] || objects_zero
}

# --- in the workers that carry a connection ---

workers() {
	local p
	for p in /proc/[0-9]*; do
		[[ $(< "$p/comm") != @(kworker|ceph_xio)* ]] || echo "$p"
	done 2> /dev/null
}

arm_workers() {
	local p
	mapfile -t armed < <(workers)
	for p in "${armed[@]}"; do
		echo "$1" > "$p/fail-nth"
	done 2> /dev/null
}

# Return: whether any had come to its Nth allocation.
disarm_workers() {
	local p left hit=1
	for p in "${armed[@]}"; do
		read -r left < "$p/fail-nth" || continue
		[ "$left" != 0 ] || hit=0
		echo 0 > "$p/fail-nth"
	done 2> /dev/null
	return $hit
}

# told NAME COMMAND...: check, and how many allocations there were
told() {
	check "$@"
	sed -n 's/^[0-9]* allocations/# &/p' "$log"
}
