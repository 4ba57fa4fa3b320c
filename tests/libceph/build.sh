#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# build.sh KERNEL [MAKE-ARGUMENT...]: build the module of kmod/ for a lab kernel, in
# build/libceph-tests/KERNEL, against build/libceph/KERNEL.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
[ $# -gt 0 ] || { echo "usage: build.sh KERNEL [MAKE-ARGUMENT...]" >&2; exit 2; }
kernel=$1
shift
case $kernel in
uml*) kbuild=(-C "$("$top/tests/lab/kernel.sh" "$kernel")/build" ARCH=um) ;;
*) kbuild=(-C "$("$top/tests/lab/kernel.sh" "$kernel")/headers") ;;
esac
libceph=$top/build/libceph/$kernel
dir=$top/build/libceph-tests/$kernel
mkdir -p "$dir"
# Two who want the same do not build it at once.
exec 9> "$dir/.lock"
flock 9
cp -rsfT "$top/tests/libceph/kmod" "$dir"
find "$dir" -xtype l -delete
exec make --no-print-directory "${kbuild[@]}" M="$dir" LIBCEPH="$libceph" \
	KBUILD_EXTRA_SYMBOLS="$libceph/Module.symvers" "$@" modules
