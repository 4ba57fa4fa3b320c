#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Authorizers that a user of the kernel module makes and judges, and signatures of his: see
# tests/kmod/authorizer_test.c.
# shellcheck source=tests/selftests/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
# shellcheck source=tests/selftests/raw.sh
. "${BASH_SOURCE[0]%/*}/raw.sh"
authorizer_test=$LAB_TOP/build/kmod-tests/$LAB_KERNEL/tests/kmod/authorizer_test.ko

# What the module has said since the test began.
said() {
	dmesg | tac | sed '/lab-mark: selftest t-authorizer/q' | tac |
		sed -n 's/.*authorizer_test: //p'
}

# Each row of its table is a result of ours.
rows() {
	local line seen=0
	insmod "$authorizer_test" addr="$addr" > "$log" 2>&1 && rmmod authorizer_test
	while IFS= read -r line; do
		echo "$line" >> "$log"
		case $line in
		'ok - '*) ok "${line#ok - }" ;;
		'not ok - '*) not_ok "${line#not ok - }" ;;
		*) continue ;;
		esac
		: > "$log"
		seen=$((seen + 1))
	done < <(said)
	check "all rows" [ "$(said | tail -n 1)" = "$seen rows, 0 wrong" ]
}

serve() {
	insmod "$authorizer_test" addr="$addr" serve=1
}

# What it has set up for handshakes is given back, whatever broke them off.
served() {
	rmmod authorizer_test && [ "$(said | tail -n 1)" = "0 states of handshakes left" ] &&
		objects_zero
}

# moves N: so many more messages come back
moves() {
	local at=/sys/module/authorizer_test/parameters/back i from now
	from=$(cat $at) || return 1
	for ((i = 0; i < LIMIT * 10; i++)); do
		now=$(cat $at) || return 1
		[ $((now - from)) -lt "$1" ] || return 0
		sleep 0.1
	done
	echo "$from messages came back, then $now"
	return 1
}

loading() {
	local i
	for ((i = 0; i < LIMIT * 10; i++)); do
		[ ! -e /sys/module/authorizer_test/parameters/back ] || return 0
		sleep 0.1
	done
	return 1
}

# Each time a session is carried again there is a handshake of its own: an authorizer, a
# challenge, and one that responds.
lossless() {
	local i losses=2
	spawn stream insmod "$authorizer_test" addr="$addr" stream=1
	loading || return 1
	for ((i = 0; i < losses; i++)); do
		moves 50 && delete_device && add_device || return 1
	done
	moves 50 && echo 1 > /sys/module/authorizer_test/parameters/enough || return 1
	finish stream && rmmod authorizer_test || return 1
	said | tail -n 3
	[[ $(said | tail -n 1) =~ ^opened\ ([0-9]+)\ times,\ ([0-9]+)\ authorizers\ made,\ ([0-9]+)\ judged,\ 0\ wrong$ ]] &&
		[ "${BASH_REMATCH[1]}" -gt $losses ] &&
		[ "${BASH_REMATCH[2]}" -ge $((2 * BASH_REMATCH[1])) ] &&
		[ "${BASH_REMATCH[3]}" -ge $((2 * BASH_REMATCH[1])) ] && objects_zero
}

load_module
rows
check "objects" objects_zero
alone "a session that is carried three times" lossless
sed -n 's/^\(opened [0-9]* times.*\)/# \1/p' "$log"
# Peers that bring none, or bad ones, or no end of them; and programs of ours, which have
# none to bring.
cases=()
check "the module serves" serve
nested "pretending: " rules --port 7997 --authorizers
expect_error "a program of ours is turned away" 1 '*authorizer refused*' \
	xio_client --addr "$addr" --port 7997 --msgs 1 --no-progress --timeout $((20 * SLOWER))
check "nothing left" served
done_testing
