#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# shell.sh [--self-test]: shellcheck over all scripts of the tree, from its warnings up. What
# is meant otherwise says so and why, in place. Silent and 0 if it finds nothing. Run from the
# top of the tree.

set -eu
# shellcheck source=tests/lint/files.sh
. "${0%/*}/files.sh"

command -v shellcheck >/dev/null || {
	echo "shellcheck is not installed"
	exit 1
}

# Those that are to be sourced have no first line that would tell.
scripts() {
	list_files | while IFS= read -r f; do
		case $f in
		*.sh) echo "$f" ;;
		*) ! head -n 1 "$f" | grep -aqE '^#!/bin/(ba)?sh' || echo "$f" ;;
		esac
	done
}

# A few at a time: several processors, and each reads the same libraries once more.
checked() {
	xargs -P "$(nproc)" -n 20 shellcheck --external-sources --severity=warning \
		--format=gcc
}

if [ "${1:-}" = --self-test ]; then
	mkdir -p build/lint
	printf '#!/bin/sh\nunused=1\n' >build/lint/planted.sh
	! found=$(echo build/lint/planted.sh | checked) || exit 1
	echo "$found" | grep -q 'planted.sh:2:.*SC2034' || exit 1
	scripts | grep -qx tests/lab/run && scripts | grep -qx tests/selftests/lib.sh
	exit
fi
scripts | checked
