// SPDX-License-Identifier: BSD-2-Clause
/* Sealed messages, every cipher of an IKE SA: opened again, and refused once a bit is wrong. */
#include "bytes.h"

#include "ike/keys.h"

#include <stdio.h>

#define GCM IKE_ENCR_AES_GCM_16
#define CBC IKE_ENCR_AES_CBC

static const struct ike_suite suites[] = {
	{ GCM, 128, IKE_PRF_HMAC_SHA2_256, IKE_INTEG_NONE, IKE_GROUP_X25519, { 0 } },
	{ GCM, 256, IKE_PRF_HMAC_SHA2_384, IKE_INTEG_NONE, IKE_GROUP_ECP_384, { 0 } },
	{ CBC,
	  128,
	  IKE_PRF_HMAC_SHA2_256,
	  IKE_INTEG_HMAC_SHA2_256_128,
	  IKE_GROUP_MODP_2048,
	  { 0 } },
	{ CBC, 256, IKE_PRF_HMAC_SHA2_384, IKE_INTEG_HMAC_SHA2_384_192, IKE_GROUP_ECP_256, { 0 } },
	{ CBC, 256, IKE_PRF_HMAC_SHA2_512, IKE_INTEG_HMAC_SHA2_512_256, IKE_GROUP_ECP_521, { 0 } },
	{ CBC, 192, IKE_PRF_HMAC_SHA1, IKE_INTEG_HMAC_SHA1_96, IKE_GROUP_MODP_1024, { 0 } },
	{ GCM, 192, IKE_PRF_HMAC_SHA2_256, IKE_INTEG_NONE, IKE_GROUP_X448, { 0 } },
	{ IKE_ENCR_CHACHA20_POLY1305,
	  0,
	  IKE_PRF_HMAC_SHA2_256,
	  IKE_INTEG_NONE,
	  IKE_GROUP_X25519,
	  { 0 } },
};

static const struct ike_header request = { .spi_i = 0x1111,
					   .spi_r = 0x2222,
					   .version = IKE_VERSION,
					   .exchange = IKE_EXCHANGE_INFORMATIONAL,
					   .flags = IKE_FLAG_INITIATOR,
					   .message_id = 7 };

static struct ike_keys keys_of(const struct ike_suite *suite)
{
	const struct ike_bytes ni = { (const uint8_t *)"initiator's nonce", 17 },
			       nr = { (const uint8_t *)"responder's nonce", 17 },
			       shared = { (const uint8_t *)"shared secret", 13 };
	struct ike_keys keys;

	assert_true(ike_keys_derive(suite, ni, nr, shared, 0x1111, 0x2222, &keys));
	return keys;
}

static size_t seal_notify(struct crypto_sk *sk, size_t data_len, uint8_t *out, size_t cap)
{
	uint8_t inner[512], data[256];
	struct ike_writer w;

	memset(data, 0xd5, sizeof(data));
	ike_begin_inner(&w, inner, sizeof(inner));
	ike_put_notify(&w, 0, NULL, 0, IKE_NOTIFY_COOKIE, data, data_len);
	return ike_seal(sk, &request, &w, out, cap);
}

/* Opens with another object of the same key, as the peer does. */
static void sealed_is_opened(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(suites); i++) {
		struct ike_keys keys = keys_of(&suites[i]);
		struct crypto_sk *out = ike_keys_sk(&keys, true), *in = ike_keys_sk(&keys, true);

		assert_non_null(out);
		assert_non_null(in);
		for (size_t len = 0; len <= 40; len++) {
			static struct ike_message m;
			const uint8_t *plain;
			size_t plain_len;
			uint8_t buf[512];
			size_t total = seal_notify(out, len, buf, sizeof(buf));

			assert_true(total > 0);
			assert_int_equal(ike_parse_clear(buf, total, &m), IKE_DROP_NONE);
			assert_int_equal(m.sk_first, IKE_PAYLOAD_NOTIFY);
			assert_int_equal(m.header.message_id, 7);
			assert_int_equal(ike_open(in, buf, &m, &plain, &plain_len), IKE_DROP_NONE);
			assert_int_equal(plain_len, 8 + len);
			assert_int_equal(ike_parse_inner(m.sk_first, plain, plain_len, &m),
					 IKE_DROP_NONE);
			assert_int_equal(m.notify[0].data.len, len);
		}
		crypto_sk_free(out);
		crypto_sk_free(in);
	}
}

/* No payloads at all: the liveness check of RFC 7296 1.4. */
static void empty_informational(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(suites); i++) {
		struct ike_keys keys = keys_of(&suites[i]);
		struct crypto_sk *sk = ike_keys_sk(&keys, true);
		static struct ike_message m;
		const uint8_t *plain;
		uint8_t buf[256], inner[4];
		struct ike_writer w;
		size_t total, len;

		ike_begin_inner(&w, inner, sizeof(inner));
		total = ike_seal(sk, &request, &w, buf, sizeof(buf));
		assert_int_equal(ike_parse_clear(buf, total, &m), IKE_DROP_NONE);
		assert_int_equal(m.sk_first, IKE_PAYLOAD_NONE);
		assert_int_equal(ike_open(sk, buf, &m, &plain, &len), IKE_DROP_NONE);
		assert_int_equal(len, 0);
		assert_int_equal(ike_parse_inner(m.sk_first, plain, len, &m), IKE_DROP_NONE);
		crypto_sk_free(sk);
	}
}

/* Any bit of the whole message: header, SK header, IV, ciphertext, ICV. */
static void every_flipped_bit(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(suites); i++) {
		struct ike_keys keys = keys_of(&suites[i]);
		struct crypto_sk *sk = ike_keys_sk(&keys, true);
		uint8_t good[256], buf[256];
		size_t total = seal_notify(sk, 5, good, sizeof(good));

		for (size_t bit = 0; bit < total * 8; bit++) {
			static struct ike_message m;
			const uint8_t *plain;
			size_t len;

			memcpy(buf, good, total);
			buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
			if (ike_parse_clear(buf, total, &m) != IKE_DROP_NONE ||
			    !ike_count(&m, IKE_PAYLOAD_SK))
				continue;
			if (ike_open(sk, buf, &m, &plain, &len) != IKE_DROP_auth_failed)
				fail_msg("suite %zu: bit %zu is not protected", i, bit);
		}
		crypto_sk_free(sk);
	}
}

static void other_keys_do_not_open(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(suites); i++) {
		struct ike_keys keys = keys_of(&suites[i]);
		struct crypto_sk *initiator = ike_keys_sk(&keys, true),
				 *responder = ike_keys_sk(&keys, false);
		static struct ike_message m;
		const uint8_t *plain;
		uint8_t buf[256];
		size_t total = seal_notify(initiator, 5, buf, sizeof(buf)), len;

		assert_int_equal(ike_parse_clear(buf, total, &m), IKE_DROP_NONE);
		assert_int_equal(ike_open(responder, buf, &m, &plain, &len), IKE_DROP_auth_failed);
		crypto_sk_free(initiator);
		crypto_sk_free(responder);
	}
}

/* SK of every length from one byte on, with bytes that prove nothing. */
static void short_sk(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(suites); i++) {
		struct ike_keys keys = keys_of(&suites[i]);
		struct crypto_sk *sk = ike_keys_sk(&keys, true);

		for (size_t len = 1; len < 100; len++) {
			static struct ike_message m;
			struct bytes all = { .len = 0 }, d;
			const uint8_t *plain;
			char body[16];
			size_t plain_len;

			snprintf(body, sizeof(body), "5a*%zu", len);
			add_payload(&all, IKE_PAYLOAD_NOTIFY, 0, body);
			d = datagram(IKE_PAYLOAD_SK, &all);
			assert_int_equal(ike_parse_clear(d.p, d.len, &m), IKE_DROP_NONE);
			assert_int_equal(ike_open(sk, d.p, &m, &plain, &plain_len),
					 IKE_DROP_auth_failed);
		}
		crypto_sk_free(sk);
	}
}

static void no_sk_no_opening(void **state)
{
	struct ike_keys keys = keys_of(&suites[0]);
	struct crypto_sk *sk = ike_keys_sk(&keys, true);
	const struct bytes none = { .len = 0 };
	struct bytes d = datagram(IKE_PAYLOAD_NONE, &none);
	static struct ike_message m;
	const uint8_t *plain;
	size_t len;

	(void)state;
	assert_int_equal(ike_parse_clear(d.p, d.len, &m), IKE_DROP_NONE);
	assert_int_equal(ike_open(sk, d.p, &m, &plain, &len), IKE_DROP_missing_payload);
	crypto_sk_free(sk);
}

/* Two messages never share an IV; one that does not fit is not sent. */
static void ivs_and_room(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(suites); i++) {
		struct ike_keys keys = keys_of(&suites[i]);
		struct crypto_sk *sk = ike_keys_sk(&keys, true);
		uint8_t one[256], two[256];
		size_t total = seal_notify(sk, 5, one, sizeof(one));

		assert_int_equal(seal_notify(sk, 5, two, sizeof(two)), total);
		assert_memory_not_equal(one + 32, two + 32, crypto_sk_sizes(sk)->iv);
		for (size_t cap = 0; cap < total; cap++)
			assert_int_equal(seal_notify(sk, 5, two, cap), 0);
		assert_int_equal(seal_notify(sk, 5, two, total), total);
		crypto_sk_free(sk);
	}
}

/* Payloads that did not fit into their buffer are not sent in part. */
static void failed_writer(void **state)
{
	struct ike_keys keys = keys_of(&suites[0]);
	struct crypto_sk *sk = ike_keys_sk(&keys, true);
	uint8_t inner[16], out[256];
	struct ike_writer w;

	(void)state;
	ike_begin_inner(&w, inner, sizeof(inner));
	ike_put_notify(&w, 0, NULL, 0, IKE_NOTIFY_COOKIE, NULL, 0);
	assert_int_not_equal(ike_seal(sk, &request, &w, out, sizeof(out)), 0);
	ike_put_delete(&w, IKE_PROTOCOL_IKE, NULL, 0);
	ike_put_notify(&w, 0, NULL, 0, IKE_NOTIFY_COOKIE, out, 20);
	assert_int_equal(ike_seal(sk, &request, &w, out, sizeof(out)), 0);
	crypto_sk_free(sk);
}

static void unknown_suite(void **state)
{
	struct ike_keys keys = keys_of(&suites[0]);

	(void)state;
	keys.suite.key_bits = 64;
	assert_null(ike_keys_sk(&keys, true));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sealed_is_opened),  cmocka_unit_test(empty_informational),
		cmocka_unit_test(every_flipped_bit), cmocka_unit_test(other_keys_do_not_open),
		cmocka_unit_test(short_sk),          cmocka_unit_test(no_sk_no_opening),
		cmocka_unit_test(ivs_and_room),      cmocka_unit_test(failed_writer),
		cmocka_unit_test(unknown_suite),
	};

	return cmocka_run_group_tests_name("wire seal", tests, NULL, NULL);
}
