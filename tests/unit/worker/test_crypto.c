// SPDX-License-Identifier: BSD-2-Clause
/* Published vectors through both back ends, and both back ends against each other. */
#include "hex.h"
#include "worker/crypto.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { MAX_TEXT = 1536, MAX_PACKET = 8 + 16 + MAX_TEXT + 16 };

/* An ESP packet without its outer header. icv NULL: the source gives cipher text only. */
struct vector {
	const char *name;
	uint16_t suite;
	const char *key, *salt, *header, *iv, *clear, *cipher, *icv;
};

static const struct vector vectors[] = {
	/* clang-format off */
	/* draft-mcgrew-gcm-test-01 section 4, the cases with 32-bit sequence numbers */
	{ "mcgrew 2", FG_ESP_AES_GCM_128, "feffe9928665731c6d6a8f9467308308", "cafebabe",
	  "0000a5f80000000a", "facedbaddecaf888",
	  "4500003e698f000080114dccc0a80102c0a801010a980035002a2343b2d001000001000000000000"
	  "037369700963796265726369747902646b00000100010001",
	  "deb22cd9b07c72c16e3a65beeb8df304a5a5897d33ae530f1ba76d5d114d2a5c3de81827c10e9a4f"
	  "51330d0eec416642cfbb85a5b47e48a4ec3b9ba95d918bd1",
	  "83b70d3aa8bc6ee4c309e9d85a41ad4a" },
	{ "mcgrew 3", FG_ESP_AES_GCM_256,
	  "abbccddef00112233445566778899aababbccddef00112233445566778899aab", "11223344",
	  "4a2cbfe300000002", "0102030405060708",
	  "4500003069a6400080062690c0a801029389155e0a9e008b2dc57ee0000000007002400020bf0000"
	  "020405b40101040201020201",
	  "ff425c9b724599df7a3bcd510194e00d6a78107f1b0b1cbf06efae9d65a5d763748a637985771d34"
	  "7f0545659f14e99def842d8e",
	  "b335f4eecfdbf831824b4c4915956c96" },
	{ "mcgrew 4", FG_ESP_AES_GCM_128, "00000000000000000000000000000000", "00000000",
	  "0000000000000001", "0000000000000000",
	  "4500003c99c500008001cb7a40679318010101010800075c02004400616263646566676869"
	  "6a6b6c6d6e6f707172737475767761626364656667686901020201",
	  "4688daf2f973a392732909c331d56d60f694abaa414b5e7ff5fdcdfff5e9a284456476492719ffb6"
	  "4de7d9dca1e1d894bc3bd57873ed4d181d19d4d5c8c18af3",
	  "f821d496eeb096e98ad2b69e4799c71d" },
	{ "mcgrew 12", FG_ESP_AES_GCM_128, "7d773d00c144c525ac619d18c84a3f47", "d9664267",
	  "335467aeffffffff", "43457e9182443bc6", "01020201", "437f866b",
	  "cb3f699fe9b0822bac961c4504bef270" },
	/* RFC 7634 appendix A */
	{ "RFC 7634 A", FG_ESP_CHACHA20_POLY1305,
	  "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f", "a0a1a2a3",
	  "0102030400000005", "1011121314151617",
	  "45000054a6f200004001e778c6336405c000020508005b7a3a080000553bec100007362708090a0b"
	  "0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f30313233"
	  "3435363701020204",
	  "24039428b97f417e3c13753a4f05087b67c352e6a7fab1b982d466ef407ae5c614ee8099d52844eb"
	  "61aa95dfab4c02f72aa71e7c4c4f64c9befe2facc638e8f3cbec163fac469b502773f6fb94e664da"
	  "9165b82829f641e0",
	  "76aaa8266b7fb0f7b11b369907e1ad43" },
	/* RFC 3602 section 4, cases 5 and 7: without integrity */
	{ "RFC 3602 case 5", FG_ESP_AES_CBC_128_SHA256, "90d382b410eeba7ad938c46cec1a82bf", "",
	  "0000432100000001", "e96e8c08ab465763fd098d45dd3ff893",
	  "08000ebda70a00008e9c083db95b070008090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
	  "202122232425262728292a2b2c2d2e2f30313233343536370102030405060708090a0b0c0d0e0e01",
	  "f663c25d325c18c6a9453e194e120849a4870b66cc6b9965330013b4898dc856a4699e523a55db08"
	  "0b59ec3a8e4b7e52775b07d1db34ed9c538ab50c551b874aa269add047ad2d5913ac19b7cfbad4a6",
	  NULL },
	{ "RFC 3602 case 7", FG_ESP_AES_CBC_128_SHA256, "0123456789abcdef0123456789abcdef", "",
	  "0000876500000002", "f4e765244f6407adf13dc1380f673f37",
	  "45000054090400004001f988c0a87b03c0a87bc808009f76a90a0100b49c083d02a2040008090a0b"
	  "0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f30313233"
	  "343536370102030405060708090a0a04",
	  "773b5241a4c449225e4f3ce5ed611b0c237ca96cf74a93013c1b0ea1a0cf70f8e4ecaec78ac53aad"
	  "7a0f022b859243c647752e94a859352b8a4d4d2decd136e5c177f132ad3fbfb2201ac9904c74ee0a"
	  "109e0ca1e4dfe9d5a100b842f1c22f0d",
	  NULL },
	/* NIST SP 800-38A F.2.5 */
	{ "SP 800-38A F.2.5", FG_ESP_AES_CBC_256_SHA256,
	  "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4", "",
	  "0000000100000001", "000102030405060708090a0b0c0d0e0f",
	  "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
	  "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710",
	  "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d"
	  "39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b",
	  NULL },
	/* clang-format on */
};

static struct crypto *crypto; /* of the back end under test */

static struct crypto_key *new_key(struct crypto *c, const struct crypto_material *material)
{
	struct crypto_key *key = aligned_alloc(64, c->key_size);

	assert_non_null(key);
	memset(key, 0, c->key_size);
	assert_true(crypto_expand(c, key, material));
	return key;
}

static void free_key(struct crypto *c, struct crypto_key *key)
{
	crypto_forget(c, key);
	free(key);
}

static void run_vector(const struct vector *v)
{
	uint8_t key[32], salt[4], packet[MAX_PACKET], clear[256], cipher[256], icv[16];
	uint8_t auth_key[32] = { 0x0b, 0x0b };
	struct crypto_material material = { v->suite, true, false, key, salt, auth_key };
	size_t iv_len = crypto_iv_len(v->suite), len = hex(v->clear, clear, sizeof(clear));
	uint8_t *text = packet + 8 + iv_len;
	struct crypto_key *seal, *open;

	assert_int_equal(hex(v->key, key, sizeof(key)), fg_esp_key_len(v->suite));
	assert_int_equal(hex(v->salt, salt, sizeof(salt)), fg_esp_salt_len(v->suite));
	assert_int_equal(hex(v->header, packet, 8), 8);
	assert_int_equal(hex(v->iv, packet + 8, 16), iv_len);
	assert_int_equal(hex(v->cipher, cipher, sizeof(cipher)), len);
	memcpy(text, clear, len);
	seal = new_key(crypto, &material);
	material.seal = false;
	open = new_key(crypto, &material);

	assert_true(seal->run(crypto, seal, packet, len, 0));
	assert_memory_equal(text, cipher, len);
	if (v->icv) {
		hex(v->icv, icv, sizeof(icv));
		assert_memory_equal(text + len, icv, sizeof(icv));
	}
	assert_true(open->run(crypto, open, packet, len, 0));
	assert_memory_equal(text, clear, len);
	free_key(crypto, seal);
	free_key(crypto, open);
}

static void published_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		print_message("%s, %s\n", crypto->text, vectors[i].name);
		run_vector(&vectors[i]);
	}
}

/* RFC 4868 and RFC 2404: the integrity value is the beginning of the HMAC over all that stands
 * before; nothing is written behind it. */
static void hmac_of(uint16_t suite, const EVP_MD *md, int key_len, size_t icv_len)
{
	uint8_t key[32] = { 1 }, auth_key[32], packet[MAX_PACKET + 1], want[32];
	struct crypto_material material = { suite, true, false, key, key, auth_key };
	struct crypto_key *seal;
	unsigned n = 0;

	memset(auth_key, 0xa5, sizeof(auth_key));
	seal = new_key(crypto, &material);
	for (size_t len = 16; len <= MAX_TEXT; len += 16) {
		uint8_t *icv = packet + 8 + 16 + len;

		memset(packet, (int)len, 8 + 16 + len);
		icv[icv_len] = 0xee;
		assert_true(seal->run(crypto, seal, packet, len, 0));
		assert_non_null(HMAC(md, auth_key, key_len, packet, 8 + 16 + len, want, &n));
		assert_memory_equal(icv, want, icv_len);
		assert_int_equal(icv[icv_len], 0xee);
	}
	free_key(crypto, seal);
}

static void hmac_covers_header_iv_and_text(void **state)
{
	(void)state;
	hmac_of(FG_ESP_AES_CBC_128_SHA256, EVP_sha256(), 32, 16);
	hmac_of(FG_ESP_AES_CBC_256_SHA256, EVP_sha256(), 32, 16);
	hmac_of(FG_ESP_AES_CBC_128_SHA1, EVP_sha1(), 20, 12);
	hmac_of(FG_ESP_AES_CBC_256_SHA1, EVP_sha1(), 20, 12);
}

/* Any changed bit of header, IV, text or ICV is noticed. */
static void every_bit_counts(void **state)
{
	uint8_t key[32] = { 5 }, auth_key[32] = { 6 }, salt[4] = { 7 };
	uint8_t packet[MAX_PACKET], copy[MAX_PACKET];

	(void)state;
	for (uint16_t suite = 1; suite < FG_ESP_SUITE_MAX; suite++) {
		struct crypto_material material = { suite, true, false, key, salt, auth_key };
		struct crypto_key *seal = new_key(crypto, &material), *open;
		size_t iv_len = crypto_iv_len(suite), len = 64;
		size_t all = 8 + iv_len + len + fg_esp_icv_len(suite);

		material.seal = false;
		open = new_key(crypto, &material);
		memset(packet, 0x5a, all);
		assert_true(seal->run(crypto, seal, packet, len, 0));
		for (size_t bit = 0; bit < all * 8; bit++) {
			memcpy(copy, packet, all);
			copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_false(open->run(crypto, open, copy, len, 0));
		}
		memcpy(copy, packet, all);
		assert_true(open->run(crypto, open, copy, len, 0));
		free_key(crypto, seal);
		free_key(crypto, open);
	}
}

static void unknown_suites_are_refused(void **state)
{
	static const uint16_t bad[] = { 0, FG_ESP_SUITE_MAX, 77, 0xffff };
	uint8_t bytes[32] = { 0 };
	struct crypto_key *key = aligned_alloc(64, crypto->key_size);

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct crypto_material material = { bad[i], true, false, bytes, bytes, bytes };

		memset(key, 0, crypto->key_size);
		assert_false(crypto_expand(crypto, key, &material));
	}
	free(key);
}

static void forgotten_keys_are_zero(void **state)
{
	uint8_t key[32], salt[4] = { 9 }, auth_key[32];

	(void)state;
	memset(key, 0xa5, sizeof(key));
	memset(auth_key, 0xc3, sizeof(auth_key));
	for (uint16_t suite = 1; suite < FG_ESP_SUITE_MAX; suite++) {
		struct crypto_material material = { suite, true, false, key, salt, auth_key };
		struct crypto_key *k = new_key(crypto, &material);

		crypto_forget(crypto, k);
		for (size_t i = 0; i < crypto->key_size; i++)
			assert_int_equal(((uint8_t *)k)[i], 0);
		free(k);
	}
}

static void ivs_differ(void **state)
{
	uint8_t seen[600][16];

	(void)state;
	for (size_t i = 0; i < 600; i++) {
		assert_true(crypto_random_iv(crypto, seen[i]));
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(seen[i], seen[j], 16);
	}
}

/* The same bytes from both back ends, for every suite and many sizes. */
static void back_ends_agree(void **state)
{
	uint8_t key[32], salt[4] = { 1, 2, 3, 4 }, auth_key[32], a[MAX_PACKET], b[MAX_PACKET];
	struct crypto *other;
	char why[128];

	(void)state;
	other = crypto_new(CRYPTO_OPENSSL, why, sizeof(why));
	assert_non_null(other);
	for (size_t i = 0; i < 32; i++) {
		key[i] = (uint8_t)(i * 7);
		auth_key[i] = (uint8_t)(i * 13);
	}
	for (uint16_t suite = 1; suite < FG_ESP_SUITE_MAX; suite++) {
		struct crypto_material material = { suite, true, false, key, salt, auth_key };
		struct crypto_key *one = new_key(crypto, &material),
				  *two = new_key(other, &material);
		size_t iv_len = crypto_iv_len(suite), step = fg_esp_auth_key_len(suite) ? 16 : 1;

		for (size_t len = 32; len <= MAX_TEXT; len += step) {
			for (size_t i = 0; i < 8 + iv_len + len; i++)
				a[i] = b[i] = (uint8_t)(i * len);
			assert_true(one->run(crypto, one, a, len, 0));
			assert_true(two->run(other, two, b, len, 0));
			assert_memory_equal(a, b, 8 + iv_len + len + fg_esp_icv_len(suite));
		}
		free_key(crypto, one);
		free_key(other, two);
	}
	crypto_free(other);
}

static void choice(void **state)
{
	char why[128];
	struct crypto *c = crypto_new(CRYPTO_AUTO, why, sizeof(why));

	(void)state;
	assert_non_null(c);
	assert_true(c->text[0]);
	crypto_free(c);
	c = crypto_new(CRYPTO_OPENSSL, why, sizeof(why));
	assert_non_null(c);
	assert_ptr_equal(c->ops, &crypto_openssl);
	assert_memory_equal(c->text, "OpenSSL ", 8);
	crypto_free(c);
}

/* A back end that gives other bytes than known does not pass its self-test. */
static bool wrong_run(struct crypto *c, const struct crypto_key *key, uint8_t *esp, size_t len,
		      uint32_t high)
{
	(void)c, (void)key, (void)esp, (void)len, (void)high;
	return true;
}

static bool wrong_expand(struct crypto *c, struct crypto_key *key, const struct crypto_material *m)
{
	(void)c, (void)m;
	key->run = wrong_run;
	return true;
}

static void wrong_release(struct crypto_key *key)
{
	(void)key;
}

static void self_test_notices(void **state)
{
	static const struct crypto_ops wrong = {
		.name = "wrong", .key_size = 64, .expand = wrong_expand, .release = wrong_release
	};
	struct crypto c = { .ops = &wrong, .key_size = 64 };
	const char *what = NULL;

	(void)state;
	assert_false(crypto_self_test(&c, &what));
	assert_string_equal(what, "AES-GCM-128");
}

static int set_up(void **state)
{
	char why[128];

	crypto = crypto_new(*(const enum crypto_choice *)*state, why, sizeof(why));
	if (!crypto)
		print_error("%s\n", why);
	return crypto ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	crypto_free(crypto);
	return 0;
}

int main(void)
{
	static enum crypto_choice mb = CRYPTO_IPSEC_MB, ossl = CRYPTO_OPENSSL, any = CRYPTO_AUTO;
#define BOTH(test)                                                                                 \
	{ #test ", auto", test, set_up, tear_down, &any },                                         \
		{ #test ", intel-ipsec-mb", test, set_up, tear_down, &mb },                        \
	{                                                                                          \
#test ", openssl", test, set_up, tear_down, &ossl                                  \
	}
	const struct CMUnitTest tests[] = {
		BOTH(published_vectors),
		BOTH(hmac_covers_header_iv_and_text),
		BOTH(every_bit_counts),
		BOTH(unknown_suites_are_refused),
		BOTH(forgotten_keys_are_zero),
		BOTH(ivs_differ),
		{ "back ends agree", back_ends_agree, set_up, tear_down, &mb },
		cmocka_unit_test(choice),
		cmocka_unit_test(self_test_notices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
