// SPDX-License-Identifier: BSD-2-Clause
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "core/rd.h"
#include "core/wr.h"

static const uint8_t bytes[] = { 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89 };

enum kind { U8, BE16, BE32, BE64, SKIP3, COPY5, BYTES4, SUB2, NOTHING };

static const struct {
	enum kind kind;
	size_t size;
	uint64_t value;
} reads[] = {
	{ U8, 1, 0x81 },         { BE16, 2, 0x8182 },
	{ BE32, 4, 0x81828384 }, { BE64, 8, 0x8182838485868788 },
	{ SKIP3, 3, 0 },         { COPY5, 5, 0x8185 },
	{ BYTES4, 4, 0x8184 },   { SUB2, 2, 0x8182 },
	{ NOTHING, 0, 0 },
};

/* One read; *value takes what came, for the block kinds the first and last byte. */
static bool read_one(struct rd *rd, enum kind kind, uint64_t *value)
{
	uint8_t u8, copy[5];
	uint16_t be16;
	uint32_t be32;
	const uint8_t *p;
	struct rd sub;
	bool ok;

	*value = 0;
	switch (kind) {
	case U8:
		ok = rd_u8(rd, &u8);
		*value = ok ? u8 : 0;
		return ok;
	case BE16:
		ok = rd_be16(rd, &be16);
		*value = ok ? be16 : 0;
		return ok;
	case BE32:
		ok = rd_be32(rd, &be32);
		*value = ok ? be32 : 0;
		return ok;
	case BE64:
		ok = rd_be64(rd, value);
		*value = ok ? *value : 0;
		return ok;
	case SKIP3:
		return rd_skip(rd, 3);
	case COPY5:
		ok = rd_copy(rd, copy, 5);
		*value = ok ? (uint64_t)copy[0] << 8 | copy[4] : 0;
		return ok;
	case BYTES4:
		ok = rd_bytes(rd, &p, 4);
		*value = ok ? (uint64_t)p[0] << 8 | p[3] : 0;
		return ok;
	case SUB2:
		ok = rd_sub(rd, &sub, 2) && rd_be16(&sub, &be16) && rd_end(&sub);
		*value = ok ? be16 : 0;
		return ok;
	case NOTHING:
		return rd_skip(rd, 0);
	}
	return false;
}

/* Every read at every length: right when it fits, refused and final when it does not. */
static void test_every_length(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(reads) / sizeof(*reads); i++) {
		for (size_t len = 0; len <= sizeof(bytes); len++) {
			struct rd rd = rd_of(bytes, len);
			uint64_t value;
			bool fits = len >= reads[i].size;

			assert_int_equal(read_one(&rd, reads[i].kind, &value), fits);
			assert_int_equal(rd.failed, !fits);
			if (fits) {
				assert_int_equal(value, reads[i].value);
				assert_int_equal(rd.left, len - reads[i].size);
				assert_int_equal(rd_end(&rd), len == reads[i].size);
			} else {
				assert_false(rd_end(&rd));
				assert_int_equal(value, 0);
			}
		}
	}
}

static void test_failed_stays_failed(void **state)
{
	struct rd rd = rd_of(bytes, 3);
	uint32_t be32 = 7;
	uint8_t u8 = 7;

	(void)state;
	assert_false(rd_be32(&rd, &be32));
	assert_int_equal(be32, 7);
	assert_false(rd_u8(&rd, &u8)); /* it would fit */
	assert_int_equal(u8, 7);
	assert_false(rd_skip(&rd, 0));
	assert_int_equal(rd.left, 3);
	assert_false(rd_end(&rd));
}

static void test_huge_lengths(void **state)
{
	struct rd rd, sub;
	const uint8_t *p;

	(void)state;
	rd = rd_of(bytes, 4);
	assert_false(rd_bytes(&rd, &p, SIZE_MAX));
	rd = rd_of(bytes, 4);
	assert_false(rd_sub(&rd, &sub, (size_t)-4));
	rd = rd_of(NULL, 0);
	assert_true(rd_skip(&rd, 0));
	assert_true(rd_end(&rd));
}

/* A field of eight bytes that is cut in its second half does not give its first half. */
static void test_be64_cut(void **state)
{
	struct rd rd = rd_of(bytes, 6);
	uint64_t v = 7;

	(void)state;
	assert_false(rd_be64(&rd, &v));
	assert_int_equal(v, 7);
}

static void write_one(struct wr *wr, enum kind kind)
{
	switch (kind) {
	case U8:
		wr_u8(wr, 0x81);
		break;
	case BE16:
		wr_be16(wr, 0x8182);
		break;
	case BE32:
		wr_be32(wr, 0x81828384);
		break;
	case BE64:
		wr_be64(wr, 0x8182838485868788);
		break;
	case BYTES4:
		wr_bytes(wr, bytes, 4);
		break;
	case NOTHING:
		wr_bytes(wr, NULL, 0);
		break;
	default:
		break;
	}
}

static void test_write_every_room(void **state)
{
	static const enum kind kinds[] = { U8, BE16, BE32, BYTES4, NOTHING };
	static const size_t sizes[] = { 1, 2, 4, 4, 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		for (size_t cap = 0; cap <= 6; cap++) {
			uint8_t buf[8];
			struct wr wr = wr_of(buf, cap);
			bool fits = cap >= sizes[i];

			memset(buf, 0xee, sizeof(buf));
			write_one(&wr, kinds[i]);
			assert_int_equal(wr.failed, !fits);
			assert_int_equal(wr.len, fits ? sizes[i] : 0);
			for (size_t k = 0; k < sizeof(buf); k++)
				assert_int_equal(buf[k], k < wr.len ? bytes[k] : 0xee);
			if (!fits) {
				wr_zero(&wr, 0);
				assert_true(wr.failed);
			}
		}
	}
}

static void test_write_be64(void **state)
{
	uint8_t buf[8];
	struct wr wr = wr_of(buf, 8);

	(void)state;
	write_one(&wr, BE64);
	assert_false(wr.failed);
	assert_memory_equal(buf, bytes, 8);
	wr = wr_of(buf, 7);
	write_one(&wr, BE64);
	assert_true(wr.failed);
}

/* A failure leaves what was there, and room for one byte is not used any more. */
static void test_write_failed_stays_failed(void **state)
{
	uint8_t buf[4] = { 1, 2, 3, 4 };
	const uint8_t same[4] = { 9, 2, 3, 4 };
	struct wr wr = wr_of(buf, 4);

	(void)state;
	wr_u8(&wr, 9);
	wr_be32(&wr, 0);
	wr_u8(&wr, 8);
	wr_zero(&wr, 1);
	assert_null(wr_room(&wr, 1));
	wr_patch_be16(&wr, 0, 0);
	assert_true(wr.failed);
	assert_int_equal(wr.len, 1);
	assert_memory_equal(buf, same, 4);
	wr = wr_of(buf, 4);
	assert_null(wr_room(&wr, SIZE_MAX));
}

static void test_patch(void **state)
{
	(void)state;
	for (size_t at = 0; at <= 8; at++) {
		uint8_t buf[8], two[8], four[8];
		struct wr wr = wr_of(buf, sizeof(buf));

		wr_zero(&wr, 6);
		wr_patch_be16(&wr, at, 0x8182);
		assert_int_equal(wr.failed, at > 4);
		memset(two, 0, 6);
		if (at <= 4)
			memcpy(two + at, bytes, 2);
		assert_memory_equal(buf, two, 6);

		wr = wr_of(buf, sizeof(buf));
		wr_zero(&wr, 6);
		wr_patch_be32(&wr, at, 0x81828384);
		assert_int_equal(wr.failed, at > 2);
		memset(four, 0, 6);
		if (at <= 2)
			memcpy(four + at, bytes, 4);
		assert_memory_equal(buf, four, 6);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_length),
		cmocka_unit_test(test_failed_stays_failed),
		cmocka_unit_test(test_huge_lengths),
		cmocka_unit_test(test_be64_cut),
		cmocka_unit_test(test_write_every_room),
		cmocka_unit_test(test_write_be64),
		cmocka_unit_test(test_write_failed_stays_failed),
		cmocka_unit_test(test_patch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
