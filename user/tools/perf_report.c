// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Results of xio_perf.
 */
#include <json-c/json.h>
#include <stdio.h>

#include "perf.h"
#include "report.h"

/* Which percentiles: share of ten thousand, key, title. */
static const struct {
	unsigned int share;
	const char *key;
	const char *title;
} shares[] = {
	{ 0, "min_ns", "min" }, { 5000, "p50_ns", "p50" }, { 9000, "p90_ns", "p90" },
	{ 9900, "p99_ns", "p99" }, { 9990, "p99_9_ns", "p99.9" },
	{ 9999, "p99_99_ns", "p99.99" }, { 10000, "max_ns", "max" },
};

#define SHARES ARRAY_SIZE(shares)

/* The value that so many of ten thousand do not exceed. */
static uint64_t percentile(const struct perf_result *r, unsigned int share)
{
	uint64_t rank = (r->samples * share + 9999) / 10000;

	if (!r->samples)
		return 0;
	return r->sample[rank ? rank - 1 : 0];
}

static double per_second(uint64_t n, uint64_t elapsed_ns)
{
	return elapsed_ns ? (double)n * 1e9 / (double)elapsed_ns : 0;
}

static void add_count(struct json_object *j, const char *key, uint64_t n)
{
	json_object_object_add(j, key, json_object_new_uint64(n));
}

static void add_rate(struct json_object *j, const char *key, double rate)
{
	json_object_object_add(j, key, json_object_new_double(rate));
}

static void report_json(const struct perf_options *o, const struct perf_result *r)
{
	double rate = per_second(r->iterations, r->elapsed_ns);
	struct json_object *j = json_object_new_object();
	size_t i;

	json_object_object_add(j, "test", json_object_new_string(o->bandwidth ? "bw" : "lat"));
	add_count(j, "bytes", r->bytes);
	add_count(j, "iterations", r->iterations);
	if (o->bandwidth) {
		add_count(j, "depth", o->depth);
		json_object_object_add(j, "bidirectional", json_object_new_boolean(o->both));
	} else {
		add_count(j, "samples", r->samples);
		for (i = 0; i < SHARES; i++)
			add_count(j, shares[i].key, percentile(r, shares[i].share));
	}
	add_rate(j, "bandwidth_bytes_per_s", rate * (double)r->bytes);
	add_rate(j, "message_rate_per_s", rate);
	add_count(j, "elapsed_ns", r->elapsed_ns);
	report_memory(j);
	puts(json_object_to_json_string_ext(j, JSON_C_TO_STRING_PLAIN));
	json_object_put(j);
}

/**
 * perf_report_head() - the table's first lines
 * @o: the command line
 */
void perf_report_head(const struct perf_options *o)
{
	size_t i;

	if (o->shared.json)
		return;
	if (o->bandwidth) {
		printf("%10s %12s %16s %16s\n", "bytes", "iterations", "MiB/s", "messages/s");
		return;
	}
	puts("round trips in microseconds");
	printf("%10s %12s", "bytes", "iterations");
	for (i = 0; i < SHARES; i++)
		printf(" %10s", shares[i].title);
	putchar('\n');
}

/**
 * perf_report() - one size's line
 * @o: the command line
 * @r: its result
 */
void perf_report(const struct perf_options *o, const struct perf_result *r)
{
	double rate = per_second(r->iterations, r->elapsed_ns);
	size_t i;

	if (o->shared.json) {
		report_json(o, r);
		return;
	}
	printf("%10llu %12llu", (unsigned long long)r->bytes, (unsigned long long)r->iterations);
	if (o->bandwidth)
		printf(" %16.2f %16.0f", rate * (double)r->bytes / (1 << 20), rate);
	else
		for (i = 0; i < SHARES; i++)
			printf(" %10.2f", (double)percentile(r, shares[i].share) / 1e3);
	putchar('\n');
}
