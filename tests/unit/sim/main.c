// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The simulator: so many events, or scenario after scenario, or one of them aloud.
 *
 *	sim [--events N] [--seed N]	scenarios from that seed on, TAP
 *	sim --seed N --trace		that scenario, with all it does
 *	sim --soak [--seed N]		until stopped
 */
#include <getopt.h>
#include <time.h>

#include "sim.h"

/* In fewer events something rare may not happen, and need not. */
#define ALL_HAPPENS	3000000u

/**
 * struct run - what is asked for, and what has happened
 * @seed: of the first scenario
 * @events: at least so many
 * @soak: without an end
 * @trace: one scenario, aloud
 * @done: events
 * @scenarios: how many
 * @count: what happened
 */
struct run {
	u64 seed;
	u64 events;
	bool soak;
	bool trace;
	u64 done;
	u64 scenarios;
	u64 count[SIM_COUNT_END];
};

static void scenario(struct run *r, u64 seed)
{
	static struct sim sim;
	u32 i;

	sim_init(&sim, seed, r->trace);
	sim_run(&sim);
	for (i = 0; i < SIM_COUNT_END; i++)
		r->count[i] += sim.count[i];
	r->done += sim.step;
	r->scenarios++;
	sim_free(&sim);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void say_rate(const struct run *r, double took)
{
	printf("# %llu events in %.1f s, %.0f a second, %llu scenarios from seed %llu\n",
	       (unsigned long long)r->done, took, (double)r->done / (took > 0 ? took : 1),
	       (unsigned long long)r->scenarios, (unsigned long long)r->seed);
}

/* What never happens any more is not tested any more. */
static bool report(const struct run *r, double took)
{
	bool all = true;
	u32 i;

	say_rate(r, took);
	for (i = 0; i < SIM_COUNT_END; i++)
		printf("# %9llu %s\n", (unsigned long long)r->count[i], sim_count_text(i));
	printf("ok 1 - sim: %llu events, %llu scenarios\n", (unsigned long long)r->done,
	       (unsigned long long)r->scenarios);
	if (r->events < ALL_HAPPENS) {
		printf("1..1\n");
		return true;
	}
	for (i = 0; i < SIM_COUNT_END; i++) {
		if (r->count[i])
			continue;
		all = false;
		printf("# never: %s\n", sim_count_text(i));
	}
	printf("%s 2 - sim: all that is counted has happened\n1..2\n", all ? "ok" : "not ok");
	return all;
}

static void parse(struct run *r, int argc, char **argv)
{
	static const struct option options[] = {
		{ "events", required_argument, NULL, 'e' },
		{ "seed", required_argument, NULL, 's' },
		{ "soak", no_argument, NULL, 'k' },
		{ "trace", no_argument, NULL, 't' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'e':
			r->events = strtoull(optarg, NULL, 0);
			break;
		case 's':
			r->seed = strtoull(optarg, NULL, 0);
			break;
		case 'k':
			r->soak = true;
			break;
		case 't':
			r->trace = true;
			break;
		default:
			fprintf(stderr, "usage: %s [--events N] [--seed N] [--trace | --soak]\n",
				argv[0]);
			exit(2);
		}
	}
}

int main(int argc, char **argv)
{
	struct run r = { .seed = 1, .events = 1000000 };
	double start = seconds(), shown = start;
	u64 seed;

	parse(&r, argc, argv);
	for (seed = r.seed; r.soak || r.done < r.events; seed++) {
		scenario(&r, seed);
		if (r.trace) {
			printf("ok 1 - sim: seed %llu, %llu events\n1..1\n",
			       (unsigned long long)seed, (unsigned long long)r.done);
			return 0;
		}
		if (r.soak && seconds() - shown >= 10) {
			shown = seconds();
			say_rate(&r, shown - start);
			fflush(stdout);
		}
	}
	return report(&r, seconds() - start) ? 0 : 1;
}
