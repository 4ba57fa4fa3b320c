// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A client of real Ceph daemons over the library: what the tests beside it run. Each line it prints is an event they wait for.
 */
#include <errno.h>
#include <getopt.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cephxio.h"
#include "mon_map.h"
#include "osd_op.h"

#define REPLY_NS	30000000000ull
#define OBJECT_MAX	(16u << 20)

/**
 * struct app - the program
 * @lock: guards the rest
 * @changed: something of it has
 * @over: connections that ended
 * @done: the monitor gave us tickets
 * @failed: or did not
 * @map: its map came
 * @tried: a connection ended, or could not be made
 * @quiet: who asks says how it went
 * @why: why it did
 * @seconds: how long the object is written and read again over new connections
 * @fsid: of the map
 * @replies: of the OSD
 * @reply: the last
 */
struct app {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned int over;
	bool done;
	bool failed;
	bool map;
	bool tried;
	bool quiet;
	long seconds;
	char why[300];
	char fsid[40];
	unsigned int replies;
	struct cxio_message *reply;
};

static struct app app = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, .over = 0 };

static void note(bool *what)
{
	pthread_mutex_lock(&app.lock);
	*what = true;
	pthread_cond_broadcast(&app.changed);
	pthread_mutex_unlock(&app.lock);
}

static void say(const char *line)
{
	puts(line);
	fflush(stdout);
}

/* The first reason is the one that counts. */
static void because(const char *what, const struct cxio_end *end)
{
	pthread_mutex_lock(&app.lock);
	if (!app.tried)
		snprintf(app.why, sizeof(app.why), "%s: %s", what,
			 end->text ? end->text : cxio_fault_text(end->fault));
	if (!app.quiet)
		printf("%s: %s\n", what, end->text ? end->text : cxio_fault_text(end->fault));
	fflush(stdout);
	app.tried = true;
	pthread_cond_broadcast(&app.changed);
	pthread_mutex_unlock(&app.lock);
}

/* --- what is told --- */

static void on_authenticated(void *arg, struct cxio_connection *c, const struct cxio_end *end)
{
	(void)arg;
	(void)c;
	if (end->fault)
		because("not authenticated", end);
	else if (!app.quiet)
		say("authenticated");
	note(end->fault ? &app.failed : &app.done);
}

static void on_reset(void *arg, struct cxio_connection *c, const struct cxio_end *end)
{
	(void)arg;
	(void)c;
	because("ended", end);
	pthread_mutex_lock(&app.lock);
	app.over++;
	pthread_cond_broadcast(&app.changed);
	pthread_mutex_unlock(&app.lock);
}

static void on_refused(void *arg, struct cxio_connection *c, const struct cxio_end *end)
{
	(void)arg;
	(void)c;
	because("not connected", end);
}

static void take_map(const void *front, size_t len)
{
	struct cxio_end end = { 0 };
	struct mon_map map;

	end.text = mon_map_get(front, len, &map);
	if (end.text) {
		because("no map", &end);
		return;
	}
	pthread_mutex_lock(&app.lock);
	app.map = true;
	memcpy(app.fsid, map.fsid, sizeof(map.fsid));
	pthread_cond_broadcast(&app.changed);
	pthread_mutex_unlock(&app.lock);
}

static bool on_message(void *arg, struct cxio_connection *c, struct cxio_message *m)
{
	const unsigned char *front;
	size_t len;

	(void)arg;
	(void)c;
	front = cxio_message_front(m, &len);
	if (cxio_message_type(m) == MON_MSG_MAP)
		take_map(front, len);
	cxio_message_put(m);
	return true;
}

static void on_reply(void *arg, struct cxio_message *m, int error)
{
	(void)arg;
	if (error)
		fprintf(stderr, "no reply: %s\n", strerror(-error));
	pthread_mutex_lock(&app.lock);
	app.reply = m;
	app.replies++;
	pthread_cond_broadcast(&app.changed);
	pthread_mutex_unlock(&app.lock);
}

/* --- what is asked --- */

static bool resolve(const char *where, struct sockaddr_storage *to, socklen_t *len)
{
	struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV }, *found;
	char host[80];
	char *colon;

	snprintf(host, sizeof(host), "%s", where);
	colon = strrchr(host, ':');
	if (!colon)
		return false;
	*colon = '\0';
	if (getaddrinfo(host, colon + 1, &hints, &found))
		return false;
	*len = found->ai_addrlen;
	memcpy(to, found->ai_addr, found->ai_addrlen);
	freeaddrinfo(found);
	return true;
}

static struct cxio_connection *reach(struct cxio_messenger *m, const char *where,
				     enum cxio_peer_type type)
{
	struct sockaddr_storage to;
	socklen_t len;

	return resolve(where, &to, &len) ?
		cxio_messenger_get_connection(m, (struct sockaddr *)&to, len, type) : NULL;
}

static void begin(void)
{
	pthread_mutex_lock(&app.lock);
	app.map = app.tried = false;
	pthread_mutex_unlock(&app.lock);
}

/*
 * So many connections, one after the other, each until the map has come or it has ended:
 * a line for each. What is refused would be tried again, and is marked down.
 */
static int try_all(struct cxio_messenger *m, const char *mon, unsigned int times)
{
	struct sockaddr_storage to;
	struct cxio_connection *c;
	socklen_t len;
	unsigned int i;

	if (!resolve(mon, &to, &len))
		return 1;
	app.quiet = true;
	for (i = 0; i < times; i++) {
		begin();
		c = cxio_messenger_connect(m, (struct sockaddr *)&to, len, CXIO_PEER_MON);
		if (!c)
			return 1;
		pthread_mutex_lock(&app.lock);
		while (!app.map && !app.tried)
			pthread_cond_wait(&app.changed, &app.lock);
		if (app.map)
			printf("map %s\n", app.fsid);
		else
			puts(app.why);
		fflush(stdout);
		pthread_mutex_unlock(&app.lock);
		cxio_connection_mark_down(c);
		pthread_mutex_lock(&app.lock);
		while (app.over == i)
			pthread_cond_wait(&app.changed, &app.lock);
		pthread_mutex_unlock(&app.lock);
		cxio_connection_put(c);
	}
	return 0;
}

static struct cxio_message *operate(struct cxio_connection *c, const struct osd_op *o,
				    uint64_t tid, const void *data, struct osd_reply *r)
{
	struct cxio_reply_hook hook = { .reply = on_reply, .timeout_ns = REPLY_NS };
	unsigned char front[OSD_OP_FRONT_MAX];
	unsigned int len = osd_op_put(o, front, sizeof(front)), before = app.replies;
	struct cxio_message *m = cxio_message_new(OSD_OP_TYPE, tid, len, 0);
	const char *bad;
	size_t n;

	if (!m)
		return NULL;
	memcpy(cxio_message_front(m, &n), front, len);
	cxio_message_set_version(m, OSD_OP_VERSION, OSD_OP_COMPAT);
	if (!len || (data && cxio_message_add_data(m, data, o->length))) {
		cxio_message_put(m);
		return NULL;
	}
	if (cxio_connection_request(c, m, &hook))
		return NULL;
	pthread_mutex_lock(&app.lock);
	while (app.replies == before)
		pthread_cond_wait(&app.changed, &app.lock);
	m = app.reply;
	pthread_mutex_unlock(&app.lock);
	if (!m)
		return NULL;
	bad = osd_reply_get(cxio_message_front(m, &n), (uint32_t)n, r);
	if (bad)
		printf("%s\n", bad);
	else if (r->result < 0)
		printf("the OSD says %s\n", strerror(-r->result));
	else
		return m;
	cxio_message_put(m);
	return NULL;
}

static bool write_and_read(struct cxio_connection *osd, struct osd_op *o, const void *bytes,
			   uint64_t tid)
{
	struct cxio_message *m;
	struct osd_reply r;
	struct timespec now;
	const void *data;
	size_t len;
	bool same;

	clock_gettime(CLOCK_REALTIME, &now);
	o->sec = (uint32_t)now.tv_sec;
	o->nsec = (uint32_t)now.tv_nsec;
	o->op = OSD_OP_WRITE_FULL;
	o->flags = OSD_OP_FLAGS_WRITE;
	m = operate(osd, o, tid, bytes, &r);
	if (!m)
		return false;
	cxio_message_put(m);
	if (tid == 1)
		printf("written %llu\n", (unsigned long long)o->length);
	o->op = OSD_OP_READ;
	o->flags = OSD_OP_FLAGS_READ;
	m = operate(osd, o, tid + 1, NULL, &r);
	if (!m)
		return false;
	data = cxio_message_data(m, &len);
	same = data && len == o->length && r.length == len && !memcmp(data, bytes, len);
	if (tid == 1 || !same)
		printf("%s %zu\n", same ? "same" : "other bytes", data ? len : 0);
	cxio_message_put(m);
	return same;
}

/* Each time over a connection of its own, which needs a ticket that is good. */
static bool rounds(struct cxio_messenger *m, const char *osd, struct osd_op *o,
		   const void *bytes)
{
	struct cxio_connection *c;
	struct sockaddr_storage to;
	struct timespec now, begun;
	uint64_t round = 0;
	socklen_t len;
	bool good;

	if (!resolve(osd, &to, &len))
		return false;
	app.quiet = true;
	clock_gettime(CLOCK_MONOTONIC, &begun);
	do {
		begin();
		c = cxio_messenger_connect(m, (struct sockaddr *)&to, len, CXIO_PEER_OSD);
		good = c && write_and_read(c, o, bytes, 1 + 2 * round++);
		if (c)
			cxio_connection_mark_down(c);
		cxio_connection_put(c);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (good && now.tv_sec - begun.tv_sec < app.seconds);
	if (!good)
		puts(app.why);
	printf("rounds %llu\n", (unsigned long long)round);
	return good;
}

/* Return: bytes read, or 0. */
static size_t read_file(const char *name, void *to, size_t room)
{
	FILE *f = fopen(name, "rb");
	size_t n = f ? fread(to, 1, room, f) : 0;

	if (f)
		fclose(f);
	return n;
}

/* MON OSD POOL HASH EPOCH NAME FILE */
static int use_object(struct cxio_messenger *m, char **word)
{
	struct osd_op o = {
		.pool = strtoull(word[2], NULL, 0), .hash = (uint32_t)strtoul(word[3], NULL, 16),
		.epoch = (uint32_t)strtoul(word[4], NULL, 0), .name = word[5],
		.features = MON_FEATURES,
	};
	struct cxio_connection *mon = reach(m, word[0], CXIO_PEER_MON);
	void *bytes = malloc(OBJECT_MAX);
	bool good = false;

	if (!bytes || !mon || strlen(o.name) > OSD_OP_NAME_MAX) {
		cxio_connection_put(mon);
		free(bytes);
		return 1;
	}
	o.length = read_file(word[6], bytes, OBJECT_MAX);
	pthread_mutex_lock(&app.lock);
	while (!app.done && !app.failed && !app.over)
		pthread_cond_wait(&app.changed, &app.lock);
	pthread_mutex_unlock(&app.lock);
	good = app.done && rounds(m, word[1], &o, bytes);
	cxio_connection_put(mon);
	free(bytes);
	return good ? 0 : 1;
}

/* --- the command line --- */

static int usage(void)
{
	fputs("usage: ceph_client [--name NAME --keyring FILE] [OPTION...] try MON TIMES\n"
	      "       ceph_client ... object MON OSD POOL HASH EPOCH NAME FILE\n"
	      "--in-portal          no dispatch threads\n"
	      "--carrier rdma|rdma-cm, --gid-index N  as of simple_client\n"
	      "--for SECONDS        the object again and again, over new connections\n"
	      "--xio, --signing-off what does not go together with a key\n", stderr);
	return 2;
}

static struct cxio_messenger *make(const struct cxio_messenger_options *o)
{
	struct cxio_dispatcher d = {
		.dispatch = on_message, .reset = on_reset, .refused = on_refused,
		.authenticated = on_authenticated,
	};
	struct cxio_messenger *m = cxio_messenger_create(o);
	int err = m ? 0 : -errno;

	if (!err)
		err = cxio_messenger_add_dispatcher_tail(m, &d);
	if (!err)
		err = cxio_messenger_start(m);
	if (!err)
		return m;
	fprintf(stderr, "no messenger: %s\n", strerror(-err));
	cxio_messenger_destroy(m);
	return NULL;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "name", required_argument, NULL, 'n' },
		{ "in-portal", no_argument, NULL, 'p' },
		{ "signing-off", no_argument, NULL, 'o' },
		{ "xio", no_argument, NULL, 'x' },
		{ "for", required_argument, NULL, 'f' },
		{ "keyring", required_argument, NULL, 'k' },
		{ "carrier", required_argument, NULL, 'c' },
		{ "gid-index", required_argument, NULL, 'g' },
		{ NULL, 0, NULL, 0 },
	};
	static char keyring[65536];
	struct cxio_messenger_options o;
	struct cxio_messenger *m;
	bool off = false;
	int c, status;

	cxio_messenger_options_init(&o);
	o.transport = "simple";
	o.ceph_features = MON_FEATURES;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'n')
			o.ceph_name = optarg;
		else if (c == 'p')
			o.dispatch_threads = 0;
		else if (c == 'o')
			off = true;
		else if (c == 'x')
			o.transport = "xio";
		else if (c == 'c')
			o.carrier = strcmp(optarg, "rdma-cm") ? CXIO_CARRIER_RDMA :
								CXIO_CARRIER_RDMA_CM;
		else if (c == 'g')
			o.gid_index = (unsigned int)strtoul(optarg, NULL, 0);
		else if (c == 'f')
			app.seconds = strtol(optarg, NULL, 0);
		else if (c == 'k' && read_file(optarg, keyring, sizeof(keyring) - 1))
			o.ceph_key = keyring;
		else
			return usage();
	}
	if (o.ceph_key)
		o.signing = off ? CXIO_SIGNING_OFF : CXIO_SIGNING_ON;
	argc -= optind;
	argv += optind;
	if (!argc || !((argc == 3 && !strcmp(argv[0], "try")) ||
		       (argc == 8 && !strcmp(argv[0], "object"))))
		return usage();
	m = make(&o);
	if (!m)
		return 3;
	if (argc == 3)
		status = try_all(m, argv[1], (unsigned int)strtoul(argv[2], NULL, 0));
	else
		status = use_object(m, argv + 1);
	cxio_messenger_destroy(m);
	if (cxio_live_objects(NULL, NULL, NULL)) {
		fputs("left over: objects of the library\n", stderr);
		return 4;
	}
	return status;
}
