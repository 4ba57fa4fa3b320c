#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# check.sh: are the vectors what the scripts make? TAP on stdout and in
# build/results/unit-vectors-script.tap. Run from the top of the tree.

mkdir -p build/results
{
	number=0
	for script in vectors sign; do
		number=$((number + 1))
		what="$number - the golden vectors are what tests/vectors/$script.py makes"
		if ! command -v python3 >/dev/null; then
			echo "ok $what # SKIP python3 is not installed"
		elif PYTHONDONTWRITEBYTECODE=1 python3 tests/vectors/$script.py --check; then
			echo "ok $what"
		else
			echo "not ok $what"
		fi
	done
	echo "1..$number"
} >build/results/unit-vectors-script.tap
cat build/results/unit-vectors-script.tap
! grep -q '^not ok' build/results/unit-vectors-script.tap
