#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# step.sh NAME COMMAND...: run one step of a check. What it prints goes to
# build/results/NAME.log; the verdict to build/results/NAME.tap. A failing step
# shows its last lines, and the check goes on: summary.sh has the last word.
set -uo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
name=$1
shift
results=$top/build/results
mkdir -p "$results"
start=$SECONDS
# Whoever ends this, too, has failed.
printf 'not ok 1 - %s (has not ended)\n' "$name" > "$results/step-$name.tap"
if "$@" > "$results/step-$name.log" 2>&1; then
	verdict=ok
else
	verdict="not ok"
	tail -n "${STEP_LINES:-40}" "$results/step-$name.log" | sed 's/^/    /'
fi
printf '%s 1 - %s\n' "$verdict" "$name" > "$results/step-$name.tap"
printf '%-6s %s (%d s)\n' "$verdict" "$name" $((SECONDS - start))
