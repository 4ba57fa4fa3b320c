// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * To be preloaded: a portal that has accepted a connection goes on only when another thread
 * of the process has ended, or a second later.
 *
 * It is held when it gives back the second lock after the accept.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <pthread.h>
#include <sys/socket.h>
#include <time.h>

typedef int (*accept_fn)(int fd, struct sockaddr *addr, socklen_t *len, int flags);
typedef int (*unlock_fn)(pthread_mutex_t *m);

static _Thread_local int armed;

static int threads(void)
{
	DIR *d = opendir("/proc/self/task");
	int n = 0;

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n;
}

int accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags)
{
	accept_fn real = (accept_fn)dlsym(RTLD_NEXT, "accept4");
	int taken = real(fd, addr, len, flags);

	if (taken >= 0)
		armed = 2;
	return taken;
}

int pthread_mutex_unlock(pthread_mutex_t *m)
{
	static const struct timespec step = { .tv_nsec = 1000000 };
	static unlock_fn real;
	int i, before, result;

	if (!real)
		real = (unlock_fn)dlsym(RTLD_NEXT, "pthread_mutex_unlock");
	result = real(m);
	if (!armed || --armed)
		return result;
	before = threads();
	for (i = 0; i < 1000 && threads() >= before; i++)
		nanosleep(&step, NULL);
	return result;
}
