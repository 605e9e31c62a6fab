// SPDX-License-Identifier: BSD-2-Clause
#include "support/ca.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void need(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "test CA: %s\n", what);
	ERR_print_errors_fp(stderr);
	abort();
}

EVP_PKEY *ca_key(const char *kind)
{
	const char *detail = strchr(kind, ':');
	EVP_PKEY *key;

	if (!strncmp(kind, "RSA-PSS:", 8)) {
		EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);

		key = NULL;
		need(ctx && EVP_PKEY_keygen_init(ctx) == 1 &&
			     EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, atoi(detail + 1)) == 1 &&
			     EVP_PKEY_generate(ctx, &key) == 1,
		     kind);
		EVP_PKEY_CTX_free(ctx);
	} else if (!strncmp(kind, "RSA:", 4)) {
		key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)atoi(detail + 1));
	} else if (!strncmp(kind, "EC:", 3)) {
		key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", detail + 1);
	} else {
		key = EVP_PKEY_Q_keygen(NULL, NULL, kind);
	}
	need(key != NULL, kind);
	return key;
}

static void set_name(X509_NAME *name, const char *text)
{
	char *copy = strdup(text ? text : ""), *at = copy, *part;

	while ((part = strsep(&at, ","))) {
		char *value = strchr(part, '=');

		part += strspn(part, " ");
		if (!value)
			continue;
		*value++ = '\0';
		need(X509_NAME_add_entry_by_txt(name, part, MBSTRING_UTF8, (unsigned char *)value,
						-1, -1, 0),
		     text);
	}
	free(copy);
}

static void extend(X509 *x509, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;

	if (!value)
		return;
	X509V3_set_ctx(&ctx, issuer, x509, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	need(ext && X509_add_ext(x509, ext, -1), value);
	X509_EXTENSION_free(ext);
}

static const EVP_MD *hash_for(const EVP_PKEY *key, const char *name)
{
	if (EVP_PKEY_is_a(key, "ED25519") || EVP_PKEY_is_a(key, "ED448"))
		return NULL;
	return EVP_get_digestbyname(name ? name : "SHA256");
}

void ca_make(struct ca_cert *cert, const struct ca_spec *spec, const struct ca_cert *issuer)
{
	static long next_serial = 1000;
	X509 *x509 = X509_new();
	EVP_PKEY *signer;
	uint8_t *der = NULL;
	int len;

	if (spec->shared)
		EVP_PKEY_up_ref(spec->shared);
	cert->key = spec->shared ? spec->shared : ca_key(spec->key);
	cert->x509 = x509;
	signer = issuer ? issuer->key : cert->key;
	X509_set_version(x509, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x509), spec->serial ? spec->serial : next_serial++);
	ASN1_TIME_set(X509_getm_notBefore(x509), (time_t)spec->from);
	ASN1_TIME_set(X509_getm_notAfter(x509), (time_t)spec->until);
	set_name(X509_get_subject_name(x509), spec->subject);
	X509_set_issuer_name(x509, X509_get_subject_name(issuer ? issuer->x509 : x509));
	X509_set_pubkey(x509, cert->key);
	extend(x509, issuer ? issuer->x509 : x509, NID_basic_constraints, spec->basic);
	extend(x509, issuer ? issuer->x509 : x509, NID_key_usage, spec->usage);
	extend(x509, issuer ? issuer->x509 : x509, NID_ext_key_usage, spec->extended_usage);
	extend(x509, issuer ? issuer->x509 : x509, NID_name_constraints, spec->name_constraints);
	extend(x509, issuer ? issuer->x509 : x509, NID_subject_alt_name, spec->san);
	extend(x509, issuer ? issuer->x509 : x509, NID_subject_key_identifier, "hash");
	need(X509_sign(x509, signer, hash_for(signer, spec->hash)) > 0, "a certificate");
	len = i2d_X509(x509, &der);
	need(len > 0, "DER");
	cert->der = (struct crypto_chunk){ der, (size_t)len };
}

void ca_free(struct ca_cert *cert)
{
	X509_free(cert->x509);
	EVP_PKEY_free(cert->key);
	OPENSSL_free((void *)(uintptr_t)cert->der.p);
	memset(cert, 0, sizeof(*cert));
}

uint8_t *ca_crl(const struct ca_cert *issuer, const long *serials, int64_t from, int64_t until,
		size_t *len)
{
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *time = ASN1_TIME_set(NULL, (time_t)from);
	uint8_t *der = NULL;

	X509_CRL_set_version(crl, X509_CRL_VERSION_2);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer->x509));
	X509_CRL_set1_lastUpdate(crl, time);
	for (; *serials; serials++) {
		X509_REVOKED *revoked = X509_REVOKED_new();
		ASN1_INTEGER *serial = ASN1_INTEGER_new();

		ASN1_INTEGER_set(serial, *serials);
		X509_REVOKED_set_serialNumber(revoked, serial);
		X509_REVOKED_set_revocationDate(revoked, time);
		X509_CRL_add0_revoked(crl, revoked);
		ASN1_INTEGER_free(serial);
	}
	ASN1_TIME_free(time);
	time = ASN1_TIME_set(NULL, (time_t)until);
	X509_CRL_set1_nextUpdate(crl, time);
	ASN1_TIME_free(time);
	X509_CRL_sort(crl);
	need(X509_CRL_sign(crl, issuer->key, hash_for(issuer->key, NULL)) > 0, "a CRL");
	*len = (size_t)i2d_X509_CRL(crl, &der);
	need(der != NULL, "a CRL");
	X509_CRL_free(crl);
	return der;
}

static char *text_of(BIO *bio)
{
	char *data, *text;
	long len = BIO_get_mem_data(bio, &data);

	text = strndup(data, (size_t)len);
	BIO_free(bio);
	return text;
}

char *ca_pem(const struct ca_cert *const *certs, size_t count)
{
	BIO *bio = BIO_new(BIO_s_mem());

	for (size_t i = 0; i < count; i++)
		need(PEM_write_bio_X509(bio, certs[i]->x509), "PEM");
	return text_of(bio);
}

char *ca_key_pem(EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());

	need(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), "PEM");
	return text_of(bio);
}
