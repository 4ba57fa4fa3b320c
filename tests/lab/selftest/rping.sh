#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# rping.sh: guest script; rping over both address families. Between two guests,
# the first serves and the second asks; in a lone guest both ends are here.
set -u

serve() {
	timeout 60 rping -s -a "$1" -C 20 &
	server=$!
	# a poll with a bound: nothing announces that rping listens
	for ((i = 0; i < 100; i++)); do
		rdma resource show cm_id | grep -q 'state LISTEN' && return
		sleep 0.05
	done
	return 1
}

ask() {
	timeout 30 rping -c -a "$1" -C 20
}

fail=0
for family in 4 6; do
	own=LAB_ADDR$family peer=LAB_PEER$family
	case ${LAB_SHARED:+$LAB_NODE} in
	'') serve "${!own}" && ask "${!own}" && wait "$server" ;;
	1) serve "${!own}" && lab-signal "ready-$family" && wait "$server" ;;
	2) lab-wait "ready-$family" 60 && ask "${!peer}" ;;
	esac
	status=$?
	echo "rping over IPv$family on $LAB_DEV: status $status"
	[ $status = 0 ] || fail=1
done
exit $fail
