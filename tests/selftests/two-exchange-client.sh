#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# two-exchange-client.sh: the second of two guests: sends $TWO_FILE to the first.
# shellcheck source=tests/selftests/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

check "the module loads" load_module
check "the other guest listens" lab-wait listening 100
for addr in "$LAB_PEER4" "$LAB_PEER6"; do
	check "user to kernel, $addr" limit xio_client --addr "$addr" --file "$TWO_FILE"
	check "user to user, $addr" limit xio_client --addr "$addr" --port 7472 --file "$TWO_FILE"
	check "kernel to kernel, $addr" limit cxio send --addr "$addr" --file "$TWO_FILE"
	check "kernel to user, $addr" limit cxio send --addr "$addr" --port 7472 --file "$TWO_FILE"
done
lab-signal finished
check "no object is left" objects_zero
done_testing
