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
order=(core test_channel)
for t in "${tests[@]}"; do
	[[ " ${order[*]} test_channel_random " == *" $t "* ]] || order+=("$t")
done
order+=(test_channel_random)

# own PROGRAM: its objects but for common/ and the helpers; all portable suites are one
own() {
	local source
	if [ "$1" = core ]; then
		for source in tests/core/*.c; do
			source=${source##*/}
			echo "$plain/core/${source%.c}.o"
		done
	else
		echo $plain/"$1".o
	fi
}

for t in "${order[@]}"; do
	if [ "$t" = core ]; then
		fails $plain/core/core
	else
		fails $plain/"$t"
	fi > $dir/"$t".base
done

number=0
failed=0

# one FILE WHAT SED DIR: the verdict without its number
one() {
	local file=$1 what=$2 script=$3 own_dir=$4 core t new

	mkdir -p "$own_dir"
	sed "$script" common/"$file".c > "$own_dir"/"$file".c
	if cmp -s common/"$file".c "$own_dir"/"$file".c; then
		echo "not ok - mutant: $what: the line to change is gone from $file.c"
		return
	fi
	# unused names are the mutation's own
	if ! gcc -std=c11 -ffreestanding -O1 -w -Icommon -c -o "$own_dir"/"$file".o \
		"$own_dir"/"$file".c; then
		echo "not ok - mutant: $what: does not compile"
		return
	fi
	core=()
	for o in common/*.c; do
		o=${o##*/}
		[ "${o%.c}" = "$file" ] || core+=("$plain/${o%.c}.o")
	done
	for t in "${order[@]}"; do
		# shellcheck disable=SC2046 # words
		gcc -o "$own_dir"/"$t" $(own "$t") $plain/{pair,craft,crc32c}.o "${core[@]}" \
			"$own_dir"/"$file".o -lcmocka -lisal -lcrypto || continue
		new=$(fails "$own_dir"/"$t" | grep -vxFf $dir/"$t".base | head -n 1)
		if [ -n "$new" ]; then
			echo "ok - mutant: $what: $t sees it ($new)"
			return
		fi
	done
	echo "not ok - mutant: $what: no test sees it"
}

# mutant FILE WHAT SED: as many at a time as there are processors
mutant() {
	number=$((number + 1))
	[ "$(jobs -rp | wc -l)" -lt "$(nproc)" ] || wait -n
	{
		one "$@" $dir/$number > $dir/$number.verdict
		rm -rf "${dir:?}"/$number
	} &
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
mutant channel_rx "a gap is not seen" \
	's/if (order == CXIO_ORDER_GAP)/if (0)/'
mutant channel_rx "footer flags not checked" \
	's/if (f->flags & ~(CXIO_FOOTER_COMPLETE.*$/if (0)/'
mutant rendezvous "data crc not compared" \
	's/if (segment == CXIO_DATA \&\& (f->flags \& CXIO_FOOTER_NOCRC))/if (segment == CXIO_DATA)/'
mutant channel_tx "a footer that just fits goes alone" \
	's/- end >= CXIO_MSG_FOOTER;/- end > CXIO_MSG_FOOTER;/'
mutant channel_rx "a footer without the last flag passes" \
	's/return CXIO_FAULT_MSG_LAST_MISSING;/last = true;/'
mutant session "an ack of the future is taken" \
	's/if (more > s->sent_seq - s->acked)/if (0)/'
mutant channel_rx "consumed memory is not told of" \
	'/^void cxio_channel_consumed/,/^}/s/cxio_channel_owe_ack(s, now);//'
mutant channel_rx "a duplicate's window is lost" \
	's/cxio_channel_consumed(s, 1, rx_payload_bytes(s), now);//'
mutant channel_rx "a duplicate is dispatched" \
	's/s->rx.dropped = order == CXIO_ORDER_DUPLICATE;/s->rx.dropped = false;/'
mutant channel "the passive side speaks first" \
	's/s->may_send = active;/s->may_send = true;/'
mutant channel_rx "frames after a close are taken" \
	's/if (s->peer_closed && f.type/if (0 \&\& f.type/'
mutant channel "a second fault replaces the first" \
	's/if (s->close_due && (s->close_now/if (0 \&\& (s->close_now/'
mutant keepalive "an echo is sent for ever" \
	's/k->echo = false;//'
mutant channel_tx "what was asked for is wanted for ever" \
	's/s->session->asked = false;//'
mutant stream_tx "what was asked for is wanted for ever, over TCP" \
	's/s->session->asked = false;//'
mutant channel "a question is not left to the next carrier" \
	's/if (session->asked)/if (0)/'
mutant stream "a question is not left to the next connection" \
	's/if (session->asked)/if (0)/'
mutant session "a question is nothing to send" \
	's/ \&\& !s->asked)/)/'
mutant session "a question wakes nobody" \
	'/^void cxio_session_ask/,/^}/s/cxio_session_wake(s, now);//'
mutant channel "the frame's border is missed" \
	's/len - p->offset < room ?/len - p->offset <= room + 1 ?/'
mutant hello "required features not checked" \
	's/if ((le64_to_cpu(h->required) & ~ours->supported) ||/if (0 ||/'
mutant hello "layout not compared" \
	's/if (le32_to_cpu(h->layout) != CXIO_WIRE_LAYOUT)/if (0)/'
mutant channel_rx "acks count before the session is agreed on" \
	's/^	if (!s->ready)$/	if (0)/'
mutant channel_rx "messages come before the session is agreed on" \
	's/if (too_early(s, f.type))/if (0)/'
mutant channel_rx "connects out of turn are taken" \
	's/if (!g->expected || g->open ||/if (/'
mutant channel_rx "an authorizer longer than it said" \
	's/if (len > left || /if (/'
mutant channel_rx "a revoked message stays open" \
	'/^static void rx_break/,/^}/s/s->rx.open = false;//'
mutant channel_rx "what is read counts in the window" \
	's/cxio_carry_payload(&carry, &h));/cxio_msg_payload(\&h));/'
mutant channel_tx "messages go before the reply" \
	's/if (!s->ready || s->greet_tx.due)/if (!s->ready)/'
mutant channel_tx "a tombstone has no number" \
	's/} else if (seq > s->session->begun_seq) {/} else if (0) {/'
mutant session "what was not sent anew is acknowledged" \
	's/^	s->sent_seq = peer_in_seq;/	s->sent_seq = peer_in_seq + 1;/'
mutant session "a gap is the next" \
	's/seq - s->rx_seq == 1))/1))/'
mutant session "what waits for its data is acknowledged" \
	's/pending ? pending - 1 : s->rx_seq/s->rx_seq/'
mutant session "the peer forgets and nobody minds" \
	's/ || peer_in_seq < s->acked)/)/'
mutant session "a reset keeps its cookie" \
	's/if (s->own_cookie \&\& !++s->own_cookie)/if (0)/'
mutant session "back-off has no end" \
	's/if (longest > CXIO_BACKOFF_MAX_NS)/if (0)/'
mutant session "who has connected is given up" \
	's/!= CXIO_SESSION_STANDBY || began || /!= CXIO_SESSION_STANDBY || /'
mutant session "and who retries" \
	's/if (s->state != CXIO_SESSION_STANDBY || began/if (began/'
mutant session "what fails in standby prolongs it" \
	's/case CXIO_SESSION_STANDBY:$/case CXIO_SESSION_STANDBY:\ns->standby_since = now;/'
mutant session "what we broke ourselves waits too" \
	's/s->due = ours ? now : now/s->due = now/'
mutant handshake "both attempts of a race win" \
	's/else if (peer_is_lower || e->policy.server/else if (1 || e->policy.server/'
mutant handshake "an old attempt is taken" \
	's/if (e \&\& c->global_seq < e->peer_global_seq)/if (0)/'
mutant handshake "a lost reply resets the session" \
	's/return e->peer_cookie \&\& cookies->own != e->peer_cookie;/return true;/'
mutant handshake "a peer asks for ever" \
	's/if (++s->resets > CXIO_RESETS_MAX)/if (0)/'
mutant handshake "a peer has us retry for ever" \
	's/if (++s->retries > CXIO_RETRIES_MAX)/if (0)/'
mutant handshake "one peer numbers all sessions" \
	's/s->global_floor = r->global_seq;/g->seq = r->global_seq;/'
mutant channel_tx "an orderly end overtakes a message that is held" \
	's/ \&\& !offer->held//'
mutant channel_tx "an orderly end overtakes the reply" \
	's/if (s->close_due \&\& !(s->ready.*$/if (s->close_due) {/'
mutant channel_tx "a CRC is left out and not said to be" \
	's/f.flags |= CXIO_FOOTER_NOCRC;//'
mutant channel_rx "of what is written something is read" \
	's/if (carry->written \&\& carry->segments)/if (0)/'
mutant rendezvous "a reply may be written without a sink" \
	's/return sink \&\& h->len\[CXIO_DATA\] <= sink;/return h->len[CXIO_DATA] <= sink;/'
mutant rendezvous "a reply may be longer than its sink" \
	's/return sink \&\& h->len\[CXIO_DATA\] <= sink;/return sink;/'
mutant rendezvous "an address may wrap" \
	's/if (d->addr > ~0ull - (d->length - 1))/if (0)/'
mutant rendezvous "the sums are not compared" \
	's/total\[segment\] != h->len\[segment\])/0)/'
mutant rendezvous "one descriptor more than there is" \
	's/if ((len - HEAD) \/ EACH < carry.descs)/if (0)/'
mutant arrival "what the peer may still write is looked at" \
	's/(!a->ended || a->exposed))/!a->ended)/'
mutant arrival "it is delivered before its READs are over" \
	'/^enum cxio_arrival_step/,/^}/s/if (a->reads)/if (0)/'
mutant arrival "it is lost while a device is at its memory" \
	's/return !a->reads;/return true;/'
mutant arrival "what was revoked is read all the same" \
	's/if (!a->dropped \&\& a->unread)/if (a->unread)/'
mutant arrival "what was revoked waits for its sink" \
	's/if (!a->dropped \&\& (!a->ended/if ((!a->ended/'
mutant arrival "a DONE for what the peer has revoked" \
	's/if (a->untold \&\& !a->unread)/if (a->untold)/'
mutant arrival "no DONE for what nobody wants" \
	's/if (a->untold \&\& !a->unread)/if (a->untold \&\& !a->unread \&\& !a->dropped)/'
mutant arrival "it is delivered without a look at its bytes" \
	's/if (!a->dropped \&\& !a->whole)/if (0)/'
mutant arrival "it is delivered while a former device is at it" \
	's/if (touched)/if (0)/'
mutant arrival "the oldest does not get its memory first" \
	's/return a->ended \&\& a->exposed .*$/return false;/'
mutant greeting "unused bytes of an address" \
	's/if (w\[IP + i\])/if (0)/'
mutant plan "what is read fills the window" \
	's/carry.segments = plan.segments;//'
mutant sign "the role is not in the proof" \
	's/w->role = (u8)role;/w->role = 1;/'
mutant sign "key and proof have one label" \
	's/"cxio key v1"/"cxio proof v1"/'
mutant sign "parts have no length in front" \
	's/block\[at\] = (u8)len;/block[at] = 0;/'
mutant sign "a part may be longer than its place" \
	's/len > bounds\[i\].most/len > 1000/'
mutant sign "proofs are compared but for the last byte" \
	's/for (i = 0; i < n; i++) {/for (i = 0; i + 1 < n; i++) {/'
mutant sign "differences cancel out" \
	's/differ |= (u32)/differ ^= (u32)/'
mutant sign "who requires signing goes without" \
	's/if ((any & CXIO_AUTH_MUST_SIGN) .*$/if (0)/'
mutant sign "an unsigned footer passes" \
	's/if (!(f->flags & CXIO_FOOTER_SIGNED))/if (0)/'
mutant sign "the footer's flags are not signed" \
	's/w->flags = f->flags;/w->flags = 0;/'
mutant sign "bytes hide behind a name" \
	's/if (name\[i\])/if (0)/'
mutant plan "the border of a frame off by one" \
	's/payload <= agreed->frame_max - fixed/payload < agreed->frame_max - fixed/'
mutant hist "bucket's top off by one bucket" \
	's/(CXIO_HIST_SUB + sub + 1)/(CXIO_HIST_SUB + sub)/'
mutant transfer "a byte of the file left out" \
	's/t->offset += len;/t->offset += len + 1;/'
mutant addr "padding of a legacy address not checked" \
	's/end = (u32)sizeof(\*in6);/end = len;/'
mutant addr "an address beyond the buffer" \
	's/if (body > len - PREFIX_LEN)/if (body > len)/'
mutant addr "a socket address beyond its address" \
	's/if (claimed > room)/if (0)/'
mutant addr "a list one too long" \
	's/if (count > CXIO_ADDRVEC_MAX)/if (count > CXIO_ADDRVEC_MAX + 1)/'
mutant addr "addresses ordered as numbers" \
	's/m->nonce = cpu_to_le32(a->nonce);/m->nonce = (__le32)__builtin_bswap32(a->nonce);/'
mutant addr "any blank address is the one dialled" \
	's/return cxio_addr_is_blank(shown) .*$/return cxio_addr_is_blank(shown) ||/'
mutant msgr1_connect "authorizer_len off by one" \
	's/if (c->authorizer_len > CXIO_AUTHORIZER_MAX)/if (c->authorizer_len > CXIO_AUTHORIZER_MAX + 1)/'
mutant msgr1_connect "the other footer" \
	's/return msg_auth ? CXIO_MSG_FOOTER/return !msg_auth ? CXIO_MSG_FOOTER/'
mutant msgr1_connect "close taken for an answer" \
	's/case CXIO_TAG_READY:/case CXIO_TAG_READY: case CXIO_TAG_CLOSE:/'
mutant msgr2 "segment crc with another seed" \
	's/cxio_msgr2_crc(~0u, frame/cxio_msgr2_crc(0, frame/'
mutant msgr2 "an epilogue for one segment" \
	's/return p->count > 1 ? CXIO_MSGR2_EPILOGUE/return p->count ? CXIO_MSGR2_EPILOGUE/'
mutant msgr2 "crc of a segment that is not there not checked" \
	's/if (le32_to_cpu(w->crc\[i - 1\]) != /if (i < p->count \&\& le32_to_cpu(w->crc[i - 1]) != /'
mutant msgr2 "an empty last segment passes" \
	's/if (p->count > 1 && !p->len\[p->count - 1\])/if (0)/'
mutant auth "another's name passes with the secret" \
	's/return c->name_len == len \&\& .*$/return true;/'
mutant auth "a proof is taken without a challenge" \
	's/if (a->challenged)$/if (true)/'
mutant auth "a second proof may be tried" \
	's/a->challenged = !fault;/;/'
mutant auth "a reply that opens needs no proof" \
	's/if (!a->own || !cxio_auth_tag_needs_proof(tag))/if (true)/'
mutant auth "a server that does not ask is taken" \
	's/if (!a->challenged)$/if (0)/'
mutant auth "the client's proof leaves out the hello" \
	's/t->part\[CXIO_AUTH_PART_REPLY_HELLO\].len = .*$/;/'
mutant auth "both directions have one key" \
	's/own == a->active ? CXIO_ROLE_CLIENT : CXIO_ROLE_SERVER,/CXIO_ROLE_CLIENT,/'
mutant auth "who asks nobody is let in" \
	's/((a->own || a->hook) \&\& !a->first \&\& !a->proven)/0/'
mutant auth "an authorizer of another method is too long" \
	's/^\treturn !a->hook \&\& g->type == CXIO_FRAME_CONNECT \&\&$/\treturn 0 \&\&/'
mutant auth "the bytes of the owner's authorizer are not sent" \
	's/return a->hook ? a->hook->out : a->out;/return a->out;/'
mutant auth "a peer may try for ever" \
	's/return fault == CXIO_FAULT_AUTH_TRIES;/return false;/'
mutant auth "there is no second authorizer" \
	's/return a->hook \&\& a->hook->fresh;/return false;/'
mutant auth "an authorizer overruns its buffer" \
	's/if (len > in.max)/if (0)/'
mutant authorizer "one that cannot be carried is sent" \
	's/ || (u32)len > sizeof(h->out)//'
mutant authorizer "it goes by the number of the secret" \
	's/ || protocol == CXIO_AUTH_METHOD_SECRET)$/)/'
mutant authorizer "one of no bytes" \
	's/if (!protocol != !len)/if (0)/'
mutant authorizer "the refused one is good enough again" \
	's/a->hook->fresh = true;/;/'
mutant authorizer "a fresh one is made each time" \
	's/h->fresh = false;/;/'
mutant authorizer "a challenge of nothing is taken" \
	's/if (!h->in_len)$/if (0)/'
mutant authorizer "a challenge to who has none" \
	'0,/if (!h->protocol)/s//if (0)/'
mutant authorizer "an answer is not needed" \
	's/ ? CXIO_FAULT_NONE : CXIO_FAULT_AUTH_ANSWER;/ ? 0 : 0;/'
mutant authorizer "an answer is not verified" \
	's/h->call = CXIO_AUTHORIZER_ANSWER;/;/'
mutant authorizer "a wrong answer is as good" \
	's/a->proven = good;/a->proven = true;/'
mutant authorizer "no end of tries" \
	's/if (h->tries >= CXIO_AUTHORIZER_TRIES_MAX)/if (0)/'
mutant authorizer "good ones are counted, too" \
	's/h->tries = 0;$/;/'
mutant authorizer "no authorizer is one to be judged" \
	's/if (!protocol || /if (/'
mutant authorizer "a number alone is judged" \
	's/ || !h->in_len)$/)/'
mutant authorizer "an answer longer than its buffer" \
	's/if (answer_len > sizeof(h->out))/if (0)/'
mutant authorizer "a server challenges with nothing" \
	's/if (!answer_len)$/if (0)/'
mutant authorizer "nonsense is a verdict" \
	's/^\tdefault:$/\tdefault: a->proven = true; break;/'
mutant authorizer "an answer to who is refused" \
	's/(a->proven \&\& cxio_auth_tag_needs_proof(tag))/true/'
mutant authorizer "signed without an answer" \
	's/a->proven \&\& answer_len \&\& //'
mutant authorizer "signed by who cannot" \
	's/ \&\& (h->flags \& CXIO_AUTH_CAN_SIGN) \&\&$/ \&\&/;s/t->supported \&= .*$/;/'
mutant authorizer "who insists goes on unsigned" \
	's/if ((h->flags \& CXIO_AUTH_MUST_SIGN) \&\& !\*sign)/if (0)/'
mutant authorizer "who was not asked opens" \
	's/if (h->call != CXIO_AUTHORIZER_NOTHING)/if (0)/'

mutant stream "the first message must be the first number" \
	's/cxio_session_any_start(session);$/;/'
mutant stream "without answers silence is the end" \
	's/s->keepalive2 ? expiry_ms : 0/expiry_ms/'
mutant stream "who hangs up without all is well" \
	's/ || e->acked == e->out_seq)/ || true)/'
mutant stream "CLOSE without a limit" \
	's/if (s->deadline == CXIO_NEVER)/if (0)/'
mutant stream "it ends before its CLOSE is written" \
	's/ || !s->close_sent || !written)/ || !s->close_sent)/'
mutant stream "one that is replaced ends the session" \
	's/s->close_sent = false;/;/'
mutant stream "silence of ours is the peer's" \
	's/^\tif (s->paused)$/\tif (0)/'
mutant stream "the last reason wins" \
	's/if (s->ending)$/if (0)/'
mutant stream_rx "asked for ever" \
	's/if (++s->connects > CXIO_STREAM_CONNECTS)/if (0)/'
mutant stream_rx "duplicates are taken" \
	's/s->dropped = true;/s->dropped = false;/'
mutant stream_rx "a gap is passed over" \
	's/return CXIO_FAULT_MSG_SEQ_GAP;/break;/'
mutant stream_rx "any ack is taken" \
	's/if (cxio_session_acked(s->session, seq))/if (cxio_session_acked(s->session, seq), 0)/'
mutant stream_rx "crcs are not compared" \
	's/fault = cxio_footer_check(.*$/;/'
mutant stream_rx "what was taken back is delivered" \
	's/if (!(s->footer.flags \& CXIO_FOOTER_COMPLETE))/if (0)/'
mutant stream_rx "signatures are not asked for" \
	's/= cxio_sign_check_flags(.*$/= CXIO_FAULT_NONE;/'
mutant stream_rx "acks to who keeps nothing" \
	's/if (s->session->policy.lossy)/if (0)/'
mutant stream_rx "acks wait for ever" \
	's/s->ack_due = now + CXIO_STREAM_ACK_NS;/;/'
mutant stream_rx "a run passes the end of its segment" \
	's/return s->header.len\[seg\] - (u32)at;/return s->header.len[seg];/'
mutant stream_tx "CLOSE goes before what is queued" \
	's/(s->close_now || !queued)/true/'
mutant stream_tx "messages go after CLOSE" \
	's/ || s->close_sent)$/)/'
mutant stream_tx "acks do not go along" \
	's/(queued || now >= s->ack_due)/(now >= s->ack_due)/'
mutant stream_tx "a keepalive that is not understood" \
	's/if (s->keepalive2) {/if (1) {/'
mutant stream_tx "a data crc that was not computed" \
	's/f->flags |= CXIO_FOOTER_NOCRC;/;/'

mutant exchange "a qpn of any size" \
	's/ || id->qpn > CXIO_EXCHANGE_NUMBER)/)/'
mutant exchange "a psn of any size" \
	's/if (id->psn > CXIO_EXCHANGE_NUMBER)/if (0)/'
mutant exchange "colons are not looked at" \
	"s/return c == ':';/return true;/"
mutant exchange "nor the end of the text" \
	's/return c == 0;/return true;/'
mutant exchange "a gid of zero" \
	's/return any \&\& gid/return gid/'
mutant exchange "a gid of a group" \
	's/return any \&\& gid.*/return any;/'
mutant exchange "an IPv4 gid of a group" \
	's/return gid.12. \&\& gid.12. < 224;/return true;/'
mutant exchange "any text will do for an answer" \
	's/if (id.peer_qpn != (x->active ? x->own.qpn : 0))/if (0)/'
mutant exchange "any text will do for the last" \
	's/if (id.peer_qpn != x->own.qpn)/if (0)/'
mutant exchange "it may be of another queue pair" \
	's/if (id.qpn != x->peer.qpn)/if (0)/'
mutant exchange "GIDs of two families" \
	's/if (!cxio_gid_same_family(id.gid, x->own.gid))/if (0)/'
mutant exchange "bytes behind the exchange are passed over" \
	's/if (!waits || len > /if (len > /'
mutant exchange "the server sends before it is told" \
	's/(x->active \&\& x->state == CXIO_EXCHANGE_READY)/x->state == CXIO_EXCHANGE_READY || x->state == CXIO_EXCHANGE_ACK/'
mutant exchange "others are listened to until they have said enough" \
	's/fault = check_bytes(x->text, x->have, x->have + len);/fault = CXIO_FAULT_NONE;/'
mutant exchange "the last reason wins" \
	's/if (x->state == CXIO_EXCHANGE_ENDED)$/if (0)/'
mutant slots "a cork holds nothing back" \
	's/ \&\& !s->corked;/;/'
mutant slots "a device without memory says that a SEND is too long" \
	's/return sent ? CXIO_FAULT_TRANSPORT :/return 0 ? CXIO_FAULT_TRANSPORT :/'
mutant slots "a full slot waits for more" \
	's/if (s->fill == s->size)/if (0)/'
mutant slots "slots on their way are written to" \
	's/if (s->sent - s->done >= s->count) {/if (0) {/'
mutant slots "more completions than SENDs" \
	's/if (n > s->sent - s->done)/if (0)/'
mutant slots "nobody is woken" \
	's/s->blocked = true;/;/'
mutant slots "woken for each slot" \
	's/room < (s->count + 3) \/ 4)/room < 1)/'
mutant slots "a SEND is longer than its slot" \
	's/if (len > r->size)/if (0)/'
mutant slots "slots come in any order" \
	's/ || slot != r->came % r->count)/)/'
mutant slots "the stream goes on behind its end" \
	's/if (r->end)$/if (0)/'
mutant slots "a slot is posted while it has bytes" \
	's/ || r->pos < r->len\[r->consumed % r->count\])/)/'
mutant slots "the end comes before the bytes" \
	's/return r->end \&\& r->came == r->consumed;/return r->end;/'

wait
for ((i = 1; i <= number; i++)); do
	verdict=$(cat $dir/$i.verdict)
	[[ $verdict == ok* ]] || failed=$((failed + 1))
	say "${verdict/ok -/ok $i -}"
done
say "1..$number"
[ $failed = 0 ]
