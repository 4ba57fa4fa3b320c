# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Of what 'gcov -t' prints, for the source file whose path is FILE: its lines of code, how
# many of them ran, and the numbers of those that did not.
BEGIN {
	FS = ":"
}
/^ *-: *0:Source:/ {
	here = $4 == file
	next
}
here && $1 !~ /-$/ {
	all++
	n = $2
	gsub(" ", "", n)
	if ($1 ~ /#####|=====/)
		missed = missed " " n
	else
		run++
}
END {
	print all + 0, run + 0, missed
}
