// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What everybody waits for, as comments of TAP, when something has not happened in time:
 * connections and carriers as the library describes them, and where in the kernel each thread
 * sleeps.
 */
#include <dirent.h>
#include <time.h>

#include "api.h"

#define TASKS	"/proc/self/task"

static void say_line(void *arg, const char *line)
{
	(void)arg;
	printf("#   %s\n", line);
}

int api_describe(const struct side *s, void (*say)(void *arg, const char *line), void *arg)
{
	return cxio_messenger_describe(s->m, say, arg);
}

static void say_side(const struct side *s)
{
	pthread_mutex_lock(&api_lock);
	printf("# port %u: messages %u, acked %u, released %u, dropped %u, kept %u\n",
	       api_port(s, 0), s->messages, s->acked, s->released, s->dropped, s->kept_count);
	pthread_mutex_unlock(&api_lock);
	api_describe(s, say_line, NULL);
}

/* The first lines of a file of a thread, if that may be read. */
static void say_file(const char *thread, const char *name)
{
	char path[128], line[256];
	FILE *f;

	snprintf(path, sizeof(path), TASKS "/%s/%s", thread, name);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		printf("#   thread %s %s: %s\n", thread, name, line);
	}
	if (f)
		fclose(f);
}

static void say_threads(void)
{
	DIR *d = opendir(TASKS);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		if (e->d_name[0] == '.')
			continue;
		say_file(e->d_name, "wchan");
		say_file(e->d_name, "syscall");
		say_file(e->d_name, "stack");
	}
	if (d)
		closedir(d);
}

/*
 * Threads first: whoever is asked is woken. Twice: was what it took to be asked, which is
 * to be woken, all that was missing?
 */
void api_say_why(void)
{
	const struct timespec second = { .tv_sec = 1 };

	printf("# threads:\n");
	say_threads();
	api_each(say_side);
	nanosleep(&second, NULL);
	printf("# a second later:\n");
	api_each(say_side);
	fflush(stdout);
}
