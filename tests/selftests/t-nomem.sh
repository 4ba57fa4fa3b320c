#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Out of memory at every allocation, one after the other, until an operation comes
# through without: each failure is told once, and leaves nothing behind. For the kernels
# of the lab that can inject faults.
# shellcheck source=tests/selftests/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
# shellcheck source=tests/selftests/nomem.sh
. "${BASH_SOURCE[0]%/*}/nomem.sh"

preloaded() {
	LD_PRELOAD=$st/nth_fault.so "$@"
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
	cxio send --addr "$addr" --msgs 20 --dsize 20k --no-progress --timeout $((20 * SLOWER))
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
	preloaded cxio connect --addr "$addr" --timeout $((20 * SLOWER))
# Soft-iWARP's own worker does not outlive a want of memory: a listener is used after it
# was freed.
if [ "$LAB_RDMA" = rxe ]; then
	told "cxio send, in the workers" each_in_workers 12 \
		cxio send --addr "$addr" --msgs 3 --dsize 20k --no-progress --timeout $((5 * SLOWER))
else
	skip "cxio send, in the workers" "soft-iWARP does not survive it"
fi
check "all works afterwards" works
check "no objects" objects_zero
done_testing
