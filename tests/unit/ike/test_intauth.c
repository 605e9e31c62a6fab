// SPDX-License-Identifier: BSD-2-Clause
/*
 * IntAuth of RFC 9242 3.3.2 against values that were computed apart from this code, from the text
 * of the RFC; and the keys behind an additional key exchange.
 */
#include "bytes.h"

#include "ike/intauth.h"

static const struct {
	uint16_t prf;
	size_t len;
	const char *i1, *r1; /* after one exchange */
	const char *i2, *r2; /* after a second one */
} rows[] = {
	{ IKE_PRF_HMAC_SHA2_256, 32,
	  "3e2ab89abd8995beacdd7ffec7a37dae48df14d4fc7fe0d86c11a305c817df7b",
	  "f8e003161c8cb55e754b28db87d7d1770bace6ae36c1a70631099a68f313927d",
	  "dd1a64a03943732782f0fc3f7e8549264801ed475c160700bb1d530c36d4122b",
	  "7eae9f185d5ede8440300582c470cba805622204a94678def237045113654dab" },
	{ IKE_PRF_HMAC_SHA2_384, 48,
	  "32c90cb341b418d6308b945665f13406412d78037abe5794b43032d9e7d0565c"
	  "b56b3a7124b0945686578257064463be",
	  "07761ae4f218d35caf020030d8718327458376cbe33c5a02e4d13d39f4d1d751"
	  "6cc930b4fbcce6053811951e1e6b3314",
	  "0114caa711e55986297bcd448e9dadaa7e5c91fc80db824bca01357bacb52559"
	  "48b911fe476ac35f2249ea1713196ce9",
	  "35c439d1c90cacc5faa759ef668366e94645fd7a8b576900cffc70c1a752f92c"
	  "0815023e3b1c14054ef6c5ef7311671b" },
	{ IKE_PRF_HMAC_SHA2_512, 64,
	  "bcd2e953352d9580470069eed1e61d3b275367693f3d34009be14630698c8f60"
	  "cbe2c3a43c26d4ff1aec2223ab9c7fa7377c7e1c8e1b077cc300a67eabc5dd3d",
	  "3e713c4a502a2d2c702667d640aecede6f7b187aaabd7e8ca7e6c19999fc0ec8"
	  "f37d3ba8a14ce3da83fc8ef433812855b247ef844f1e238a2800567f9c6531ab",
	  "830946485691670f0c2feebbbb032471b34d9a8ca03205a365a84aaaa2c1fe8b"
	  "9eceaaac2c2b3272eebcabde44086d1ef037bc4c20da1b857177960ce26f3a90",
	  "b62afafa443dec52d16eed626395ba9d2f16a67d4aa80f184bd8a0d35d0fffe2"
	  "000d13fb64ede4f823d0587571786e005c7096c4ea382275e7380aea63368e6f" },
};

static struct ike_header header_of(uint8_t flags, uint32_t id)
{
	/* Next payload and length are those of a fragment: they must not count. */
	return (struct ike_header){ .spi_i = 0x1111111111111111,
				    .spi_r = 0x2222222222222222,
				    .next = IKE_PAYLOAD_SKF,
				    .version = IKE_VERSION,
				    .exchange = IKE_EXCHANGE_IKE_INTERMEDIATE,
				    .flags = flags,
				    .message_id = id,
				    .length = 4711 };
}

static void test_rows(void **state)
{
	static const uint8_t request[] = "\0\0\0\x0cpayload1", answer[] = "\0\0\0\x0a"
									  "answer";
	const struct ike_bytes p1 = { request, 12 }, p2 = { answer, 10 };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct ike_header ask1 = header_of(IKE_FLAG_INITIATOR, 1);
		struct ike_header said1 = header_of(IKE_FLAG_RESPONSE, 1);
		struct ike_header ask2 = header_of(IKE_FLAG_INITIATOR, 2);
		struct ike_header said2 = header_of(IKE_FLAG_RESPONSE, 2);
		struct ike_keys keys = { .suite.prf = rows[i].prf,
					 .prf_len = (uint8_t)rows[i].len };
		struct ike_intermediate im = { 0 };
		uint8_t octets[IKE_INTAUTH_MAX];
		struct wr wr = wr_of(octets, sizeof(octets));

		for (uint8_t k = 0; k < rows[i].len; k++) {
			keys.p_i[k] = k;
			keys.p_r[k] = (uint8_t)(100 + k);
		}
		ike_intauth_put(&im, keys.prf_len, &wr);
		assert_int_equal(wr.len, 0);
		assert_true(ike_intauth_add(&im, &keys, &(struct ike_said){ &ask1, 34, p1 },
					    &(struct ike_said){ &said1, 34, p2 }));
		assert_memory_equal(im.auth_i, hex(rows[i].i1).p, rows[i].len);
		assert_memory_equal(im.auth_r, hex(rows[i].r1).p, rows[i].len);
		assert_true(ike_intauth_add(&im, &keys,
					    &(struct ike_said){ &ask2, 0, { request, 0 } },
					    &(struct ike_said){ &said2, 41, p2 }));
		ike_intauth_put(&im, keys.prf_len, &wr);
		assert_int_equal(wr.len, 2 * rows[i].len + 4);
		assert_memory_equal(octets, hex(rows[i].i2).p, rows[i].len);
		assert_memory_equal(octets + rows[i].len, hex(rows[i].r2).p, rows[i].len);
		/* The first IKE_AUTH has message ID 3. */
		assert_memory_equal(octets + 2 * rows[i].len, "\0\0\0\3", 4);
	}
}

/* The next additional key exchange: those that are none take no part. */
static void test_next(void **state)
{
	const uint16_t method[CONF_ADDITIONAL_MAX] = { 0, 36, 0, 0, 19, 0, 0 };
	uint8_t at = 0;

	(void)state;
	assert_int_equal(ike_additional_next(method, &at), 36);
	assert_int_equal(at++, 1);
	assert_int_equal(ike_additional_next(method, &at), 19);
	assert_int_equal(at++, 4);
	assert_int_equal(ike_additional_next(method, &at), 0);
	assert_int_equal(ike_additional_next(method, &at), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
