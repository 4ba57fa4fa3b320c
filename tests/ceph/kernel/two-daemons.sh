#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Guest 1 of two: the daemons, until the other guest is done. See two.
export CT_CLIENT=no
# shellcheck source=tests/ceph/kernel/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"

# The other guest's configuration is this one.
told() {
	cp $cluster/ceph.conf $cluster/keyring "$LAB_SHARED" && lab-signal daemons
}

# Ceph 16.2's daemons end themselves when a queue pair cannot be made ready for who asks
# (an assertion in RDMAConnectedSocketImpl::handle_connection), as at a port that is down.
# Who runs them has them started again, as here. A poll: they are not our children.
watched() {
	local ended
	until [ -e "$LAB_SHARED/finished" ]; do
		ended=$(daemons revive $cluster)
		[ -z "$ended" ] || echo "started again:" $ended >> "$LAB_OUT/revived"
		cp $cluster/log/said "$LAB_OUT/said"
		lab-wait finished 1 2> /dev/null
		[ ! -e "$LAB_SHARED/.ended.2" ] || break
	done
}

check "daemons" need_daemons "${kept[@]}"
check "the other guest is told" told
watched
check "the other guest is done" lab-wait finished 1
[ ! -e "$LAB_OUT/revived" ] || sed 's/^/# /' "$LAB_OUT/revived"
check "daemons end" daemons stop $cluster
done_testing
