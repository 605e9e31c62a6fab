/* SPDX-License-Identifier: BSD-2-Clause */
/* Published vectors stand in the tests as the documents print them: in hexadecimal. */
#ifndef TEST_HEX_H
#define TEST_HEX_H

#include <ctype.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Returns the number of bytes; spaces are skipped. */
static inline size_t unhex(const char *hex, uint8_t *out)
{
	size_t n = 0;
	unsigned byte;

	for (; *hex; hex++) {
		if (isspace((unsigned char)*hex))
			continue;
		if (sscanf(hex, "%2x", &byte) != 1 || !hex[1])
			break;
		out[n++] = (uint8_t)byte;
		hex++;
	}
	return n;
}

#endif
