#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# run.sh NAME PROGRAM EVENTS: simulate so many events. TAP on stdout without the
# counts, and whole in build/results/sim-NAME.tap. UNIT_RUN is a command that runs the
# program. Run from the top of the tree.

set -u

tap=build/results/sim-$1.tap
mkdir -p build/results
# shellcheck disable=SC2086 # words
timeout 120 ${UNIT_RUN:-} "$2" --events "$3" >"$tap" 2>&1
code=$?
if [ $code != 0 ] && ! grep -q '^not ok ' "$tap"; then
	echo "not ok 1 - sim ended with status $code" >>"$tap"
fi
sed -i "s/^\(\(not \)\{0,1\}ok [0-9]* - \)sim:/\1sim, $1:/" "$tap"
if grep -q '^not ok ' "$tap"; then
	cat "$tap"
else
	grep -E '^ok |events in' "$tap"
fi
exit $code
