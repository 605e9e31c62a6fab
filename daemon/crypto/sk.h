/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Protection of the SK payload (RFC 7296 3.14, RFC 5282 for AEAD, RFC 7634), in place in the
 * message buffer:
 *
 *   message: | IKE header .. SK payload header | IV | payloads | padding | pad length | ICV |
 *            |<-------- aad_len ------------->|<--- crypto_sk_sealed_len() bytes ---------->|
 *
 * Padding and its length octet are made and taken off here. CBC ciphers encrypt, then MAC. An SKF
 * payload (RFC 7383) differs only in aad_len.
 */
#ifndef CRYPTO_SK_H
#define CRYPTO_SK_H

#include "crypto/hash.h"

enum crypto_cipher {
	CRYPTO_AES_GCM_16 = 1,    /* RFC 5282, ICV 16; key_bits 128, 192 or 256 */
	CRYPTO_AES_CBC,           /* RFC 3602; key_bits 128, 192 or 256 */
	CRYPTO_CHACHA20_POLY1305, /* RFC 7634; key_bits 256 */
};

struct crypto_sk_suite {
	enum crypto_cipher cipher;
	uint16_t key_bits;      /* without the salt */
	enum crypto_hash integ; /* AES-CBC: HMAC of RFC 4868 or, SHA-1, RFC 2404; else NONE */
};

struct crypto_sk_lengths {
	size_t key;       /* bytes of the cipher's key */
	size_t salt;      /* follow the key in SK_ei / SK_er: take key + salt bytes for it */
	size_t integ_key; /* SK_ai / SK_ar, 0 for AEAD */
	size_t iv, icv;   /* on the wire */
	size_t block;     /* payloads + padding + pad length are a multiple of it; 1 for AEAD */
};

enum {
	CRYPTO_SK_KEY_MAX = 32 + 4, /* key and salt */
	CRYPTO_SK_INTEG_KEY_MAX = 64,
	CRYPTO_SK_OVERHEAD_MAX = 16 + 16 + 32, /* IV, padding with its length octet, ICV */
};

/* False for a combination that is not offered. */
bool crypto_sk_lengths(const struct crypto_sk_suite *suite, struct crypto_sk_lengths *lengths);

/* One direction of an IKE SA with its keys. */
struct crypto_sk;

/*
 * enc_key: key and salt bytes as one (SK_ei or SK_er); integ_key: SK_ai or SK_ar, NULL for AEAD.
 * Lengths as crypto_sk_lengths() says. The keys are copied; wipe yours. NULL: no such suite, or no
 * memory.
 */
struct crypto_sk *crypto_sk_new(const struct crypto_sk_suite *suite, const uint8_t *enc_key,
				const uint8_t *integ_key);
void crypto_sk_free(struct crypto_sk *sk); /* wipes; NULL is harmless */
const struct crypto_sk_lengths *crypto_sk_sizes(const struct crypto_sk *sk);

/* Bytes that follow aad_len when plain_len bytes of payloads are sealed. */
size_t crypto_sk_sealed_len(const struct crypto_sk *sk, size_t plain_len);

/*
 * The payloads stand at message + aad_len + iv; every length field of the AAD already holds its
 * final value. cap is the size of the buffer. iv NULL: the next value of this SA's own counter
 * (AEAD) or random bytes (CBC); an IV of the caller's is for known answers only. False: it does not
 * fit, or the counter is used up (the SA must end); the message must not be sent.
 */
bool crypto_sk_seal(struct crypto_sk *sk, uint8_t *message, size_t cap, size_t aad_len,
		    size_t plain_len, const uint8_t *iv);

/*
 * len is the length of the whole message. On true plain points into it. On false nothing of the
 * message may be believed: CBC left it as it was (the ICV is compared in constant time before
 * anything is decrypted), AEAD zeroed what it decrypted.
 */
bool crypto_sk_open(struct crypto_sk *sk, uint8_t *message, size_t len, size_t aad_len,
		    uint8_t **plain, size_t *plain_len);

#endif
