/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AUTH with a shared key, RFC 7296 2.15: prf(prf(secret, "Key Pad for IKEv2"), octets).
 */
#ifndef CRYPTO_PSK_AUTH_H
#define CRYPTO_PSK_AUTH_H

#include "crypto/hash.h"

enum { PSK_AUTH_MAX = 64 };

/* The hash under a PRF, by its transform id (5, 6, 7: HMAC-SHA2-256, 384, 512; 2: HMAC-SHA1); NONE
 * for others. */
enum crypto_hash psk_auth_hash(uint16_t prf);

/* *len becomes the length of the prf's output; auth takes PSK_AUTH_MAX bytes. False: the prf is not
 * one of ours, or OpenSSL failed; auth is wiped then. */
bool psk_auth(uint16_t prf, const void *secret, size_t secret_len, const void *octets,
	      size_t octets_len, uint8_t auth[PSK_AUTH_MAX], size_t *len);

#endif
