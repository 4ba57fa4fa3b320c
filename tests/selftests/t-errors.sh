#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Wrong input of every kind: exactly one line on stderr that says what is wrong and
# what to do, an exit status that is not 0, nothing left behind.
# shellcheck source=tests/selftests/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
addr=$LAB_ADDR4
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

# --- command lines ---

for program in xio_server xio_client cxio; do
	expect_error "$program: an unknown option" 2 "$program: *--help*" $program --nonsense
	expect_error "$program: an option without its value" 2 "$program: *--help*" $program --addr
	expect_error "$program: not an address" 2 "$program: --addr: '300.1.1.1': *rdma link*" \
		$program $([ $program != cxio ] || echo send) --addr 300.1.1.1
	expect_error "$program: port too large" 2 "$program: --port: '65536' is not a number*" \
		$program --port 65536
	expect_error "$program: port not a number" 2 "$program: --port: '7x' is not a number*" \
		$program --port 7x
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
fi
expect_error "cxio send: a directory" 2 '*--file: /tmp is not a regular file' \
	cxio send --addr "$addr" --file /tmp
for program in "xio_client --no-progress" "cxio send --no-progress" "cxio connect"; do
	expect_error "$program: nobody listens" 1 "*$addr:7471: *refused*server listening*" \
		$program --addr "$addr" --timeout 20
	expect_error "$program: no route" 1 "*192.0.2.1:7471: *rdma link*" \
		$program --addr 192.0.2.1 --timeout 20
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
for program in xio_client cxio_send cxio_connect; do
	if [ "$LAB_RDMA" = rxe ]; then
		check "$program: no such host" finds_nobody $program
	else
		skip "$program: no such host" "soft-iWARP cannot give up connecting"
	fi
done
check "nothing is left" nothing_runs

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
	xio_client --addr "$addr" --no-progress --timeout 20
expect_error "no device: cxio send" 1 '*rdma link*' \
	cxio send --addr "$addr" --no-progress --timeout 20
expect_error "no device: cxio connect" 1 '*rdma link*' cxio connect --addr "$addr" --timeout 20
check "add the device" add_device
check "nothing is left in the end" nothing_runs
done_testing
