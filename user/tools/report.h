/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The result of a transfer, as a table or as JSON; the same from user and kernel. */
#ifndef CXIO_REPORT_H
#define CXIO_REPORT_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct report - what a transfer came to
 * @messages: messages echoed
 * @bytes: data bytes echoed
 * @crc_failures: frames or messages with a wrong CRC
 * @grants_sent: acks and grants sent as frames of their own
 * @credit_stalls: times a message waited for a frame credit
 * @window_stalls: times a message waited for the message window
 * @p50_ns: median round trip
 * @p99_ns: 99th percentile
 * @max_ns: longest
 * @sha256_sent: of what was sent, hexadecimal
 * @sha256_echo: of what came back
 */
struct report {
	uint64_t messages;
	uint64_t bytes;
	uint64_t crc_failures;
	uint64_t grants_sent;
	uint64_t credit_stalls;
	uint64_t window_stalls;
	uint64_t p50_ns;
	uint64_t p99_ns;
	uint64_t max_ns;
	char sha256_sent[65];
	char sha256_echo[65];
};

bool report_print(const struct report *r, bool json);
void report_progress(uint64_t done, uint64_t total, bool end);

#endif /* CXIO_REPORT_H */
