// SPDX-License-Identifier: BSD-2-Clause
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "crypto/hash.h"
#include "crypto/prf.h"
#include "crypto/rand.h"
#include "hex.h"

#include <string.h>

/* clang-format off */
/* RFC 4231: key, data, then the three answers. Case 5 is of 128 bits. */
static const struct {
	const char *name, *key, *data, *sha256, *sha384, *sha512;
} rfc4231[] = {
	{ "1", "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
	  "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
	  "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c"
	  "faea9ea9076ede7f4af152e8b2fa9cb6",
	  "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
	  "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854" },
	{ "2", "4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
	  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
	  "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
	  "8e2240ca5e69e2c78b3239ecfab21649",
	  "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
	  "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737" },
	{ "3", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	  "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
	  "dddddddddddddddddddd",
	  "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
	  "88062608d3e6ad8a0aa2ace014c8a86f0aa635d947ac9febe83ef4e55966144b"
	  "2a5ab39dc13814b94e3ab6e101a34f27",
	  "fa73b0089d56a284efb0f0756c890be9b1b5dbdd8ee81a3655f83e33b2279d39"
	  "bf3e848279a722c806b485a47e67c807b946a337bee8942674278859e13292fb" },
	{ "4", "0102030405060708090a0b0c0d0e0f10111213141516171819",
	  "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
	  "cdcdcdcdcdcdcdcdcdcd",
	  "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
	  "3e8a69b7783c25851933ab6290af6ca77a9981480850009cc5577c6e1f573b4e"
	  "6801dd23c4a7d679ccf8a386c674cffb",
	  "b0ba465637458c6990e5a8c5f61d4af7e576d97ff94b872de76f8050361ee3db"
	  "a91ca5c11aa25eb4d679275cc5788063a5f19741120c4f2de2adebeb10a298dd" },
	{ "5", "0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c",
	  "546573742057697468205472756e636174696f6e",
	  "a3b6167473100ee06e0c796c2955552b",
	  "3abf34c3503b2a23a46efc619baef897",
	  "415fad6271580a531d4179bc891d87a6" },
	{ "6", "@131xaa", "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b657920"
	  "2d2048617368204b6579204669727374",
	  "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
	  "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c6"
	  "0c2ef6ab4030fe8296248df163f44952",
	  "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
	  "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598" },
	{ "7", "@131xaa", "5468697320697320612074657374207573696e672061206c6172676572207468616e20626c6f"
	  "636b2d73697a65206b657920616e642061206c6172676572207468616e20626c6f636b2d73697a65"
	  "20646174612e20546865206b6579206e6565647320746f20626520686173686564206265666f7265"
	  "206265696e6720757365642062792074686520484d414320616c676f726974686d2e",
	  "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
	  "6617178e941f020d351e2f254e8fd32c602420feb0b8fb9adccebb82461e99c5"
	  "a678cc31e799176d3860e6110c46523e",
	  "e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944"
	  "b6022cac3c4982b10d5eeb55c3e4de15134676fb6de0446065c97440fa8c6a58" },
};

/* RFC 4868 2.7.2: the truncated forms; keys of the full length, "Hi There". */
static const struct {
	enum crypto_hash hash;
	const char *key, *icv;
} rfc4868[] = {
	{ CRYPTO_SHA256, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
	  "198a607eb44bfbc69903a0f1cf2bbdc5" },
	{ CRYPTO_SHA384, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"
	  "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
	  "b6a8d5636f5c6a7224f9977dcf7ee6c7fb6d0c48cbdee973" },
	{ CRYPTO_SHA512, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"
	  "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
	  "637edc6e01dce7e6742a99451aae82df23da3e92439e590e43e761b33e910fb8" },
};

/* NIST CAVP, SP 800-135 IKEv2: SKEYSEED, then DKM = prf+(SKEYSEED, Ni | Nr | SPIi | SPIr). */
static const struct {
	enum crypto_hash hash;
	const char *nonces, *gir, *skeyseed, *spis, *dkm;
} cavp[] = {
	{ CRYPTO_SHA256, "3f302be1abcb28e18c332ee006064c9b",
	  "0f4d257d7a58fc4545c7d7a88119eee5d5c9690c5b4c989171d3abbfd99d1d29",
	  "5f00d1bd2c58ec224b1e6b71fa0f19a1faa7a193952c444411b47c1a9d8ba6fe",
	  "40dac39e1e1a86408619a1cf9a6e4c07",
	  "0b137d669b0947d7d026d593f0305ad401ff0c471357d695778a9c7f4b4869ec"
	  "e98aca531188d16041b3bb936d2dbb3b4993a6e768a809160de45d0283f273a6"
	  "cdf6854379e31be72b8d3d1fa990cf9c5b015ca9f918a7df6253c958114a09d4"
	  "e1c19bdcd4db14b29d98db1a74ad405c588662c14a04d0d36aa4ab55e90f8986"
	  "d12d4aad" },
	{ CRYPTO_SHA384, "fd1b572a8e7355916013b0ef88dacd3d",
	  "d3288cd87565101e88fe3bad918f31939d8dd26ff1071f8b2d7f447524e58d7c",
	  "69fe7a1ac94adaeb711295f5fe004b1a8d6a0b65d05692758ce8ad2f7a45f59d"
	  "7d0b596f51f7dfcf3330061888f6a94f",
	  "2116ad07ce61f74924880e55f11a65b7",
	  "4f904c2025c90c817ea5ff9b662a6fdb445a73b57cdf09eacd379b95e1f03cac"
	  "b04cd6deeda4f952191dd9bc1f7a9502471a648d74dc06d38112de48a42501f6"
	  "b1a3ad55c2099cd9a648e5f17e5bf3e34bf9b5953decb768a34f875fe2b78dca"
	  "0c2fcca81ec1a412006dfaed38fa06882e61f4c148105fb8e231fdb33c4d484c"
	  "001721d4" },
};

static const struct {
	enum crypto_hash hash;
	size_t len;
	const char *empty, *abc;
} fips180[] = {
	{ CRYPTO_SHA1, 20, "da39a3ee5e6b4b0d3255bfef95601890afd80709",
	  "a9993e364706816aba3e25717850c26c9cd0d89d" },
	{ CRYPTO_SHA256, 32, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ CRYPTO_SHA384, 48, "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da"
	  "274edebfe76f65fbd51ad2f14898b95b",
	  "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
	  "8086072ba1e7cc2358baeca134c825a7" },
	{ CRYPTO_SHA512, 64, "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
	  "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e",
	  "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
	  "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f" },
};
/* clang-format on */

static void test_hashes(void **state)
{
	const struct crypto_chunk abc[] = { { NULL, 0 }, { "a", 1 }, { "bc", 2 }, { "x", 0 } };
	uint8_t want[64], got[64];

	(void)state;
	for (size_t i = 0; i < sizeof(fips180) / sizeof(*fips180); i++) {
		size_t len = fips180[i].len;

		assert_int_equal(crypto_hash_len(fips180[i].hash), len);
		assert_int_equal(unhex(fips180[i].empty, want), len);
		assert_true(crypto_hash(fips180[i].hash, NULL, 0, got));
		assert_memory_equal(got, want, len);
		assert_int_equal(unhex(fips180[i].abc, want), len);
		assert_true(crypto_hash(fips180[i].hash, abc, 4, got));
		assert_memory_equal(got, want, len);
	}
}

/* Two keys of the RFC are 131 times the same byte. */
static size_t key_of(const char *hex, uint8_t *key)
{
	if (*hex != '@')
		return unhex(hex, key);
	memset(key, 0xaa, 131);
	return 131;
}

static void test_rfc4231(void **state)
{
	uint8_t key[200], data[200], want[64], got[64];

	(void)state;
	for (size_t i = 0; i < sizeof(rfc4231) / sizeof(*rfc4231); i++) {
		const char *answers[] = { rfc4231[i].sha256, rfc4231[i].sha384, rfc4231[i].sha512 };
		size_t key_len = key_of(rfc4231[i].key, key), len = unhex(rfc4231[i].data, data);
		struct crypto_chunk halves[] = { { data, len / 2 },
						 { data + len / 2, len - len / 2 } };

		for (int h = 0; h < 3; h++) {
			size_t n = unhex(answers[h], want);

			assert_true(n >= 16);
			assert_true(crypto_hmac(CRYPTO_SHA256 + (enum crypto_hash)h, key, key_len,
						halves, 2, got));
			assert_memory_equal(got, want, n);
		}
	}
}

static void test_rfc4868(void **state)
{
	const struct crypto_chunk hi = { "Hi There", 8 };
	uint8_t key[64], want[64], got[64];

	(void)state;
	for (size_t i = 0; i < sizeof(rfc4868) / sizeof(*rfc4868); i++) {
		size_t n = crypto_hash_len(rfc4868[i].hash);

		assert_int_equal(unhex(rfc4868[i].key, key), n);
		assert_int_equal(unhex(rfc4868[i].icv, want), n / 2);
		assert_true(crypto_hmac(rfc4868[i].hash, key, n, &hi, 1, got));
		assert_memory_equal(got, want, n / 2);
	}
}

/* HMAC with the empty key: RFC 2104 pads it with zeros, so one zero byte is the same key. */
static void test_hmac_empty_key(void **state)
{
	const struct crypto_chunk hi = { "Hi There", 8 };
	uint8_t a[64], b[64];

	(void)state;
	assert_true(crypto_hmac(CRYPTO_SHA256, NULL, 0, &hi, 1, a));
	assert_true(crypto_hmac(CRYPTO_SHA256, "", 1, &hi, 1, b));
	assert_memory_equal(a, b, 32);
}

static void test_refusals(void **state)
{
	const struct crypto_chunk hi = { "Hi There", 8 };
	uint8_t out[64], big[1];

	(void)state;
	assert_int_equal(crypto_hash_len(CRYPTO_HASH_NONE), 0);
	assert_int_equal(crypto_hash_len((enum crypto_hash)99), 0);
	assert_false(crypto_hash(CRYPTO_HASH_NONE, &hi, 1, out));
	assert_false(crypto_hash((enum crypto_hash)99, &hi, 1, out));
	assert_false(crypto_hmac(CRYPTO_HASH_NONE, "k", 1, &hi, 1, out));
	assert_false(crypto_prf_plus(CRYPTO_HASH_NONE, "k", 1, "s", 1, big, 1));
}

static void test_cavp(void **state)
{
	uint8_t nonces[16], gir[64], seed[32], want[256], got[256];

	(void)state;
	for (size_t i = 0; i < sizeof(cavp) / sizeof(*cavp); i++) {
		size_t n = unhex(cavp[i].nonces, nonces), len, prf = crypto_hash_len(cavp[i].hash);
		struct crypto_chunk chunk = { gir, unhex(cavp[i].gir, gir) };

		assert_int_equal(unhex(cavp[i].skeyseed, want), prf);
		assert_true(crypto_hmac(cavp[i].hash, nonces, n, &chunk, 1, got));
		assert_memory_equal(got, want, prf);
		memcpy(seed, nonces, 16);
		assert_int_equal(unhex(cavp[i].spis, seed + 16), 16);
		len = unhex(cavp[i].dkm, want);
		assert_int_equal(len, 132);
		/* A shorter request is a prefix of a longer one. */
		for (size_t take = 0; take <= len; take++) {
			uint8_t key[64];

			unhex(cavp[i].skeyseed, key);
			memset(got, 0xee, sizeof(got));
			assert_true(crypto_prf_plus(cavp[i].hash, key, prf, seed, 32, got, take));
			assert_memory_equal(got, want, take);
			assert_int_equal(got[take], 0xee);
		}
	}
}

/* The chain of RFC 7296 2.13 by hand, up to the last block that is allowed. */
static void test_prf_plus_long(void **state)
{
	static uint8_t out[255 * 64 + 1], want[255 * 64];
	enum crypto_hash all[] = { CRYPTO_SHA256, CRYPTO_SHA384, CRYPTO_SHA512 };

	(void)state;
	for (size_t h = 0; h < 3; h++) {
		size_t n = crypto_hash_len(all[h]);

		for (unsigned i = 1; i <= 255; i++) {
			uint8_t number = (uint8_t)i;
			struct crypto_chunk in[] = { { want + (i > 1 ? i - 2 : 0) * n, n },
						     { "seed", 4 },
						     { &number, 1 } };

			assert_true(crypto_hmac(all[h], "key", 3, in + (i == 1), i == 1 ? 2 : 3,
						want + (i - 1) * n));
		}
		assert_true(crypto_prf_plus(all[h], "key", 3, "seed", 4, out, 255 * n));
		assert_memory_equal(out, want, 255 * n);
		assert_false(crypto_prf_plus(all[h], "key", 3, "seed", 4, out, 255 * n + 1));
		for (size_t i = 0; i <= 255 * n; i++)
			assert_int_equal(out[i], 0);
	}
}

static void test_random(void **state)
{
	uint8_t a[40] = { 0 }, b[40] = { 0 };
	unsigned differ = 0;

	(void)state;
	assert_true(crypto_random(a, 32));
	assert_true(crypto_random(b, 32));
	for (size_t i = 0; i < 32; i++)
		differ += a[i] != b[i];
	assert_true(differ > 16);
	for (size_t i = 32; i < 40; i++)
		assert_int_equal(a[i], 0);
	assert_true(crypto_random(a, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hashes),        cmocka_unit_test(test_rfc4231),
		cmocka_unit_test(test_rfc4868),       cmocka_unit_test(test_hmac_empty_key),
		cmocka_unit_test(test_refusals),      cmocka_unit_test(test_cavp),
		cmocka_unit_test(test_prf_plus_long), cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
