// SPDX-License-Identifier: BSD-2-Clause
#include "crypto/fetch.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <pthread.h>
#include <stdio.h>

static const char *const md_names[] = {
	[CRYPTO_SHA1] = "SHA1",
	[CRYPTO_SHA256] = "SHA2-256",
	[CRYPTO_SHA384] = "SHA2-384",
	[CRYPTO_SHA512] = "SHA2-512",
};

static const struct {
	enum crypto_cipher cipher;
	unsigned key_bits;
	const char *name;
} ciphers[] = {
	{ CRYPTO_AES_GCM_16, 128, "AES-128-GCM" },
	{ CRYPTO_AES_GCM_16, 192, "AES-192-GCM" },
	{ CRYPTO_AES_GCM_16, 256, "AES-256-GCM" },
	{ CRYPTO_AES_CBC, 128, "AES-128-CBC" },
	{ CRYPTO_AES_CBC, 192, "AES-192-CBC" },
	{ CRYPTO_AES_CBC, 256, "AES-256-CBC" },
	{ CRYPTO_CHACHA20_POLY1305, 256, "ChaCha20-Poly1305" },
};

#define MDS     (sizeof(md_names) / sizeof(*md_names))
#define CIPHERS (sizeof(ciphers) / sizeof(*ciphers))

static struct {
	EVP_MD *md[MDS];
	EVP_CIPHER *cipher[CIPHERS];
	EVP_MAC *hmac;
	EVP_MAC_CTX *unkeyed[MDS]; /* to be duplicated: naming the hash costs more than using it */
} fetched;

static EVP_MAC_CTX *unkeyed_hmac(const char *md)
{
	OSSL_PARAM params[2] = { OSSL_PARAM_END, OSSL_PARAM_END };
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(fetched.hmac);

	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)(uintptr_t)md,
						     0);
	if (ctx && EVP_MAC_CTX_set_params(ctx, params) == 1)
		return ctx;
	EVP_MAC_CTX_free(ctx);
	return NULL;
}

static void fetch_all(void)
{
	for (size_t i = CRYPTO_SHA1; i < MDS; i++)
		fetched.md[i] = EVP_MD_fetch(NULL, md_names[i], NULL);
	for (size_t i = 0; i < CIPHERS; i++)
		fetched.cipher[i] = EVP_CIPHER_fetch(NULL, ciphers[i].name, NULL);
	fetched.hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	for (size_t i = CRYPTO_SHA1; fetched.hmac && i < MDS; i++)
		fetched.unkeyed[i] = unkeyed_hmac(md_names[i]);
}

static void fetch_once(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, fetch_all);
}

const EVP_MD *crypto_fetch_md(enum crypto_hash hash)
{
	fetch_once();
	return hash > CRYPTO_HASH_NONE && hash < MDS ? fetched.md[hash] : NULL;
}

const EVP_CIPHER *crypto_fetch_cipher(enum crypto_cipher cipher, unsigned key_bits)
{
	fetch_once();
	for (size_t i = 0; i < CIPHERS; i++)
		if (ciphers[i].cipher == cipher && ciphers[i].key_bits == key_bits)
			return fetched.cipher[i];
	return NULL;
}

const char *crypto_library(void)
{
	static char name[48];

	if (!name[0])
		snprintf(name, sizeof(name), "OpenSSL %s", OpenSSL_version(OPENSSL_VERSION_STRING));
	return name;
}

const char *crypto_md_name(enum crypto_hash hash)
{
	return hash > CRYPTO_HASH_NONE && hash < MDS ? md_names[hash] : NULL;
}

EVP_MAC_CTX *crypto_hmac_new(enum crypto_hash hash, const void *key, size_t key_len)
{
	EVP_MAC_CTX *ctx;

	fetch_once();
	if (hash <= CRYPTO_HASH_NONE || hash >= MDS || !fetched.unkeyed[hash])
		return NULL;
	ctx = EVP_MAC_CTX_dup(fetched.unkeyed[hash]);
	/* A NULL key would mean "the one from before". */
	if (ctx && EVP_MAC_init(ctx, key_len ? key : "", key_len, NULL) != 1) {
		EVP_MAC_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}
