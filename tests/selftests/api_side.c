// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Messengers that note what they are told, and waiting for that.
 */
#include <time.h>

#include "api.h"

#define LIMIT_S		30
#define OTHERS		2u
#define SIDES		(2u + OTHERS)

pthread_mutex_t api_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
const char *api_address;
const char *api_transport = "xio";
const char *api_why;
const char *api_skipped;

static struct side others[OTHERS];
static unsigned int other_count;
static const struct side *sides[SIDES];

void api_count(unsigned int *n)
{
	pthread_mutex_lock(&api_lock);
	++*n;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&api_lock);
}

/* --- what a messenger tells --- */

static void on_connected(void *arg, struct cxio_connection *c)
{
	(void)c;
	api_count(&((struct side *)arg)->connected);
}

static void on_accepted(void *arg, struct cxio_connection *c)
{
	(void)c;
	api_count(&((struct side *)arg)->accepted);
}

static void note_fault(struct side *s, const struct cxio_end *end)
{
	pthread_mutex_lock(&api_lock);
	s->fault = end->fault;
	pthread_mutex_unlock(&api_lock);
}

static void on_reset(void *arg, struct cxio_connection *c, const struct cxio_end *end)
{
	struct side *s = arg;

	(void)c;
	note_fault(s, end);
	api_count(&s->reset);
}

static void on_remote_reset(void *arg, struct cxio_connection *c)
{
	(void)c;
	api_count(&((struct side *)arg)->remote_reset);
}

static void on_refused(void *arg, struct cxio_connection *c, const struct cxio_end *end)
{
	struct side *s = arg;

	(void)c;
	note_fault(s, end);
	api_count(&s->refused);
}

static void on_rejected(void *arg, const struct sockaddr *peer, const char *text)
{
	(void)peer;
	(void)text;
	api_count(&((struct side *)arg)->rejected);
}

static bool on_message(void *arg, struct cxio_connection *c, struct cxio_message *m)
{
	unsigned int type = cxio_connection_peer_type(c) % PEER_TYPES;
	struct side *s = arg;
	bool echo = s->echo && cxio_message_type(m) == TYPE_ECHO;

	pthread_mutex_lock(&api_lock);
	s->messages++;
	s->seq = cxio_message_seq(m);
	if (cxio_message_tid(m) != ++s->from[type])
		s->out_of_order = true;
	if (s->hold && s->kept_count < KEPT_MAX)
		s->kept[s->kept_count++] = m;
	else if (!echo)
		cxio_message_put(m);
	echo = echo && !s->hold;
	pthread_cond_broadcast(&changed);
	while (s->stall)
		pthread_cond_wait(&changed, &api_lock);
	pthread_mutex_unlock(&api_lock);
	if (echo)
		cxio_connection_send(c, m);
	return true;
}

static void on_delivery(void *arg, struct cxio_message *m, enum cxio_delivery what)
{
	struct side *s = arg;

	(void)m;
	api_count(what == CXIO_DELIVERY_ACKED ? &s->acked :
		  what == CXIO_DELIVERY_RELEASED ? &s->released : &s->dropped);
}

/* --- waiting --- */

/* Until it is at least that, or so long. Return: what it is then. */
static unsigned int wait_for(const unsigned int *n, unsigned int least, unsigned int seconds)
{
	struct timespec until;
	unsigned int value;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += seconds;
	pthread_mutex_lock(&api_lock);
	while (*n < least && !pthread_cond_timedwait(&changed, &api_lock, &until))
		;
	value = *n;
	pthread_mutex_unlock(&api_lock);
	return value;
}

/* Wait until *n is at least that. If not, what everybody waits for tells why, perhaps. */
bool api_reaches(const unsigned int *n, unsigned int least)
{
	unsigned int value = wait_for(n, least, LIMIT_S);

	if (value >= least)
		return true;
	printf("# %u instead of %u after %u s\n", value, least, LIMIT_S);
	api_say_why();
	return false;
}

/* It is that, and no more for a second. */
bool api_stays(const unsigned int *n, unsigned int want)
{
	return wait_for(n, want + 1, 1) == want;
}

/* --- messengers --- */

struct sockaddr_in api_at(uint16_t port)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port) };

	inet_pton(AF_INET, api_address, &in.sin_addr);
	return in;
}

bool api_bind_to(struct side *s, uint16_t port)
{
	struct sockaddr_in in = api_at(port);

	return !cxio_messenger_bind(s->m, api_any(&in), sizeof(in));
}

static void note_side(const struct side *from, const struct side *to)
{
	unsigned int i = 0;

	while (i < SIDES && sides[i] != from)
		i++;
	if (i < SIDES)
		sides[i] = to;
}

void api_each(void (*with)(const struct side *s))
{
	unsigned int i;

	for (i = 0; i < SIDES; i++)
		if (sides[i])
			with(sides[i]);
}

bool api_begin(struct side *s, int policy, unsigned int binds,
	       const struct cxio_messenger_options *with)
{
	const struct cxio_dispatcher d = {
		.dispatch = on_message, .connected = on_connected, .accepted = on_accepted,
		.reset = on_reset, .remote_reset = on_remote_reset, .refused = on_refused,
		.rejected = on_rejected, .arg = s,
	};

	struct cxio_messenger_options o;

	cxio_messenger_options_init(&o);
	if (with)
		o = *with;
	o.transport = api_transport;
	memset(s, 0, sizeof(*s));
	s->m = cxio_messenger_create(&o);
	if (!s->m)
		return false;
	if (policy >= 0)
		cxio_messenger_set_policy(s->m, CXIO_PEER_ANY, (enum cxio_peer_policy)policy);
	cxio_messenger_add_dispatcher_tail(s->m, &d);
	note_side(NULL, s);
	while (binds--)
		if (!api_bind_to(s, 0))
			return false;
	return true;
}

bool api_go(struct side *s, int policy, unsigned int binds)
{
	return api_begin(s, policy, binds, NULL) && !cxio_messenger_start(s->m);
}

struct side *api_another(void)
{
	return other_count < OTHERS ? &others[other_count++] : NULL;
}

/* It is gone, and then what was kept; what it was told stays. */
void api_end(struct side *s)
{
	note_side(s, NULL);
	cxio_messenger_destroy(s->m);
	s->m = NULL;
	api_let_go(s);
}

void api_end_others(void)
{
	while (other_count) {
		struct side *s = &others[--other_count];

		api_end(s);
		memset(s, 0, sizeof(*s));
	}
}

uint16_t api_port(const struct side *s, unsigned int which)
{
	struct sockaddr_storage sa;

	if (cxio_messenger_address(s->m, which, &sa))
		return 0;
	return ntohs(((const struct sockaddr_in *)&sa)->sin_port);
}

struct cxio_connection *api_to(const struct side *s, uint16_t port)
{
	struct sockaddr_in in = api_at(port);

	return cxio_messenger_get_connection(s->m, api_any(&in), sizeof(in), CXIO_PEER_ANY);
}

/* --- messages --- */

struct cxio_message *api_message(struct side *s, uint16_t type, uint64_t tid)
{
	static const char data[DATA_MAX];
	struct cxio_message *m = cxio_message_new(type, tid, FRONT_BYTES, 0);

	if (m)
		cxio_message_on_delivery(m, on_delivery, s);
	if (m && s->data_len)
		cxio_message_add_data(m, data, s->data_len);
	return m;
}

/* Messages with these tids. */
bool api_send(struct side *s, struct cxio_connection *c, unsigned int first, unsigned int last)
{
	for (; first <= last; first++)
		if (cxio_connection_send(c, api_message(s, TYPE_KEEP, first)))
			return false;
	return true;
}

void api_hold(struct side *s, bool hold)
{
	pthread_mutex_lock(&api_lock);
	s->hold = hold;
	pthread_mutex_unlock(&api_lock);
}

void api_stall(struct side *s, bool stall)
{
	pthread_mutex_lock(&api_lock);
	s->stall = stall;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&api_lock);
}

/* The last one kept that came from a peer of that type; -1: of any. */
static struct cxio_message *take_kept(struct side *s, int type)
{
	struct cxio_message *m = NULL;
	unsigned int i;

	pthread_mutex_lock(&api_lock);
	for (i = s->kept_count; i-- && !m;) {
		struct cxio_connection *c = cxio_message_connection(s->kept[i]);

		if (type >= 0 && (int)cxio_connection_peer_type(c) != type)
			continue;
		m = s->kept[i];
		s->kept[i] = s->kept[--s->kept_count];
	}
	pthread_mutex_unlock(&api_lock);
	return m;
}

void api_let_go_of(struct side *s, int type, unsigned int n)
{
	struct cxio_message *m;

	while (n-- && (m = take_kept(s, type)))
		cxio_message_put(m);
}

void api_let_go(struct side *s)
{
	api_let_go_of(s, -1, KEPT_MAX);
}

bool api_expect(bool good, const char *what)
{
	if (!good && !api_why)
		api_why = what;
	return good;
}
