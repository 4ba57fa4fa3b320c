// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * api_test ADDRESS [TRANSPORT]: the library's interface as a daemon uses it, all ends in
 * one process. TAP.
 */
#include "api.h"

static const struct {
	const char *name;
	void (*run)(struct side *server, struct side *client);
} tests[] = {
	{ "several addresses", test_several_addresses },
	{ "oneself", test_oneself },
	{ "requests without reply", test_no_reply },
	{ "throttled", test_throttled },
	{ "throttled by bytes", test_throttled_by_bytes },
	{ "throttled by type of peer", test_throttled_by_type },
	{ "shared receive buffers that run out", test_shared_buffers },
	{ "echoed beyond all windows", test_echo_beyond_windows },
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

/* Return: true if it was all right, and nothing is left of it. */
static bool run(unsigned int i)
{
	static struct side server, client;
	static unsigned long before;
	unsigned long left, messages, connections, regions;

	memset(&server, 0, sizeof(server));
	memset(&client, 0, sizeof(client));
	api_why = NULL;
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
	printf("%s %u - %s\n", api_why ? "not ok" : "ok", i + 1, tests[i].name);
	fflush(stdout);
	return !api_why;
}

int main(int argc, char **argv)
{
	const unsigned int n = sizeof(tests) / sizeof(tests[0]);
	unsigned int i;
	bool ok = true;

	if (argc != 2 && argc != 3) {
		fputs("usage: api_test ADDRESS [TRANSPORT]\n", stderr);
		return 2;
	}
	api_address = argv[1];
	if (argc == 3)
		api_transport = argv[2];
	printf("1..%u\n", n);
	for (i = 0; i < n; i++)
		ok = run(i) && ok;
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
