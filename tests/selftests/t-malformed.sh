#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Peers that break the rules: raw_peer against the kernel's endpoint and
# xio_server, and as a server toward xio_client and cxio send. What belongs to
# sessions and to memory is in t-hostile.sh.
# shellcheck source=tests/selftests/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
# shellcheck source=tests/selftests/raw.sh
. "${BASH_SOURCE[0]%/*}/raw.sh"
# To start a process a case is slow: the two guests of 'make check' that run this
# share the cases toward our programs; all others play all.
case $LAB_KERNEL/$LAB_RDMA in
stock/rxe) parts=5 part=(0 1) ;;
uml-debug/rxe) parts=5 part=(2 3 4) ;;
*) parts=1 part=() ;;
esac

# What a server without a credit cannot say to the peer it must say to its user. (But
# for a frame beyond all credits: it may find no buffer, and the device ends it all.)
server_says() {
	local text
	stop server
	for text in 'last credit used for more than a grant' \
		'begun outside the message window' 'peer went away without a word' \
		'layout is not that of version 1' 'data_crc mismatch'; do
		grep -q "$text" "$tmp/server.out" || {
			echo "the server never said: $text"
			return 1
		}
	done
	tail -n 1 "$tmp/server.out" | grep -q '^echoed'
}

load_module
cxio listen --addr "$addr"
choose client "!($features)"
nested "kernel: " rules --port 7471
check "kernel: objects" objects_zero
cxio unlisten
start_server server "$addr"
drain server
nested "xio_server: " rules --port "$port"
check "xio_server: its own words" server_says
choose server "!($features)" "${part[@]}"
victims "cxio send: " cxio send --msgs 3 --timeout $((3 * SLOWER)) --no-progress
check "cxio send: objects" objects_zero
victims "xio_client: " xio_client --msgs 3 --timeout $((3 * SLOWER)) --no-progress
done_testing
