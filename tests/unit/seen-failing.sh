#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# seen-failing.sh: do the unit tests notice? Each row changes one line in a copy of
# common/; at least one test program must then fail that does not fail without it.
# TAP on stdout and in build/results/mutants.tap. Needs the programs' objects of
# "make unit"; run from the top of the tree by "make mutants".

set -uo pipefail

plain=build/unit/plain
dir=build/unit/mutant
tap=build/results/mutants.tap
export UNIT_FRAMES=60000 CMOCKA_MESSAGE_OUTPUT=TAP

mkdir -p build/results
rm -rf $dir
mkdir -p $dir
: > $tap

say() {
	echo "$*" | tee -a $tap
}

# fails PROGRAM: its tests that fail, by name; a time-out or a crash is one too
fails() {
	local out code

	out=$(timeout 10 "$1" 2>&1)
	code=$?
	grep '^not ok' <<< "$out" | sed 's/^not ok [0-9]* - //'
	[ $code -lt 124 ] || echo "status $code"
}

tests=()
for source in tests/unit/test_*.c; do
	name=${source##*/}
	tests+=("${name%.c}")
done

# the ones that find most come first: a mutant needs one that fails
order=(test_channel test_channel_faults)
for t in "${tests[@]}"; do
	[[ " ${order[*]} test_channel_random " == *" $t "* ]] || order+=("$t")
done
order+=(test_channel_random)

for t in "${order[@]}"; do
	fails $plain/"$t" > $dir/"$t".base
done

number=0
failed=0

# mutant FILE WHAT SED
mutant() {
	local file=$1 what=$2 script=$3 core t new

	number=$((number + 1))
	sed "$script" common/"$file".c > $dir/"$file".c
	if cmp -s common/"$file".c $dir/"$file".c; then
		say "not ok $number - mutant: $what: the line to change is gone from $file.c"
		failed=$((failed + 1))
		return
	fi
	# unused names are the mutation's own
	if ! gcc -std=c11 -ffreestanding -O1 -w -Icommon -c -o $dir/"$file".o $dir/"$file".c; then
		say "not ok $number - mutant: $what: does not compile"
		failed=$((failed + 1))
		return
	fi
	core=()
	for o in common/*.c; do
		o=${o##*/}
		[ "${o%.c}" = "$file" ] || core+=("$plain/${o%.c}.o")
	done
	for t in "${order[@]}"; do
		gcc -o $dir/"$t" $plain/"$t".o $plain/{pair,craft,crc32c}.o "${core[@]}" \
			$dir/"$file".o -lcmocka -lisal || continue
		new=$(fails $dir/"$t" | grep -vxFf $dir/"$t".base | head -n 1)
		if [ -n "$new" ]; then
			say "ok $number - mutant: $what: $t sees it ($new)"
			return
		fi
	done
	say "not ok $number - mutant: $what: no test sees it"
	failed=$((failed + 1))
}

mutant wire "frame crc not compared" \
	's/if (le32_to_cpu(w->crc) != frame_crc(.*$/if (0)/'
mutant wire "reserved bits not checked" \
	's/if (le16_to_cpu(w->reserved))/if (0)/'
mutant wire "body_len not checked" \
	's/if (f->body_len != len - CXIO_FRAME_HEADER)/if (0)/'
mutant wire "body of a control frame not under the crc" \
	's/if (!cxio_frame_is_message(type))/if (0)/'
mutant msgr1 "message crc not compared" \
	's/if (le32_to_cpu(w->crc) != header_crc(w))/if (0)/'
mutant msgr1 "data limit off by one" \
	's/> CXIO_DATA_MAX)/> CXIO_DATA_MAX + 1)/'
mutant credit "the last credit carries anything" \
	's/if (left > 1)/if (left > 0)/'
mutant credit "a misused last credit is not found" \
	's/if (c->rx_frames.used == c->rx_frames.told \&\&/if (0 \&\&/'
mutant credit "a grant beyond the limit is taken" \
	's/if (more > w->limit - cxio_send_window_left(w))/if (0)/'
mutant credit "grants feed each other" \
	's/return quarter < 2 ? 2 : quarter;/return 1;/'
mutant credit "the peer's window is not enforced" \
	's/if (n > w->told - w->used)/if (0)/'
mutant channel "a gap is not seen" \
	's/if (h.seq > s->in_seq && h.seq - s->in_seq != 1)/if (0)/'
mutant channel "footer flags not checked" \
	's/if (f.flags & ~(CXIO_FOOTER_COMPLETE.*$/if (0)/'
mutant channel "data crc not compared" \
	's/if (f.crc\[segment\] != s/if (segment != CXIO_DATA \&\& f.crc[segment] != s/'
mutant channel "a footer that just fits goes alone" \
	's/- end >= CXIO_MSG_FOOTER;/- end > CXIO_MSG_FOOTER;/'
mutant channel "a footer without the last flag passes" \
	's/return CXIO_FAULT_MSG_LAST_MISSING;/last = true;/'
mutant channel "an ack of the future is taken" \
	's/if (more > s->sent_seq - s->acked)/if (0)/'
mutant channel "consumed memory is not told of" \
	'/^void cxio_channel_consumed/,/^}/s/owe_ack(s, now);//'
mutant channel "a duplicate's window is lost" \
	's/cxio_channel_consumed(s, 1, s->rx.total, now);//'
mutant channel "a duplicate is dispatched" \
	's/s->rx.dropped = h.seq <= s->in_seq;/s->rx.dropped = false;/'
mutant channel "the passive side speaks first" \
	's/s->may_send = active;/s->may_send = true;/'
mutant channel "frames after a close are taken" \
	's/if (s->peer_closed)$/if (0)/'
mutant channel "a second fault replaces the first" \
	's/if (s->close_due && (s->close_now/if (0 \&\& (s->close_now/'
mutant channel "an echo is sent for ever" \
	's/s->echo = false;//'
mutant channel "the frame's border is missed" \
	's/p->len = left < room ? left : room;/p->len = left <= room + 1 ? left : room;/'
mutant hello "required features not checked" \
	's/if ((le64_to_cpu(h->required) & ~ours->supported) ||/if (0 ||/'
mutant hello "layout hash not compared" \
	's/if (le32_to_cpu(h->layout) != cxio_wire_layout_hash())/if (0)/'
mutant plan "the border of a frame off by one" \
	's/if (payload <= agreed->frame_max - fixed)/if (payload < agreed->frame_max - fixed)/'
mutant hist "bucket's top off by one bucket" \
	's/(CXIO_HIST_SUB + sub + 1)/(CXIO_HIST_SUB + sub)/'
mutant transfer "a byte of the file left out" \
	's/t->offset += len;/t->offset += len + 1;/'

say "1..$number"
[ $failed = 0 ]
