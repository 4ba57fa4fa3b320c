#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# run.sh [--fast]: all lints, or those that need seconds, as TAP on stdout and in
# build/results/lint.tap, or lint-fast.tap. A lint's own output follows its line as
# comments. Run from the top of the tree.

set -eu

mkdir -p build/results build/lint
fast=${1:-}
tap=build/results/lint${fast#-}.tap
: >$tap
number=0
failed=0

lint() {
	what=$1
	shift
	number=$((number + 1))
	verdict=ok
	sh "$@" >"build/lint/output$fast" 2>&1 || verdict="not ok"
	[ "$verdict" = ok ] || failed=$((failed + 1))
	{
		echo "$verdict $number - lint: $what"
		sed 's/^/# /' "build/lint/output$fast"
	} | tee -a $tap
}

lint "the token lint finds what is planted" tests/lint/tokens.sh --self-test
lint "common/ decides and does nothing else" tests/lint/tokens.sh
lint "the licence lint finds what is planted" tests/lint/spdx.sh --self-test
lint "every file says its licence" tests/lint/spdx.sh
lint "the path lint finds what is planted" tests/lint/paths.sh --self-test
lint "no file names a place of its author's" tests/lint/paths.sh
if [ -z "$fast" ]; then
	lint "shellcheck finds what is planted" tests/lint/shell.sh --self-test
	lint "shellcheck" tests/lint/shell.sh
	lint "clang-tidy and cppcheck" tests/lint/static.sh
fi
echo "1..$number" | tee -a $tap
[ "$failed" = 0 ]
