// SPDX-License-Identifier: BSD-2-Clause
#include "crypto/hash.h"

#include "core/secret.h"
#include "crypto/fetch.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

size_t crypto_hash_len(enum crypto_hash hash)
{
	switch (hash) {
	case CRYPTO_SHA1:
		return 20;
	case CRYPTO_SHA256:
		return 32;
	case CRYPTO_SHA384:
		return 48;
	case CRYPTO_SHA512:
		return 64;
	case CRYPTO_HASH_NONE:
		break;
	}
	return 0;
}

/* The digest leaves in one piece, after all input was read, so that out may lie in a chunk. */
static bool give(bool ok, const uint8_t *digest, size_t len, uint8_t *out)
{
	if (ok)
		memcpy(out, digest, len);
	else
		memset(out, 0, len);
	return ok;
}

bool crypto_hash(enum crypto_hash hash, const struct crypto_chunk *in, size_t n, uint8_t *out)
{
	const EVP_MD *md = crypto_fetch_md(hash);
	uint8_t digest[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned len = 0;
	bool ok;

	ok = md && ctx && EVP_DigestInit_ex2(ctx, md, NULL) == 1;
	for (size_t i = 0; ok && i < n; i++)
		ok = in[i].len == 0 || EVP_DigestUpdate(ctx, in[i].p, in[i].len) == 1;
	ok = ok && EVP_DigestFinal_ex(ctx, digest, &len) == 1 && len == crypto_hash_len(hash);
	EVP_MD_CTX_free(ctx);
	ok = give(ok, digest, crypto_hash_len(hash), out);
	wipe(digest, sizeof(digest));
	return ok;
}

struct crypto_hmac {
	EVP_MAC_CTX *ctx;
	size_t len;
	bool used; /* it must begin again */
};

struct crypto_hmac *crypto_hmac_keyed(enum crypto_hash hash, const void *key, size_t key_len)
{
	struct crypto_hmac *hmac = malloc(sizeof(*hmac));

	if (!hmac)
		return NULL;
	*hmac = (struct crypto_hmac){ .ctx = crypto_hmac_new(hash, key, key_len),
				      .len = crypto_hash_len(hash) };
	if (hmac->ctx)
		return hmac;
	free(hmac);
	return NULL;
}

void crypto_hmac_free(struct crypto_hmac *hmac)
{
	if (hmac)
		EVP_MAC_CTX_free(hmac->ctx);
	free(hmac);
}

bool crypto_hmac_next(struct crypto_hmac *hmac, const struct crypto_chunk *in, size_t n,
		      uint8_t *out)
{
	uint8_t mac[EVP_MAX_MD_SIZE];
	size_t len = 0;
	bool ok = !hmac->used || EVP_MAC_init(hmac->ctx, NULL, 0, NULL) == 1;

	hmac->used = true;
	for (size_t i = 0; ok && i < n; i++)
		ok = in[i].len == 0 || EVP_MAC_update(hmac->ctx, in[i].p, in[i].len) == 1;
	ok = ok && EVP_MAC_final(hmac->ctx, mac, &len, sizeof(mac)) == 1 && len == hmac->len;
	ok = give(ok, mac, hmac->len, out);
	wipe(mac, sizeof(mac));
	return ok;
}

bool crypto_hmac(enum crypto_hash hash, const void *key, size_t key_len,
		 const struct crypto_chunk *in, size_t n, uint8_t *out)
{
	struct crypto_hmac *hmac = crypto_hmac_keyed(hash, key, key_len);
	bool ok;

	if (!hmac)
		return give(false, NULL, crypto_hash_len(hash), out);
	ok = crypto_hmac_next(hmac, in, n, out);
	crypto_hmac_free(hmac);
	return ok;
}
