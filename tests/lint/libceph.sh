#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# libceph.sh KERNEL: build libceph.ko with our patches, and its transport over RDMA, for a
# lab kernel with W=1 and sparse (endian checks, every file anew). Fails if the compiler,
# sparse or modpost say anything of the transport or of what the patches add.
set -uo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
log=$top/build/results/libceph-$1.txt
mkdir -p "$top/build/results"

"$top/kernel/libceph/build.sh" "$1" W=1 C=2 CF="-D__CHECK_ENDIAN__ -Wsparse-error" > "$log" 2>&1 || {
	cat "$log"
	exit 1
}
# The kernel's own files say something of their own.
! grep -nEi 'warning|error' "$log" |
	grep -E '/transport/|net/ceph/transport|linux/ceph/transport|modpost|ceph_xio'
