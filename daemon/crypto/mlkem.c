// SPDX-License-Identifier: BSD-2-Clause
#include "crypto/mlkem.h"

#include "core/secret.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

struct method {
	uint16_t number;
	const char *name; /* as the library says */
	size_t key_len, ciphertext_len;
};

static const struct method methods[] = {
	{ 35, "ML-KEM-512", 800, 768 },
	{ 36, "ML-KEM-768", 1184, 1088 },
	{ 37, "ML-KEM-1024", 1568, 1568 },
};

/* Parameters that came with ML-KEM in OpenSSL 3.5; older headers do not have them. */
#define PARAM_SEED "seed"
#define PARAM_IKME "ikme"
#define PARAM_KEY  OSSL_PKEY_PARAM_PUB_KEY

struct mlkem {
	const struct method *method;
	EVP_PKEY *key;
	uint8_t pub[MLKEM_KEY_MAX];
};

static const struct method *find(uint16_t number)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++)
		if (methods[i].number == number)
			return &methods[i];
	return NULL;
}

bool mlkem_is(uint16_t method)
{
	return find(method) != NULL;
}

bool mlkem_known(uint16_t method)
{
	const struct method *m = find(method);
	EVP_PKEY_CTX *ctx = m ? EVP_PKEY_CTX_new_from_name(NULL, m->name, NULL) : NULL;

	EVP_PKEY_CTX_free(ctx);
	return ctx != NULL;
}

size_t mlkem_key_len(uint16_t method)
{
	const struct method *m = find(method);

	return m ? m->key_len : 0;
}

size_t mlkem_ciphertext_len(uint16_t method)
{
	const struct method *m = find(method);

	return m ? m->ciphertext_len : 0;
}

static EVP_PKEY *generate(EVP_PKEY_CTX *ctx, const uint8_t *seed)
{
	OSSL_PARAM params[2] = { OSSL_PARAM_END, OSSL_PARAM_END };
	EVP_PKEY *key = NULL;

	if (seed)
		params[0] = OSSL_PARAM_construct_octet_string(PARAM_SEED, (void *)(uintptr_t)seed,
							      MLKEM_SEED_LEN);
	if (EVP_PKEY_keygen_init(ctx) != 1 || EVP_PKEY_CTX_set_params(ctx, params) != 1 ||
	    EVP_PKEY_generate(ctx, &key) != 1)
		return NULL;
	return key;
}

int mlkem_new(uint16_t method, const uint8_t *seed, struct mlkem **out)
{
	const struct method *m = find(method);
	EVP_PKEY_CTX *ctx = m ? EVP_PKEY_CTX_new_from_name(NULL, m->name, NULL) : NULL;
	struct mlkem *kem;
	size_t len = 0;

	if (!ctx)
		return -ENOTSUP;
	kem = calloc(1, sizeof(*kem));
	if (kem) {
		kem->method = m;
		kem->key = generate(ctx, seed);
	}
	EVP_PKEY_CTX_free(ctx);
	if (!kem || !kem->key ||
	    EVP_PKEY_get_octet_string_param(kem->key, PARAM_KEY, kem->pub, sizeof(kem->pub),
					    &len) != 1 ||
	    len != m->key_len) {
		mlkem_free(kem);
		return kem ? -EIO : -ENOMEM;
	}
	*out = kem;
	return 0;
}

const uint8_t *mlkem_public(const struct mlkem *kem)
{
	return kem->pub;
}

bool mlkem_decapsulate(const struct mlkem *kem, const uint8_t *ciphertext, size_t len,
		       uint8_t secret[MLKEM_SECRET_LEN])
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, kem->key, NULL);
	size_t secret_len = MLKEM_SECRET_LEN;
	bool ok = ctx && len == kem->method->ciphertext_len &&
		  EVP_PKEY_decapsulate_init(ctx, NULL) == 1 &&
		  EVP_PKEY_decapsulate(ctx, secret, &secret_len, ciphertext, len) == 1 &&
		  secret_len == MLKEM_SECRET_LEN;

	EVP_PKEY_CTX_free(ctx);
	if (!ok)
		wipe(secret, MLKEM_SECRET_LEN);
	return ok;
}

void mlkem_free(struct mlkem *kem)
{
	if (!kem)
		return;
	EVP_PKEY_free(kem->key); /* clears the private key */
	wipe(kem, sizeof(*kem));
	free(kem);
}

bool mlkem_encapsulate(uint16_t method, const uint8_t *key, size_t len, const uint8_t *random,
		       uint8_t ciphertext[MLKEM_CIPHERTEXT_MAX], uint8_t secret[MLKEM_SECRET_LEN])
{
	const struct method *m = find(method);
	size_t ciphertext_len = m ? m->ciphertext_len : 0, secret_len = MLKEM_SECRET_LEN;
	OSSL_PARAM params[2] = { OSSL_PARAM_END, OSSL_PARAM_END };
	EVP_PKEY_CTX *ctx = NULL;
	EVP_PKEY *peer = NULL;
	bool ok;

	if (random)
		params[0] = OSSL_PARAM_construct_octet_string(PARAM_IKME, (void *)(uintptr_t)random,
							      MLKEM_RANDOM_LEN);
	/* The import checks that every coefficient is below the modulus. */
	if (m && len == m->key_len)
		peer = EVP_PKEY_new_raw_public_key_ex(NULL, m->name, NULL, key, len);
	if (peer)
		ctx = EVP_PKEY_CTX_new_from_pkey(NULL, peer, NULL);
	ok = ctx && EVP_PKEY_encapsulate_init(ctx, params) == 1 &&
	     EVP_PKEY_encapsulate(ctx, ciphertext, &ciphertext_len, secret, &secret_len) == 1 &&
	     ciphertext_len == m->ciphertext_len && secret_len == MLKEM_SECRET_LEN;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(peer);
	if (!ok) {
		wipe(ciphertext, MLKEM_CIPHERTEXT_MAX);
		wipe(secret, MLKEM_SECRET_LEN);
	}
	return ok;
}
