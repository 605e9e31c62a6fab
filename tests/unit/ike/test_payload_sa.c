// SPDX-License-Identifier: BSD-2-Clause
/* The SA payload, RFC 7296 3.3: nested lengths, counts and "last" marks. */
#include "bytes.h"

#include <stdio.h>

enum { OK = IKE_DROP_NONE, BAD = IKE_DROP_bad_payload };

/* An IKE proposal of GCM-256, PRF, x25519: 8 + 12 + 8 + 8. */
#define BODY " 0300000c 01000014 800e0100 03000008 02000005 00000008 0400001f"

static const struct row {
	const char *name;
	const char *body;
	int drop;
	unsigned proposals, transforms;
} rows[] = {
	/* clang-format off */
	{ "one proposal",              "00 00 0024 01 01 00 03" BODY, OK, 1, 3 },
	{ "two proposals",             "02 00 0024 01 01 00 03" BODY "00 00 0024 02 01 00 03" BODY, OK, 2, 6 },
	{ "IKE SPI of a rekey",        "00 00 002c 01 01 08 03 11*8" BODY, OK, 1, 3 },
	{ "ESP",                       "00 00 0018 01 03 04 01 00001000 0000000c 01000014 800e0080", OK, 1, 1 },
	{ "reserved bytes ignored",
	  "00 ff 0024 01 01 00 03 03ff000c01ff0014800e0100 0300000802000005 000000080400001f", OK, 1, 3 },
	{ "no transforms",             "00 00 0008 01 01 00 00", OK, 1, 0 },
	{ "unknown protocol",          "00 00 000a 01 09 02 00 abcd", OK, 1, 0 },
	{ "unknown protocol, SPI 9",   "00 00 0011 01 09 09 00 11*9", OK, 0, 0 },
	{ "no proposal",               "", BAD, 0, 0 },
	{ "first is not last",         "00 00 0024 01 01 00 03" BODY "00 00 0024 02 01 00 03" BODY, BAD, 0, 0 },
	{ "last says more",            "02 00 0024 01 01 00 03" BODY, BAD, 0, 0 },
	{ "last mark is 1",            "01 00 0024 01 01 00 03" BODY, BAD, 0, 0 },
	{ "length one short",          "00 00 0023 01 01 00 03" BODY, BAD, 0, 0 },
	{ "length one long",           "00 00 0025 01 01 00 03" BODY, BAD, 0, 0 },
	{ "length 0",                  "00 00 0000 01 01 00 03" BODY, BAD, 0, 0 },
	{ "length 7",                  "00 00 0007 01 01 00 00", BAD, 0, 0 },
	{ "one transform too few",     "00 00 0024 01 01 00 02" BODY, BAD, 0, 0 },
	{ "one transform too many",    "00 00 0024 01 01 00 04" BODY, BAD, 0, 0 },
	{ "255 transforms, none there","00 00 0008 01 01 00 ff", BAD, 0, 0 },
	{ "bytes after the last transform",
	  "00 00 0014 01 01 00 01 00000008 01000014 00000000", BAD, 0, 0 },
	{ "IKE SPI of 4",              "00 00 0028 01 01 04 03 11*4" BODY, BAD, 0, 0 },
	{ "ESP SPI of 8",              "00 00 001c 01 03 08 01 11*8 0000000c 01000014 800e0080", BAD, 0, 0 },
	{ "ESP without SPI",           "00 00 0014 01 03 00 01 0000000c 01000014 800e0080", BAD, 0, 0 },
	{ "SPI beyond the end",        "00 00 0008 01 09 ff 00", BAD, 0, 0 },
	{ "transform length 7",        "00 00 0010 01 01 00 01 00000007 01000014", BAD, 0, 0 },
	{ "transform length 0",        "00 00 0010 01 01 00 01 00000000 01000014", BAD, 0, 0 },
	{ "transform beyond proposal", "00 00 0010 01 01 00 01 0000000c 01000014", BAD, 0, 0 },
	{ "transform mark 2",          "00 00 0018 01 01 00 02 0200000801000014 0000000802000005", BAD, 0, 0 },
	{ "transform mark 3 on last",  "00 00 0010 01 01 00 01 03000008 01000014", BAD, 0, 0 },
	{ "attribute cut",             "00 00 0013 01 01 00 01 0000000b 01000014 800e01", BAD, 0, 0 },
	{ "attribute of one byte",     "00 00 0011 01 01 00 01 00000009 01000014 80", BAD, 0, 0 },
	{ "long attribute cut",        "00 00 0015 01 01 00 01 0000000d 01000014 00110002 01", BAD, 0, 0 },
	{ "long attribute",            "00 00 0016 01 01 00 01 0000000e 01000014 00110002 0102", OK, 1, 1 },
	/* clang-format on */
};

static void every_form(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		static struct ike_message m;
		uint8_t *held;
		int drop = (int)parse_inner_body(IKE_PAYLOAD_SA, rows[i].body, &m, &held);

		if (drop != rows[i].drop || m.sa.proposal_count != rows[i].proposals ||
		    m.sa.transform_count != rows[i].transforms)
			fail_msg("%s: %s, %u proposals, %u transforms", rows[i].name,
				 ike_drop_name((enum ike_drop)drop), m.sa.proposal_count,
				 m.sa.transform_count);
		free(held);
	}
}

/* A good one cut inside, with the length of the payload itself right: no nested length may reach
 * out. */
static void every_inner_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct bytes body = hex(rows[i].body);

		for (size_t len = 0; rows[i].drop == OK && len < body.len; len++) {
			static struct ike_message m;
			uint8_t *cut = malloc(len + 4);

			assert_non_null(cut);
			memcpy(cut,
			       (uint8_t[]){ 0, 0, (uint8_t)((len + 4) >> 8), (uint8_t)(len + 4) },
			       4);
			memcpy(cut + 4, body.p, len);
			memset(&m, 0, sizeof(m));
			if (ike_parse_inner(IKE_PAYLOAD_SA, cut, len + 4, &m) !=
			    IKE_DROP_bad_payload)
				fail_msg("%s cut to %zu", rows[i].name, len);
			free(cut);
		}
	}
}

static void attributes(void **state)
{
	static const struct {
		const char *transform;
		unsigned key_bits;
		bool strange;
	} cases[] = {
		{ "0000000c 01000014 800e0100", 256, false },
		{ "00000008 01000014", 0, false },
		{ "0000000c 01000014 800e0000", 0, true },            /* a key of 0 bits */
		{ "00000010 01000014 800e0100 800e0080", 256, true }, /* twice */
		{ "0000000c 01000014 80110001", 0, true },            /* unknown, short */
		{ "0000000e 01000014 000e0002 0100", 0, true },       /* Key Length, long form */
		{ "00000010 01000014 80110001 800e0100", 256, true }, /* unknown before known */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		static struct ike_message m;
		char body[256];
		uint8_t *held;

		snprintf(body, sizeof(body), "00 00 %04zx 01 01 00 01 %s",
			 8 + hex(cases[i].transform).len, cases[i].transform);
		assert_int_equal(parse_inner_body(IKE_PAYLOAD_SA, body, &m, &held), OK);
		assert_int_equal(m.sa.transform[0].key_bits, cases[i].key_bits);
		assert_int_equal(m.sa.transform[0].strange, cases[i].strange);
		free(held);
	}
}

static void values_are_read(void **state)
{
	static struct ike_message m;
	uint8_t *held;

	(void)state;
	parse_inner_body(IKE_PAYLOAD_SA,
			 "02 00 0024 07 01 00 03" BODY "00 00 0018 08 03 04 01 00001000"
			 "0000000c 0100000c 800e0080",
			 &m, &held);
	assert_int_equal(m.sa.proposal[0].number, 7);
	assert_int_equal(m.sa.proposal[0].protocol, IKE_PROTOCOL_IKE);
	assert_int_equal(m.sa.proposal[1].first, 3);
	assert_int_equal(m.sa.proposal[1].count, 1);
	assert_int_equal(m.sa.proposal[1].spi_len, 4);
	assert_memory_equal(m.sa.proposal[1].spi, "\0\0\x10\0", 4);
	assert_int_equal(m.sa.transform[2].type, IKE_TRANSFORM_DH);
	assert_int_equal(m.sa.transform[2].id, IKE_GROUP_X25519);
	assert_int_equal(m.sa.transform[3].id, IKE_ENCR_AES_CBC);
	assert_int_equal(m.sa.transform[3].key_bits, 128);
	free(held);
}

/* 255 transforms in one proposal are taken; proposals beyond the room are checked and ignored. */
static void sizes_are_bounded(void **state)
{
	static struct ike_sa sa;
	static struct ike_message m;
	static uint8_t buf[IKE_DATAGRAM_MAX];
	struct ike_writer w;
	struct bytes all = { .len = 0 };

	(void)state;
	ike_sa_add_proposal(&sa, 1, IKE_PROTOCOL_IKE, NULL, 0);
	for (int i = 0; i < 255; i++)
		assert_true(ike_sa_add_transform(&sa, IKE_TRANSFORM_DH, 31, 0));
	ike_sa_add_proposal(&sa, 2, IKE_PROTOCOL_IKE, NULL, 0);
	for (int i = 0; i < 255; i++)
		assert_true(ike_sa_add_transform(&sa, IKE_TRANSFORM_DH, 19, 0));
	ike_begin_inner(&w, buf, sizeof(buf));
	ike_put_sa(&w, &sa);
	assert_false(w.wr.failed);
	memset(&m, 0, sizeof(m));
	assert_int_equal(ike_parse_inner(IKE_PAYLOAD_SA, buf, w.wr.len, &m), OK);
	assert_int_equal(m.sa.transform_count, 510);
	assert_int_equal(m.sa.ignored, 0);

	/* The same with a third one: 510 + 3 do not fit into the table. */
	buf[4] = 2;
	buf[4 + 8 + 255 * 8] = 2;
	memcpy(buf + w.wr.len, hex("00 00 0024 03 01 00 03" BODY).p, 36);
	buf[2] = (uint8_t)((w.wr.len + 36) >> 8);
	buf[3] = (uint8_t)(w.wr.len + 36);
	memset(&m, 0, sizeof(m));
	assert_int_equal(ike_parse_inner(IKE_PAYLOAD_SA, buf, w.wr.len + 36, &m), OK);
	assert_int_equal(m.sa.proposal_count, 2);
	assert_int_equal(m.sa.ignored, 1);

	for (int i = 1; i <= IKE_PROPOSALS_MAX + 8; i++) {
		struct bytes p = hex("02 00 0008 01 01 00 00");

		p.p[0] = i < IKE_PROPOSALS_MAX + 8 ? 2 : 0;
		add_bytes(&all, p.p, p.len);
	}
	buf[0] = 0;
	buf[2] = (uint8_t)((all.len + 4) >> 8);
	buf[3] = (uint8_t)(all.len + 4);
	memcpy(buf + 4, all.p, all.len);
	memset(&m, 0, sizeof(m));
	assert_int_equal(ike_parse_inner(IKE_PAYLOAD_SA, buf, all.len + 4, &m), OK);
	assert_int_equal(m.sa.proposal_count, IKE_PROPOSALS_MAX);
	assert_int_equal(m.sa.ignored, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form),        cmocka_unit_test(every_inner_cut),
		cmocka_unit_test(attributes),        cmocka_unit_test(values_are_read),
		cmocka_unit_test(sizes_are_bounded),
	};

	return cmocka_run_group_tests_name("payload SA", tests, NULL, NULL);
}
