/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* cmocka wants these headers before its own, in this order. */
#ifndef CMOCKA_CXIO_H
#define CMOCKA_CXIO_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#endif /* CMOCKA_CXIO_H */
