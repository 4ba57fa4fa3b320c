#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# run.sh NAME PROGRAM...: run test programs; TAP on stdout without the comments of
# what passed, and whole in build/results/unit-NAME-PROGRAM.tap.
# UNIT_RUN is the command that runs a program: for another machine, or to look at it.
# Run from the top of the tree.

set -u

# Results with their program's name; comments only around what failed: the last one
# before it names the row of a table, those behind it say why. What valgrind says stays.
show() {
	awk -v what="$1" '
		/^==[0-9]+==/ {
			print
			next
		}
		/^(not )?ok / {
			bad = /^not/
			if (bad && row)
				print row
			row = ""
			sub(/ok [0-9]* - /, "&" what ": ")
			print
			next
		}
		/^1\.\./ || /^# (not )?ok - / { next }
		bad {
			print
			bad = !/: error: /
			next
		}
		{ row = $0 }
	'
}

name=$1
shift
UNIT_RUN=${UNIT_RUN:-}
results=build/results
mkdir -p $results
status=0
total=0
bad=0
for program; do
	test=${program##*/}
	tap=$results/unit-$name-$test.tap
	CMOCKA_MESSAGE_OUTPUT=TAP timeout 120 $UNIT_RUN "$program" >"$tap" 2>&1
	code=$?
	planned=$(sed -n 's/^1\.\.//p' "$tap" | head -n 1)
	done=$(grep -cE '^(not )?ok ' "$tap")
	# a program that dies does not say so itself
	if [ "${planned:-none}" != "$done" ] ||
	   { [ $code != 0 ] && ! grep -q '^not ok ' "$tap"; }; then
		echo "not ok $((done + 1)) - $test ended with status $code," \
			"$done of ${planned:-no} tests done" >>"$tap"
	fi
	total=$((total + $(grep -cE '^(not )?ok ' "$tap")))
	bad=$((bad + $(grep -c '^not ok ' "$tap")))
	grep -q '^not ok ' "$tap" && status=1
	show "$name: $test" <"$tap"
done
echo "# $name: $total tests, $bad failed"
exit $status
