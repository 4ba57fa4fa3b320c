/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the simulator has seen happen. */
#ifndef CXIO_SIM_COUNTS_H
#define CXIO_SIM_COUNTS_H

/* What is counted: each must have happened in a check run. */
#define SIM_COUNTS(X)							\
	X(frames, "frames delivered")					\
	X(dispatched, "messages dispatched")				\
	X(acked, "messages acknowledged")				\
	X(reported, "messages reported as lost")			\
	X(attempts, "connection attempts")				\
	X(opened, "connections opened")					\
	X(opened_by_frame, "opened by a first frame")			\
	X(broken, "connections broken")					\
	X(req_lost, "CM requests lost")					\
	X(rep_lost, "CM replies lost")					\
	X(rejected, "CM rejects")					\
	X(in_flight_lost, "frames lost in flight")			\
	X(delivered_flushed, "frames delivered, but flushed")		\
	X(expired, "keepalives expired")				\
	X(echoes, "keepalives answered")				\
	X(timed_out, "connecting or closing timed out")			\
	X(replaced, "connections replaced by newer ones")		\
	X(races, "races: attempts dropped for the peer's")		\
	X(waits, "WAITs taken")						\
	X(retry_session, "RETRY_SESSIONs taken")			\
	X(retry_global, "RETRY_GLOBALs taken")				\
	X(resets_told, "RESETSESSIONs taken")				\
	X(resets_found, "peers that began anew")			\
	X(challenges, "CHALLENGEs taken")				\
	X(bad_authorizers, "BADAUTHORIZERs taken")			\
	X(chained_authorizers, "authorizers over several frames")	\
	X(standbys, "losses that led to standby")			\
	X(backoffs, "losses that led to back-off")			\
	X(at_once, "losses of our own: no back-off")			\
	X(lossy_ends, "lossy sessions lost")				\
	X(replayed, "messages sent anew")				\
	X(tombstones, "tombstones sent")				\
	X(duplicates, "duplicates dropped")				\
	X(undispatched, "messages received, lost before dispatch")	\
	X(chained, "messages in several frames")			\
	X(revoked_queued, "revoked: unlinked")				\
	X(revoked_half, "revoked: half-sent chain")			\
	X(revoked_sent, "revoked: sent, unacknowledged")		\
	X(revoked_told, "revoked: sent before, and told")		\
	X(revoked_exposed, "revoked: exposed, connection broken")	\
	X(revoked_waiting, "revoked: waiting to be sent anew")		\
	X(revoked_sink, "revoked: a sink's request")			\
	X(revoked_held, "revoked at the receiver before dispatch")	\
	X(read_messages, "rendezvous messages read")			\
	X(reads, "READs")						\
	X(reads_overlap, "READs begun beside another")			\
	X(reads_queued, "READs that waited for depth")			\
	X(reads_flushed, "READs flushed")				\
	X(invalidated, "keys invalidated by DONE")			\
	X(done_after_ack, "acks that overtook their DONE")		\
	X(sink_offers, "sinks offered")					\
	X(sink_writes, "replies written to sinks")			\
	X(sink_stale, "replies for a sink of an older connection")	\
	X(credit_stalls, "stalls for frame credits")			\
	X(window_stalls, "stalls for the message window")		\
	X(slot_stalls, "stalls for send buffers")			\
	X(restarts_same, "restarts, same address")			\
	X(restarts_new, "restarts, new nonce")				\
	X(orderly, "connections closed in order")			\
	X(drains, "sessions drained and closed")			\
	X(closes, "sessions closed with messages queued")		\
	X(time_jumps, "time jumps")

enum sim_count {
#define X(name, text) COUNT_##name,
	SIM_COUNTS(X)
#undef X
	SIM_COUNT_END
};

#endif /* CXIO_SIM_COUNTS_H */
