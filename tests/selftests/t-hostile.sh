#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Peers that break the rules of sessions, rendezvous and reply sinks: raw_peer against
# the kernel's endpoint and xio_server, and as a server toward xio_client and cxio send.
# For a program that does not offer a feature there are no cases of it.
# shellcheck source=tests/selftests/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
# shellcheck source=tests/selftests/raw.sh
. "${BASH_SOURCE[0]%/*}/raw.sh"
parts=1

# There are credits for a CLOSE in most of these; all the same the server's own words
# are what its user sees.
server_says() {
	local text
	stop server || return 1
	for text in 'target is another address' 'connect, reply or authorizer out of turn' \
		'cookie is zero' 'authorizer_len differs' 'descriptors: count out of range' \
		'descriptor: length out of range' 'done: seq of a message never sent' \
		'seq inside another message' "reading the peer's memory failed"; do
		grep -q "$text" "$tmp/server.out" || {
			echo "the server never said: $text"
			return 1
		}
	done
}

# An owner who has the same memory for all messages with a number, as libceph has.
tids() {
	insmod "$LAB_TOP/build/kmod-tests/$LAB_KERNEL/tests/kmod/tid_test.ko" addr="$addr"
}

# What it was given, whoever came, was what one peer had sent.
tids_were_whole() {
	local said
	rmmod tid_test || return 1
	said=$(dmesg | tac | sed '/lab-mark: selftest t-hostile/q' | tac | grep 'tid_test:')
	echo "$said"
	[[ $said =~ ^[^:]*tid_test:\ [1-9][0-9]*\ given,\ [1-9][0-9]*\ dispatched,\ 0\ wrong$ ]] &&
		objects_zero
}

ulimit -l unlimited
load_module
cxio listen --addr "$addr"
choose client "$features"
nested "kernel: " rules --port 7471
check "kernel: objects" objects_zero
cxio unlisten
check "the module serves" tids
choose client '@(tid-*|good|chain|keepalive|rv-revoked)'
nested "one message for a number: " rules --port 7997 --tids > "$tmp/tids"
cat "$tmp/tids"
# Cases that a server has no features for are not played.
check "one message for a number: five cases" [ "$(grep -c ' tid-' "$tmp/tids")" = 5 ]
check "one message for a number: all whole" tids_were_whole
choose client "$features"
start_server server "$addr"
drain server
nested "xio_server: " rules --port "$port"
check "xio_server: its own words" server_says

# Where sessions outlive connections, and replies are written to sinks.
start_server server "$addr" --policy lossless --reply
drain server
choose client '@(session-[!u]|revoked|done|inv|sink)*'
nested "xio_server --reply: " rules --port "$port" --sinks
# Its status tells whether it has let go of all that peers made it hold.
check "xio_server --reply: nothing left" stop server

choose server "$features"
victims "cxio send: " cxio send --msgs 3 --timeout $((3 * SLOWER)) --no-progress
check "cxio send: objects" objects_zero
victims "xio_client: " xio_client --msgs 3 --timeout $((3 * SLOWER)) --no-progress
choose server 'sink-*'
cases+=(--sinks)
victims "xio_client --sink: " \
	xio_client --reply-hooks --sink --msgs 3 --dsize 3k --timeout $((3 * SLOWER)) --no-progress
victims "cxio send --sink: " cxio send --sink --msgs 3 --dsize 3k --timeout $((3 * SLOWER)) --no-progress
check "cxio send --sink: objects" objects_zero
done_testing
