// SPDX-License-Identifier: BSD-2-Clause
#include "crypto/sk.h"

#include "core/secret.h"
#include "core/wr.h"
#include "crypto/fetch.h"
#include "crypto/rand.h"

#include <limits.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum {
	NONCE_LEN = 12, /* salt and IV of both AEADs */
	AEAD_IV_LEN = 8,
	AEAD_SALT_LEN = 4,
	CBC_BLOCK = 16,
	MODE_NONE = -1, /* the context has no key schedule yet */
	MODE_OPEN = 0,
	MODE_SEAL = 1,
};

struct crypto_sk {
	const EVP_CIPHER *cipher;
	EVP_CIPHER_CTX *ctx;
	EVP_MAC_CTX *mac; /* keyed, duplicated per message; NULL for AEAD */
	int mode;         /* which direction ctx is keyed for */
	bool aead;
	struct crypto_sk_lengths sizes;
	uint64_t next_iv;               /* AEAD: 0 when used up */
	uint8_t key[CRYPTO_SK_KEY_MAX]; /* and the salt */
};

/* What is sent of an HMAC: half of it, RFC 4868, but 96 bits with SHA-1, RFC 2404. */
static size_t mac_len(enum crypto_hash hash)
{
	return hash == CRYPTO_SHA1 ? 12 : crypto_hash_len(hash) / 2;
}

bool crypto_sk_lengths(const struct crypto_sk_suite *suite, struct crypto_sk_lengths *lengths)
{
	bool cbc = suite->cipher == CRYPTO_AES_CBC;
	size_t digest = crypto_hash_len(suite->integ);

	if (!crypto_fetch_cipher(suite->cipher, suite->key_bits) || cbc != (digest > 0))
		return false;
	*lengths = (struct crypto_sk_lengths){
		.key = suite->key_bits / 8,
		.salt = cbc ? 0 : AEAD_SALT_LEN,
		.integ_key = digest,
		.iv = cbc ? CBC_BLOCK : AEAD_IV_LEN,
		.icv = cbc ? mac_len(suite->integ) : 16,
		.block = cbc ? CBC_BLOCK : 1,
	};
	return true;
}

struct crypto_sk *crypto_sk_new(const struct crypto_sk_suite *suite, const uint8_t *enc_key,
				const uint8_t *integ_key)
{
	struct crypto_sk_lengths sizes;
	struct crypto_sk *sk;

	if (!crypto_sk_lengths(suite, &sizes))
		return NULL;
	sk = calloc(1, sizeof(*sk));
	if (!sk)
		return NULL;
	sk->sizes = sizes;
	sk->aead = suite->cipher != CRYPTO_AES_CBC;
	sk->mode = MODE_NONE;
	sk->next_iv = 1;
	memcpy(sk->key, enc_key, sizes.key + sizes.salt);
	sk->cipher = crypto_fetch_cipher(suite->cipher, suite->key_bits);
	sk->ctx = EVP_CIPHER_CTX_new();
	if (!sk->aead)
		sk->mac = crypto_hmac_new(suite->integ, integ_key, sizes.integ_key);
	if (!sk->ctx || (!sk->aead && !sk->mac)) {
		crypto_sk_free(sk);
		return NULL;
	}
	return sk;
}

void crypto_sk_free(struct crypto_sk *sk)
{
	if (!sk)
		return;
	EVP_CIPHER_CTX_free(sk->ctx); /* both cleanse their keys */
	EVP_MAC_CTX_free(sk->mac);
	wipe(sk, sizeof(*sk));
	free(sk);
}

const struct crypto_sk_lengths *crypto_sk_sizes(const struct crypto_sk *sk)
{
	return &sk->sizes;
}

/* Payloads, padding and the pad length octet. */
static size_t padded_len(const struct crypto_sk *sk, size_t plain_len)
{
	return (plain_len + 1 + sk->sizes.block - 1) / sk->sizes.block * sk->sizes.block;
}

size_t crypto_sk_sealed_len(const struct crypto_sk *sk, size_t plain_len)
{
	return sk->sizes.iv + padded_len(sk, plain_len) + sk->sizes.icv;
}

/* The key schedule is made once per direction, then only the IV changes. */
static bool begin(struct crypto_sk *sk, int mode, const uint8_t *iv)
{
	bool fresh = sk->mode != mode;
	uint8_t nonce[NONCE_LEN];

	if (sk->aead) {
		memcpy(nonce, sk->key + sk->sizes.key, AEAD_SALT_LEN);
		memcpy(nonce + AEAD_SALT_LEN, iv, AEAD_IV_LEN);
		iv = nonce;
	}
	sk->mode = MODE_NONE;
	if (EVP_CipherInit_ex2(sk->ctx, fresh ? sk->cipher : NULL, fresh ? sk->key : NULL, iv, mode,
			       NULL) != 1 ||
	    EVP_CIPHER_CTX_set_padding(sk->ctx, 0) != 1)
		return false;
	sk->mode = mode;
	return true;
}

/* Encrypt or decrypt `len` bytes in place; `tag` is written or compared for AEAD. */
static bool transform(struct crypto_sk *sk, int mode, const uint8_t *aad, size_t aad_len,
		      uint8_t *text, size_t len, uint8_t *tag)
{
	int n, last = 0, icv = (int)sk->sizes.icv;

	if (aad_len > INT_MAX || len > INT_MAX)
		return false;
	if (sk->aead) {
		if (EVP_CipherUpdate(sk->ctx, NULL, &n, aad, (int)aad_len) != 1)
			return false;
		if (mode == MODE_OPEN &&
		    EVP_CIPHER_CTX_ctrl(sk->ctx, EVP_CTRL_AEAD_SET_TAG, icv, tag) != 1)
			return false;
	}
	if (EVP_CipherUpdate(sk->ctx, text, &n, text, (int)len) != 1 || (size_t)n != len ||
	    EVP_CipherFinal_ex(sk->ctx, text + n, &last) != 1 || last != 0)
		return false;
	return !sk->aead || mode == MODE_OPEN ||
	       EVP_CIPHER_CTX_ctrl(sk->ctx, EVP_CTRL_AEAD_GET_TAG, icv, tag) == 1;
}

/* HMAC over everything from the IKE header to the last encrypted byte. */
static bool authenticate(struct crypto_sk *sk, const uint8_t *p, size_t len, uint8_t *mac)
{
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_dup(sk->mac);
	size_t n = 0;
	bool ok;

	ok = ctx && EVP_MAC_update(ctx, p, len) == 1 &&
	     EVP_MAC_final(ctx, mac, &n, CRYPTO_HASH_MAX) == 1 && n >= sk->sizes.icv;
	EVP_MAC_CTX_free(ctx);
	return ok;
}

/* The IV of a message that is about to be sealed. */
static bool choose_iv(struct crypto_sk *sk, const uint8_t *given, uint8_t *to)
{
	struct wr wr = wr_of(to, sk->sizes.iv);

	if (given) {
		wr_bytes(&wr, given, sk->sizes.iv);
		return true;
	}
	if (!sk->aead)
		return crypto_random(to, sk->sizes.iv);
	if (sk->next_iv == 0)
		return false;
	wr_be64(&wr, sk->next_iv++);
	return true;
}

bool crypto_sk_seal(struct crypto_sk *sk, uint8_t *message, size_t cap, size_t aad_len,
		    size_t plain_len, const uint8_t *iv)
{
	size_t room, text_len;
	uint8_t *at_iv, *text, *icv, mac[CRYPTO_HASH_MAX];
	bool ok;

	if (aad_len > cap || plain_len > cap - aad_len)
		return false;
	room = cap - aad_len;
	if (crypto_sk_sealed_len(sk, plain_len) > room)
		return false;
	text_len = padded_len(sk, plain_len);
	at_iv = message + aad_len;
	text = at_iv + sk->sizes.iv;
	icv = text + text_len;
	memset(text + plain_len, 0, text_len - plain_len);
	text[text_len - 1] = (uint8_t)(text_len - plain_len - 1);

	ok = choose_iv(sk, iv, at_iv) && begin(sk, MODE_SEAL, at_iv) &&
	     transform(sk, MODE_SEAL, message, aad_len, text, text_len, icv);
	if (ok && !sk->aead) {
		ok = authenticate(sk, message, (size_t)(icv - message), mac);
		if (ok)
			memcpy(icv, mac, sk->sizes.icv);
		wipe(mac, sizeof(mac));
	}
	/* What could not be sealed shall not leave in the clear by mistake. */
	if (!ok)
		wipe(text, text_len + sk->sizes.icv);
	return ok;
}

/* CBC: is the ICV right? Nothing is decrypted before. */
static bool verify(struct crypto_sk *sk, const uint8_t *message, const uint8_t *icv)
{
	uint8_t mac[CRYPTO_HASH_MAX];
	bool ok = authenticate(sk, message, (size_t)(icv - message), mac) &&
		  ct_equal(mac, icv, sk->sizes.icv);

	wipe(mac, sizeof(mac));
	return ok;
}

bool crypto_sk_open(struct crypto_sk *sk, uint8_t *message, size_t len, size_t aad_len,
		    uint8_t **plain, size_t *plain_len)
{
	size_t fixed = sk->sizes.iv + sk->sizes.icv, text_len, pad;
	uint8_t *at_iv, *text, *icv;

	if (aad_len > len || len - aad_len < fixed + sk->sizes.block)
		return false;
	text_len = len - aad_len - fixed;
	if (text_len % sk->sizes.block != 0)
		return false;
	at_iv = message + aad_len;
	text = at_iv + sk->sizes.iv;
	icv = text + text_len;
	if (!sk->aead && !verify(sk, message, icv))
		return false;
	if (!begin(sk, MODE_OPEN, at_iv) ||
	    !transform(sk, MODE_OPEN, message, aad_len, text, text_len, icv)) {
		/* An AEAD decrypts before it knows. */
		if (sk->aead)
			wipe(text, text_len);
		return false;
	}
	/* Authentic from here on, so the peer itself wrote it; its content is free, RFC 7296 3.14.
	 */
	pad = text[text_len - 1];
	if (pad >= text_len)
		return false;
	*plain = text;
	*plain_len = text_len - 1 - pad;
	return true;
}
