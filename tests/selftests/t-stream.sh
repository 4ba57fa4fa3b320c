#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Transport simple over RDMA, as Ceph's ms_type=async+rdma: both ways to connect, client
# and server of ours, what breaks, and peers that break the rules.
# shellcheck source=tests/selftests/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
addr=$LAB_ADDR4
STREAM_PEER=$LAB_TOP/build/selftests/stream_peer
ulimit -l unlimited
msgs=$(amount slow=200 else=1000)
carrier=

# serve [OPTION...]: its port is in $port
serve() {
	spawn server simple_server --addr "$addr" --port 0 --carrier "$carrier" "$@" &&
		expect server 'listening on *' && port=${line##* }
}

client() {
	limit simple_client --addr "$addr" --port "$port" --carrier "$carrier" --no-progress "$@"
}

# echoed OPTION...: all came back
echoed() {
	local said
	said=$(client --json "$@")
	local status=$?
	echo "$said"
	[ $status = 0 ] && [ "$(value identical "$said")" = true ] &&
		[ "$(value sha256_sent "$said")" = "$(value sha256_echo "$said")" ]
}

# ended: the server, on request, with nothing left
ended() {
	stop server && grep -q ' 0 messages out of order' "$tmp/server.out"
}

# --- traffic ---

# Around the size of a buffer, less, and much more.
sizes() {
	local size
	serve --policy lossless || return 1
	for size in 0 1 4095 130944 131071 131072 131073 262144 1m; do
		echoed --policy lossless --msgs 50 --dsize $size --depth 8 || return 1
	done
	echoed --policy lossless --msgs "$msgs" --dsize 100 --depth 64 && ended
}

file() {
	seq 1 200000 > "$tmp/file"
	serve && echoed --file "$tmp/file" --nfrags 5 && ended
}

# Others' connections are served meanwhile, in several threads.
many() {
	serve --policy lossless --portals 2 --dispatch-threads 1 --buffers 4 &&
		echoed --policy lossless --connections 20 --msgs 20 --dsize 20k --portals 2 \
			--dispatch-threads 1 --buffers 4 --depth 4 && ended
}

# Few and small buffers, and a server that is slow: what holds the client back is RNR.
pressed() {
	local small="--buffer-size 4k --buffers 2"
	# shellcheck disable=SC2086 # words
	serve $small --window-bytes 64k --slow 5 --dispatch-threads 1 &&
		echoed $small --msgs 100 --dsize 40k --depth 16 && ended
}

# A GID of the other kind, on both sides.
other_gid() {
	local i index='' gid
	for i in 0 1 2 3 4; do
		read -r gid < "/sys/class/infiniband/$LAB_DEV/ports/1/gids/$i"
		[[ $gid != *:ffff:0a09:* ]] || index=$i
	done
	[ -n "$index" ] && serve --gid-index "$index" &&
		echoed --gid-index "$index" --msgs 20 || return 1
	# The first to see it says so: here it is the server.
	says_error 1 '*exchange: the peer hung up*' client --timeout 5 &&
		expect server '*see gid_index here, ms_async_rdma_gid_idx*' && ended
}

no_gid() {
	carrier=rdma
	serve && says_error 1 "*$LAB_DEV port 1 has no GID 99*" client --gid-index 99 --timeout 5 &&
		ended
}

# Its buffer is not as long as what comes.
unequal() {
	serve --buffer-size 4k || return 1
	says_error 1 '*buffer_size must be ms_async_rdma_buffer_size*' client --msgs 1 --dsize 100k \
		--timeout 10 && ended
}

# What the options do not go with.
wrong_words() {
	says_error 2 '*--carrier is of --transport simple*' xio_client --addr "$addr" --carrier rdma &&
		says_error 2 "*--carrier: 'ib' is none of*" simple_client --addr "$addr" --carrier ib &&
		says_error 2 '*--buffer-size*' simple_client --addr "$addr" --buffer-size 1k
}

nobody() {
	port=1
	says_error 1 "*refused*" client --timeout 5
}

# No device has that address: it is TCP's alone.
no_device() {
	local addr=127.0.0.1
	carrier=rdma
	serve && says_error 1 '*no RDMA device has*' client --timeout 5 && ended
}

# --- what breaks ---

# cut_under WHAT: a lossless session goes on, and all messages come back exactly once, though
# its server breaks it
cut_under() {
	local cutter what=$1 said status=0
	rm -f "$tmp/cut"
	mkfifo "$tmp/cut"
	spawn server env STREAM_CUT="$tmp/cut" LD_PRELOAD="$LAB_TOP/build/selftests/stream_cut.so" \
		simple_server --addr "$addr" --port 0 --carrier "$carrier" --policy lossless
	exec {cutter}> "$tmp/cut"
	expect server 'listening on *' && port=${line##* } || return 1
	spawn client simple_client --addr "$addr" --port "$port" --carrier "$carrier" \
		--policy lossless --msgs "$cut_msgs" --dsize 20k --slow 2 --dispatch-threads 1 --json
	for _ in 1 2 3; do
		expect client '* echoed (*' && echo "$what" >&"$cutter" &&
			expect server "$what cut" || return 1
	done
	finish client || status=1
	exec {cutter}>&-
	said=$(tail -n 1 "$tmp/client.out")
	# One that was cut before there was a session again does not count as a connect.
	[ $status = 0 ] && [ "$(value identical "$said")" = true ] &&
		[[ $(value connects "$said") == [234] ]] && ended
}

# A client that is killed, while others are served.
client_killed() {
	local i
	serve || return 1
	for i in 1 2 3; do
		spawn client simple_client --addr "$addr" --port "$port" --carrier "$carrier" \
			--msgs 4294967295 --dsize 100k
		expect client '* echoed (*' || return 1
		kill -KILL "${pid[client]}"
		finish client > /dev/null
		echoed --msgs 20 || return 1
	done
	ended
}

server_killed() {
	serve --die-after 100 || return 1
	spawn client simple_client --addr "$addr" --port "$port" --carrier "$carrier" --msgs 1000 \
		--timeout 20
	finish server > /dev/null
	[ $? = 137 ] || return 1
	finish client
	[ $? = 1 ] && grep -q 'peer went away' "$tmp/client.out"
}

# Both are busy when the server is asked to end.
server_ends() {
	serve || return 1
	spawn client simple_client --addr "$addr" --port "$port" --carrier "$carrier" \
		--msgs 4294967295
	expect client '* echoed (*' && ended || return 1
	finish client
	[ $? = 1 ]
}

device_goes() {
	serve || return 1
	spawn client simple_client --addr "$addr" --port "$port" --carrier "$carrier" \
		--msgs 4294967295 --dsize 20k
	expect client '* echoed (*' && delete_device || return 1
	finish client
	grep -q 'RDMA device removed\|peer went away' "$tmp/client.out" || return 1
	add_device || return 1
	# What listens by the connection manager at a device's address has gone with it.
	[ "$carrier" != rdma ] || echoed --msgs 20 || return 1
	ended
}

# --- peers that break the rules ---

# Against a server: it says so, and serves the next.
breaks() {
	local name=$1 words=$2
	limit "$STREAM_PEER" --addr "$addr" --port "$port" --case "$name" || return 1
	[ -z "$words" ] || expect server "*refused a connection: *$words*" 10
}

hostile_clients() {
	local name roles words
	while read -r name roles words; do
		[[ $roles == *c* ]] || continue
		case $name in cm-*) [ "$carrier" = rdma-cm ] || continue ;;
		*) [ "$carrier" = rdma ] || continue ;; esac
		check "$carrier: server: $name" breaks "$name" "$words"
	done < "$tmp/cases"
}

# Before its time to connect is up, or later: others may have kept the server busy.
served() {
	echoed --policy lossless --msgs 20
}

chance() {
	limit "$STREAM_PEER" --addr "$addr" --port "$port" --random "$(amount slow=50 else=300)" \
		--seed "$RANDOM"
}

# Against a client: it says so, and ends.
deceived() {
	local name=$1 words=$2 status=0
	spawn peer "$STREAM_PEER" --listen "$addr" --case "$name" &&
		expect peer 'listening on *' && port=${line##* } || return 1
	says_error 1 "*$words*" client --msgs 1 --timeout 15 || status=1
	finish peer || status=1
	return $status
}

hostile_servers() {
	local name roles words
	while read -r name roles words; do
		[[ $roles == *s* ]] || continue
		carrier=rdma
		[[ $name != cm-* ]] || carrier=rdma-cm
		check "client: $name" deceived "$name" "$words"
	done < "$tmp/cases"
}

"$STREAM_PEER" --list > "$tmp/cases"
cut_msgs=$(amount slow=1500 else=2500)
check "wrong options" wrong_words
for carrier in rdma rdma-cm; do
	alone "$carrier: sizes" sizes
	alone "$carrier: a file" file
	alone "$carrier: many at once" many
	alone "$carrier: few buffers" pressed
	alone "$carrier: buffers of unequal size" unequal
	alone "$carrier: nobody is there" nobody
	alone "$carrier: queue pairs in error" cut_under qp
	alone "$carrier: clients killed" client_killed
	alone "$carrier: a server killed" server_killed
	alone "$carrier: a server ends" server_ends
	alone "$carrier: the device goes" device_goes
	check "$carrier: a server" serve --policy lossless
	hostile_clients
	check "$carrier: it serves on" served
	[ "$carrier" = rdma-cm ] || check "$carrier: texts with chance changes" chance
	check "$carrier: and on" served
	alone "$carrier: and ends" ended
done
carrier=rdma
alone "another GID" other_gid
alone "no such GID" no_gid
alone "no device" no_device
alone "TCP connections that end" cut_under tcp
hostile_servers
end_processes
done_testing
