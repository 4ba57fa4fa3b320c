#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Things end while messages are under way: the module, the device, a process.
# shellcheck source=tests/selftests/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
addr=$LAB_ADDR4
endless="--msgs 4294967295 --dsize 64k --depth 4"
# "cxio send" and "xio_client" report their progress, and so that there is some.
flowing='* echoed (*'

# flow NAME COMMAND...: start it, wait until messages come back
flow() {
	local name=$1
	shift
	# shellcheck disable=SC2086 # words
	spawn "$name" "$@" $endless && expect "$name" "$flowing"
}

# failed NAME PATTERN [SECONDS]: it ends with an error, and one line, which matches
failed() {
	local status words=()
	finish "$1" "${3:-$LIMIT}" > "$tmp/finished"
	status=$?
	mapfile -t words < <(grep -v ' echoed (' "$tmp/$1.out")
	# shellcheck disable=SC2053 # a pattern
	[ $status = 1 ] && [ ${#words[@]} = 1 ] && [[ ${words[0]} == $2 ]] && return
	echo "$1: status $status; ${#words[@]} lines instead of one like '$2':"
	tail -n 20 "$tmp/finished"
	return 1
}

listening() {
	load_module && cxio listen --addr "$addr"
}

# one message, there and back
works() {
	cxio send --addr "$addr" --msgs 1 --no-progress --json
}

# --- rmmod ---

# The reason is told if that is possible at once: with all credits or send buffers in
# use it is not.
ended='*@(messenger shut down|peer went away without a word)*'

rmmod_kernel_kernel() {
	listening && flow client cxio send --addr "$addr" && unload_module &&
		failed client '*messenger shut down*' 20
}

rmmod_user_kernel() {
	listening && flow client xio_client --addr "$addr" && unload_module &&
		failed client "$ended" 20
}

rmmod_kernel_user() {
	load_module && start_server server "$addr" &&
		flow client cxio send --addr "$addr" --port "$port" && unload_module &&
		failed client '*messenger shut down*' 20 &&
		expect server "$ended" && stop server
}

# --- the device; no process may have it open, see rdma-core ---

delete_under_traffic() {
	listening && flow client cxio send --addr "$addr" && delete_device &&
		failed client '*RDMA device removed*' 20 && objects_zero
}

add_again() {
	add_device || return 1
	cxio unlisten
	cxio listen --addr "$addr" && works && objects_zero
}

delete_idle() {
	cxio connect --addr "$addr" && delete_device && objects_zero && add_device &&
		unload_module
}

# --- processes ---

# On slow machines it is seen to die in pieces: the memory that is read goes before the queue
# pair does.
died='peer went away without a word'
case $LAB_KERNEL in debug | kcsan)
	died+='|reading the peer*: remote access error|transport error' ;;
esac
died="*@($died)*"

server_killed() {
	load_module && start_server server "$addr" &&
		flow client cxio send --addr "$addr" --port "$port" || return 1
	kill -KILL "${pid[server]}"
	finish server > "$tmp/finished"
	failed client "$died" && objects_zero
}

user_server_killed() {
	start_server server "$addr" && flow client xio_client --addr "$addr" --port "$port" ||
		return 1
	kill -KILL "${pid[server]}"
	finish server > "$tmp/finished"
	failed client "$died"
}

client_killed() {
	cxio listen --addr "$addr" && flow client xio_client --addr "$addr" || return 1
	kill -KILL "${pid[client]}"
	finish client > "$tmp/finished"
	objects_zero && works
}

# The transfer is the kernel's: it goes on until somebody closes the connection.
control_killed() {
	local number
	flow client cxio send --addr "$addr" || return 1
	kill -KILL "${pid[client]}"
	finish client > "$tmp/finished"
	number=$(active_connection) && cxio close --connection "$number" && objects_zero
}

# --- close ---

active_connection() {
	local all
	all=$(cxio show --json | grep '"accepted":false')
	value connection "$all"
}

close_under_traffic() {
	local number
	flow client cxio send --addr "$addr" && number=$(active_connection) &&
		cxio close --connection "$number" && failed client '*clos*' && objects_zero
}

# The listener's end of it.
close_accepted() {
	local number
	flow client xio_client --addr "$addr" || return 1
	number=$(value connection "$(cxio show --json)")
	cxio close --connection "$number" &&
		failed client '*the server closed before all came back' && objects_zero
}

unlisten_under_traffic() {
	flow client xio_client --addr "$addr" && cxio unlisten --addr "$addr" || return 1
	expect client "$flowing" || return 1
	kill -KILL "${pid[client]}"
	finish client > "$tmp/finished"
	objects_zero
}

# --- a network namespace without the device's addresses ---

namespace() {
	says_error 1 '*no RDMA device has that address*' \
		unshare --net cxio listen --addr "$addr"
}

namespace_ends() {
	# shellcheck disable=SC2016 # for the other shell
	unshare --net bash -c 'cxio stat --json && [ -z "$(cxio show --json)" ]'
}

alone "rmmod, kernel to kernel" rmmod_kernel_kernel
alone "rmmod, user to kernel" rmmod_user_kernel
alone "rmmod, kernel to user" rmmod_kernel_user
alone "device removed" delete_under_traffic
alone "device added again" add_again
alone "device removed with idle connections" delete_idle
alone "server killed, kernel to user" server_killed
alone "server killed, user to user" user_server_killed
alone "client killed, user to kernel" client_killed
alone "cxio send killed" control_killed
alone "cxio close, kernel to kernel" close_under_traffic
alone "cxio close of an accepted connection" close_accepted
alone "cxio unlisten, user to kernel" unlisten_under_traffic
alone "listen in another network namespace" namespace
alone "look from another network namespace" namespace_ends
done_testing
