#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# kmod.sh KERNEL [MAKE-ARGUMENT...]: build ceph_xio.ko for a lab kernel (stock, uml,
# uml-debug, debug, kcsan) or for a kernel's build directory (an absolute path), into
# build/kmod/KERNEL or build/kmod/host. The sources are linked there: nothing is
# written beside them, and several kernels do not get in each other's way.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
[ $# -gt 0 ] || { echo "usage: kmod.sh stock|uml|uml-debug|debug|kcsan|/path/to/build [ARG...]" >&2; exit 2; }
kernel=$1
shift

case $kernel in
/*) name=host kbuild=(-C "$kernel") ;;
uml*) name=$kernel kbuild=(-C "$("$here/kernel.sh" "$kernel")/build" ARCH=um) ;;
*) name=$kernel kbuild=(-C "$("$here/kernel.sh" "$kernel")/headers") ;;
esac

dir=$top/build/kmod/$name
mkdir -p "$dir"
# Two who want the same do not build it at once.
exec 9> "$dir/.lock"
flock 9
for d in kernel common include; do
	cp -rsfT "$top/$d" "$dir/$d"
done
ln -sf "$top/Kbuild" "$dir/Kbuild"
# What was renamed or removed meanwhile.
find "$dir" -xtype l -delete
exec make --no-print-directory "${kbuild[@]}" M="$dir" "$@" modules
