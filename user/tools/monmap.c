// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A client of a Ceph monitor: asks it for its map, as often as wanted.
 *
 * Main asks and waits; callbacks note what has come. Ceph's monitors keep no sessions, so a
 * lost connection is not made anew by the library, but another one begun here, and the map
 * asked for again. There is one at a time: the next begins when the last is over.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "client.h"
#include "mon_map.h"

/* A monitor that ends each connection at once is not asked without a pause. */
#define AGAIN_NS	100000000ull

/**
 * struct monmap - one monitor; the program's lock guards it
 * @client: the program
 * @messenger: of one connection
 * @connection: a reference, or NULL
 * @over: the connection is
 * @refused: an attempt to make it failed, and was told of
 * @authenticated: the monitor answers
 * @pinged: MPing is sent on it
 * @asked: MMonGetMap is
 * @pong: the answer to the one has come
 * @answered: and to the other
 * @map: that
 */
struct monmap {
	struct client *client;
	struct cxio_messenger *messenger;
	struct cxio_connection *connection;
	bool over;
	bool refused;
	bool authenticated;
	bool pinged;
	bool asked;
	bool pong;
	bool answered;
	struct mon_map map;
};

static const char *words(const struct cxio_end *end)
{
	return end->text ? end->text : cxio_fault_text(end->fault);
}

static void note(struct monmap *mm, bool *what)
{
	pthread_mutex_lock(&mm->client->lock);
	*what = true;
	pthread_cond_signal(&mm->client->changed);
	pthread_mutex_unlock(&mm->client->lock);
}

/* --- what the messenger tells --- */

static void authenticated(void *arg, struct cxio_connection *c, const struct cxio_end *end)
{
	struct monmap *mm = arg;

	(void)c;
	if (end->fault)
		client_fail(mm->client, "not authenticated: %s", words(end));
	else
		note(mm, &mm->authenticated);
}

static bool dispatch(void *arg, struct cxio_connection *c, struct cxio_message *m)
{
	struct monmap *mm = arg;
	const char *bad = NULL;
	struct mon_map map;
	const void *front;
	size_t len = 0;

	(void)c;
	front = cxio_message_front(m, &len);
	if (cxio_message_type(m) == MON_MSG_PING) {
		note(mm, &mm->pong);
	} else if (cxio_message_type(m) == MON_MSG_MAP) {
		bad = mon_map_get(front, len, &map);
		if (!bad) {
			pthread_mutex_lock(&mm->client->lock);
			mm->map = map;
			pthread_mutex_unlock(&mm->client->lock);
			note(mm, &mm->answered);
		}
	}
	if (bad)
		client_fail(mm->client, "%s", bad);
	cxio_message_put(m);
	return true;
}

static void refused(void *arg, struct cxio_connection *c, const struct cxio_end *end)
{
	struct monmap *mm = arg;
	struct client *cl = mm->client;
	bool first;

	(void)c;
	if (!cl->options.lossless) {
		client_fail(cl, "%s", words(end));
		return;
	}
	pthread_mutex_lock(&cl->lock);
	first = !mm->refused;
	mm->refused = true;
	snprintf(cl->refusal, sizeof(cl->refusal), "%s", words(end));
	pthread_mutex_unlock(&cl->lock);
	if (first && cl->progress)
		tool_error("%s: not connected yet: %s", cl->to.text, words(end));
}

static void reset(void *arg, struct cxio_connection *c, const struct cxio_end *end)
{
	struct monmap *mm = arg;
	struct client *cl = mm->client;
	bool expected;

	(void)c;
	pthread_mutex_lock(&cl->lock);
	expected = cl->closing || cl->failed;
	pthread_mutex_unlock(&cl->lock);
	if (!expected && !cl->options.lossless)
		client_fail(cl, "%s", end->fault ? words(end) : "the monitor closed");
	else if (!expected && cl->progress)
		tool_error("%s: lost: %s", cl->to.text, words(end));
	note(mm, &mm->over);
}

/* --- what is asked --- */

/* Locked, as what follows: nothing is told of the connection before it is known here. */
static int reach(struct monmap *mm)
{
	const struct tool_address *to = &mm->client->to;

	cxio_connection_put(mm->connection);
	mm->refused = mm->authenticated = false;
	mm->pinged = mm->asked = mm->pong = mm->answered = false;
	mm->client->refusal[0] = '\0';
	mm->connection = cxio_messenger_connect(mm->messenger, (const struct sockaddr *)&to->sa,
						to->len, CXIO_PEER_MON);
	mm->over = !mm->connection;
	return mm->connection ? 0 : -errno;
}

/* What cannot be sent since the connection is over, reset() tells. */
static int say(struct monmap *mm, unsigned int type)
{
	struct cxio_message *m = cxio_message_new((uint16_t)type, 0, 0, 0);
	int err = m ? cxio_connection_send(mm->connection, m) : -errno;

	return err == -ENOTCONN ? 0 : err;
}

/* What can be asked by now: before it knows who asks, a monitor drops all but MPing. */
static int go_on(struct monmap *mm)
{
	int err = 0;

	if (!mm->pinged)
		err = say(mm, MON_MSG_PING);
	mm->pinged = true;
	if (err || mm->asked || !mm->authenticated)
		return err;
	mm->asked = true;
	return say(mm, MON_MSG_GET_MAP);
}

static void pause_until(struct monmap *mm, uint64_t until_ns, bool even_if_over)
{
	while (!mm->client->failed && (even_if_over || !mm->over) && tool_now_ns() < until_ns)
		client_wait(mm->client, until_ns);
}

/* Return: false if there is no answer, and why is told. */
static bool ask(struct monmap *mm, struct mon_map *map)
{
	struct client *cl = mm->client;
	uint64_t until = tool_now_ns() + cl->timeout_s * TOOL_NS_PER_S;
	int err = 0;
	bool got;

	pthread_mutex_lock(&cl->lock);
	mm->pinged = mm->asked = mm->pong = mm->answered = false;
	while (!err && !cl->failed && !(mm->pong && mm->answered) && tool_now_ns() < until) {
		if (mm->over) {
			pause_until(mm, tool_now_ns() + AGAIN_NS, true);
			err = cl->failed ? 0 : reach(mm);
			continue;
		}
		err = go_on(mm);
		if (!err)
			client_wait(cl, until);
	}
	got = !cl->failed && mm->pong && mm->answered;
	*map = mm->map;
	pthread_mutex_unlock(&cl->lock);
	if (err)
		client_fail(cl, "cannot ask: %s", strerror(-err));
	else if (!got)
		client_fail(cl, "the monitor does not answer%s%s",
			    cl->refusal[0] ? "; the last attempt failed: " : "", cl->refusal);
	return got;
}

static void show(const struct mon_map *map, bool json)
{
	struct json_object *o;

	if (!json) {
		printf("fsid %s epoch %u\n", map->fsid, map->epoch);
		return;
	}
	o = json_object_new_object();
	json_object_object_add(o, "fsid", json_object_new_string(map->fsid));
	json_object_object_add(o, "epoch", json_object_new_int64(map->epoch));
	puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
	json_object_put(o);
}

/* --- the run --- */

static void ask_all(struct monmap *mm)
{
	struct client *cl = mm->client;
	struct mon_map map;
	uint64_t i;

	for (i = 0; i < cl->msgs && ask(mm, &map); i++) {
		show(&map, cl->options.json);
		if (i + 1 == cl->msgs)
			break;
		/* Who has lost it wants to know at once what has become of it. */
		pthread_mutex_lock(&cl->lock);
		pause_until(mm, tool_now_ns() + cl->interval_ns, false);
		pthread_mutex_unlock(&cl->lock);
	}
}

static void end_connection(struct monmap *mm)
{
	struct client *cl = mm->client;
	uint64_t until = tool_now_ns() + cl->timeout_s * TOOL_NS_PER_S;

	pthread_mutex_lock(&cl->lock);
	cl->closing = true;
	if (!mm->over)
		cxio_connection_close(mm->connection);
	while (!mm->over && tool_now_ns() < until)
		client_wait(cl, until);
	pthread_mutex_unlock(&cl->lock);
}

static int begin(struct monmap *mm)
{
	int err = cxio_messenger_set_policy(mm->messenger, CXIO_PEER_MON,
					    CXIO_POLICY_LOSSY_CLIENT);

	if (!err)
		err = cxio_messenger_start(mm->messenger);
	if (!err) {
		pthread_mutex_lock(&mm->client->lock);
		err = reach(mm);
		pthread_mutex_unlock(&mm->client->lock);
	}
	if (err)
		tool_error("cannot connect: %s%s", strerror(-err), tool_hint(-err));
	return err;
}

/**
 * monmap_run() - do what the command line says, with --monmap
 * @cl: the command line
 *
 * Return: the exit status.
 */
int monmap_run(struct client *cl)
{
	struct monmap mm = { .client = cl };
	const struct cxio_dispatcher d = {
		.dispatch = dispatch, .reset = reset, .refused = refused,
		.authenticated = authenticated, .arg = &mm,
	};
	unsigned long left;
	int err;

	cl->options.messenger.ceph_features = MON_FEATURES;
	mm.messenger = tool_messenger(&cl->options, &d, false);
	if (!mm.messenger)
		return EXIT_SETUP;
	err = begin(&mm);
	if (!err) {
		ask_all(&mm);
		end_connection(&mm);
	}
	cxio_messenger_destroy(mm.messenger);
	cxio_connection_put(mm.connection);
	if (cl->failed)
		tool_error("%s: %s", cl->to.text, cl->error);
	left = tool_left_over();
	if (err)
		return EXIT_SETUP;
	return cl->failed || left ? EXIT_WORK : EXIT_SUCCESS;
}
