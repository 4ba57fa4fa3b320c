#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# two-exchange-server.sh: the first of two guests: kernel and user space echo.
# shellcheck source=tests/selftests/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

check "the module loads" load_module
for addr in "$LAB_ADDR4" "$LAB_ADDR6"; do
	check "the kernel listens on $addr" cxio listen --addr "$addr"
	check "xio_server listens on $addr" spawn "user-$addr" xio_server --addr "$addr" --port 7472
	check "xio_server says so" expect "user-$addr" 'listening on *'
done
lab-signal listening
check "the other guest has finished" lab-wait finished 200
for addr in "$LAB_ADDR4" "$LAB_ADDR6"; do
	check "xio_server on $addr ends with nothing left" stop "user-$addr"
done
check "the kernel listens no more" cxio unlisten
check "no object is left" objects_zero
done_testing
