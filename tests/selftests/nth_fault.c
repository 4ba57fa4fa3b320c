// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The NTHth allocation that the kernel makes for this thread fails, but only within
 * one kind of system call, so that nothing of the program's own is in the way.
 *
 * As a library to preload: within sendmsg(), where a generic netlink command is carried
 * out. As a program: within finit_module() of the file given, within delete_module(), or
 * within a write() of a word to a file.
 *
 * NTH: which; NTH_LEFT: file that is told how many were left when all was done, 0 if it
 * came to that one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static int nth_fd = -1;
static long nth_left = -1;

static void set_nth(long n)
{
	char text[24];
	int len = snprintf(text, sizeof(text), "%ld", n);

	if (pwrite(nth_fd, text, (size_t)len, 0) != len)
		abort();
}

/* How many are left; whatever comes next does not count. */
static void stop(void)
{
	char text[24] = "";

	if (pread(nth_fd, text, sizeof(text) - 1, 0) <= 0)
		abort();
	nth_left = strtol(text, NULL, 10);
	set_nth(0);
}

static void start(void)
{
	const char *n = getenv("NTH");

	if (nth_fd < 0) {
		nth_fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
		nth_left = n ? strtol(n, NULL, 10) : 0;
		if (nth_fd < 0)
			abort();
	}
	set_nth(nth_left);
}

__attribute__((destructor))
static void tell(void)
{
	const char *file = getenv("NTH_LEFT");
	FILE *f = file && nth_fd >= 0 ? fopen(file, "w") : NULL;

	if (f) {
		fprintf(f, "%ld\n", nth_left);
		fclose(f);
	}
}

#ifdef PRELOADED
ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
	ssize_t n;
	int err;

	if (nth_left)
		start();
	n = syscall(SYS_sendmsg, fd, msg, flags);
	err = errno;
	if (nth_left)
		stop();
	errno = err;
	return n;
}
#else
int main(int argc, char **argv)
{
	const char *file = argc == 4 ? argv[2] : argc == 2 ? argv[1] : NULL;
	bool delete = argc == 3 && !strcmp(argv[1], "--delete");
	bool write_it = argc == 4 && !strcmp(argv[1], "--write");
	int err = 0, fd = -1;
	long done;

	if (file)
		fd = open(file, (write_it ? O_WRONLY : O_RDONLY) | O_CLOEXEC);
	if (fd < 0 && !delete) {
		fputs("usage: nth_fault MODULE-FILE | --delete MODULE | --write FILE WORD\n",
		      stderr);
		return 2;
	}
	start();
	if (delete)
		done = syscall(SYS_delete_module, argv[2], O_NONBLOCK);
	else if (write_it)
		done = write(fd, argv[3], strlen(argv[3]));
	else
		done = syscall(SYS_finit_module, fd, "", 0);
	if (done < 0)
		err = errno;
	stop();
	if (err)
		fprintf(stderr, "nth_fault: %s\n", strerror(err));
	return err ? 1 : 0;
}
#endif
