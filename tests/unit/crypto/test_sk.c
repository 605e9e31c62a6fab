// SPDX-License-Identifier: BSD-2-Clause
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "crypto/selftest.h"
#include "crypto/sk.h"
#include "hex.h"

#include <string.h>

enum { AAD = 32, MESSAGE = 512 };

static const struct row {
	struct crypto_sk_suite suite;
	size_t key, salt, integ, iv, icv, block;
} suites[] = {
	{ { CRYPTO_AES_GCM_16, 128, CRYPTO_HASH_NONE }, 16, 4, 0, 8, 16, 1 },
	{ { CRYPTO_AES_GCM_16, 256, CRYPTO_HASH_NONE }, 32, 4, 0, 8, 16, 1 },
	{ { CRYPTO_CHACHA20_POLY1305, 256, CRYPTO_HASH_NONE }, 32, 4, 0, 8, 16, 1 },
	{ { CRYPTO_AES_CBC, 128, CRYPTO_SHA256 }, 16, 0, 32, 16, 16, 16 },
	{ { CRYPTO_AES_CBC, 128, CRYPTO_SHA384 }, 16, 0, 48, 16, 24, 16 },
	{ { CRYPTO_AES_CBC, 128, CRYPTO_SHA512 }, 16, 0, 64, 16, 32, 16 },
	{ { CRYPTO_AES_CBC, 256, CRYPTO_SHA256 }, 32, 0, 32, 16, 16, 16 },
	{ { CRYPTO_AES_CBC, 256, CRYPTO_SHA384 }, 32, 0, 48, 16, 24, 16 },
	{ { CRYPTO_AES_CBC, 256, CRYPTO_SHA512 }, 32, 0, 64, 16, 32, 16 },
	{ { CRYPTO_AES_CBC, 192, CRYPTO_SHA256 }, 24, 0, 32, 16, 16, 16 },
	{ { CRYPTO_AES_CBC, 256, CRYPTO_SHA1 }, 32, 0, 20, 16, 12, 16 },
	{ { CRYPTO_AES_GCM_16, 192, CRYPTO_HASH_NONE }, 24, 4, 0, 8, 16, 1 },
};

enum { SUITES = sizeof(suites) / sizeof(*suites) };

static struct crypto_sk *make(const struct crypto_sk_suite *suite)
{
	uint8_t key[CRYPTO_SK_KEY_MAX], integ[CRYPTO_SK_INTEG_KEY_MAX];
	struct crypto_sk *sk;

	memset(key, 0x51, sizeof(key));
	memset(integ, 0x52, sizeof(integ));
	sk = crypto_sk_new(suite, key, integ);
	assert_non_null(sk);
	return sk;
}

/* A sealed message with payloads 00 01 02 ..; returns its length. */
static size_t seal(struct crypto_sk *sk, uint8_t message[MESSAGE], size_t plain_len)
{
	size_t iv = crypto_sk_sizes(sk)->iv;

	memset(message, 0xcc, MESSAGE);
	memset(message, 0xad, AAD);
	for (size_t i = 0; i < plain_len; i++)
		message[AAD + iv + i] = (uint8_t)i;
	assert_true(crypto_sk_seal(sk, message, MESSAGE, AAD, plain_len, NULL));
	return AAD + crypto_sk_sealed_len(sk, plain_len);
}

static void test_selftest(void **state)
{
	const char *what = "";

	(void)state;
	assert_true(crypto_selftest(&what));
	assert_null(what);
}

static void test_lengths(void **state)
{
	static const struct crypto_sk_suite refused[] = {
		{ CRYPTO_AES_GCM_16, 0, CRYPTO_HASH_NONE },
		{ CRYPTO_AES_GCM_16, 128, CRYPTO_SHA256 },
		{ CRYPTO_AES_CBC, 128, CRYPTO_HASH_NONE },
		{ CRYPTO_AES_CBC, 64, CRYPTO_SHA256 },
		{ CRYPTO_CHACHA20_POLY1305, 128, CRYPTO_HASH_NONE },
		{ CRYPTO_CHACHA20_POLY1305, 256, CRYPTO_SHA256 },
		{ (enum crypto_cipher)0, 256, CRYPTO_HASH_NONE },
		{ (enum crypto_cipher)99, 256, CRYPTO_HASH_NONE },
	};
	uint8_t key[64] = { 0 };
	struct crypto_sk_lengths n;

	(void)state;
	for (size_t i = 0; i < SUITES; i++) {
		assert_true(crypto_sk_lengths(&suites[i].suite, &n));
		assert_int_equal(n.key, suites[i].key);
		assert_int_equal(n.salt, suites[i].salt);
		assert_int_equal(n.integ_key, suites[i].integ);
		assert_int_equal(n.iv, suites[i].iv);
		assert_int_equal(n.icv, suites[i].icv);
		assert_int_equal(n.block, suites[i].block);
		assert_true(n.key + n.salt <= CRYPTO_SK_KEY_MAX);
		assert_true(n.integ_key <= CRYPTO_SK_INTEG_KEY_MAX);
		assert_true(n.iv + n.block + n.icv <= CRYPTO_SK_OVERHEAD_MAX);
	}
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		assert_false(crypto_sk_lengths(&refused[i], &n));
		assert_null(crypto_sk_new(&refused[i], key, key));
	}
	crypto_sk_free(NULL);
}

static void test_round_trip(void **state)
{
	uint8_t message[MESSAGE], *plain;
	size_t len, got;

	(void)state;
	for (size_t i = 0; i < SUITES; i++) {
		struct crypto_sk *out = make(&suites[i].suite), *in = make(&suites[i].suite);

		for (size_t n = 0; n <= 70; n++) {
			size_t text = len = seal(out, message, n);

			text -= AAD + suites[i].iv + suites[i].icv;
			assert_true(text > n && text - n <= suites[i].block);
			assert_int_equal(text % suites[i].block, 0);
			assert_int_equal(message[len], 0xcc); /* nothing behind it */
			assert_true(crypto_sk_open(in, message, len, AAD, &plain, &got));
			assert_int_equal(got, n);
			assert_ptr_equal(plain, message + AAD + suites[i].iv);
			for (size_t k = 0; k < n; k++)
				assert_int_equal(plain[k], k);
		}
		crypto_sk_free(out);
		crypto_sk_free(in);
	}
}

/* Every bit of a message counts, the IV and the AAD included; so does its length. */
static void test_altered(void **state)
{
	uint8_t good[MESSAGE], bad[MESSAGE], *plain;
	size_t len, got;

	(void)state;
	for (size_t i = 0; i < SUITES; i++) {
		struct crypto_sk *sk = make(&suites[i].suite), *in = make(&suites[i].suite);
		bool aead = suites[i].integ == 0;

		len = seal(sk, good, 21);
		for (size_t bit = 0; bit < len * 8; bit++) {
			uint8_t sent[MESSAGE];

			memcpy(bad, good, sizeof(bad));
			bad[bit / 8] ^= (uint8_t)(1 << bit % 8);
			memcpy(sent, bad, sizeof(sent));
			assert_false(crypto_sk_open(in, bad, len, AAD, &plain, &got));
			if (!aead)
				assert_memory_equal(bad, sent, sizeof(bad));
			for (size_t k = AAD + suites[i].iv; aead && k < len - 16; k++)
				assert_int_equal(bad[k], 0);
		}
		for (size_t n = 0; n < len; n++) {
			memcpy(bad, good, sizeof(bad));
			assert_false(crypto_sk_open(in, bad, n, AAD, &plain, &got));
		}
		memcpy(bad, good, sizeof(bad));
		assert_false(crypto_sk_open(in, bad, len + 1, AAD, &plain, &got));
		assert_false(crypto_sk_open(in, bad, len + 16, AAD, &plain, &got));
		memcpy(bad, good, sizeof(bad));
		assert_false(crypto_sk_open(in, bad, len, AAD - 1, &plain, &got));
		assert_false(crypto_sk_open(in, bad, len, len + 1, &plain, &got));
		/* A failure leaves no trace in the object. */
		memcpy(bad, good, sizeof(bad));
		assert_true(crypto_sk_open(in, bad, len, AAD, &plain, &got));
		crypto_sk_free(sk);
		crypto_sk_free(in);
	}
}

static void test_ivs_differ(void **state)
{
	uint8_t first[MESSAGE], second[MESSAGE];

	(void)state;
	for (size_t i = 0; i < SUITES; i++) {
		struct crypto_sk *sk = make(&suites[i].suite);

		seal(sk, first, 5);
		seal(sk, second, 5);
		assert_memory_not_equal(first + AAD, second + AAD, suites[i].iv);
		if (suites[i].integ == 0) {
			assert_int_equal(first[AAD + 7], 1);
			assert_int_equal(second[AAD + 7], 2);
		}
		crypto_sk_free(sk);
	}
}

static void test_room(void **state)
{
	uint8_t message[MESSAGE] = { 0 };

	(void)state;
	for (size_t i = 0; i < SUITES; i++) {
		struct crypto_sk *sk = make(&suites[i].suite);
		size_t need = AAD + crypto_sk_sealed_len(sk, 33);

		assert_true(crypto_sk_seal(sk, message, need, AAD, 33, NULL));
		assert_false(crypto_sk_seal(sk, message, need - 1, AAD, 33, NULL));
		assert_false(crypto_sk_seal(sk, message, AAD - 1, AAD, 0, NULL));
		assert_false(crypto_sk_seal(sk, message, MESSAGE, AAD, SIZE_MAX, NULL));
		assert_false(crypto_sk_seal(sk, message, MESSAGE, AAD, SIZE_MAX - 20, NULL));
		assert_false(crypto_sk_seal(sk, message, MESSAGE, AAD, MESSAGE, NULL));
		crypto_sk_free(sk);
	}
}

/*
 * McGrew and Viega, GCM specification, test cases 4 and 16. Their plain text is no padded payload,
 * but what reads as its pad length (0x39) fits, so that the message opens.
 */
static void test_gcm_vectors(void **state)
{
	static const struct {
		unsigned bits;
		const char *key, *sealed;
	} rows[] = {
		{ 128, "feffe9928665731c6d6a8f9467308308cafebabe",
		  "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
		  "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091"
		  "5bc94fbc3221a5db94fae95ae7121a47" },
		{ 256, "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308cafebabe",
		  "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
		  "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
		  "76fc6ece0f4e1768cddf8853bb2d551b" },
	};
	static const char aad[] = "feedfacedeadbeeffeedfacedeadbeefabaddad2";
	static const char text[] =
		"d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
		"1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39";
	uint8_t key[64], message[MESSAGE], want[64], *plain;
	size_t len, got;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct crypto_sk_suite suite = { CRYPTO_AES_GCM_16, (uint16_t)rows[i].bits,
						 CRYPTO_HASH_NONE };
		struct crypto_sk *sk;

		assert_int_equal(unhex(rows[i].key, key), rows[i].bits / 8 + 4);
		sk = crypto_sk_new(&suite, key, NULL);
		assert_non_null(sk);
		len = unhex(aad, message);
		len += unhex("facedbaddecaf888", message + len);
		len += unhex(rows[i].sealed, message + len);
		assert_true(crypto_sk_open(sk, message, len, 20, &plain, &got));
		assert_int_equal(got, 60 - 1 - 0x39);
		assert_int_equal(unhex(text, want), 60);
		assert_memory_equal(plain, want, 60);
		crypto_sk_free(sk);
	}
}

/* Put the right ICV behind a CBC message that was made by hand. */
static size_t sign(enum crypto_hash hash, const uint8_t *integ, uint8_t *message, size_t len)
{
	const struct crypto_chunk all = { message, len };
	uint8_t mac[CRYPTO_HASH_MAX];
	size_t n = crypto_hash_len(hash);

	assert_true(crypto_hmac(hash, integ, n, &all, 1, mac));
	memcpy(message + len, mac, n / 2);
	return len + n / 2;
}

/* NIST SP 800-38A F.2.1 and F.2.5; their last octet (0x10) reads as a pad length. */
static void test_cbc_vectors(void **state)
{
	static const struct {
		unsigned bits;
		enum crypto_hash hash;
		const char *key, *cipher_text;
	} rows[] = {
		{ 128, CRYPTO_SHA256, "2b7e151628aed2a6abf7158809cf4f3c",
		  "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"
		  "73bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7" },
		{ 256, CRYPTO_SHA512,
		  "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
		  "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d"
		  "39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b" },
	};
	static const char text[] =
		"6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
		"30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";
	uint8_t key[32], integ[64], message[MESSAGE], want[64], *plain;
	size_t len, got;

	(void)state;
	memset(integ, 7, sizeof(integ));
	for (size_t i = 0; i < 2; i++) {
		struct crypto_sk_suite suite = { CRYPTO_AES_CBC, (uint16_t)rows[i].bits,
						 rows[i].hash };
		struct crypto_sk *sk;

		unhex(rows[i].key, key);
		sk = crypto_sk_new(&suite, key, integ);
		assert_non_null(sk);
		memset(message, 0xad, AAD);
		len = AAD + unhex("000102030405060708090a0b0c0d0e0f", message + AAD);
		len += unhex(rows[i].cipher_text, message + len);
		len = sign(rows[i].hash, integ, message, len);
		assert_true(crypto_sk_open(sk, message, len, AAD, &plain, &got));
		assert_int_equal(got, 64 - 1 - 16);
		assert_int_equal(unhex(text, want), 64);
		assert_memory_equal(plain, want, 64);
		crypto_sk_free(sk);
	}
}

/* The pad length octet of an authentic message: the IV of one block decides it. */
static void test_pad_length(void **state)
{
	static const struct {
		uint8_t pad;
		bool ok;
		size_t len;
	} rows[] = { { 0, true, 15 },  { 1, true, 14 },  { 15, true, 0 },
		     { 16, false, 0 }, { 17, false, 0 }, { 255, false, 0 } };
	const struct crypto_sk_suite suite = { CRYPTO_AES_CBC, 128, CRYPTO_SHA256 };
	struct crypto_sk *sk = make(&suite);
	uint8_t good[MESSAGE], message[MESSAGE], integ[32], *plain;
	size_t got;

	(void)state;
	memset(integ, 0x52, sizeof(integ));
	seal(sk, good, 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		size_t len;

		memcpy(message, good, sizeof(message));
		message[AAD + 15] ^= 15 ^ rows[i].pad;
		len = sign(CRYPTO_SHA256, integ, message, AAD + 32);
		assert_int_equal(crypto_sk_open(sk, message, len, AAD, &plain, &got), rows[i].ok);
		if (rows[i].ok)
			assert_int_equal(got, rows[i].len);
	}
	crypto_sk_free(sk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_selftest),    cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_round_trip),  cmocka_unit_test(test_altered),
		cmocka_unit_test(test_ivs_differ),  cmocka_unit_test(test_room),
		cmocka_unit_test(test_gcm_vectors), cmocka_unit_test(test_cbc_vectors),
		cmocka_unit_test(test_pad_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
