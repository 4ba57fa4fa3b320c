#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Wrong input of every kind: exactly one line on stderr that says what is wrong and
# what to do, an exit status that is not 0, nothing left behind.
# shellcheck source=tests/selftests/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
# shellcheck source=tests/selftests/raw.sh
. "${BASH_SOURCE[0]%/*}/raw.sh"
# Of the device's network, but nobody's.
nobody_there=${addr%.*}.77

nothing_runs() {
	objects_zero && [ -z "$(cxio show --json)" ]
}

# The checkout may be where nobody else can look: the program is copied out of it.
public=$tmp/public
mkdir -p "$public/bin" "$public/lib"
cp "$BIN/cxio" "$public/bin"
cp -L "$BIN/../lib/libcephxio.so.0" "$public/lib"
chmod 755 "$tmp" "$public" "$public/bin" "$public/lib"

as_nobody() {
	local program=$1
	shift
	setpriv --reuid nobody --regid nogroup --clear-groups "$public/bin/$program" "$@"
}

# finds_nobody NAME: a program in the background
finds_nobody() {
	local status said
	finish "$1"
	status=$?
	mapfile -t said < "$tmp/$1.out"
	[ $status = 1 ] && [ ${#said[@]} = 1 ] &&
		[[ ${said[0]} == *"$nobody_there":7471:\ @(*unreachable*|no answer in time*) ]]
}

# --- xio_ping ---

# It prints what came back, and then why that was not all: here the reason is looked at.
ping_reason() {
	xio_ping --interval 0.01 --timeout $((5 * SLOWER)) "$@" > "$tmp/ping"
}

# A server that takes messages and answers none: all are lost, and it says how many.
ping_unanswered() {
	spawn server xio_perf --server --addr "$addr" --port 0 &&
		expect server 'listening on *' && port=${line##* } || return 1
	xio_ping --addr "$addr" --port "$port" --count 3 --interval 0.01 --timeout "$SLOWER" \
		> "$tmp/stdout" 2> "$tmp/stderr"
	[ $? = 1 ] && [ ! -s "$tmp/stderr" ] &&
		[ "$(< "$tmp/stdout")" = "3 sent, 0 received, 3 lost" ] && stop server && return
	cat "$tmp/stdout" "$tmp/stderr"
	return 1
}

# The server goes while pings are answered: what is missing is told, and why.
ping_server_dies() {
	local sent received lost most
	# Where a processor checks itself more are under way until it is noticed.
	most=$(amount debug=3 kcsan=3 else=1)
	start_server server "$addr" || return 1
	spawn ping xio_ping --addr "$addr" --port "$port" --count 0 \
		--interval "$(printf 0.%02d $((5 * SLOWER)))" --timeout $((5 * SLOWER))
	expect ping '*seq=3 *' || return 1
	kill -KILL "${pid[server]}"
	finish server > /dev/null
	finish ping > "$tmp/out"
	[ $? = 1 ] && grep -q '^xio_ping: .*: peer went away without a word' "$tmp/out" &&
		read -r sent _ received _ lost _ < <(grep ' sent, .* received, .* lost' "$tmp/out") &&
		[ "$received" -ge 3 ] && [ "$lost" = $((sent - received)) ] &&
		[ "$lost" -le "$most" ] && return
	cat "$tmp/out"
	return 1
}

# Interrupted it ends in order, and has lost nothing if all was answered.
ping_interrupted() {
	start_server server "$addr" || return 1
	spawn ping xio_ping --addr "$addr" --port "$port" --count 0 --interval 60
	expect ping '*seq=1 *' || return 1
	kill -INT "${pid[ping]}"
	finish ping > "$tmp/out" && grep -qx '1 sent, 1 received, 0 lost' "$tmp/out" && stop server
}

# --- command lines ---

while IFS='|' read -r options words; do
	# shellcheck disable=SC2086 # words
	expect_error "xio_ping: $options" 2 "xio_ping: $words" xio_ping --addr "$addr" $options
done << 'END'
--count -1|*--count: '-1' is not a number*
--interval 0|*--interval: '0' is not*
--interval nan|*--interval: 'nan' is not*
--size 2m|*--size: '2m' is not*
--timeout 0|*--timeout: '0' is not*
--port 0|*--port: '0' is not*
--policy none|*--policy: 'none' is neither lossy nor lossless
END
expect_error "xio_ping: no address" 2 "*--addr is missing*" xio_ping
for program in xio_server xio_client xio_ping xio_perf cxio; do
	expect_error "$program: an unknown option" 2 "$program: *--help*" $program --nonsense
	expect_error "$program: an option without its value" 2 "$program: *--help*" $program --addr
	# shellcheck disable=SC2046 # a word, or none
	expect_error "$program: not an address" 2 "$program: --addr: '300.1.1.1': *rdma link*" \
		$program $([ $program != cxio ] || echo send) --addr 300.1.1.1
	expect_error "$program: port too large" 2 "$program: --port: '65536' is not a number*" \
		$program --port 65536
	expect_error "$program: port not a number" 2 "$program: --port: '7x' is not a number*" \
		$program --port 7x
	# shellcheck disable=SC2046 # likewise
	expect_error "$program: one word too many" 2 "$program: 'more' *--help*" \
		$program $([ $program != cxio ] || echo stat) --addr "$addr" more
done
for program in xio_client "cxio send"; do
	expect_error "$program: no address" 2 "*--addr is missing*" $program
	expect_error "$program: no messages" 2 "*--msgs: '0' is not*" $program --msgs 0
	expect_error "$program: data too long" 2 "*--dsize: '2m' is not*" $program --dsize 2m
done
expect_error "xio_client: a directory" 2 '*--file: /tmp is not a regular file' \
	xio_client --addr "$addr" --file /tmp
expect_error "cxio: no command" 2 'cxio: no command given; try --help' cxio
expect_error "cxio: an unknown command" 2 "cxio: 'dance' is not a command; try --help" cxio dance
expect_error "cxio close: no number" 2 'cxio: --connection is missing; *' cxio close

# --- no module ---

for command in stat show "listen --addr $addr" "connect --addr $addr" "send --addr $addr" \
	unlisten "close --connection 1"; do
	# shellcheck disable=SC2086 # words
	expect_error "no module: cxio ${command%% *}" 3 \
		'cxio: the kernel module is not loaded; run *modprobe ceph_xio* as root' \
		cxio $command
done

# --- the module, but nobody there ---

check "insmod" load_module
# It takes ten seconds to find that out: all at the same time, beside the rest. (Not
# on soft-iWARP: it sits in TCP's connect for minutes, and nobody can interrupt it.)
if [ "$LAB_RDMA" = rxe ]; then
	spawn xio_client xio_client --no-progress --addr "$nobody_there"
	spawn cxio_send cxio send --no-progress --addr "$nobody_there"
	spawn cxio_connect cxio connect --addr "$nobody_there"
	spawn xio_ping xio_ping --addr "$nobody_there" --timeout $((30 * SLOWER))
fi
expect_error "cxio send: a directory" 2 '*--file: /tmp is not a regular file' \
	cxio send --addr "$addr" --file /tmp
for program in "xio_client --no-progress" "cxio send --no-progress" "cxio connect" xio_ping; do
	expect_error "$program: nobody listens" 1 "*$addr:7471: *refused*server listening*" \
		$program --addr "$addr" --timeout $((20 * SLOWER))
	expect_error "$program: no route" 1 "*192.0.2.1:7471: *rdma link*" \
		$program --addr 192.0.2.1 --timeout $((20 * SLOWER))
done
expect_error "cxio close: no such connection" 1 'cxio: no connection has that number' \
	cxio close --connection 4711
expect_error "cxio unlisten: nobody listens" 1 'cxio: nobody listens there' cxio unlisten
expect_error "cxio listen: not our address" 1 '*no RDMA device has that address*' \
	cxio listen --addr 192.0.2.1
expect_error "xio_server: not our address" 3 '*192.0.2.1:7471*rdma link*' \
	xio_server --addr 192.0.2.1
check "cxio listen" cxio listen --addr "$addr"
expect_error "cxio listen: twice" 1 '*another listener has that address and port' \
	cxio listen --addr "$addr"
expect_error "xio_server: port in use" 3 '*choose another --port' xio_server --addr "$addr"
check "cxio unlisten" cxio unlisten
for program in xio_client cxio_send cxio_connect xio_ping; do
	if [ "$LAB_RDMA" = rxe ]; then
		check "$program: no such host" finds_nobody $program
	else
		skip "$program: no such host" "soft-iWARP cannot give up connecting"
	fi
done
check "nothing is left" nothing_runs

# --- servers that xio_ping cannot do with ---

alone "xio_ping: nothing is answered" ping_unanswered
alone "xio_ping: the server dies" ping_server_dies
alone "xio_ping: interrupted" ping_interrupted
parts=1
# Another version, another layout, refusals, garbage in a frame and in a message.
choose server '@(hello-*|refused-*|frame-crc|frame-type|msg-header-crc|msg-seq-gap|data-crc)'
victims "xio_ping: " ping_reason

# --- not root ---

for command in "listen --addr $addr" unlisten "connect --addr $addr" "send --addr $addr" \
	"close --connection 1"; do
	# shellcheck disable=SC2086 # words
	expect_error "not root: cxio ${command%% *}" 1 'cxio: not permitted; run it as root' \
		as_nobody cxio $command
done
check "not root: cxio stat" as_nobody cxio stat
check "not root: cxio show" as_nobody cxio show
check "nothing is left after that" nothing_runs

# --- no RDMA device ---

check "delete the device" delete_device
expect_error "no device: xio_server" 3 '*rdma link*' xio_server --addr "$addr"
expect_error "no device: cxio listen" 1 '*rdma link*' cxio listen --addr "$addr"
expect_error "no device: xio_client" 3 '*rdma link*' \
	xio_client --addr "$addr" --no-progress --timeout $((20 * SLOWER))
expect_error "no device: xio_ping" 3 '*rdma link*' xio_ping --addr "$addr" --timeout $((20 * SLOWER))
expect_error "no device: cxio send" 1 '*rdma link*' \
	cxio send --addr "$addr" --no-progress --timeout $((20 * SLOWER))
expect_error "no device: cxio connect" 1 '*rdma link*' cxio connect --addr "$addr" --timeout $((20 * SLOWER))
check "add the device" add_device
check "nothing is left in the end" nothing_runs
done_testing
