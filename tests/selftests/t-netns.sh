#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Network namespaces: connections and listeners belong to the caller's; where no device
# is, that is said; and what is left in one that nobody else is in any more ends with the
# module. (Until then it keeps the namespace, as every RDMA listener does.)
# shellcheck source=tests/selftests/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
addr=$LAB_ADDR4

# elsewhere COMMAND...: in a namespace of its own, without a device's address
elsewhere() {
	unshare --net "$@"
}

own_only() {
	local shown
	cxio listen --addr "$addr" || return 1
	shown=$(elsewhere cxio show --all --json) || return 1
	echo "$shown"
	[[ $shown != *'"type":"listener"'* ]] &&
		[[ $(cxio show --all --json) == *'"type":"listener"'* ]] &&
		says_error 1 '*nobody listens there*' elsewhere cxio unlisten --addr "$addr" &&
		cxio send --addr "$addr" --msgs 10 --no-progress && cxio unlisten --addr "$addr"
}

# left_behind COMMAND...: nobody is in its namespace any more, and yet rmmod ends it
left_behind() {
	local start
	elsewhere "$@"
	cxio stat --json
	start=$SECONDS
	unload_module && [ $((SECONDS - start)) -le 5 ] && load_module && objects_zero
}

# Begun, and nobody answers: an address behind a device that leads nowhere. It is looked
# for three seconds.
nowhere() {
	ip link add nowhere0 type dummy && ip link set nowhere0 arp on up &&
		ip addr add 10.8.0.1/24 dev nowhere0 &&
		rdma link add rdma_nowhere type "$LAB_RDMA" netdev nowhere0 || return 1
	cxio connect --addr 10.8.0.2 --timeout 1
	cxio stat --json
}
export -f nowhere
export LAB_RDMA

connecting() {
	local said status
	said=$(left_behind bash -c nowhere 2>&1)
	status=$?
	echo "$said"
	rdma link delete rdma_nowhere
	[ $status = 0 ] && [[ $said =~ \"connections\":[1-9] ]]
}

load_module
expect_error "listening where no device is" 1 '*no RDMA device has that address*' \
	elsewhere cxio listen --addr "$addr"
expect_error "connecting where no device is" 1 'cxio: *unreachable by RDMA*' \
	elsewhere cxio connect --addr "$addr" --timeout $((5 * SLOWER))
check "what is elsewhere is not seen" own_only
check "a listener in a namespace that nobody is in" left_behind cxio listen --addr 0.0.0.0
check "a connection in one that is still being made" connecting
done_testing
