/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A certification authority for tests: keys and certificates are made on the spot, so none lies in
 * the tree. Times are seconds of the wall clock. What fails ends the test program with a word.
 */
#ifndef TESTS_SUPPORT_CA_H
#define TESTS_SUPPORT_CA_H

#include "crypto/hash.h"

#include <openssl/x509.h>
#include <stddef.h>
#include <stdint.h>

struct ca_spec {
	const char *key;     /* "RSA:2048", "RSA-PSS:2048", "EC:P-256", "ED25519", "ED448" */
	const char *subject; /* "C=DE, CN=alice"; NULL: empty */
	/* Extensions in the words of openssl's x509v3_config(5); NULL: none. */
	const char *san, *basic, *usage, *extended_usage, *name_constraints;
	int64_t from, until;
	const char *hash; /* the issuer signs with; NULL: SHA256, none for Ed25519 and Ed448 */
	long serial;      /* 0: the next */
	EVP_PKEY *shared; /* this key pair instead of a new one of kind `key`, NULL: a new one */
};

struct ca_cert {
	X509 *x509;
	EVP_PKEY *key;
	struct crypto_chunk der;
};

/* issuer NULL: self-signed. */
void ca_make(struct ca_cert *cert, const struct ca_spec *spec, const struct ca_cert *issuer);
void ca_free(struct ca_cert *cert);
EVP_PKEY *ca_key(const char *kind);

/* A list of revoked serial numbers in DER, to be freed; 0 ends them. */
uint8_t *ca_crl(const struct ca_cert *issuer, const long *serials, int64_t from, int64_t until,
		size_t *len);
/* PEM of some certificates, or of a key; to be freed. */
char *ca_pem(const struct ca_cert *const *certs, size_t count);
char *ca_key_pem(EVP_PKEY *key);

#endif
