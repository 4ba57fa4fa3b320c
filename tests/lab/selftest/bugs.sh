#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# bugs.sh MODULE BUG...: guest script; plant each bug and say whether lab-check
# finds it. The last bug is left for what judges the whole run, the leak scan.
set -u
module=$1
shift
for bug; do
	lab-mark "$bug"
	/sbin/insmod "$module" bug="$bug" || exit 1
	/sbin/rmmod lab_bugs || exit 1
	if lab-check > /dev/null; then
		echo "$bug: clean"
	else
		echo "$bug: found"
	fi
done
