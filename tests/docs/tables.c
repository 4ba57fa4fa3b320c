// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Prints the layout tables and the fault list as the code has them.
 */
#include <stdio.h>

#include "wire.h"

int main(void)
{
	const struct cxio_wire_field *f;
	u32 count, i;

	f = cxio_wire_fields(&count);
	for (i = 0; i < count; i++)
		printf("field %s %u %u %s\n", f[i].structure, f[i].offset, f[i].size, f[i].name);
	for (i = 0; i < CXIO_FAULT_END; i++)
		if (i == 0 || cxio_fault_text(i) != cxio_fault_text(CXIO_FAULT_END))
			printf("fault %u %s\n", i, cxio_fault_text(i));
	return 0;
}
