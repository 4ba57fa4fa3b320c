// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * stream_cut.so, preloaded in a server: for each line that is written to the FIFO which
 * STREAM_CUT names, something is broken under it, and it says so. "qp": the queue pair that
 * was made ready last goes to ERROR. "tcp": the TCP connection that was accepted last ends.
 * Each is broken once: if there is none that is newer, it is waited for.
 */
#include <dlfcn.h>
#include <infiniband/verbs.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static struct {
	pthread_mutex_t lock;
	pthread_cond_t made;
	pthread_t thread;
	struct ibv_qp *qp;
	int tcp;
} cut = { .lock = PTHREAD_MUTEX_INITIALIZER, .made = PTHREAD_COND_INITIALIZER, .tcp = -1 };

static void *next(const char *name, const char *version)
{
	void *f = version ? dlvsym(RTLD_NEXT, name, version) : dlsym(RTLD_NEXT, name);

	if (!f)
		abort();
	return f;
}

static void cut_tcp(void)
{
	int err;

	pthread_mutex_lock(&cut.lock);
	while (cut.tcp < 0)
		pthread_cond_wait(&cut.made, &cut.lock);
	err = shutdown(cut.tcp, SHUT_RDWR);
	cut.tcp = -1;
	pthread_mutex_unlock(&cut.lock);
	fprintf(stderr, "tcp %s\n", err ? "not there" : "cut");
}

static void cut_qp(void)
{
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_ERR };
	int err;

	pthread_mutex_lock(&cut.lock);
	while (!cut.qp)
		pthread_cond_wait(&cut.made, &cut.lock);
	err = ibv_modify_qp(cut.qp, &attr, IBV_QP_STATE);
	cut.qp = NULL;
	pthread_mutex_unlock(&cut.lock);
	fprintf(stderr, "qp %s\n", err ? "not there" : "cut");
}

static void *cut_all(void *arg)
{
	FILE *f = fopen(arg, "r");
	char line[16];

	while (f && fgets(line, sizeof(line), f)) {
		if (!strcmp(line, "tcp\n"))
			cut_tcp();
		else
			cut_qp();
	}
	return NULL;
}

__attribute__((constructor))
static void begin(void)
{
	char *fifo = getenv("STREAM_CUT");

	if (fifo && pthread_create(&cut.thread, NULL, cut_all, fifo))
		abort();
}

/* Only what was made ready is worth cutting, so that is what counts as new. */
int ibv_modify_qp(struct ibv_qp *qp, struct ibv_qp_attr *attr, int mask)
{
	int (*real)(struct ibv_qp *qp, struct ibv_qp_attr *attr, int mask) =
		next("ibv_modify_qp", "IBVERBS_1.1");
	int err = real(qp, attr, mask);

	if (err || !(mask & IBV_QP_STATE) || attr->qp_state != IBV_QPS_RTS)
		return err;
	pthread_mutex_lock(&cut.lock);
	cut.qp = qp;
	pthread_cond_broadcast(&cut.made);
	pthread_mutex_unlock(&cut.lock);
	return 0;
}

int ibv_destroy_qp(struct ibv_qp *qp)
{
	int (*real)(struct ibv_qp *qp) = next("ibv_destroy_qp", "IBVERBS_1.1");

	pthread_mutex_lock(&cut.lock);
	if (cut.qp == qp)
		cut.qp = NULL;
	pthread_mutex_unlock(&cut.lock);
	return real(qp);
}

int accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags)
{
	int (*real)(int fd, struct sockaddr *addr, socklen_t *len, int flags) =
		next("accept4", NULL);
	int got = real(fd, addr, len, flags);

	pthread_mutex_lock(&cut.lock);
	if (got >= 0)
		cut.tcp = got;
	pthread_cond_broadcast(&cut.made);
	pthread_mutex_unlock(&cut.lock);
	return got;
}
