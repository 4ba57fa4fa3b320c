// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Printing the result of a transfer.
 */
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cephxio.h"
#include "report.h"
#include "tool.h"

static void add(struct json_object *o, const char *key, uint64_t n)
{
	json_object_object_add(o, key, json_object_new_uint64(n));
}

/**
 * report_memory() - the most memory that it took so far
 * @o: the report, to which it is added
 */
void report_memory(struct json_object *o)
{
	uint64_t peak, own, resident;

	cxio_pinned_memory(&peak, &own);
	add(o, "pinned_peak_bytes", peak);
	add(o, "pinned_own_peak_bytes", own);
	if (tool_process_status("VmHWM:", &resident))
		add(o, "rss_peak_bytes", resident);
}

static void add_more(struct json_object *o, const struct report *r)
{
	const struct report_more *m = r->more;

	add(o, "connections", m->connections);
	add(o, "elapsed_ns", m->elapsed_ns);
	add(o, "min_ns", m->min_ns);
	add(o, "p50_ns", r->p50_ns);
	add(o, "p99_ns", r->p99_ns);
	add(o, "p99_9_ns", m->p99_9_ns);
	add(o, "p99_99_ns", m->p99_99_ns);
	add(o, "max_ns", r->max_ns);
	add(o, "connects", m->connects);
	add(o, "remote_resets", m->remote_resets);
	add(o, "messages_resent", m->resent);
	add(o, "late_echoes", m->late_echoes);
	add(o, "duplicates", m->duplicates);
	add(o, "copied_bytes", m->copied_bytes);
	report_memory(o);
	if (!m->memory_known)
		return;
	add(o, "memory_rss_bytes", m->memory_rss_bytes);
	add(o, "memory_pinned_bytes", m->memory_pinned_bytes);
}

static void add_hash(struct json_object *o, const char *key, const struct report *r,
		     const char *hash)
{
	json_object_object_add(o, key, r->unhashed ? NULL : json_object_new_string(hash));
}

static void print_json(const struct report *r, bool same)
{
	struct json_object *o = json_object_new_object();

	add(o, "messages", r->messages);
	add(o, "data_bytes", r->bytes);
	add(o, "crc_failures", r->crc_failures);
	add(o, "ack_frames", r->grants_sent);
	add(o, "credit_stalls", r->credit_stalls);
	add(o, "window_stalls", r->window_stalls);
	add(o, "sent_inline", r->sent_inline);
	add(o, "sent_chained", r->sent_chained);
	add(o, "sent_rendezvous", r->sent_rendezvous);
	add(o, "sent_sink", r->sent_sink);
	add(o, "received_in_sink", r->received_in_sink);
	add(o, "latency_p50_ns", r->p50_ns);
	add(o, "latency_p99_ns", r->p99_ns);
	add(o, "latency_max_ns", r->max_ns);
	if (r->more)
		add_more(o, r);
	add_hash(o, "sha256_sent", r, r->sha256_sent);
	add_hash(o, "sha256_echo", r, r->sha256_echo);
	json_object_object_add(o, "identical",
			       r->unhashed ? NULL : json_object_new_boolean(same));
	puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
	json_object_put(o);
}

static void print_count(const char *name, uint64_t n)
{
	printf("%-15s%llu\n", name, (unsigned long long)n);
}

static void print_time(const char *name, uint64_t ns)
{
	printf("%-15s%.1f us\n", name, (double)ns / 1e3);
}

static void print_bytes(const char *name, uint64_t n)
{
	char text[32];

	printf("%-15s%s (%llu bytes)\n", name, tool_human(n, text, sizeof(text)),
	       (unsigned long long)n);
}

static void print_more(const struct report_more *m)
{
	printf("%-15s%.3f s\n", "elapsed", (double)m->elapsed_ns / 1e9);
	print_count("connections", m->connections);
	print_count("connects", m->connects);
	if (m->remote_resets) {
		print_count("remote resets", m->remote_resets);
		print_count("sent again", m->resent);
		print_count("late echoes", m->late_echoes);
	}
	if (m->memory_known) {
		print_bytes("resident", m->memory_rss_bytes);
		print_bytes("pinned", m->memory_pinned_bytes);
	}
}

static void print_table(const struct report *r, bool same)
{
	print_count("messages", r->messages);
	print_bytes("data", r->bytes);
	print_count("crc failures", r->crc_failures);
	print_count("ack frames", r->grants_sent);
	print_count("credit stalls", r->credit_stalls);
	print_count("window stalls", r->window_stalls);
	printf("%-15s%llu inline, %llu chained, %llu rendezvous, %llu to a sink\n", "sent",
	       (unsigned long long)r->sent_inline, (unsigned long long)r->sent_chained,
	       (unsigned long long)r->sent_rendezvous, (unsigned long long)r->sent_sink);
	if (r->received_in_sink)
		print_count("in our sinks", r->received_in_sink);
	if (r->more)
		print_time("latency min", r->more->min_ns);
	print_time("latency p50", r->p50_ns);
	print_time("latency p99", r->p99_ns);
	if (r->more) {
		print_time("latency p99.9", r->more->p99_9_ns);
		print_time("latency p99.99", r->more->p99_99_ns);
	}
	print_time("latency max", r->max_ns);
	if (r->more)
		print_more(r->more);
	if (r->unhashed) {
		puts("data not compared");
		return;
	}
	printf("%-15s%s\n", "sha256 sent", r->sha256_sent);
	printf("%-15s%s\n", "sha256 echo", r->sha256_echo);
	puts(same ? "identical" : "DIFFERENT");
}

/**
 * report_print() - print a result
 * @r: the result
 * @json: as one line of JSON
 *
 * Return: false if what came back is known not to be what was sent.
 */
bool report_print(const struct report *r, bool json)
{
	bool same = r->sha256_sent[0] && !strcmp(r->sha256_sent, r->sha256_echo);

	if (json)
		print_json(r, same);
	else
		print_table(r, same);
	return same || r->unhashed;
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

/**
 * report_merge() - add one histogram to another
 * @to: gets the sum
 * @from: is added
 */
void report_merge(struct cxio_hist *to, const struct cxio_hist *from)
{
	unsigned int i;

	for (i = 0; i < CXIO_HIST_BUCKETS; i++)
		to->bucket[i] += from->bucket[i];
	to->count += from->count;
	if (from->max > to->max)
		to->max = from->max;
}
