/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hashes and HMACs over a list of chunks. Results are bool: what the library answers in three
 * values never leaves this folder.
 */
#ifndef CRYPTO_HASH_H
#define CRYPTO_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum crypto_hash {
	CRYPTO_HASH_NONE = 0,
	CRYPTO_SHA1, /* NAT detection, RFC 7296 2.23; HMAC for a proposal with legacy = yes only */
	CRYPTO_SHA256,
	CRYPTO_SHA384,
	CRYPTO_SHA512,
};

enum { CRYPTO_HASH_MAX = 64 }; /* longest digest, bytes */

/* Bytes that stand somewhere else; borrowed. p may be NULL when len is 0. */
struct crypto_chunk {
	const void *p;
	size_t len;
};

/* Bytes of a digest; also the preferred key length of its HMAC as PRF. 0: no such hash. */
size_t crypto_hash_len(enum crypto_hash hash);
/* out takes crypto_hash_len() bytes, all zero when the answer is false. out may lie in a chunk. */
bool crypto_hash(enum crypto_hash hash, const struct crypto_chunk *in, size_t n, uint8_t *out);
/* RFC 2104. A key of any length, also 0. out as above. */
bool crypto_hmac(enum crypto_hash hash, const void *key, size_t key_len,
		 const struct crypto_chunk *in, size_t n, uint8_t *out);

/* The same for several messages under one key, which is expanded once. NULL: no such hash, or no
 * memory. The library wipes the key at the end. */
struct crypto_hmac;
struct crypto_hmac *crypto_hmac_keyed(enum crypto_hash hash, const void *key, size_t key_len);
bool crypto_hmac_next(struct crypto_hmac *hmac, const struct crypto_chunk *in, size_t n,
		      uint8_t *out);
void crypto_hmac_free(struct crypto_hmac *hmac);

#endif
