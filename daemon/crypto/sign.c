// SPDX-License-Identifier: BSD-2-Clause
#include "crypto/sign.h"

#include "core/secret.h"
#include "crypto/fetch.h"
#include "crypto/sign_internal.h"
#include "crypto/sign_key.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdint.h>
#include <string.h>

/* The parameters of RSA: padding, and for PSS the salt; the MGF's hash follows the hash. */
static void rsa_params(const struct scheme *row, OSSL_PARAM params[3])
{
	char *padding = row->pss ? OSSL_PKEY_RSA_PAD_MODE_PSS : OSSL_PKEY_RSA_PAD_MODE_PKCSV15;

	*params++ = OSSL_PARAM_construct_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, padding, 0);
	if (row->pss)
		*params++ = OSSL_PARAM_construct_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN,
							     OSSL_PKEY_RSA_PSS_SALT_LEN_DIGEST, 0);
	*params = OSSL_PARAM_construct_end();
}

/* A context for one signature, NULL: the scheme does not fit, or the library fails. */
static EVP_MD_CTX *begin(const struct sign_key *key, const struct scheme *row, bool make)
{
	OSSL_PARAM params[3] = { OSSL_PARAM_END };
	const char *md = crypto_md_name(row->md);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int ok;

	if (row->types & (1u << SIGN_KEY_RSA_PSS | 1u << SIGN_KEY_RSA))
		rsa_params(row, params);
	if (!ctx)
		return NULL;
	ok = make ? EVP_DigestSignInit_ex(ctx, NULL, md, NULL, NULL, key->pkey, params)
		  : EVP_DigestVerifyInit_ex(ctx, NULL, md, NULL, NULL, key->pkey, params);
	if (ok == 1)
		return ctx;
	EVP_MD_CTX_free(ctx);
	return NULL;
}

/* --- ECDSA as r | s, RFC 4754 7 --- */

static bool raw_from_der(uint8_t *sig, size_t *len, size_t each)
{
	const uint8_t *p = sig;
	ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &p, (long)*len);
	bool ok = pair && BN_bn2binpad(ECDSA_SIG_get0_r(pair), sig, (int)each) == (int)each &&
		  BN_bn2binpad(ECDSA_SIG_get0_s(pair), sig + each, (int)each) == (int)each;

	ECDSA_SIG_free(pair);
	*len = 2 * each;
	return ok;
}

/* Returns the length, 0: no memory. */
static size_t der_from_raw(const uint8_t *raw, size_t each, uint8_t *der, size_t cap)
{
	ECDSA_SIG *pair = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(raw, (int)each, NULL), *s = BN_bin2bn(raw + each, (int)each, NULL);
	int len = 0;

	if (pair && r && s && ECDSA_SIG_set0(pair, r, s) == 1) {
		r = s = NULL; /* the pair's now */
		len = i2d_ECDSA_SIG(pair, NULL);
		len = len > 0 && (size_t)len <= cap ? i2d_ECDSA_SIG(pair, &der) : 0;
	}
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(pair);
	return len > 0 ? (size_t)len : 0;
}

/* --- the two acts --- */

bool sign_make(const struct sign_key *key, enum sign_scheme scheme, const void *octets,
	       size_t octets_len, uint8_t *sig, size_t *sig_len)
{
	const struct scheme *row = sign_scheme_row(scheme);
	EVP_MD_CTX *ctx = NULL;
	size_t len = SIGN_MAX;
	bool ok = false;

	if (key->is_private && sign_scheme_fits(scheme, key->type))
		ctx = begin(key, row, true);
	if (ctx)
		ok = EVP_DigestSign(ctx, sig, &len, octets, octets_len) == 1 &&
		     (!row->raw || raw_from_der(sig, &len, row->raw));
	EVP_MD_CTX_free(ctx);
	if (!ok)
		wipe(sig, SIGN_MAX);
	*sig_len = ok ? len : 0;
	return ok;
}

bool sign_check(const struct sign_key *key, enum sign_scheme scheme, const void *octets,
		size_t octets_len, const uint8_t *sig, size_t sig_len)
{
	const struct scheme *row = sign_scheme_row(scheme);
	uint8_t der[160]; /* two integers of 67 bytes and their headers */
	EVP_MD_CTX *ctx;
	bool ok;

	if (!sign_scheme_fits(scheme, key->type) || !sig_len || sig_len > SIGN_MAX ||
	    (row->raw && sig_len != 2 * row->raw))
		return false;
	if (row->raw) {
		sig_len = der_from_raw(sig, row->raw, der, sizeof(der));
		sig = der;
	}
	ctx = sig_len ? begin(key, row, false) : NULL;
	ok = ctx && EVP_DigestVerify(ctx, sig, sig_len, octets, octets_len) == 1;
	EVP_MD_CTX_free(ctx);
	return ok;
}
