/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Algorithms of the library, fetched once per process (a fetch costs microseconds and may open
 * files; a use costs nothing). Inside daemon/crypto only. Never freed: they live as long as we do.
 */
#ifndef CRYPTO_FETCH_H
#define CRYPTO_FETCH_H

#include "crypto/sk.h"

#include <openssl/evp.h>

/* NULL: not in this library. */
const EVP_MD *crypto_fetch_md(enum crypto_hash hash);
const EVP_CIPHER *crypto_fetch_cipher(enum crypto_cipher cipher, unsigned key_bits);
/* "OpenSSL 3.0.17": the library in use. */
const char *crypto_library(void);
/* The library's name of a hash, for its parameters. */
const char *crypto_md_name(enum crypto_hash hash);

/* A keyed HMAC of the caller's, NULL: no such hash, or no memory. */
EVP_MAC_CTX *crypto_hmac_new(enum crypto_hash hash, const void *key, size_t key_len);

#endif
