#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Frames that our own programs sent, recorded and spoilt at random: toward xio_server
# and the kernel's endpoint each mutation ends at most its own connection; and it does end
# that if what came of it is a frame for nobody.
# shellcheck source=tests/selftests/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
# shellcheck source=tests/selftests/raw.sh
. "${BASH_SOURCE[0]%/*}/raw.sh"
# shellcheck disable=SC2034 # of choose
parts=1
recording=$tmp/recording

# What programs say in a short life, by a frame's first byte; KEEPALIVE takes silence.
recorded_all() {
	local type
	for type in 01 02 03 05 06 07 08 0a; do
		echo "$(grep -c "^$type" "$recording") frames of type $type"
		grep -q "^$type" "$recording" || return 1
	done
	# Data that was written before, and descriptors.
	grep -q '^010[4567]' "$recording" && grep -q '^010[2367]' "$recording"
}

ulimit -l unlimited
load_module
choose client '@(good|chain|keepalive|last-credit|*-good)'
cases+=(--count 3 --record "$recording")
cxio listen --addr "$addr"
nested "recording, kernel: " rules --port 7471
start_server server "$addr" --reply
drain server
nested "recording, xio_server: " rules --port "$port" --sinks
stop server

choose server record
cases+=(--record "$recording")
for size in 0 100 10k 1m; do
	victims "recording, xio_client, $size: " xio_client --msgs 3 --dsize "$size" --timeout "$SLOWER" \
		--no-progress
done
victims "recording, xio_client --sink: " xio_client --reply-hooks --sink --msgs 3 --dsize 64k \
	--timeout "$SLOWER" --no-progress
victims "recording, cxio send: " cxio send --msgs 3 --dsize 64k --timeout "$SLOWER" --no-progress
check "frames of every kind are recorded" recorded_all

cases=(--case recorded --recorded "$recording")
nested "kernel: " rules --port 7471
check "kernel: objects" objects_zero
cxio unlisten
start_server server "$addr"
drain server
nested "xio_server: " rules --port "$port"
check "xio_server: nothing left" stop server
done_testing
