// SPDX-License-Identifier: BSD-2-Clause
/* Signatures: every scheme with every key, and the bytes that name them. */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#include "sign_pair.h"

#include <openssl/pem.h>

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

static struct pair pairs[COUNT(kinds)];

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

/* RFC 4754 8.1 (message "abc"), RFC 8032 7.1 test 1 and 7.4 "Blank" (the self-test: the others). */
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
	{ SIGN_ED448,
	  "3043300506032b6571033a005fd7449b59b461fd2ce787ec616ad46a1da1342485a70e1f8a0ea75d80e96778"
	  "edf124769b46c7061bd6783df1e50f6cd1fa1abeafe8256180",
	  "",
	  "533a37f6bbe457251f023c0d88f976ae2dfb504a843e34d2074fd823d41a591f2b233f034f628281f2fd7a22ddd47d78"
	  "28c59bd0a21bfd3980ff0d2028d4b18a9df63e006c5d1c2d345b925d8dc00b4104852db99ac5c7cdda8530a113a0f4db"
	  "b61149f05a7363268c71d95808ff2e652600" },
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
		cmocka_unit_test(test_algorithms), cmocka_unit_test(test_choose),
		cmocka_unit_test(test_auth),       cmocka_unit_test(test_method_1),
		cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests(tests, make_pairs, free_pairs);
}
