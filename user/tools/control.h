/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The kernel module's control interface, for cxio. */
#ifndef CXIO_CONTROL_H
#define CXIO_CONTROL_H

#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdbool.h>
#include <stdint.h>

#include "linux/ceph_xio.h"
#include "tool.h"

struct control;

/**
 * control_fn - called for each answer or event
 * @arg: the caller's
 * @cmd: enum ceph_xio_cmd
 * @attr: attributes by number, NULL where absent
 */
typedef void (*control_fn)(void *arg, int cmd, struct nlattr **attr);

struct control *control_open(void);
void control_close(struct control *k);
struct nl_msg *control_request(struct control *k, int cmd, bool dump);
bool control_call(struct control *k, struct nl_msg *msg, control_fn fn, void *arg);
bool control_try(struct control *k, struct nl_msg *msg, control_fn fn, void *arg);
const char *control_reason(const struct control *k);
bool control_gone(const struct control *k);
bool control_event(struct control *k, int timeout_ms, control_fn fn, void *arg);
const char *control_deaf(const struct control *k);
bool control_put_address(struct nl_msg *msg, const struct tool_address *to);

#endif /* CXIO_CONTROL_H */
