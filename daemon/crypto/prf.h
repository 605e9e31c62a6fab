/* SPDX-License-Identifier: BSD-2-Clause */
/* prf+ of RFC 7296 2.13: key material of any wanted length out of HMAC as PRF. */
#ifndef CRYPTO_PRF_H
#define CRYPTO_PRF_H

#include "crypto/hash.h"

/*
 * T1 | T2 | ..., T1 = prf(key, seed | 1), Tn = prf(key, Tn-1 | seed | n). False, and out all zero,
 * when out_len is more than 255 blocks or the hash is no PRF. The prf itself is crypto_hmac().
 */
bool crypto_prf_plus(enum crypto_hash hash, const void *key, size_t key_len, const void *seed,
		     size_t seed_len, uint8_t *out, size_t out_len);

#endif
