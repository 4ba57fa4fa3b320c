// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Device contexts: librdmacm's, and how to let go of them.
 *
 * All messengers of the process have the same contexts: librdmacm opens each device
 * once, and closes it only when it looks for devices anew, finds others, and not this.
 * But a device that is removed waits for everybody to close it. So every context that
 * an id of ours ever got is remembered, until its device is removed and nobody uses it:
 * that of a listener which nobody came to, and of a request that was refused, too.
 *
 * What holds the device are open files. Something harmless takes their places, so that
 * whoever closes the context in the end closes that. The context itself is not looked at:
 * librdmacm may have freed it. Its file is, whether it still is the device's.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "memory.h"
#include "verbs.h"

/* Where sysfs has the devices' nodes. */
#define NODES	"/sys/class/infiniband_verbs"

/**
 * struct context - what is remembered
 * @verbs: which; NULL: a free place
 * @users: devices of messengers, and listeners, that are on it
 * @gone: its device was removed
 * @node: name of the device's node
 * @cmd_fd: the node, opened
 * @async_fd: file of its events
 * @rdev: number of the node
 */
struct context {
	const struct ibv_context *verbs;
	unsigned int users;
	bool gone;
	char node[IBV_SYSFS_NAME_MAX];
	int cmd_fd;
	int async_fd;
	dev_t rdev;
};

static struct {
	pthread_mutex_t lock;
	struct context at[4 * CXIO_DEVICE_SLOTS];
} contexts = { .lock = PTHREAD_MUTEX_INITIALIZER };

static bool rdev_of(int fd, dev_t *rdev)
{
	struct stat st;

	if (fstat(fd, &st) || !S_ISCHR(st.st_mode))
		return false;
	*rdev = st.st_rdev;
	return true;
}

/* Is its file still the device's? */
static bool is_open(const struct context *c)
{
	dev_t rdev;

	return rdev_of(c->cmd_fd, &rdev) && rdev == c->rdev;
}

static struct context *find(const struct ibv_context *verbs)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(contexts.at); i++)
		if (contexts.at[i].verbs == verbs)
			return &contexts.at[i];
	return NULL;
}

/* A place for one more: a free one, or that of one that librdmacm has closed. */
static struct context *find_room(void)
{
	struct context *c = find(NULL);
	u32 i;

	for (i = 0; i < ARRAY_SIZE(contexts.at) && !c; i++)
		if (!contexts.at[i].users && !is_open(&contexts.at[i]))
			c = &contexts.at[i];
	return c;
}

static bool remember(struct context *c, const struct ibv_context *verbs)
{
	*c = (struct context){ .cmd_fd = verbs->cmd_fd, .async_fd = verbs->async_fd };
	if (!rdev_of(c->cmd_fd, &c->rdev))
		return false;
	snprintf(c->node, sizeof(c->node), "%s", verbs->device->dev_name);
	c->verbs = verbs;
	return true;
}

/*
 * Of a removal that was told before the context was remembered nobody tells again. By then
 * the node has no entry in sysfs any more, if there is a sysfs.
 */
static bool was_removed(const struct ibv_context *verbs)
{
	return access(verbs->device->dev_path, F_OK) && !access(NODES, F_OK);
}

static void let_go(struct context *c)
{
	int null = is_open(c) ? open("/dev/null", O_RDWR | O_CLOEXEC) : -1;

	if (null >= 0) {
		dup3(null, c->async_fd, O_CLOEXEC);
		dup3(null, c->cmd_fd, O_CLOEXEC);
		close(null);
	}
	c->verbs = NULL;
}

/**
 * cxio_context_use() - a device of a messenger, or a listener, is on a context
 * @verbs: as librdmacm has opened it
 *
 * Context: any thread. Return: false if its device is being removed, or there are too
 * many.
 */
bool cxio_context_use(const struct ibv_context *verbs)
{
	struct context *c;
	bool good;

	pthread_mutex_lock(&contexts.lock);
	c = find(verbs);
	/* Another may be where one was that was closed. */
	if (c && !c->users && !is_open(c))
		c->verbs = NULL;
	if (!c || !c->verbs)
		c = find_room();
	good = c && (c->verbs == verbs || remember(c, verbs));
	if (good && was_removed(verbs))
		c->gone = true;
	if (good && c->gone && !c->users)
		let_go(c);
	good = good && !c->gone;
	if (good)
		c->users++;
	pthread_mutex_unlock(&contexts.lock);
	return good;
}

/**
 * cxio_context_unuse() - it is not any more
 * @verbs: the context, once used
 *
 * Context: any thread.
 */
void cxio_context_unuse(const struct ibv_context *verbs)
{
	struct context *c;

	pthread_mutex_lock(&contexts.lock);
	c = find(verbs);
	if (c && !--c->users && c->gone)
		let_go(c);
	pthread_mutex_unlock(&contexts.lock);
}

/**
 * cxio_context_is_gone() - was its device removed?
 * @verbs: a context, used
 *
 * Context: any thread. Return: true if so.
 */
bool cxio_context_is_gone(const struct ibv_context *verbs)
{
	struct context *c;
	bool gone;

	pthread_mutex_lock(&contexts.lock);
	c = find(verbs);
	gone = c && c->gone;
	pthread_mutex_unlock(&contexts.lock);
	return gone;
}

/**
 * cxio_context_removed() - a device is removed: nobody of this process is to keep it open
 * @node: name of its node
 *
 * Context: any thread. What is used is let go of by cxio_context_unuse().
 */
void cxio_context_removed(const char *node)
{
	u32 i;

	pthread_mutex_lock(&contexts.lock);
	for (i = 0; i < ARRAY_SIZE(contexts.at); i++) {
		struct context *c = &contexts.at[i];

		if (!c->verbs || strcmp(c->node, node) != 0)
			continue;
		c->gone = true;
		if (!c->users)
			let_go(c);
	}
	pthread_mutex_unlock(&contexts.lock);
}
