#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Out of memory at every allocation, one after the other, until an operation comes
# through without: each failure is told once, and leaves nothing behind. For the kernels
# of the lab that can inject faults.
# shellcheck source=tests/selftests/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
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

preloaded() {
	LD_PRELOAD=$st/nth_fault.so "$@"
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

# each_back UNDO FAILURES COMMAND...: fail one allocation of the command's, from the last to
# the first, until that many could not be done without; UNDO what it has done, or has not
each_back() {
	local undo=$1 wanted=$2 n tried=0 status failures=0
	shift 2
	nth $most "$@" && $undo 0 || return 1
	# Every second one: the others are as good.
	for ((n = most - $(< "$tmp/left"); n > 0 && failures < wanted; n -= 2)); do
		tried=$((tried + 1))
		nth $n "$@"
		status=$?
		told_once $status $n && $undo $status || return 1
		[ $((n % 16)) != 0 ] || objects_none || return 1
		[ $status = 0 ] || failures=$((failures + 1))
	done
	echo "$tried allocations, of which $failures could not be done without"
	[ $failures = "$wanted" ]
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

# --- what is tried ---

undo_insmod() {
	[ "$1" = 0 ] || { [ ! -d /sys/module/ceph_xio ] && return; }
	unload_module
}

# Netlink may have no memory for the answer, when all has been done: a failure does not
# say that nothing was.
undo_listen() {
	cxio unlisten > "$tmp/undone" 2>&1
	return 0
}

undo_connection() {
	local all
	all=$(cxio show --json) || return 1
	while [[ $all =~ \"connection\":([0-9]+)(.*) ]]; do
		all=${BASH_REMATCH[2]}
		# The other end of one that was closed goes with it.
		cxio close --connection "${BASH_REMATCH[1]}" > "$tmp/undone" 2>&1
	done
	return 0
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

each_in_workers() {
	local n status hits=0 failures=0 last=$1
	shift
	for ((n = 1; n <= last; n++)); do
		arm_workers $n
		"$@" > "$tmp/said" 2>&1 < /dev/null
		status=$?
		disarm_workers && hits=$((hits + 1))
		told_once $status $n && undo_connection && objects_zero || return 1
		[ $status = 0 ] || failures=$((failures + 1))
	done
	echo "$last allocations, of which $hits were come to, and $failures could not be done without"
	[ $hits = "$last" ] && [ $failures -gt 0 ]
}

works() {
	cxio send --addr "$addr" --msgs 20 --dsize 20k --no-progress --timeout 20
}

# told NAME COMMAND...: check, and how many allocations there were
told() {
	check "$@"
	sed -n 's/^[0-9]* allocations/# &/p' "$log"
}

load_module
check "faults can be injected" inject
unload_module
# Before the last ones are those of who loads it, which the kernel warns of.
told "insmod" each_back undo_insmod 5 "$st/nth_fault" "$MODULE"
load_module
told "cxio listen" each undo_listen preloaded cxio listen --addr "$addr"
cxio listen --addr "$addr"
told "cxio connect" each undo_connection \
	preloaded cxio connect --addr "$addr" --timeout 20
# Soft-iWARP's own worker does not outlive a want of memory: a listener is used after it
# was freed.
if [ "$LAB_RDMA" = rxe ]; then
	told "cxio send, in the workers" each_in_workers 12 \
		cxio send --addr "$addr" --msgs 3 --dsize 20k --no-progress --timeout 5
else
	skip "cxio send, in the workers" "soft-iWARP does not survive it"
fi
check "all works afterwards" works
check "no objects" objects_zero
done_testing
