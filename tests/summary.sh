#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# summary.sh: add up every TAP file of build/results and print the closing line.
# Exit status: 0 if nothing failed and something passed.
set -uo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$top/build/results" || exit 1
shopt -s nullglob
files=(*.tap)
[ ${#files[@]} -gt 0 ] || { echo "no test has run"; exit 1; }

skipped=$(grep -hE '^[[:space:]]*ok .*# *SKIP' "${files[@]}" | wc -l)
passed=$(($(grep -hE '^[[:space:]]*ok ' "${files[@]}" | wc -l) - skipped))
failed=$(grep -hE '^[[:space:]]*not ok ' "${files[@]}" | wc -l)
[ "$skipped" = 0 ] || grep -HE '^[[:space:]]*ok .*# *SKIP' "${files[@]}"
# What failed, and what it said of that.
[ "$failed" = 0 ] || awk '/^[[:space:]]*not ok / { why = 1; print FILENAME ":" $0; next }
	/^[[:space:]]*#/ { if (why) print; next } { why = 0 }' "${files[@]}"
echo
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
