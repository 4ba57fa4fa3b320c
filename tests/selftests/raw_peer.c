// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * raw_peer: a peer that breaks the rules, one a connection, and demands that the
 * other side finds it, says which rule it was, and serves the next one well.
 *
 * TAP on standard output.
 */
#include <getopt.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>

#include "raw_cases.h"

static const char usage[] =
	"usage: raw_peer --addr ADDRESS --port PORT [--case NAME]... [--sinks]\n"
	"                [--seed N] [--count N]\n"
	"       raw_peer --listen ADDRESS [--port PORT] [--case NAME]... [--sinks]\n"
	"       raw_peer --addr ADDRESS --port PORT --hold\n"
	"       raw_peer --list\n"
	"\n"
	"Connect to a server and break a rule in each connection; each time, see whether\n"
	"the server names the rule, and serves a good peer afterwards. With --listen the\n"
	"other way round: serve one client a case; 'serving NAME PORT WORDS' tells that a\n"
	"client may come, and what it has to say; the first, 'offer', is only asked what it\n"
	"can do. Cases that need what the other side cannot do are none. With --hold keep all rules, stay idle,\n"
	"and tell how the connection ended.\n"
	"\n"
	"  --addr ADDRESS    the server\n"
	"  --listen ADDRESS  listen here\n"
	"  --port PORT       port (with --listen 0 picks one)\n"
	"  --case NAME       only this one (repeatable)\n"
	"  --sinks           with cases of reply sinks in use: the other side is 'xio_server\n"
	"                    --reply' or 'xio_client --reply-hooks --sink'\n"
	"  --secret FILE     with cases of secrets and signatures, and no others: the server has\n"
	"                    '--secret FILE --signing on'\n"
	"  --authorizers     with cases of authorizers, and no others: the server is the module\n"
	"                    authorizer_test\n"
	"  --tids            with cases of messages that have a number in common: the server is\n"
	"                    the module tid_test\n"
	"  --record FILE     append the frames that the other side sends; with --listen there\n"
	"                    is a case 'record', which takes all and says nothing\n"
	"  --recorded FILE   with the case 'recorded': mutations of such frames\n"
	"  --seed N          of the cases 'random' and 'recorded' (default 1)\n"
	"  --count N         connections of these and of 'good' (default 100)\n"
	"  --limit SECONDS   of every single wait (default 5)\n"
	"  --list            the cases, and who can play them\n"
	"\n"
	"Exit status: 0 all well, 1 a case failed, 2 wrong command line, 3 cannot begin.\n";

enum { OPT_ADDR = 256, OPT_LISTEN, OPT_PORT, OPT_CASE, OPT_SEED, OPT_COUNT, OPT_LIMIT, OPT_LIST,
       OPT_HOLD, OPT_SINKS, OPT_SECRET, OPT_AUTHORIZERS, OPT_TIDS, OPT_DIE, OPT_RECORD, OPT_RECORDED };

static const struct option options[] = {
	{ "addr", required_argument, NULL, OPT_ADDR },
	{ "listen", required_argument, NULL, OPT_LISTEN },
	{ "port", required_argument, NULL, OPT_PORT },
	{ "case", required_argument, NULL, OPT_CASE },
	{ "seed", required_argument, NULL, OPT_SEED },
	{ "count", required_argument, NULL, OPT_COUNT },
	{ "limit", required_argument, NULL, OPT_LIMIT },
	{ "list", no_argument, NULL, OPT_LIST },
	{ "sinks", no_argument, NULL, OPT_SINKS },
	{ "secret", required_argument, NULL, OPT_SECRET },
	{ "authorizers", no_argument, NULL, OPT_AUTHORIZERS },
	{ "tids", no_argument, NULL, OPT_TIDS },
	{ "record", required_argument, NULL, OPT_RECORD },
	{ "recorded", required_argument, NULL, OPT_RECORDED },
	{ "hold", no_argument, NULL, OPT_HOLD },
	{ "die", required_argument, NULL, OPT_DIE },	/* the program's own: see special_die() */
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

#define MAX_CASES 512

/**
 * struct request - the command line
 * @target: where, and limits
 * @listen: as server
 * @hold: --hold
 * @die: --die, or NULL
 * @names: --case
 * @count: how many
 */
struct request {
	struct target target;
	bool listen;
	bool hold;
	const char *die;
	const char *names[MAX_CASES];
	u32 count;
};

static void list_cases(void)
{
	u32 i;

	for (i = 0; i < raw_case_count; i++)
		printf("%-20s %s%s\n", raw_cases[i].name,
		       raw_cases[i].as & AS_CLIENT ? "client " : "",
		       raw_cases[i].as & AS_SERVER ? "server" : "");
}

static bool wanted(const struct request *r, const struct raw_case *c)
{
	u32 i;

	if (!(c->as & (r->listen ? AS_SERVER : AS_CLIENT)) || c->needs & ~r->target.features ||
	    (c->sinks && !r->target.sinks) || (c->tid && !r->target.tids) ||
	    c->secret != !!r->target.secret_len || c->authorizer != r->target.authorizers ||
	    (c->recorded && !(r->listen ? !!r->target.record : r->target.recorded.count)))
		return false;
	for (i = 0; i < r->count; i++)
		if (!strcmp(r->names[i], c->name))
			return true;
	return !r->count;
}

static bool know_names(const struct request *r)
{
	u32 i, j;

	for (i = 0; i < r->count; i++) {
		for (j = 0; j < raw_case_count; j++)
			if (!strcmp(r->names[i], raw_cases[j].name))
				break;
		if (j == raw_case_count) {
			fprintf(stderr, "raw_peer: no case '%s'; try --list\n", r->names[i]);
			return false;
		}
	}
	return true;
}

static bool report(const struct raw_case *c, u32 number, bool ok, const char *error)
{
	printf("%sok %u - %s\n", ok ? "" : "not ", number, c->name);
	if (!ok)
		printf("# %s\n", error);
	return ok;
}

/* What the other side can do says which cases there are. */
static bool ask(struct request *r, struct raw *listener)
{
	char error[256] = "";
	bool ok;

	if (listener) {
		printf("serving offer %u %s\n", ntohs(rdma_get_src_port(listener->id)),
		       cxio_fault_text(CXIO_FAULT_TOO_MANY));
		ok = case_asked(listener, &r->target, &r->target.features, error, sizeof(error));
	} else {
		ok = case_offered(&r->target, &r->target.features, error, sizeof(error));
	}
	if (!ok)
		fprintf(stderr, "raw_peer: %s\n", error);
	return ok;
}

static int play_all(struct request *r, struct raw *listener)
{
	char error[256] = "";
	u32 i, n = 0;
	bool all = true;

	if (!ask(r, listener))
		return 3;
	for (i = 0; i < raw_case_count; i++)
		n += wanted(r, &raw_cases[i]);
	printf("1..%u\n", n);
	for (i = 0, n = 0; i < raw_case_count; i++) {
		const struct raw_case *c = &raw_cases[i];
		bool ok;

		if (!wanted(r, c))
			continue;
		if (listener) {
			printf("serving %s %u %s\n", c->name,
			       ntohs(rdma_get_src_port(listener->id)),
			       case_victim(c, listener->iwarp));
			ok = case_as_server(c, listener, &r->target, error, sizeof(error));
		} else {
			ok = case_as_client(c, &r->target, error, sizeof(error));
		}
		all = report(c, ++n, ok, error) && all;
	}
	return all ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int serve(struct request *r)
{
	struct raw listener;
	int status = 3;

	if (raw_listen(&listener, (const struct sockaddr *)&r->target.addr))
		status = play_all(r, &listener);
	else
		fprintf(stderr, "raw_peer: %s\n", listener.error);
	raw_drop(&listener);
	return status;
}

/* Idle until the other side ends it. */
static int hold(const struct request *r)
{
	struct frame f;
	struct peer p;
	enum heard heard = HEARD_END;

	peer_init(&p, r->target.limit_ms);
	if (peer_connect(&p, (const struct sockaddr *)&r->target.addr)) {
		frame_control(&p, &f, CXIO_FRAME_GRANT);
		peer_send(&p, &f);
		puts("holding");
		while ((heard = peer_hear(&p, 0)) == HEARD_FRAME)
			;
	}
	if (p.error[0])
		printf("failed: %s\n", p.error);
	else if (heard == HEARD_CLOSE)
		printf("closed: %s\n", cxio_fault_text(peer_reason(&p)));
	else
		printf("%s\n", heard == HEARD_END ? "ended without a word" : "still there");
	if (heard == HEARD_CLOSE && !peer_end(&p))
		heard = HEARD_NOTHING;
	peer_drop(&p);
	return heard == HEARD_CLOSE ? EXIT_SUCCESS : EXIT_FAILURE;
}

static bool resolve(struct request *r)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST };
	struct addrinfo *found;

	if (!r->target.addr_text || getaddrinfo(r->target.addr_text, r->target.port_text, &hints,
						&found)) {
		fputs("raw_peer: no numeric address and port given; try --help\n", stderr);
		return false;
	}
	memcpy(&r->target.addr, found->ai_addr, found->ai_addrlen);
	freeaddrinfo(found);
	return true;
}

static bool read_secret(struct target *t, const char *name)
{
	FILE *f = fopen(name, "r");

	if (f)
		t->secret_len = fread(t->secret, 1, sizeof(t->secret), f);
	if (f)
		fclose(f);
	if (!t->secret_len)
		fprintf(stderr, "raw_peer: --secret: cannot read %s\n", name);
	return t->secret_len;
}

static bool begin_recording(struct target *t, const char *name)
{
	t->record = fopen(name, "a");
	if (!t->record)
		fprintf(stderr, "raw_peer: --record: cannot write %s\n", name);
	return t->record;
}

static bool read_recorded(struct target *t, const char *name)
{
	bool ok = recording_read(&t->recorded, name);

	if (!ok)
		fprintf(stderr, "raw_peer: --recorded: no frames in %s\n", name);
	return ok;
}

static bool take(struct request *r, int option)
{
	switch (option) {
	case OPT_LISTEN:
		r->listen = true;
		r->target.addr_text = optarg;
		return true;
	case OPT_ADDR:
		r->target.addr_text = optarg;
		return true;
	case OPT_PORT:
		r->target.port_text = optarg;
		return true;
	case OPT_CASE:
		if (r->count < MAX_CASES)
			r->names[r->count++] = optarg;
		return true;
	case OPT_SEED:
		r->target.seed = (u32)strtoul(optarg, NULL, 0);
		return true;
	case OPT_COUNT:
		r->target.count = (u32)strtoul(optarg, NULL, 0);
		return true;
	case OPT_LIMIT:
		r->target.limit_ms = (u32)strtoul(optarg, NULL, 0) * 1000;
		return true;
	case OPT_SINKS:
		r->target.sinks = true;
		return true;
	case OPT_SECRET:
		return read_secret(&r->target, optarg);
	case OPT_AUTHORIZERS:
		r->target.authorizers = true;
		return true;
	case OPT_TIDS:
		r->target.tids = true;
		return true;
	case OPT_RECORD:
		return begin_recording(&r->target, optarg);
	case OPT_RECORDED:
		return read_recorded(&r->target, optarg);
	case OPT_HOLD:
		r->hold = true;
		return true;
	case OPT_DIE:
		r->die = optarg;
		return true;
	default:
		return false;
	}
}

int main(int argc, char **argv)
{
	static struct request r = {
		.target = { .port_text = "0", .limit_ms = 5000, .seed = 1, .count = 100 },
	};
	int o;

	setvbuf(stdout, NULL, _IOLBF, 0);
	while ((o = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (o == 'h') {
			fputs(usage, stdout);
			return EXIT_SUCCESS;
		}
		if (o == OPT_LIST) {
			list_cases();
			return EXIT_SUCCESS;
		}
		if (!take(&r, o))
			return 2;
	}
	if (optind < argc || !know_names(&r) || !resolve(&r))
		return 2;
	if (r.die)
		return special_die(&r.target, !strcmp(r.die, "mid-message"));
	if (r.hold)
		return hold(&r);
	return r.listen ? serve(&r) : play_all(&r, NULL);
}
