// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A module that does on load what its parameter says, for the lab's self-test:
 * each bug has to be found by the debug kernel, and the clean module must not.
 */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>

static char *bug = "none";
module_param(bug, charp, 0444);

static DEFINE_MUTEX(first);
static DEFINE_MUTEX(second);

/* Volatile, or the compiler sees through the planted bugs and complains. */
static void *volatile object;

static void leak(void)
{
	object = kmalloc(64, GFP_KERNEL);
	object = NULL;
}

static void use_after_free(void)
{
	object = kmalloc(64, GFP_KERNEL);
	kfree(object);
	if (object)
		*(char *)object = 1;
	object = NULL;
}

static void overflow(void)
{
	object = kmalloc(60, GFP_KERNEL);
	if (object)
		((volatile char *)object)[60] = 1;
	kfree(object);
}

static void inversion(void)
{
	mutex_lock(&first);
	mutex_lock(&second);
	mutex_unlock(&second);
	mutex_unlock(&first);

	mutex_lock(&second);
	mutex_lock(&first);
	mutex_unlock(&first);
	mutex_unlock(&second);
}

static int __init lab_bugs_init(void)
{
	if (!strcmp(bug, "leak"))
		leak();
	else if (!strcmp(bug, "use-after-free"))
		use_after_free();
	else if (!strcmp(bug, "overflow"))
		overflow();
	else if (!strcmp(bug, "inversion"))
		inversion();
	else if (!strcmp(bug, "warning"))
		WARN(1, "planted\n");
	return 0;
}
module_init(lab_bugs_init);

static void __exit lab_bugs_exit(void)
{
}
module_exit(lab_bugs_exit);

MODULE_DESCRIPTION("planted bugs for the lab's self-test");
MODULE_LICENSE("Dual BSD/GPL");
