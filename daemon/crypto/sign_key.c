// SPDX-License-Identifier: BSD-2-Clause
#include "crypto/sign_key.h"

#include "core/secret.h"

#include <limits.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

enum {
	RSA_EXPONENT_BITS = 33,
	SECURE_BYTES = 1024 * 1024, /* some 290 RSA keys of 8192 bits */
	SECURE_BLOCK = 32,
};

/* A curve that is spelled out instead of named may be anything that looks like one of ours. */
static bool named_curve(const EVP_PKEY *pkey)
{
	int spelled_out = 1;

	return EVP_PKEY_get_int_param(pkey, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
				      &spelled_out) == 1 &&
	       !spelled_out;
}

static enum sign_key_type curve_type(const EVP_PKEY *pkey)
{
	/* As the library calls them. */
	static const struct {
		const char *name;
		enum sign_key_type type;
	} curves[] = {
		{ "prime256v1", SIGN_KEY_P256 },
		{ "secp384r1", SIGN_KEY_P384 },
		{ "secp521r1", SIGN_KEY_P521 },
	};
	char name[32];

	if (!named_curve(pkey) || EVP_PKEY_get_group_name(pkey, name, sizeof(name), NULL) != 1)
		return SIGN_KEY_NONE;
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
		if (!strcmp(name, curves[i].name))
			return curves[i].type;
	return SIGN_KEY_NONE;
}

static enum sign_key_type type_of(const EVP_PKEY *pkey)
{
	if (EVP_PKEY_is_a(pkey, "RSA"))
		return SIGN_KEY_RSA;
	if (EVP_PKEY_is_a(pkey, "RSA-PSS"))
		return SIGN_KEY_RSA_PSS;
	if (EVP_PKEY_is_a(pkey, "EC"))
		return curve_type(pkey);
	if (EVP_PKEY_is_a(pkey, "ED25519"))
		return SIGN_KEY_ED25519;
	return EVP_PKEY_is_a(pkey, "ED448") ? SIGN_KEY_ED448 : SIGN_KEY_NONE;
}

/* The modulus is in range; an exponent of 1 would make every signature its own message. */
static bool rsa_ok(const EVP_PKEY *pkey, unsigned bits, const char **why)
{
	BIGNUM *e = NULL;
	bool ok = false;

	if (bits < SIGN_RSA_BITS_MIN)
		*why = "is an RSA key of less than 2048 bits";
	else if (bits > SIGN_RSA_BITS_MAX)
		*why = "is an RSA key of more than 8192 bits";
	else if (EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &e) != 1 || !BN_is_odd(e) ||
		 BN_is_one(e) || BN_num_bits(e) > RSA_EXPONENT_BITS)
		*why = "is an RSA key with an exponent that nobody uses";
	else
		ok = true;
	BN_free(e);
	return ok;
}

struct sign_key *sign_key_of(EVP_PKEY *pkey, bool is_private, const char **why)
{
	enum sign_key_type type = type_of(pkey);
	unsigned bits = (unsigned)EVP_PKEY_get_bits(pkey);
	struct sign_key *key;

	if (type == SIGN_KEY_NONE) {
		*why = "is a key of a kind that is not known; RSA, ECDSA P-256, P-384, P-521, "
		       "Ed25519 and Ed448 are";
		return NULL;
	}
	if ((type == SIGN_KEY_RSA || type == SIGN_KEY_RSA_PSS) && !rsa_ok(pkey, bits, why))
		return NULL;
	key = calloc(1, sizeof(*key));
	if (!key || EVP_PKEY_up_ref(pkey) != 1) {
		*why = "needs more memory than there is";
		free(key);
		return NULL;
	}
	*key = (struct sign_key){ pkey, type, bits, is_private };
	return key;
}

void sign_protect_keys(void)
{
	/* Without it ordinary memory serves, cleared like the rest; but when it is full, no key can
	 * be read any more. So there is room for all that may be in use, before and after a reload.
	 */
	if (CRYPTO_secure_malloc_init(SECURE_BYTES, SECURE_BLOCK) != 1)
		ERR_clear_error();
}

/* No file of ours has a password: nobody is there to be asked. */
static int no_password(char *buf, int size, int writing, void *asked)
{
	(void)buf;
	(void)size;
	(void)writing;
	*(bool *)asked = true;
	return -1;
}

struct sign_key *sign_key_from_pem(const void *pem, size_t len, const char **why)
{
	bool asked = false;
	BIO *bio = len <= INT_MAX ? BIO_new_mem_buf(pem, (int)len) : NULL;
	EVP_PKEY *pkey = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_password, &asked) : NULL;
	struct sign_key *key = NULL;

	if (pkey)
		key = sign_key_of(pkey, true, why);
	else
		*why = asked ? "is encrypted; there is nobody to be asked for the password"
			     : "holds no private key in PEM";
	EVP_PKEY_free(pkey);
	BIO_free(bio);
	ERR_clear_error();
	return key;
}

struct sign_key *sign_key_from_spki(const uint8_t *der, size_t len, const char **why)
{
	const uint8_t *p = der;
	EVP_PKEY *pkey = len <= LONG_MAX ? d2i_PUBKEY(NULL, &p, (long)len) : NULL;
	struct sign_key *key = NULL;

	if (pkey && p == der + len)
		key = sign_key_of(pkey, false, why);
	else
		*why = "is no public key that can be read";
	EVP_PKEY_free(pkey);
	ERR_clear_error();
	return key;
}

void sign_key_free(struct sign_key *key)
{
	if (!key)
		return;
	EVP_PKEY_free(key->pkey); /* clears what is private */
	wipe(key, sizeof(*key));
	free(key);
}

enum sign_key_type sign_key_type(const struct sign_key *key)
{
	return key->type;
}

const char *sign_key_text(const struct sign_key *key, char *buf, size_t cap)
{
	static const char *const names[SIGN_KEY_TYPES] = {
		[SIGN_KEY_P256] = "ECDSA P-256", [SIGN_KEY_P384] = "ECDSA P-384",
		[SIGN_KEY_P521] = "ECDSA P-521", [SIGN_KEY_ED25519] = "Ed25519",
		[SIGN_KEY_ED448] = "Ed448",
	};

	if (names[key->type])
		snprintf(buf, cap, "%s", names[key->type]);
	else
		snprintf(buf, cap, "%s %u", key->type == SIGN_KEY_RSA ? "RSA" : "RSA-PSS",
			 key->bits);
	return buf;
}

bool sign_key_match(const struct sign_key *a, const struct sign_key *b)
{
	return EVP_PKEY_eq(a->pkey, b->pkey) == 1;
}
