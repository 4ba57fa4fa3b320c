#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Out of memory at every allocation, in what a user of the module's interface does and in what
# is done for him: set-up, messages, the end of a connection, the end of the module. Each
# failure is told once, and leaves nothing behind; lossless sessions come through. See
# tests/kmod/nomem_test.c.
# shellcheck source=tests/selftests/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
# shellcheck source=tests/selftests/nomem.sh
. "${BASH_SOURCE[0]%/*}/nomem.sh"

nomem_test=$LAB_TOP/build/kmod-tests/$LAB_KERNEL/tests/kmod/nomem_test.ko
step=/sys/module/nomem_test/parameters/step

begin_steps() {
	insmod "$nomem_test" addr="$addr" lossless="$1"
}

nothing_wrong() {
	local said
	read -r said < $step
	echo "$said"
	[ "$said" = "0 wrong" ]
}

end_steps() {
	nothing_wrong && rmmod nomem_test && objects_zero
}

# do_step WORD: no memory runs out in it
do_step() {
	echo "$1" > $step
}

# undo_step STATUS: a connection that was opened ends, whatever had failed; of one that
# never began, or is over, nothing is left to be ended
undo_step() {
	nothing_wrong || return 1
	do_step close 2> /dev/null
	return 0
}

# each_step WORD [BEFORE...]: fail each allocation of the writer's in that step
each_step() {
	local word=$1
	shift
	before=("$@")
	each undo_step in_step "$word" && nothing_wrong
}

in_step() {
	local word
	for word in "${before[@]}"; do
		do_step "$word" || return 3
	done
	"$st/nth_fault" --write $step "$1"
}

# workers_step WORD [BEFORE...]: fail an allocation of whoever carries the connection, from
# each one's first on, until none comes to that many. A lossless session comes through all.
workers_step() {
	local word=$1 n status hits=0 failures=0 w
	shift
	# How many there are is not always the same.
	for ((n = 1; n - hits < 4; n++)); do
		for w; do
			do_step "$w" || { echo "allocation $n: $w failed" && return 1; }
		done
		arm_workers $n
		"$st/nth_fault" --write $step "$word" > "$tmp/said" 2>&1
		status=$?
		disarm_workers && hits=$((hits + 1))
		told_once $status $n && nothing_wrong || return 1
		[ $status = 0 ] || failures=$((failures + 1))
		do_step close 2> /dev/null
	done
	echo "$hits allocations, of which $failures could not be done without"
	[ $hits -gt 0 ] && { [ $lossless = N ] || [ $failures = 0 ]; }
}

# unload_each: the module is unloaded with a connection that is open and messages on
# their way; no memory, for who unloads it and for the workers: it goes all the same
unload_each() {
	local n hits=0
	for ((n = 1; n - hits < 4; n++)); do
		begin_steps N && do_step open && do_step send || return 1
		arm_workers $n
		nth $n "$st/nth_fault" --delete nomem_test || { cat "$tmp/said" && return 1; }
		disarm_workers && hits=$((hits + 1))
		objects_zero || return 1
	done
	echo "$hits allocations, of which 0 could not be done without"
	[ $hits -gt 0 ]
}

load_module
check "faults can be injected" inject
# What he does himself, and what is done for him.
for lossless in N Y; do
	kind=$([ $lossless = N ] && echo lossy || echo lossless)
	check "$kind: step by step" begin_steps $lossless
	told "$kind: open" each_step open
	told "$kind: send" each_step send open
	told "$kind: close" each_step close open send
	# A lossless peer of one that was given up waits for its return.
	[ $lossless = Y ] || told "$kind: abort" each_step abort open send
	if [ "$LAB_RDMA" = rxe ]; then
		told "$kind: send, dispatch and alloc_msg, in the workers" \
			workers_step send open
		told "$kind: close, in the workers" workers_step close open send
		[ $lossless = Y ] ||
			told "$kind: abort, in the workers" workers_step abort open send
	fi
	check "$kind: nothing left" end_steps
done
[ "$LAB_RDMA" = siw ] || told "unload" unload_each
check "no objects" objects_zero
done_testing
