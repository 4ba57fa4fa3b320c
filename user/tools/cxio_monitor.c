// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The kernel's events, one a line, as they come.
 */
#include <json-c/json.h>
#include <stdio.h>

#include "cxio.h"
#include "deps.h"

/* How long a signal to end may go unnoticed. */
#define LOOK_MS 200

static const char *event_name(int cmd)
{
	switch (cmd) {
	case CEPH_XIO_EVENT_OPENED:
		return "opened";
	case CEPH_XIO_EVENT_CLOSED:
		return "closed";
	case CEPH_XIO_EVENT_DONE:
		return "done";
	case CEPH_XIO_EVENT_UNLISTENED:
		return "unlistened";
	case CEPH_XIO_EVENT_DEVICE_REMOVED:
		return "device_removed";
	default:
		return NULL;
	}
}

static void add_u64(struct json_object *o, const char *key, uint64_t value)
{
	json_object_object_add(o, key, json_object_new_uint64(value));
}

/* What a transfer came to. */
static void add_result(struct json_object *o, struct nlattr **attr)
{
	add_u64(o, "transfer_messages", cxio_value(attr, CEPH_XIO_A_MSGS));
	add_u64(o, "transfer_bytes", cxio_value(attr, CEPH_XIO_A_BYTES_DONE));
	if (attr[CEPH_XIO_A_TEXT])
		json_object_object_add(o, "transfer_error", json_object_new_string(
					       nla_get_string(attr[CEPH_XIO_A_TEXT])));
}

static void print_json(const char *name, int cmd, struct nlattr **attr)
{
	struct json_object *o = cxio_json(name, attr);

	if (attr[CEPH_XIO_A_CONNECTION])
		cxio_json_counts(o, attr);
	if (attr[CEPH_XIO_A_CARRIERS])
		add_u64(o, "carriers", nla_get_u32(attr[CEPH_XIO_A_CARRIERS]));
	if (cmd == CEPH_XIO_EVENT_DONE)
		add_result(o, attr);
	cxio_print_json(o);
}

static void print_words(const char *name, struct nlattr **attr)
{
	char address[80];

	printf("%s:", name);
	if (attr[CEPH_XIO_A_CONNECTION])
		printf(" connection %u", nla_get_u32(attr[CEPH_XIO_A_CONNECTION]));
	if (attr[CEPH_XIO_A_ADDR])
		printf(" %s", cxio_address(attr[CEPH_XIO_A_ADDR], address, sizeof(address)));
	if (attr[CEPH_XIO_A_DEVICE])
		printf(" %s", nla_get_string(attr[CEPH_XIO_A_DEVICE]));
	if (attr[CEPH_XIO_A_CARRIERS])
		printf(", %u carriers", nla_get_u32(attr[CEPH_XIO_A_CARRIERS]));
	if (attr[CEPH_XIO_A_FAULT])
		printf(", cause %s", cxio_cause(attr));
	if (attr[CEPH_XIO_A_TEXT])
		printf(": %s", nla_get_string(attr[CEPH_XIO_A_TEXT]));
	putchar('\n');
}

static void on_event(void *arg, int cmd, struct nlattr **attr)
{
	const struct request *r = arg;
	const char *name = event_name(cmd);

	if (!name)
		return;
	if (r->json)
		print_json(name, cmd, attr);
	else
		print_words(name, attr);
	fflush(stdout);
}

/**
 * cxio_monitor() - print events until told to end
 * @k: the kernel
 * @r: the command line
 *
 * Return: the exit status: 0 after SIGINT or SIGTERM.
 */
int cxio_monitor(struct control *k, const struct request *r)
{
	const char *deaf;

	tool_signals_begin();
	if (r->progress) {
		fprintf(stderr, "waiting for events; ^C ends\n");
		fflush(stderr);
	}
	while (!tool_signals_wait(1)) {
		control_event(k, LOOK_MS, on_event, (void *)(uintptr_t)r);
		deaf = control_deaf(k);
		if (deaf) {
			tool_error("%s", deaf);
			return EXIT_WORK;
		}
		if (ferror(stdout))
			return EXIT_WORK;
	}
	return EXIT_SUCCESS;
}
