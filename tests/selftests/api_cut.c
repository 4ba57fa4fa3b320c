// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Connections that break: the library's calls of rdma_create_qp() and rdma_destroy_qp()
 * come here first, so that it is known what there is to be disconnected, and what is shared.
 * Of TCP it is all sockets with a peer that this process has.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <rdma/rdma_cma.h>

#include "api.h"

#define LINKS_MAX	64u

static pthread_mutex_t cut_lock = PTHREAD_MUTEX_INITIALIZER;
static struct rdma_cm_id *cut_id[LINKS_MAX];
static bool cut_shared[LINKS_MAX];
static unsigned int cut_count;

int rdma_create_qp(struct rdma_cm_id *id, struct ibv_pd *pd, struct ibv_qp_init_attr *attr)
{
	int (*create)(struct rdma_cm_id *id, struct ibv_pd *pd, struct ibv_qp_init_attr *attr);
	int err;

	*(void **)&create = dlsym(RTLD_NEXT, "rdma_create_qp");
	err = create(id, pd, attr);
	pthread_mutex_lock(&cut_lock);
	if (!err)
		api_watch_posts(id->verbs);
	if (!err && cut_count < LINKS_MAX) {
		cut_shared[cut_count] = attr->srq;
		cut_id[cut_count++] = id;
	}
	pthread_mutex_unlock(&cut_lock);
	return err;
}

void rdma_destroy_qp(struct rdma_cm_id *id)
{
	void (*destroy)(struct rdma_cm_id *id);
	unsigned int i;

	*(void **)&destroy = dlsym(RTLD_NEXT, "rdma_destroy_qp");
	/* From here on nobody else uses it. */
	pthread_mutex_lock(&cut_lock);
	for (i = 0; i < cut_count; i++)
		if (cut_id[i] == id) {
			cut_shared[i] = cut_shared[--cut_count];
			cut_id[i] = cut_id[cut_count];
		}
	pthread_mutex_unlock(&cut_lock);
	destroy(id);
}

static void cut_sockets(void)
{
	DIR *d = opendir("/proc/self/fd");
	struct sockaddr_storage sa;
	struct dirent *e;

	while (d && (e = readdir(d))) {
		socklen_t len = sizeof(sa);
		int fd = atoi(e->d_name);

		if (!getpeername(fd, (struct sockaddr *)&sa, &len) && sa.ss_family == AF_INET)
			shutdown(fd, SHUT_RDWR);
	}
	if (d)
		closedir(d);
}

/* The library takes it for the network's doing: nobody has said CLOSE. */
void api_cut_all(void)
{
	unsigned int i;

	pthread_mutex_lock(&cut_lock);
	for (i = 0; i < cut_count; i++)
		rdma_disconnect(cut_id[i]);
	pthread_mutex_unlock(&cut_lock);
	cut_sockets();
}

bool api_shares(void)
{
	bool shares = false;
	unsigned int i;

	pthread_mutex_lock(&cut_lock);
	for (i = 0; i < cut_count; i++)
		shares = shares || cut_shared[i];
	pthread_mutex_unlock(&cut_lock);
	return shares;
}

bool api_is_iwarp(void)
{
	bool is;

	pthread_mutex_lock(&cut_lock);
	is = cut_count && cut_id[0]->verbs->device->transport_type == IBV_TRANSPORT_IWARP;
	pthread_mutex_unlock(&cut_lock);
	return is;
}
