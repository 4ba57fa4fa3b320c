#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# tokens.sh: common/ decides and does nothing else. Words that would do something
# are refused there, outside comments and strings; words that ask for the kernel's
# version are refused everywhere but in a compat header.
#
#	tokens.sh		check the tree; silent and 0 if clean
#	tokens.sh --self-test	plant each kind of offence; all must be found
#
# Run from the top of the tree.

set -eu
. tests/lint/files.sh

# Names of the files on stdin: one message a match.
check_common() {
	perl -e '
		my @rules = (
			[ "allocates", qr/\b(?:[kvd]?[vz]?(?:m|z|c|re)alloc\w*|k\w*alloc\w*|alloca|
				strdup|k?v?free\w*|kfree\w*)\s*\(/x ],
			[ "locks", qr/\b\w*(?:mutex|spinlock|rwlock|semaphore)\w*|
				\b(?:\w+_)?(?:un)?lock(?:_\w+)?\b|\b(?:atomic|refcount)_\w+/x ],
			[ "logs", qr/\b\w*printf\s*\(|\bprintk\w*|\bpr_[a-z]+\s*\(|
				\bdev_(?:err|warn|info|dbg)\b|\b(?:f?puts|perror)\s*\(/x ],
			[ "sleeps", qr/\b\w*sleep\w*\s*\(|\bschedule\w*\s*\(|\bwait_\w+\s*\(|
				\b[mun]delay\s*\(/x ],
			[ "reads a clock", qr/\b(?:time|clock|gettimeofday|clock_gettime)\s*\(|
				\bjiffies\w*|\bktime_\w+|\btimer_\w+/x ],
			[ "does I/O", qr/\b(?:p?read|p?write|readv|writev|socket|send|sendto|
				sendmsg|recv|recvfrom|recvmsg|open|close|ioctl|poll|
				epoll_\w+)\s*\(/x ],
			[ "calls verbs", qr/\bibv?_\w+|\brdma_\w+/ ],
			[ "calls back", qr/\(\s*\*\s*(?:const\s+)?\w*(?:\[\w*\])?\s*\)\s*\(|
				(?:->|\.)\s*\w+\s*\(/x ],
			[ "ends the world", qr/\b(?:abort|exit|_exit|assert|panic)\s*\(|
				\b(?:BUG|WARN)(?:_ON)?(?:_ONCE)?\s*\(/x ],
			[ "knows which world it is in", qr/__KERNEL__|__STDC_HOSTED__|\bCONFIG_\w+/, "deps.h" ],
			[ "includes what is outside", qr/^\s*#\s*include\s*</, "deps.h" ],
		);
		my $bad = 0;
		while (my $name = <STDIN>) {
			chomp $name;
			local $/;
			open my $in, "<", $name or die "$name: $!\n";
			my $text = <$in>;
			# comments and strings go, their line ends stay
			$text =~ s{(/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*")}{ (my $n = $1) =~ s/[^\n]//g; " $n" }gse;
			my $line = 0;
			for my $code (split /\n/, $text) {
				$line++;
				for my $rule (@rules) {
					my ($what, $pattern, $allowed) = @$rule;
					next if $allowed && $name =~ m{(?:^|/)\Q$allowed\E$};
					next unless $code =~ $pattern;
					print "$name:$line: $what: $&\n";
					$bad = 1;
				}
			}
			$/ = "\n";
		}
		exit $bad;
	'
}

# The kernel's version is asked in compat headers only.
check_versions() {
	grep -E '\.(c|h|S)$' | grep -v '[^/]*compat[^/]*$' | {
		bad=0
		while IFS= read -r f; do
			grep -nH "LINUX_VERSION""_CODE" "$f" && bad=1
		done
		return $bad
	}
}

self_test() {
	dir=$(mktemp -d)
	trap 'rm -rf "$dir"' EXIT
	bad=0
	number=0
	# one offence a line; the last ones are none
	while IFS= read -r code; do
		number=$((number + 1))
		printf '/* SPDX */\n%s\n' "$code" >"$dir/planted.c"
		if echo "$dir/planted.c" | check_common >/dev/null; then
			echo "not found: $code"
			bad=1
		fi
	done <<-'END'
		p = malloc(4);
		p = kmalloc(4, GFP_KERNEL);
		p = kvzalloc(4, 0);
		free(p);
		kfree(p);
		spin_lock(&s->guard);
		mutex_lock(&m);
		struct mutex m;
		pthread_mutex_t m;
		printf("x");
		printk(KERN_ERR "x");
		pr_err("x");
		usleep(4);
		msleep(4);
		t = time(NULL);
		t = jiffies;
		t = ktime_get();
		n = read(0, b, 1);
		n = write(0, b, 1);
		s = socket(1, 2, 3);
		ibv_post_send(q, w, &b);
		ib_post_send(q, w, &b);
		rdma_connect(id, p);
		void (*done)(void *arg);
		typedef int (*fn[4])(int);
		s->done(s);
		s.done (s);
		abort();
		BUG_ON(x);
		#ifdef __KERNEL__
		# include <stdio.h>
	END
	while IFS= read -r code; do
		printf '%s\n' "$code" >"$dir/clean.c"
		if ! echo "$dir/clean.c" | check_common; then
			echo "found, and is none: $code"
			bad=1
		fi
	done <<-'END'
		/* malloc(4) in a comment */
		// lock
		static const char *text = "free(x) and read(y) \" printf(z)";
		u32 blocked = clock_rate;
		static_assert(sizeof(x) == 4, "x");
		*p = cxio_frame_decode(buf, len, &f);
		u32 read_depth, sent, unlocked_bytes;
		f.crc = (u32)(1 + 2);
	END
	echo '#ifdef __KERNEL__' >"$dir/deps.h"
	echo "$dir/deps.h" | check_common || bad=1
	echo "#if LINUX_VERSION""_CODE > 4" >"$dir/x.h"
	cp "$dir/x.h" "$dir/my_compat.h"
	if echo "$dir/x.h" | check_versions >/dev/null; then
		echo "not found: a version check"
		bad=1
	fi
	echo "$dir/my_compat.h" | check_versions || bad=1
	[ "$number" -gt 20 ] || bad=1
	return $bad
}

case ${1-} in
--self-test)
	self_test
	;;
*)
	status=0
	list_files | grep '^common/.*\.[ch]$' | check_common || status=1
	list_files | check_versions || status=1
	exit $status
	;;
esac
