/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * cxio: drives and shows the kernel's endpoint.
 *
 * cxio.c       the command line; commands that are one request
 * cxio_send.c  connections that are begun and waited for
 * cxio_show.c  what the kernel has
 * cxio_monitor.c  what it tells, as it happens
 * control.c    how it is asked
 */
#ifndef CXIO_CXIO_H
#define CXIO_CXIO_H

#include "control.h"
#include "secret.h"

/**
 * struct request - the command line
 * @addr: --addr, or NULL
 * @file: --file, or NULL
 * @fd: @file open, or -1
 * @port: --port
 * @msgs: --msgs
 * @dsize: --dsize, bytes
 * @depth: --depth
 * @connection: --connection, or 0
 * @timeout: --timeout, seconds
 * @secret: --secret, --secret-name, --signing
 * @secret_wanted: one of the first two was given
 * @sink: --sink
 * @streams: --streams
 * @lossless: --policy lossless
 * @json: --json
 * @all: --all
 * @progress: not --no-progress
 * @at: @addr and @port resolved
 */
struct request {
	const char *addr;
	const char *file;
	int fd;
	uint64_t port;
	uint64_t msgs;
	uint64_t dsize;
	uint64_t depth;
	uint64_t connection;
	uint64_t timeout;
	struct tool_secret secret;
	bool secret_wanted;
	bool sink;
	bool streams;
	bool lossless;
	bool json;
	bool all;
	bool progress;
	struct tool_address at;
};

/* cxio_value() - an attribute's number, or 0 */
static inline uint64_t cxio_value(struct nlattr **attr, int which)
{
	return attr[which] ? nla_get_u64(attr[which]) : 0;
}

struct json_object;

/* cxio_show.c */
const char *cxio_address(struct nlattr *a, char *buf, size_t size);
const char *cxio_cause(struct nlattr **attr);
struct json_object *cxio_json(const char *type, struct nlattr **attr);
void cxio_json_counts(struct json_object *o, struct nlattr **attr);
void cxio_print_json(struct json_object *o);

int cxio_monitor(struct control *k, const struct request *r);
bool cxio_put_session(struct nl_msg *msg, const struct request *r);
int cxio_connect(struct control *k, const struct request *r);
int cxio_send(struct control *k, const struct request *r);
bool cxio_close_one(struct control *k, uint32_t connection);
int cxio_show(struct control *k, const struct request *r);
int cxio_stat(struct control *k, const struct request *r);

#endif /* CXIO_CXIO_H */
