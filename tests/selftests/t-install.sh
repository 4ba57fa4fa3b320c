#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The module comes and goes, idle and with connections up.
# shellcheck source=tests/selftests/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
times=$(amount slow=4 stock=5 else=20)

version_line() {
	dmesg | tail -n 3 | grep -E 'ceph_xio: wire version [0-9]+, layout [0-9a-f]{8}$'
}

zero() {
	[ "$(cxio stat --json)" = '{"messages":0,"connections":0,"carriers":0,"frames":0,"regions":0}' ]
}

shows_nothing() {
	[ -z "$(cxio show --json)" ]
}

again_and_again() {
	local i
	for ((i = 0; i < times; i++)); do
		load_module && zero && unload_module || return 1
	done
}

twice() {
	! insmod "$MODULE"
}

unloads_listening() {
	cxio listen --addr "$LAB_ADDR4" && cxio listen --addr "$LAB_ADDR6" && unload_module
}

# All ends are in the kernel.
unloads_kernel_kernel() {
	local i
	load_module && cxio listen --addr "$LAB_ADDR4" || return 1
	for i in 1 2 3; do
		cxio connect --addr "$LAB_ADDR4" || return 1
	done
	[ "$(cxio show --json | wc -l)" = 6 ] && unload_module
}

# A user process began it, and hears why it ends.
unloads_user_kernel() {
	load_module && cxio listen --addr "$LAB_ADDR4" || return 1
	spawn peer "$RAW_PEER" --addr "$LAB_ADDR4" --port 7471 --hold
	expect peer holding && unload_module && finish peer &&
		grep -qx 'closed: messenger shut down' "$tmp/peer.out"
}

# The kernel began it.
unloads_kernel_user() {
	load_module && start_server server "$LAB_ADDR4" || return 1
	cxio connect --addr "$LAB_ADDR4" --port "$port" && unload_module &&
		expect server '*peer ended the connection: messenger shut down*' && stop server
}

check "insmod" load_module
check "insmod tells version and layout" version_line
check "no objects" zero
check "no connections" shows_nothing
check "a second insmod is refused" twice
check "rmmod" unload_module
check "insmod and rmmod, $times times" again_and_again
check "insmod again" load_module
check "rmmod while listening" unloads_listening
check "rmmod with connections within the kernel" unloads_kernel_kernel
check "rmmod with a connection that a process began" unloads_user_kernel
check "rmmod with a connection to a process" unloads_kernel_user
done_testing
