// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * api_test ADDRESS [TRANSPORT [PART PARTS]]: the library's interface as a daemon uses it, all
 * ends in one process. TAP. Most of its time it waits to see that nothing happens: in parts,
 * numbered from 0, it can do so several times at once.
 */
#include <time.h>

#include "api.h"

static const struct {
	const char *name;
	void (*run)(struct side *server, struct side *client);
} tests[] = {
	{ "several addresses", test_several_addresses },
	{ "oneself", test_oneself },
	{ "requests without reply", test_no_reply },
	{ "connections are spread over portals", test_portals },
	{ "many messages, one doorbell", test_posting },
	{ "throttled", test_throttled },
	{ "throttled by bytes", test_throttled_by_bytes },
	{ "throttled by type of peer", test_throttled_by_type },
	{ "shared receive buffers that run out", test_shared_buffers },
	{ "echoed beyond all windows", test_echo_beyond_windows },
	{ "what waits for a window says so", test_described },
	{ "held for longer than silence may last", test_held_for_long },
	{ "closed before it is read", test_closed_unread },
	{ "closed before it is read, lossless", test_closed_unread_lossless },
	{ "mark down when empty", test_when_empty },
	{ "mark down when empty, lossless", test_lossless_when_empty },
	{ "rebind", test_rebind },
	{ "rebind, and be another", test_rebind_is_another },
	{ "rebind, and listen nowhere", test_rebind_nowhere },
	{ "a policy for each type of peer", test_policies },
	{ "a server begins anew", test_server_began_anew },
	{ "peers", test_peers },
	{ "peers replay", test_peers_replay },
	{ "peers stand by", test_peers_stand_by },
	{ "a peer is connected to as it knows us", test_peer_knows_us },
	{ "a peer begins a message and stops", test_peer_dawdles },
	{ "a peer begins anew", test_peer_began_anew },
	{ "a peer begins anew, to be reused", test_peer_reused },
	{ "a dispatcher asked first", test_asked_first },
	{ "all marked down", test_all_down },
	{ "wrong use", test_wrong_use },
};

static void say_what_was(const struct side *server, const struct side *client)
{
	printf("# messages %u and %u, acked %u and %u, dropped %u and %u, fault %s\n",
	       server->messages, client->messages, server->acked, client->acked,
	       server->dropped, client->dropped, cxio_fault_text(client->fault));
	printf("# connected %u and %u, accepted %u and %u, reset %u and %u, refused %u and %u\n",
	       server->connected, client->connected, server->accepted, client->accepted,
	       server->reset, client->reset, server->refused, client->refused);
}

static unsigned long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (unsigned long)t.tv_sec * 1000 + (unsigned long)t.tv_nsec / 1000000;
}

static void tell(unsigned int number, unsigned int i, unsigned long took)
{
	printf("%s %u - %s", api_why ? "not ok" : "ok", number, tests[i].name);
	if (api_skipped && !api_why)
		printf(" # SKIP %s", api_skipped);
	putchar('\n');
	if (took >= 1000)
		printf("# took %lu ms\n", took);
	fflush(stdout);
}

/* Return: true if it was all right, and nothing is left of it. */
static bool run(unsigned int number, unsigned int i)
{
	static struct side server, client;
	static unsigned long before;
	unsigned long left, messages, connections, regions, start = now_ms();

	memset(&server, 0, sizeof(server));
	memset(&client, 0, sizeof(client));
	api_why = NULL;
	api_skipped = NULL;
	tests[i].run(&server, &client);
	api_end(&client);
	api_end(&server);
	api_end_others();
	left = cxio_live_objects(&messages, &connections, &regions);
	/* A test that failed before this may have left something. */
	api_expect(left <= before, "something is left");
	before = left;
	if (api_why) {
		printf("# %s\n# left: %lu messages, %lu connections, %lu regions\n",
		       api_why, messages, connections, regions);
		say_what_was(&server, &client);
	}
	tell(number, i, now_ms() - start);
	return !api_why;
}

int main(int argc, char **argv)
{
	const unsigned int n = sizeof(tests) / sizeof(tests[0]);
	unsigned int i, part = 0, parts = 1, number = 0;
	bool ok = true;

	if (argc == 5) {
		part = (unsigned int)strtoul(argv[3], NULL, 10);
		parts = (unsigned int)strtoul(argv[4], NULL, 10);
	}
	if (argc < 2 || argc == 4 || argc > 5 || part >= parts) {
		fputs("usage: api_test ADDRESS [TRANSPORT [PART PARTS]]\n", stderr);
		return 2;
	}
	api_address = argv[1];
	if (argc > 2)
		api_transport = argv[2];
	printf("1..%u\n", (n + parts - 1 - part) / parts);
	for (i = part; i < n; i += parts)
		ok = run(++number, i) && ok;
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
