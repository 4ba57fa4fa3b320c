#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# Who is let in: peers of both worlds with a secret, without, with another one, or with
# another name for it; and whether messages are signed. That data comes through with a
# secret, all ways and sizes, t-interop.sh shows.
# shellcheck source=tests/selftests/lib.sh
. "${BASH_SOURCE[0]%/*}/lib.sh"
# shellcheck source=tests/selftests/raw.sh
. "${BASH_SOURCE[0]%/*}/raw.sh"
secret=$tmp/secret
other=$tmp/other
head -c 32 /dev/urandom > "$secret"
head -c 32 /dev/urandom > "$other"

# serve WORLD OPTION...: its port is in $port
serve() {
	local world=$1
	shift
	port=7471
	case $world in
	kernel) cxio listen --addr "$addr" "$@" ;;
	user) start_server server "$addr" --quiet "$@" ;;
	esac
}

# served WORLD: end it; what a user's server said is in $tmp/server.out
served() {
	case $1 in
	kernel) cxio unlisten --addr "$addr" ;;
	user) stop server > /dev/null ;;
	esac
}

# ask WORLD OPTION...: a short transfer
ask() {
	local program='cxio send'
	[ "$1" = kernel ] || program=xio_client
	shift
	$program --addr "$addr" --port "$port" --msgs 20 --dsize 20k --no-progress --timeout $((20 * SLOWER)) "$@"
}

# let_in CLIENT SERVER CLIENT-OPTIONS SERVER-OPTIONS
let_in() {
	# shellcheck disable=SC2086 # words
	serve "$2" $4 && ask "$1" $3 && served "$2" && objects_zero
}

# turned_away CLIENT SERVER CLIENT-OPTIONS SERVER-OPTIONS PATTERN: the client fails with
# one line that matches, and one with the right secret is served afterwards
turned_away() {
	# shellcheck disable=SC2086 # words
	serve "$2" $4 && says_error 1 "$5" ask "$1" $3 && ask "$1" $4 && served "$2" && objects_zero
}

signed() {
	local n shown
	serve kernel --secret "$secret" && n=$(cxio connect --addr "$addr" --secret "$secret" "$@") ||
		return 1
	shown=$(cxio show --json)
	echo "$shown"
	cxio close --connection "$n" && served kernel || return 1
	# Both ends.
	[ "$(grep -c '"authenticated":true' <<< "$shown")" = 2 ] &&
		[ "$(grep -c '"signed":true' <<< "$shown")" = "$signed" ] && objects_zero
}

# Twice the server goes in the middle of a stream, and comes back with another nonce: each
# carrier has keys of its own.
comes_back() {
	local i at="$secret"
	local options="--policy lossless --secret $at --signing on"
	# shellcheck disable=SC2086 # words
	start_server server "$addr" $options --die-after 300 || return 1
	# shellcheck disable=SC2086 # words
	spawn stream xio_client --addr "$addr" --port "$port" --msgs 1500 --dsize 20k \
		--no-progress --json --timeout $((60 * SLOWER)) $options || return 1
	for i in 1 2; do
		finish server > /dev/null
		[ $? = 137 ] || { echo "the server did not die" && return 1; }
		# shellcheck disable=SC2046,SC2086 # words
		spawn server xio_server --addr "$addr" --port "$port" $options \
			$([ $i = 2 ] || echo --die-after 300) && expect server 'listening on *' || return 1
	done
	finish stream 120 > "$tmp/json" || { cat "$tmp/json" && return 1; }
	cat "$tmp/json"
	stop server > /dev/null
	[ "$(value messages "$(cat "$tmp/json")")" = 1500 ] &&
		[ "$(value identical "$(cat "$tmp/json")")" = true ] &&
		[ "$(value connects "$(cat "$tmp/json")")" -ge 3 ]
}

# A key that somebody has put into his keyring, of a type that can be read back and of one
# that cannot: the kernel takes it by its name, and no program is given the secret.
put_key() {
	python3 - "$1" "ceph_xio:$2" "$secret" <<- 'END'
		import ctypes, sys
		kind, name, path = sys.argv[1:]
		secret = open(path, "rb").read()
		libc = ctypes.CDLL(None, use_errno=True)
		# add_key() on x86-64, into the user's keyring
		key = libc.syscall(248, kind.encode(), name.encode(), secret, len(secret), -4)
		sys.exit(key < 0)
	END
}

from_keyring() {
	local kind
	says_error 1 '*no good key of that name*' cxio listen --addr "$addr" --secret-name nobody ||
		return 1
	for kind in logon user; do
		put_key $kind "$kind" && serve kernel --secret-name "$kind" &&
			says_error 1 '*authorizer*' ask user --secret "$other" --secret-name "$kind" &&
			ask user --secret "$secret" --secret-name "$kind" &&
			ask kernel --secret-name "$kind" && served kernel || return 1
	done
}

load_module
for client in kernel user; do
	for server in kernel user; do
		who="$client to $server"
		alone "$who: both know it" let_in $client $server "--secret $secret" "--secret $secret"
		alone "$who: signatures insisted on" let_in $client $server \
			"--secret $secret --signing on" "--secret $secret --signing auto"
		alone "$who: no signatures" let_in $client $server \
			"--secret $secret --signing off" "--secret $secret --signing auto"
		alone "$who: another secret" turned_away $client $server \
			"--secret $other" "--secret $secret" '*authorizer*'
		alone "$who: another name" turned_away $client $server \
			"--secret $secret --secret-name else" "--secret $secret" '*authorizer*'
		alone "$who: the client has none" turned_away $client $server \
			"" "--secret $secret" '*authorizer*'
		alone "$who: the server has none" turned_away $client $server \
			"--secret $secret" "" '*authorizer*'
		alone "$who: one insists on signatures, the other refuses" turned_away $client $server \
			"--secret $secret --signing on" "--secret $secret --signing off" '*authorizer*'
	done
done
signed=2
alone "what is shown of a signed connection" signed
signed=0
alone "what is shown of one that is not" signed --signing off
alone "a secret from the keyring" from_keyring
alone "lost twice, and signed all the same" comes_back
# Who comes with a method that we do not have is told of by its name.
offered='offers method cephx (2)'
dmesg_names_method() {
	dmesg | tac | sed '/lab-mark: selftest t-auth$/q' | grep -q "turned away: $offered"
}

# Who pretends to know it, and who does not sign what he sends.
cases=()
serve kernel --secret "$secret" --signing on
nested "pretending, kernel: " rules --port 7471 --secret "$secret"
check "pretending, kernel: objects" objects_zero
check "pretending, kernel: the method is named" dmesg_names_method
served kernel
serve user --secret "$secret" --signing on
drain server
nested "pretending, xio_server: " rules --port "$port" --secret "$secret"
check "pretending, xio_server: nothing left" stop server
check "pretending, xio_server: the method is named" grep -q "$offered" "$tmp/server.out"
expect_error "a secret that is short" 3 '*fewer than 16*' \
	xio_client --addr "$addr" --secret /dev/null
done_testing
