// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Reading command lines, and making the messenger that they describe.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"

/**
 * tool_options_init() - the defaults
 * @o: filled
 */
void tool_options_init(struct tool_options *o)
{
	memset(o, 0, sizeof(*o));
	cxio_messenger_options_init(&o->messenger);
	o->messenger.transport = tool_program()->transport;
	o->messenger.own_type = CXIO_PEER_CLIENT;
	o->messenger.portals = 1;
	o->messenger.dispatch_threads = 0;
	o->port = TOOL_DEFAULT_PORT;
	o->secret.name = "cxio";
}

/**
 * tool_take() - an option's value is a number
 * @value: the word
 * @what: the option
 * @min: least allowed
 * @max: most allowed
 * @to: set
 *
 * Return: TOOL_TAKEN or TOOL_BAD.
 */
enum tool_taken tool_take(const char *value, const char *what, uint64_t min, uint64_t max,
			  uint64_t *to)
{
	return tool_number(value, what, min, max, to) ? TOOL_TAKEN : TOOL_BAD;
}

static enum tool_taken take_small(const char *value, const char *what, uint64_t min, uint64_t max,
				  unsigned int *to)
{
	uint64_t n = 0;

	if (!tool_number(value, what, min, max, &n))
		return TOOL_BAD;
	*to = (unsigned int)n;
	return TOOL_TAKEN;
}

/**
 * tool_take_policy() - the value of --policy
 * @value: as typed
 * @lossless: set
 *
 * Return: TOOL_TAKEN, or TOOL_BAD, and an error printed.
 */
enum tool_taken tool_take_policy(const char *value, bool *lossless)
{
	*lossless = !strcmp(value, "lossless");
	if (*lossless || !strcmp(value, "lossy"))
		return TOOL_TAKEN;
	tool_error("--policy: '%s' is neither lossy nor lossless", value);
	return TOOL_BAD;
}

/**
 * tool_take_interval() - the value of --interval
 * @value: as typed: seconds
 * @ns: set, nanoseconds
 *
 * Return: TOOL_TAKEN, or TOOL_BAD, and an error printed.
 */
enum tool_taken tool_take_interval(const char *value, uint64_t *ns)
{
	char *end;
	double s;

	errno = 0;
	s = strtod(value, &end);
	if (errno || end == value || *end || !(s >= 0.001 && s <= 3600)) {
		tool_error("--interval: '%s' is not a number from 0.001 to 3600", value);
		return TOOL_BAD;
	}
	*ns = (uint64_t)(s * 1e9);
	return TOOL_TAKEN;
}

static enum tool_taken take_windows(const char *value, enum cxio_windows *windows)
{
	static const char *const names[] = {
		[CXIO_WINDOWS_AUTO] = "auto", [CXIO_WINDOWS_OFF] = "off", [CXIO_WINDOWS_ON] = "on",
	};
	unsigned int i;

	for (i = 0; i <= CXIO_WINDOWS_ON; i++) {
		if (strcmp(value, names[i]) != 0)
			continue;
		*windows = (enum cxio_windows)i;
		return TOOL_TAKEN;
	}
	tool_error("--memory-windows: '%s' is none of auto, on, off", value);
	return TOOL_BAD;
}

static enum tool_taken take_addr(struct tool_options *o, const char *value)
{
	if (o->addrs == TOOL_ADDRESSES_MAX) {
		tool_error("--addr: more than %u addresses; start another server for the rest",
			   TOOL_ADDRESSES_MAX);
		return TOOL_BAD;
	}
	o->addr[o->addrs++] = value;
	return TOOL_TAKEN;
}

static enum tool_taken take_transport(struct tool_options *o, const char *value)
{
	if (!tool_use_transport(value)) {
		tool_error("--transport: '%s' is neither simple nor xio", value);
		return TOOL_BAD;
	}
	o->messenger.transport = tool_program()->transport;
	return TOOL_TAKEN;
}

static enum tool_taken take_carrier(struct tool_options *o, const char *value)
{
	static const char *const names[] = {
		[CXIO_CARRIER_TCP] = "tcp", [CXIO_CARRIER_RDMA] = "rdma",
		[CXIO_CARRIER_RDMA_CM] = "rdma-cm",
	};
	unsigned int i;

	for (i = 0; i <= CXIO_CARRIER_RDMA_CM; i++) {
		if (strcmp(value, names[i]) != 0)
			continue;
		o->messenger.carrier = (enum cxio_carrier)i;
		tool_use_carrier(i == CXIO_CARRIER_TCP ? "TCP" : "RDMA");
		return TOOL_TAKEN;
	}
	tool_error("--carrier: '%s' is none of tcp, rdma, rdma-cm", value);
	return TOOL_BAD;
}

static enum tool_taken take_shared(struct tool_options *o, const struct tool_cli *cli, int option,
				   const char *value)
{
	struct cxio_messenger_options *m = &o->messenger;

	switch (option) {
	case 'a':
	case TOOL_OPT_ADDR:
		return take_addr(o, value);
	case 'p':
		return tool_take(value, "--port", cli->port_min, 65535, &o->port);
	case 'j':
		o->json = true;
		return TOOL_TAKEN;
	case TOOL_OPT_POLICY:
		return tool_take_policy(value, &o->lossless);
	case TOOL_OPT_PORTALS:
		return take_small(value, "--portals", 1, 64, &m->portals);
	case TOOL_OPT_DISPATCH_THREADS:
		return take_small(value, "--dispatch-threads", 0, 64, &m->dispatch_threads);
	case TOOL_OPT_BUSY_POLL:
		return take_small(value, "--busy-poll", 0, 1000000, &m->busy_poll_us);
	case TOOL_OPT_NO_DATA_CRC:
		m->data_crc = false;
		return TOOL_TAKEN;
	case TOOL_OPT_FRAME_SIZE:
		return take_small(value, "--frame-size", 512, 65536, &m->frame_size);
	case TOOL_OPT_RECV_DEPTH:
		return take_small(value, "--recv-depth", 8, 4096, &m->recv_depth);
	case TOOL_OPT_WINDOW_BYTES:
		return take_small(value, "--window-bytes", 64 << 10, 1 << 30, &m->window_bytes);
	case TOOL_OPT_SHARED_RECEIVE_QUEUE:
		m->shared_receive_queue = true;
		return TOOL_TAKEN;
	case TOOL_OPT_MEMORY_WINDOWS:
		return take_windows(value, &m->memory_windows);
	case TOOL_OPT_KEEPALIVE:
		return take_small(value, "--keepalive", 0, 3600000, &m->keepalive_ms);
	case TOOL_OPT_EXPIRY:
		return take_small(value, "--keepalive-expiry", 0, 3600000,
				  &m->keepalive_expiry_ms);
	case TOOL_OPT_SECRET:
		o->secret.file = value;
		return TOOL_TAKEN;
	case TOOL_OPT_SECRET_NAME:
		o->secret.name = value;
		return TOOL_TAKEN;
	case TOOL_OPT_SIGNING:
		return tool_secret_signing(value, &o->secret.signing) ? TOOL_TAKEN : TOOL_BAD;
	case TOOL_OPT_TRANSPORT:
		return take_transport(o, value);
	case TOOL_OPT_CARRIER:
		return take_carrier(o, value);
	case TOOL_OPT_GID_INDEX:
		return take_small(value, "--gid-index", 0, 255, &m->gid_index);
	case TOOL_OPT_BUFFER_SIZE:
		return take_small(value, "--buffer-size", 4 << 10, 512 << 10, &m->buffer_size);
	case TOOL_OPT_BUFFERS:
		return take_small(value, "--buffers", 2, 1024, &m->buffers);
	default:
		return TOOL_OTHER;
	}
}

/* Return: false, and an error printed. The server's "both" has no transport of its own yet. */
static bool carrier_fits(const struct tool_options *o)
{
	if (o->messenger.carrier == CXIO_CARRIER_TCP || o->both ||
	    !strcmp(o->messenger.transport, "simple"))
		return true;
	tool_error("--carrier is of --transport simple; xio has its own way over RDMA");
	return false;
}

/**
 * tool_parse() - read the command line
 * @argc: of main()
 * @argv: of main()
 * @cli: what is allowed
 *
 * Return: -1 to go on, else the exit status; what there is to say was printed.
 */
int tool_parse(int argc, char **argv, const struct tool_cli *cli)
{
	enum tool_taken taken;
	int o;

	while ((o = getopt_long(argc, argv, cli->letters, cli->options, NULL)) != -1) {
		if (o == '?') {
			tool_bad_option(argv);
			return EXIT_USAGE;
		}
		taken = cli->own(cli->arg, o, optarg);
		if (taken == TOOL_OTHER && o == 'h') {
			cli->usage();
			return EXIT_SUCCESS;
		}
		if (taken == TOOL_OTHER && o == 'V') {
			printf("%s %s\n", tool_program()->name, cxio_version());
			return EXIT_SUCCESS;
		}
		if (taken == TOOL_OTHER && cli->shared)
			taken = take_shared(cli->shared, cli, o, optarg);
		if (taken != TOOL_TAKEN)
			return EXIT_USAGE;
	}
	if (cli->shared && !carrier_fits(cli->shared))
		return EXIT_USAGE;
	if (optind < argc && !cli->words) {
		tool_error("'%s' is not an option; try --help", argv[optind]);
		return EXIT_USAGE;
	}
	return -1;
}

/**
 * tool_server_address() - the one server a client is to talk to
 * @o: the command line
 * @to: filled
 *
 * Return: false, and an error printed, if there is no or no good address.
 */
bool tool_server_address(const struct tool_options *o, struct tool_address *to)
{
	if (o->addrs != 1) {
		tool_error(o->addrs ? "--addr is given twice; a client has one server" :
				      "--addr is missing; try --help");
		return false;
	}
	return tool_address(o->addr[0], (uint16_t)o->port, to);
}

static bool take_secret(struct tool_options *o)
{
	if (!o->secret.file && !o->secret.keyring && o->secret.signing == CXIO_SIGNING_ON) {
		tool_error("--signing on needs --secret, or to Ceph's daemons --keyring");
		return false;
	}
	if (o->secret.keyring && o->secret.signing == CXIO_SIGNING_OFF) {
		tool_error("--signing off does not go with --keyring: Ceph's daemons sign");
		return false;
	}
	if (!tool_secret_read(&o->secret) || !tool_keyring_read(&o->secret))
		return false;
	o->messenger.ceph_key = o->secret.key;
	if (o->secret.file) {
		o->messenger.secret_name = o->secret.name;
		o->messenger.secret = o->secret.bytes;
		o->messenger.secret_len = o->secret.len;
	}
	o->messenger.signing = o->secret.signing;
	return true;
}

static void say_no_messenger(const struct tool_options *o, int err)
{
	if (err == -EINVAL && o->messenger.ceph_name)
		tool_error("--name: '%s' is no name of a client of Ceph's, as 'client.admin'; %s",
			   o->messenger.ceph_name,
			   "or see --frame-size, --recv-depth, --window-bytes");
	else if (err == -EINVAL)
		tool_error("%s --frame-size, --recv-depth, --window-bytes, --secret-name",
			   "the library does not take these options together; see");
	else if (err == -ENOKEY && o->secret.keyring)
		tool_error("--keyring: %s has no key of %s", o->secret.keyring,
			   o->messenger.ceph_name);
	else if (err == -EOPNOTSUPP)
		tool_error("cannot use transport simple with --secret: only xio can prove it");
	else
		tool_error("cannot use %s: %s%s", tool_program()->over, strerror(-err),
			   tool_hint(-err));
}

/**
 * tool_messenger() - make the messenger of a command line
 * @o: the command line
 * @d: who is told
 * @server: peers connect to us, else we to them
 *
 * Return: the messenger, not started; or NULL, and an error printed: EXIT_SETUP.
 */
struct cxio_messenger *tool_messenger(struct tool_options *o,
				      const struct cxio_dispatcher *d, bool server)
{
	enum cxio_peer_policy policy;
	struct cxio_messenger *m;
	int err;

	if (!take_secret(o))
		return NULL;
	if (server)
		policy = o->lossless ? CXIO_POLICY_STATEFUL_SERVER : CXIO_POLICY_STATELESS_SERVER;
	else
		policy = o->lossless ? CXIO_POLICY_LOSSLESS_CLIENT : CXIO_POLICY_LOSSY_CLIENT;
	m = cxio_messenger_create(&o->messenger);
	err = m ? 0 : -errno;
	tool_secret_wipe(&o->secret);
	o->messenger.ceph_key = NULL;
	if (m) {
		err = cxio_messenger_add_dispatcher_tail(m, d);
		if (!err)
			err = cxio_messenger_set_policy(m, CXIO_PEER_ANY, policy);
	}
	if (!err)
		return m;
	say_no_messenger(o, err);
	cxio_messenger_destroy(m);
	return NULL;
}

/**
 * tool_rejected() - say that a peer was turned away; see struct cxio_dispatcher
 * @arg: whatever
 * @peer: who
 * @text: why
 */
void tool_rejected(void *arg, const struct sockaddr *peer, const char *text)
{
	(void)arg;
	(void)peer;
	tool_error("refused a connection: %s", text);
}

/**
 * tool_left_over() - has the library given everything back?
 *
 * Return: objects that it has not, after an error was printed; 0 if all is well.
 */
unsigned long tool_left_over(void)
{
	unsigned long messages, connections, regions, left;

	left = cxio_live_objects(&messages, &connections, &regions);
	if (left)
		tool_error("left over: %lu messages, %lu connections, %lu memory regions",
			   messages, connections, regions);
	return left;
}
