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
shopt -s extglob

# FILE_PATH_CHANGES, SPDX: meant for patches against the kernel tree.
# MACRO_ARG_REUSE, COMPLEX_MACRO: the layout tables' rows are macros on purpose.
# BIT_MACRO, PREFER_*: common/ is compiled in user space too, where there is no
# BIT() and where the kernel's types and attributes are made of these.
ignore=FILE_PATH_CHANGES,MACRO_ARG_REUSE,COMPLEX_MACRO,BIT_MACRO,PREFER_KERNEL_TYPES
ignore+=,PREFER_DEFINED_ATTRIBUTE_MACRO

# check IGNORE FILE...
check() {
	local types=$1
	shift
	"$source/scripts/checkpatch.pl" --no-tree --strict --terse --show-types \
		--max-line-length=100 --ignore "$types" -f "$@" 2>&1 | grep -v '^total:'
}

# OPEN_ENDED_LINE, PARENTHESIS_ALIGNMENT: events are laid out as in the kernel's own
# include/trace/events, where the macros make a structure and a function.
out=$(
	check "$ignore" ../../kernel/!(trace).[ch] ../../kernel/trace.c ../../kernel/libceph/*.[ch] \
		../../common/*.[ch] ../../include/uapi/linux/*.h ../../tests/kunit/*.c \
		../../tests/core/*.[ch] ../../tests/libceph/kmod/*.c
	check "$ignore,OPEN_ENDED_LINE,PARENTHESIS_ALIGNMENT" ../../kernel/trace.h
)
[ -z "$out" ] || { printf '%s\n' "$out"; exit 1; }
