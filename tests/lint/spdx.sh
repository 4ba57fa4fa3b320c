#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# spdx.sh: every source, script and document says its licence in its first lines,
# and the one its folder has (LICENSES/README). Silent and 0 if so.
# Run from the top of the tree.

set -eu
. tests/lint/files.sh

# Names on stdin; $1 is the folder they are in.
check() {
	perl -e '
		my ($top) = @ARGV;
		my $tag = "SPDX-License-" . "Identifier:";
		my $bad = 0;
		while (my $name = <STDIN>) {
			chomp $name;
			# data, and files that cannot hold a comment
			next if $name =~ /\.(?:hex|bin|md|json|png|svg)$/;
			next if $name =~ m{^LICENSES/|^tests/fuzz/corpus/|(?:^|/)\.git\w+$};
			# an empty file licenses nothing; checkpatch leaves a cache behind
			next if -z "$top/$name" || $name =~ /^\.checkpatch-/;
			open my $in, "<", "$top/$name" or die "$name: $!\n";
			my $licence;
			while (my $line = <$in>) {
				last if $. > 5;
				next unless $line =~ /\Q$tag\E\s+(.*?)\s*(?:\*\/|-->)?\s*$/;
				$licence = $1;
				last;
			}
			my $gpl = $name =~ m{^kernel/|^tests/(?:kunit|kmod|libceph/kmod)/};
			my $either = $name =~ m{^tests/lab/(?:config|patches|selftest/bugs)/|^Kbuild$};
			my $want = $gpl ? "GPL-2.0-only" : "GPL-2.0-only OR BSD-2-Clause";
			next if defined $licence && $licence eq $want;
			# LICENSES/README speaks for patches: most name none themselves
			next if $name =~ /\.patch$/ && !defined $licence;
			next if $either && defined $licence && $licence eq "GPL-2.0-only";
			print "$name: ", defined $licence ? "\"$licence\"" : "no licence",
				", want \"$want\"\n";
			$bad = 1;
		}
		exit $bad;
	' "$1"
}

plant() {
	mkdir -p "$dir/$(dirname "$1")"
	printf '%s\n' "$2" >"$dir/$1"
}

# Each planted file by itself: the first ones must be refused, the others pass.
self_test() {
	dir=$(mktemp -d)
	trap 'rm -rf "$dir"' EXIT
	bad=0
	id="SPDX-License-""Identifier: "
	plant common/none.c "int x;"
	plant common/gpl.c "// ${id}GPL-2.0-only"
	plant kernel/dual.c "// ${id}GPL-2.0-only OR BSD-2-Clause"
	plant tests/kunit/dual.c "// ${id}GPL-2.0-only OR BSD-2-Clause"
	plant tests/lab/run "# ${id}MIT"
	for f in common/none.c common/gpl.c kernel/dual.c tests/kunit/dual.c tests/lab/run; do
		if echo "$f" | check "$dir" >/dev/null; then
			echo "passed, and should not: $f"
			bad=1
		fi
	done
	plant common/good.h "/* ${id}GPL-2.0-only OR BSD-2-Clause */"
	plant kernel/good.c "// ${id}GPL-2.0-only"
	plant tests/lab/patches/good.patch "# ${id}GPL-2.0-only"
	plant tests/vectors/good.hex "00"
	for f in common/good.h kernel/good.c tests/lab/patches/good.patch tests/vectors/good.hex; do
		echo "$f" | check "$dir" || bad=1
	done
	return $bad
}

case ${1-} in
--self-test)
	self_test
	;;
*)
	list_files | check .
	;;
esac
