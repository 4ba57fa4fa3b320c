#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# What takes its time: keepalives that expire, back-off up to fifteen seconds, a peer that
# returns after hours. For a guest whose time passes at once while everybody sleeps
# (run --append time-travel=inf-cpu); elsewhere it would take as long as it says.
# shellcheck source=tests/selftests/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
addr=$LAB_ADDR4

now_ms() {
	echo $((${EPOCHREALTIME/./} / 1000))
}

# within MIN MAX SINCE WHAT: milliseconds
within() {
	local took=$(($(now_ms) - $3))
	echo "$4: after $took ms"
	[ $took -ge "$1" ] && [ $took -le "$2" ]
}

# Each wait of its own: else it is no test of what takes its time.
travels() {
	local start
	[[ $(< /proc/cmdline) == *time-travel=inf-cpu* ]] || return 1
	start=$(now_ms)
	sleep 3600
	within 3600000 3601000 "$start" "an hour"
}

# The kernel's connection to a server that has stopped: 20 seconds after the last frame, of
# which the last was an answer to a keepalive.
expires() {
	local start number
	start_server server "$addr" --quiet --keepalive 0 --keepalive-expiry 0 &&
		number=$(cxio connect --addr "$addr" --port "$port") || return 1
	# Without a frame of ours: keepalives keep it up.
	sleep 600
	cxio show --json | grep -q '"state":"open"' || { echo "it did not last" && return 1; }
	kill -STOP "${pid[server]}"
	start=$(now_ms)
	spawn monitor cxio monitor --json
	expect monitor "*closed*\"connection\":$number,*" || return 1
	within 14000 26000 "$start" "given up" || return 1
	[[ $line == *'keepalive expired'* ]] || { echo "$line" && return 1; }
	kill -CONT "${pid[server]}"
	kill -TERM "${pid[monitor]}"
	finish monitor > /dev/null
	stop server && objects_zero
}

# The same of a server of the library's whose peer has stopped.
user_expires() {
	local start
	spawn server xio_server --addr "$addr" --port 0 && expect server 'listening on *' &&
		port=${line##* } || return 1
	spawn client xio_client --addr "$addr" --port "$port" --msgs 1 --dsize 4k --hold 3600 \
		--no-progress --keepalive 0 --keepalive-expiry 0 || return 1
	sleep 600
	kill -STOP "${pid[client]}"
	start=$(now_ms)
	expect server '*keepalive expired*' || return 1
	within 14000 26000 "$start" "given up" || return 1
	kill -KILL "${pid[client]}"
	kill -CONT "${pid[client]}"
	finish client > /dev/null
	stop server > /dev/null
	return 0
}

# attempts SECONDS: the moments, in milliseconds, at which attempts failed meanwhile
attempts() {
	lab-mark "attempts $1"
	sleep "$1"
	dmesg | tac | sed "/lab-mark: attempts $1/q" | tac |
		sed -n 's/^\[ *\([0-9]*\)\.\([0-9]\{3\}\)[0-9]*\] ceph_xio: .*7471: .*$/\1\2/p'
}

# A lossless connection whose device has gone tries again and again, ever more seldom, and
# for ever; hours later it finds the device within the longest pause.
returns() {
	local number start moments last gap longest=0 i
	cxio listen --addr "$addr" --policy lossless &&
		number=$(cxio connect --addr "$addr" --policy lossless) || return 1
	delete_device || return 1
	mapfile -t moments < <(attempts 300)
	echo "${#moments[@]} attempts in 300 s: ${moments[*]}"
	last=${moments[0]:-0}
	for i in "${moments[@]:1}"; do
		gap=$((10#$i - 10#$last))
		[ $gap -le $longest ] || longest=$gap
		last=$i
	done
	echo "the longest pause: $longest ms"
	# Never longer than fifteen seconds, and what the attempt itself takes.
	[ ${#moments[@]} -ge 20 ] && [ ${#moments[@]} -le 80 ] && [ $longest -ge 7500 ] &&
		[ $longest -le 15500 ] || return 1
	sleep 10800
	add_device && cxio listen --addr "$addr" --policy lossless || return 1
	start=$(now_ms)
	until cxio show --json | grep -q '"accepted":false,"state":"open"'; do
		[ $(($(now_ms) - start)) -le 60000 ] || { cxio show --json && return 1; }
		sleep 0.1
	done
	within 0 15500 "$start" "back after three hours" || return 1
	cxio close --connection "$number" && cxio unlisten && objects_zero
}

# measured NAME COMMAND...: check, and say how long it took
measured() {
	alone "$@"
	sed -n 's/^.*: after [0-9]* ms$/# &/p; s/^.* attempts in .* s:/# &/p; s/^the longest.*/# &/p' "$log"
}

load_module
measured "time passes at once" travels
measured "a keepalive that nobody answers, of the kernel's" expires
measured "a keepalive that nobody answers, of the library's" user_expires
measured "back after hours" returns
done_testing
