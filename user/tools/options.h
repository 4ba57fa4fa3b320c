/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Options that several programs have, and the loop that reads all of them. A program
 * has a table of its own options and puts the shared ones behind them.
 */
#ifndef CXIO_OPTIONS_H
#define CXIO_OPTIONS_H

#include <getopt.h>

#include "cephxio.h"
#include "secret.h"
#include "tool.h"

/* As many as a messenger is bound to. */
#define TOOL_ADDRESSES_MAX 8u

/* What getopt_long() returns for options without a letter; own ones are from OWN on. */
enum {
	TOOL_OPT_ADDR = 256,
	TOOL_OPT_POLICY,
	TOOL_OPT_PORTALS,
	TOOL_OPT_DISPATCH_THREADS,
	TOOL_OPT_BUSY_POLL,
	TOOL_OPT_NO_DATA_CRC,
	TOOL_OPT_FRAME_SIZE,
	TOOL_OPT_RECV_DEPTH,
	TOOL_OPT_WINDOW_BYTES,
	TOOL_OPT_SHARED_RECEIVE_QUEUE,
	TOOL_OPT_MEMORY_WINDOWS,
	TOOL_OPT_KEEPALIVE,
	TOOL_OPT_EXPIRY,
	TOOL_OPT_SECRET,
	TOOL_OPT_SECRET_NAME,
	TOOL_OPT_SIGNING,
	TOOL_OPT_TRANSPORT,
	TOOL_OPT_CARRIER,
	TOOL_OPT_GID_INDEX,
	TOOL_OPT_BUFFER_SIZE,
	TOOL_OPT_BUFFERS,
	TOOL_OPT_OWN,
};

/* At the end of a program's table; what TOOL_MESSENGER_USAGE tells of. */
#define TOOL_SHARED_OPTIONS \
	{ "addr", required_argument, NULL, TOOL_OPT_ADDR }, \
	{ "port", required_argument, NULL, 'p' }, \
	{ "json", no_argument, NULL, 'j' }, \
	{ "policy", required_argument, NULL, TOOL_OPT_POLICY }, \
	{ "portals", required_argument, NULL, TOOL_OPT_PORTALS }, \
	{ "dispatch-threads", required_argument, NULL, TOOL_OPT_DISPATCH_THREADS }, \
	{ "busy-poll", required_argument, NULL, TOOL_OPT_BUSY_POLL }, \
	{ "no-data-crc", no_argument, NULL, TOOL_OPT_NO_DATA_CRC }, \
	{ "frame-size", required_argument, NULL, TOOL_OPT_FRAME_SIZE }, \
	{ "recv-depth", required_argument, NULL, TOOL_OPT_RECV_DEPTH }, \
	{ "window-bytes", required_argument, NULL, TOOL_OPT_WINDOW_BYTES }, \
	{ "shared-receive-queue", no_argument, NULL, TOOL_OPT_SHARED_RECEIVE_QUEUE }, \
	{ "memory-windows", required_argument, NULL, TOOL_OPT_MEMORY_WINDOWS }, \
	{ "keepalive", required_argument, NULL, TOOL_OPT_KEEPALIVE }, \
	{ "keepalive-expiry", required_argument, NULL, TOOL_OPT_EXPIRY }, \
	{ "secret", required_argument, NULL, TOOL_OPT_SECRET }, \
	{ "secret-name", required_argument, NULL, TOOL_OPT_SECRET_NAME }, \
	{ "signing", required_argument, NULL, TOOL_OPT_SIGNING }, \
	{ "transport", required_argument, NULL, TOOL_OPT_TRANSPORT }, \
	{ "carrier", required_argument, NULL, TOOL_OPT_CARRIER }, \
	{ "gid-index", required_argument, NULL, TOOL_OPT_GID_INDEX }, \
	{ "buffer-size", required_argument, NULL, TOOL_OPT_BUFFER_SIZE }, \
	{ "buffers", required_argument, NULL, TOOL_OPT_BUFFERS }, \
	{ "help", no_argument, NULL, 'h' }, \
	{ "version", no_argument, NULL, 'V' }, \
	{ 0 }

#define TOOL_TRANSPORT_USAGE \
	"      --transport simple|xio\n" \
	"                         as Ceph's messenger v1, over TCP or what --carrier\n" \
	"                         says, or over RDMA in our own way; the default is what\n" \
	"                         the program is named after\n"

#define TOOL_CARRIER_USAGE \
	"      --carrier tcp|rdma|rdma-cm\n" \
	"                         what carries transport simple: TCP, or RDMA as Ceph's\n" \
	"                         ms_type=async+rdma, set up over TCP or, rdma-cm, by the\n" \
	"                         RDMA connection manager (default tcp)\n" \
	"      --gid-index N      with rdma: GID that the peer is told, as Ceph's\n" \
	"                         ms_async_rdma_gid_idx (default 0)\n" \
	"      --buffer-size BYTES\n" \
	"                         over RDMA: of a buffer, 4k to 512k, as the peer's\n" \
	"                         ms_async_rdma_buffer_size (default 128k)\n" \
	"      --buffers N        over RDMA: to receive into, for each connection, 2 to 1024\n" \
	"                         (default 16)\n"

#define TOOL_MESSENGER_USAGE \
	"      --policy lossy|lossless\n" \
	"                         lossless: a lost connection is made anew, and what was\n" \
	"                         lost is sent again (default lossy)\n" \
	"      --portals N        threads that do the transport's work (default 1)\n" \
	"      --dispatch-threads N\n" \
	"                         threads that messages are handled in; 0: the portals\n" \
	"                         (default 0; of xio_ping 1)\n" \
	"      --busy-poll USEC   poll that long before sleeping (default 0)\n" \
	"      --no-data-crc      no CRC of data, if the peer does without, too\n" \
	"      --frame-size BYTES of a receive buffer, 512 to 64k\n" \
	"      --recv-depth N     receive buffers of a connection, 8 to 4096\n" \
	"      --window-bytes BYTES\n" \
	"                         that a peer may have in them, 64k to 1g\n" \
	"      --shared-receive-queue\n" \
	"                         receive buffers for all connections together\n" \
	"      --memory-windows auto|on|off\n" \
	"                         show memory to peers through memory windows; auto: not\n" \
	"                         on soft-RoCE, which a peer could crash by them\n" \
	"      --keepalive MSEC   ask a peer after that much silence; 0: never\n" \
	"                         (default 5000)\n" \
	"      --keepalive-expiry MSEC\n" \
	"                         give it up after that much (default 20000)\n" \
	TOOL_CARRIER_USAGE TOOL_SECRET_USAGE

#define TOOL_LAST_USAGE \
	"  -h, --help             this text\n" \
	"  -V, --version          version\n"

/**
 * struct tool_options - the shared part of a command line
 * @messenger: what the messenger is to be like
 * @secret: --secret, --secret-name, --signing, --keyring
 * @lossless: --policy
 * @json: --json
 * @port: --port
 * @addr: --addr, as often as given
 * @addrs: how often
 * @both: of a server: it has both transports
 */
struct tool_options {
	struct cxio_messenger_options messenger;
	struct tool_secret secret;
	bool lossless;
	bool json;
	uint64_t port;
	const char *addr[TOOL_ADDRESSES_MAX];
	unsigned int addrs;
	bool both;
};

/**
 * enum tool_taken - what became of an option
 * @TOOL_TAKEN: it was read
 * @TOOL_BAD: its value is wrong, and an error was printed
 * @TOOL_OTHER: it is not the callee's
 */
enum tool_taken {
	TOOL_TAKEN,
	TOOL_BAD,
	TOOL_OTHER,
};

/**
 * struct tool_cli - a program's command line
 * @letters: as for getopt_long()
 * @options: likewise
 * @usage: prints the text of --help
 * @own: reads an option of the program's own; it is asked first
 * @arg: handed to it
 * @shared: gets the shared ones; NULL: there are none but --help and --version
 * @port_min: least --port
 * @words: words that are no options are the caller's
 */
struct tool_cli {
	const char *letters;
	const struct option *options;
	void (*usage)(void);
	enum tool_taken (*own)(void *arg, int option, char *value);
	void *arg;
	struct tool_options *shared;
	uint64_t port_min;
	bool words;
};

void tool_options_init(struct tool_options *o);
int tool_parse(int argc, char **argv, const struct tool_cli *cli);
enum tool_taken tool_take(const char *value, const char *what, uint64_t min, uint64_t max,
			  uint64_t *to);
enum tool_taken tool_take_policy(const char *value, bool *lossless);
enum tool_taken tool_take_interval(const char *value, uint64_t *ns);
bool tool_server_address(const struct tool_options *o, struct tool_address *to);
struct cxio_messenger *tool_messenger(struct tool_options *o,
				      const struct cxio_dispatcher *d, bool server);
void tool_rejected(void *arg, const struct sockaddr *peer, const char *text);
unsigned long tool_left_over(void);

#endif /* CXIO_OPTIONS_H */
