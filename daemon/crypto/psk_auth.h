/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AUTH with a shared key, RFC 7296 2.15: prf(prf(secret, "Key Pad for IKEv2"), octets).
 */
#ifndef CRYPTO_PSK_AUTH_H
#define CRYPTO_PSK_AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PSK_AUTH_MAX = 64 };

/* prf is the transform id (5, 6, 7); *len becomes the length of its output. False: the prf is not
 * one of ours, or OpenSSL failed; auth is wiped then. */
bool psk_auth(uint16_t prf, const void *secret, size_t secret_len, const void *octets,
	      size_t octets_len, uint8_t auth[PSK_AUTH_MAX], size_t *len);

#endif
