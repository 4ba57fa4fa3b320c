/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What was recorded between a real client and the daemons of a cluster whose keys are
 * known: tests/vectors/ceph, v1-key. Run from the top of the tree, or with CXIO_VECTORS
 * naming the folder of vectors.
 */
#ifndef CXIO_TEST_RECORDED_H
#define CXIO_TEST_RECORDED_H

#include "../cmocka_cxio.h"
#include "msgr1.h"

#define RECORDED_MON		"v1-key.conn0-p21722"
#define RECORDED_OSD		"v1-key.conn1-p21723"
#define RECORDED_FEATURES	0x3f01cfbdfffdffffull

/**
 * struct bytes - memory of its exact size, so that a sanitizer sees a read beyond it
 * @at: them; to be freed
 * @len: how many
 */
struct bytes {
	u8 *at;
	u32 len;
};

/**
 * struct recorded - a message of a stream
 * @header: decoded
 * @footer: decoded
 * @front: to be freed
 */
struct recorded {
	struct cxio_msg_header header;
	struct cxio_msg_footer footer;
	struct bytes front;
};

struct bytes copy(const void *at, u32 len);
struct bytes load(const char *name);
struct recorded said(const char *stream, const char *way, u32 which);
struct bytes shown(const char *way, u32 which);

#endif /* CXIO_TEST_RECORDED_H */
