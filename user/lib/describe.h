/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What connections are doing, in words: what transports have for that.
 */
#ifndef CXIO_DESCRIBE_H
#define CXIO_DESCRIBE_H

#include <stdio.h>

#include "deps.h"

void cxio_describe_due(FILE *to, const char *what, u64 due, u64 now);

#endif /* CXIO_DESCRIBE_H */
