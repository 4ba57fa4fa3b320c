#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Lossless connections of user space lose their peer, and every message comes back
# exactly once, in order and unchanged all the same: the client compares hashes, the
# server counts what comes out of order. Also: devices and addresses that go, slow
# dispatchers, many connections.
# shellcheck source=tests/selftests/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
addr=$LAB_ADDR4
kills=20
stream=10000
lossless="--policy lossless"

# lossless_server NAME PORT [OPTION...]
lossless_server() {
	local name=$1 at=$2
	shift 2
	# shellcheck disable=SC2086 # words
	spawn "$name" xio_server --addr "${listen:-$addr}" --port "$at" $lossless "$@" &&
		expect "$name" 'listening on *' && port=${line##* }
}

# client NAME [OPTION...]: a lossless client of that port, one line of JSON
client() {
	local name=$1
	shift
	# shellcheck disable=SC2086 # words
	spawn "$name" xio_client --addr "$addr" --port "$port" $lossless --no-progress --json \
		--timeout $((60 * SLOWER)) "$@"
}

# whole NAME MESSAGES [SECONDS]: the client has had all echoes, each once
whole() {
	finish "$1" "${3:-120}" > "$tmp/whole" || { cat "$tmp/whole" && return 1; }
	cat "$tmp/whole"
	[ "$(value messages "$(cat "$tmp/whole")")" = "$2" ] &&
		[ "$(value identical "$(cat "$tmp/whole")")" = true ]
}

# --- a peer is killed ---

# kill_server MESSAGES KILLS SIZE: the points are chosen by the seed that is printed, and add
# up to less than the stream
kill_server() {
	local i at stream=$1 kills=$2 seed=$RANDOM
	RANDOM=$seed
	echo "seed $seed"
	lossless_server server 0 --die-after $((1 + RANDOM % (stream / kills))) || return 1
	at=$port
	client stream --msgs "$stream" --dsize "$3" --depth 16 || return 1
	for ((i = 1; i <= kills; i++)); do
		# It kills itself: its status is that of the signal.
		finish server
		[ $? = 137 ] || { echo "the server did not die at point $i" && return 1; }
		if [ $i -lt $kills ]; then
			lossless_server server "$at" --die-after $((1 + RANDOM % (stream / kills)))
		else
			lossless_server server "$at"
		fi || return 1
	done
	whole stream "$stream" && stop server &&
		grep -q ' 0 messages out of order' "$tmp/server.out"
}

new_nonce() {
	lossless_server server 0 --nonce 1111 --die-after 500 || return 1
	client stream --msgs 1000 --dsize 20k || return 1
	finish server
	lossless_server server "$port" --nonce 2222 && whole stream 1000 && stop server &&
		grep -q ' 0 messages out of order' "$tmp/server.out" &&
		[ "$(value connects "$(cat "$tmp/whole")")" -ge 2 ]
}

# The peer is there, and does not answer: after a while it is given up, and when it goes
# on it finds a new connection of the same session.
half_open() {
	local n
	lossless_server server 0 --keepalive 200 --keepalive-expiry 1000 || return 1
	# A fast machine must not be through before it is stopped.
	client stream --msgs 3000 --dsize 4k --slow 1 --dispatch-threads 1 --keepalive 200 \
		--keepalive-expiry 1000 || return 1
	for n in 1 2 3; do
		kill -STOP "${pid[server]}"
		sleep 1.5
		kill -CONT "${pid[server]}"
		sleep 0.3
	done
	whole stream 3000 && stop server && grep -q ' 0 messages out of order' "$tmp/server.out" &&
		[ "$(value connects "$(cat "$tmp/whole")")" -gt 1 ]
}

# --- the device goes ---

# gone_in_time: nobody holds the device for longer than that
gone_in_time() {
	local start=$SECONDS
	delete_device || return 1
	[ $((SECONDS - start)) -le 5 ] || { echo "took $((SECONDS - start)) s" && return 1; }
}

# Both of our own processes let it go in time, and come back to the one that is added.
device_goes() {
	lossless_server server 0 || return 1
	client stream --msgs 100000 --dsize 64k --depth 8 --memory arena || return 1
	sleep 1
	gone_in_time && add_device || return 1
	kill -TERM "${pid[stream]}"
	finish stream > /dev/null
	client again --msgs 100 --dsize 64k && whole again 100 && stop server
}

lossy_device_goes() {
	start_server server "$addr" || return 1
	spawn stream xio_client --addr "$addr" --port "$port" --msgs 4294967295 --dsize 64k &&
		expect stream '* echoed (*' || return 1
	delete_device && add_device || return 1
	finish stream 5
	[ $? = 1 ] || return 1
	# Over iWARP the other end, on the same device, may have noticed first, and gone.
	grep -q 'RDMA device removed' "$tmp/stream.out" ||
		{ [ "$LAB_RDMA" = siw ] && grep -q 'peer went away' "$tmp/stream.out"; } || return 1
	stop server
}

# A server that nobody is connected to keeps no device open that it has used.
idle_device_goes() {
	local at
	lossless_server server 0 --quiet || return 1
	at=$port
	client once --msgs 10 --dsize 64k && whole once 10 || return 1
	gone_in_time && add_device || return 1
	port=$at
	client again --msgs 10 --dsize 64k && whole again 10 && stop server
}

# Its listener is all that the server has of the device, and each time it goes as soon as that
# is there: librdmacm has opened the device for it.
unvisited_device_goes() {
	local i
	lossless_server server 0 --quiet || return 1
	for i in 1 2 3; do
		listens "$port" && gone_in_time && add_device || return 1
	done
	client first --msgs 10 --dsize 64k && whole first 10 && stop server
}

# Nor does one that was asked by strangers only: their requests were on the device.
device_of_strangers_goes() {
	local listen=0.0.0.0
	lossless_server server 0 || return 1
	! limit rping -c -a "$addr" -p "$port" -C 1 || return 1
	expect server '*: refused a connection: *' || return 1
	gone_in_time && add_device || return 1
	client first --msgs 10 --dsize 64k && whole first 10 && stop server
}

moves=$(amount slow=3000 else=20000)
# An active-backup bond gets another MAC when it fails over: the connection manager says
# ADDR_CHANGE to both ends and to the listener.
address_moves() {
	local addr=10.9.7.1 port_dir=/sys/class/infiniband/bonded0/ports/1 i gids
	modprobe bonding && ip link add bond0 type bond mode active-backup fail_over_mac active &&
		ip link add s1 type dummy && ip link add s2 type dummy &&
		ip link set s1 master bond0 && ip link set s2 master bond0 &&
		ip link set bond0 mtu 4200 up && ip addr add $addr/24 dev bond0 &&
		rdma link add bonded0 type rxe netdev bond0 || return 1
	for ((i = 0; i < LIMIT * 10; i++)); do
		gids=$(cat $port_dir/state $port_dir/gids/[0-7])
		[[ $gids != *ACTIVE*ffff:0a09:0701* ]] || break
		sleep 0.1
	done
	lossless_server server 0 || return 1
	spawn stream xio_client --addr $addr --port "$port" --policy lossless --msgs "$moves" \
		--dsize 4k --timeout $((60 * SLOWER)) --json && expect stream '* echoed (*' || return 1
	ip link set bond0 type bond active_slave s2 || return 1
	whole stream "$moves" || return 1
	# It was lost, and came back without back-off; and newcomers find the listener.
	[ "$(value connects "$(cat "$tmp/whole")")" -gt 1 ] &&
		xio_client --addr $addr --port "$port" --msgs 10 --no-progress && stop server
}

# The same of the kernel, both ends.
kernel_address_moves() {
	local addr=10.9.7.1 shown
	load_module && cxio listen --addr $addr --policy lossless || return 1
	spawn stream cxio send --addr $addr --policy lossless --msgs "$moves" --dsize 4k --json &&
		expect stream '*echoed (*' || return 1
	ip link set bond0 type bond active_slave s1 || return 1
	finish stream > "$tmp/out" || { cat "$tmp/out" && return 1; }
	cat "$tmp/out"
	[[ $(< "$tmp/out") == *'"identical":true'* ]] || return 1
	# It has moved, and newcomers find it.
	shown=$(dmesg | tail -n 50)
	[[ $shown == *"$addr"*unreachable* ]] || { echo "$shown" && return 1; }
	cxio send --addr $addr --msgs 10 --no-progress && unload_module
}

bond_goes() {
	limit rdma link delete bonded0
	ip link del bond0 && ip link del s1 && ip link del s2 && rmmod bonding
}

# --- slow dispatchers on both sides never stall what keeps a connection alive ---

slow() {
	local expiry=$((1500 * SLOWER))
	lossless_server server 0 --dispatch-threads 1 --slow $((40 * SLOWER)) --keepalive 100 \
		--keepalive-expiry $expiry || return 1
	client stream --msgs 100 --dsize 64k --depth 64 --dispatch-threads 1 \
		--slow $((40 * SLOWER)) --keepalive 100 --keepalive-expiry $expiry || return 1
	whole stream 100 || return 1
	# One connection, never lost.
	[ "$(value connects "$(cat "$tmp/whole")")" = 1 ] && stop server
}

# --- many connections ---

many=$(amount slow=50 stock=1000 else=300)
connections() {
	local pinned
	ulimit -n 8192
	start_server server "$addr" --quiet || return 1
	client many --policy lossy --connections "$many" --msgs 3 --dsize 4k --hold 1 || return 1
	whole many $((3 * many)) 240 && stop server || return 1
	pinned=$(value memory_pinned_bytes "$(cat "$tmp/whole")")
	echo "memory: $(value memory_rss_bytes "$(cat "$tmp/whole")") resident, $pinned pinned"
	# 256 KiB each, and what all share.
	[ "$pinned" -gt 0 ] && [ "$pinned" -le $((many * 262144 + 16777216)) ]
}

ulimit -l unlimited
check "killed at $kills random points of $stream messages" kill_server "$stream" "$kills" 1k
end_processes
# These are being read, or were not yet, when it dies.
check "killed at 5 random points of 500 long messages" kill_server 500 5 100k
end_processes
check "a server with a new nonce" new_nonce
end_processes
check "a half-open peer" half_open
end_processes
check "slow dispatchers on both sides" slow
end_processes
check "$many connections at once" connections
sed -n 's/^memory: /# memory: /p' "$log"
end_processes
check "the device goes, lossless" device_goes
end_processes
check "the device goes, lossy" lossy_device_goes
end_processes
check "the device goes, nobody connected" idle_device_goes
end_processes
alone "the device goes, only strangers had asked" device_of_strangers_goes
alone "the device goes, nobody was ever connected, again and again" unvisited_device_goes
# User-mode Linux has no bonding.
if [[ $LAB_KERNEL != uml* && $LAB_RDMA == rxe ]]; then
	check "the address moves" address_moves
	end_processes
	check "the address moves, in the kernel" kernel_address_moves
	end_processes
	bond_goes > /dev/null
fi
listen=0.0.0.0
check "the device goes, nobody connected, listening on all addresses" idle_device_goes
listen=
end_processes
done_testing
