#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The library's interface, as a daemon uses it; and that nothing it waits for is missed.
# shellcheck source=tests/selftests/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

nested "" "$LAB_TOP/build/selftests/api_test" "$LAB_ADDR4"

# Without keepalives nothing makes good a completion that woke nobody: the run would end
# with its time limit. READs, DONEs and acks of large messages cross each other here.
nobody_is_missed() {
	local i off="--keepalive 0 --keepalive-expiry 0"
	# shellcheck disable=SC2086 # words
	spawn server xio_perf --server --addr "$LAB_ADDR4" --port 0 $off &&
		expect server 'listening on *' && port=${line##* } || return 1
	for ((i = 0; i < streams; i++)); do
		# shellcheck disable=SC2086 # words
		xio_perf --addr "$LAB_ADDR4" --port "$port" $off --test bw --size 1m --depth 50 \
			--iterations 100 --warmup 0 --interval 0 --timeout $((5 * SLOWER)) || return 1
	done
	stop server
}

# Ticks of the processor that a process has had.
ticks() {
	local stat
	read -r stat < "/proc/$1/stat"
	# shellcheck disable=SC2086 # words; behind the name
	set -- ${stat##*) }
	echo $((${12} + ${13}))
}

# A portal that polls serves as one that sleeps, and sleeps when nothing comes.
busy_polling() {
	local size before
	start_server server "$LAB_ADDR4" --busy-poll 200 --portals 2 || return 1
	for size in 0 4k 64k 1m; do
		xio_client --addr "$LAB_ADDR4" --port "$port" --busy-poll 200 --msgs 50 \
			--dsize $size --connections 2 --no-progress || return 1
	done
	before=$(ticks "${pid[server]}")
	sleep 1
	[ $(($(ticks "${pid[server]}") - before)) -le 20 ] && stop server
}

# Replies are written to memory that the client offers, from memory the server has for
# them: in an arena, registered, or any, which is copied.
sinks() {
	local memory
	start_server server "$LAB_ADDR4" --reply || return 1
	for memory in arena registered any; do
		json=$(xio_client --addr "$LAB_ADDR4" --port "$port" --reply-hooks --sink --msgs 50 \
			--dsize 50k --depth 4 --memory $memory --no-progress --json) || return 1
		echo "$json"
		[ "$(value received_in_sink "$json")" = 50 ] || return 1
	done
	stop server
}

# What is in an arena, or registered, is read from where it lies; all else is copied once.
copies() {
	local memory copied
	start_server server "$LAB_ADDR4" || return 1
	for memory in arena registered any; do
		json=$(xio_client --addr "$LAB_ADDR4" --port "$port" --msgs 20 --dsize 256k \
			--memory $memory --no-progress --json) || return 1
		echo "$json"
		copied=0
		[ $memory != any ] || copied=$((20 * 256 * 1024))
		[ "$(value sent_rendezvous "$json")" = 20 ] &&
			[ "$(value copied_bytes "$json")" = $copied ] || return 1
	done
	stop server
}

check "what lies in an arena is not copied" copies
check "replies to memory offered for them" sinks
check "busy polling" busy_polling
streams=$(amount slow=5 else=25)
check "$streams streams without keepalives" nobody_is_missed
done_testing
