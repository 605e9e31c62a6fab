// SPDX-License-Identifier: BSD-2-Clause
/* What forgers try with RSA: padding, parameters, numbers. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "sign_pair.h"

#include <openssl/bn.h>
#include <openssl/rsa.h>

static struct pair rsa;

static int make_rsa(void **state)
{
	(void)state;
	make_pair(&rsa, ca_key("RSA:2048"));
	return 0;
}

static int free_rsa(void **state)
{
	(void)state;
	free_pair(&rsa);
	return 0;
}

/* --- PKCS #1 v1.5: what is inside must be exactly one thing --- */

/* DigestInfo of SHA-256 up to the digest. */
#define INFO "3031300d060960864801650304020105000420"

/* clang-format off */
/* ff.. is as many as fill the modulus; H is the digest. */
static const struct {
	const char *what, *front, *behind_ff, *tail;
	bool good;
} paddings[] = {
	{ "as it should be", "0001", "00" INFO "H", "", true },
	{ "parameters left out", "0001", "00" "302f300b0609608648016503040201" "0420H", "", false },
	{ "garbage behind the digest", "0001", "00" INFO "H", "0000000000000000", false },
	{ "garbage in the parameters", "0001",
	  "00" "3039" "3015" "060960864801650304020105080000000000000000" "0420H", "", false },
	{ "block type 2", "0002", "00" INFO "H", "", false },
	{ "block type 0", "0000", "00" INFO "H", "", false },
	{ "a first octet", "0101", "00" INFO "H", "", false },
	{ "no zero behind the padding", "0001", INFO "H", "", false },
	{ "two zeros behind the padding", "0001", "0000" INFO "H", "", false },
	{ "a hole in the padding", "000100", "00" INFO "H", "", false },
	{ "the length in the long form", "0001", "00" "308131" "300d060960864801650304020105000420H", "", false },
	{ "the digest alone", "0001", "00" "H", "", false },
	{ "the hash is called SHA-1", "0001", "00" "302d300906052b0e03021a05000420H", "", false },
	{ "the hash is called SHA-384", "0001", "00" "3031300d060960864801650304020205000420H", "", false },
	{ "an octet string that is longer than it is", "0001",
	  "00" "3031300d060960864801650304020105000421H", "", false },
};
/* clang-format on */

static size_t put_hex(uint8_t *at, const char *hex, const uint8_t *digest)
{
	size_t len = 0;

	for (; *hex;) {
		char two[3] = { hex[0], hex[1], 0 };

		if (*hex == 'H') {
			memcpy(at + len, digest, 32);
			len += 32;
			hex++;
			continue;
		}
		at[len++] = (uint8_t)strtoul(two, NULL, 16);
		hex += 2;
	}
	return len;
}

/* The private operation alone: whoever holds the key may sign any nonsense. */
static void raw_rsa(EVP_PKEY *pkey, const uint8_t *block, uint8_t *sig, size_t len)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);

	assert_int_equal(EVP_PKEY_sign_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING), 1);
	assert_int_equal(EVP_PKEY_sign(ctx, sig, &len, block, len), 1);
	EVP_PKEY_CTX_free(ctx);
}

static void fill_block(size_t row, uint8_t block[256], const uint8_t *digest)
{
	uint8_t front[64], behind[128], tail[64];
	size_t f = put_hex(front, paddings[row].front, digest);
	size_t b = put_hex(behind, paddings[row].behind_ff, digest);
	size_t t = put_hex(tail, paddings[row].tail, digest);

	memset(block, 0xff, 256);
	memcpy(block, front, f);
	memcpy(block + 256 - t - b, behind, b);
	memcpy(block + 256 - t, tail, t);
}

static void check_paddings(EVP_PKEY *pkey)
{
	struct pair p;
	uint8_t digest[32], block[256], sig[256];
	struct crypto_chunk chunk = { TEXT, sizeof(TEXT) };
	size_t wrong = 0;

	make_pair(&p, pkey);
	assert_true(crypto_hash(CRYPTO_SHA256, &chunk, 1, digest));
	for (size_t i = 0; i < COUNT(paddings); i++) {
		bool good = false;

		fill_block(i, block, digest);
		if (block[0] == 0) { /* else it may be larger than the modulus */
			raw_rsa(pkey, block, sig, sizeof(sig));
			good = sign_check(p.public, SIGN_RSA_SHA256, TEXT, sizeof(TEXT), sig, 256);
			assert_int_equal(sign_auth_check(p.public, SIGN_METHOD_RSA, 0, 0, TEXT,
							 sizeof(TEXT), sig, 256, NULL),
					 good);
		}
		if (good != paddings[i].good) {
			print_error("%s\n", paddings[i].what);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
	free_pair(&p);
}

static EVP_PKEY *rsa_with_exponent(unsigned long e)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	BIGNUM *exponent = BN_new();
	EVP_PKEY *pkey = NULL;

	BN_set_word(exponent, e);
	assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 2048), 1);
	assert_int_equal(EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, exponent), 1);
	assert_int_equal(EVP_PKEY_generate(ctx, &pkey), 1);
	BN_free(exponent);
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

/* The forger of 2006: with e = 3 and garbage behind the digest a cube root does, without the key.
 */
static void check_cube_root(EVP_PKEY *pkey)
{
	const char *why;
	struct sign_key *key = public_of(pkey, &why);
	struct crypto_chunk chunk = { TEXT, sizeof(TEXT) };
	uint8_t digest[32],
		block[256] = { 0x00, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
		sig[256];
	BIGNUM *low = BN_new(), *high = BN_new(), *middle = BN_new(), *cube = BN_new(), *want;
	BN_CTX *ctx = BN_CTX_new();
	size_t len;

	crypto_hash(CRYPTO_SHA256, &chunk, 1, digest);
	len = 10 + put_hex(block + 10, "00" INFO "H", digest);
	memset(block + len, 0x80, sizeof(block) - len);
	want = BN_bin2bn(block, sizeof(block), NULL);
	BN_set_bit(high, 700);
	while (BN_cmp(low, high) < 0) { /* the least whose cube is not below it */
		BN_add(middle, low, high);
		BN_rshift1(middle, middle);
		BN_sqr(cube, middle, ctx);
		BN_mul(cube, cube, middle, ctx);
		if (BN_cmp(cube, want) < 0) {
			BN_add_word(middle, 1);
			BN_copy(low, middle);
		} else {
			BN_copy(high, middle);
		}
	}
	BN_sqr(cube, low, ctx);
	BN_mul(cube, cube, low, ctx);
	BN_bn2binpad(cube, sig, sizeof(sig));
	assert_memory_equal(sig, block, len); /* the forgery is one */
	BN_bn2binpad(low, sig, sizeof(sig));
	assert_false(sign_check(key, SIGN_RSA_SHA256, TEXT, sizeof(TEXT), sig, sizeof(sig)));
	BN_free(low);
	BN_free(high);
	BN_free(middle);
	BN_free(cube);
	BN_free(want);
	BN_CTX_free(ctx);
	sign_key_free(key);
}

static void test_padding(void **state)
{
	EVP_PKEY *three = rsa_with_exponent(3);

	(void)state;
	EVP_PKEY_up_ref(rsa.pkey);
	check_paddings(rsa.pkey);
	check_cube_root(three);
	check_paddings(three);
}

/* --- PSS: only the parameters that the scheme says --- */

static void test_pss(void **state)
{
	static const struct {
		const char *md, *mgf;
		int salt;
		bool good;
	} rows[] = {
		{ "SHA256", "SHA256", 32, true },
		{ "SHA256", "SHA256", 20, false },
		{ "SHA256", "SHA256", 0, false },
		{ "SHA256", "SHA256", RSA_PSS_SALTLEN_MAX, false },
		{ "SHA256", "SHA384", 32, false },
		{ "SHA256", "SHA1", 32, false },
		{ "SHA384", "SHA384", 48, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		EVP_MD_CTX *ctx = EVP_MD_CTX_new();
		EVP_PKEY_CTX *pctx;
		uint8_t sig[256];
		size_t len = sizeof(sig);

		assert_int_equal(EVP_DigestSignInit(ctx, &pctx, EVP_get_digestbyname(rows[i].md),
						    NULL, rsa.pkey),
				 1);
		EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING);
		EVP_PKEY_CTX_set_rsa_mgf1_md(pctx, EVP_get_digestbyname(rows[i].mgf));
		EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, rows[i].salt);
		assert_int_equal(
			EVP_DigestSign(ctx, sig, &len, (const uint8_t *)TEXT, sizeof(TEXT)), 1);
		assert_int_equal(
			sign_check(rsa.public, SIGN_PSS_SHA256, TEXT, sizeof(TEXT), sig, len),
			rows[i].good);
		EVP_MD_CTX_free(ctx);
	}
}

/* --- the number that is signed for --- */

/* Longer, shorter, or another number with the same remainder: a signature has one form, RFC 8017
 * 8.1.2 and 8.2.2. */
static void test_rsa_numbers(void **state)
{
	enum { K = 256 };
	static const enum sign_scheme schemes[] = { SIGN_RSA_SHA256, SIGN_PSS_SHA256 };
	BIGNUM *n = NULL;

	(void)state;
	assert_int_equal(EVP_PKEY_get_bn_param(rsa.pkey, "n", &n), 1);
	for (size_t i = 0; i < COUNT(schemes); i++) {
		uint8_t sig[SIGN_MAX], bad[K + 1] = { 0 };
		BIGNUM *one = BN_new();
		size_t len;

		assert_true(sign_make(rsa.private, schemes[i], TEXT, sizeof(TEXT), sig, &len));
		assert_int_equal(len, K);
#define REFUSED(bytes, count)                                                                      \
	assert_false(sign_check(rsa.public, schemes[i], TEXT, sizeof(TEXT), bytes, count))
		memcpy(bad + 1, sig, K); /* a zero before it */
		REFUSED(bad, K + 1);
		memcpy(bad, sig, K); /* and behind it */
		bad[K] = 0;
		REFUSED(bad, K + 1);
		REFUSED(sig + 1, K - 1);
		REFUSED(sig, K / 2);
		memset(bad, 0, sizeof(bad)); /* 0, 1, n - 1 and n are their own powers */
		REFUSED(bad, K);
		bad[K - 1] = 1;
		REFUSED(bad, K);
		BN_bn2binpad(n, bad, K);
		REFUSED(bad, K);
		bad[K - 1]--; /* n is odd */
		REFUSED(bad, K);
		memset(bad, 0xff, sizeof(bad));
		REFUSED(bad, K);
		BN_bin2bn(sig, K, one); /* the same remainder */
		BN_add(one, one, n);
		assert_int_equal(BN_bn2binpad(one, bad, K + 1), K + 1);
		REFUSED(bad, K + 1);
		if (bad[0] == 0)
			REFUSED(bad + 1, K);
#undef REFUSED
		BN_free(one);
	}
	BN_free(n);
}

/* As many bytes as aaa may hold: 32 keys of 8192 bits, which take four times as much as those of
 * 2048, and in a reload those before and the ones after as well. */
static void test_many_keys(void **state)
{
	enum { MANY = 32 * 4 * 3 };
	struct sign_key *keys[MANY];
	EVP_PKEY *pkey = ca_key("RSA:2048");
	char *pem = ca_key_pem(pkey);
	const char *why = "";

	(void)state;
	sign_protect_keys();
	for (int i = 0; i < MANY; i++) {
		keys[i] = sign_key_from_pem(pem, strlen(pem), &why);
		if (!keys[i])
			fail_msg("key %d %s", i, why);
	}
	for (int i = 0; i < MANY; i++)
		sign_key_free(keys[i]);
	free(pem);
	EVP_PKEY_free(pkey);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_padding),
		cmocka_unit_test(test_pss),
		cmocka_unit_test(test_rsa_numbers),
		cmocka_unit_test(test_many_keys),
	};

	return cmocka_run_group_tests(tests, make_rsa, free_rsa);
}
