/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A CRC32C of the tests' own, so that they do not check the core with itself. */
#ifndef CXIO_TEST_CRC32C_H
#define CXIO_TEST_CRC32C_H

#include "deps.h"

u32 test_crc32c(u32 seed, const void *p, u32 n);

#endif /* CXIO_TEST_CRC32C_H */
