/* SPDX-License-Identifier: BSD-2-Clause */
/* A key as the library has it and as we read it, for the tests of signatures. */
#ifndef TEST_SIGN_PAIR_H
#define TEST_SIGN_PAIR_H

#include "crypto/hash.h"
#include "crypto/sign.h"
#include "hex.h"
#include "support/ca.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define TEXT         "octets that are to be signed"
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct pair {
	EVP_PKEY *pkey;
	struct sign_key *private, *public;
};

static inline struct sign_key *public_of(EVP_PKEY *pkey, const char **why)
{
	uint8_t *der = NULL;
	int len = i2d_PUBKEY(pkey, &der);
	struct sign_key *key = sign_key_from_spki(der, (size_t)len, why);

	OPENSSL_free(der);
	return key;
}

static inline void make_pair(struct pair *p, EVP_PKEY *pkey)
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

static inline void free_pair(struct pair *p)
{
	sign_key_free(p->private);
	sign_key_free(p->public);
	EVP_PKEY_free(p->pkey);
}

#endif
