#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Credits: many small messages, both ways at once, and a receiver that stops. A
# sender waits and counts it; no receiver is ever found without a buffer.
# shellcheck source=tests/selftests/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
addr=$LAB_ADDR4
messages=$(amount slow=1000 stock=2000 else=10000)
small="--dsize 16 --depth 1024 --timeout $((60 * SLOWER)) --no-progress --json"

# Receivers not ready, by the device's count; soft-iWARP has none.
rnr() {
	local sum=0 n f
	for f in "/sys/class/infiniband/$LAB_DEV/ports/1/hw_counters/"*rnr*; do
		[ ! -e "$f" ] || { read -r n < "$f" && sum=$((sum + n)); }
	done
	echo $sum
}

# judge JSON: all came back. Whether somebody had to wait depends on who is faster;
# receiver_stops is where waiting is certain.
judge() {
	echo "$1"
	[ "$(value messages "$1")" = "$messages" ] && [ "$(value identical "$1")" = true ] &&
		[ "$(value crc_failures "$1")" = 0 ]
}

# flood COMMAND...
flood() {
	local json
	# shellcheck disable=SC2086 # words
	json=$("$@" --msgs "$messages" $small) && judge "$json"
}

flood_user() {
	start_server server "$addr" && flood "$@" --port "$port" && stop server
}

# Two transfers, each of which also floods back.
both_ways() {
	start_server server "$addr" || return 1
	# shellcheck disable=SC2086 # words
	spawn there cxio send --addr "$addr" --port "$port" --msgs "$messages" $small
	# shellcheck disable=SC2086 # words
	spawn back xio_client --addr "$addr" --msgs "$messages" $small
	finish there && judge "$(< "$tmp/there.out")" &&
		finish back && judge "$(< "$tmp/back.out")" && stop server
}

# of the connection that sends
sent() {
	local all
	all=$(cxio show --json | grep '"accepted":false')
	value messages_sent "$all"
}

# A stopped receiver takes what its buffers hold, and the sender stops: its count
# stays the same from one look to the next.
receiver_stops() {
	local i before=none now
	start_server server "$addr" || return 1
	spawn there cxio send --addr "$addr" --port "$port" --msgs 4294967295 --depth 1024 \
		--dsize 16
	expect there '* echoed (*' || return 1
	kill -STOP "${pid[server]}"
	for ((i = 0; i < LIMIT * 2; i++)); do
		now=$(sent)
		[ "$now" != "$before" ] || break
		before=$now
		sleep 0.5
	done
	kill -CONT "${pid[server]}"
	[ "$now" = "$before" ] || return 1
	# It goes on as if nothing had been.
	expect there '* echoed (*' || return 1
	all=$(cxio show --json | grep '"accepted":false')
	echo "$all"
	[ "$(value credit_stalls "$all")" -gt 0 ] || return 1
	cxio close --connection "$(value connection "$all")"
	finish there
	stop server && objects_zero
}

no_rnr() {
	local after
	after=$(rnr)
	echo "before: $rnr, after: $after"
	[ "$after" = "$rnr" ]
}

load_module
cxio listen --addr "$addr"
rnr=$(rnr)
check "flood, user to kernel" flood xio_client --addr "$addr"
check "flood, kernel to kernel" flood cxio send --addr "$addr"
check "flood, kernel to user" flood_user cxio send --addr "$addr"
check "flood, both ways at once" both_ways
alone "a receiver that stops" receiver_stops
check "objects" objects_zero
if [ "$LAB_RDMA" = rxe ]; then
	check "no receiver was not ready" no_rnr
else
	skip "no receiver was not ready" "soft-iWARP does not count it"
fi
done_testing
