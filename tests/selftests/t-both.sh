#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# One server that is reached over RDMA and over TCP: both at once, from user space and from
# the kernel; what carries one of them goes, and the other does not notice.
# shellcheck source=tests/selftests/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
addr=$LAB_ADDR4
many=$(amount crawl=100 slow=300 else=1000)
few=50
# Milliseconds from one echo to the next: as many as the device needs to go and to come back.
slow=$(amount crawl=30 slow=20 else=12)

# start_both NAME ADDRESS [OPTION...]: its ports are in $rdma and $tcp
start_both() {
	local name=$1 at=$2
	shift 2
	spawn "$name" xio_server --addr "$at" --transport both --port 0 --tcp-port 0 "$@" &&
		expect "$name" 'listening on * over TCP' && tcp=${line#* port } &&
		expect "$name" 'listening on * over RDMA' && rdma=${line#* port } || return 1
	tcp=${tcp%% *}
	rdma=${rdma%% *}
	[ "$tcp" != "$rdma" ]
}

# client NAME PORT PROGRAM [OPTION...]: in the background
client() {
	local name=$1 port=$2
	shift 2
	# shellcheck disable=SC2086 # "cxio send" is two words
	spawn "$name" $1 --addr "$addr" --port "$port" --json "${@:2}"
}

# whole NAME MESSAGES: it has had all echoes, over one connection
whole() {
	local said
	finish "$1" || return 1
	said=$(tail -n 1 "$tmp/$1.out")
	[ "$(value messages "$said")" = "$2" ] && [ "$(value identical "$said")" = true ] &&
		[ "$(value crc_failures "$said")" = 0 ] && [[ $said != *'"connects":'[^1]* ]]
}

# served MESSAGES: of each kind, all at once
served() {
	local msgs=$1
	client rdma "$rdma" xio_client --msgs "$msgs" --dsize 20k --no-progress &&
		client tcp "$tcp" simple_client --msgs "$msgs" --dsize 20k --no-progress &&
		client kernel "$rdma" "cxio send" --msgs "$msgs" --dsize 20k --no-progress || return 1
	whole rdma "$msgs" && whole tcp "$msgs" && whole kernel "$msgs"
}

both() {
	start_both server "$addr" && served "$many" && stop server || return 1
	grep -q "echoed $((3 * many)) messages, 0 messages out of order" "$tmp/server.out" &&
		objects_zero
}

via_ipv6() {
	local addr=$LAB_ADDR6
	served "$few"
}

# By default it is the same port, of two kinds; but iWARP's ports are TCP's own. All addresses.
same_port() {
	local port
	rdma=7475 tcp=7475
	[ "$LAB_RDMA" = rxe ] || tcp=7476
	port=(--port "$rdma")
	[ "$LAB_RDMA" = rxe ] || port+=(--tcp-port "$tcp")
	spawn server xio_server --addr 0.0.0.0 --addr :: --transport both "${port[@]}" --quiet &&
		expect server "listening on 0.0.0.0*$tcp over TCP" &&
		expect server "listening on \\[::\\]*$tcp over TCP" &&
		expect server 'listening on 0.0.0.0*7475 over RDMA' &&
		expect server 'listening on \[::\]*7475 over RDMA' || return 1
	served "$few" && via_ipv6 && stop server
}

json() {
	local said
	spawn server xio_server --addr "$addr" --transport both --port 0 --json --connections 2 &&
		expect server '*"listening"*' && said=$line &&
		[ "$(value transport "$said")" = simple ] && tcp=$(value port "$said") &&
		expect server '*"listening"*' && said=$line &&
		[ "$(value transport "$said")" = xio ] && rdma=$(value port "$said") || return 1
	client rdma "$rdma" xio_client --msgs 10 --no-progress && whole rdma 10 &&
		client tcp "$tcp" simple_client --msgs 10 --no-progress && whole tcp 10 || return 1
	# Of two connections, whichever way they came.
	finish server || return 1
	said=$(tail -n 1 "$tmp/server.out")
	[ "$(grep -c '"event":"ended".*"messages_received":10,' "$tmp/server.out")" = 2 ] &&
		[ "$(value messages "$said")" = 20 ] && [ "$(value objects_left "$said")" = 0 ]
}

# lost NAME: its device went, and it says so, or its peer was the first to notice
lost() {
	finish "$1" $((10 * SLOWER))
	[ $? = 1 ] || { echo "$1: no orderly error" && return 1; }
	grep -q 'RDMA device removed' "$tmp/$1.out" ||
		{ [ "$LAB_RDMA" = siw ] && grep -q 'peer went away' "$tmp/$1.out"; }
}

# That there is no device, or, if it is not noticed yet, that there is no way.
told_at_once() {
	local status said
	said=$(xio_client --addr "$addr" --port "$rdma" --no-progress 2>&1)
	status=$?
	echo "status $status: $said"
	[[ $status = [13] && $said == "xio_client: "*@("No such device"|"unreachable by RDMA")* ]]
}

device_goes() {
	start_both server "$addr" || return 1
	client stream "$tcp" simple_client --msgs 1500 --dsize 20k --slow "$slow" --dispatch-threads 1 &&
		client rdma "$rdma" xio_client --msgs 4294967295 --dsize 20k &&
		client kernel "$rdma" "cxio send" --msgs 1000000 --dsize 20k || return 1
	expect stream '* echoed (*' && expect rdma '* echoed (*' && expect kernel '*echoed (*' ||
		return 1
	delete_device && lost rdma && lost kernel || return 1
	# Without any device, who comes over TCP is served, and over RDMA told.
	client second "$tcp" simple_client --msgs 100 --no-progress && whole second 100 || return 1
	told_at_once || return 1
	add_device && listens "$rdma" && served "$few" || return 1
	# The same connection has outlived all that.
	kill -0 "${pid[stream]}" || { echo "the TCP client was too quick" && return 1; }
	whole stream 1500 && stop server && objects_zero &&
		grep -q ' 0 messages out of order' "$tmp/server.out"
}

# Asked to end while both are busy: an error that says so, as far as the wire has a word for
# it; TCP's has none that would not end the session.
ends() {
	local name closed='the server closed before all came back\|messenger shut down'
	start_both server "$addr" || return 1
	client rdma "$rdma" xio_client --msgs 4294967295 &&
		client tcp "$tcp" simple_client --msgs 4294967295 &&
		expect tcp '* echoed (*' && expect rdma '* echoed (*' && stop server || return 1
	for name in rdma tcp; do
		finish "$name"
		[ $? = 1 ] && grep -q "_client: $addr:[0-9]*: .*\($closed\)" "$tmp/$name.out" ||
			return 1
		closed+='\|peer went away'
	done
}

# One of two that cannot be had: neither is, and it says which.
half() {
	local busy="xio_server: cannot listen on $addr"
	start_both other "$addr" || return 1
	says_error 3 "$busy:$tcp: Address already in use*" xio_server --addr "$addr" \
		--transport both --port 0 --tcp-port "$tcp" || return 1
	spawn second xio_server --addr "$addr" --transport both --port "$rdma" --tcp-port 0
	finish second
	[ $? = 3 ] && grep "$busy:$rdma: Address already in use" "$tmp/second.out" && stop other
}

load_module
alone "RDMA, TCP and the kernel at once" both
alone "the same port, all addresses" same_port
alone "as JSON" json
alone "SIGTERM while both are busy" ends
alone "one of two ports is taken" half
alone "the RDMA device goes and comes back" device_goes
done_testing
