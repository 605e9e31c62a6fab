// SPDX-License-Identifier: BSD-2-Clause
/* Out of bytes: certificates and revocation lists. */
#include "pki/internal.h"

#include "crypto/sign_key.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

/* Is it the DER that it was read from? Forms that BER allows beside it are not taken: every
 * certificate has one spelling. */
static bool same_bytes(const X509 *x509, const uint8_t *der, size_t len)
{
	uint8_t *again = NULL;
	int size = i2d_X509(x509, &again);
	bool same = size > 0 && (size_t)size == len && !memcmp(again, der, len);

	OPENSSL_free(again);
	return same;
}

X509 *pki_x509(const uint8_t *der, size_t len)
{
	const uint8_t *p = der;
	X509 *x509 = len && len <= LONG_MAX ? d2i_X509(NULL, &p, (long)len) : NULL;

	if (x509 && (p != der + len || !same_bytes(x509, der, len) ||
		     X509_check_purpose(x509, -1, 0) != 1)) {
		X509_free(x509);
		x509 = NULL;
	}
	ERR_clear_error();
	return x509;
}

/* A text ends, as it should, with "no start line". */
static bool at_end(void)
{
	unsigned long error = ERR_peek_last_error();

	return ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
}

static bool looks_like_pem(const uint8_t *bytes, size_t len)
{
	return memmem(bytes, len, "-----BEGIN", 10) != NULL;
}

static bool keep(STACK_OF(X509) * all, X509 *one)
{
	if (one && X509_check_purpose(one, -1, 0) == 1 && sk_X509_push(all, one) > 0)
		return true;
	X509_free(one);
	return false;
}

static bool keep_crl(STACK_OF(X509_CRL) * all, X509_CRL *one)
{
	if (one && sk_X509_CRL_push(all, one) > 0)
		return true;
	X509_CRL_free(one);
	return false;
}

STACK_OF(X509) * pki_x509_all(const uint8_t *bytes, size_t len)
{
	BIO *bio = len && len <= INT_MAX ? BIO_new_mem_buf(bytes, (int)len) : NULL;
	STACK_OF(X509) *all = sk_X509_new_null();
	bool ok = bio && all;
	X509 *one;

	ERR_clear_error();
	if (ok && !looks_like_pem(bytes, len)) {
		ok = keep(all, pki_x509(bytes, len));
	} else {
		while (ok && (one = PEM_read_bio_X509(bio, NULL, NULL, NULL)))
			ok = keep(all, one);
		ok = ok && at_end() && sk_X509_num(all) > 0;
	}
	if (!ok) {
		sk_X509_pop_free(all, X509_free);
		all = NULL;
	}
	BIO_free(bio);
	ERR_clear_error();
	return all;
}

STACK_OF(X509_CRL) * pki_crl_all(const uint8_t *bytes, size_t len)
{
	BIO *bio = len && len <= INT_MAX ? BIO_new_mem_buf(bytes, (int)len) : NULL;
	STACK_OF(X509_CRL) *all = sk_X509_CRL_new_null();
	const uint8_t *p = bytes;
	bool ok = bio && all;
	X509_CRL *one;

	ERR_clear_error();
	if (ok && !looks_like_pem(bytes, len)) {
		ok = keep_crl(all, d2i_X509_CRL(NULL, &p, (long)len)) && p == bytes + len;
	} else {
		while (ok && (one = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL)))
			ok = keep_crl(all, one);
		ok = ok && at_end() && sk_X509_CRL_num(all) > 0;
	}
	if (!ok) {
		sk_X509_CRL_pop_free(all, X509_CRL_free);
		all = NULL;
	}
	BIO_free(bio);
	ERR_clear_error();
	return all;
}

int64_t pki_time(const ASN1_TIME *time)
{
	struct tm tm;

	return time && ASN1_TIME_to_tm(time, &tm) == 1 ? (int64_t)timegm(&tm) : INT64_MAX;
}

bool pki_key_hash(X509 *x509, uint8_t hash[PKI_KEY_HASH_LEN])
{
	uint8_t *der = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), &der);
	struct crypto_chunk chunk = { der, len > 0 ? (size_t)len : 0 };
	bool ok = len > 0 && crypto_hash(CRYPTO_SHA1, &chunk, 1, hash);

	OPENSSL_free(der);
	return ok;
}

const char *pki_key_text(X509 *x509, char *buf, size_t cap)
{
	EVP_PKEY *pkey = X509_get0_pubkey(x509);
	const char *why;
	struct sign_key *key = pkey ? sign_key_of(pkey, false, &why) : NULL;

	buf[0] = '\0';
	if (key)
		sign_key_text(key, buf, cap);
	sign_key_free(key);
	ERR_clear_error();
	return buf;
}

const char *pki_x509_name(const X509_NAME *name, char *buf, size_t cap)
{
	uint8_t *der = NULL;
	int len = i2d_X509_NAME(name, &der);

	pki_dn_text((struct crypto_chunk){ der, len > 0 ? (size_t)len : 0 }, buf, cap);
	OPENSSL_free(der);
	return buf;
}
