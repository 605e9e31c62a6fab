// SPDX-License-Identifier: BSD-2-Clause
/* Key derivation against what NIST published for IKEv2 (SP 800-135), and how keys are cut. */
#include "bytes.h"

#include "crypto/prf.h"
#include "crypto/psk_auth.h"
#include "ike/keys.h"

static struct ike_bytes of(const struct bytes *b)
{
	return (struct ike_bytes){ .p = b->p, .len = b->len };
}

static uint64_t spi(const char *text)
{
	struct bytes b = hex(text);
	struct rd rd = rd_of(b.p, b.len);
	uint64_t out = 0;

	assert_true(rd_be64(&rd, &out));
	return out;
}

/* SK_d | SK_ai | SK_ar | SK_ei | SK_er | SK_pi | SK_pr, as they came out of prf+. */
static struct bytes joined(const struct ike_keys *k)
{
	struct bytes out = { .len = 0 };

	add_bytes(&out, k->d, k->prf_len);
	add_bytes(&out, k->a_i, k->integ_len);
	add_bytes(&out, k->a_r, k->integ_len);
	add_bytes(&out, k->e_i, k->encr_len);
	add_bytes(&out, k->e_r, k->encr_len);
	add_bytes(&out, k->p_i, k->prf_len);
	add_bytes(&out, k->p_r, k->prf_len);
	return out;
}

/* CAVS, "IKE v2 KDF" samples of NIST: SKEYSEED and 132 bytes of DKM. */
static const struct cavs_row {
	uint16_t prf;
	const char *ni, *nr, *shared, *spi_i, *spi_r, *skeyseed, *dkm;
} cavs[] = {
	{ IKE_PRF_HMAC_SHA2_256, "3f302be1abcb28e1", "8c332ee006064c9b",
	  "0f4d257d7a58fc4545c7d7a88119eee5d5c9690c5b4c989171d3abbfd99d1d29", "40dac39e1e1a8640",
	  "8619a1cf9a6e4c07", "5f00d1bd2c58ec224b1e6b71fa0f19a1faa7a193952c444411b47c1a9d8ba6fe",
	  "0b137d669b0947d7d026d593f0305ad401ff0c471357d695778a9c7f4b4869ec"
	  "e98aca531188d16041b3bb936d2dbb3b4993a6e768a809160de45d0283f273a6"
	  "cdf6854379e31be72b8d3d1fa990cf9c5b015ca9f918a7df6253c958114a09d4"
	  "e1c19bdcd4db14b29d98db1a74ad405c588662c14a04d0d36aa4ab55e90f8986"
	  "d12d4aad" },
	{ IKE_PRF_HMAC_SHA2_384, "fd1b572a8e735591", "6013b0ef88dacd3d",
	  "d3288cd87565101e88fe3bad918f31939d8dd26ff1071f8b2d7f447524e58d7c", "2116ad07ce61f749",
	  "24880e55f11a65b7",
	  "69fe7a1ac94adaeb711295f5fe004b1a8d6a0b65d05692758ce8ad2f7a45f59d"
	  "7d0b596f51f7dfcf3330061888f6a94f",
	  "4f904c2025c90c817ea5ff9b662a6fdb445a73b57cdf09eacd379b95e1f03cac"
	  "b04cd6deeda4f952191dd9bc1f7a9502471a648d74dc06d38112de48a42501f6"
	  "b1a3ad55c2099cd9a648e5f17e5bf3e34bf9b5953decb768a34f875fe2b78dca"
	  "0c2fcca81ec1a412006dfaed38fa06882e61f4c148105fb8e231fdb33c4d484c"
	  "001721d4" },
	{ IKE_PRF_HMAC_SHA2_512, "97c41a9b0a03e74c", "a659fd06e1746600",
	  "276255c3eaace5c6db32b609aa86c0ef07bba4bf2dc4c262995efd95ca607c3f", "ff43c5c689b95481",
	  "e2ba607f30079bb7",
	  "d6e74966b75fd2afab48be319d63d97c8a5d2ffe2e320763a462c664b36c3a94"
	  "4067d867c3a55fd8a7e5cca64b22e24415987e15549f09a81b455adaa5303df8",
	  "22259105314717dc73c210919ee9cb3ded774dc087e866aa3960404c0ed7b8e7"
	  "8e79b993888388e2e5cb238d4bfcb4cdee9da074a26e329d6c2f2f660cc9c711"
	  "c941a2fb3d85a2e5d01e579c8f2c9d00fa6fabe76a137b00c7ff1b2918999065"
	  "88c26f073d819063238c4c844f0f8d221b65b76dbc9ed6f6368e5dba86b3e81b"
	  "60eb44a1" },
};

static void nist_cavs(void **state)
{
	static const struct {
		uint16_t encr, key_bits, integ;
	} ciphers[] = {
		{ IKE_ENCR_AES_GCM_16, 128, IKE_INTEG_NONE },
		{ IKE_ENCR_AES_GCM_16, 256, IKE_INTEG_NONE },
		{ IKE_ENCR_AES_CBC, 256, IKE_INTEG_HMAC_SHA2_256_128 },
		{ IKE_ENCR_AES_CBC, 128, IKE_INTEG_HMAC_SHA2_512_256 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cavs) * COUNT(ciphers); i++) {
		const struct cavs_row *row = &cavs[i / COUNT(ciphers)];
		const struct ike_suite suite = { ciphers[i % COUNT(ciphers)].encr,
						 ciphers[i % COUNT(ciphers)].key_bits,
						 row->prf,
						 ciphers[i % COUNT(ciphers)].integ,
						 IKE_GROUP_X25519,
						 { 0 } };
		struct bytes ni = hex(row->ni), nr = hex(row->nr), shared = hex(row->shared),
			     seed = hex(row->skeyseed), dkm = hex(row->dkm), got;
		struct ike_keys derived, expanded;

		assert_true(ike_keys_derive(&suite, of(&ni), of(&nr), of(&shared), spi(row->spi_i),
					    spi(row->spi_r), &derived));
		got = joined(&derived);
		assert_int_equal(dkm.len, 132);
		assert_true(got.len >= dkm.len);
		assert_memory_equal(got.p, dkm.p, dkm.len);
		assert_true(ike_keys_expand(&suite, of(&seed), of(&ni), of(&nr), spi(row->spi_i),
					    spi(row->spi_r), &expanded));
		assert_memory_equal(&derived, &expanded, sizeof(derived));
	}
}

/* The same sample's SKEYSEED(rekey): SK_d is the first part of DKM. The prf is that of the old SA,
 * whatever the new one has. RFC 7296 2.18. */
static void nist_cavs_rekey(void **state)
{
	const struct ike_suite old_suite = { IKE_ENCR_AES_GCM_16,   256,
					     IKE_PRF_HMAC_SHA2_256, IKE_INTEG_NONE,
					     IKE_GROUP_X25519,      { 0 } };
	const struct ike_suite suites[] = {
		old_suite,
		{ IKE_ENCR_AES_CBC,
		  128,
		  IKE_PRF_HMAC_SHA2_512,
		  IKE_INTEG_HMAC_SHA2_256_128,
		  IKE_GROUP_ECP_256,
		  { 0 } },
	};
	struct bytes ni = hex(cavs[0].ni), nr = hex(cavs[0].nr), shared = hex(cavs[0].shared);
	struct bytes fresh = hex(
		"25f3b12d6f282739256e39bf54eda53b60ffcf379bb7bcc90c27b4c4c578616c");
	struct bytes seed = hex("2d63f6debc92048b4fef3889c4c99ca67d6496e0fac14a2bca9a2d6566ff2398");
	const struct ike_ingredients from = { .ni = of(&ni), .nr = of(&nr), .shared = of(&fresh) };
	struct ike_keys old, got, want;

	(void)state;
	assert_true(ike_keys_derive(&old_suite, of(&ni), of(&nr), of(&shared), spi(cavs[0].spi_i),
				    spi(cavs[0].spi_r), &old));
	for (size_t i = 0; i < COUNT(suites); i++) {
		assert_true(ike_keys_rekey(&old, &suites[i], &from, 3, 4, &got));
		assert_true(ike_keys_expand(&suites[i], of(&seed), of(&ni), of(&nr), 3, 4, &want));
		assert_memory_equal(&got, &want, sizeof(got));
	}
}

/* Secrets of additional key exchanges come last, RFC 9370 2.2.4: SKEYSEED = prf(SK_d, SK(0) | Ni |
 * Nr | SK(1) ...). */
static void rekey_with_more(void **state)
{
	static const struct ike_suite suite = { IKE_ENCR_AES_GCM_16,   256,
						IKE_PRF_HMAC_SHA2_256, IKE_INTEG_NONE,
						IKE_GROUP_X25519,      { 36 } };
	static const uint8_t ni[16] = { 1 }, nr[32] = { 2 }, shared[32] = { 3 }, more[64] = { 5 };
	const struct ike_ingredients from = {
		{ ni, 16 }, { nr, 32 }, { shared, 32 }, { more, 64 }
	};
	const struct crypto_chunk chunks[] = {
		{ shared, 32 }, { ni, 16 }, { nr, 32 }, { more, 64 }
	};
	struct ike_keys old = { .suite = suite, .prf_len = 32, .d = { 4 } }, got, want;
	uint8_t seed[CRYPTO_HASH_MAX];

	(void)state;
	assert_true(crypto_hmac(CRYPTO_SHA256, old.d, 32, chunks, COUNT(chunks), seed));
	assert_true(ike_keys_expand(&suite, (struct ike_bytes){ seed, 32 }, from.ni, from.nr, 6, 7,
				    &want));
	assert_true(ike_keys_rekey(&old, &suite, &from, 6, 7, &got));
	assert_memory_equal(&got, &want, sizeof(got));
}

/* KEYMAT with key exchanges, RFC 7296 2.17: prf+(SK_d, SK(0) | Ni | Nr | SK(1) ...), as far as
 * there are additional ones. */
static void child_with_pfs(void **state)
{
	static const uint8_t ni[16] = { 1 }, nr[32] = { 2 }, shared[32] = { 3 }, more[64] = { 5 };
	struct ike_ingredients from = { { ni, 16 }, { nr, 32 }, { shared, 32 }, { 0 } };
	struct ike_keys keys = { .suite = { .prf = IKE_PRF_HMAC_SHA2_256 },
				 .prf_len = 32,
				 .d = { 4 } };
	uint8_t seed[80 + 64], keymat[72];
	struct msg_esp_key in, out;

	(void)state;
	memcpy(seed, shared, 32);
	memcpy(seed + 32, ni, 16);
	memcpy(seed + 48, nr, 32);
	memcpy(seed + 80, more, 64);
	assert_true(crypto_prf_plus(CRYPTO_SHA256, keys.d, 32, seed, 80, keymat, sizeof(keymat)));
	assert_true(ike_child_keys(&keys, &from, FG_ESP_AES_GCM_256, &in, &out));
	assert_memory_equal(in.key, keymat, 32);
	assert_memory_equal(in.salt, keymat + 32, 4);
	assert_memory_equal(out.key, keymat + 36, 32);
	assert_memory_equal(out.salt, keymat + 68, 4);
	from.more = (struct ike_bytes){ more, 64 };
	assert_true(crypto_prf_plus(CRYPTO_SHA256, keys.d, 32, seed, 144, keymat, sizeof(keymat)));
	assert_true(ike_child_keys(&keys, &from, FG_ESP_AES_GCM_256, &in, &out));
	assert_memory_equal(in.key, keymat, 32);
	assert_memory_equal(out.salt, keymat + 68, 4);
}

/* ACVP kdf-components ikev2 sample, test group 7, case 121: SHA-256, nonces of 256 bytes. */
static const char acvp_ni[] = "f096bc348f4c0be7a0932e065f72da82f9e312379cbec86574837e535dedd0f8"
			      "1e86fe52f9d89336b17bf5dc030e766e71d25b60d724aaefe8b60c2383bd6395"
			      "703214d6e04c545443e95b47adb11c80a60110c083402b335cdf9e4e2cd6200d"
			      "c3a28d1f8e1d6f8293dea1025707ce870439f9a3cb2638fe52a3f350cee833e4"
			      "ebb34f7c3920b9a0a4dce7bc3e7dd6502f6d365fbb0bc0131fc74048bd145e7b"
			      "9be07f2e58fdf53a98b5af8c3958c592ecb1642d63cec46be1a77a2e5b525554"
			      "682114040fc201949b992e8076a2ba99f59c9b1368c69cb0e48ff0599290d4c6"
			      "35262ef4f1bb2e87c4cdf4ff7ea9fad2010cbf30198b7a961606bf3e49c5618f";
static const char acvp_nr[] = "aa241ead5c65408ae109d09993dba807ff23e00883a466f2f408bced7a8bb377"
			      "29abb124de79a7652cdd450911b4ff1a252d11b8d6ef065b48fd2703cb6d6827"
			      "12e24e92f6ce3511dbb6f78affafef1b0b875ae2b3c559783ea7f2138b831c23"
			      "6845b800d00aa28010c47d2f6744033a10b286e791d16dcbe31e9c994e45d659"
			      "e65ecf03eaffcd916febb320913c97db41415961dc02823849a2009d9c126cc4"
			      "e50f6cfe1f447c691463ea1309b66de3bc39abbb0abc69525def486669e1f45a"
			      "ffbdd6fe1f5314edfc631e4655df289108697f906c6c82bc0d8c52343278cd32"
			      "a93ff33247764d3cca18278c7876deb0247ade36149d99f3ef1e746d90de0524";
static const char acvp_skeyseed[] =
	"cb5b5e3729a6e797a257ee0124a6ea6143e753b7545c1266413119f5c108fe2e";
static const char acvp_dkm[] = "cddd59534e22d7306c94d07d5c14fad33e58838e02c7a8fa9c421f66fb72e51b"
			       "553bc4798039dc7dd51967d2df6759c4196849e790d3874066c14443938ff6b0"
			       "4305b4a6e1297fc561554af242f404342721a1a92f0aa5fd66ea1835dec56404"
			       "2326b81ddde622818bfa1b413bd02817f3aadd4dc43dfd64ac1ec3f072088e97"
			       "2d871e1100a0c23ec40484a45685889973984a17e8e081d0e80c91267d152e6b"
			       "258c18525124fd2667249e1c645d98f6586e791222c5d4b94ae15f59d147f128"
			       "21aed76b0f43bf3cb36410e58611c3ce61f08ab39a12639395fc4725ac23c9ad";
static const char acvp_child[] = "6e7cc5b65bb20cbdb06825802b98b62357d824f72d7756f9c97fd132788216f6"
				 "594726217705098da118a2023849dff1a502e4ba5d8dfe9ffecefdee2bf79a37"
				 "13c8e7a5c63a1429539aab4c7c372c5a561bdcc82ccfaeaafff9abdebb2ea3b9"
				 "01eec8252811cfa2422aaf2ba24cf1f9dd9afb54c0f65a11be7566ae0e6b5170";

static struct ike_keys acvp_keys(void)
{
	const struct ike_suite suite = { IKE_ENCR_AES_CBC,      256,
					 IKE_PRF_HMAC_SHA2_256, IKE_INTEG_HMAC_SHA2_256_128,
					 IKE_GROUP_MODP_2048,   { 0 } };
	struct bytes ni = hex(acvp_ni), nr = hex(acvp_nr), seed = hex(acvp_skeyseed);
	struct ike_keys keys;

	assert_true(ike_keys_expand(&suite, of(&seed), of(&ni), of(&nr), 0xdc90d7d683d1c342,
				    0x4baddac5301b550b, &keys));
	return keys;
}

static void nist_acvp(void **state)
{
	struct ike_keys keys = acvp_keys();
	struct bytes want = hex(acvp_dkm), got = joined(&keys);

	(void)state;
	assert_int_equal(got.len, want.len);
	assert_memory_equal(got.p, want.p, want.len);
	assert_int_equal(keys.prf_len, 32);
	assert_int_equal(keys.integ_len, 32);
	assert_int_equal(keys.encr_len, 32);
}

/* The same record's DKM(Child SA), cut for every suite: cipher key, salt, HMAC key, then the other
 * direction. RFC 7296 2.17, RFC 4106 8.1, RFC 7634 2. */
static void nist_acvp_child(void **state)
{
	static const struct {
		uint16_t suite;
		size_t key, salt, auth;
	} cases[] = {
		{ FG_ESP_AES_GCM_128, 16, 4, 0 },         { FG_ESP_AES_GCM_256, 32, 4, 0 },
		{ FG_ESP_CHACHA20_POLY1305, 32, 4, 0 },   { FG_ESP_AES_CBC_128_SHA256, 16, 0, 32 },
		{ FG_ESP_AES_CBC_256_SHA256, 32, 0, 32 }, { FG_ESP_AES_CBC_128_SHA1, 16, 0, 20 },
		{ FG_ESP_AES_CBC_256_SHA1, 32, 0, 20 },
	};
	struct ike_keys keys = acvp_keys();
	struct bytes ni = hex(acvp_ni), nr = hex(acvp_nr), want = hex(acvp_child);
	const struct ike_ingredients from = { .ni = of(&ni), .nr = of(&nr) };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct msg_esp_key key[2];
		const uint8_t *p = want.p;

		assert_true(ike_child_keys(&keys, &from, cases[i].suite, &key[0], &key[1]));
		for (size_t k = 0; k < 2; k++) {
			assert_memory_equal(key[k].key, p, cases[i].key);
			p += cases[i].key;
			assert_memory_equal(key[k].salt, p, cases[i].salt);
			p += cases[i].salt;
			assert_memory_equal(key[k].auth_key, p, cases[i].auth);
			p += cases[i].auth;
		}
	}
}

static void refused(void **state)
{
	const struct ike_suite good = { IKE_ENCR_AES_GCM_16,   256,
					IKE_PRF_HMAC_SHA2_256, IKE_INTEG_NONE,
					IKE_GROUP_X25519,      { 0 } };
	struct bytes n = hex("11*32"), long_nonce = hex("11*257"), shared = hex("22*32");
	struct ike_keys keys, zero = { 0 };
	struct msg_esp_key a, b, none = { 0 };
	struct ike_suite bad[] = { good, good, good, good };
	const struct ike_ingredients fits = { .ni = of(&n), .nr = of(&n) };
	const struct ike_ingredients too_long = { .ni = of(&long_nonce), .nr = of(&n) };

	(void)state;
	bad[0].encr = IKE_ENCR_3DES;
	bad[1].prf = IKE_PRF_HMAC_MD5;
	bad[2].integ = IKE_INTEG_HMAC_SHA2_256_128;
	bad[3].key_bits = 0;
	for (size_t i = 0; i < COUNT(bad); i++) {
		memset(&keys, 0xaa, sizeof(keys));
		assert_false(ike_keys_derive(&bad[i], of(&n), of(&n), of(&shared), 1, 2, &keys));
		assert_memory_equal(&keys, &zero, sizeof(keys));
	}
	assert_false(ike_keys_derive(&good, of(&long_nonce), of(&n), of(&shared), 1, 2, &keys));
	assert_false(ike_keys_derive(&good, of(&n), of(&long_nonce), of(&shared), 1, 2, &keys));
	assert_true(ike_keys_derive(&good, of(&n), of(&n), of(&shared), 1, 2, &keys));
	memset(&a, 0xaa, sizeof(a));
	assert_false(ike_child_keys(&keys, &fits, FG_ESP_SUITE_MAX, &a, &b));
	assert_memory_equal(&a, &none, sizeof(a));
	assert_false(ike_child_keys(&keys, &fits, 0, &a, &b));
	assert_false(ike_child_keys(&keys, &too_long, FG_ESP_AES_GCM_128, &a, &b));
}

/* RealMessage | Nonce of the other side | prf(SK_p, IDbody), RFC 7296 2.15. */
static void auth_octets(void **state)
{
	struct ike_keys keys = acvp_keys();
	const struct ike_bytes init = { (const uint8_t *)"message", 7 },
			       nonce = { (const uint8_t *)"nonce", 5 },
			       id = { (const uint8_t *)"\x02\0\0\0gw", 6 };
	const struct crypto_chunk chunk = { id.p, id.len };
	uint8_t buf[64], mac[32];

	(void)state;
	for (int initiator = 0; initiator < 2; initiator++) {
		struct wr wr = wr_of(buf, sizeof(buf));

		assert_true(ike_auth_octets(&wr, &keys, initiator, init, nonce, id));
		assert_int_equal(wr.len, 7 + 5 + 32);
		assert_memory_equal(buf, "messagenonce", 12);
		assert_true(crypto_hmac(CRYPTO_SHA256, initiator ? keys.p_i : keys.p_r, 32, &chunk,
					1, mac));
		assert_memory_equal(buf + 12, mac, 32);
		wr = wr_of(buf, 43);
		assert_false(ike_auth_octets(&wr, &keys, initiator, init, nonce, id));
	}
}

/* The two layers, RFC 7296 2.15. What a peer makes of it: test_keys_peer.c. */
static void shared_key_auth(void **state)
{
	static const struct {
		uint16_t prf;
		enum crypto_hash hash;
	} cases[] = {
		{ 2, CRYPTO_SHA1 },
		{ 5, CRYPTO_SHA256 },
		{ 6, CRYPTO_SHA384 },
		{ 7, CRYPTO_SHA512 },
	};
	const struct crypto_chunk pad = { "Key Pad for IKEv2", 17 }, octets = { "octets", 6 };
	uint8_t inner[64], want[64], got[PSK_AUTH_MAX], zero[PSK_AUTH_MAX] = { 0 };
	size_t len;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t n = crypto_hash_len(cases[i].hash);

		assert_true(crypto_hmac(cases[i].hash, "secret", 6, &pad, 1, inner));
		assert_true(crypto_hmac(cases[i].hash, inner, n, &octets, 1, want));
		assert_true(psk_auth(cases[i].prf, "secret", 6, "octets", 6, got, &len));
		assert_int_equal(len, n);
		assert_memory_equal(got, want, n);
		assert_true(psk_auth(cases[i].prf, "Secret", 6, "octets", 6, got, &len));
		assert_memory_not_equal(got, want, n);
	}
	memset(got, 0xaa, sizeof(got));
	assert_false(psk_auth(1, "secret", 6, "octets", 6, got, &len));
	assert_int_equal(len, 0);
	assert_memory_equal(got, zero, sizeof(got));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nist_cavs_rekey), cmocka_unit_test(child_with_pfs),
		cmocka_unit_test(rekey_with_more), cmocka_unit_test(nist_cavs),
		cmocka_unit_test(nist_acvp),       cmocka_unit_test(nist_acvp_child),
		cmocka_unit_test(refused),         cmocka_unit_test(auth_octets),
		cmocka_unit_test(shared_key_auth),
	};

	return cmocka_run_group_tests_name("keys", tests, NULL, NULL);
}
