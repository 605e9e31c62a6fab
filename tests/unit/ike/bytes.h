/* SPDX-License-Identifier: BSD-2-Clause */
/* What the tests of the wire format share: bytes from hex text, payloads and messages from bytes.
 */
#ifndef TESTS_IKE_BYTES_H
#define TESTS_IKE_BYTES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ike/wire/build.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

struct bytes {
	uint8_t p[8192];
	size_t len;
};

/* Hex text to bytes; spaces are for the reader, "NN*COUNT" repeats a byte. */
static inline struct bytes hex(const char *text)
{
	struct bytes out = { .len = 0 };

	while (*text) {
		char digits[3] = { text[0], text[1], 0 };
		char *end;
		unsigned long value, times = 1;

		if (*text == ' ') {
			text++;
			continue;
		}
		value = strtoul(digits, &end, 16);
		assert_ptr_equal(end, digits + 2);
		text += 2;
		if (*text == '*') {
			times = strtoul(text + 1, &end, 10);
			text = end;
		}
		assert_true(out.len + times <= sizeof(out.p));
		memset(out.p + out.len, (int)value, times);
		out.len += times;
	}
	return out;
}

static inline void add_bytes(struct bytes *to, const void *from, size_t len)
{
	assert_true(to->len + len <= sizeof(to->p));
	memcpy(to->p + to->len, from, len);
	to->len += len;
}

/* Append a payload: generic header with `next` and `flags`, then the body. */
static inline void add_payload(struct bytes *to, uint8_t next, uint8_t flags, const char *body)
{
	struct bytes b = hex(body);
	uint8_t header[4] = { next, flags, (uint8_t)((b.len + 4) >> 8), (uint8_t)(b.len + 4) };

	add_bytes(to, header, sizeof(header));
	add_bytes(to, b.p, b.len);
}

/* A datagram: header of an IKE_SA_INIT request with the right length, then the payloads. */
static inline struct bytes datagram(uint8_t first, const struct bytes *payloads)
{
	struct bytes out = { .len = 0 };
	struct wr wr = wr_of(out.p, sizeof(out.p));
	struct ike_header header = {
		.spi_i = 0x0102030405060708,
		.next = first,
		.version = IKE_VERSION,
		.exchange = IKE_EXCHANGE_IKE_SA_INIT,
		.flags = IKE_FLAG_INITIATOR,
		.length = (uint32_t)(IKE_HEADER_LEN + payloads->len),
	};

	ike_header_write(&wr, &header);
	out.len = wr.len;
	add_bytes(&out, payloads->p, payloads->len);
	return out;
}

/* Parse one inner payload with this body from memory of its exact size, so that a sanitizer sees
 * a read beyond it. *held is what m points into. */
static inline enum ike_drop parse_inner_body(uint8_t type, const char *body, struct ike_message *m,
					     uint8_t **held)
{
	struct bytes all = { .len = 0 };

	add_payload(&all, IKE_PAYLOAD_NONE, 0, body);
	*held = malloc(all.len);
	assert_non_null(*held);
	memcpy(*held, all.p, all.len);
	memset(m, 0, sizeof(*m));
	return ike_parse_inner(type, *held, all.len, m);
}

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#endif
