#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Sessions of the kernel's outlive their queue pairs: the device goes in the middle of a
# stream, comes back, and every message has come exactly once, in order.
# shellcheck source=tests/selftests/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
addr=$LAB_ADDR4
stream="--dsize 16k --depth 16 --policy lossless --timeout $((60 * SLOWER))"
flowing='* echoed (*'

# measure PROGRAM...: how many messages are a stream of some twelve seconds here, or of as
# many times as long as the device may take to go and come
measure() {
	local start=${EPOCHREALTIME/./} us
	# shellcheck disable=SC2086 # words
	"$@" --addr "$addr" --port "$port" $stream --msgs 400 --no-progress || return 1
	us=$((${EPOCHREALTIME/./} - start))
	messages=$((400 * 12000000 * SLOWER / us))
	echo "$messages messages: 400 took $us microseconds"
}

# The listener went with the device; what it had accepted waits for its peer's return.
bounce() {
	delete_device && add_device
}

# carried: the session has a queue pair again
carried() {
	local i
	for ((i = 0; i < LIMIT * 10; i++)); do
		! cxio show --json | grep -q '"state":"open"' || return 0
		! grep -q '^State:.*Z' "/proc/${pid[client]}/status" ||
			{ echo "the stream had ended before" && return 1; }
		sleep 0.1
	done
	echo "no connection is open again:"
	cxio show
	return 1
}

# whole NAME: all came back, as it was sent
whole() {
	finish "$1" $((120 * SLOWER)) > "$tmp/$1.finished" || { cat "$tmp/$1.finished" && return 1; }
	grep -qx identical "$tmp/$1.out" ||
		grep -q '"identical":true' "$tmp/$1.out" || { cat "$tmp/$1.out" && return 1; }
}

kernel_kernel() {
	local i port=7471
	cxio listen --addr "$addr" --policy lossless && measure cxio send || return 1
	# shellcheck disable=SC2086 # words
	spawn client cxio send --addr "$addr" $stream --msgs "$messages"
	for i in 1 2; do
		expect client "$flowing" && bounce &&
			cxio listen --addr "$addr" --policy lossless && carried || return 1
	done
	whole client && cxio unlisten && objects_zero
}

kernel_user() {
	local i
	start_server server "$addr" --policy lossless && measure cxio send || return 1
	# shellcheck disable=SC2086 # words
	spawn client cxio send --addr "$addr" --port "$port" $stream --msgs "$messages"
	for i in 1 2; do
		expect client "$flowing" && bounce && carried || return 1
	done
	whole client && stop server && objects_zero
}

user_kernel() {
	local i port=7471
	cxio listen --addr "$addr" --policy lossless && measure xio_client || return 1
	# shellcheck disable=SC2086 # words
	spawn client xio_client --addr "$addr" $stream --msgs "$messages"
	for i in 1 2; do
		expect client "$flowing" && bounce &&
			cxio listen --addr "$addr" --policy lossless && carried || return 1
	done
	whole client && cxio unlisten && objects_zero
}

# A server that does not know the session any more says so; nothing goes on as if it did.
forgotten() {
	local number port=7471
	cxio listen --addr "$addr" --policy lossless && measure cxio send || return 1
	# shellcheck disable=SC2086 # words
	spawn client cxio send --addr "$addr" $stream --msgs "$messages"
	expect client "$flowing" || return 1
	for number in $(cxio show --json | grep '"accepted":true' | sed 's/.*"connection":\([0-9]*\).*/\1/'); do
		cxio close --connection "$number" || return 1
	done
	finish client > "$tmp/finished" && return 1
	grep -q 'closed before all came back' "$tmp/client.out" || { cat "$tmp/client.out" && return 1; }
	cxio unlisten && objects_zero
}

# Who connects nobody is told so at once, lossless or not.
nobody() {
	says_error 1 '*refused*' cxio send --addr "$addr" --policy lossless --msgs 1 --no-progress
}

# What an owner in the kernel sets and asks for: see tests/kmod/owner_test.c.
owner() {
	local module=$LAB_TOP/build/kmod-tests/$LAB_KERNEL/tests/kmod/owner_test.ko said status=0
	insmod "$module" addr="$addr" slower=$SLOWER || status=1
	said=$(dmesg | tac | sed '/lab-mark: selftest t-sessions/q' | grep 'owner_test:' | tac)
	echo "$said"
	[ $status = 0 ] && rmmod owner_test && [[ $said == *'owner_test: 0 wrong' ]]
}

load_module
alone "an owner's listeners, keepalives and standby" owner
alone "kernel to kernel, the device goes twice" kernel_kernel
alone "kernel to user, the device goes twice" kernel_user
alone "user to kernel, the device goes twice" user_kernel
alone "the other side closes in order" forgotten
alone "nobody listens" nobody
done_testing
