// SPDX-License-Identifier: BSD-2-Clause
/*
 * What stays of a peer's certificate: its key, its names, its number. The library's object is large
 * and is given back; a gateway keeps one of these per session.
 */
#include "core/rd.h"
#include "core/wr.h"
#include "pki/internal.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

struct span {
	size_t at, len;
};

struct pki_cert {
	unsigned refs;
	int64_t begin, end;
	struct sign_key *key;
	struct span subject, issuer, serial;
	struct span sans; /* each: identity type, length in two octets, bytes */
	uint8_t bytes[];  /* where these stand */
};

/* The type of an identity that such a name proves, and its bytes. 0: none. */
static uint8_t san_of(const GENERAL_NAME *name, struct crypto_chunk *san)
{
	const ASN1_STRING *string;
	uint8_t type = 0;

	if (name->type == GEN_DNS)
		type = CONF_ID_FQDN;
	else if (name->type == GEN_EMAIL)
		type = CONF_ID_EMAIL;
	else if (name->type != GEN_IPADD)
		return 0;
	string = type ? name->d.ia5 : name->d.iPAddress;
	*san = (struct crypto_chunk){ ASN1_STRING_get0_data(string),
				      (size_t)ASN1_STRING_length(string) };
	if (type)
		return type;
	return san->len == 4 ? CONF_ID_IPV4 : san->len == 16 ? CONF_ID_IPV6 : 0;
}

static void put_sans(struct wr *wr, X509 *x509)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		struct crypto_chunk san;
		uint8_t type = san_of(sk_GENERAL_NAME_value(names, i), &san);

		/* A NUL makes one name look like another to whoever takes it for its end. */
		if (!type || !san.len || san.len > UINT16_MAX ||
		    (type != CONF_ID_IPV4 && type != CONF_ID_IPV6 && memchr(san.p, '\0', san.len)))
			continue;
		wr_u8(wr, type);
		wr_be16(wr, (uint16_t)san.len);
		wr_bytes(wr, san.p, san.len);
	}
	GENERAL_NAMES_free(names);
}

static struct span put(struct wr *wr, const void *p, int len)
{
	struct span span = { wr->len, len > 0 ? (size_t)len : 0 };

	if (len <= 0)
		wr->failed = true;
	wr_bytes(wr, p, span.len);
	return span;
}

static struct span put_name(struct wr *wr, const X509_NAME *name)
{
	uint8_t *der = NULL;
	int len = i2d_X509_NAME(name, &der);
	struct span span = put(wr, der, len);

	OPENSSL_free(der);
	return span;
}

struct pki_cert *pki_cert_new(X509 *x509, struct sign_key *key)
{
	/* A SAN of one byte takes three in DER and four here: twice is enough for all. */
	int der = i2d_X509(x509, NULL);
	size_t cap = der > 0 ? 2 * (size_t)der : 0;
	struct pki_cert *cert = cap ? calloc(1, sizeof(*cert) + cap) : NULL, *smaller;
	const ASN1_INTEGER *serial = X509_get0_serialNumber(x509);
	struct wr wr;

	if (!cert) {
		sign_key_free(key);
		return NULL;
	}
	wr = wr_of(cert->bytes, cap);
	cert->refs = 1;
	cert->begin = pki_time(X509_get0_notBefore(x509));
	cert->end = pki_time(X509_get0_notAfter(x509));
	cert->key = key;
	cert->subject = put_name(&wr, X509_get_subject_name(x509));
	cert->issuer = put_name(&wr, X509_get_issuer_name(x509));
	cert->serial = put(&wr, ASN1_STRING_get0_data(serial), ASN1_STRING_length(serial));
	cert->sans.at = wr.len;
	put_sans(&wr, x509);
	cert->sans.len = wr.len - cert->sans.at;
	ERR_clear_error();
	if (wr.failed) {
		pki_cert_free(cert);
		return NULL;
	}
	smaller = realloc(cert, sizeof(*cert) + wr.len);
	return smaller ? smaller : cert;
}

struct pki_cert *pki_cert_ref(struct pki_cert *cert)
{
	cert->refs++;
	return cert;
}

void pki_cert_free(struct pki_cert *cert)
{
	if (!cert || --cert->refs)
		return;
	sign_key_free(cert->key);
	free(cert);
}

static struct crypto_chunk chunk_of(const struct pki_cert *cert, struct span span)
{
	return (struct crypto_chunk){ cert->bytes + span.at, span.len };
}

const struct sign_key *pki_cert_key(const struct pki_cert *cert)
{
	return cert->key;
}

struct crypto_chunk pki_cert_subject(const struct pki_cert *cert)
{
	return chunk_of(cert, cert->subject);
}

struct crypto_chunk pki_cert_issuer(const struct pki_cert *cert)
{
	return chunk_of(cert, cert->issuer);
}

struct crypto_chunk pki_cert_serial(const struct pki_cert *cert)
{
	return chunk_of(cert, cert->serial);
}

void pki_cert_validity(const struct pki_cert *cert, int64_t *begin, int64_t *end)
{
	*begin = cert->begin;
	*end = cert->end;
}

static bool next_san(struct rd *rd, uint8_t *type, struct crypto_chunk *san)
{
	const uint8_t *p;
	uint16_t len;

	if (rd_end(rd) || !rd_u8(rd, type) || !rd_be16(rd, &len) || !rd_bytes(rd, &p, len))
		return false;
	*san = (struct crypto_chunk){ p, len };
	return true;
}

bool pki_cert_san(const struct pki_cert *cert, uint8_t id_type, size_t i, struct crypto_chunk *san)
{
	struct rd rd = rd_of(cert->bytes + cert->sans.at, cert->sans.len);
	uint8_t type;

	while (next_san(&rd, &type, san))
		if (type == id_type && i-- == 0)
			return true;
	*san = (struct crypto_chunk){ 0 };
	return false;
}

/* --- identities --- */

/* ASCII only: what is not in it is compared as it is. */
static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

static bool equal_name(const uint8_t *a, const uint8_t *b, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (lower(a[i]) != lower(b[i]))
			return false;
	return true;
}

/* The local part of a mail address is its host's business, RFC 5280 4.2.1.6. */
static bool equal_mail(const uint8_t *a, const uint8_t *b, size_t len)
{
	const uint8_t *at = memrchr(a, '@', len);
	size_t local = at ? (size_t)(at - a) : 0;

	return at && !memcmp(a, b, local) && equal_name(a + local, b + local, len - local);
}

static bool proven_by(const struct crypto_chunk *san, uint8_t type, const uint8_t *data)
{
	/* A wildcard is a name of many, thus of nobody. */
	if (type == CONF_ID_FQDN)
		return !memchr(san->p, '*', san->len) && equal_name(san->p, data, san->len);
	if (type == CONF_ID_EMAIL)
		return equal_mail(san->p, data, san->len);
	return !memcmp(san->p, data, san->len);
}

bool pki_proves_identity(const struct pki_cert *cert, uint8_t type, const uint8_t *data, size_t len)
{
	struct crypto_chunk claimed = { data, len }, san;

	if (type == CONF_ID_DN)
		return pki_dn_equal(pki_cert_subject(cert), claimed);
	for (size_t i = 0; pki_cert_san(cert, type, i, &san); i++)
		if (san.len == len && proven_by(&san, type, data))
			return true;
	return false;
}
