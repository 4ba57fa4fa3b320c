# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=sh
#
# list_files: the tree's own files, one a line: what git tracks or would track.
# Outside a git checkout (an unpacked archive), everything that is not built.

list_files() {
	git ls-files -co --exclude-standard 2>/dev/null | sort -u |
		while IFS= read -r f; do [ -f "$f" ] && echo "$f"; done |
		grep . ||
		find . -name .git -prune -o -path ./build -prune -o -type f -print | sed 's,^\./,,'
}
