#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# build.sh KERNEL [MAKE-ARGUMENT...]: build the modules of this folder for a lab kernel
# (stock, uml, uml-debug, debug, kcsan) in build/kmod-tests/KERNEL, against build/kmod/KERNEL.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
[ $# -gt 0 ] || { echo "usage: build.sh stock|uml|uml-debug|debug|kcsan [ARG...]" >&2; exit 2; }
kernel=$1
shift
case $kernel in
uml*) kbuild=(-C "$("$top/tests/lab/kernel.sh" "$kernel")/build" ARCH=um) ;;
*) kbuild=(-C "$("$top/tests/lab/kernel.sh" "$kernel")/headers") ;;
esac
dir=$top/build/kmod-tests/$kernel
mkdir -p "$dir/tests/kmod"
# Two who want the same do not build it at once.
exec 9> "$dir/.lock"
flock 9
for d in kernel common include tests/kmod; do
	mkdir -p "$dir/$d"
	cp -rsfT "$top/$d" "$dir/$d"
done
find "$dir" -xtype l -delete
exec make --no-print-directory "${kbuild[@]}" M="$dir/tests/kmod" \
	KBUILD_EXTRA_SYMBOLS="$top/build/kmod/$kernel/Module.symvers" "$@" modules
