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

load_module
rows
check "objects" objects_zero
# Peers that bring none, or bad ones, or no end of them; and programs of ours, which have
# none to bring.
cases=()
check "the module serves" serve
nested "pretending: " rules --port 7997 --authorizers
expect_error "a program of ours is turned away" 1 '*authorizer refused*' \
	xio_client --addr "$addr" --port 7997 --msgs 1 --no-progress --timeout $((20 * SLOWER))
check "nothing left" served
done_testing
