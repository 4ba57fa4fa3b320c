#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# checkpatch.sh: the kernel's own style check over everything that is compiled
# into the kernel. It must print nothing.
set -uo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
source=$(readlink -f "$("$top/tests/lab/kernel.sh" uml-debug)/build/source")
# It leaves a cache where it stands.
mkdir -p "$top/build/lint"
cd "$top/build/lint" || exit 1

# FILE_PATH_CHANGES, SPDX: meant for patches against the kernel tree.
# MACRO_ARG_REUSE, COMPLEX_MACRO: the layout tables' rows are macros on purpose.
# BIT_MACRO, PREFER_*: common/ is compiled in user space too, where there is no
# BIT() and where the kernel's types and attributes are made of these.
out=$("$source/scripts/checkpatch.pl" --no-tree --strict --terse --show-types --max-line-length=100 \
	--ignore FILE_PATH_CHANGES,MACRO_ARG_REUSE,COMPLEX_MACRO,BIT_MACRO,PREFER_KERNEL_TYPES,PREFER_DEFINED_ATTRIBUTE_MACRO \
	-f \
	../../kernel/*.[ch] ../../common/*.[ch] ../../include/uapi/linux/*.h \
	../../tests/kunit/*.c ../../tests/core/*.[ch] 2>&1 |
	grep -v '^total:')
[ -z "$out" ] || { printf '%s\n' "$out"; exit 1; }
