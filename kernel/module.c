// SPDX-License-Identifier: GPL-2.0-only
/*
 * ceph_xio.ko: Ceph's messenger over RDMA, in the kernel.
 */
#include <linux/module.h>

#include "control.h"

/* common/ knows of no modules. */
EXPORT_SYMBOL_NS_GPL(cxio_fault_text, CEPH_XIO);

static int __init ceph_xio_init(void)
{
	int err;

	cxio_qp_init();
	err = cxio_portal_init();
	if (err)
		return err;
	err = cxio_device_init();
	if (err)
		goto portal;
	err = cxio_history_init();
	if (err)
		goto device;
	err = cxio_messengers_init();
	if (err)
		goto history;
	err = cxio_netlink_init();
	if (err)
		goto messengers;
	cxio_debugfs_init();
	pr_info("wire version %u, layout %08x\n", CXIO_WIRE_VERSION_MAX, CXIO_WIRE_LAYOUT);
	return 0;

messengers:
	cxio_messengers_exit();
history:
	cxio_history_exit();
device:
	cxio_device_exit();
portal:
	cxio_portal_exit();
	return err;
}

/* Connections first, while their end can be told; then who may still cause work. */
static void __exit ceph_xio_exit(void)
{
	cxio_messengers_stop();
	cxio_debugfs_exit();
	cxio_netlink_exit();
	cxio_messengers_exit();
	cxio_history_exit();
	cxio_device_exit();
	cxio_portal_exit();
	cxio_objects_check();
}

module_init(ceph_xio_init);
module_exit(ceph_xio_exit);

MODULE_DESCRIPTION("Ceph messenger over RDMA");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1.0");
