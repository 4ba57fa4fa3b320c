// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What the kernel has: messenger, listeners, devices, connections, what ended, counts.
 */
#include <arpa/inet.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "cxio.h"
#include "deps.h"

/* A count of a connection: its key in JSON, its title in a table or NULL, where it is. */
static const struct {
	const char *key;
	const char *title;
	int attr;
} counts[] = {
	{ "messages_sent", "SENT", CEPH_XIO_A_MSGS_SENT },
	{ "messages_received", "RECEIVED", CEPH_XIO_A_MSGS_RECEIVED },
	{ "bytes_sent", "BYTES-OUT", CEPH_XIO_A_BYTES_SENT },
	{ "bytes_received", "BYTES-IN", CEPH_XIO_A_BYTES_RECEIVED },
	{ "frames_sent", NULL, CEPH_XIO_A_FRAMES_SENT },
	{ "frames_received", NULL, CEPH_XIO_A_FRAMES_RECEIVED },
	{ "sent_inline", "INLINE", CEPH_XIO_A_SENT_INLINE },
	{ "sent_chained", "CHAINED", CEPH_XIO_A_SENT_CHAINED },
	{ "sent_rendezvous", "RENDEZV", CEPH_XIO_A_SENT_RENDEZVOUS },
	{ "sent_sink", "SINK", CEPH_XIO_A_SENT_SINK },
	{ "received_in_sink", "IN-SINK", CEPH_XIO_A_RECEIVED_SINK },
	{ "reads", "READS", CEPH_XIO_A_READS },
	{ "ack_frames", "ACKS", CEPH_XIO_A_ACK_FRAMES },
	{ "credit_stalls", "C-STALLS", CEPH_XIO_A_CREDIT_STALLS },
	{ "window_stalls", "W-STALLS", CEPH_XIO_A_WINDOW_STALLS },
	{ "crc_failures", "CRC-ERR", CEPH_XIO_A_CRC_FAILURES },
	{ "duplicate_messages", NULL, CEPH_XIO_A_DUPLICATES },
};

#define COUNTS ARRAY_SIZE(counts)

static const char *text(struct nlattr *a)
{
	return a ? nla_get_string(a) : "?";
}

static uint32_t number(struct nlattr *a)
{
	return a ? nla_get_u32(a) : 0;
}

/**
 * cxio_address() - an address in words
 * @a: struct sockaddr_in or sockaddr_in6, or NULL
 * @buf: for the words
 * @size: room
 *
 * Return: @buf.
 */
const char *cxio_address(struct nlattr *a, char *buf, size_t size)
{
	const struct sockaddr_in6 *in6 = a ? nla_data(a) : NULL;
	const struct sockaddr_in *in4 = a ? nla_data(a) : NULL;
	char words[INET6_ADDRSTRLEN] = "?";

	if (a && nla_len(a) == sizeof(*in6)) {
		inet_ntop(AF_INET6, &in6->sin6_addr, words, sizeof(words));
		snprintf(buf, size, "[%s]:%u", words, ntohs(in6->sin6_port));
	} else if (a && nla_len(a) == sizeof(*in4)) {
		inet_ntop(AF_INET, &in4->sin_addr, words, sizeof(words));
		snprintf(buf, size, "%s:%u", words, ntohs(in4->sin_port));
	} else {
		snprintf(buf, size, "?");
	}
	return buf;
}

/**
 * cxio_print_json() - print an object on a line of its own
 * @o: the object; freed
 */
void cxio_print_json(struct json_object *o)
{
	puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
	json_object_put(o);
}

static void add_string(struct json_object *o, const char *key, const char *value)
{
	json_object_object_add(o, key, json_object_new_string(value));
}

static void add_number(struct json_object *o, const char *key, uint64_t value)
{
	json_object_object_add(o, key, json_object_new_uint64(value));
}

/**
 * cxio_json() - an object about a connection, address or device
 * @type: what it is about
 * @attr: what the kernel says
 *
 * Return: the object, with who it is and why it ended, as far as that is said.
 */
struct json_object *cxio_json(const char *type, struct nlattr **attr)
{
	struct json_object *o = json_object_new_object();
	bool connection = attr[CEPH_XIO_A_CONNECTION];
	char address[80];

	add_string(o, "type", type);
	if (connection)
		add_number(o, "connection", number(attr[CEPH_XIO_A_CONNECTION]));
	if (attr[CEPH_XIO_A_ADDR])
		add_string(o, connection ? "peer" : "address",
			   cxio_address(attr[CEPH_XIO_A_ADDR], address, sizeof(address)));
	if (connection)
		json_object_object_add(o, "accepted",
				       json_object_new_boolean(!!attr[CEPH_XIO_A_ACCEPTED]));
	if (attr[CEPH_XIO_A_STATE])
		add_string(o, "state", text(attr[CEPH_XIO_A_STATE]));
	if (attr[CEPH_XIO_A_DEVICE])
		add_string(o, "device", text(attr[CEPH_XIO_A_DEVICE]));
	if (attr[CEPH_XIO_A_STATE]) {
		json_object_object_add(o, "authenticated",
				       json_object_new_boolean(!!attr[CEPH_XIO_A_AUTHENTICATED]));
		json_object_object_add(o, "signed",
				       json_object_new_boolean(!!attr[CEPH_XIO_A_SIGNED]));
	}
	if (attr[CEPH_XIO_A_FAULT]) {
		add_number(o, "fault", number(attr[CEPH_XIO_A_FAULT]));
		add_string(o, "cause", cxio_cause(attr));
		add_string(o, "text", text(attr[CEPH_XIO_A_TEXT]));
	}
	return o;
}

/**
 * cxio_json_counts() - add a connection's counts to an object
 * @o: the object
 * @attr: what the kernel says
 */
void cxio_json_counts(struct json_object *o, struct nlattr **attr)
{
	size_t i;

	for (i = 0; i < COUNTS; i++)
		add_number(o, counts[i].key, cxio_value(attr, counts[i].attr));
}

/**
 * cxio_cause() - who ended something
 * @attr: what the kernel says
 *
 * Return: "none" if it was in order, "peer" or "local".
 */
const char *cxio_cause(struct nlattr **attr)
{
	if (!number(attr[CEPH_XIO_A_FAULT]))
		return "none";
	return attr[CEPH_XIO_A_BY_PEER] ? "peer" : "local";
}

/* --- streams that other modules carry --- */

static const struct {
	const char *key;
	const char *title;
	int attr;
} stream_counts[] = {
	{ "bytes_sent", "BYTES-OUT", CEPH_XIO_A_BYTES_SENT },
	{ "bytes_received", "BYTES-IN", CEPH_XIO_A_BYTES_RECEIVED },
	{ "sends", "SENDS", CEPH_XIO_A_FRAMES_SENT },
	{ "receives", "RECEIVES", CEPH_XIO_A_FRAMES_RECEIVED },
	{ "send_stalls", "S-STALLS", CEPH_XIO_A_SEND_STALLS },
	{ "receive_stalls", "R-STALLS", CEPH_XIO_A_RECV_STALLS },
};

#define STREAM_COUNTS ARRAY_SIZE(stream_counts)

/* Bytes in hexadecimal; @buf has room. */
static const char *hex(struct nlattr *a, char *buf)
{
	const unsigned char *p = a ? nla_data(a) : NULL;
	int i, len = a ? nla_len(a) : 0;

	buf[0] = 0;
	for (i = 0; i < len && i < 16; i++)
		sprintf(buf + 2 * i, "%02x", p[i]);
	return buf;
}

static void stream_json(struct nlattr **attr)
{
	static const struct {
		const char *key;
		int attr;
	} sizes[] = {
		{ "slot_bytes", CEPH_XIO_A_SLOT_SIZE }, { "send_slots", CEPH_XIO_A_SEND_SLOTS },
		{ "receive_slots", CEPH_XIO_A_RECV_SLOTS }, { "port", CEPH_XIO_A_PORT },
		{ "hop_limit", CEPH_XIO_A_HOP_LIMIT },
	}, ways[] = {
		{ "gid", CEPH_XIO_A_GID }, { "peer_gid", CEPH_XIO_A_PEER_GID },
		{ "peer_mac", CEPH_XIO_A_PEER_MAC },
	};
	struct json_object *o = json_object_new_object();
	char buf[80];
	size_t i;

	add_string(o, "type", "stream");
	add_number(o, "stream", number(attr[CEPH_XIO_A_STREAM]));
	add_string(o, "peer", cxio_address(attr[CEPH_XIO_A_ADDR], buf, sizeof(buf)));
	add_string(o, "by", attr[CEPH_XIO_A_BY_CM] ? "rdma-cm" : "exchange");
	add_string(o, "state", text(attr[CEPH_XIO_A_STATE]));
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		if (attr[sizes[i].attr])
			add_number(o, sizes[i].key, number(attr[sizes[i].attr]));
	if (attr[CEPH_XIO_A_DEVICE])
		add_string(o, "device", text(attr[CEPH_XIO_A_DEVICE]));
	for (i = 0; i < ARRAY_SIZE(ways); i++)
		if (attr[ways[i].attr])
			add_string(o, ways[i].key, hex(attr[ways[i].attr], buf));
	for (i = 0; i < STREAM_COUNTS; i++)
		add_number(o, stream_counts[i].key, cxio_value(attr, stream_counts[i].attr));
	if (attr[CEPH_XIO_A_FAULT]) {
		add_number(o, "fault", number(attr[CEPH_XIO_A_FAULT]));
		add_string(o, "text", text(attr[CEPH_XIO_A_TEXT]));
	}
	cxio_print_json(o);
}

/* What is shown so far. */
struct streams {
	const struct request *r;
	unsigned int shown;
};

static void show_stream(void *arg, int cmd, struct nlattr **attr)
{
	struct streams *streams = arg;
	char peer[80];
	size_t i;

	(void)cmd;
	if (streams->r->json) {
		stream_json(attr);
		return;
	}
	if (!streams->shown++) {
		printf("%-6s %-30s %-8s %-10s %-10s", "STREAM", "PEER", "BY", "STATE", "DEVICE");
		for (i = 0; i < STREAM_COUNTS; i++)
			printf(" %10s", stream_counts[i].title);
		putchar('\n');
	}
	printf("%-6u %-30s %-8s %-10s %-10s", number(attr[CEPH_XIO_A_STREAM]),
	       cxio_address(attr[CEPH_XIO_A_ADDR], peer, sizeof(peer)),
	       attr[CEPH_XIO_A_BY_CM] ? "rdma-cm" : "exchange", text(attr[CEPH_XIO_A_STATE]),
	       attr[CEPH_XIO_A_DEVICE] ? text(attr[CEPH_XIO_A_DEVICE]) : "-");
	for (i = 0; i < STREAM_COUNTS; i++)
		printf(" %10llu",
		       (unsigned long long)cxio_value(attr, stream_counts[i].attr));
	if (attr[CEPH_XIO_A_FAULT])
		printf("  %s", text(attr[CEPH_XIO_A_TEXT]));
	putchar('\n');
}

/* Nothing at all where there are none: few have them. */
static bool show_streams(struct control *k, const struct request *r)
{
	struct streams streams = { .r = r };

	return control_call(k, control_request(k, CEPH_XIO_CMD_GET_STREAM, true), show_stream,
			    &streams);
}

static void stat_streams(void *arg, int cmd, struct nlattr **attr)
{
	static const struct {
		const char *key;
		int attr;
	} totals[] = {
		{ "begun_total", CEPH_XIO_A_BEGUN_TOTAL },
		{ "opened_total", CEPH_XIO_A_OPENED_TOTAL },
		{ "ended_total", CEPH_XIO_A_ENDED_TOTAL },
		{ "fault_total", CEPH_XIO_A_FAULT_TOTAL },
		{ "rnr_losses", CEPH_XIO_A_RNR_LOSSES },
	};
	const struct request *r = arg;
	struct json_object *o = json_object_new_object();
	struct json_object_iterator at, end;
	size_t i;

	(void)cmd;
	for (i = 0; i < STREAM_COUNTS; i++)
		add_number(o, stream_counts[i].key, cxio_value(attr, stream_counts[i].attr));
	for (i = 0; i < ARRAY_SIZE(totals); i++)
		add_number(o, totals[i].key, cxio_value(attr, totals[i].attr));
	if (r->json) {
		cxio_print_json(o);
		return;
	}
	end = json_object_iter_end(o);
	for (at = json_object_iter_begin(o); !json_object_iter_equal(&at, &end);
	     json_object_iter_next(&at))
		printf("%s %s\n", json_object_iter_peek_name(&at),
		       json_object_to_json_string(json_object_iter_peek_value(&at)));
	json_object_put(o);
}

/* --- show --- */

static void show_connection(void *arg, int cmd, struct nlattr **attr)
{
	const struct request *r = arg;
	struct json_object *o;
	char peer[80];
	size_t i;

	(void)cmd;
	if (!attr[CEPH_XIO_A_CONNECTION])
		return;
	if (r->json) {
		o = cxio_json("connection", attr);
		cxio_json_counts(o, attr);
		cxio_print_json(o);
		return;
	}
	printf("%-5u %-30s %-8s %-13s", number(attr[CEPH_XIO_A_CONNECTION]),
	       cxio_address(attr[CEPH_XIO_A_ADDR], peer, sizeof(peer)),
	       attr[CEPH_XIO_A_ACCEPTED] ? "accepted" : "active", text(attr[CEPH_XIO_A_STATE]));
	for (i = 0; i < COUNTS; i++)
		if (counts[i].title)
			printf(" %10llu",
			       (unsigned long long)cxio_value(attr, counts[i].attr));
	if (attr[CEPH_XIO_A_FAULT])
		printf("  %s: %s", cxio_cause(attr), text(attr[CEPH_XIO_A_TEXT]));
	putchar('\n');
}

static bool show_connections(struct control *k, const struct request *r)
{
	size_t i;

	if (!r->json) {
		printf("%-5s %-30s %-8s %-13s", "CONN", "PEER", "SIDE", "STATE");
		for (i = 0; i < COUNTS; i++)
			if (counts[i].title)
				printf(" %10s", counts[i].title);
		putchar('\n');
	}
	return control_call(k, control_request(k, CEPH_XIO_CMD_GET_CONNECTION, true),
			    show_connection, (void *)(uintptr_t)r);
}

static void show_messenger(void *arg, int cmd, struct nlattr **attr)
{
	static const struct {
		const char *key;
		int attr;
	} totals[] = {
		{ "opened_total", CEPH_XIO_A_OPENED_TOTAL },
		{ "ended_total", CEPH_XIO_A_ENDED_TOTAL },
		{ "fault_total", CEPH_XIO_A_FAULT_TOTAL },
		{ "netns_cookie", CEPH_XIO_A_NETNS_COOKIE },
	}, now[] = {
		{ "listeners", CEPH_XIO_A_LISTENERS },
		{ "connections", CEPH_XIO_A_CONNECTIONS },
		{ "accepted_connections", CEPH_XIO_A_ACCEPTED_NOW },
		{ "accepted_connections_max", CEPH_XIO_A_ACCEPTED_MAX },
	};
	const struct request *r = arg;
	struct json_object *o;
	size_t i;

	(void)cmd;
	if (!r->json) {
		printf("messenger: %u listeners, %u connections (%u of at most %u accepted); "
		       "%llu opened, %llu ended, %llu with a fault\n",
		       number(attr[CEPH_XIO_A_LISTENERS]), number(attr[CEPH_XIO_A_CONNECTIONS]),
		       number(attr[CEPH_XIO_A_ACCEPTED_NOW]),
		       number(attr[CEPH_XIO_A_ACCEPTED_MAX]),
		       (unsigned long long)cxio_value(attr, CEPH_XIO_A_OPENED_TOTAL),
		       (unsigned long long)cxio_value(attr, CEPH_XIO_A_ENDED_TOTAL),
		       (unsigned long long)cxio_value(attr, CEPH_XIO_A_FAULT_TOTAL));
		return;
	}
	o = cxio_json("messenger", attr);
	for (i = 0; i < ARRAY_SIZE(now); i++)
		add_number(o, now[i].key, number(attr[now[i].attr]));
	for (i = 0; i < ARRAY_SIZE(totals); i++)
		add_number(o, totals[i].key, cxio_value(attr, totals[i].attr));
	cxio_print_json(o);
}

static void show_listener(void *arg, int cmd, struct nlattr **attr)
{
	const struct request *r = arg;
	char address[80];

	(void)cmd;
	if (r->json)
		cxio_print_json(cxio_json("listener", attr));
	else
		printf("listener: %s\n",
		       cxio_address(attr[CEPH_XIO_A_ADDR], address, sizeof(address)));
}

static void show_portal(void *arg, int cmd, struct nlattr **attr)
{
	const struct request *r = arg;
	struct json_object *o;

	(void)cmd;
	if (!r->json) {
		printf("portal: device %s, %u completion vectors, %u carriers\n",
		       text(attr[CEPH_XIO_A_DEVICE]), number(attr[CEPH_XIO_A_VECTORS]),
		       number(attr[CEPH_XIO_A_CARRIERS]));
		return;
	}
	o = cxio_json("portal", attr);
	add_number(o, "completion_vectors", number(attr[CEPH_XIO_A_VECTORS]));
	add_number(o, "carriers", number(attr[CEPH_XIO_A_CARRIERS]));
	cxio_print_json(o);
}

static void show_ended(void *arg, int cmd, struct nlattr **attr)
{
	const struct request *r = arg;
	struct json_object *o;
	char peer[80];

	(void)cmd;
	if (!r->json) {
		printf("ended: %u, %s, %s, %.1f s ago, cause %s: %s\n",
		       number(attr[CEPH_XIO_A_CONNECTION]),
		       cxio_address(attr[CEPH_XIO_A_ADDR], peer, sizeof(peer)),
		       attr[CEPH_XIO_A_ACCEPTED] ? "accepted" : "active",
		       (double)cxio_value(attr, CEPH_XIO_A_AGE_NS) / 1e9, cxio_cause(attr),
		       text(attr[CEPH_XIO_A_TEXT]));
		return;
	}
	o = cxio_json("ended", attr);
	add_number(o, "age_ns", cxio_value(attr, CEPH_XIO_A_AGE_NS));
	cxio_json_counts(o, attr);
	cxio_print_json(o);
}

/**
 * cxio_show() - list the kernel's connections; with --all, everything it has
 * @k: the kernel
 * @r: the command line
 *
 * Return: the exit status.
 */
int cxio_show(struct control *k, const struct request *r)
{
	static const struct {
		int cmd;
		control_fn show;
	} others[] = {
		{ CEPH_XIO_CMD_GET_MESSENGER, show_messenger },
		{ CEPH_XIO_CMD_GET_PORTAL, show_portal },
		{ CEPH_XIO_CMD_GET_LISTENER, show_listener },
		{ CEPH_XIO_CMD_GET_ENDED, show_ended },
	};
	size_t i;

	for (i = 0; r->all && i < ARRAY_SIZE(others); i++)
		if (!control_call(k, control_request(k, others[i].cmd, true), others[i].show,
				  (void *)(uintptr_t)r))
			return EXIT_WORK;
	return show_connections(k, r) && show_streams(k, r) ? EXIT_SUCCESS : EXIT_WORK;
}

/* --- stat --- */

static void stat_objects(void *arg, int cmd, struct nlattr **attr)
{
	const struct request *r = arg;

	(void)cmd;
	printf(r->json ?
	       "{\"messages\":%llu,\"connections\":%llu,\"carriers\":%llu,\"frames\":%llu,"
	       "\"regions\":%llu}\n" :
	       "messages %llu\nconnections %llu\ncarriers %llu\nframes %llu\nregions %llu\n",
	       (unsigned long long)cxio_value(attr, CEPH_XIO_A_OBJ_MESSAGES),
	       (unsigned long long)cxio_value(attr, CEPH_XIO_A_OBJ_CONNECTIONS),
	       (unsigned long long)cxio_value(attr, CEPH_XIO_A_OBJ_CARRIERS),
	       (unsigned long long)cxio_value(attr, CEPH_XIO_A_OBJ_FRAMES),
	       (unsigned long long)cxio_value(attr, CEPH_XIO_A_OBJ_REGIONS));
}

static void stat_connection(void *arg, int cmd, struct nlattr **attr)
{
	const struct request *r = arg;
	struct json_object *o;
	size_t i;

	(void)cmd;
	if (r->json) {
		o = cxio_json("connection", attr);
		cxio_json_counts(o, attr);
		cxio_print_json(o);
		return;
	}
	for (i = 0; i < COUNTS; i++)
		printf("%s %llu\n", counts[i].key,
		       (unsigned long long)cxio_value(attr, counts[i].attr));
}

/**
 * cxio_stat() - count the module's objects, or show counts of a connection or of streams
 * @k: the kernel
 * @r: the command line
 *
 * Return: the exit status.
 */
int cxio_stat(struct control *k, const struct request *r)
{
	struct nl_msg *msg;
	bool ok;

	if (r->connection) {
		msg = control_request(k, CEPH_XIO_CMD_GET_CONNECTION, false);
		ok = msg && !nla_put_u32(msg, CEPH_XIO_A_CONNECTION, (uint32_t)r->connection) &&
		     control_call(k, msg, stat_connection, (void *)(uintptr_t)r);
	} else if (r->streams) {
		ok = control_call(k, control_request(k, CEPH_XIO_CMD_GET_STREAM_TOTALS, false),
				  stat_streams, (void *)(uintptr_t)r);
	} else {
		ok = control_call(k, control_request(k, CEPH_XIO_CMD_GET_OBJECTS, false),
				  stat_objects, (void *)(uintptr_t)r);
	}
	return ok ? EXIT_SUCCESS : EXIT_WORK;
}
