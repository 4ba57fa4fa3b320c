// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "report.h"
#include "tool.h"

static void print_json(const struct report *r, bool same)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "messages", json_object_new_uint64(r->messages));
	json_object_object_add(o, "data_bytes", json_object_new_uint64(r->bytes));
	json_object_object_add(o, "crc_failures", json_object_new_uint64(r->crc_failures));
	json_object_object_add(o, "ack_frames", json_object_new_uint64(r->grants_sent));
	json_object_object_add(o, "credit_stalls", json_object_new_uint64(r->credit_stalls));
	json_object_object_add(o, "window_stalls", json_object_new_uint64(r->window_stalls));
	json_object_object_add(o, "latency_p50_ns", json_object_new_uint64(r->p50_ns));
	json_object_object_add(o, "latency_p99_ns", json_object_new_uint64(r->p99_ns));
	json_object_object_add(o, "latency_max_ns", json_object_new_uint64(r->max_ns));
	json_object_object_add(o, "sha256_sent", json_object_new_string(r->sha256_sent));
	json_object_object_add(o, "sha256_echo", json_object_new_string(r->sha256_echo));
	json_object_object_add(o, "identical", json_object_new_boolean(same));
	puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
	json_object_put(o);
}

static void print_table(const struct report *r, bool same)
{
	char bytes[32];

	printf("messages       %llu\n", (unsigned long long)r->messages);
	printf("data           %s (%llu bytes)\n", tool_human(r->bytes, bytes, sizeof(bytes)),
	       (unsigned long long)r->bytes);
	printf("crc failures   %llu\n", (unsigned long long)r->crc_failures);
	printf("ack frames     %llu\n", (unsigned long long)r->grants_sent);
	printf("credit stalls  %llu\n", (unsigned long long)r->credit_stalls);
	printf("window stalls  %llu\n", (unsigned long long)r->window_stalls);
	printf("latency p50    %.1f us\n", (double)r->p50_ns / 1e3);
	printf("latency p99    %.1f us\n", (double)r->p99_ns / 1e3);
	printf("latency max    %.1f us\n", (double)r->max_ns / 1e3);
	printf("sha256 sent    %s\n", r->sha256_sent);
	printf("sha256 echo    %s\n", r->sha256_echo);
	printf("%s\n", same ? "identical" : "DIFFERENT");
}

/**
 * report_print() - print a result
 * @r: the result
 * @json: as one line of JSON
 *
 * Return: true if what came back is what was sent.
 */
bool report_print(const struct report *r, bool json)
{
	bool same = r->sha256_sent[0] && !strcmp(r->sha256_sent, r->sha256_echo);

	if (json)
		print_json(r, same);
	else
		print_table(r, same);
	return same;
}

/**
 * report_progress() - a line on stderr that overwrites itself
 * @done: bytes
 * @total: bytes, or 0 if unknown
 * @end: nothing follows
 */
void report_progress(uint64_t done, uint64_t total, bool end)
{
	char a[32], b[32];
	bool tty = isatty(STDERR_FILENO);

	fprintf(stderr, "%s%s of %s echoed (%llu %%)%s", tty ? "\r\033[K" : "",
		tool_human(done, a, sizeof(a)), tool_human(total, b, sizeof(b)),
		(unsigned long long)(total ? done * 100 / total : 100), tty && !end ? "" : "\n");
	fflush(stderr);
}
