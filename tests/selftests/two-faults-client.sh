#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# two-faults-client.sh: the second of two guests: lossless streams, over RDMA and over TCP,
# through a network that loses, doubles, spoils and reorders, both ways, and over a link that
# goes down. Every message must come back once, in order and unchanged.
# shellcheck source=tests/selftests/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
# shellcheck source=tests/selftests/two-faults.sh
. "${BASH_SOURCE[0]%/*}/two-faults.sh"

# stream NAME xio|simple [OPTION...]
stream() {
	local name=$1 transport=$2 port=7471
	shift 2
	[ "$transport" = xio ] || port=$tcp_port
	spawn "$name" "${transport}_client" --addr "$peer" --port $port --policy lossless \
		--timeout 60 --json --keepalive 500 --keepalive-expiry 3000 "$@"
}

# whole NAME MESSAGES: it has had all echoes
whole() {
	local said
	finish "$1" 150 || return 1
	said=$(< "$tmp/$1.out")
	echo "# $1: $(value connects "$said") connections, $(value duplicates "$said") duplicates"
	[ "$(value messages "$said")" = "$2" ] && [ "$(value identical "$said")" = true ]
}

# Short ones that are copied, long ones that are read, at the same time. Not many: each
# packet that soft-RoCE loses costs it a time-out of up to half a second. Then over TCP.
all_whole() {
	stream short xio --msgs 500 --dsize 1k && stream long xio --msgs 50 --dsize 64k &&
		whole short 500 && whole long 50 || return 1
	stream tcp simple --msgs 2000 --dsize 4k --depth 32 && whole tcp 2000
}

over() {
	lab-signal "begin-$1"
	lab-wait "spoiled-$1" 100 && spoil "$1" || return 1
	all_whole
	local status=$?
	mend || status=1
	lab-signal "end-$1"
	lab-wait "mended-$1" 100 && return $status
}

# Down at the server's end first, then at ours.
link_goes() {
	stream link xio --msgs 4000 --dsize 20k && expect link '* echoed (*' || return 1
	# TCP survives the link's absence; what carries it for longer than a peer may be
	# silent does not. Slow, or it would be through before that.
	stream tcp simple --msgs 2500 --slow 2 --dispatch-threads 1 && expect tcp '* echoed (*' ||
		return 1
	lab-signal begin-link
	lab-wait bounced 100 || return 1
	# It goes on, before it is interrupted once more.
	expect link '* echoed (*' && bounce_link && whole link 4000 &&
		[ "$(value connects "$(< "$tmp/link.out")")" -gt 1 ] || return 1
	whole tcp 2500 && { [ "$LAB_RDMA" = siw ] ||
		[ "$(value connects "$(< "$tmp/tcp.out")")" -gt 1 ]; }
}

ulimit -l unlimited
check "a device on a link of its own" add_link
check "the other guest listens" lab-wait listening 100
for name in "${faults[@]}"; do
	check "$name, both ways" over "$name"
	grep '^# ' "$log"
done
check "the link goes down and comes back at either end" link_goes
grep '^# ' "$log"
check "the device goes" remove_link
lab-signal finished
done_testing
