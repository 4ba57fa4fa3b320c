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

check "daemons" need_daemons
check "the other guest is told" told
check "the other guest is done" lab-wait finished 1400
check "daemons end" daemons stop $cluster
done_testing
