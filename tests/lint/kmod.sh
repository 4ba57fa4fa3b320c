#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# kmod.sh KERNEL: build the module for a lab kernel with W=1 and sparse (endian
# checks, every file anew). Fails if the compiler, sparse or modpost say anything.
set -uo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
log=$top/build/results/kmod-$1.txt
mkdir -p "$top/build/results"

"$top/tests/lab/kmod.sh" "$1" W=1 C=2 CF="-D__CHECK_ENDIAN__ -Wsparse-error" > "$log" 2>&1 || {
	cat "$log"
	exit 1
}
! grep -nEi 'warning|error' "$log"
