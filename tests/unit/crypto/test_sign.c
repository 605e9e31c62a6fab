// SPDX-License-Identifier: BSD-2-Clause
/* Signatures: every scheme with every key, the bytes that name them, and what forgers try. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "crypto/sign.h"
#include "hex.h"
#include "support/ca.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define TEXT         "octets that are to be signed"
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
	const char *kind;
	enum sign_key_type type;
	const char *text;
} kinds[] = {
	{ "RSA:2048", SIGN_KEY_RSA, "RSA 2048" },
	{ "RSA-PSS:2048", SIGN_KEY_RSA_PSS, "RSA-PSS 2048" },
	{ "EC:P-256", SIGN_KEY_P256, "ECDSA P-256" },
	{ "EC:P-384", SIGN_KEY_P384, "ECDSA P-384" },
	{ "EC:P-521", SIGN_KEY_P521, "ECDSA P-521" },
	{ "ED25519", SIGN_KEY_ED25519, "Ed25519" },
	{ "ED448", SIGN_KEY_ED448, "Ed448" },
};

static struct pair {
	EVP_PKEY *pkey;
	struct sign_key *private, *public;
} pairs[COUNT(kinds)];

static struct sign_key *public_of(EVP_PKEY *pkey, const char **why)
{
	uint8_t *der = NULL;
	int len = i2d_PUBKEY(pkey, &der);
	struct sign_key *key = sign_key_from_spki(der, (size_t)len, why);

	OPENSSL_free(der);
	return key;
}

static void make_pair(struct pair *p, EVP_PKEY *pkey)
{
	const char *why = "";
	char *pem = ca_key_pem(pkey);

	p->pkey = pkey;
	p->private = sign_key_from_pem(pem, strlen(pem), &why);
	p->public = public_of(pkey, &why);
	if (!p->private || !p->public)
		fail_msg("%s", why);
	free(pem);
}

static void free_pair(struct pair *p)
{
	sign_key_free(p->private);
	sign_key_free(p->public);
	EVP_PKEY_free(p->pkey);
}

static int make_pairs(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(kinds); i++)
		make_pair(&pairs[i], ca_key(kinds[i].kind));
	return 0;
}

static int free_pairs(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(kinds); i++)
		free_pair(&pairs[i]);
	return 0;
}

/* Each scheme with each key: it works where it fits and is refused everywhere else. */
static void test_matrix(void **state)
{
	(void)state;
	for (size_t k = 0; k < COUNT(kinds); k++) {
		char text[32];

		assert_int_equal(sign_key_type(pairs[k].private), kinds[k].type);
		assert_int_equal(sign_key_type(pairs[k].public), kinds[k].type);
		assert_string_equal(sign_key_text(pairs[k].public, text, sizeof(text)),
				    kinds[k].text);
		for (enum sign_scheme s = SIGN_NONE; s <= SIGN_SCHEMES; s++) {
			uint8_t sig[SIGN_MAX];
			size_t len;
			bool made = sign_make(pairs[k].private, s, TEXT, sizeof(TEXT), sig, &len);

			assert_int_equal(made, sign_scheme_fits(s, kinds[k].type));
			if (!made) {
				assert_int_equal(len, 0);
				continue;
			}
			assert_true(sign_check(pairs[k].public, s, TEXT, sizeof(TEXT), sig, len));
			assert_false(
				sign_check(pairs[k].public, s, TEXT, sizeof(TEXT) - 1, sig, len));
			assert_false(
				sign_check(pairs[k].public, s, TEXT, sizeof(TEXT), sig, len - 1));
			assert_false(sign_check(pairs[k].public, s, TEXT, sizeof(TEXT), sig, 0));
			for (size_t at = 0; at < len; at += 7) {
				sig[at] ^= 0x10;
				assert_false(sign_check(pairs[k].public, s, TEXT, sizeof(TEXT), sig,
							len));
				sig[at] ^= 0x10;
			}
			/* Another key of the same kind, another scheme, a key without its private
			 * part. */
			for (enum sign_scheme other = SIGN_NONE + 1; other < SIGN_SCHEMES; other++)
				if (other != s)
					assert_false(sign_check(pairs[k].public, other, TEXT,
								sizeof(TEXT), sig, len));
			assert_false(sign_make(pairs[k].public, s, TEXT, sizeof(TEXT), sig, &len));
		}
	}
}

/* RFC 4754 8.1 (message "abc") and RFC 8032 7.1 test 1. */
/* clang-format off */
static const struct {
	enum sign_scheme scheme;
	const char *spki, *message, *sig;
} known[] = {
	{ SIGN_ECDSA_P256_RAW,
	  "3059301306072a8648ce3d020106082a8648ce3d030107034200"
	  "042442a5cc0ecd015fa3ca31dc8e2bbc70bf42d60cbca20085e0822cb04235e970"
	  "6fc98bd7e50211a4a27102fa3549df79ebcb4bf246b80945cddfe7d509bbfd7d",
	  "abc",
	  "cb28e0999b9c7715fd0a80d8e47a77079716cbbf917dd72e97566ea1c066957c"
	  "86fa3bb4e26cad5bf90b7f81899256ce7594bb1ea0c89212748bff3b3d5b0315" },
	{ SIGN_ED25519,
	  "302a300506032b6570032100d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
	  "",
	  "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
	  "d25bf5f0595bbe24655141438e7a100b" },
};
/* clang-format on */

static void test_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(known); i++) {
		uint8_t spki[256], sig[256];
		size_t spki_len = unhex(known[i].spki, spki), sig_len = unhex(known[i].sig, sig);
		const char *why = "";
		struct sign_key *key = sign_key_from_spki(spki, spki_len, &why);

		if (!key)
			fail_msg("%zu: %s", i, why);
		assert_true(sign_check(key, known[i].scheme, known[i].message,
				       strlen(known[i].message), sig, sig_len));
		sign_key_free(key);
	}
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
	EVP_PKEY_up_ref(pairs[0].pkey);
	check_paddings(pairs[0].pkey);
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
						    NULL, pairs[0].pkey),
				 1);
		EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING);
		EVP_PKEY_CTX_set_rsa_mgf1_md(pctx, EVP_get_digestbyname(rows[i].mgf));
		EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, rows[i].salt);
		assert_int_equal(
			EVP_DigestSign(ctx, sig, &len, (const uint8_t *)TEXT, sizeof(TEXT)), 1);
		assert_int_equal(
			sign_check(pairs[0].public, SIGN_PSS_SHA256, TEXT, sizeof(TEXT), sig, len),
			rows[i].good);
		EVP_MD_CTX_free(ctx);
	}
}

/* --- ECDSA: numbers out of range, and more than one spelling --- */

enum { N = 32 };

static void test_ecdsa(void **state)
{
	static const char order[] =
		"ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
	const struct pair *p = &pairs[2];
	uint8_t sig[SIGN_MAX], raw[2 * N], bad[2 * N], der[160], n[N], longer[160];
	size_t len, der_len;
	BIGNUM *order_bn, *s;

	(void)state;
	unhex(order, n);
	order_bn = BN_bin2bn(n, N, NULL);
	assert_true(sign_make(p->private, SIGN_ECDSA_P256_RAW, TEXT, sizeof(TEXT), sig, &len));
	assert_int_equal(len, sizeof(raw));
	memcpy(raw, sig, sizeof(raw));
	assert_true(sign_make(p->private, SIGN_ECDSA_SHA256, TEXT, sizeof(TEXT), sig, &der_len));
	memcpy(der, sig, der_len);
#define BAD(change)                                                                                \
	do {                                                                                       \
		memcpy(bad, raw, sizeof(bad));                                                     \
		change;                                                                            \
		assert_false(sign_check(p->public, SIGN_ECDSA_P256_RAW, TEXT, sizeof(TEXT), bad,   \
					sizeof(bad)));                                             \
	} while (0)
	BAD(memset(bad, 0, sizeof(bad)));
	BAD(memset(bad, 0, N));
	BAD(memset(bad + N, 0, N));
	BAD(memcpy(bad, n, N));
	BAD(memcpy(bad + N, n, N));
	BAD(memcpy(bad, raw + N, N); memcpy(bad + N, raw, N));
	assert_false(
		sign_check(p->public, SIGN_ECDSA_P256_RAW, TEXT, sizeof(TEXT), raw, 2 * N - 2));
	assert_false(sign_check(p->public, SIGN_ECDSA_P256_RAW, TEXT, sizeof(TEXT), der, der_len));
	assert_false(
		sign_check(p->public, SIGN_ECDSA_SHA256, TEXT, sizeof(TEXT), raw, sizeof(raw)));
	/* DER: something behind it, the long form of a length, a zero before a number, s + n. */
	memcpy(longer, der, der_len);
	longer[der_len] = 0;
	assert_false(
		sign_check(p->public, SIGN_ECDSA_SHA256, TEXT, sizeof(TEXT), longer, der_len + 1));
	longer[0] = 0x30;
	longer[1] = 0x81;
	memcpy(longer + 2, der + 1, der_len - 1);
	assert_false(
		sign_check(p->public, SIGN_ECDSA_SHA256, TEXT, sizeof(TEXT), longer, der_len + 1));
	memcpy(longer, der, 4);
	longer[1]++;
	longer[3]++;
	longer[4] = 0;
	memcpy(longer + 5, der + 4, der_len - 4);
	assert_false(
		sign_check(p->public, SIGN_ECDSA_SHA256, TEXT, sizeof(TEXT), longer, der_len + 1));
	s = BN_bin2bn(raw + N, N, NULL);
	BN_add(s, s, order_bn);
	{
		ECDSA_SIG *pair = ECDSA_SIG_new();
		uint8_t *out = longer;
		int out_len;

		ECDSA_SIG_set0(pair, BN_bin2bn(raw, N, NULL), s);
		out_len = i2d_ECDSA_SIG(pair, &out);
		assert_true(out_len > 0);
		assert_false(sign_check(p->public, SIGN_ECDSA_SHA256, TEXT, sizeof(TEXT), longer,
					(size_t)out_len));
		ECDSA_SIG_free(pair);
	}
	BN_free(order_bn);
}

/* Ed25519: S must be below the order of the group, RFC 8032 5.1.7. */
static void test_ed25519(void **state)
{
	/* L, little-endian. */
	static const uint8_t order[32] = { 0xed, 0xd3, 0xf5, 0x5c, 0x1a,       0x63,
					   0x12, 0x58, 0xd6, 0x9c, 0xf7,       0xa2,
					   0xde, 0xf9, 0xde, 0x14, [31] = 0x10 };
	const struct pair *p = &pairs[5];
	uint8_t sig[SIGN_MAX];
	unsigned carry = 0;
	size_t len;

	(void)state;
	assert_true(sign_make(p->private, SIGN_ED25519, TEXT, sizeof(TEXT), sig, &len));
	for (size_t i = 0; i < 32; i++) {
		carry += sig[32 + i] + order[i];
		sig[32 + i] = (uint8_t)carry;
		carry >>= 8;
	}
	assert_false(sign_check(p->public, SIGN_ED25519, TEXT, sizeof(TEXT), sig, len));
}

/* --- names of schemes --- */

/* clang-format off */
#define RSA_PSS "06092a864886f70d01010a"
#define SHA(number) "300d060960864801650304020" number "0500"
#define SHA_BARE(number) "300b060960864801650304020" number
#define MGF(hash) "06092a864886f70d010108" hash

static const struct {
	const char *what, *hex;
	enum sign_scheme scheme;
} algorithms[] = {
	{ "RSA with NULL", "300d06092a864886f70d01010b0500", SIGN_RSA_SHA256 },
	{ "without", "300b06092a864886f70d01010b", SIGN_RSA_SHA256 },
	{ "SHA-1", "300d06092a864886f70d0101050500", SIGN_RSA_SHA1 },
	{ "MD5", "300d06092a864886f70d0101040500", SIGN_NONE },
	{ "other parameters", "300f06092a864886f70d01010b05000500", SIGN_NONE },
	{ "something behind", "300d06092a864886f70d01010b050000", SIGN_NONE },
	{ "a length too short", "300c06092a864886f70d01010b0500", SIGN_NONE },
	{ "the long form of the length", "30810d06092a864886f70d01010b0500", SIGN_NONE },
	{ "ECDSA", "300a06082a8648ce3d040302", SIGN_ECDSA_SHA256 },
	{ "with NULL", "300c06082a8648ce3d0403020500", SIGN_NONE },
	{ "with SHA-1", "300906072a8648ce3d0401", SIGN_NONE },
	{ "Ed25519", "300506032b6570", SIGN_ED25519 },
	{ "Ed448", "300506032b6571", SIGN_ED448 },
	{ "X25519", "300506032b656e", SIGN_NONE },
	{ "nothing", "", SIGN_NONE },
	{ "PSS", "3041" RSA_PSS "3034a00f" SHA("1") "a11c301a" MGF(SHA("1")) "a203020120", SIGN_PSS_SHA256 },
	{ "as RFC 7427 shows it", "3046" RSA_PSS "3039a00f" SHA("1") "a11c301a" MGF(SHA("1")) "a203020120" "a303020101",
	  SIGN_PSS_SHA256 },
	{ "hashes without NULL", "303d" RSA_PSS "3030a00d" SHA_BARE("1") "a11a3018" MGF(SHA_BARE("1")) "a203020120",
	  SIGN_PSS_SHA256 },
	{ "SHA-512", "3041" RSA_PSS "3034a00f" SHA("3") "a11c301a" MGF(SHA("3")) "a203020140", SIGN_PSS_SHA512 },
	{ "another salt", "3041" RSA_PSS "3034a00f" SHA("1") "a11c301a" MGF(SHA("1")) "a203020114", SIGN_NONE },
	{ "another hash inside", "3041" RSA_PSS "3034a00f" SHA("1") "a11c301a" MGF(SHA("2")) "a203020120", SIGN_NONE },
	{ "another trailer", "3046" RSA_PSS "3039a00f" SHA("1") "a11c301a" MGF(SHA("1")) "a203020120" "a303020102",
	  SIGN_NONE },
	{ "no salt", "303c" RSA_PSS "302fa00f" SHA("1") "a11c301a" MGF(SHA("1")), SIGN_NONE },
	{ "all by default, which is SHA-1", "300d" RSA_PSS "3000", SIGN_NONE },
	{ "no parameters", "300b" RSA_PSS, SIGN_NONE },
	{ "SHA-224", "3041" RSA_PSS "3034a00f" SHA("4") "a11c301a" MGF(SHA("4")) "a20302011c", SIGN_NONE },
};
/* clang-format on */

static void test_algorithms(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(algorithms); i++) {
		uint8_t der[128];
		size_t len = unhex(algorithms[i].hex, der);
		enum sign_scheme got = sign_scheme_from_algorithm(der, len);

		if (got != algorithms[i].scheme) {
			print_error("%s: %s\n", algorithms[i].what, sign_scheme_text(got));
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
	for (enum sign_scheme s = SIGN_NONE + 1; s < SIGN_SCHEMES; s++) {
		size_t len;
		const uint8_t *der = sign_scheme_algorithm(s, &len);
		bool raw = s >= SIGN_ECDSA_P256_RAW && s <= SIGN_ECDSA_P521_RAW;

		assert_int_equal(der == NULL, raw);
		if (der) {
			assert_in_range(len, 1, SIGN_ALGORITHM_MAX);
			assert_int_equal(sign_scheme_from_algorithm(der, len), s);
			for (size_t i = 0; i < len; i++)
				assert_int_equal(sign_scheme_from_algorithm(der, i), SIGN_NONE);
		}
	}
}

/* --- AUTH data --- */

static void test_choose(void **state)
{
	enum {
		SHA256 = 1 << SIGN_HASH_SHA256,
		SHA512 = 1 << SIGN_HASH_SHA512,
		SELF = 1 << SIGN_HASH_IDENTITY
	};
	static const struct {
		enum sign_key_type type;
		struct sign_peer peer;
		enum sign_method method; /* 0: none */
		enum sign_scheme scheme;
	} rows[] = {
		{ SIGN_KEY_RSA, { SHA256, false, 0 }, SIGN_METHOD_DIGITAL, SIGN_RSA_SHA256 },
		{ SIGN_KEY_RSA, { SHA256, true, 0 }, SIGN_METHOD_DIGITAL, SIGN_PSS_SHA256 },
		{ SIGN_KEY_RSA, { SHA512, false, 0 }, SIGN_METHOD_DIGITAL, SIGN_RSA_SHA512 },
		{ SIGN_KEY_RSA, { SELF, false, 0 }, 0, SIGN_NONE },
		{ SIGN_KEY_RSA, { 1 << SIGN_HASH_SHA1, false, 0 }, 0, SIGN_NONE },
		{ SIGN_KEY_RSA, { 0, false, 0 }, 0, SIGN_NONE },
		{ SIGN_KEY_RSA, { 0, false, SIGN_LEGACY }, SIGN_METHOD_RSA, SIGN_RSA_SHA1 },
		{ SIGN_KEY_RSA_PSS, { SHA256, false, 0 }, SIGN_METHOD_DIGITAL, SIGN_PSS_SHA256 },
		{ SIGN_KEY_RSA_PSS, { 0, false, SIGN_LEGACY }, 0, SIGN_NONE },
		{ SIGN_KEY_P256, { SHA256, false, 0 }, SIGN_METHOD_DIGITAL, SIGN_ECDSA_SHA256 },
		{ SIGN_KEY_P256, { SHA512, false, 0 }, SIGN_METHOD_DIGITAL, SIGN_ECDSA_SHA512 },
		{ SIGN_KEY_P256, { 0, false, 0 }, SIGN_METHOD_ECDSA_P256, SIGN_ECDSA_P256_RAW },
		{ SIGN_KEY_P384,
		  { SHA256 | SHA512, false, 0 },
		  SIGN_METHOD_DIGITAL,
		  SIGN_ECDSA_SHA512 },
		{ SIGN_KEY_P384, { 0, false, 0 }, SIGN_METHOD_ECDSA_P384, SIGN_ECDSA_P384_RAW },
		{ SIGN_KEY_P521, { 0, false, 0 }, SIGN_METHOD_ECDSA_P521, SIGN_ECDSA_P521_RAW },
		{ SIGN_KEY_ED25519, { SELF, false, 0 }, SIGN_METHOD_DIGITAL, SIGN_ED25519 },
		{ SIGN_KEY_ED25519, { SHA256, false, 0 }, 0, SIGN_NONE },
		{ SIGN_KEY_ED448, { SELF | SHA256, true, 0 }, SIGN_METHOD_DIGITAL, SIGN_ED448 },
		{ SIGN_KEY_ED448, { 0, false, SIGN_LEGACY }, 0, SIGN_NONE },
		{ SIGN_KEY_NONE, { SHA256, false, 0 }, 0, SIGN_NONE },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sign_choice choice = { 0 };
		bool ok = sign_choose(rows[i].type, &rows[i].peer, &choice);

		if (ok != (rows[i].method != 0) || choice.method != rows[i].method ||
		    choice.scheme != rows[i].scheme || (ok && !sign_choice_ok(&choice)))
			fail_msg("row %zu", i);
	}
}

static void test_auth(void **state)
{
	static const struct sign_choice never[] = {
		{ SIGN_METHOD_RSA, SIGN_PSS_SHA256 },
		{ SIGN_METHOD_RSA, SIGN_ECDSA_SHA256 },
		{ SIGN_METHOD_ECDSA_P256, SIGN_RSA_SHA256 },
		{ SIGN_METHOD_ECDSA_P256, SIGN_ECDSA_SHA256 },
		{ SIGN_METHOD_DIGITAL, SIGN_ECDSA_P256_RAW },
		{ SIGN_METHOD_DIGITAL, SIGN_NONE },
		{ 2, SIGN_RSA_SHA256 },
		{ 0, SIGN_RSA_SHA256 },
	};
	uint8_t auth[SIGN_AUTH_MAX];
	size_t len;

	(void)state;
	for (size_t i = 0; i < COUNT(never); i++) {
		assert_false(sign_choice_ok(&never[i]));
		for (size_t k = 0; k < COUNT(kinds); k++)
			assert_false(sign_auth_make(pairs[k].private, &never[i], TEXT, sizeof(TEXT),
						    auth, &len));
	}
	for (size_t k = 0; k < COUNT(kinds); k++) {
		for (enum sign_scheme s = SIGN_NONE + 1; s < SIGN_SCHEMES; s++) {
			const struct sign_choice choice = { SIGN_METHOD_DIGITAL, s };
			uint32_t hash = 1u << sign_scheme_hash(s);
			enum sign_scheme used;
			bool sha1 = s == SIGN_RSA_SHA1;

			if (!sign_auth_make(pairs[k].private, &choice, TEXT, sizeof(TEXT), auth,
					    &len))
				continue;
			assert_true(sign_auth_check(pairs[k].public, SIGN_METHOD_DIGITAL, hash,
						    sha1 ? SIGN_LEGACY : 0, TEXT, sizeof(TEXT),
						    auth, len, &used));
			assert_int_equal(used, s);
			/* A hash that was not announced; SHA-1 where nobody allowed it. */
			assert_false(sign_auth_check(pairs[k].public, SIGN_METHOD_DIGITAL, ~hash,
						     SIGN_LEGACY, TEXT, sizeof(TEXT), auth, len,
						     NULL));
			if (sha1)
				assert_false(sign_auth_check(pairs[k].public, SIGN_METHOD_DIGITAL,
							     hash, 0, TEXT, sizeof(TEXT), auth, len,
							     NULL));
			/* As if it were of another method, and cut at every length. */
			assert_false(sign_auth_check(pairs[k].public, SIGN_METHOD_RSA, hash,
						     SIGN_LEGACY, TEXT, sizeof(TEXT), auth, len,
						     NULL));
			for (size_t cut = 0; cut < len; cut++)
				assert_false(sign_auth_check(pairs[k].public, SIGN_METHOD_DIGITAL,
							     hash, SIGN_LEGACY, TEXT, sizeof(TEXT),
							     auth, cut, NULL));
		}
	}
}

/* Method 1 names its hash inside the signature. */
static void test_method_1(void **state)
{
	(void)state;
	for (enum sign_scheme s = SIGN_RSA_SHA1; s <= SIGN_RSA_SHA512; s++) {
		const struct sign_choice choice = { SIGN_METHOD_RSA, s };
		uint8_t auth[SIGN_AUTH_MAX];
		enum sign_scheme used;
		size_t len;

		assert_true(
			sign_auth_make(pairs[0].private, &choice, TEXT, sizeof(TEXT), auth, &len));
		assert_int_equal(len, 256);
		assert_true(sign_auth_check(pairs[0].public, SIGN_METHOD_RSA, 0, SIGN_LEGACY, TEXT,
					    sizeof(TEXT), auth, len, &used));
		assert_int_equal(used, s);
		assert_int_equal(sign_auth_check(pairs[0].public, SIGN_METHOD_RSA, 0, 0, TEXT,
						 sizeof(TEXT), auth, len, NULL),
				 s != SIGN_RSA_SHA1);
		assert_false(sign_auth_check(pairs[2].public, SIGN_METHOD_RSA, 0, SIGN_LEGACY, TEXT,
					     sizeof(TEXT), auth, len, NULL));
	}
}

/* --- keys --- */

static void refused_pem(const char *pem, const char *words)
{
	const char *why = "";

	assert_null(sign_key_from_pem(pem, strlen(pem), &why));
	if (!strstr(why, words))
		fail_msg("'%s' is not in '%s'", words, why);
}

static void test_keys(void **state)
{
	static const char *const kinds_refused[][2] = {
		{ "RSA:1024", "less than 2048 bits" },
		{ "EC:secp256k1", "of a kind that is not known" },
		{ "EC:P-224", "of a kind that is not known" },
		{ "X25519", "of a kind that is not known" },
	};
	BIO *bio = BIO_new(BIO_s_mem());
	EVP_PKEY *pkey;
	const char *why;
	char *text;
	uint8_t *der = NULL;
	int len;

	(void)state;
	refused_pem("", "holds no private key");
	refused_pem("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
		    "holds no private key");
	for (size_t i = 0; i < COUNT(kinds_refused); i++) {
		pkey = ca_key(kinds_refused[i][0]);
		text = ca_key_pem(pkey);
		refused_pem(text, kinds_refused[i][1]);
		assert_null(public_of(pkey, &why));
		free(text);
		EVP_PKEY_free(pkey);
	}
	PEM_write_bio_PKCS8PrivateKey(bio, pairs[2].pkey, EVP_aes_256_cbc(), "secret", 6, NULL,
				      NULL);
	len = (int)BIO_get_mem_data(bio, &text);
	assert_null(sign_key_from_pem(text, (size_t)len, &why));
	assert_non_null(strstr(why, "is encrypted"));
	BIO_free(bio);
	/* A curve that is spelled out: whoever chooses its base point can sign for any key. */
	pkey = ca_key("EC:P-256");
	assert_int_equal(EVP_PKEY_set_utf8_string_param(pkey, "encoding", "explicit"), 1);
	assert_null(public_of(pkey, &why));
	EVP_PKEY_free(pkey);
	/* Something behind it. */
	len = i2d_PUBKEY(pairs[2].pkey, &der);
	text = malloc((size_t)len + 1);
	memcpy(text, der, (size_t)len);
	text[len] = 0;
	assert_null(sign_key_from_spki((uint8_t *)text, (size_t)len + 1, &why));
	for (int i = 0; i < len; i++)
		assert_null(sign_key_from_spki(der, (size_t)i, &why));
	free(text);
	OPENSSL_free(der);
	for (size_t a = 0; a < COUNT(kinds); a++)
		for (size_t b = 0; b < COUNT(kinds); b++)
			assert_int_equal(sign_key_match(pairs[a].private, pairs[b].public), a == b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_matrix),     cmocka_unit_test(test_known),
		cmocka_unit_test(test_padding),    cmocka_unit_test(test_pss),
		cmocka_unit_test(test_ecdsa),      cmocka_unit_test(test_ed25519),
		cmocka_unit_test(test_algorithms), cmocka_unit_test(test_choose),
		cmocka_unit_test(test_auth),       cmocka_unit_test(test_method_1),
		cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests(tests, make_pairs, free_pairs);
}
