#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Tracepoints: every posted work request can be joined to its completion, every frame and
# every state is seen. And faults that are injected where work requests are posted, memory
# is mapped and allocated: each ends what it must end, is told, and leaves nothing.
# shellcheck source=tests/selftests/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
addr=$LAB_ADDR4
tracing=/sys/kernel/tracing
faults=/sys/kernel/debug/ceph_xio

start_trace() {
	echo 8192 > $tracing/buffer_size_kb
	: > $tracing/trace
	echo 1 > $tracing/events/ceph_xio/enable
}

# What was traced is in $tmp/trace: EVENT NAME=VALUE...
stop_trace() {
	echo 0 > $tracing/events/ceph_xio/enable
	sed -n 's/^.*: \(cxio_[a-z_]*\): \(.*\)$/\1 \2/p' $tracing/trace > "$tmp/trace"
	: > $tracing/trace
	grep -q LOST $tracing/per_cpu/cpu*/trace 2> /dev/null && echo "events were lost" && return 1
	[ -s "$tmp/trace" ]
}

# joined KIND: posts and completions alternate for each carrier and cqe, and none is left
# out or left over. A work request that is not signalled completes only if it did not
# succeed, and then once.
joined() {
	awk -v kind="$1" '
		function field(name,   i) {
			for (i = 2; i <= NF; i++)
				if (index($i, name "=") == 1)
					return substr($i, length(name) + 2)
			return "?"
		}
		function wrong(what) {
			print what ": " $0
			bad = 1
		}
		{ key = field("carrier") " " field("cqe") }
		$1 == "cxio_post_" kind {
			posts++
			if (state[key] == "awaited")
				wrong("posted twice")
			silent = field("signaled") == "0"
			unsignalled += silent
			state[key] = silent ? "silent" : "awaited"
			opcode[key] = kind == "recv" ? "RECV" : field("opcode")
		}
		$1 == "cxio_wc_" kind {
			if (state[key] == "awaited")
				done[opcode[key]]++
			else if (state[key] != "silent")
				wrong("not posted")
			else if (field("status") == "SUCCESS")
				wrong("not signalled, and yet completed")
			else
				failed++
			state[key] = "over"
		}
		END {
			for (key in state)
				if (state[key] == "awaited") {
					print "not completed: " opcode[key] " " key
					bad = 1
				}
			printf "%s: %d posted, %d of these not signalled, %d of those failed\n",
				kind, posts, unsignalled, failed
			for (name in done)
				printf "completed %s %d\n", name, done[name]
			exit bad || !posts
		}' "$tmp/trace"
}

# Of each kind that is signalled some completed; registrations are not, and go unseen.
kinds() {
	local kind
	joined send > "$tmp/kinds" || return 1
	cat "$tmp/kinds"
	for kind in "$@"; do
		grep -q "^completed $kind " "$tmp/kinds" || return 1
	done
	[ "$(seen 'cxio_post_send .* opcode=REG_MR signaled=0 ')" -ge 1 ] &&
		[ "$(seen 'cxio_post_send .* opcode=RDMA_READ signaled=1 ')" -ge 1 ] &&
		[ "$(seen 'cxio_post_send .* opcode=LOCAL_INV signaled=1 ')" -ge 1 ] &&
		[ "$(seen 'cxio_post_send .* opcode=SEND_WITH_INV ')" -ge 1 ]
}

seen() {
	grep -c "^$1" "$tmp/trace"
}

# A frame is a SEND, and comes in at the other end, unless the connection was over then.
frames() {
	local out in posts
	out=$(seen cxio_frame_out)
	in=$(seen cxio_frame_in)
	posts=$(seen 'cxio_post_send .* opcode=SEND ')
	echo "$out frames out, $in in, $posts posted"
	[ "$out" -ge 42 ] && [ "$out" = "$posts" ] && [ "$in" -le "$out" ] && [ "$in" -ge $((out - 2)) ] &&
		[ "$(seen 'cxio_frame_out .* type=MESSAGE ')" = 40 ] &&
		[ "$(seen 'cxio_frame_in .* type=MESSAGE ')" = 40 ] &&
		[ "$(seen 'cxio_frame_in .* type=CLOSE ')" -ge 1 ]
}

states() {
	local step
	grep '^cxio_state' "$tmp/trace"
	for step in '.* -> connecting fault=0' 'connecting -> open fault=0' '.* -> closed fault=0'; do
		[ "$(seen "cxio_state net=[0-9]* connection=[0-9]* carrier=[0-9]* $step")" = 2 ] || return 1
	done
	# A carrier that the peer began has its connection by the time it ends.
	[ "$(seen 'cxio_state .* connection=[1-9][0-9]* .* -> closed ')" = 2 ]
}

# Flushed receives say so.
flushed() {
	grep -q '^cxio_wc_recv .*status=WR_FLUSH_ERR (5/' "$tmp/trace" &&
		grep -q '^cxio_wc_send .*status=SUCCESS (0/' "$tmp/trace"
}

# fail WHAT SKIP: let that many through, then fail once
fail() {
	local dir=$faults/fail_$1
	echo 0 > "$dir/probability"
	echo 0 > "$dir/verbose"
	echo $(($2 + 1)) > "$dir/space"
	echo 1 > "$dir/interval"
	echo 1 > "$dir/times"
	echo 100 > "$dir/probability"
}

# It has happened, once.
failed() {
	local left
	left=$(< "$faults/fail_$1/times")
	echo 0 > "$faults/fail_$1/probability"
	[ "$left" = 0 ] || { echo "fail_$1: times is $left: nothing failed" && return 1; }
}

# sending_fails WHAT SKIP [DSIZE]: a transfer does not survive it, is not lost without a word, and
# the next one is well
sending_fails() {
	local status
	fail "$1" "$2"
	cxio send --addr "$addr" --msgs 20 --dsize "${3:-100}" --no-progress --timeout $((20 * SLOWER)) > "$tmp/out" 2>&1
	status=$?
	failed "$1" || return 1
	[ $status = 1 ] && [ "$(wc -l < "$tmp/out")" = 1 ] && grep -q '^cxio: ' "$tmp/out" || {
		echo "status $status"
		cat "$tmp/out"
		return 1
	}
	objects_zero && cxio send --addr "$addr" --msgs 20 --dsize "${3:-100}" --no-progress
}

check "insmod" # recipe NUMBER STATUS PATTERN COMMAND...: that one of Documentation/tracing.rst, as it
# stands there, while COMMAND runs and ends with STATUS; its output must have PATTERN
recipe() {
	local script=$tmp/recipe status=$2 pattern=$3
	awk -v number="$1" '
		/^    bpftrace -e/ { on = ++count == number }
		on { print substr($0, 5) }
		on && /}\047$/ { exit }' "$LAB_TOP/Documentation/tracing.rst" > "$script"
	echo "${*:4}; echo \$? > $tmp/ended" > "$tmp/command"
	sed -i "s|^bpftrace -e|bpftrace -c '/bin/bash $tmp/command' -e|" "$script"
	timeout 60 bash "$script" > "$tmp/recipe.out" 2>&1 || {
		cat "$tmp/recipe.out"
		return 1
	}
	cat "$tmp/recipe.out"
	[ "$(< "$tmp/ended")" = "$status" ] && grep -q "$pattern" "$tmp/recipe.out"
}

load_module
check "listen" cxio listen --addr "$addr"

if [ -d $tracing/events/ceph_xio ]; then
	check "trace" start_trace
	check "a transfer" cxio send --addr "$addr" --msgs 20 --dsize 100 --no-progress
	check "objects" objects_zero
	check "no more of it" stop_trace
	check "each send has its completion" joined send
	check "each receive has its completion" joined recv
	check "every frame is seen" frames
	check "every state is seen" states
	check "completions say how it went" flushed
	check "trace again" start_trace
	check "a transfer that the peer reads" cxio send --addr "$addr" --msgs 20 --dsize 64k \
		--no-progress
	check "objects again" objects_zero
	check "no more of that" stop_trace
	check "each READ and invalidation has its completion" kinds SEND RDMA_READ LOCAL_INV
	check "each receive has its completion then, too" joined recv
else
	skip "tracepoints" "the kernel has no tracing"
fi

if [ "$LAB_KERNEL" != stock ]; then
	skip "recipes for bpftrace" "the kernel has no type information"
elif ! command -v bpftrace > /dev/null; then
	skip "recipes for bpftrace" "there is no bpftrace"
else
	check "the recipe for the time that sends take" recipe 1 0 '@us\[[0-9]*, [0-9]*\]:' \
		cxio send --addr "$addr" --msgs 50 --dsize 64k --no-progress
	cxio unlisten
	check "the recipe for what fails" recipe 2 1 'state [0-9]*, fault [1-9]' \
		cxio send --addr "$addr" --msgs 1 --timeout $((5 * SLOWER)) --no-progress
fi

if [ -d $faults/fail_post ]; then
	for skip in 0 1 2 3 10 20; do
		check "post number $((skip + 1)) fails" sending_fails post $skip
	done
	for skip in 0 47 48; do
		check "mapping number $((skip + 1)) fails" sending_fails map $skip
	done
	for skip in 1 2 49 100 105; do
		check "allocation number $((skip + 1)) fails" sending_fails alloc $skip
	done
	# Messages that are read: registrations, READs, invalidations and DONEs among the
	# posts, the message's pages among what is mapped, regions and arrivals.
	for skip in 3 5 8 14 25 40; do
		check "post number $((skip + 1)) of many kinds fails" sending_fails post $skip 64k
	done
	for skip in 96 97 99 130; do
		check "mapping number $((skip + 1)), of a region, fails" sending_fails map $skip 64k
	done
	for skip in 52 53 54 73 74 210 230 240; do
		check "allocation number $((skip + 1)) fails, of many kinds" \
			sending_fails alloc $skip 64k
	done
else
	skip "injected faults" "the kernel has no fault injection"
fi
done_testing
