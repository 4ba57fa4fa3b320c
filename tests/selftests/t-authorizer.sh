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

load_module
rows
check "objects" objects_zero
done_testing
