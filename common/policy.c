// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Ceph's policies.
 */
#include "policy.h"

/**
 * cxio_policy() - a policy by its name
 * @kind: one of those there are
 *
 * Context: any. Return: what it means.
 */
struct cxio_policy cxio_policy(enum cxio_policy_kind kind)
{
	static const struct cxio_policy policies[CXIO_POLICY_KINDS] = {
		[CXIO_LOSSY_CLIENT] = { .lossy = true },
		[CXIO_LOSSLESS_CLIENT] = { .resetcheck = true },
		[CXIO_STATELESS_SERVER] = { .lossy = true, .server = true },
		[CXIO_STATEFUL_SERVER] = { .server = true, .standby = true,
					   .resetcheck = true },
		[CXIO_LOSSLESS_PEER] = { .standby = true },
		[CXIO_LOSSLESS_PEER_REUSE] = { .standby = true, .resetcheck = true },
	};

	return policies[kind];
}

/**
 * cxio_policy_text() - a policy's name
 * @kind: any number
 *
 * Context: any. Return: a constant string, never NULL.
 */
const char *cxio_policy_text(u32 kind)
{
	static const char *const names[CXIO_POLICY_KINDS] = {
		[CXIO_LOSSY_CLIENT] = "lossy-client",
		[CXIO_LOSSLESS_CLIENT] = "lossless-client",
		[CXIO_STATELESS_SERVER] = "stateless-server",
		[CXIO_STATEFUL_SERVER] = "stateful-server",
		[CXIO_LOSSLESS_PEER] = "lossless-peer",
		[CXIO_LOSSLESS_PEER_REUSE] = "lossless-peer-reuse",
	};

	return kind < CXIO_POLICY_KINDS ? names[kind] : "unknown";
}
