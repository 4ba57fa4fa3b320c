#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The transport by itself: what it says of its streams, parameters, daemons that do not fit,
# and peers that break the rules of the exchange.
# shellcheck source=tests/ceph/kernel/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

[ "$CT_TRANSPORT" != tcp ] || { echo "1..0 # SKIP it is not TCP" && exit 0; }

parameters=/sys/module/ceph_xio_libceph/parameters
port=4321

# set_to NAME VALUE
set_to() {
	echo "$2" > "$parameters/$1"
}

streams() {
	cxio show --json | grep '"type":"stream"'
}

# total NAME: of all streams
total() {
	cxio stat --streams --json | python3 -c "import json, sys; print(json.load(sys.stdin)['$1'])"
}

# Each says how it is connected, by what slots, and where its packets go.
shown() {
	streams | python3 -c '
import json, sys
by, gid_index = sys.argv[1:]
ipv4 = "0" * 20 + "ffff"
streams = [json.loads(line) for line in sys.stdin]
assert len(streams) >= 2, "not a monitor and an OSD"
for s in streams:
    assert s["by"] == by and s["state"] == "open", s
    assert (s["slot_bytes"], s["send_slots"], s["receive_slots"]) == (131072, 8, 16), s
    assert s["bytes_sent"] and s["bytes_received"] and s["sends"] and s["receives"], s
    if by == "exchange":
        # This is what a device other than the soft one would not work without.
        assert len(s["peer_mac"]) == 12 and int(s["peer_mac"], 16), s
        assert s["hop_limit"], s
        assert s["gid"].startswith(ipv4) == (gid_index == "1"), s
        assert s["peer_gid"].startswith(ipv4) == (gid_index == "1"), s
' "$1" "$CT_GID"
}

# The bytes are counted, and not each write is a SEND of its own.
counted() {
	local bytes sends
	bytes=$(total bytes_sent)
	sends=$(total sends)
	put "$tmp/8m" "$device"
	bytes=$(($(total bytes_sent) - bytes))
	sends=$(($(total sends) - sends))
	echo "$bytes bytes in $sends SENDs"
	[ $bytes -ge 8388608 ] && [ $bytes -lt 8600000 ] && [ $sends -ge 64 ] && [ $sends -lt 400 ]
}

refused_values() {
	local word
	for word in buffer_size=4095 buffer_size=524289 buffer_size=x recv_slots=1 recv_slots=1025 \
		send_size=0 send_size=134217729; do
		! set_to "${word%=*}" "${word#*=}" 2> "$tmp/said" || { echo "$word" && return 1; }
	done
	grep . $parameters/*
	[ "$(cat $parameters/{buffer_size,recv_slots,send_size} | tr '\n' ' ')" = "131072 16 1048576 " ]
}

# since_mark: what the kernel has said since mark
mark() {
	lines=$(dmesg | wc -l)
}

since_mark() {
	dmesg | tail -n "+$((lines + 1))"
}

# fails_with TEXT ADDRESS: what is mounted from there is not, and the kernel says why
fails_with() {
	mark
	! timeout -k 5 "$LIMIT" mount -i -t ceph "$2:/" "$fs" \
		-o "name=admin,ms_mode=crc,ms_transport=rdma,mount_timeout=${3:-2}" || return 1
	since_mark
	since_mark | grep -qF "ceph_xio_libceph: $2: $1"
}

# spoilt CASE TEXT [SECONDS]
spoilt() {
	spawn peer "${BASH_SOURCE[0]%/*}/exchange_peer.py" 10.9.0.1 $port "$1"
	expect peer ready || return 1
	fails_with "$2" 10.9.0.1:$port "${3:-2}"
}

# played CASE TEXT: a peer that has a queue pair, and what the kernel says of it
played() {
	local port
	spawn peer "$LAB_TOP/build/selftests/stream_peer" --listen 10.9.0.1 --case "$1" \
		--gid-index "$CT_GID"
	expect peer 'listening on port *' && port=${line##* } || return 1
	mark
	! timeout -k 5 "$LIMIT" mount -i -t ceph "10.9.0.1:$port:/" "$fs" \
		-o name=admin,ms_mode=crc,ms_transport=rdma,mount_timeout=2 || return 1
	# What it wanted to see, it has seen.
	finish peer || { cat "$tmp/peer.out" && return 1; }
	since_mark
	since_mark | grep -qF "$2" || return 1
	! streams | grep "10.9.0.1:$port"
}

# Daemons grant no retries to whom they have no slot for: that is lost, counted, and tried again.
lost_for_a_slot() {
	local before
	before=$(total rnr_losses)
	played cm-no-slot "stream: the peer had no slot left" || return 1
	[ "$(total rnr_losses)" -gt "$before" ]
}

# The answer, and that there is none: a daemon ends itself when it is told of a GID of another
# family, so that none of those here is told.
names_both() {
	spoilt "$@" || return 1
	since_mark | grep "ceph_xio_libceph: 10.9.0.1:$port" |
		grep -q 'gid_index here.*ms_async_rdma_gid_idx there'
}

no_such_gid() {
	set_to gid_index 200
	fails_with "$LAB_DEV has no GID for gid_index 200" "$(monitor)"
	local status=$?
	set_to gid_index "$CT_GID"
	return $status
}

# The client of monitors gives it up after 3 s, and tries again.
given_up() {
	spawn peer "${BASH_SOURCE[0]%/*}/exchange_peer.py" 10.9.0.1 $port silent
	expect peer ready || return 1
	! timeout -k 5 "$LIMIT" mount -i -t ceph "10.9.0.1:$port:/" "$fs" \
		-o "name=admin,ms_mode=crc,ms_transport=rdma,mount_timeout=8" || return 1
	# Two first texts, and nothing of them is left.
	expect peer 0000:* && expect peer 0000:* || return 1
	! streams | grep "10.9.0.1:$port"
}

# An address that may be another's: nobody would find a way to it, and a daemon that is told of
# it would end itself.
no_such_address() {
	local netdev status index
	netdev=$(rdma link show "$LAB_DEV/1" | sed 's/.*netdev //; s/ .*//')
	ip link set "$netdev" arp on
	sysctl -q "net.ipv6.conf.$netdev.accept_dad=1" "net.ipv6.conf.$netdev.dad_transmits=1000"
	ip -6 addr add fd09::99/64 dev "$netdev" || return 1
	for ((index = 0; index < 16; index++)); do
		[[ $(cat "/sys/class/infiniband/$LAB_DEV/ports/1/gids/$index") != fd09:*:0099 ]] || break
	done
	ip -6 addr show dev "$netdev"
	set_to gid_index $index
	spoilt silent "fd09::99, gid_index $index of $LAB_DEV, is no address here, or not yet"
	status=$?
	# Not even a first text.
	finish peer 1 > /dev/null
	[ "$(cat "$tmp/peer.out")" = ready ] || { cat "$tmp/peer.out" && status=1; }
	set_to gid_index "$CT_GID"
	ip -6 addr del fd09::99/64 dev "$netdev"
	sysctl -q "net.ipv6.conf.$netdev.accept_dad=0" "net.ipv6.conf.$netdev.dad_transmits=1"
	ip link set "$netdev" arp off
	return $status
}

# A device that has no RNR, to hold back who sends: it is refused before anything is asked.
iwarp() {
	local status
	modprobe -q siw
	ip link add iwarp type dummy && ip addr add 10.8.0.1/24 dev iwarp && ip link set iwarp up &&
		rdma link add iwarp_0 type siw netdev iwarp || return 1
	if [ $by = exchange ]; then
		spawn peer "${BASH_SOURCE[0]%/*}/exchange_peer.py" 10.8.0.1 $port silent
		expect peer ready || return 1
	fi
	fails_with "iwarp_0 is iWARP; only InfiniBand and RoCE carry Ceph's stream" 10.8.0.1:$port
	status=$?
	rdma link delete iwarp_0 || status=1
	ip link delete iwarp
	return $status
}

said_since() {
	local i
	for ((i = 0; i < LIMIT * 10; i++)); do
		! since_mark | grep -qF "$1" || return 0
		sleep 0.1
	done
	since_mark
	return 1
}

# The OSD sends more at once than they hold: the kernel says so, and tries again, until they
# are as large as the OSD's.
small_slots() {
	local status=0 reader
	mark
	set_to buffer_size 4096
	# Mapping reads already, as much as the page cache likes.
	(map img1 && same "$tmp/8m" "$device" && unmap "$device") > "$tmp/read" 2>&1 &
	reader=$!
	said_since "stream: a SEND does not fit; buffer_size must be ms_async_rdma_buffer_size" ||
		status=1
	set_to buffer_size 131072
	wait $reader || status=1
	cat "$tmp/read"
	return $status
}

# All slots are in use at once, both ways.
few_slots() {
	set_to recv_slots 2
	set_to send_size 1
	map img1 && put "$tmp/8m" "$device" && same "$tmp/8m" "$device"
	local status=$?
	streams
	streams | grep -q '"send_slots":2,"receive_slots":2,' || status=1
	unmap "$device" || status=1
	set_to recv_slots 16
	set_to send_size 1048576
	return $status
}

# What was put by has to do, for all streams at once.
no_memory() {
	local status
	echo 0 > $faults/verbose
	echo -1 > $faults/times
	echo 100 > $faults/probability
	map img1 && put "$tmp/8m" "$device" && same "$tmp/8m" "$device"
	status=$?
	streams
	streams | grep -q '"send_slots":2,"receive_slots":2,' || status=1
	unmap "$device" || status=1
	echo 0 > $faults/probability
	return $status
}

# msgr1 says that more follows its acks, and it may not: neither they nor the keepalives behind
# them, one each ten seconds to the monitor, are to be held back for it.
idle_speaks() {
	local messenger=legacy device before i n
	map img1 || return 1
	# What came with it is acknowledged by now, or is about to be: two keepalives tell.
	for ((i = 0; i < 2; i++)); do
		before=$(total bytes_sent)
		for ((n = 0; n < 250 && $(total bytes_sent) == before; n++)); do
			sleep 0.1
		done
		[ "$(total bytes_sent)" -gt "$before" ] || break
	done
	unmap "$device" && [ $i = 2 ]
}

nothing_shown() {
	local i
	for ((i = 0; i < LIMIT * 10; i++)); do
		[ -n "$(streams)" ] || return 0
		sleep 0.1
	done
	streams
	return 1
}

by=exchange
[ "$CT_TRANSPORT" = rdma ] || by=rdma-cm
data "$tmp/8m" 8
check "daemons" need_daemons
check "two slots each way do" few_slots
faults=/sys/kernel/debug/ceph_xio/fail_alloc
if [ -e $faults ]; then
	check "no memory for slots but what was put by" no_memory
else
	skip "no memory for slots but what was put by" "the kernel has no fault injection"
fi
check "slots smaller than the daemons' are named, and then are not" small_slots
check "parameters out of range are refused" refused_values
alone "msgr1 is not held back when nothing follows" idle_speaks
check "map an image" map img1
check "streams are shown" shown $by
check "bytes are counted, and gather in SENDs" counted
alone "iWARP is refused" iwarp
if [ $by = exchange ]; then
	check "a GID that is not there" no_such_gid
	alone "a GID that is no address yet" no_such_address
	alone "nobody listens" fails_with "connection refused" 10.9.0.1:$port
	alone "a daemon that speaks over TCP" spoilt tcp-daemon \
		"exchange: lid is no number; has the peer ms_type=async+rdma?"
	alone "a peer that says nothing is given up" given_up
	alone "one that hangs up in the middle: one line names both options" names_both short \
		"exchange: the peer hung up"
	alone "lid spoilt" spoilt lid "exchange: lid is no number"
	alone "qpn of zero" spoilt qpn "exchange: qpn out of range"
	alone "qpn of more than 24 bits" spoilt qpn-wide "exchange: qpn out of range"
	alone "psn of more than 24 bits" spoilt psn "exchange: psn out of range"
	alone "peer_qpn of another" spoilt peer-qpn "exchange: peer_qpn is not this side's"
	alone "gid of zero" spoilt gid "exchange: gid is no number, zero, or a group's"
	alone "gid of another family: one line names both options" names_both \
		"family-ipv$((CT_GID ? 6 : 4))" "exchange: GIDs of two families"
	alone "no end of the text" spoilt end "exchange: no zero byte at the end"
	alone "bytes behind the exchange" spoilt more "exchange: bytes out of turn"
	alone "a peer that is gone behind it" spoilt gone "peer went away"
	alone "a peer that hears the banner" played hears libceph
	alone "a SEND that is too long" played long "stream: a SEND does not fit"
	alone "the end of the stream at once" played fin libceph
	alone "bytes behind the end of the stream" played after-fin libceph
	alone "TCP closed, the queue pair alive" played close "peer went away"
	alone "what is no banner" played noise "bad banner"
	alone "the end of the stream is told" played sees-fin "No mds server is up"
else
	alone "a peer that hears the banner" played cm-hears libceph
	alone "a SEND that is too long" played cm-long "stream: a SEND does not fit"
	alone "the end of the stream at once" played cm-fin libceph
	alone "a peer that disconnects" played cm-close "peer went away"
	alone "what is no banner" played cm-noise "bad banner"
	alone "a peer without a slot" lost_for_a_slot
fi
check "the image is as it was" same "$tmp/8m" "$device"
check "unmap" unmap "$device"
check "no stream is left" nothing_shown
done_testing
