#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# kernel-doc.sh: every kernel-doc comment is well-formed, and every function that
# is not static has one. Prints what is wrong.
set -uo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$top" || exit 1
failed=0

out=$(/usr/lib/linux-kbuild-6.1/scripts/kernel-doc -none -Werror kernel/*.[ch] kernel/libceph/*.[ch] common/*.[ch] \
	include/uapi/linux/*.h user/include/*.h user/lib/*.h user/lib/*/*.h 2>&1)
[ -z "$out" ] || { printf '%s\n' "$out"; failed=1; }

# A definition at the left margin, not static, whose comment does not begin with /**.
for f in kernel/*.c kernel/libceph/*.c common/*.c; do
	awk -v f="$f" '
		/^\/\*\*/ { doc = 1 }
		/^[a-z].*[a-z0-9_]\(/ && !/^static/ && !/;$/ && !/^module_/ {
			name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name)
			if (!doc) { printf "%s: %s() has no kernel-doc\n", f, name; bad = 1 }
		}
		/^}/ { doc = 0 }
		END { exit bad }' "$f" || failed=1
done

# What an application is told of the library: each declaration has one right above it.
for f in user/include/*.h; do
	awk -v f="$f" '
		/^\/\*\*/ { doc = 1 }
		/^(struct |enum |const |unsigned |void |bool |int |uint)[^;{]*[ *][a-z0-9_]+\(/ {
			name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name)
			if (!doc) { printf "%s: %s() has no kernel-doc\n", f, name; bad = 1 }
		}
		/;$/ { doc = 0 }
		END { exit bad }' "$f" || failed=1
done
exit "$failed"
