#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# paths.sh: no file names a place that exists on its author's machine only.
# Silent and 0 if so. Run from the top of the tree.

set -eu
. tests/lint/files.sh

# In pieces, so that this file does not match itself.
pattern="(^|[^[:alnum:]_.}\$])/wo""rk/|\\.\\./sha""red|\\.libr""ary/"

# Names on stdin.
check() {
	bad=0
	while IFS= read -r f; do
		grep -nHIE "$pattern" "$f" && bad=1
	done
	return $bad
}

self_test() {
	dir=$(mktemp -d)
	trap 'rm -rf "$dir"' EXIT
	bad=0
	for text in "see /wo""rk/main" "cd ../sha""red/docs" "in ../.libr""ary/x" \
		"\"/wo""rk/\""; do
		echo "$text" >"$dir/planted"
		if echo "$dir/planted" | check >/dev/null; then
			echo "not found: $text"
			bad=1
		fi
	done
	for text in "a net""work/link" "\$dir/wo""rk/x" "sha""red/docs" "\${tmp}/wo""rk/x"; do
		echo "$text" >"$dir/clean"
		echo "$dir/clean" | check || bad=1
	done
	return $bad
}

case ${1-} in
--self-test)
	self_test
	;;
*)
	list_files | check
	;;
esac
