/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The client of an echoing server, over any transport, or of a Ceph monitor.
 *
 * client.c   the command line
 * run.c      connections begin, are waited for, end; the result
 * flow.c     one connection's transfer: what is sent, what comes back
 * content.c  what the data is
 * monmap.c   the other mode: a monitor is asked for its map
 *
 * Threads: a flow belongs to the callbacks of its connection, which come one at a time.
 * What main waits for is guarded by the client's lock, or atomic where it only shows
 * progress.
 */
#ifndef CXIO_CLIENT_H
#define CXIO_CLIENT_H

#include <openssl/evp.h>
#include <pthread.h>
#include <stdatomic.h>

#include "buffer.h"
#include "hist.h"
#include "options.h"
#include "transfer.h"

/**
 * struct content - what is sent
 * @fd: the file, or -1: every message has the same content
 * @len: bytes of the file, or of a message
 * @map: the file mapped, if its data may lie anywhere; or NULL
 * @buffer: the data elsewhere
 * @base: first byte, wherever it lies
 */
struct content {
	int fd;
	size_t len;
	void *map;
	struct buffer buffer;
	const char *base;
};

/**
 * struct client - the program
 * @options: the shared options
 * @to: the server
 * @connections: --connections
 * @msgs: --msgs
 * @dsize: --dsize, bytes
 * @nfrags: --nfrags
 * @depth: --depth
 * @timeout_s: --timeout, seconds
 * @hold_s: --hold, seconds
 * @slow_ms: --slow
 * @interval_ns: --interval
 * @file: --file, or NULL
 * @memory: --memory
 * @data_option: an option that is about data, as it was given, or NULL
 * @monmap: --monmap
 * @hooks: --reply-hooks
 * @sink: --sink
 * @hash: not --no-hash
 * @progress: not --no-progress
 * @content: what is sent
 * @flow: one for each connection
 * @sinks: memory for the data of all replies, if offered
 * @messages: messages echoed, by all connections
 * @bytes: their data
 * @lock: guards the rest, and what a connection's private pointer is set to
 * @changed: signalled when the rest changes
 * @begin_ns: when the first connection was open, or 0
 * @end_ns: when the last echo had come
 * @opening: connections that were begun and never open yet
 * @ending: connections that we have begun to end, and that have not ended
 * @unfinished: flows that are not finished
 * @unclosed: connections that have not ended
 * @closing: we end connections on purpose
 * @failed: something went wrong
 * @error: what, in words
 * @refusal: why the last attempt to connect failed, or empty
 */
struct client {
	struct tool_options options;
	struct tool_address to;
	uint64_t connections;
	uint64_t msgs;
	uint64_t dsize;
	uint64_t nfrags;
	uint64_t depth;
	uint64_t timeout_s;
	uint64_t hold_s;
	uint64_t slow_ms;
	uint64_t interval_ns;
	const char *file;
	enum buffer_kind memory;
	const char *data_option;
	bool monmap;
	bool hooks;
	bool sink;
	bool hash;
	bool progress;
	struct content content;
	struct flow *flow;
	struct buffer sinks;
	atomic_uint_fast64_t messages;
	atomic_uint_fast64_t bytes;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	uint64_t begin_ns;
	uint64_t end_ns;
	uint64_t opening;
	uint64_t ending;
	uint64_t unfinished;
	uint64_t unclosed;
	bool closing;
	bool failed;
	char error[200];
	char refusal[200];
};

/**
 * struct flow - one connection's transfer
 * @client: the program
 * @connection: the connection, a reference
 * @send: cuts what is to be sent
 * @expect: cuts it again: echoes come back in order
 * @hashed: index up to which @sent_hash has gone; what is sent anew does not count again
 * @attempt: how often the transfer was begun anew, see attempt.h
 * @sent_hash: over what was sent, or NULL
 * @echo_hash: over what came back, or NULL
 * @latency: round trips
 * @min_ns: the shortest
 * @sinks: memory for the data of replies, or NULL
 * @sink_len: bytes of it for each message under way
 * @under_way: messages sent and not echoed; with hooks all that are not called
 * @rewinding: the server has forgotten us: begin anew once no hook is out
 * @opened: it was open once; the program's lock
 * @ending: we have begun to end it; likewise
 * @ended: it has ended; likewise
 * @finished: all has come back, or never will
 * @resets: times the server had forgotten us
 * @resent: messages sent again after that
 * @late: echoes of former attempts
 * @in_sink: replies whose data was in the memory offered
 */
struct flow {
	struct client *client;
	struct cxio_connection *connection;
	struct cxio_transfer send;
	struct cxio_transfer expect;
	uint64_t hashed;
	uint64_t attempt;
	EVP_MD_CTX *sent_hash;
	EVP_MD_CTX *echo_hash;
	struct cxio_hist latency;
	uint64_t min_ns;
	char *sinks;
	size_t sink_len;
	uint64_t under_way;
	bool rewinding;
	bool opened;
	bool ending;
	bool ended;
	bool finished;
	uint64_t resets;
	uint64_t resent;
	uint64_t late;
	uint64_t in_sink;
};

int client_main(int argc, char **argv, const struct tool_program *program);
int client_run(struct client *cl);
void client_fail(struct client *cl, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void client_flow_finished(struct client *cl);
void client_wait(struct client *cl, uint64_t until_ns);

int monmap_run(struct client *cl);

bool flow_init(struct flow *f, struct client *cl);
void flow_free(struct flow *f);
void flow_go(struct flow *f);
void flow_echo(struct flow *f, struct cxio_message *m);
void flow_forgotten(struct flow *f);
void flow_stop(struct flow *f);

bool content_open(struct content *c, const char *file);
bool content_place(struct content *c, struct cxio_messenger *m, enum buffer_kind kind);
void content_release(struct content *c);
void content_free(struct content *c);

#endif /* CXIO_CLIENT_H */
