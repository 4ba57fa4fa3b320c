/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The result of a transfer, as a table or as JSON; the same from user and kernel. */
#ifndef CXIO_REPORT_H
#define CXIO_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "hist.h"

/**
 * struct report_more - what only a client in user space knows
 * @connections: connections
 * @elapsed_ns: from the first open connection to the last echo
 * @min_ns: shortest round trip
 * @p99_9_ns: percentile
 * @p99_99_ns: percentile
 * @connects: times a connection was opened
 * @remote_resets: times the server had forgotten a session
 * @resent: messages sent again after that
 * @late_echoes: echoes of what was sent again
 * @duplicates: messages that the library dropped since they had come before
 * @copied_bytes: payload that was copied to be readable
 * @memory_known: the following two are set
 * @memory_rss_bytes: resident memory while connections were open
 * @memory_pinned_bytes: pinned memory, likewise
 */
struct report_more {
	uint64_t connections;
	uint64_t elapsed_ns;
	uint64_t min_ns;
	uint64_t p99_9_ns;
	uint64_t p99_99_ns;
	uint64_t connects;
	uint64_t remote_resets;
	uint64_t resent;
	uint64_t late_echoes;
	uint64_t duplicates;
	uint64_t copied_bytes;
	bool memory_known;
	uint64_t memory_rss_bytes;
	uint64_t memory_pinned_bytes;
};

/**
 * struct report - what a transfer came to
 * @messages: messages echoed
 * @bytes: data bytes echoed
 * @crc_failures: frames or messages with a wrong CRC
 * @grants_sent: acks and grants sent as frames of their own
 * @credit_stalls: times a message waited for a frame credit
 * @window_stalls: times a message waited for the message window
 * @sent_inline: messages whole in one frame
 * @sent_chained: messages in several
 * @sent_rendezvous: messages the server read
 * @sent_sink: messages written to the server's memory
 * @received_in_sink: replies whose data was in the memory offered
 * @p50_ns: median round trip
 * @p99_ns: 99th percentile
 * @max_ns: longest
 * @unhashed: data was not compared
 * @sha256_sent: of what was sent, hexadecimal
 * @sha256_echo: of what came back
 * @more: the rest, or NULL
 */
struct report {
	uint64_t messages;
	uint64_t bytes;
	uint64_t crc_failures;
	uint64_t grants_sent;
	uint64_t credit_stalls;
	uint64_t window_stalls;
	uint64_t sent_inline;
	uint64_t sent_chained;
	uint64_t sent_rendezvous;
	uint64_t sent_sink;
	uint64_t received_in_sink;
	uint64_t p50_ns;
	uint64_t p99_ns;
	uint64_t max_ns;
	bool unhashed;
	char sha256_sent[65];
	char sha256_echo[65];
	const struct report_more *more;
};

struct json_object;

void report_memory(struct json_object *o);
bool report_print(const struct report *r, bool json);
void report_progress(uint64_t done, uint64_t total, bool end);
void report_merge(struct cxio_hist *to, const struct cxio_hist *from);

#endif /* CXIO_REPORT_H */
