/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef UNIT_WORKER_HEX_H
#define UNIT_WORKER_HEX_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Hex text, spaces allowed, to bytes. Returns how many; exits when it does not fit. */
static inline size_t hex(const char *text, uint8_t *out, size_t cap)
{
	size_t n = 0;

	for (; *text; text++) {
		char digits[3] = { text[0], text[1], 0 };

		if (*text == ' ')
			continue;
		if (n == cap)
			abort();
		out[n++] = (uint8_t)strtoul(digits, NULL, 16);
		text++;
	}
	return n;
}

#endif
