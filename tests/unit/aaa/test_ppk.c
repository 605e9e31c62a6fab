// SPDX-License-Identifier: BSD-2-Clause
/* Which PPK is mixed, and how: prf+(PPK, SK), RFC 8784 3, against values computed apart from it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aaa/ppk.h"

#include <string.h>

enum { PRF_HMAC_SHA2_256 = 5 };

static const uint8_t want[3][32] = {
	{ 0xaf, 0x19, 0x06, 0x7d, 0x01, 0x14, 0x24, 0xf9, 0xe2, 0xfe, 0x8b,
	  0x7d, 0x44, 0xee, 0x08, 0x2f, 0x82, 0x0c, 0x55, 0x21, 0x58, 0x9c,
	  0xb1, 0x4c, 0x08, 0x34, 0x4b, 0x6f, 0x5c, 0x80, 0xb6, 0x24 },
	{ 0x2b, 0x4f, 0x5a, 0x9b, 0x8c, 0x0b, 0x6e, 0x30, 0xf4, 0x72, 0x0b,
	  0x75, 0xb1, 0x6b, 0xba, 0x7e, 0xa3, 0x09, 0xa6, 0x8c, 0x3e, 0x13,
	  0x92, 0xa7, 0x77, 0xe4, 0x08, 0x7f, 0x51, 0x5f, 0x20, 0x8f },
	{ 0xbc, 0x4b, 0x0e, 0xf2, 0x7c, 0xbf, 0xb2, 0x0e, 0x22, 0x8b, 0x9e,
	  0x37, 0x35, 0xc0, 0x1c, 0x39, 0xf2, 0x2a, 0x9f, 0x04, 0xb6, 0x25,
	  0x52, 0x86, 0xf6, 0xbf, 0x7b, 0xd0, 0x66, 0x60, 0xa3, 0x33 },
};

static void test_mix(void **state)
{
	static const struct {
		const char *profile, *id;
		bool ok;
	} rows[] = {
		{ "field", "blue", true },   { "field", "red", true }, { "field", "blu", false },
		{ "field", "blues", false }, { "field", "", false },   { "home", "blue", false },
		{ "none", "blue", false },   { "", "blue", false },
	};
	uint8_t key[32], other[32] = { 0 };
	struct conf_profile profiles[] = { { .name = "field", .ppk = { "b", "r" }, .ppk_count = 2 },
					   { .name = "home", .ppk = { "r" }, .ppk_count = 1 } };
	struct conf conf = { .profiles = profiles, .profile_count = 2 };
	struct conf_ppk ppks[] = {
		{ .name = "b", .id = { 4, "blue" }, .key = { sizeof(key), key } },
		{ .name = "r", .id = { 3, "red" }, .key = { sizeof(other), other } },
	};
	const struct conf_secrets secrets = { .ppks = ppks, .ppk_count = 2 };

	(void)state;
	for (uint8_t i = 0; i < sizeof(key); i++)
		key[i] = i;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct msg_ppk_mix ask = { .ike = 7, .prf = PRF_HMAC_SHA2_256, .key_len = 32 };
		static const struct msg_ppk_mixed nothing = { .ike = 7 };
		struct msg_ppk_mixed out;

		strncpy(ask.profile, rows[i].profile, sizeof(ask.profile) - 1);
		ask.id_len = (uint16_t)strlen(rows[i].id);
		memcpy(ask.id, rows[i].id, ask.id_len);
		memset(ask.d, 0x11, 32);
		memset(ask.p_i, 0x22, 32);
		memset(ask.p_r, 0x33, 32);
		aaa_mix_ppk(&conf, &secrets, &ask, &out);
		assert_int_equal(out.ok, rows[i].ok);
		assert_int_equal(out.ike, 7);
		if (!rows[i].ok) {
			assert_memory_equal(&out, &nothing, sizeof(out));
			continue;
		}
		assert_int_equal(memcmp(out.d, want[0], 32) == 0, rows[i].id[0] == 'b');
		assert_int_equal(memcmp(out.p_i, want[1], 32) == 0, rows[i].id[0] == 'b');
		assert_int_equal(memcmp(out.p_r, want[2], 32) == 0, rows[i].id[0] == 'b');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_mix) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
