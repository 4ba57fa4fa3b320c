#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# two-faults-server.sh: the first of two guests: xio_server behind a bad network, over
# RDMA and TCP.
# shellcheck source=tests/selftests/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
# shellcheck source=tests/selftests/two-faults.sh
. "${BASH_SOURCE[0]%/*}/two-faults.sh"

check "a device on a link of its own" add_link
check "xio_server listens" start_server server "$addr" --policy lossless --port 7471 \
	--transport both --tcp-port "$tcp_port" --portals 2 --keepalive 500 --keepalive-expiry 3000
check "over RDMA, too" expect server '* over RDMA'
lab-signal listening
for name in "${faults[@]}"; do
	check "the other guest asks for: $name" lab-wait "begin-$name" 200
	check "the network: $name" spoil "$name"
	lab-signal "spoiled-$name"
	check "the other guest has done: $name" lab-wait "end-$name" 200
	check "the network is good again" mend
	lab-signal "mended-$name"
done
check "the link is down and up: asked for" lab-wait begin-link 200
check "the link goes down and comes back" bounce_link
lab-signal bounced
check "the other guest has finished" lab-wait finished 200
check "xio_server ends with nothing left" stop server
check "all came in order" grep -q ' 0 messages out of order' "$tmp/server.out"
check "the device goes" remove_link
done_testing
