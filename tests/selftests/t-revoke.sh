#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Messages are taken back at random moments of their way, by their sender and by their
# receiver, and memory that was offered for replies; it is rewritten at once: see
# tests/kmod/revoke_test.c and sink_test.c.
# shellcheck source=tests/selftests/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
# Of messages: half by each side; and as many of sinks.
revokes=${ST_REVOKES:-$(amount stock=300 else=500)}
# In the middle of a READ it is hardest: one in twenty is to be there.
in_read=$((revokes / 20))
# Of the answers, half of which nobody takes back: so many are to be written to sinks.
written=$((revokes / 10))
modules=$LAB_TOP/build/kmod-tests/$LAB_KERNEL/tests/kmod

# played MODULE ROUNDS: load it; what it said is in $said, its last line at the end
played() {
	local log status=0
	insmod "$modules/$1.ko" addr="$LAB_ADDR4" rounds="$2" seed=1 || status=1
	log=$(dmesg | tac | sed '/lab-mark: selftest t-revoke/q' | tac)
	# shellcheck disable=SC2178 # another than the array that is local to lib.sh
	said=$(grep "$1:" <<< "$log" | tail -n 20)
	# shellcheck disable=SC2128 # likewise
	echo "$said"
	[ $status = 0 ] && rmmod "$1" || return 1
	# A device that read what was written later would have the peer find a wrong CRC.
	! grep 'crc mismatch' <<< "$log"
}

taken_back() {
	played revoke_test $((revokes / 2)) || return 1
	# Some of each kind, or it proves nothing.
	[[ ${said##*$'\n'} =~ \ ([0-9]+)\ at\ a\ device,\ ([0-9]+)\ in\ the\ middle\ of\ a\ READ,\ ([0-9]+)\ under\ way,.*\ ([0-9]+)\ rewritten,\ ([0-9]+)\ again ]] &&
		[ "${BASH_REMATCH[1]}" -ge 5 ] && [ "${BASH_REMATCH[2]}" -ge "$in_read" ] &&
		[ "${BASH_REMATCH[3]}" -ge 5 ] && [ "${BASH_REMATCH[4]}" -ge 5 ] &&
		[ "${BASH_REMATCH[5]}" -ge 5 ]
}

sinks_taken_back() {
	played sink_test "$revokes" || return 1
	[[ ${said##*$'\n'} =~ \ ([0-9]+)\ open,\ ([0-9]+)\ coming,.*\ ([0-9]+)\ written ]] &&
		[ "${BASH_REMATCH[1]}" -ge 5 ] && [ "${BASH_REMATCH[2]}" -ge 5 ] &&
		[ "${BASH_REMATCH[3]}" -ge "$written" ]
}

load_module
alone "$revokes messages taken back" taken_back
sed -n 's/^.*\(revoke_test: [0-9]* at a device.*\)/# \1/p' "$log"
alone "$revokes sinks taken back" sinks_taken_back
sed -n 's/^.*\(sink_test: [0-9]* open.*\)/# \1/p' "$log"
check "objects" objects_zero
done_testing
