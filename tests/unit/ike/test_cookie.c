// SPDX-License-Identifier: BSD-2-Clause
/* bpf/cookie.h as the daemon builds it: SipHash by the paper's vectors, what a cookie covers, which
 * messages have a nonce. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define FG_COOKIE_LOAD(from, at, to, n) memcpy(to, (const uint8_t *)(from) + (at), n)
#include "../../../bpf/cookie.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static uint64_t little(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v |= (uint64_t)p[i] << 8 * i;
	return v;
}

/* SipHash-2-4 of bytes, from the parts that the cookie is made of. */
static uint64_t sip(const uint8_t key[16], const uint8_t *p, size_t len)
{
	const uint64_t words[2] = { little(key, 8), little(key + 8, 8) };
	const __u64 k[2] = { words[0], words[1] };
	struct fg_sip s;
	size_t i;

	fg_sip_begin(&s, k);
	for (i = 0; i + 8 <= len; i += 8)
		fg_sip_word(&s, little(p + i, 8));
	return fg_sip_end(&s, little(p + i, len - i) | (uint64_t)len << 56);
}

/* Appendix A of "SipHash: a fast short-input PRF" (15 bytes), and the authors' table of vectors:
 * key 00 01 .. 0f, messages 00, 00 01, .. of 0 to 63 bytes. */
static void test_siphash(void **state)
{
	static const struct {
		size_t len;
		uint64_t out;
	} rows[] = {
		{ 0, 0x726fdb47dd0e0e31 }, { 1, 0x74f839c593dc67fd },  { 2, 0x0d6c8009d9a94f5a },
		{ 3, 0x85676696d7fb7e2d }, { 4, 0xcf2794e0277187b7 },  { 5, 0x18765564cd99a68d },
		{ 6, 0xcbc9466e58fee3ce }, { 7, 0xab0200f58b01d137 },  { 8, 0x93f5f5799a932462 },
		{ 9, 0x9e0082df0ba9e4b0 }, { 15, 0xa129ca6149be45e5 }, { 63, 0x958a324ceb064572 },
	};
	uint8_t key[16], message[64];

	(void)state;
	for (size_t i = 0; i < sizeof(message); i++)
		message[i] = key[i % 16] = (uint8_t)i;
	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)i;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_true(sip(key, message, rows[i].len) == rows[i].out);
}

/* What stands in the header of cookie.h: address, SPI, slot, port, length of Ni, Ni. */
static void test_covers(void **state)
{
	static const uint8_t key[16] = { 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 11, 12, 13, 14, 15, 16 };
	const __u64 words[2] = { little(key, 8), little(key + 8, 8) };
	struct fg_init init = { .spi_i = { fg_be32(0x01020304), fg_be32(0x05060708) },
				.port = fg_be16(4500) };
	uint8_t message[32 + 256] = { 0 }, ni[256];

	(void)state;
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
	skip(); /* the words of the header are the machine's: nobody else reads a cookie */
#endif
	for (size_t i = 0; i < sizeof(ni); i++)
		ni[i] = (uint8_t)(i * 31 + 5);
	init.ip.w[2] = fg_be32(0xffff);
	init.ip.w[3] = fg_be32(0xc6336407);
	for (uint16_t len = 16; len <= 256; len++) {
		const uint64_t head[4] = {
			fg_word_of(init.ip.w[0], init.ip.w[1]),
			fg_word_of(init.ip.w[2], init.ip.w[3]),
			fg_word_of(init.spi_i[0], init.spi_i[1]),
			fg_word_of(fg_be32(77), (uint32_t)init.port << 16 | len),
		};

		init.ni_len = len;
		memcpy(message, head, sizeof(head));
		memcpy(message + 32, ni, len);
		assert_true(fg_cookie_mac(words, &init, fg_be32(77), ni, 0) ==
			    sip(key, message, 32u + len));
	}
}

static void test_slots(void **state)
{
	static const struct {
		uint32_t now, shown;
		bool ok;
	} rows[] = {
		{ 5, 5, true }, { 5, 4, true },          { 5, 3, false }, { 5, 6, false },
		{ 0, 0, true }, { 0, UINT32_MAX, true }, { 0, 1, false }, { UINT32_MAX, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct fg_cookie_secrets secrets = { .slot = rows[i].now };

		assert_int_equal(fg_cookie_slot_ok(&secrets, fg_be32(rows[i].shown)), rows[i].ok);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_siphash),
		cmocka_unit_test(test_covers),
		cmocka_unit_test(test_slots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
