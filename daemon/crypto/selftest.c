// SPDX-License-Identifier: BSD-2-Clause
#include "crypto/selftest.h"

#include "crypto/dh.h"
#include "crypto/hash.h"
#include "crypto/mlkem.h"
#include "crypto/prf.h"
#include "crypto/rand.h"
#include "crypto/selftest_internal.h"
#include "crypto/sk.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { BYTES_MAX = 1024 };

/* clang-format off */
static const struct {
	enum crypto_hash hash;
	const char *digest;     /* of "abc", FIPS 180-4 */
	const char *hmac;       /* RFC 4231 and, SHA-1, RFC 2202: test case 2 */
	const char *prf_plus;   /* of key "Jefe" and seed "abc", 8 bytes of the second block on */
} hashes[] = {
	{ CRYPTO_SHA1, "a9993e364706816aba3e25717850c26c9cd0d89d",
	  "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79", "3cb0dac25f6e154e" },
	{ CRYPTO_SHA256,
	  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
	  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
	  "f019d20cc0705db5" },
	{ CRYPTO_SHA384,
	  "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
	  "8086072ba1e7cc2358baeca134c825a7",
	  "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e"
	  "8e2240ca5e69e2c78b3239ecfab21649",
	  "45db0f38cc4d097d" },
	{ CRYPTO_SHA512,
	  "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
	  "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
	  "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
	  "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
	  "bba530d458b5e748" },
};

/*
 * The example of RFC 7634 appendix B: AAD, payloads and IV. Other suites seal the same bytes with
 * keys of the same pattern (cipher 80 81 .., salt a0 .., HMAC 00 01 ..).
 */
static const uint8_t sk_aad[] = {
	0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7,
	0xd0, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7,
	0x2e, 0x20, 0x25, 0x00, 0x00, 0x00, 0x00, 0x09,
	0x00, 0x00, 0x00, 0x45, 0x29, 0x00, 0x00, 0x29,
};
static const uint8_t sk_payloads[] = { 0, 0, 0, 0x0c, 0, 0, 0x40, 0x01, 0, 0, 0, 0x0a };
static const struct {
	const char *name;
	struct crypto_sk_suite suite;
	const char *sealed;     /* after the IV */
} sks[] = {
	{ "ChaCha20-Poly1305", { CRYPTO_CHACHA20_POLY1305, 256, CRYPTO_HASH_NONE },
	  "610394701f8d017f7c129248896b71bfe25236efd7cdc67066906315b2" },
	{ "AES-GCM-128", { CRYPTO_AES_GCM_16, 128, CRYPTO_HASH_NONE },
	  "9146c4ffacb89c2bc9f175a7fa300a7cc3736a7d6febaa1cde9ff2970d" },
	{ "AES-GCM-192", { CRYPTO_AES_GCM_16, 192, CRYPTO_HASH_NONE },
	  "d5494373b78235a26210ae6e03b1114922ac43ca8547a2f5fc2b3eee34" },
	{ "AES-GCM-256", { CRYPTO_AES_GCM_16, 256, CRYPTO_HASH_NONE },
	  "9440c4dcb893200cfb55f6fdcc30045d78376cd938f8f24d89b4ab48f2" },
	{ "AES-CBC-128 with HMAC-SHA2-256-128", { CRYPTO_AES_CBC, 128, CRYPTO_SHA256 },
	  "e33fd309e9d107145f7e21edff494236e8e9e2a543286a87756749c266623699" },
	{ "AES-CBC-192 with HMAC-SHA2-256-128", { CRYPTO_AES_CBC, 192, CRYPTO_SHA256 },
	  "280f030ef3dd96da9555ac83735e790046d9b58ba68630890d2e6abd59f5f344" },
	{ "AES-CBC-256 with HMAC-SHA1-96", { CRYPTO_AES_CBC, 256, CRYPTO_SHA1 },
	  "33c5424c06b72578caad1ebb0765f102d7e218f4c5f23c42ef332b93" },
	{ "AES-CBC-256 with HMAC-SHA2-384-192", { CRYPTO_AES_CBC, 256, CRYPTO_SHA384 },
	  "33c5424c06b72578caad1ebb0765f102d3e528b89e02af2bfd13d8e709433b7b"
	  "846a51329893d7ed" },
	{ "AES-CBC-256 with HMAC-SHA2-512-256", { CRYPTO_AES_CBC, 256, CRYPTO_SHA512 },
	  "33c5424c06b72578caad1ebb0765f1026af43c470dcd3c5bc553cdb972aea15c"
	  "f3403ddd75359568c2ea7b188babc17c" },
};

/*
 * RFC 5903 section 8, the initiator's side, and RFC 7748 6.1 and 6.2, Alice's. For MODP groups
 * there is nothing published: private value 01 02 .. 20, peer 4, and the SHA-256 of the secret.
 */
static const struct {
	uint16_t group;
	const char *name, *priv, *pub, *peer, *secret;
} dhs[] = {
	{ 2, "MODP 1024", NULL, NULL, NULL,
	  "9c1c9a05d2edf89255646871bbd78864109353b4c98b8544f847aa13b89d7439" },
	{ 5, "MODP 1536", NULL, NULL, NULL,
	  "64187c26779fbca63d383db268667e0195ccf9300ff04e35b5e4d84b1f923474" },
	{ 17, "MODP 6144", NULL, NULL, NULL,
	  "f42b0d15365567b0428e64f54280d25583aac38c4fa805762cf510df9b42a23c" },
	{ 18, "MODP 8192", NULL, NULL, NULL,
	  "b561567722be12e0aa98c353b89172fa2b163808d3cf8ac88036c04de68f4a54" },
	{ 14, "MODP 2048", NULL, NULL, NULL,
	  "f447949c053a9f6974996480dc6fcca436fcbd7b9441a487aa7ee3fa848e4eba" },
	{ 15, "MODP 3072", NULL, NULL, NULL,
	  "a6e72b561f54a72b910ea3648637f57cb523b4dd4be5cfa6370b36bfae45f6f4" },
	{ 16, "MODP 4096", NULL, NULL, NULL,
	  "ec3f9063d7afa0b6c2c116b4f39409396e2b0372e0c5d41496462697c5eec482" },
	{ 19, "ECP 256",
	  "c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433",
	  "dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c3772581180"
	  "5271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3",
	  "d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63"
	  "56fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab",
	  "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de" },
	{ 20, "ECP 384",
	  "099f3c7034d4a2c699884d73a375a67f7624ef7c6b3c0f160647b67414dce655"
	  "e35b538041e649ee3faef896783ab194",
	  "667842d7d180ac2cde6f74f37551f55755c7645c20ef73e31634fe72b4c55ee6"
	  "de3ac808acb4bdb4c88732aee95f41aa9482ed1fc0eeb9cafc4984625ccfc23f"
	  "65032149e0e144ada024181535a0f38eeb9fcff3c2c947dae69b4c634573a81c",
	  "e558dbef53eecde3d3fccfc1aea08a89a987475d12fd950d83cfa41732bc509d"
	  "0d1ac43a0336def96fda41d0774a3571dcfbec7aacf3196472169e838430367f"
	  "66eebe3c6e70c416dd5f0c68759dd1fff83fa40142209dff5eaad96db9e6386c",
	  "11187331c279962d93d604243fd592cb9d0a926f422e47187521287e7156c5c4"
	  "d603135569b9e9d09cf5d4a270f59746" },
	{ 21, "ECP 521",
	  "0037ade9319a89f4dabdb3ef411aaccca5123c61acab57b5393dce47608172a0"
	  "95aa85a30fe1c2952c6771d937ba9777f5957b2639bab072462f68c27a57382d"
	  "4a52",
	  "0015417e84dbf28c0ad3c278713349dc7df153c897a1891bd98bab4357c9ecbe"
	  "e1e3bf42e00b8e380aeae57c2d107564941885942af5a7f4601723c4195d176c"
	  "ed3e017cae20b6641d2eeb695786d8c946146239d099e18e1d5a514c739d7cb4"
	  "a10ad8a788015ac405d7799dc75e7b7d5b6cf2261a6a7f1507438bf01beb6ca3"
	  "926f9582",
	  "00d0b3975ac4b799f5bea16d5e13e9af971d5e9b984c9f39728b5e5739735a21"
	  "9b97c356436adc6e95bb0352f6be64a6c2912d4ef2d0433ced2b6171640012d9"
	  "460f015c68226383956e3bd066e797b623c27ce0eac2f551a10c2c724d985207"
	  "7b87220b6536c5c408a1d2aebb8e86d678ae49cb57091f4732296579ab44fcd1"
	  "7f0fc56a",
	  "01144c7d79ae6956bc8edb8e7c787c4521cb086fa64407f97894e5e6b2d79b04"
	  "d1427e73ca4baa240a34786859810c06b3c715a3a8cc3151f2bee417996d19f3"
	  "ddea" },
	{ 31, "Curve25519",
	  "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
	  "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
	  "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f",
	  "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742" },
	{ 32, "Curve448",
	  "9a8f4925d1519f5775cf46b04b5800d4ee9ee8bae8bc5565d498c28dd9c9baf5"
	  "74a9419744897391006382a6f127ab1d9ac2d8c0a598726b",
	  "9b08f7cc31b7e3e67d22d5aea121074a273bd2b83de09c63faa73d2c22c5d9bb"
	  "c836647241d953d40c5b12da88120d53177f80e532c41fa0",
	  "3eb7a829b0cd20f5bcfc0b599b6feccf6da4627107bdb0d4f345b43027d8b972"
	  "fc3e34fb4232a13ca706dcb57aec3dae07bdc1c67bf33609",
	  "07fff4181ac6cc95ec1c16a94a0f74d12da232ce40a77552281d282bb60c0b56"
	  "fd2464c335543936521c24403085d59a449a5037514a879d" },
};

/*
 * Computed by an implementation of FIPS 203 that shares nothing with the library: seed d | z, the
 * randomness m, SHA-256 of the encapsulation key and of the ciphertext, the secret.
 */
static const struct {
	uint16_t method;
	const char *name, *seed, *random, *key, *ciphertext, *secret;
} kems[] = {
	{ 35, "ML-KEM-512",
	  "e1e3206875e67d7e81353774fe9025035b9b41a4a9f6ec00b91c600442fd717d"
	  "c6f5785a6f2b42e843228be53eb768d64c6f9d4355ae95f083e51ed57c437310",
	  "a741ec2002be6f4fa76037b7f0644f833fa823e630401a39d3240c6e82a430bb",
	  "608ceb45bd8864429f4a995a352ebc5ab502531803d99f6e477273dbe5337d91",
	  "fc64863d4483691a038adc8bbab8455c607a0497377a256e83d406d83652c1e8",
	  "521cad31b9118cadbb37c7a833db7846cf863a59cf42f3726a6ebfc0a404b716" },
	{ 36, "ML-KEM-768",
	  "f688563f7c66a5da2d8bdb5a5f3e07bd8dce6f7efcec7f41298d79863459f7cd"
	  "d1d49a515250dbceb9f6e3fcc1c7d5306918964b21ddb22207e03e57f0600da8",
	  "3dc27ca0a6594b0e56320457c45a0f76bb8a213ea4a76d442186a0aefadbcdb9",
	  "8d7887ad6b47c80dcf2210ca209cc35d584977aeae1a30dfae68d28a98dd196e",
	  "b96b0f142e4955ed41d76b8837355bcb67f2e994c0a98f195ca69c0cd07aa879",
	  "ae726da2df66601c6648a7565c02b203a089276ac30f6cc226d048f93fafd78c" },
	{ 37, "ML-KEM-1024",
	  "2a62c39ef4fc499f2d132716f480bb7521a49558ae84ee80d9352e66daf1e3a8"
	  "5f574ef7f013d4336801fed022178c3ed91d0b6d51325315fc1dcabf4770a2ea",
	  "e07d685ed308e609c9c7842026e35732f6ffc6e2fee10f0afd348f2b42a8acb4",
	  "d992667cea95995b77a96adfa9d9109daeaebf0d4ba1893a0fb9bc91aacd85d6",
	  "6de77695f0f81fd612c97bb37cf18dae8921380f595f27345c194e967f08259e",
	  "d53825c3ff666bb2881215dbec04a8bdce9099b2a3680938c2f199b54d505953" },
};
/* clang-format on */

static uint8_t nibble(char c)
{
	return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

size_t selftest_unhex(const char *hex, uint8_t *out)
{
	size_t n = 0;

	for (; hex[0] && hex[1]; hex += 2)
		out[n++] = (uint8_t)(nibble(hex[0]) << 4 | nibble(hex[1]));
	return n;
}

static bool is(const uint8_t *bytes, size_t len, const char *hex)
{
	uint8_t want[BYTES_MAX];

	return selftest_unhex(hex, want) == len && memcmp(bytes, want, len) == 0;
}

static bool check_hash(size_t i)
{
	static const struct crypto_chunk abc[] = { { "ab", 2 }, { NULL, 0 }, { "c", 1 } };
	static const struct crypto_chunk wants = { "what do ya want for nothing?", 28 };
	size_t len = crypto_hash_len(hashes[i].hash);
	uint8_t out[CRYPTO_HASH_MAX + 8];

	if (!crypto_hash(hashes[i].hash, abc, 3, out) || !is(out, len, hashes[i].digest))
		return false;
	return crypto_hmac(hashes[i].hash, "Jefe", 4, &wants, 1, out) &&
	       is(out, len, hashes[i].hmac) &&
	       crypto_prf_plus(hashes[i].hash, "Jefe", 4, "abc", 3, out, len + 8) &&
	       is(out + len, 8, hashes[i].prf_plus);
}

static bool check_sk(size_t i)
{
	uint8_t key[CRYPTO_SK_KEY_MAX], integ[CRYPTO_SK_INTEG_KEY_MAX], iv[16];
	uint8_t message[sizeof(sk_aad) + sizeof(sk_payloads) + CRYPTO_SK_OVERHEAD_MAX], *plain;
	struct crypto_sk_lengths n;
	struct crypto_sk *sk;
	size_t len, got;
	bool ok;

	if (!crypto_sk_lengths(&sks[i].suite, &n))
		return false;
	for (size_t k = 0; k < sizeof(key); k++)
		key[k] = (uint8_t)(k < n.key ? 0x80 + k : 0xa0 + k - n.key);
	for (size_t k = 0; k < sizeof(integ); k++)
		integ[k] = (uint8_t)k;
	for (size_t k = 0; k < sizeof(iv); k++)
		iv[k] = (uint8_t)(0x10 + k);
	sk = crypto_sk_new(&sks[i].suite, key, integ);
	if (!sk)
		return false;
	len = sizeof(sk_aad) + crypto_sk_sealed_len(sk, sizeof(sk_payloads));
	memcpy(message, sk_aad, sizeof(sk_aad));
	memcpy(message + sizeof(sk_aad) + n.iv, sk_payloads, sizeof(sk_payloads));
	ok = crypto_sk_seal(sk, message, sizeof(message), sizeof(sk_aad), sizeof(sk_payloads),
			    iv) &&
	     is(message + sizeof(sk_aad) + n.iv, len - sizeof(sk_aad) - n.iv, sks[i].sealed) &&
	     crypto_sk_open(sk, message, len, sizeof(sk_aad), &plain, &got) &&
	     got == sizeof(sk_payloads) && memcmp(plain, sk_payloads, got) == 0;
	crypto_sk_free(sk);
	return ok;
}

static bool check_dh(size_t i)
{
	uint8_t priv[BYTES_MAX], pub[BYTES_MAX] = { 0 }, peer[BYTES_MAX] = { 0 };
	uint8_t secret[DH_SECRET_MAX], digest[CRYPTO_HASH_MAX];
	size_t len = dh_public_len(dhs[i].group), private_len = 32, secret_len;
	struct crypto_chunk chunk = { secret, 0 };
	struct dh *dh;
	bool ok;

	if (dhs[i].priv) {
		private_len = selftest_unhex(dhs[i].priv, priv);
		selftest_unhex(dhs[i].pub, pub);
		selftest_unhex(dhs[i].peer, peer);
	} else {
		for (size_t k = 0; k < private_len; k++)
			priv[k] = (uint8_t)(k + 1);
		pub[len - 1] = peer[len - 1] = 4;
	}
	if (dh_from_private(dhs[i].group, priv, private_len, pub, &dh) != 0)
		return false;
	ok = memcmp(dh_public(dh), pub, len) == 0;
	ok = ok && dh_shared(dh, peer, len, secret, &secret_len);
	dh_free(dh);
	if (!ok || dhs[i].priv)
		return ok && is(secret, secret_len, dhs[i].secret);
	chunk.len = secret_len;
	return crypto_hash(CRYPTO_SHA256, &chunk, 1, digest) && is(digest, 32, dhs[i].secret);
}

static bool digest_is(const uint8_t *bytes, size_t len, const char *hex)
{
	struct crypto_chunk chunk = { bytes, len };
	uint8_t digest[CRYPTO_HASH_MAX];

	return crypto_hash(CRYPTO_SHA256, &chunk, 1, digest) && is(digest, 32, hex);
}

/* A library without ML-KEM is no fault: it is not offered then. */
static bool check_kem(size_t i)
{
	uint8_t seed[MLKEM_SEED_LEN], random[MLKEM_RANDOM_LEN], ciphertext[MLKEM_CIPHERTEXT_MAX];
	uint8_t secret[MLKEM_SECRET_LEN], same[MLKEM_SECRET_LEN];
	size_t key_len = mlkem_key_len(kems[i].method);
	size_t len = mlkem_ciphertext_len(kems[i].method);
	struct mlkem *kem;
	bool ok;

	if (!mlkem_known(kems[i].method))
		return true;
	selftest_unhex(kems[i].seed, seed);
	selftest_unhex(kems[i].random, random);
	if (mlkem_new(kems[i].method, seed, &kem) != 0)
		return false;
	ok = digest_is(mlkem_public(kem), key_len, kems[i].key) &&
	     mlkem_encapsulate(kems[i].method, mlkem_public(kem), key_len, random, ciphertext,
			       secret) &&
	     digest_is(ciphertext, len, kems[i].ciphertext) &&
	     is(secret, sizeof(secret), kems[i].secret) &&
	     mlkem_decapsulate(kem, ciphertext, len, same) &&
	     is(same, sizeof(same), kems[i].secret);
	mlkem_free(kem);
	return ok;
}

static bool check_random(void)
{
	uint8_t a[32], b[32];

	return crypto_random(a, sizeof(a)) && crypto_random(b, sizeof(b)) &&
	       memcmp(a, b, sizeof(a)) != 0;
}

bool crypto_selftest(const char **what)
{
	static const char *const hash_names[] = { "SHA-1", "SHA-256", "SHA-384", "SHA-512" };

	*what = "random numbers";
	if (!check_random())
		return false;
	for (size_t i = 0; i < sizeof(hashes) / sizeof(*hashes); i++) {
		*what = hash_names[i];
		if (!check_hash(i))
			return false;
	}
	for (size_t i = 0; i < sizeof(sks) / sizeof(*sks); i++) {
		*what = sks[i].name;
		if (!check_sk(i))
			return false;
	}
	for (size_t i = 0; i < sizeof(dhs) / sizeof(*dhs); i++) {
		*what = dhs[i].name;
		if (!check_dh(i))
			return false;
	}
	for (size_t i = 0; i < sizeof(kems) / sizeof(*kems); i++) {
		*what = kems[i].name;
		if (!check_kem(i))
			return false;
	}
	if (!selftest_sign(what))
		return false;
	*what = NULL;
	return true;
}
