// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * To be preloaded: the first three accepts fail, for a reason that lasts; who asks again at
 * once ends. After the first, what is to be waited for cannot be, once.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

typedef int (*accept_fn)(int fd, struct sockaddr *addr, socklen_t *len, int flags);
typedef int (*epoll_fn)(int set, int op, int fd, struct epoll_event *event);

#define DENIED		3
#define AT_ONCE_NS	50000000ll

static int denied;
static bool no_memory;

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

int accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags)
{
	accept_fn real = (accept_fn)dlsym(RTLD_NEXT, "accept4");
	static long long last;

	if (denied == DENIED)
		return real(fd, addr, len, flags);
	if (denied && now() - last < AT_ONCE_NS)
		_exit(9);
	last = now();
	no_memory = !denied++;
	errno = EPERM;
	return -1;
}

int epoll_ctl(int set, int op, int fd, struct epoll_event *event)
{
	epoll_fn real = (epoll_fn)dlsym(RTLD_NEXT, "epoll_ctl");

	if (op != EPOLL_CTL_ADD || !no_memory)
		return real(set, op, fd, event);
	no_memory = false;
	errno = ENOMEM;
	return -1;
}
