#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# crcs.sh KERNEL-SYMVERS OUR-SYMVERS: are all symbols that the kernel's libceph exports
# exported by ours, too, with the same CRCs? Only then do modules that were built for the
# one load on the other. Where the kernel has no libceph, or no CRCs, there is nothing to
# compare. Exit status: 0 yes, 1 no.
set -euo pipefail

# CRC, symbol, module, how exported, namespace: the second to fourth tell where the CRC is.
symbols() { awk -F '\t' '$3 ~ /net\/ceph\/libceph$/ { print $2, $1, $4 }' "$1" | sort; }

lost=$(comm -23 <(symbols "$1") <(symbols "$2"))
[ -z "$lost" ] || {
	echo "libceph: not as the kernel's own exports it (symbol, CRC, how), modules built for that would not load:"
	printf '%s\n' "$lost"
	exit 1
} >&2
