#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# check.sh: are the vectors what the scripts make, and what they were when the wire was
# frozen? "check.sh freeze" adds what is new to the list. TAP on stdout and in
# build/results/unit-vectors-script.tap. Run from the top of the tree.

frozen=tests/vectors/frozen

# One line each: SHA-256 of a vector, without its comments; number of a fault.
standing() {
	for vector in tests/vectors/*.hex; do
		printf 'vector %s %s\n' "$(basename "$vector" .hex)" \
			"$(sed 's/#.*//' "$vector" | tr -d ' \n' | sha256sum | cut -d' ' -f1)"
	done
	sed -n 's/^\tCXIO_FAULT_\([A-Z0-9_]*\) = \([0-9]*\),$/fault \1 \2/p' common/fault.h
}

if [ "${1:-}" = freeze ]; then
	standing | grep -vxFf $frozen >>$frozen
	exit
fi

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
	number=$((number + 1))
	what="$number - vectors and faults are as they were when version 1 was frozen"
	standing >build/results/standing
	if lines=$(grep -vxFf build/results/standing $frozen | grep -v '^#') ||
		lines=$(grep -vxFf $frozen build/results/standing); then
		echo "not ok $what"
		echo "$lines" | sed 's/^/# changed, gone, or not in tests\/vectors\/frozen: /'
	else
		echo "ok $what"
	fi
	echo "1..$number"
} >build/results/unit-vectors-script.tap
cat build/results/unit-vectors-script.tap
! grep -q '^not ok' build/results/unit-vectors-script.tap
