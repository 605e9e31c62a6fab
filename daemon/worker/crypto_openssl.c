// SPDX-License-Identifier: BSD-2-Clause
/*
 * OpenSSL 3: ciphers fetched once, one keyed context per SA, per packet only a new IV. Contexts
 * hold state of the packet, so a key belongs to one thread.
 */
#include "core/secret.h"
#include "worker/crypto.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct state {
	EVP_CIPHER *cipher[FG_ESP_SUITE_MAX];
	EVP_MAC *hmac;
};

struct key {
	struct crypto_key head;
	EVP_CIPHER_CTX *cipher;
	EVP_MAC_CTX *hmac; /* keyed with auth_key; CBC suites only */
} __attribute__((aligned(64)));

static const char *const cipher_name[FG_ESP_SUITE_MAX] = {
	[FG_ESP_AES_GCM_128] = "AES-128-GCM",
	[FG_ESP_AES_GCM_256] = "AES-256-GCM",
	[FG_ESP_CHACHA20_POLY1305] = "ChaCha20-Poly1305",
	[FG_ESP_AES_CBC_128_SHA256] = "AES-128-CBC",
	[FG_ESP_AES_CBC_256_SHA256] = "AES-256-CBC",
	[FG_ESP_AES_CBC_128_SHA1] = "AES-128-CBC",
	[FG_ESP_AES_CBC_256_SHA1] = "AES-256-CBC",
};

static const char *const digest_name[FG_ESP_SUITE_MAX] = {
	[FG_ESP_AES_CBC_128_SHA256] = "SHA256",
	[FG_ESP_AES_CBC_256_SHA256] = "SHA256",
	[FG_ESP_AES_CBC_128_SHA1] = "SHA1",
	[FG_ESP_AES_CBC_256_SHA1] = "SHA1",
};

static inline void make_nonce(uint8_t nonce[12], const struct crypto_key *key, const uint8_t *esp)
{
	memcpy(nonce, key->salt, 4);
	memcpy(nonce + 4, esp + CRYPTO_ESP_HEADER, 8);
}

static bool aead_seal(struct crypto *crypto, const struct crypto_key *head, uint8_t *esp,
		      size_t len, uint32_t high)
{
	EVP_CIPHER_CTX *ctx = ((const struct key *)head)->cipher;
	uint8_t nonce[12], room[CRYPTO_AAD_MAX], *text = esp + CRYPTO_ESP_HEADER + 8;
	size_t aad_len;
	const uint8_t *aad = crypto_aad(head, esp, high, room, &aad_len);
	int n;

	(void)crypto;
	make_nonce(nonce, head, esp);
	return EVP_EncryptInit_ex2(ctx, NULL, NULL, nonce, NULL) == 1 &&
	       EVP_EncryptUpdate(ctx, NULL, &n, aad, (int)aad_len) == 1 &&
	       EVP_EncryptUpdate(ctx, text, &n, text, (int)len) == 1 &&
	       EVP_EncryptFinal_ex(ctx, text + n, &n) == 1 &&
	       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, CRYPTO_ICV, text + len) == 1;
}

static bool aead_open(struct crypto *crypto, const struct crypto_key *head, uint8_t *esp,
		      size_t len, uint32_t high)
{
	EVP_CIPHER_CTX *ctx = ((const struct key *)head)->cipher;
	uint8_t nonce[12], room[CRYPTO_AAD_MAX], *text = esp + CRYPTO_ESP_HEADER + 8;
	size_t aad_len;
	const uint8_t *aad = crypto_aad(head, esp, high, room, &aad_len);
	int n;

	(void)crypto;
	make_nonce(nonce, head, esp);
	return EVP_DecryptInit_ex2(ctx, NULL, NULL, nonce, NULL) == 1 &&
	       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, CRYPTO_ICV, text + len) == 1 &&
	       EVP_DecryptUpdate(ctx, NULL, &n, aad, (int)aad_len) == 1 &&
	       EVP_DecryptUpdate(ctx, text, &n, text, (int)len) == 1 &&
	       EVP_DecryptFinal_ex(ctx, text + n, &n) == 1;
}

/* HMAC over ESP header, IV, cipher text and with ESN the upper half of the number, RFC 4303 2.8;
 * the beginning of it, RFC 4868 2.3 and RFC 2404 2. */
static bool hmac_icv(const struct key *key, const uint8_t *esp, size_t len, uint32_t high,
		     uint8_t icv[CRYPTO_ICV])
{
	uint8_t full[CRYPTO_DIGEST_MAX], upper[4];
	size_t n = 0;

	crypto_put_high(upper, high);
	if (EVP_MAC_init(key->hmac, NULL, 0, NULL) != 1 ||
	    EVP_MAC_update(key->hmac, esp, CRYPTO_ESP_HEADER + 16 + len) != 1 ||
	    (key->head.esn && EVP_MAC_update(key->hmac, upper, sizeof(upper)) != 1) ||
	    EVP_MAC_final(key->hmac, full, &n, sizeof(full)) != 1 || n < key->head.icv_len)
		return false;
	memcpy(icv, full, key->head.icv_len);
	return true;
}

static bool cbc_seal(struct crypto *crypto, const struct crypto_key *head, uint8_t *esp, size_t len,
		     uint32_t high)
{
	const struct key *key = (const struct key *)head;
	uint8_t *iv = esp + CRYPTO_ESP_HEADER, *text = iv + 16;
	int n;

	(void)crypto;
	return EVP_EncryptInit_ex2(key->cipher, NULL, NULL, iv, NULL) == 1 &&
	       EVP_EncryptUpdate(key->cipher, text, &n, text, (int)len) == 1 && n == (int)len &&
	       hmac_icv(key, esp, len, high, text + len);
}

static bool cbc_open(struct crypto *crypto, const struct crypto_key *head, uint8_t *esp, size_t len,
		     uint32_t high)
{
	const struct key *key = (const struct key *)head;
	uint8_t icv[CRYPTO_ICV], *iv = esp + CRYPTO_ESP_HEADER, *text = iv + 16;
	int n;

	(void)crypto;
	return hmac_icv(key, esp, len, high, icv) && ct_equal(icv, text + len, head->icv_len) &&
	       EVP_DecryptInit_ex2(key->cipher, NULL, NULL, iv, NULL) == 1 &&
	       EVP_DecryptUpdate(key->cipher, text, &n, text, (int)len) == 1 && n == (int)len;
}

static bool expand_hmac(const struct state *state, struct key *key,
			const struct crypto_material *material)
{
	size_t len = fg_esp_auth_key_len(material->suite);
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
						 (char *)digest_name[material->suite], 0),
		OSSL_PARAM_construct_end(),
	};

	key->hmac = EVP_MAC_CTX_new(state->hmac);
	return key->hmac && EVP_MAC_init(key->hmac, material->auth_key, len, params) == 1;
}

static bool expand(struct crypto *crypto, struct crypto_key *head,
		   const struct crypto_material *material)
{
	const struct state *state = crypto->state;
	struct key *key = (struct key *)head;
	bool seal = material->seal, is_cbc = fg_esp_auth_key_len(material->suite) != 0;

	key->cipher = EVP_CIPHER_CTX_new();
	if (!key->cipher || EVP_CipherInit_ex2(key->cipher, state->cipher[material->suite],
					       material->key, NULL, seal, NULL) != 1)
		return false;
	if (!is_cbc) {
		head->run = seal ? aead_seal : aead_open;
		return true;
	}
	/* The trailer is ours to check; OpenSSL's own padding would hold back the last block. */
	if (EVP_CIPHER_CTX_set_padding(key->cipher, 0) != 1)
		return false;
	head->run = seal ? cbc_seal : cbc_open;
	return expand_hmac(state, key, material);
}

static void release(struct crypto_key *head)
{
	struct key *key = (struct key *)head;

	EVP_CIPHER_CTX_free(key->cipher);
	EVP_MAC_CTX_free(key->hmac);
}

static void end(struct crypto *crypto)
{
	struct state *state = crypto->state;

	for (size_t i = 0; i < FG_ESP_SUITE_MAX; i++)
		EVP_CIPHER_free(state->cipher[i]);
	EVP_MAC_free(state->hmac);
	free(state);
	crypto->state = NULL;
}

static bool begin(struct crypto *crypto)
{
	struct state *state = calloc(1, sizeof(*state));
	bool ok = state != NULL;

	if (!state)
		return false;
	crypto->state = state;
	for (size_t i = FG_ESP_AES_GCM_128; i < FG_ESP_SUITE_MAX; i++) {
		state->cipher[i] = EVP_CIPHER_fetch(NULL, cipher_name[i], NULL);
		ok = ok && state->cipher[i];
	}
	state->hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	if (!ok || !state->hmac) {
		end(crypto);
		return false;
	}
	snprintf(crypto->text, sizeof(crypto->text), "OpenSSL %s",
		 OpenSSL_version(OPENSSL_VERSION_STRING));
	return true;
}

const struct crypto_ops crypto_openssl = {
	.name = "openssl",
	.key_size = sizeof(struct key),
	.begin = begin,
	.end = end,
	.expand = expand,
	.release = release,
};
