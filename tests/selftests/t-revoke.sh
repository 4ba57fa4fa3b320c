#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Messages are taken back at random moments of their way, by their sender and by their
# receiver, and their memory is rewritten at once: see tests/kmod/revoke_test.c.
# shellcheck source=tests/selftests/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
rounds=$(amount stock=300 else=500)
# A number for both sides together, for those who want more of them.
[ -z "${ST_REVOKES:-}" ] || rounds=$((ST_REVOKES / 2))
# In the middle of a READ it is hardest: one in twenty is to be there.
in_read=$((2 * rounds / 20))
revoke_test=$LAB_TOP/build/kmod-tests/$LAB_KERNEL/tests/kmod/revoke_test.ko

taken_back() {
	local log said status=0
	insmod "$revoke_test" addr="$LAB_ADDR4" rounds="$rounds" seed="$1" || status=1
	log=$(dmesg | tac | sed '/lab-mark: selftest t-revoke/q' | tac)
	said=$(grep 'revoke_test:' <<< "$log" | tail -n 20)
	echo "$said"
	[ $status = 0 ] && rmmod revoke_test || return 1
	# A device that read what was written later would have the peer find a wrong CRC.
	! grep 'crc mismatch' <<< "$log" || return 1
	# Some of each kind, or it proves nothing.
	[[ ${said##*$'\n'} =~ \ ([0-9]+)\ at\ a\ device,\ ([0-9]+)\ in\ the\ middle\ of\ a\ READ,\ ([0-9]+)\ under\ way,.*\ ([0-9]+)\ rewritten,\ ([0-9]+)\ again ]] &&
		[ "${BASH_REMATCH[1]}" -ge 5 ] && [ "${BASH_REMATCH[2]}" -ge "$in_read" ] &&
		[ "${BASH_REMATCH[3]}" -ge 5 ] && [ "${BASH_REMATCH[4]}" -ge 5 ] &&
		[ "${BASH_REMATCH[5]}" -ge 5 ]
}

load_module
alone "$rounds messages taken back by each side" taken_back 1
sed -n 's/^.*\(revoke_test: [0-9]* at a device.*\)/# \1/p' "$log"
check "objects" objects_zero
done_testing
